"""What a look at a cluster could not see, and what would let it."""

from dataclasses import dataclass

from robusta_volumes._model.kind import Kind


@dataclass(frozen=True)
class Unseen:
    """A kind that could not be read, why, and the exact change that would let it be read."""

    kind: Kind
    why: str
    remedy: str
    absent: bool = False  # the cluster does not serve it: there are none

    @property
    def sentence(self) -> str:
        """Say why, with the kind named: "the runner may not list pods"."""
        about = self.why.removesuffix(" them")
        return f"{about} {self.kind.plural}" if about != self.why else self.why
