"""The case files of the rules: small clusters in which a rule fires, keeps quiet, or cannot know.

A file is a mapping of ``fired``, ``clear``, ``unknown`` and ``edges`` (a list of cases with names); objects need no
apiVersion where the kind tells it. ``uses`` holds what metrics say, by namespace/name of the claim, ``io`` what is known of
its I/O, ``operations`` of its driver's calls, ``logs`` what pods wrote.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from robusta_volumes._analysis.assess import Assessment, Issue, assess
from robusta_volumes._cli.reference_io import read_io
from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.io import VolumeIo
from robusta_volumes._model.io_series import Operation
from robusta_volumes._model.kind import BY_NAME, IO_METRICS, METRICS
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import parse_quantity
from robusta_volumes._model.times import UTC, parse_time
from robusta_volumes._model.usage import Use
from robusta_volumes._rules.catalogue import RULES
from robusta_volumes._rules.rule import Rule
from robusta_volumes._workflows.pod_logs import with_logs

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PARTS = ("fired", "clear", "unknown")
_KEYS = {
    "name",
    "objects",
    "now",
    "on",
    "says",
    "why",
    "fix",
    "command",
    "severity",
    "clear",
    "denied",
    "absent",
    "remedy",
    "uses",
    "logs",
    "io",
    "operations",
}


@dataclass(frozen=True)
class Case:
    """One small cluster and what a rule is expected to say of it."""

    name: str  # fired, clear, unknown, or the name of an edge
    objects: tuple[Object, ...]
    now: datetime = NOW
    on: str = ""  # namespace/name of the object on which it fires; "": the only one
    says: str = ""  # in the title
    why: str = ""  # in the evidence, or in the reason why nothing was seen
    fix: str = ""  # in what one of the ways out says
    command: str = ""  # in one of the commands
    severity: str = ""
    clear: bool = False
    denied: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    remedy: str = ""
    uses: tuple[ClaimUse, ...] = ()  # what metrics say of its claims
    logs: Mapping[str, str] = field(default_factory=dict)  # by namespace/name of a pod
    io: Mapping[tuple[str, str], tuple[VolumeIo, ...]] | None = None  # what is known of the I/O of its claims
    operations: tuple[Operation, ...] = ()  # how long calls to its drivers take


def read_cases(path: Path) -> tuple[Case, ...]:
    """Read a case file.

    Raises ValueError: when a key is not known or a case has no objects, naming file and case.
    """
    # through JSON, so that timestamps are text, as the API gives them, and no two cases share an object
    whole = json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=_text))
    edges = whole.pop("edges", [])
    named = [{"name": part, **whole.pop(part)} for part in PARTS if part in whole]
    if whole:
        raise ValueError(f"{path.name}: {', '.join(whole)} is none of {', '.join(PARTS)}, edges")
    return tuple(_case(one, path) for one in [*named, *edges])


def _case(given: Mapping[str, Any], path: Path) -> Case:
    where = f"{path.name}, {given.get('name', 'an edge without name')}"
    if strange := set(given) - _KEYS:
        raise ValueError(f"{where}: unknown key {', '.join(sorted(strange))}")
    if not given.get("objects") or not given.get("name"):
        raise ValueError(f"{where}: needs name and objects")
    values = {**given, "objects": tuple(_whole(o) for o in given["objects"])}
    values["now"] = parse_time(given.get("now")) or NOW
    values.update({key: tuple(given.get(key, ())) for key in ("denied", "absent")})
    values["uses"] = tuple(_use(key, fields_) for key, fields_ in (given.get("uses") or {}).items())
    values["io"] = read_io(given["io"]) if "io" in given else None
    values["operations"] = tuple(Operation(**one) for one in given.get("operations", ()))
    return Case(**{"clear": given["name"] == "clear", **values})


def _whole(given: Object) -> Object:
    known = BY_NAME.get(given["kind"])
    return {**({"apiVersion": known.api_version} if known else {}), **given}


def _text(value: object) -> str:
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    raise TypeError(f"{value!r} does not belong into a case file")


_MEASURED = ("used", "available", "capacity", "inodes", "inodes_used")
_BYTES = ("growth", "growth_week", "growth_month", "peak", "change", "target")
_DATES = ("changed_on", "idle_since")
_NO_METRICS = {
    kind.resource: Unseen(kind, "no Prometheus answers", "set globalConfig.prometheus_url")
    for kind in (METRICS, IO_METRICS)
}


def _use(key: str, given: Mapping[str, Any]) -> ClaimUse:
    """Read what metrics say of one claim; bytes are written as quantities."""
    values = {**given}
    now: dict[str, Any] = {name: parse_quantity(values.pop(name)) for name in _MEASURED if name in values}
    now["abnormal"] = bool(values.pop("abnormal", False))
    values |= {name: _signed(values[name]) for name in _BYTES if name in values}
    values |= {name: date.fromisoformat(values[name]) for name in _DATES if name in values}
    values |= {"shared_with": tuple(_key(other) for other in values.get("shared_with", ()))}
    return ClaimUse(_key(key), Use(**now) if "used" in now else None, **values)


def _signed(text: str) -> int:
    return -parse_quantity(text[1:]) if text.startswith("-") else parse_quantity(text)


def _key(title: str) -> tuple[str, str]:
    namespace, _, name = title.partition("/")
    return namespace, name


def look(case: Case) -> Inventory:
    """Look at the case's cluster as every workflow looks at a real one, and at its metrics where it has some."""
    resources = tuple(one for one in case.denied if one not in _NO_METRICS)
    cluster = MemoryCluster(case.objects, now=case.now, denied=resources, absent=case.absent)
    cluster.written = {_key(pod): text for pod, text in case.logs.items()}
    see = replace(gather(cluster), io=case.io, operations=case.operations)
    if resources != case.denied:
        lacking = {name: unseen for name, unseen in _NO_METRICS.items() if name in case.denied}
        return replace(see, unseen={**see.unseen, **lacking})
    uses = {use.key: use for use in case.uses}
    if case.logs:
        see = with_logs(cluster, see, see.claim, uses, PersistentDataAnalysis())
    return replace(see, uses=uses) if case.uses else see


def judge(case: Case, rule: Rule) -> Assessment:
    """Put the rule to the case's cluster; a fallback rule after all others, as it is meant."""
    rules: Iterable[Rule] = RULES.values() if rule.fallback else (rule,)
    return assess(look(case), Limits(), rules)


def issues_of(case: Case, rule: Rule) -> tuple[Issue, ...]:
    """Give what this rule says of the case's cluster."""
    return tuple(issue for issue in judge(case, rule).issues if issue.rule.id == rule.id)


def case_file(root: Path, rule: Rule) -> Path:
    """Give the place of a rule's case file."""
    return root / "tests" / "rules" / f"{rule.id}.yaml"
