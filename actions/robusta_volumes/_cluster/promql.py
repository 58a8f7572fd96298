"""The questions to Prometheus, in PromQL. Pure: names in, text out.

Braces stand around selectors and nowhere else: what adds labels to a query by looking for a brace (Robusta does) then hits
selectors alone.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from robusta_volumes._model.errors import Invalid
from robusta_volumes._model.usage import Key

Matcher = tuple[str, Literal["=", "=~", "!=", "!~"], str]  # label, operator, value
Group = Sequence[Matcher]

USED, AVAILABLE, CAPACITY = (f"kubelet_volume_stats_{what}_bytes" for what in ("used", "available", "capacity"))
INODES, INODES_USED = "kubelet_volume_stats_inodes", "kubelet_volume_stats_inodes_used"
ABNORMAL = "kubelet_volume_stats_health_status_abnormal"
NOW = (USED, AVAILABLE, CAPACITY, INODES, INODES_USED)
COST = "pv_hourly_cost"

_CLAIM = "namespace, persistentvolumeclaim"
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REGEX = re.compile(
    r"[\\.+*?()|\[\]^$]"
)  # braces are left out: `string` writes them as numbers, `pattern` escapes those
_SURROGATE = re.compile("[\ud800-\udfff]")
_BRACES = {"{": "\\x7b", "}": "\\x7d"}
_STRING = {"\\": "\\\\", '"': '\\"', "\n": "\\n", **_BRACES}
_MOST_GROUPS = 16  # selectors in one question
_SPACE = 0x20  # what comes before it controls something


def string(value: str) -> str:
    """Quote text for PromQL, which reads it as Go does."""
    return '"' + "".join(_STRING.get(c) or (c if ord(c) >= _SPACE else f"\\x{ord(c):02x}") for c in _sound(value)) + '"'


def _sound(value: str) -> str:
    """Replace halves of surrogates: they cannot be sent, and what Python puts in their place means something in a pattern."""
    return _SURROGATE.sub("\x1a", value)  # "substitute": no name has it; U+FFFD is refused


def pattern(names: Iterable[str]) -> str:
    """Write a regular expression (RE2) that matches these names and nothing else."""
    return "|".join(_literal(name) for name in names)


def _literal(name: str) -> str:
    escaped = _REGEX.sub(lambda found: "\\" + found[0], name)
    return escaped.replace("{", "\\x7b").replace("}", "\\x7d")


def selector(metric: str, matchers: Group) -> str:
    """Select a metric's series; the braces are always there."""
    return metric + "{" + ",".join(f"{label}{op}{string(value)}" for label, op, value in matchers) + "}"


def labelled(labels: Mapping[str, str] | None) -> tuple[Matcher, ...]:
    """Turn labels that each query must have (`prometheus_additional_labels`) into matchers.

    Raises Invalid: when one cannot be a label.
    """
    wrong = [str(label) for label in labels or {} if not _LABEL.fullmatch(str(label))]
    if wrong:
        raise Invalid(f"{wrong[0]!r} is no name of a label", "correct `globalConfig.prometheus_additional_labels`")
    return tuple((str(label), "=", str(value)) for label, value in (labels or {}).items())


def within(namespaces: Iterable[str] = (), names: Iterable[str] = ()) -> tuple[Matcher, ...]:
    """Select claims by namespace and by name; nothing given: all."""
    wanted = (("namespace", sorted(namespaces)), ("persistentvolumeclaim", sorted(names)))
    return tuple(
        (label, "=" if len(given) == 1 else "=~", given[0] if len(given) == 1 else pattern(given))
        for label, given in wanted
        if given
    )


def groups(keys: Collection[Key]) -> list[Group]:
    """Select exactly these claims, in few selectors: namespaces with the same names of claims go together.

    Beyond what one question can hold they are merged, and then select a little more.
    """
    names: dict[str, set[str]] = {}
    for namespace, name in keys:
        names.setdefault(namespace, set()).add(name)
    alike: dict[tuple[str, ...], list[str]] = {}
    for namespace in sorted(names):
        alike.setdefault(tuple(sorted(names[namespace])), []).append(namespace)
    exact = sorted(alike.items())
    share = -(-len(exact) // _MOST_GROUPS) or 1
    merged = [exact[at : at + share] for at in range(0, len(exact), share)]
    return [within({n for _, some in one for n in some}, {n for every, _ in one for n in every}) for one in merged]


def now(matchers: Group) -> str:
    """Ask for everything of now at once, series told apart by the metric's name.

    The highest counts: a pod that moved, or a volume on several nodes, has several series.
    """
    named: Matcher = ("__name__", "=~", "|".join(NOW))
    return f"max by (__name__, {_CLAIM}) ({selector('', [named, *matchers])})"


def plain(metric: str, matchers: Group) -> str:
    """Ask for one metric, the highest of a claim's series."""
    return _of_claim([selector(metric, matchers)])


def abnormal(matchers: Group) -> str:
    """Ask which volumes their driver calls abnormal."""
    return f"{plain(ABNORMAL, matchers)} == 1"


def daily(metric: str, which: Literal["max", "min"], some: Sequence[Group]) -> str:
    """Ask for the highest or lowest value of a day, to be sent with a step of a day.

    A window of raw samples: a subquery would hold all series in memory at once.
    """
    return f"{which} by ({_CLAIM}) ({_any([f'{which}_over_time({selector(metric, one)}[1d])' for one in some])})"


def hourly(metric: str, some: Sequence[Group]) -> str:
    """Ask for one metric of the claims that any of the groups selects, to be sent with a step of an hour."""
    return _of_claim([selector(metric, one) for one in some])


def last_known(days: int, some: Sequence[Group]) -> str:
    """Ask for the last value in ``days`` before the time of the question, and for the hour of it (``what`` tells which)."""
    used = [f"last_over_time({selector(USED, one)}[{days}d])" for one in some]
    hour = [f"max_over_time(timestamp({selector(USED, one)})[{days}d:1h])" for one in some]
    return _any(
        [f'label_replace({_of_claim(each)}, "what", "{what}", "", "")' for what, each in (("used", used), ("at", hour))]
    )


def _of_claim(some: Sequence[str]) -> str:
    return f"max by ({_CLAIM}) ({_any(some)})"


def _any(some: Sequence[str]) -> str:
    return " or ".join(some)


def cost(matchers: Group) -> str:
    """Ask what a GiB of each volume costs in an hour, as OpenCost has it."""
    return f"max by (persistentvolume) ({selector(COST, matchers)})"
