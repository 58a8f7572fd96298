"""One look at claims, backups of all tools and snapshots, and what they come to: for the report and for what watches it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from robusta_volumes._analysis.backup_cover import Judged, judge
from robusta_volumes._analysis.backup_health import Trouble, troubles
from robusta_volumes._analysis.backup_tally import all_copies
from robusta_volumes._cluster.backups import backups_of
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.gather import gather, missed
from robusta_volumes._cluster.points import around, points_of
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import BackupsSeen, Copy
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import NotAllowed, NotInstalled
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.restore_point import Point
from robusta_volumes._workflows.volume_backups_infos import Ask, with_infos

_KINDS = (k.CLAIM, k.VOLUME, k.POD)
_PROOFS = (k.VELERO_BACKUP, k.K8UP_BACKUP, k.VOLSYNC_SOURCE)  # of each tool the kind without which it makes no backup


@dataclass(frozen=True)
class Look:
    """What was seen, and the verdict."""

    see: Inventory
    seen: BackupsSeen
    points: tuple[Point, ...]
    judged: Judged
    troubles: tuple[Trouble, ...]

    @property
    def copies(self) -> tuple[Copy, ...]:
        """All copies, the snapshots among them."""
        return tuple(all_copies(self.seen, self.points))

    @property
    def no_tool(self) -> bool:
        """Tell whether this cluster surely has none of the tools that make backups."""
        return all((one := self.seen.unseen.get(kind.resource)) and one.absent for kind in _PROOFS)

    @property
    def unseen(self) -> Mapping[str, Unseen]:
        """Give what could not be read; what a cluster does not serve is no gap."""
        every = {**self.seen.unseen, **self.see.unseen}
        return {name: one for name, one in every.items() if not one.absent}


def look(
    cluster: Cluster, settings: VolumeBackupManagement, home: str, namespace: str = "", ask: Ask | None = None
) -> Look:
    """Look at the whole cluster, or at the claims of one namespace; ``home`` is Robusta's own, which is left out.

    ``ask`` asks Velero for lists of volumes that are not remembered yet; that writes, so only the tick gives it.

    Raises ClusterError: when nothing answers, or claims may not be read.
    """
    see = gather(cluster, namespace=namespace or None, kinds=_KINDS, fallback=settings.read_namespaces)
    if lack := see.lacks(k.CLAIM):
        raise NotAllowed(f"claims cannot be read: {lack.why}", lack.remedy)
    see, points = _with_snapshots(cluster, settings, see, namespace)
    seen = backups_of(cluster, settings, see.claims)
    seen = with_infos(cluster, settings, see, seen, ask)
    judged = judge(see, seen, points, settings, home)
    return Look(see, seen, points, judged, troubles(seen, settings, see.now))


def _with_snapshots(
    cluster: Cluster, settings: VolumeBackupManagement, see: Inventory, namespace: str
) -> tuple[Inventory, tuple[Point, ...]]:
    """Read the snapshots; a cluster without them, or one that does not show them, has backups all the same."""
    try:
        about = around(cluster, settings.limits, see.claims)
        found = points_of(cluster, about, namespace or None, fallback=settings.read_namespaces)
    except (NotAllowed, NotInstalled) as error:
        gone = missed(k.SNAPSHOT, error)
        return replace(see, unseen={**see.unseen, k.SNAPSHOT.resource: gone}), ()
    return see, tuple(found)
