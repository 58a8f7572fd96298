"""A container that mounts a claim: where, how much of it, and as whom it runs."""

from dataclasses import dataclass

from robusta_volumes._model.in_pod import Container

_OVER = frozenset({"Succeeded", "Failed"})


@dataclass(frozen=True)
class Holder:
    """One container of one pod; ``container`` is "" when none of the pod's containers has the claim.

    ``sub_path``: only this folder of the volume is seen there. ``running``: the container itself runs now.
    """

    namespace: str
    pod: str
    container: str
    path: str = ""
    sub_path: str = ""
    phase: str = "Pending"
    ready: bool = False
    running: bool = False
    deleted: bool = False
    windows: bool = False
    node: str = ""
    user: int | None = None
    group: int | None = None
    volume: str = ""  # what the pod calls it
    device: str = ""  # where it has it as a raw block device; then there is no ``path``

    @property
    def where(self) -> Container:
        """The container as commands name it."""
        return Container(self.namespace, self.pod, self.container)

    @property
    def over(self) -> bool:
        """Tell whether its pod has ended: it holds nothing any more."""
        return self.phase in _OVER
