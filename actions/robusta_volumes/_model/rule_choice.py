"""Which rules judge, and how bad they are: what settings and annotations say of it, in ids and prefixes.

A prefix means all rules up to the dash: ``WA`` or ``WA-*`` is every WA rule, and ``PV`` never means ``PVC-01``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from robusta_volumes._model.rule_ids import PREFIXES, RULE_IDS
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import nearest

IGNORE = "robusta-volumes.dev/ignore"  # "PVC-08, WA-*"; "*" is every rule
IGNORE_REASON = "robusta-volumes.dev/ignore-reason"  # the sentence that the report shows
_EVERY = "*"


@dataclass(frozen=True)
class Severities:
    """Severities by rule id or prefix; the id counts before its prefix.

    A prefix does not raise what is information only: ``PVC: critical`` must not make each claim that waits for its first
    pod, which is normal, an incident. The id does.
    """

    of: tuple[tuple[str, Severity], ...] = ()

    def of_rule(self, id_: str, found: Severity) -> Severity:
        """Give the severity of an issue of a rule, ``found`` being what the rule itself says."""
        given = dict(self.of)
        if id_ in given or found is Severity.INFO:
            return given.get(id_, found)
        return given.get(prefix_of(id_), found)


@dataclass(frozen=True)
class RuleChoice:
    """Which rules judge, and with which severity. Nothing selected: all of them; what is ignored never judges."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severities: Severities = Severities()

    def judges(self, id_: str) -> bool:
        """Tell whether a rule is asked at all."""
        return (not self.select or names_rule(self.select, id_)) and not names_rule(self.ignore, id_)


ALL = RuleChoice()


def prefix_of(id_: str) -> str:
    """Give what stands before the dash."""
    return id_.partition("-")[0]


def names_rule(words: Iterable[str], id_: str) -> bool:
    """Tell whether one of the words (ids, prefixes, or ``*``) means a rule."""
    return any(word in {id_, prefix_of(id_), _EVERY} for word in words)


def _word(text: str) -> str:
    """Read an id or a prefix; of ``WA-*`` and ``WA-`` only the prefix is kept.

    Raises ValueError: when no rule is meant; it names the nearest that could be.
    """
    word = text.strip().upper()
    short = word.removesuffix("*").removesuffix("-") or word
    if short in PREFIXES:
        return short
    if word in RULE_IDS or word == _EVERY:
        return word
    prefix, dash, number = word.partition("-")
    padded = f"{prefix}-{int(number):02}" if dash and number.isascii() and number.isdigit() else ""
    swapped = [id_ for id_ in RULE_IDS if sorted(id_) == sorted(word)]  # PCV-08
    near = [padded] if padded in RULE_IDS else swapped or nearest(word, RULE_IDS + PREFIXES, most=1)
    hint = (
        f"did you mean {near[0]}?" if near else f"known are ids such as PVC-08 and the prefixes {', '.join(PREFIXES)}"
    )
    raise ValueError(f'"{text.strip()}" is no rule; {hint}')


def rules(value: object) -> tuple[str, ...]:
    """Read a list of rule ids and prefixes; one string with commas will do.

    Raises ValueError: with what is not known, and the nearest that is.
    """
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        message = f"must be a list of rule ids or prefixes such as [PVC-08, WA], got {value!r}"
        raise ValueError(message)
    try:
        return tuple(dict.fromkeys(_word(item) for item in items if item.strip()))
    except ValueError as wrong:
        message = f"must be a list of rule ids or prefixes such as [PVC-08, WA]: {wrong}"
        raise ValueError(message) from wrong


def severities(value: object) -> Severities:
    """Read severities by rule id or prefix.

    Raises ValueError: with the rule or the severity that is not known, and what is.
    """
    if isinstance(value, Severities):
        return value
    if not isinstance(value, Mapping):
        message = f"must be a block of rule ids or prefixes with severities such as WA: info, got {value!r}"
        raise ValueError(message)  # noqa: TRY004 (one kind of error for everything that a user can write)
    return Severities(tuple((_rule_key(key), _severity(str(key), name)) for key, name in value.items()))


def _rule_key(key: object) -> str:
    try:
        return _word(str(key))
    except ValueError as wrong:
        message = f"has a key that is no rule id or prefix: {wrong}"
        raise ValueError(message) from wrong


def _severity(key: str, name: object) -> Severity:
    words = [one.word for one in sorted(Severity, reverse=True)]
    if isinstance(name, str) and name.strip().lower() in words:
        return Severity[name.strip().upper()]
    near = nearest(str(name).lower(), words, most=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    message = f"{key} must be one of {', '.join(words)}, got {name!r}{hint}"
    raise ValueError(message)


def opted_out(annotations: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read what an object opts out of: (ids and prefixes, complaints about words that mean no rule)."""
    good: list[str] = []
    wrong: list[str] = []
    for item in annotations.get(IGNORE, "").split(","):
        if item.strip():
            try:
                good.append(_word(item))
            except ValueError as error:
                wrong.append(str(error))
    return tuple(good), tuple(wrong)
