"""What is open, what of it was told and how: the memory against noise. Pure; written to and read from plain JSON.

An incident is what one message tells of: one issue, or a story with many members (a driver that went down). It is known
by its cause, which holds names and no uids: a pod that is made again with the same problem is the same incident.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from robusta_volumes._model.severity import Severity

MOST = 5_000  # issues that are remembered: as one gzipped ConfigMap key well below its limit of 1 MiB
MOST_OVER = 500  # ended incidents that are kept until the next report has named them
TITLE = 160  # characters of a title that are kept
SURE = timedelta(seconds=20)  # a finding leaves within seconds after its action ended; then it was sent
OWN, LIST = "own", "list"
DEAD = "?"  # in the place of a process: the one that told it died before it could know that it was sent


@dataclass(frozen=True)
class Incident:
    """Something that is wrong, or was. ``news`` says that something about it is still to be told."""

    title: str
    severity: Severity  # the worst that was seen
    since: int  # seconds since 1970: when we first saw it
    members: frozenset[str]  # ids of its issues: rule/kind/namespace/name
    news: bool = True
    told: str = ""  # "", "list" (in a report of many) or "own" (by a message of its own)
    by: str = ""  # the process that told it and cannot know yet that it was sent; "": none, or sent for sure
    at: int = 0  # when it was last told
    near: bool = False  # a look that an event started has seen it, so that such a look can see its end, too
    family: frozenset[str] = frozenset()  # what suffers from it: "Pod/shop/web-0"; of stories nothing is kept

    @property
    def is_told(self) -> bool:
        """True when everything about it was told."""
        return bool(self.told) and not self.news


@dataclass(frozen=True)
class Ledger:
    """Everything that is remembered between two looks."""

    baseline: int = 0  # when the first look at the whole cluster was reported; 0: not yet
    swept: int = 0  # when the whole cluster was last looked at
    reported: int = 0  # when the last report of the whole cluster was made
    soon: bool = False  # something waits for the next look at the whole cluster
    open: Mapping[str, Incident] = field(default_factory=dict)
    over: Mapping[str, Incident] = field(default_factory=dict)
    sent: tuple[int, ...] = ()  # when event-driven messages were given, of the last minutes
    held: Mapping[str, int] = field(default_factory=dict)  # what was not sent since the last message: cause -> how many
    dropped: int = 0  # open issues that did not fit


def settled(ledger: Ledger, now: int, process: str) -> Ledger:
    """Take what this process told a while ago as sent, and what a dead process had just told as not told."""
    return replace(
        ledger,
        open={cause: _settled(one, now, process) for cause, one in ledger.open.items()},
        over={cause: _settled(one, now, process) for cause, one in ledger.over.items()},
    )


def _settled(one: Incident, now: int, process: str) -> Incident:
    if one.by in {"", DEAD}:
        return one
    if one.by != process:
        return replace(one, by=DEAD, news=True)
    return replace(one, by="") if now - one.at >= SURE.total_seconds() else one


def bounded(ledger: Ledger) -> Ledger:
    """Keep what fits: the oldest go first."""
    total = sum(len(one.members) for one in ledger.open.values())
    kept, dropped = dict(ledger.open), 0
    for cause in sorted(kept, key=lambda c: (kept[c].since, kept[c].severity, c)):
        if total - dropped <= MOST:
            break
        dropped += len(kept.pop(cause).members)
    over = sorted(ledger.over.items(), key=lambda pair: (pair[1].at, pair[0]))[-MOST_OVER:]
    return replace(ledger, open=kept, over=dict(over), dropped=ledger.dropped + dropped)


@dataclass(frozen=True)
class Said:
    """What a message really said: its title, and all that it names; ``known`` of that when it was decided on."""

    title: str
    members: frozenset[str]
    known: frozenset[str]


def as_told(ledger: Ledger, said: Mapping[str, Said]) -> Ledger:
    """Keep what messages said, by cause. Victims that came while one was written, and are in it, were not held back."""
    opened, held = dict(ledger.open), dict(ledger.held)
    for cause, one in said.items():
        if cause in opened:
            now = opened[cause]
            meanwhile = len((now.members & one.members) - one.known)
            held[cause] = max(0, held.get(cause, 0) - meanwhile)
            opened[cause] = replace(now, title=one.title[:TITLE], members=now.members | one.members)
    return bounded(replace(ledger, open=opened, held={cause: n for cause, n in held.items() if n}))


def to_json(ledger: Ledger) -> dict[str, Any]:
    """Write it as JSON, short: there may be thousands."""
    return {
        "baseline": ledger.baseline,
        "swept": ledger.swept,
        "reported": ledger.reported,
        "soon": ledger.soon,
        "sent": list(ledger.sent),
        "held": dict(ledger.held),
        "dropped": ledger.dropped,
        "open": {cause: _row(cause, one) for cause, one in ledger.open.items()},
        "over": {cause: _row(cause, one) for cause, one in ledger.over.items()},
    }


def from_json(value: Mapping[str, Any]) -> Ledger:
    """Read it; what somebody edited so that it cannot be understood reads as nothing remembered."""
    try:
        return Ledger(
            baseline=int(value.get("baseline", 0)),
            swept=int(value.get("swept", 0)),
            reported=int(value.get("reported", 0)),
            soon=bool(value.get("soon")),
            sent=tuple(int(at) for at in value.get("sent", ())),
            held={str(cause): int(n) for cause, n in value.get("held", {}).items()},
            dropped=int(value.get("dropped", 0)),
            open={str(cause): _incident(cause, row) for cause, row in value.get("open", {}).items()},
            over={str(cause): _incident(cause, row) for cause, row in value.get("over", {}).items()},
        )
    except (ValueError, TypeError, AttributeError, OverflowError):
        return Ledger()


def _row(cause: str, one: Incident) -> list[Any]:
    members: Iterable[str] = () if one.members == {cause} else sorted(one.members)
    row = [one.title, int(one.severity), one.since, list(members), one.news, one.told, one.by, one.at, one.near]
    return [*row, sorted(one.family)] if one.family else row


def _incident(cause: str, row: Any) -> Incident:
    title, severity, since, members, news, told, by, at, near, *more = row
    return Incident(
        str(title),
        Severity(severity),
        int(since),
        frozenset(str(m) for m in members) or frozenset([str(cause)]),
        bool(news),
        told if told in {OWN, LIST} else "",
        str(by),
        int(at),
        bool(near),
        frozenset(str(name) for name in more[0]) if more else frozenset(),
    )
