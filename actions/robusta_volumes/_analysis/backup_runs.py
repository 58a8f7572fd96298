"""What each backup holds of the claims that it was to save, and why the rest is not in it. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from robusta_volumes._analysis.backup_places import spaces_of
from robusta_volumes._analysis.backup_scope import SNAPSHOT, Caught, caught
from robusta_volumes._analysis.backup_tally import NO_TIME, Held
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import K8UP, VELERO, Backup, BackupsSeen, Phase, Proof, Scope
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.volume import Claim

NOT_KEPT = "Velero does not keep here of which claims"
READ_IT = "set `readVolumeInfos: true`: then it is read from where Velero's backups lie"
_NOTHING = Held()
_WITHOUT = {Phase.FAILED: Proof.FAILED, Phase.REFUSED: Proof.FAILED, Phase.DELETING: Proof.UNKNOWN}
_HOLDS = {VELERO: (k.VELERO_UPLOAD, k.VELERO_POD_VOLUME), K8UP: (k.K8UP_SNAPSHOT,)}


@dataclass(frozen=True)
class Missing:
    """A claim whose data is not in a backup that was to save it, or of which nobody can tell."""

    key: tuple[str, str]
    uid: str
    proof: Proof
    why: str = ""
    todo: str = ""

    @property
    def title(self) -> str:
        """How people write the claim."""
        return f"{self.key[0]}/{self.key[1]}"


@dataclass(frozen=True)
class BackupCover:
    """One backup with what it holds: the data of ``covered`` of the ``of`` claims that it was to save."""

    backup: Backup
    covered: int = 0
    of: int = 0
    unknown: int = 0  # of those that are not covered: claims of which nobody can tell
    missing: tuple[Missing, ...] = ()  # listed when it is the newest of its schedule that is over
    newest: bool = False
    foreign: bool = False  # a storage location brought it, and nothing in it is of a claim that is here
    size: int = 0  # bytes of what it holds, as far as they are known
    near: int = 0  # of those that are covered: claims whose data lies on the storage that they are on
    perhaps: frozenset[str] = frozenset()  # uids of claims of which nobody can tell, where its age would be good

    @property
    def whole(self) -> bool:
        """Tell whether all that it was to save is in it."""
        return self.backup.phase in (Phase.DONE, Phase.PARTIAL) and self.covered == self.of


class _InScope:
    """The claims that a scope catches, worked out once for all backups that share it; oldest first."""

    def __init__(self, see: Inventory, seen: BackupsSeen) -> None:
        self.see, self.seen = see, seen
        self.claims = sorted(
            (claim for claim in see.claims if claim.phase != "Pending"),
            key=lambda c: (c.meta.created or NO_TIME, c.meta.key),
        )
        self.by_space: dict[str, list[Claim]] = {}
        for claim in self.claims:
            self.by_space.setdefault(claim.meta.namespace, []).append(claim)
        self.kept: dict[object, tuple[list[tuple[Claim, Caught]], list[datetime]]] = {}

    def at(self, backup: Backup) -> Sequence[tuple[Claim, Caught]]:
        """Give those that were there when the backup was cut."""
        theirs, made = self._of(backup.scope, backup.engine)
        return theirs[: bisect_right(made, backup.when)] if backup.when else theirs

    def _of(self, scope: Scope, engine: str) -> tuple[list[tuple[Claim, Caught]], list[datetime]]:
        key = engine, scope.key
        if key in self.kept:
            return self.kept[key]
        pairs = (
            (c, caught(scope, c, self.see, engine=engine, agents=self.seen.node_agents)) for c in self._near(scope)
        )
        theirs = [pair for pair in pairs if pair[1].inside and not pair[1].skipped]  # what it was to save
        made = [claim.meta.created or NO_TIME for claim, _ in theirs]
        self.kept[key] = theirs, made
        return theirs, made

    def _near(self, scope: Scope) -> Sequence[Claim]:
        """Give the claims that a scope can reach, oldest first."""
        spaces = spaces_of(scope)
        if spaces is None:
            return self.claims
        if len(spaces) == 1:
            return self.by_space.get(spaces[0], ())
        places = frozenset(spaces)
        return [claim for claim in self.claims if claim.meta.namespace in places]


def runs(
    see: Inventory, seen: BackupsSeen, held: Mapping[str, Held], since: datetime | None = None
) -> tuple[BackupCover, ...]:
    """Judge all backups, newest first; what is missing is listed for the newest of each schedule that is over.

    ``since``: how old a good copy may be; of backups since then those claims are listed, too, of which nobody can tell.
    """
    within = _InScope(see, seen)
    listed = {id(backup) for backup in newest_of(seen.backups)}
    uids = {claim.meta.uid for claim in see.claims}
    ordered = sorted(seen.backups, key=lambda b: (b.when or NO_TIME, b.namespace, b.name), reverse=True)
    if see.looked_in is not None:
        held = {uid: _part(run, uids) for uid, run in held.items()}
    covers = []
    for backup in ordered:
        run, wanted = held.get(backup.uid, _NOTHING), within.at(backup)
        cover = _run(backup, seen, run, wanted, uids, newest=id(backup) in listed)
        if since and backup.when and backup.when >= since and _traceless(backup, seen) and _usable(backup, seen):
            cover = replace(cover, perhaps=_perhaps(run, wanted))
        covers.append(cover)
    return tuple(covers)


def _usable(backup: Backup, seen: BackupsSeen) -> bool:
    gone = backup.synced or backup.deleted or backup.name in seen.deleting
    return backup.phase in (Phase.DONE, Phase.PARTIAL) and not gone


def _perhaps(run: Held, wanted: Sequence[tuple[Claim, Caught]]) -> frozenset[str]:
    begun = run.good | run.other.keys()
    theirs = (claim.meta.uid for claim, how in wanted if how.method == SNAPSHOT)
    return frozenset(uid for uid in theirs if uid not in begun)


def _part(run: Held, uids: set[str]) -> Held:
    """Give what a backup holds of the claims that were looked at, where those are not all: the others are not their affair."""
    good = run.good & uids
    size = run.size if len(good) == len(run.good) else 0  # it is known of all together only
    return Held(good, {uid: copy for uid, copy in run.other.items() if uid in uids}, size, run.moved & uids)


def run_of(backup: Backup, see: Inventory, seen: BackupsSeen, held: Mapping[str, Held]) -> BackupCover:
    """Judge one backup, with all that is missing in it."""
    uids = {claim.meta.uid for claim in see.claims}
    return _run(backup, seen, held.get(backup.uid, _NOTHING), _InScope(see, seen).at(backup), uids, newest=True)


def group_of(backup: Backup) -> tuple[str, str, str]:
    """Tell which backups belong together: those of a schedule, or those by hand that select the same."""
    return backup.engine, backup.namespace, backup.schedule or f"\0{backup.scope}"


def newest_of(backups: Iterable[Backup]) -> list[Backup]:
    """Find the newest backup of each schedule that is over; those made by hand are one group for each thing they select."""
    found: dict[tuple[str, str, str], Backup] = {}
    for backup in backups:
        if not backup.phase.over:
            continue
        key = group_of(backup)
        old = found.get(key)
        if old is None or (backup.when or NO_TIME, backup.name) > (old.when or NO_TIME, old.name):
            found[key] = backup
    return list(found.values())


def _run(
    backup: Backup,
    seen: BackupsSeen,
    run: Held,
    wanted: Sequence[tuple[Claim, Caught]],
    uids: set[str],
    *,
    newest: bool,
) -> BackupCover:
    begun = run.good | run.other.keys()
    near = len(run.good - run.moved)
    foreign = backup.synced and bool(begun) and uids.isdisjoint(begun)
    if foreign:
        return BackupCover(backup, len(run.good), len(begun), newest=newest, foreign=True, size=run.size, near=near)
    without = [(claim, how) for claim, how in wanted if claim.meta.uid not in begun]
    unknown = sum(copy.proof is Proof.UNKNOWN for uid, copy in run.other.items() if uid not in run.good)
    missing: tuple[Missing, ...] = ()
    if newest:
        missing = tuple(
            _missing(backup, seen, claim, how, run) for claim, how in wanted if claim.meta.uid not in run.good
        )
        unknown = sum(one.proof is Proof.UNKNOWN for one in missing)
    elif without and (_traceless(backup, seen) or _unread(backup, seen) or backup.scope.rules):
        blind, traceless = _unread(backup, seen) is not None, _traceless(backup, seen)
        unknown += sum(blind or how.unknown or (traceless and how.method == SNAPSHOT) for _, how in without)
    of = len(begun) + len(without)
    return BackupCover(backup, len(run.good), of, unknown, missing, newest=newest, size=run.size, near=near)


def leaves_no_trace(backup: Backup) -> bool:
    """Tell whether snapshots were made of which Velero keeps only the number: their objects go when the backup ends."""
    return backup.engine == VELERO and backup.snapshots_made > 0 and not backup.scope.moves_data


def _traceless(backup: Backup, seen: BackupsSeen) -> bool:
    """Tell whether nobody knows here of which claims its snapshots are: Velero's own list was not read, either."""
    return leaves_no_trace(backup) and seen.infos.get(backup.uid) != ""


