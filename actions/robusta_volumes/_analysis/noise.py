"""What is worth a message: only what changed since it was last told. Pure: ledger and look in, ledger and messages out.

`hear` is for looks that an event started: they see a part of the cluster, and say what is new, worse or resolved there,
within a budget. `sweep` is for looks at the whole cluster: they find what events missed, and tell what is still untold.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from robusta_volumes._analysis.book import Book
from robusta_volumes._analysis.ledger import OWN, Incident, Ledger
from robusta_volumes._analysis.symptoms import Held, Symptom, Tell, Voice, is_story

# Tells of an issue that did not fire whether it is surely gone: its rule judged, and its object was in view.
Cleared = Callable[[str], bool]


@dataclass(frozen=True)
class Swept:
    """What a look at the whole cluster is worth."""

    baseline: bool = False  # it is the first: everything is told at once, from then on only changes
    new: tuple[Incident, ...] = ()  # since the last report
    fixed: tuple[Incident, ...] = ()  # since the last report
    still: int = 0  # open now, and then
    since: int = 0  # when the last report was
    dropped: int = 0  # open issues that are not remembered, for want of room
    tells: tuple[Tell, ...] = ()  # messages of their own
    untold: tuple[tuple[str, Incident], ...] = ()  # (cause, incident) for one message of many, worst first
    ended: tuple[tuple[str, Incident], ...] = ()  # for the same message
    held: Held = ()


def hear(
    ledger: Ledger, looks: Iterable[Sequence[Symptom]], cleared: Cleared, voice: Voice, now: datetime, process: str
) -> tuple[Ledger, tuple[Tell, ...], Held]:
    """Decide what an event-driven look is worth. Each of ``looks`` holds what one object suffers from, worst first."""
    book = Book(ledger, voice, int(now.timestamp()), process)
    fired: set[str] = set()
    tells: list[Tell] = []
    claimed: set[str] = set()
    for symptoms in looks:
        seen_now = [one for one in symptoms if one.id not in fired]
        fired |= {one.id for one in seen_now}
        news = [one for one in seen_now if _is_news(book, one, voice, now)]
        tells += _told_together(book, news, claimed)
    ended = book.clear(fired, cleared, whole=False)
    tells = [replace(tell, incident=book.open[tell.cause]) for tell in tells]
    tells.sort(key=lambda tell: -tell.incident.severity)
    tells += [Tell(cause, book.over[cause], resolved=True) for cause in ended if book.over[cause].told == OWN]
    room = book.room()
    for tell in tells[room:]:
        book.hold(tell)
    said = tuple(book.say(tell) for tell in tells[:room])
    held = book.name_held() if said else ()
    return book.closed(), said, held


def _is_news(book: Book, one: Symptom, voice: Voice, now: datetime) -> bool:
    """Enter an issue that fired, and tell whether it should be spoken of now."""
    return _is_to_enter(book, one, voice, now) and book.note(one, near=True) and one.severity >= voice.least


def _is_to_enter(book: Book, one: Symptom, voice: Voice, now: datetime) -> bool:
    """Tell an issue that is known or new from one that is old: before the first report, and where not all fit."""
    if book.knows(one) or (book.before.baseline and not book.before.dropped):
        return True
    if one.since is None:
        return not book.before.dropped
    return now - one.since <= voice.fresh


def _told_together(book: Book, news: Sequence[Symptom], claimed: set[str]) -> list[Tell]:
    """Make one message of the news of one object, the first in the lead; but a story is always a message of its own."""
    leads: dict[str, str] = {}
    for one in news:
        leads.setdefault(book.cause_of(one), one.id)
    fresh = {cause: lead for cause, lead in leads.items() if cause not in claimed}
    claimed.update(fresh)
    plain = [cause for cause in fresh if not is_story(cause)]
    tells = [Tell(cause, book.open[cause], fresh[cause]) for cause in fresh if is_story(cause)]
    tells += [Tell(cause, book.open[cause], fresh[cause], tuple(plain[1:])) for cause in plain[:1]]
    return tells


def sweep(
    ledger: Ledger,
    symptoms: Sequence[Symptom],
    cleared: Cleared,
    voice: Voice,
    now: datetime,
    process: str,
    *,
    report: bool,
) -> tuple[Ledger, Swept]:
    """Compare the whole cluster with what is remembered. ``report`` says that a report of everything is due."""
    book = Book(ledger, voice, int(now.timestamp()), process)
    first = not ledger.baseline
    book.after = replace(book.after, swept=book.now, baseline=ledger.baseline or book.now, soon=False, dropped=0)
    for one in symptoms:
        if first or _is_to_enter(book, one, voice, now):
            book.note(one)
        else:
            book.adopt(one)
    book.clear({one.id for one in symptoms}, cleared, whole=True)
    gone = [cause for cause, one in book.over.items() if one.news and one.told == OWN]
    tells = [book.say(Tell(cause, book.over[cause], resolved=True)) for cause in sorted(gone)[: book.room()]]
    said = _reported(book, first=first) if first or report else _changes(book)
    after = book.closed()
    return after, replace(said, tells=(*tells, *said.tells), dropped=after.dropped)


def _reported(book: Book, *, first: bool) -> Swept:
    """A report tells of everything that is open, and names what changed since the last one."""
    last = book.before.reported
    new = tuple(one for one in book.open.values() if one.since > last)
    fixed = tuple(one for one in book.over.values() if one.news or one.at > last)
    book.list_all([cause for cause, one in book.open.items() if one.news])
    book.end_all([cause for cause, one in book.over.items() if one.news and one.told != OWN])
    book.over = {cause: one for cause, one in book.over.items() if one.news or one.by}
    book.after = replace(book.after, reported=book.now)
    held = _of_stories(book)
    if first:
        return Swept(baseline=True, still=len(book.open), held=held)
    still = len(book.open) - len(new)
    return Swept(new=_by_badness(new), fixed=_by_badness(fixed), still=still, since=last, held=held)


def _changes(book: Book) -> Swept:
    """Between reports: what nobody was told yet, in one message; what had a message of its own, in its own again."""
    least = book.voice.least
    untold = [(cause, one) for cause, one in book.open.items() if one.news and one.severity >= least]
    over = [(c, one) for c, one in book.over.items() if one.news and one.told != OWN and one.severity >= least]
    for pairs in (untold, over):
        pairs.sort(key=lambda pair: (-pair[1].severity, pair[0]))
    alone = untold if len(untold) == 1 and not over else [pair for pair in untold if pair[1].told == OWN]
    tells = [book.say(Tell(cause, one, min(one.members))) for cause, one in alone[: book.room()]]
    told = {tell.cause for tell in tells}
    rest = tuple((cause, one) for cause, one in untold if cause not in told)
    book.list_all([cause for cause, _ in rest])
    book.end_all([cause for cause, _ in over])
    held = _of_stories(book) if tells or rest or over else ()
    return Swept(tells=tuple(tells), untold=rest, ended=tuple(over), held=held, since=book.before.reported)


def _of_stories(book: Book) -> Held:
    """Give the later victims of stories; whatever else was held back is named by this look itself."""
    return tuple((cause, number) for cause, number in book.name_held() if is_story(cause))


def _by_badness(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    return tuple(sorted(incidents, key=lambda one: (-one.severity, one.title)))
