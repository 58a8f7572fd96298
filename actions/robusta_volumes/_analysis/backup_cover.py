"""How well each claim is covered by backups, over all tools: its last good copy, and whether that is new enough. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from robusta_volumes._analysis.backup_beats import Beats
from robusta_volumes._analysis.backup_places import working
from robusta_volumes._analysis.backup_reasons import About, ClaimCover, Verdict, bad, by_policy
from robusta_volumes._analysis.backup_rhythm import TAKES, Rhythm
from robusta_volumes._analysis.backup_runs import NOT_KEPT, READ_IT, BackupCover, Missing, run_of, runs
from robusta_volumes._analysis.backup_selection import Selection
from robusta_volumes._analysis.backup_tally import NO_TIME, Tally, all_copies, tallies
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import Backup, BackupsSeen, Copy, Proof
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Claim

__all__ = ["BackupCover", "ClaimCover", "Judged", "Missing", "Verdict", "judge", "judge_backup"]
_ANEW = "make a new backup, whose data can be seen: `create_volume_backups`"
# Whatever of these may not be read could hold a copy.
HOLDERS = (k.VELERO_BACKUP, k.VELERO_UPLOAD, k.VELERO_POD_VOLUME, k.K8UP_SNAPSHOT, k.VOLSYNC_SOURCE, k.SNAPSHOT)


@dataclass(frozen=True)
class Judged:
    """All claims and all backups."""

    now: datetime
    rhythm: Rhythm
    claims: tuple[ClaimCover, ...] = ()
    backups: tuple[BackupCover, ...] = ()  # newest first
    gaps: Mapping[str, tuple[ClaimCover, ...]] = field(default_factory=dict)  # by namespace: no tool covers them
    blind: tuple[Unseen, ...] = ()  # kinds that could hold copies and were not read

    @property
    def bad(self) -> tuple[ClaimCover, ...]:
        """Give the claims whose last good copy is too old, or that have none."""
        return tuple(one for one in self.claims if one.verdict.bad)

    def of(self, namespace: str, claim: str) -> ClaimCover | None:
        """Find one claim."""
        return next((one for one in self.claims if one.key == (namespace, claim)), None)


def judge(
    see: Inventory,
    seen: BackupsSeen,
    points: Iterable[Point],
    settings: VolumeBackupManagement,
    home_namespace: str,
) -> Judged:
    """Judge every claim that is there, and every backup. ``points`` are the snapshots of the cluster."""
    beats = Beats(see, seen, settings)
    found = tallies(see.claims, all_copies(seen, points), see.now)
    covers = runs(see, seen, found.backups, see.now - beats.longest)
    blind = blind_kinds(see, seen)
    asked = _asked(covers)
    selection = Selection(settings, home_namespace)
    about = About(see, seen, settings, beats.own, blind, working(seen.schedules), _perhaps(covers))
    claims = tuple(
        _cover(
            claim,
            found.claims[claim.meta.uid],
            asked.get(claim.meta.uid),
            replace(about, beat=beats.of(claim)),
            selection.left_out(claim),
        )
        for claim in sorted(see.claims, key=lambda c: c.meta.key)
    )
    return Judged(see.now, beats.own, claims, covers, _gaps(claims), blind)


def judge_backup(backup: Backup, see: Inventory, seen: BackupsSeen) -> BackupCover:
    """Judge one backup alone, with all that is missing in it: what was just made, or is asked about."""
    return run_of(backup, see, seen, tallies(see.claims, seen.copies, see.now).backups)


def blind_kinds(see: Inventory, seen: BackupsSeen) -> tuple[Unseen, ...]:
    """List the kinds that could hold copies and could not be read; what a cluster does not serve holds none."""
    unseen = {**seen.unseen, **({k.SNAPSHOT.resource: gone} if (gone := see.lacks(k.SNAPSHOT)) else {})}
    return tuple(one for kind in HOLDERS if (one := unseen.get(kind.resource)) and not one.absent)


def _perhaps(covers: Sequence[BackupCover]) -> Mapping[str, Backup]:
    """Find for each claim (by uid) the newest backup of which nobody can tell whether a good copy of it is there."""
    found: dict[str, Backup] = {}
    for cover in covers:
        for uid in cover.perhaps:
            found.setdefault(uid, cover.backup)
    return found


def _asked(covers: Sequence[BackupCover]) -> Mapping[str, tuple[Backup, Missing]]:
    """Find for each claim (by uid) the newest backup that was to save it and did not, newest first as the covers are."""
    found: dict[str, tuple[Backup, Missing]] = {}
    for cover in covers:
        for one in cover.missing:
            found.setdefault(one.uid, (cover.backup, one))
    return found


def _cover(claim: Claim, tally: Tally, asked: tuple[Backup, Missing] | None, about: About, left_out: str) -> ClaimCover:
    good = tally.offsite if about.settings.offsite_only else tally.good
    newest, todo = _newest(tally.newest, asked, claim)
    beat, now = about.beat, about.see.now
    made = ClaimCover(
        claim.meta.key,
        claim.meta.uid,
        Verdict.FRESH,
        beat.within,
        good,
        tally.offsite,
        newest,
        proven=tally.proven,
        engines=tuple(sorted(tally.engines)),
        expiring=_expiring(tally, about, now),
        next=beat.next if beat.exact else None,
    )
    if left_out:
        return replace(made, verdict=Verdict.LEFT_OUT, why=left_out, expiring=None)
    if good and good.cut_at and now - good.cut_at <= beat.within:
        return made
    return by_policy(made, claim, about) or _stale(made, claim, tally, about, todo)


def _stale(made: ClaimCover, claim: Claim, tally: Tally, about: About, todo: str) -> ClaimCover:
    """Judge a claim without a good copy that is new enough, and that is meant to have one."""
    good, newest, beat, now = made.last_good, made.newest, about.beat, about.see.now
    if claim.meta.created and now - claim.meta.created <= beat.grace and good is None:
        return replace(made, verdict=Verdict.NEW, why="it is too young to have one")
    if about.blind:
        first = about.blind[0]
        return replace(made, verdict=Verdict.UNKNOWN, why=first.sentence, todo=first.remedy)
    perhaps = newest if newest and newest.proof is Proof.UNKNOWN else tally.unknown
    if perhaps and (good is None or now - (perhaps.cut_at or NO_TIME) <= beat.within):
        return replace(
            made, verdict=Verdict.UNKNOWN, why=plain(perhaps.why), todo=(todo if perhaps is newest else "") or _ANEW
        )
    older = about.perhaps.get(claim.meta.uid)
    if older and now - (older.when or NO_TIME) <= beat.within:
        why = f"backup {plain(older.name)} made snapshots, and {NOT_KEPT}"
        return replace(made, verdict=Verdict.UNKNOWN, why=why, todo=READ_IT)
    return bad(made, claim, about, todo)


def _newest(tried: Copy | None, asked: tuple[Backup, Missing] | None, claim: Claim) -> tuple[Copy | None, str]:
    """Give the newest attempt: a copy, or a backup that was to save the claim and began nothing for it."""
    if asked is None:
        return tried, ""
    backup, missing = asked
    if tried and (tried.backup_uid == backup.uid or (tried.cut_at or NO_TIME) >= (backup.when or NO_TIME)):
        return tried, ""
    space, name = claim.meta.key
    made = Copy(backup.engine, space, name, claim.meta.uid, missing.proof, backup.when, backup.name, backup.uid)
    return made._replace(
        why=missing.why, ended=backup.ended, expires=backup.expires, owner=backup.schedule
    ), missing.todo


def _expiring(tally: Tally, about: About, now: datetime) -> Copy | None:
    """Find a last good copy that goes soon and is not replaced: a newer one was due, or the next one comes too late for it.

    A short ttl alone is no reason to warn. The last one is the one that goes last, which an older one with a longer ttl may be.
    """
    beat = about.beat
    pairs = ((tally.good, tally.lasts), (tally.offsite, tally.lasts_offsite))
    for newest, copy in pairs[1:] if about.settings.offsite_only else pairs:
        if newest is None or copy is None or copy.expires is None or newest.cut_at is None:
            continue
        missed = now - newest.cut_at > beat.grace
        too_late = beat.exact and copy.expires < beat.next + min(TAKES, beat.every)
        if copy.expires <= now + beat.soon and (missed or too_late):
            return copy
    return None


def _gaps(claims: Iterable[ClaimCover]) -> Mapping[str, tuple[ClaimCover, ...]]:
    found: dict[str, list[ClaimCover]] = {}
    for one in claims:
        if one.verdict.bad and not one.covered:
            found.setdefault(one.key[0], []).append(one)
    return {space: tuple(theirs) for space, theirs in found.items()}
