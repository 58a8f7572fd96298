"""What the doctor found: one line per thing that was looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from robusta_volumes._model.errors import SettingsError


class Status(Enum):
    """How a thing stands."""

    OK = "ok"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Check:
    """One line: which part, how it stands, what was seen, and the exact remedy when it is not ok."""

    part: str  # "permissions", "kinds", "prometheus", "settings", "playbooks", "robusta"
    name: str
    status: Status
    says: str
    remedy: str = ""
    rule: str = ""  # the RBAC rule to paste, when that is the remedy


@dataclass(frozen=True)
class Host:
    """What only Robusta's process can know of itself; None where it could not be found out."""

    version: str = ""
    namespace: str = "robusta"
    block_given: bool = False  # something stands below globalConfig.workflows
    problems: Mapping[str, tuple[SettingsError, ...]] = field(default_factory=dict)
    switched_off: tuple[str, ...] = ()  # workflow keys
    active: tuple["Playbook", ...] | None = None
    light_actions: tuple[str, ...] | None = None
    signing_key: bool = False
    prometheus_url: str = ""


@dataclass(frozen=True)
class Playbook:
    """One active playbook, as far as the doctor cares."""

    actions: tuple[str, ...]
    triggers: tuple[str, ...]
    excludes: tuple[str, ...] = ()  # of its warning-event triggers
    includes: tuple[str, ...] = ()
