"""Whether Velero could save what is asked for: asked before anything is made, so that no backup is made to fail. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from robusta_volumes._analysis.backup_scope import Caught, caught
from robusta_volumes._analysis.backup_shape import also_caught
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import BackupsSeen, Location, Scope
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.rights import allowing
from robusta_volumes._model.text import cited, code, listing, plain
from robusta_volumes._model.volume import Claim, Named

_PICKS = ("velero.io/csi-volumesnapshot-class", "snapshot.storage.kubernetes.io/is-default-class")
_INSTALL = "install Velero (https://velero.io/docs/main/basic-install/), or set `engine: csi` for snapshots on the same storage"
Rights = Mapping[tuple[str, str], bool]  # (verb, resource) -> allowed, in Velero's namespace


@dataclass(frozen=True)
class Obstacle:
    """Why no backup can be made now: ``kind`` tells two of them apart, however they are worded."""

    kind: str
    why: str
    todo: str


@dataclass(frozen=True)
class BackupPlan:
    """What a backup would do: the claims it is for, how the data of each is saved, and what it catches beside."""

    scope: Scope | None
    claims: tuple[tuple[Claim, Caught], ...] = ()
    more: tuple[Claim, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def saved(self) -> list[Claim]:
        """List the claims whose data would be in it."""
        return [claim for claim, how in self.claims if how.method]

    @property
    def not_saved(self) -> list[tuple[Claim, Caught]]:
        """List the claims whose data would not be in it."""
        return [(claim, how) for claim, how in self.claims if not how.method]

    @property
    def size(self) -> int:
        """How large those are whose data would be in it: the most that a first backup moves."""
        return sum(claim.capacity or claim.requested or 0 for claim in self.saved)


def plan_backup(scope: Scope | None, wanted: Sequence[Claim], see: Inventory, seen: BackupsSeen) -> BackupPlan:
    """Judge what a scope catches of the claims that are wanted, and what else."""
    if scope is None:
        return BackupPlan(None)
    rows = tuple((claim, _how(scope, claim, see, seen)) for claim in wanted)
    inside = [c for c in see.claims if c.phase == "Bound" and caught(scope, c, see, agents=seen.node_agents).inside]
    return BackupPlan(scope, rows, tuple(also_caught(inside, wanted)))


def obstacles(scope: Scope, seen: BackupsSeen, location: str, rights: Rights) -> tuple[Obstacle, ...]:
    """List why Velero could not serve this scope now, the first cause first; after one that hides the others it ends."""
    backups = seen.unseen.get(k.VELERO_BACKUP.resource)
    if backups and backups.absent:
        return (Obstacle("no Velero", "Velero is not installed here", _INSTALL),)
    if backups:
        todo = backups.remedy or "look whether the API server answers"
        return (Obstacle("unseen", backups.sentence, todo),)
    if not seen.velero:
        why = "the kinds of Velero are there, but no BackupStorageLocation shows in which namespace it runs"
        return (Obstacle("no Velero", why, f"{_INSTALL}; or name its namespace: `veleroNamespace`"),)
    found = [*_rights(seen, rights), *_location(seen, location), *_hands(scope, seen)]
    return tuple(found)


def _rights(seen: BackupsSeen, rights: Rights) -> Iterable[Obstacle]:
    for (verb, resource), allowed in rights.items():
        if not allowed:
            kind = next(one for one in k.BACKUP_KINDS if one.resource == resource)
            why = f"the runner may not {verb} {resource} in {plain(seen.velero)}"
            yield Obstacle(f"may not {verb} {resource}", why, allowing(kind, verb, seen.velero))


def _location(seen: BackupsSeen, wanted: str) -> Iterable[Obstacle]:
    if k.VELERO_LOCATION.resource in seen.unseen:
        return
    here = [one for one in seen.locations if one.namespace == seen.velero]
    place = next((one for one in here if (one.name == wanted if wanted else one.default)), None)
    if place is None and not wanted and len(here) == 1:
        place = here[0]  # Velero takes the one called default, which need not say so
    if place is None:
        names = listing([code(one.name) for one in here]) or "none"
        what = (
            f"BackupStorageLocation {code(wanted)} does not exist"
            if wanted
            else "no BackupStorageLocation is the default"
        )
        yield Obstacle("location", f"{what}; there: {names}", "name one that exists: `storageLocation`")
    elif place.read_only:
        yield Obstacle("read-only", f"storage location {code(place.name)} is read-only", _writable(place))
    elif place.available is False:
        said = f": {cited(place.why, 240)}" if place.why else ""
        todo = f"repair it: `kubectl -n {place.namespace} describe backupstoragelocation {place.name}`"
        yield Obstacle("unavailable", f"storage location {code(place.name)} is not available{said}", todo)


def _writable(place: Location) -> str:
    patch = '{"spec":{"accessMode":"ReadWrite"}}'
    return f"`kubectl -n {place.namespace} patch backupstoragelocation {place.name} --type merge -p '{patch}'`"


def _hands(scope: Scope, seen: BackupsSeen) -> Iterable[Obstacle]:
    if not (scope.moves_data or scope.by_file_system):
        return
    upload = seen.unseen.get(k.VELERO_UPLOAD.resource)
    if scope.moves_data and upload and upload.absent:
        why = "this Velero does not know DataUploads, so it cannot move snapshots off-site"
        yield Obstacle("data mover", why, "upgrade Velero to 1.12 or later, or set `moveData: false`")
    if seen.node_agents is not None and not seen.node_agents:
        why = "no node agent of Velero is ready, and only it moves data"
        yield Obstacle(
            "node agent", why, "install it: `velero install --use-node-agent`, or deployNodeAgent: true in its chart"
        )


def warnings(seen: BackupsSeen) -> tuple[str, ...]:
    """List what does not stop a backup from being made, but may from being served."""
    found = []
    if seen.server is False:
        found.append("No pod of Velero's server is ready: the backup waits until one is.")
    if k.VELERO_LOCATION.resource in seen.unseen:
        found.append("Whether its storage location can be written to is not known: it may not be read.")
    return tuple(found)


def _how(scope: Scope, claim: Claim, see: Inventory, seen: BackupsSeen) -> Caught:
    if claim.phase != "Bound":
        return Caught(inside=False, why=f"it is {plain(claim.phase)}, not Bound: there is no data yet")
    found = caught(scope, claim, see, agents=seen.node_agents)
    if not found.method and "file-system backup is off" in found.why:
        return Caught(found.inside, why=found.why, todo="set `byFileSystem: true`, or move the data to a CSI volume")
    volume = see.volume_of(claim)
    by_snapshot = found.method in {"data mover", "snapshot"} and volume is not None and volume.source == "csi"
    if by_snapshot and volume is not None and not see.lacks(k.SNAPSHOT_CLASS) and not _picked(see, volume.driver):
        fitting = [c for c in see.snapshot_classes if c.driver == volume.driver]
        why = "several snapshot classes fit" if fitting else "no snapshot class is for"
        todo = (
            f"label one of them `{_PICKS[0]}=true`"
            if fitting
            else f"create a VolumeSnapshotClass for {code(volume.driver)}"
        )
        return Caught(inside=True, why=f"{why} driver {plain(volume.driver)}", todo=todo)
    return found


def _picked(see: Inventory, driver: str) -> bool:
    """Tell whether Velero finds a snapshot class: by its label, the default, or the only one."""
    fitting: list[Named] = [c for c in see.snapshot_classes if c.driver == driver]
    marked = [c for c in fitting if {**c.meta.annotations, **c.meta.labels}.items() & {(p, "true") for p in _PICKS}]
    return bool(marked) or len(fitting) == 1
