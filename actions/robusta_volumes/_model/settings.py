"""The Helm block ``workflows``: every key with its default, unit and reason, and a validator that says what is wrong.

Robusta builds an action's params before the action runs and tells nobody in chat when that fails. So params take the
block raw, and it is read here, inside the action: a wrong value becomes a sentence with path, value and what is allowed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Any, TypeVar

from robusta_volumes._model import known_keys
from robusta_volumes._model.backup_settings import Verify, VolumeBackupManagement
from robusta_volumes._model.checks import cron, duration_text, flag, limits, names, schema_key, time_zone
from robusta_volumes._model.data_settings import Contents, PersistentDataAnalysis
from robusta_volumes._model.declare import setting
from robusta_volumes._model.errors import SettingsError
from robusta_volumes._model.io_caps import Caps
from robusta_volumes._model.known_keys import mapping
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.performance_settings import Benchmark, Probe, VolumePerformanceAnalysis
from robusta_volumes._model.prices import Prices, currency, prices
from robusta_volumes._model.renames import RENAMED, Renamed, notice
from robusta_volumes._model.rule_choice import RuleChoice, Severities, rules, severities
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.size import largest
from robusta_volumes._model.snapshot_schedule import PvcSnapshots
from robusta_volumes._model.voice import lowest, messages, minutes

ROOT, GROUP = known_keys.ROOT, known_keys.GROUP
_S = TypeVar("_S")


@dataclass(frozen=True)
class PersistentVolumeActions:
    """Status, capacity, access modes and issues of volumes."""

    enabled: bool = setting(True, flag, "false silences every trigger of this workflow")
    include_details: bool = setting(
        True, flag, "true adds the full facts, events and the object's YAML as files; false gives verdict and issues"
    )
    report_schedule: str = setting("0 7 * * *", cron, "when the scheduled report of the whole cluster is due", "cron")
    digest_schedule: str = setting("0 8 * * 1", cron, "when the weekly digest is due", "cron")
    time_zone: str = setting("UTC", time_zone, "the zone that schedules are written in", "IANA zone")
    namespaces: tuple[str, ...] = setting(
        (), names, "namespaces to read when reading the whole cluster is not allowed", "names"
    )
    max_messages: int = setting(
        10,
        messages,
        "event-driven messages within ten minutes; what is more is counted, named and told later",
        "messages",
    )
    message_severity: str = setting(
        "medium", lowest, "what is less bad is no message of its own and waits for the report", "severity"
    )
    sweep_minutes: int = setting(
        60,
        minutes,
        "how often the whole cluster is looked at between reports: it finds what no event told; every look reads everything",
        "minutes",
    )
    max_size: str = setting(
        "", largest, "the largest size that a claim may be grown to through Robusta; empty: no bound", "quantity"
    )
    prices: Prices = setting(
        Prices(), prices, "what a GiB costs in a month, by storage class or driver; what is not named has no price"
    )
    currency: str = setting("USD", currency, "what the prices are in")
    limits: Limits = setting(Limits(), limits, "thresholds to override by name")
    severities: Severities = setting(
        Severities(), severities, "severities to override, by rule id or prefix; an id counts before its prefix"
    )
    select: tuple[str, ...] = setting((), rules, "the rules that judge; none named: all", "rule ids or prefixes")
    ignore: tuple[str, ...] = setting((), rules, "rules that never judge; counts before select", "rule ids or prefixes")

    @property
    def choice(self) -> RuleChoice:
        """Which rules judge, and how bad they are."""
        return RuleChoice(self.select, self.ignore, self.severities)

    @property
    def least(self) -> Severity:
        """The severity from which on something is a message."""
        return Severity[self.message_severity.upper()]


@dataclass(frozen=True)
class Settings:
    """The whole block. ``problems`` holds, by workflow key, what could not be used; such a workflow pauses.

    Problems under the key "" pause nothing: they are keys that nothing reads.
    """

    persistent_volume_actions: PersistentVolumeActions = field(default_factory=PersistentVolumeActions)
    pvc_snapshots: PvcSnapshots = field(default_factory=PvcSnapshots)
    persistent_data_analysis: PersistentDataAnalysis = field(default_factory=PersistentDataAnalysis)
    volume_backup_management: VolumeBackupManagement = field(default_factory=VolumeBackupManagement)
    volume_performance_analysis: VolumePerformanceAnalysis = field(default_factory=VolumePerformanceAnalysis)
    problems: Mapping[str, tuple[SettingsError, ...]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()  # what works today and will not for ever


WORKFLOWS: Mapping[str, type[Any]] = {
    "persistentVolumeActions": PersistentVolumeActions,
    "pvcSnapshots": PvcSnapshots,
    "persistentDataAnalysis": PersistentDataAnalysis,
    "volumeBackupManagement": VolumeBackupManagement,
    "volumePerformanceAnalysis": VolumePerformanceAnalysis,
}


BLOCKS = (Contents, Verify, Probe, Benchmark)  # what stands as a block of its own inside a workflow's


def snake(key: str) -> str:
    """Give the action param's name of a Helm key: ``retentionDays`` -> ``retention_days``."""
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in key).replace("i_o_", "io_")


