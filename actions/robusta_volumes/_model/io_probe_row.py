"""One claim on one node, as a live look sees it: which containers can be asked, and what came of it."""

from dataclasses import dataclass, field

from robusta_volumes._model.contents import Exec
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.io_probe import ProbeIo
from robusta_volumes._model.volume import Claim


@dataclass(frozen=True)
class Look:
    """Where to look: ``execs``, best first; without any ``why``. ``pods``: those on the node that have the claim."""

    claim: Claim
    node: str = ""
    execs: tuple[Exec, ...] = ()
    pods: tuple[str, ...] = ()
    why: str = ""
    todo: str = ""

    @property
    def block(self) -> bool:
        """Tell whether it is a raw block device."""
        return self.claim.volume_mode == "Block"


@dataclass(frozen=True)
class ProbeRow:
    """What came of a look. ``tried``: what was in vain, each with its reason; ``refused``: what permissions would lift."""

    look: Look
    io: ProbeIo | None = None
    way: str = ""  # how it was seen, for people
    pod: str = ""
    container: str = ""
    tried: tuple[str, ...] = ()
    refused: tuple[ClusterError, ...] = ()
    todo: str = ""
    raw: str = field(default="", repr=False)

    @property
    def known(self) -> bool:
        """Tell whether anything is known of what the volume did."""
        return self.io is not None and (
            self.io.device is not None or self.io.nfs is not None or self.io.own is not None
        )
