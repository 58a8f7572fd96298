"""One pass over all copies: what each claim has, and what each backup holds. Pure, and lean: it sees hundreds of thousands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from robusta_volumes._model.backup import VELERO, Backup, BackupsSeen, Copy, Proof, velero_label
from robusta_volumes._model.restore_point import PENDING, Point, State
from robusta_volumes._model.times import UTC
from robusta_volumes._model.volume import Claim

_PASSING = "volsync"
_AHEAD = timedelta(hours=2)  # clocks of machines differ by less, also around a clock change
_CLOCKS = "its time lies ahead of ours: the clocks differ, or it was written wrongly"
NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class Tally:
    """What was found of one claim."""

    __slots__ = ("created", "engines", "good", "lasts", "lasts_offsite", "newest", "offsite", "proven", "unknown")

    def __init__(self, created: datetime) -> None:
        """Begin with nothing. ``created``: copies that do not say a uid and were cut before then are of another claim."""
        self.created = created
        self.good: Copy | None = None
        self.offsite: Copy | None = None
        self.lasts: Copy | None = None  # the good one that goes last, which need not be the newest
        self.lasts_offsite: Copy | None = None
        self.newest: Copy | None = None
        self.unknown: Copy | None = None
        self.proven: datetime | None = None
        self.engines: set[str] = set()


@dataclass
class Held:
    """What one backup holds: uids of claims whose data is in it, and the other copies that were begun, by uid."""

    good: set[str] = field(default_factory=set)
    other: dict[str, Copy] = field(default_factory=dict)
    size: int = 0  # bytes of the good ones, as far as they are known
    moved: set[str] = field(default_factory=set)  # those of the good ones whose data left the storage


@dataclass(frozen=True)
class Tallies:
    """All of it."""

    claims: Mapping[str, Tally]  # by uid
    backups: Mapping[str, Held]  # by uid


def tallies(claims: Sequence[Claim], copies: Iterable[Copy], now: datetime) -> Tallies:
    """Sort the copies out, in whatever order they come. One whose time lies ahead of ``now`` would be new for ever.

    A copy counts for the claim whose uid it says. K8up, VolSync and snapshots of others say none: there the name counts, and
    that the copy was cut after the claim was made. Velero always says one, so without it nothing counts.
    """
    of = {claim.meta.uid: Tally(claim.meta.created or NO_TIME) for claim in claims}
    uids = {claim.meta.key: claim.meta.uid for claim in claims}
    held: dict[str, Held] = {}
    latest = now + _AHEAD
    for one in copies:
        copy = one._replace(proof=Proof.UNKNOWN, why=_CLOCKS) if one.cut_at and one.cut_at > latest else one
        uid = copy.claim_uid or _by_name(copy, uids, of)
        _note(of.get(uid), copy)
        if copy.backup_uid and uid:
            run = held.get(copy.backup_uid)
            if run is None:
                run = held[copy.backup_uid] = Held()
            proof = copy.proof
            if proof is Proof.MOVED or proof is Proof.SNAPSHOT:
                run.good.add(uid)
                run.size += copy.total or 0
                if proof is Proof.MOVED:
                    run.moved.add(uid)
            else:
                run.other[uid] = _later(run.other.get(uid), copy)
    return Tallies(of, held)


def _by_name(copy: Copy, uids: Mapping[tuple[str, str], str], of: Mapping[str, Tally]) -> str:
    if copy.engine == VELERO:
        return ""
    uid = uids.get((copy.namespace, copy.claim), "")
    return uid if uid and copy.cut_at and copy.cut_at >= of[uid].created else ""


def _note(tally: Tally | None, copy: Copy) -> None:
    if tally is None:
        return
    cut, proof = copy.cut_at or NO_TIME, copy.proof
    tally.engines.add(copy.engine)
    if copy.proven and (tally.proven is None or copy.proven > tally.proven):
        tally.proven = copy.proven
    newest = tally.newest
    if newest is None or cut > (newest.cut_at or NO_TIME) or (cut == newest.cut_at and _later(newest, copy) is copy):
        tally.newest = copy
    if proof is Proof.MOVED:
        # Where all goes off-site these are the same, and looked for once.
        same, lasting = tally.good is tally.offsite, tally.lasts is tally.lasts_offsite
        tally.offsite = _newer(tally.offsite, copy, cut)
        tally.good = tally.offsite if same else _newer(tally.good, copy, cut)
        tally.lasts_offsite = _lasting(tally.lasts_offsite, copy)
        tally.lasts = tally.lasts_offsite if lasting else _lasting(tally.lasts, copy)
    elif proof is Proof.SNAPSHOT:
        tally.good = _newer(tally.good, copy, cut)
        tally.lasts = _lasting(tally.lasts, copy)
    elif proof is Proof.UNKNOWN:
        tally.unknown = _newer(tally.unknown, copy, cut)


def _newer(old: Copy | None, new: Copy, cut: datetime) -> Copy:
    if old is None or cut > (old.cut_at or NO_TIME):
        return new
    return _later(old, new) if cut == (old.cut_at or NO_TIME) else old


def _lasting(old: Copy | None, new: Copy) -> Copy:
    """Choose the good copy that goes last; one without an expiry stays."""
    if old is None:
        return new
    before = old.expires
    if before is None:
        return old
    ends = new.expires
    if ends is None or ends > before:
        return new
    return _newer(old, new, new.cut_at or NO_TIME) if ends == before else old


def _later(old: Copy | None, new: Copy) -> Copy:
    """Choose between two copies, the same one in whatever order they come: the newer, the good, the off-site one."""
    return new if old is None or _rank(new) > _rank(old) else old


def _rank(copy: Copy) -> tuple[datetime, bool, bool, str, str]:
    proof = copy.proof
    return (copy.cut_at or NO_TIME, proof.good, proof is Proof.MOVED, copy.name, repr(copy))


def copies_of(points: Iterable[Point], backups: Iterable[Backup] = ()) -> Iterable[Copy]:
    """Read snapshots as copies on the same storage, whoever made them; those that are being deleted are none.

    Those that Velero made for one of ``backups`` go with it: when it ends while it is under way, later when it expires.
    """
    of = {velero_label(backup.name): backup for backup in backups}
    for point in points:
        if point.state is State.TERMINATING or not point.claim:
            continue
        backup = of.get(point.backup) if point.backup else None
        passing = (backup is not None and not backup.phase.over) or point.maker == _PASSING
        proof, why = _of_state(point, passing=passing)
        yield Copy(
            "csi",
            point.namespace,
            point.claim,
            point.claim_uid,
            proof,
            point.when,
            name=point.name,
            method="snapshot",
            total=point.size,
            expires=backup.expires if backup else None,
            why=why,
            owner=point.schedule or point.maker,
            proven=point.proven,
        )


def _of_state(point: Point, *, passing: bool) -> tuple[Proof, str]:
    if passing:
        return Proof.RUNNING, "it is a backup's own snapshot, and goes when that ends"
    if point.good:
        return Proof.SNAPSHOT, ""
    if point.state in PENDING:
        return Proof.RUNNING, point.said
    return Proof.FAILED, point.said or "it did not become ready in time"


def all_copies(seen: BackupsSeen, points: Iterable[Point]) -> Iterable[Copy]:
    """Chain the copies of backup tools with the snapshots."""
    return chain(seen.copies, copies_of(points, seen.backups))