def _unread(backup: Backup, seen: BackupsSeen) -> Unseen | None:
    """Give the kind that would tell of a backup's data and could not be read."""
    kinds = (seen.unseen.get(kind.resource) for kind in _HOLDS.get(backup.engine, ()))
    return next((one for one in kinds if one and not one.absent), None)


def _missing(backup: Backup, seen: BackupsSeen, claim: Claim, how: Caught, run: Held) -> Missing:
    copy = run.other.get(claim.meta.uid)
    if copy:
        return Missing(claim.meta.key, claim.meta.uid, copy.proof, copy.why)
    proof, why = _without(backup, seen, how)
    todo = how.todo if proof is Proof.SKIPPED else ""
    if proof is Proof.UNKNOWN and why.endswith(NOT_KEPT):
        todo = READ_IT
    return Missing(claim.meta.key, claim.meta.uid, proof, why, todo)


def _without(backup: Backup, seen: BackupsSeen, how: Caught) -> tuple[Proof, str]:
    """Say of a claim of which nothing was begun what that means."""
    blind = _unread(backup, seen)
    made = f"{backup.snapshots_made} of {backup.snapshots_tried} snapshots were made"
    listed = seen.infos.get(backup.uid)
    nothing = "nothing was begun to save it"
    cases = (
        (backup.phase in _WITHOUT, _WITHOUT.get(backup.phase), backup.why or "the whole backup failed"),
        (not backup.phase.over, Proof.RUNNING, "the backup has not come to it yet"),
        (backup.synced, Proof.UNKNOWN, "its storage location brought the backup back; no record of its data is here"),
        (blind, Proof.UNKNOWN, blind.sentence if blind else ""),
        (how.unknown, Proof.UNKNOWN, how.why),
        (not how.method, Proof.SKIPPED, how.why),
        (
            how.method == SNAPSHOT and backup.snapshots_tried and listed != "",
            Proof.UNKNOWN,
            f"{made}; {listed}" if listed else f"{made}, and {NOT_KEPT}",
        ),
        (listed == "", Proof.METADATA, "Velero's own list of the volumes in it does not name it"),
    )
    return next(((proof, why) for holds, proof, why in cases if holds and proof), (Proof.METADATA, nothing))
