"""The ledger while a look is entered: what is known, what joins it, what ended, what is told. Pure, but for itself."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import timedelta

from robusta_volumes._analysis.ledger import DEAD, LIST, MOST, OWN, TITLE, Incident, Ledger, bounded, settled
from robusta_volumes._analysis.symptoms import Held, Symptom, Tell, Voice, is_story, object_of, rule_of

WINDOW = timedelta(minutes=10)  # the time for which ``Voice.most`` holds
RESOLVED = "resolved"  # stands for a cause where what was held back is a good message
_FAMILY = 20  # names that are kept of what suffers from one issue


class Book:
    """Holds the incidents of one look; `closed` gives the ledger after it."""

    def __init__(self, ledger: Ledger, voice: Voice, now: int, process: str) -> None:
        """Open the ledger."""
        self.before = settled(ledger, now, process)
        self.voice, self.now, self.process = voice, now, process
        self.open: dict[str, Incident] = dict(self.before.open)
        self.over: dict[str, Incident] = dict(self.before.over)
        window = int(WINDOW.total_seconds())
        self.sent = [at for at in self.before.sent if now - window <= at <= now]
        self.held: dict[str, int] = dict(self.before.held)
        self.after = self.before  # the marks; the incidents are added when it is closed
        self.soon = False
        self._where = {member: cause for cause, one in self.open.items() for member in one.members}
        told = [(cause, one) for cause, one in self.open.items() if one.is_told]
        self._suffers = {name: cause for cause, one in told for name in one.family}
        self._standing = {
            object_of(m): cause for cause, one in told for m in one.members if voice.stands_in(rule_of(m))
        }

    def cause_of(self, one: Symptom) -> str:
        """Find the incident that an issue belongs to: where it was before, or that of a rule which stood in for it."""
        if one.id in self._where:
            return self._where[one.id]
        if one.cause in self.open:
            return one.cause
        if self.voice.stands_in(one.rule):
            return self._suffers.get(one.object, one.cause)
        return next((self._standing[n] for n in (one.object, *sorted(one.family)) if n in self._standing), one.cause)

    def knows(self, one: Symptom) -> bool:
        """Tell whether it is part of something that is open, or that ended a short while ago."""
        cause = self.cause_of(one)
        return cause in self.open or cause in self.over

    def note(self, one: Symptom, *, near: bool = False) -> bool:
        """Enter an issue that fired, ``near`` when an event's look saw it; True when something of it is to be told."""
        cause = self.cause_of(one)
        known = self.open.get(cause)
        ended = self.over.pop(cause, None)
        if known is None and ended and ended.news and ended.by != DEAD:
            known = replace(ended, news=False, members=frozenset())  # for those who read, it never went away
        if known is None:
            family = frozenset() if is_story(cause) else frozenset(sorted(one.family)[:_FAMILY])
            known = Incident(one.title[:TITLE], one.severity, self.now, frozenset([one.id]), near=near, family=family)
            self._enter(cause, known, one)
            return True
        worse, joins = one.severity > known.severity, one.id not in known.members
        if joins and not known.news and not worse and is_story(cause) and known.members:
            self.held[cause] = self.held.get(cause, 0) + 1
        if known.news or worse:
            title = one.story if one.story and (joins or len(known.members) > 1) else one.title
            known = replace(known, news=True, title=title[:TITLE], severity=max(one.severity, known.severity))
        if joins or near > known.near:
            known = replace(known, members=known.members | {one.id}, near=near or known.near)
        self._enter(cause, known, one)
        return known.news

    def _enter(self, cause: str, incident: Incident, one: Symptom) -> None:
        self.open[cause] = incident
        self._where[one.id] = cause

    def adopt(self, one: Symptom) -> None:
        """Remember, where there is room, an issue that did not fit before; it was part of a report then."""
        if sum(len(incident.members) for incident in self.open.values()) < MOST:
            self.note(one)
            self._mark(self.cause_of(one), LIST)
        else:
            self.after = replace(self.after, dropped=self.after.dropped + 1)

    def clear(self, fired: Collection[str], cleared: Callable[[str], bool], *, whole: bool) -> list[str]:
        """Take out the issues that are surely gone, and give the causes that ended so.

        A story ends when the whole cluster shows none of it: a part shows only some of its victims. And what only looks
        at the whole cluster have seen, such as a rule that speaks once for all, only they can miss.
        """
        ended = []
        for cause, one in list(self.open.items()):
            if not whole and not one.near:
                continue
            gone = {member for member in one.members if member not in fired and cleared(member)}
            if gone and one.members == gone and is_story(cause) and not whole:
                self.soon = True
            elif gone and one.members == gone:
                del self.open[cause]
                if one.told:
                    self.over[cause] = replace(one, news=True, by="", at=self.now)
                    ended.append(cause)
            elif gone:
                self.open[cause] = replace(one, members=one.members - gone)
        return ended

    def room(self) -> int:
        """Tell how many messages may be given now."""
        return max(0, self.voice.most - len(self.sent))

    def say(self, tell: Tell) -> Tell:
        """Note that a message is given; whether it was sent is known later."""
        self.sent.append(self.now)
        if tell.resolved:
            self._end(tell.cause)
            return tell
        for cause in tell.along:
            self._mark(cause, LIST)
        self._mark(tell.cause, OWN)
        return replace(tell, incident=self.open[tell.cause])

    def hold(self, tell: Tell) -> None:
        """Count what there is no room for."""
        cause = RESOLVED if tell.resolved else tell.cause if is_story(tell.cause) else rule_of(tell.member)
        number = len(tell.incident.members) if is_story(tell.cause) and not tell.resolved else 1 + len(tell.along)
        self.held[cause] = self.held.get(cause, 0) + number

    def name_held(self) -> Held:
        """Give what was held back, to be named in a message, and start counting anew."""
        named = tuple(sorted(self.held.items(), key=lambda pair: (-pair[1], pair[0])))
        self.held = {}
        return named

    def list_all(self, causes: Iterable[str]) -> None:
        """Note that a message of many names these."""
        for cause in causes:
            self._mark(cause, LIST)

    def end_all(self, causes: Iterable[str]) -> None:
        """Note that a message of many names these as ended."""
        for cause in causes:
            self._end(cause)

    def _mark(self, cause: str, how: str) -> None:
        one = self.open[cause]
        told = OWN if OWN in {one.told, how} else how
        self.open[cause] = replace(one, news=False, told=told, by=self.process, at=self.now)

    def _end(self, cause: str) -> None:
        self.over[cause] = replace(self.over[cause], news=False, by=self.process, at=self.now)

    def waits(self) -> bool:
        """Tell whether something is left that the next look at the whole cluster should tell."""
        untold = any(one.news and one.severity >= self.voice.least for one in self.open.values())
        return self.soon or untold or any(one.news and one.told == OWN for one in self.over.values())

    def closed(self) -> Ledger:
        """Give the ledger as it is now."""
        made = replace(self.after, open=self.open, over=self.over, sent=tuple(self.sent), held=self.held)
        return bounded(replace(made, soon=bool(made.baseline) and (self.waits() or self.after.soon)))
