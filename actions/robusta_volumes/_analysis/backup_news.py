"""What to tell of claims that lack a good copy: per namespace, when it begins, when it gets worse, when it is over. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from robusta_volumes._analysis.backup_cover import ClaimCover, Judged, Verdict
from robusta_volumes._analysis.snapshot_note import Note

EXPIRES = "expires"  # beside the verdicts: a good copy that is new enough, and goes before it is replaced
MANY = "many"  # the topic of a message about many namespaces at once
_SPACE = "ns/"
Content = Mapping[str, Mapping[str, str]]  # namespace -> claim -> what is wrong


@dataclass(frozen=True)
class News:
    """What to say now."""

    bad: tuple[str, ...] = ()  # namespaces of which something new is wrong
    well: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # namespaces where all is well again -> claims
    many: bool = False  # said in one message
    many_over: bool = False


def wrong(judged: Judged, since: datetime) -> Content:
    """Say what is wrong with which claims.

    ``since`` backups are watched: before two slots have passed nobody is blamed for what never was.
    """
    found: dict[str, dict[str, str]] = {}
    for one in judged.claims:
        what = _what(one)
        young = judged.now - since <= one.within
        if what and not (young and one.verdict is Verdict.NEVER):
            found.setdefault(one.key[0], {})[one.key[1]] = what
    return found


def _what(one: ClaimCover) -> str:
    if one.verdict.bad:
        return one.verdict.value
    return EXPIRES if one.expires_soon else ""


def kept(now: Content, judged: Judged, note: Note, knows: Callable[[str], bool]) -> Content:
    """Keep what was told of claims of which nobody can tell at the moment: unknown is neither well nor worse."""
    dark = {one.key for one in judged.claims if one.verdict is Verdict.UNKNOWN}
    found = {space: dict(claims) for space, claims in now.items()}
    for space, claims in told(note).items():
        for name, what in claims.items():
            if (space, name) in dark or not knows(space):
                found.setdefault(space, {}).setdefault(name, what)
    return found


def told(note: Note) -> Content:
    """Give what people were told of, by namespace."""
    return {topic[len(_SPACE) :]: dict(what) for topic, what in note.said.items() if topic.startswith(_SPACE) and what}


def news(content: Content, note: Note, process: str, most: int) -> News:
    """Decide what to say, and note that it is said. Of more than ``most`` namespaces at once: one message."""
    before = told(note)
    worse = [space for space, claims in content.items() if _worse(claims, before.get(space, {}))]
    over = {space: tuple(sorted(claims)) for space, claims in before.items() if not content.get(space)}
    spread = bool(note.said.get(MANY)) or MANY in note.news
    _follow(content, before, worse, note)
    many = bool(worse) and (spread or len(worse) > most)
    fresh = [space for space in sorted(worse) if note.tells(_SPACE + space, dict(content[space]), process)]
    ended = {space: claims for space, claims in sorted(over.items()) if note.tells(_SPACE + space, {}, process)}
    if many:
        note.tells(MANY, len(content), process)
        return News(tuple(fresh), many=bool(fresh))
    if spread:
        # what was said at once ends at once
        return News(many_over=bool(note.said.get(MANY)) and not content and note.tells(MANY, 0, process))
    return News(tuple(fresh), ended)


def _worse(now: Mapping[str, str], before: Mapping[str, str]) -> bool:
    return any(before.get(name) != what for name, what in now.items())


def _follow(content: Content, before: Content, worse: Iterable[str], note: Note) -> None:
    """Take note in silence of what got better in part, and forget what is over and was told."""
    for space, claims in content.items():
        if space in before and space not in set(worse):
            note.said[_SPACE + space] = dict(claims)
            note.news.pop(_SPACE + space, None)
    for topic in [
        topic for topic, what in note.said.items() if (topic.startswith(_SPACE) or topic == MANY) and not what
    ]:
        if not content.get(topic[len(_SPACE) :]):
            del note.said[topic]
