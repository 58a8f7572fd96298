"""What is wrong with the snapshots of one schedule now, and what of it is news. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from robusta_volumes._model.errors import ClusterError, NotAllowed, QuotaExceeded
from robusta_volumes._model.restore_point import PENDING, Point, State
from robusta_volumes._model.text import cited, plain
from robusta_volumes._model.times import UTC, ago, span
from robusta_volumes._model.volume import Claim

_REFUSED = re.compile(r'cannot (\w+) resource "([\w./]+)"')  # the API server on what RBAC does not allow
_QUOTA = re.compile(r"exceeded quota: ([^\s,]+)")
CANNOT = "cannot"  # a claim that cannot be snapshotted: said once, and no reason to be woken
STUCK = "stuck"  # a deletion that does not end
DELETING, HOOKS = " (deleting)", " (hooks)"  # behind the claim, where not a snapshot to be made is meant
HOOK = "hook"  # the kind of what went wrong around a snapshot
WAITS = "running"  # none was added, since an earlier one is still under way
PAUSED = "paused"  # none was added, since several in a row were never ready
_SETTLED = frozenset({State.READY, State.LATE})
_NO_CONTROLLER = "look whether the snapshot controller runs: kubectl get pods -A | grep snapshot-controller"
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
Problems = dict[str, list[str]]  # claim -> [kind, why, what to do]


@dataclass(frozen=True)
class Change:
    """What to tell: ``new`` are the claims that were not told of so; ``resolved``: what was wrong is over."""

    new: frozenset[str] = frozenset()
    resolved: bool = False
    over: tuple[str, ...] = ()  # claims that were told of and are well now

    @property
    def any(self) -> bool:
        """True when there is something to tell."""
        return bool(self.new) or self.resolved


def problem(error: ClusterError) -> list[str]:
    """Write a refused creation as a problem; its kind does not hang on the server's wording."""
    refused = _REFUSED.search(error.message) if isinstance(error, NotAllowed) else None
    words = error.message.partition("is forbidden: ")[2] or error.message  # before that stands what we know
    if isinstance(error, QuotaExceeded) and (quota := _QUOTA.search(words)):
        words = f"quota {quota[1]} is full"  # how full the remedy says
    why = f"the runner may not {refused[1]} {refused[2]} here" if refused else plain(words, 300)
    return [f"failed: {type(error).__name__}", why, error.remedy]


def claim_of(name: str) -> str:
    """Give the claim of a problem's name."""
    return name.removesuffix(DELETING).removesuffix(HOOKS)


def newest_of(points: Iterable[Point]) -> Mapping[str, Point]:
    """Find the newest snapshot of each claim, by the claim's uid, leaving out those that are being deleted."""
    found: dict[str, Point] = {}
    for point in points:
        if point.state is State.TERMINATING:
            continue
        old = found.get(point.claim_uid)
        if old is None or (point.slot or point.created or _NO_TIME) > (old.slot or old.created or _NO_TIME):
            found[point.claim_uid] = point
    return found


def pending_of(points: Iterable[Point]) -> Mapping[str, int]:
    """Count the snapshots that are still under way, by the claim's uid."""
    found: dict[str, int] = {}
    for point in points:
        if point.state is not State.READY and point.state in PENDING:
            found[point.claim_uid] = found.get(point.claim_uid, 0) + 1
    return found


def late(points: Sequence[Point], uids: Iterable[str], now: datetime) -> Problems:
    """Find the claims whose newest snapshot did not become ready in time, or that no controller has looked at.

    One that came after a late one changes nothing before it is ready.
    """
    troubled = {p.claim_uid for p in points if p.state is State.LATE or p.state is State.UNOBSERVED}
    theirs = [p for p in points if p.claim_uid in troubled] if troubled else []
    newest, settled = newest_of(theirs), newest_of(point for point in theirs if point.state in _SETTLED)
    found: Problems = {}
    for uid in uids:
        last = settled.get(uid)
        point = last if last and last.state is State.LATE else newest.get(uid)
        if point is None or point.state not in {State.LATE, State.UNOBSERVED}:
            continue
        name = f"{point.namespace}/{point.claim}"
        age = span(now - point.created) if point.created else "an unknown time"
        if point.state is State.UNOBSERVED:
            found[name] = [
                "unobserved",
                f"no controller has touched {plain(point.name)} for {age}",
                _NO_CONTROLLER,
            ]
            continue
        said = f"; the driver said {cited(point.said, 200)}" if point.error else "; no error was given"
        todo = f"kubectl -n {point.namespace} describe volumesnapshot {point.name}"
        if not point.touched:
            said, todo = "; no controller has touched it", _NO_CONTROLLER
        found[name] = ["late", f"not ready after {age}{said}", todo]
    return found


def paused(told: Mapping[str, str], failed: Problems, problems: Problems) -> Problems:
    """Keep saying of a claim whose snapshots are never ready that they are paused, also while the next one is tried."""
    found = {name: one for name, one in failed.items() if one[0] == PAUSED}
    for name, (kind, why, todo) in problems.items():
        if kind == "late" and told.get(name) == PAUSED:
            found.setdefault(name, [PAUSED, why, todo])
    return found


def awaited(told: Mapping[str, str], problems: Problems, claims: Iterable[Claim], points: Sequence[Point]) -> Problems:
    """Keep what was told of claims whose next snapshot is made and not ready yet: only a ready one is a recovery."""
    open_ones = [
        claim for claim in claims if told.get(claim.meta.title, CANNOT) != CANNOT and claim.meta.title not in problems
    ]
    newest = newest_of(points) if open_ones else {}
    found: Problems = {}
    for claim in open_ones:
        point = newest.get(claim.meta.uid)
        if point and point.state in PENDING:
            why = f"its next snapshot {plain(point.name)} is not ready yet"
            found[claim.meta.title] = [told[claim.meta.title], why, "wait: it is told when the snapshot is ready"]
    return found


def change(problems: Problems, told: Mapping[str, str]) -> Change:
    """Compare with what people were told of: claim -> kind."""
    new = frozenset(name for name, (kind, *_) in problems.items() if told.get(name) != kind)
    if new:
        return Change(new)
    trouble = [kind for kind in told.values() if kind != CANNOT]
    still = [kind for kind, *_ in problems.values() if kind != CANNOT]
    over = tuple(sorted(set(told) - set(problems)))
    return Change(resolved=bool(told) and (not problems or (bool(trouble) and not still)), over=over)


def last_good(points: Iterable[Point], now: datetime) -> Mapping[str, str]:
    """Say when the newest good one of each claim was cut, by namespace/name."""
    found: dict[str, Point] = {}
    for point in points:
        name = f"{point.namespace}/{point.claim}"
        if point.good and (name not in found or (point.when or _NO_TIME) > (found[name].when or _NO_TIME)):
            found[name] = point
    return {name: ago(point.when, now) for name, point in found.items()}
