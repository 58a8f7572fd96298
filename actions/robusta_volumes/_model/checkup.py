"""What the doctor found: one line per thing that was looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from robusta_volumes._model.errors import SettingsError
from robusta_volumes._model.rights import ACCOUNT, HOME


class Status(Enum):
    """How a thing stands."""

    OK = "ok"
    MISSING = "missing"
    UNKNOWN = "unknown"
    LOST = "lost"  # not to be had where the runner may look into some namespaces only


@dataclass(frozen=True)
class Check:
    """One line: which part, how it stands, what was seen, and the exact remedy when it is not ok."""

    part: str  # "permissions", "kinds", "prometheus", "settings", "playbooks", "robusta"
    name: str
    status: Status
    says: str
    remedy: str = ""
    rule: str = ""  # the rule to paste into the ClusterRole, when that is the remedy; never more than reading
    command: str = ""  # the command to run, when that is the remedy
    values: str = ""  # Helm values to paste, when they are


@dataclass(frozen=True)
class Host:
    """What only Robusta's process can know of itself; None where it could not be found out."""

    version: str = ""
    namespace: str = HOME
    account: str = ACCOUNT
    namespaces: tuple[str, ...] = ()  # to read where the whole cluster may not be read
    block_given: bool = False  # something stands below globalConfig.workflows
    problems: Mapping[str, tuple[SettingsError, ...]] = field(default_factory=dict)
    switched_off: tuple[str, ...] = ()  # workflow keys
    active: tuple["Playbook", ...] | None = None
    light_actions: tuple[str, ...] | None = None
    signing_key: bool | None = None
    prometheus_url: str = ""
    reads_lists: bool = False  # readVolumeInfos: Velero is asked for its lists of the volumes in backups
    velero: str = ""  # veleroNamespace; "": it is looked for


@dataclass(frozen=True)
class Playbook:
    """One active playbook, as far as the doctor cares."""

    actions: tuple[str, ...]
    triggers: tuple[str, ...]
    excludes: tuple[str, ...] = ()  # of its warning-event triggers
    includes: tuple[str, ...] = ()
    name: str = ""
    sinks: tuple[str, ...] = ()  # empty: the default ones