def camel(name: str) -> str:
    """Give the Helm key of an action param: ``include_io_metrics`` -> ``includeIOMetrics``."""
    return schema_key(name)


def as_data(value: object) -> object:
    """Give a value of the settings as YAML has it; tables that are empty by default stay empty blocks."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, BLOCKS):
        return {camel(one.name): as_data(getattr(value, one.name)) for one in fields(value)}
    return {} if isinstance(value, Limits | Severities | Prices | Caps) else value


def read_settings(block: object, renamed: tuple[Renamed, ...] = RENAMED) -> Settings:
    """Read what stands below ``globalConfig.workflows``. Never raises: what is wrong is in ``problems``."""
    problems: dict[str, list[SettingsError]] = {}
    every = tuple(WORKFLOWS)
    outer = mapping(block, ROOT, (GROUP,), problems, every, every)
    group = mapping(outer.get(GROUP), f"{ROOT}.{GROUP}", every, problems, every, every)
    read: dict[str, Any] = {}
    notices: list[str] = []
    for key, kind in WORKFLOWS.items():
        path = f"{ROOT}.{GROUP}.{key}"
        known = tuple(camel(f.name) for f in fields(kind))
        values = mapping(_modern(group.get(key), path, key, renamed, notices), path, known, problems, (key,), every)
        errors = problems.setdefault(key, [])
        read[snake(key)] = _filled(kind(), {snake(k): v for k, v in values.items() if k in known}, path, errors)
    found = {key: tuple(errors) for key, errors in problems.items() if errors}
    read["persistent_data_analysis"] = _with_prices(read["persistent_data_analysis"], read["persistent_volume_actions"])
    return Settings(**read, problems=found, notices=tuple(notices))


def _with_prices(analysis: PersistentDataAnalysis, actions: PersistentVolumeActions) -> PersistentDataAnalysis:
    """Let a price table count for both workflows when it stands at the first only."""
    if analysis.prices or not actions.prices:
        return analysis
    return replace(analysis, prices=actions.prices, currency=actions.currency)


def _modern(value: object, path: str, workflow: str, renamed: tuple[Renamed, ...], notices: list[str]) -> object:
    """Give old keys their new names; where both stand, the new one counts."""
    if not isinstance(value, Mapping):
        return value
    now = dict(value)
    for one in renamed:
        if one.workflow == workflow and one.old in now:
            old = now.pop(one.old)
            now.setdefault(one.new, old)
            notices.append(notice(f"{path}.{one.old}", one.new, one))
    return now


def old_params(kind: type[Any], renamed: tuple[Renamed, ...] = RENAMED) -> dict[str, str]:
    """Give the action params of one workflow that got another name: old -> new."""
    return {snake(one.old): snake(one.new) for one in renamed if WORKFLOWS.get(one.workflow) is kind}


def param_notices(
    kind: type[Any], params: Mapping[str, object], renamed: tuple[Renamed, ...] = RENAMED
) -> tuple[str, ...]:
    """Say which action params of one workflow were given under an old name."""
    mine = (one for one in renamed if WORKFLOWS.get(one.workflow) is kind and params.get(snake(one.old)) is not None)
    return tuple(notice(f"action param {snake(one.old)}", snake(one.new), one) for one in mine)


def overridden(
    settings: _S, params: Mapping[str, object], where: str = "action param", renamed: tuple[Renamed, ...] = RENAMED
) -> _S:
    """Let action params override one workflow's settings; a renamed one counts where its new name is not given.

    Raises SettingsError: when a param cannot be used.
    """
    errors: list[SettingsError] = []
    known = {f.name for f in fields(settings)}  # type: ignore[arg-type]  # a dataclass, as all settings are
    given = {name: value for name, value in params.items() if name in known and value is not None}
    for old, new in old_params(type(settings), renamed).items():
        if params.get(old) is not None:
            given.setdefault(new, params[old])
    changed = _filled(settings, given, where, errors, names_as=str)
    if errors:
        raise errors[0]
    return changed


def _filled(
    settings: _S, given: Mapping[str, object], path: str, errors: list[SettingsError], names_as: Any = camel
) -> _S:
    good: dict[str, object] = {}
    for one in fields(settings):  # type: ignore[arg-type]  # a dataclass, as all settings are
        if one.name not in given:
            continue
        check = one.metadata["check"]
        try:
            if check is limits:
                good[one.name] = limits(given[one.name], getattr(settings, one.name))
            else:
                good[one.name] = check(given[one.name])
        except ValueError as wrong:
            separator = "." if names_as is camel else " "
            errors.append(SettingsError(f"{path}{separator}{names_as(one.name)}", str(wrong)))
    return replace(settings, **good)  # type: ignore[type-var]  # a dataclass, as all settings are
