"""The Helm block: what people write is understood, and what cannot be used is said in one sentence."""

from dataclasses import fields
from datetime import datetime
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from robusta_volumes._analysis.slots import last_slot
from robusta_volumes._model.errors import SettingsError
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.renames import Renamed
from robusta_volumes._model.settings import (
    GROUP,
    WORKFLOWS,
    PersistentVolumeActions,
    Settings,
    camel,
    overridden,
    param_notices,
    read_settings,
    snake,
)
from robusta_volumes._model.snapshot_schedule import PvcSnapshots
from robusta_volumes._model.times import UTC

DOCUMENTED = """
workflows:
  persistentVolumeWorkflows:
    persistentVolumeActions:
      enabled: true
      includeDetails: true
    pvcSnapshots:
      enabled: true
      retentionDays: 30
    persistentDataAnalysis:
      enabled: true
      includeMetrics: true
    volumeBackupManagement:
      enabled: true
      backupSchedule: "0 2 * * *"
    volumePerformanceAnalysis:
      enabled: true
      includeIOMetrics: true
"""
BLOCK = "workflows.persistentVolumeWorkflows"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=12,
)


def read(**workflows: Any) -> Settings:
    return read_settings({"persistentVolumeWorkflows": workflows})


def said(found: Settings) -> list[str]:
    return [str(error) for errors in found.problems.values() for error in errors]


def test_the_documented_block_works_as_written_and_says_what_holds_anyway() -> None:
    assert read_settings(yaml.safe_load(DOCUMENTED)["workflows"]) == read_settings(None) == Settings()


def test_a_wrong_value_is_said_with_its_path_and_what_is_allowed() -> None:
    found = read(pvcSnapshots={"retentionDays": "thirty"})
    assert said(found) == [f'{BLOCK}.pvcSnapshots.retentionDays must be a whole number of days, got "thirty"']
    assert list(found.problems) == ["pvcSnapshots"]


def test_only_the_workflow_with_the_wrong_value_pauses_and_the_rest_of_it_is_read() -> None:
    found = read(
        pvcSnapshots={"retentionDays": 0, "enabled": False},
        persistentVolumeActions={"includeDetails": False},
        volumeBackupManagement={"backupSchedule": "often"},
    )
    assert set(found.problems) == {"pvcSnapshots", "volumeBackupManagement"}
    assert found.pvc_snapshots == PvcSnapshots(enabled=False)
    assert found.persistent_volume_actions == PersistentVolumeActions(include_details=False)


@pytest.mark.parametrize(
    ("block", "sentence", "paused"),
    [
        (
            {"persistentVolumeWorkflow": {}},
            "workflows.persistentVolumeWorkflow is not a known key; did you mean persistentVolumeWorkflows?",
            set(WORKFLOWS),
        ),
        (
            {"PersistentVolumeWorkflows": {}},
            "workflows.PersistentVolumeWorkflows is not a known key; did you mean persistentVolumeWorkflows?",
            set(WORKFLOWS),
        ),
        (
            {"persistentVolumeWorkflows": {"pvcSnapshot": {"retentionDays": 7}}},
            f"{BLOCK}.pvcSnapshot is not a known key; did you mean pvcSnapshots?",
            {"pvcSnapshots"},
        ),
        (
            {"persistentVolumeWorkflows": {"pvcSnapshots": {"retentionDay": 7}}},
            f"{BLOCK}.pvcSnapshots.retentionDay is not a known key; did you mean retentionDays?",
            {"pvcSnapshots"},
        ),
        (
            {"persistentVolumeWorkflows": {"volumePerformanceAnalysis": {"includeIoMetrics": True}}},
            f"{BLOCK}.volumePerformanceAnalysis.includeIoMetrics is not a known key; did you mean includeIOMetrics?",
            {"volumePerformanceAnalysis"},
        ),
        (
            {"persistentVolumeWorkflows": {"pvcSnapshots": {"colour": "red"}}},
            (
                f"{BLOCK}.pvcSnapshots.colour is not a known key; known here: enabled, retentionDays, schedules, "
                "maxDeletePerRun, reportSchedule, timeZone, namespaces, limits"
            ),
            {"pvcSnapshots"},
        ),
        (
            {"persistentVolumeWorkflows": {"persistentVolumeActions": {"limits": {"quotaPercents": 80}}}},
            f"{BLOCK}.persistentVolumeActions.limits has no threshold quotaPercents; did you mean quotaPercent?",
            {"persistentVolumeActions"},
        ),
    ],
)
def test_a_misspelt_key_names_the_nearest_right_one(block: Any, sentence: str, paused: set[str]) -> None:
    found = read_settings(block)
    assert set(found.problems) == paused
    assert set(said(found)) == {sentence}


def test_a_key_that_nothing_comes_near_to_is_said_but_pauses_nothing() -> None:
    found = read(colour={})
    assert set(found.problems) == {""}
    assert said(found)[0].startswith(f"{BLOCK}.colour is not a known key; known here: persistentVolumeActions")


@pytest.mark.parametrize("key", ["podWorkflows", "persistentVolumeAlerts", "x", 7])
def test_keys_of_others_beside_our_block_are_left_alone(key: object) -> None:
    assert read_settings({key: {"anything": 1}}) == Settings()


def test_a_neighbour_with_nearly_our_name_is_left_alone_where_our_block_is_there_too() -> None:
    assert read_settings({"persistentVolumeWorkflows": {}, "persistentVolumeWorkflows2": 1}) == Settings()


@pytest.mark.parametrize(
    ("wrong", "shown"),
    [
        ("yes", '"yes"'),
        (7, "7"),
        ([1, None, "x", {"a": 1}], '[1, null, "x", a block of keys]'),
        (False, "false; write {enabled: false}"),
        ("True", '"True"; write {enabled: true}'),
    ],
)
def test_a_block_that_is_no_block_pauses_what_it_would_hold(wrong: object, shown: str) -> None:
    assert set(read_settings(wrong).problems) == set(WORKFLOWS)
    assert set(read_settings({"persistentVolumeWorkflows": wrong}).problems) == set(WORKFLOWS)
    assert said(read(pvcSnapshots=wrong)) == [f"{BLOCK}.pvcSnapshots must be a block of keys, got {shown}"]


def test_an_empty_block_is_the_defaults() -> None:
    assert read_settings({"persistentVolumeWorkflows": None}) == Settings()
    assert read_settings({"persistentVolumeWorkflows": dict.fromkeys(WORKFLOWS)}) == Settings()


@given(JSON)
@example({1: {2: 3}})
@example(
    {"persistentVolumeWorkflows": {"persistentVolumeActions": {"limits": [1], "namespaces": [{}], "timeZone": ""}}}
)
@example({"persistentVolumeWorkflows": {"pvcSnapshots": {"retentionDays": 10**4200}}})
@settings(max_examples=60)
def test_no_value_at_all_makes_reading_fail(block: object) -> None:
    assert isinstance(read_settings(block), Settings)


FIELDS = [(key, camel(one.name)) for key, kind in WORKFLOWS.items() for one in fields(kind)]


@given(st.sampled_from(FIELDS), JSON)
@settings(max_examples=150)
def test_no_value_of_any_key_makes_reading_fail_and_none_gets_in_unchecked(
    place: tuple[str, str], value: object
) -> None:
    workflow, key = place
    found = read(**{workflow: {key: value}})
    one = getattr(getattr(found, snake(workflow)), snake(key))
    default = getattr(getattr(Settings(), snake(workflow)), snake(key))
    assert type(one) is type(default)
    assert set(found.problems) <= {workflow}


@pytest.mark.parametrize(("workflow", "kind"), WORKFLOWS.items())
def test_a_helm_key_and_its_action_param_are_one_name(workflow: str, kind: Any) -> None:
    assert camel(snake(workflow)) == workflow
    names = [one.name for one in fields(kind)] + [one.name for one in fields(Limits)]
    assert [snake(camel(name)) for name in names] == names


def test_strings_from_the_command_line_are_understood() -> None:
    found = read(
        persistentVolumeActions={"enabled": "false", "namespaces": "shop, tight", "limits": {"quotaPercent": "80"}},
        pvcSnapshots={"retentionDays": "7", "enabled": "True"},
    )
    assert said(found) == []
    assert found.pvc_snapshots == PvcSnapshots(retention_days=7)
    assert not found.persistent_volume_actions.enabled
    assert found.persistent_volume_actions.namespaces == ("shop", "tight")
    assert found.persistent_volume_actions.limits.quota_percent == 80


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (0, "must be at least 1 day, got 0"),
        (-3, "must be at least 1 day, got -3"),
        (10**9, "must be at most 36500 days, got 1000000000"),
        (1.5, "must be a whole number of days, got 1.5"),
        (True, "must be a whole number of days, got true"),
        (None, "must be a whole number of days, got null"),
        ("30d", 'must be a whole number of days, got "30d"'),
        ("٣٠", 'must be a whole number of days, got "٣٠"'),
        (float("inf"), "must be a whole number of days, got inf"),
    ],
)
def test_days_are_whole_and_neither_none_nor_too_many(value: object, sentence: str) -> None:
    assert said(read(pvcSnapshots={"retentionDays": value})) == [f"{BLOCK}.pvcSnapshots.retentionDays {sentence}"]


@pytest.mark.parametrize(
    "schedule",
    [
        "0 2 * * *",
        "*/15 * * * *",
        "0 0 1,15 * 1-5",
        "5/20 8-18/2 * jan,Jul MON-FRI",
        "0 0 31 */2 *",
        "0 0 28 2 *",
        "0 0 * * 7",
        "  0   2 * * * ",
        "@daily",
        "@yearly",
    ],
)
def test_a_cron_expression_is_taken(schedule: str) -> None:
    found = read(volumeBackupManagement={"backupSchedule": schedule})
    assert said(found) == []
    now = datetime(2027, 3, 1, tzinfo=UTC)
    assert last_slot(found.volume_backup_management.backup_schedule, "UTC", now) <= now


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        ("", ""),
        ("often", ""),
        ("0 2 * *", ""),
        ("0 0 2 * * *", ""),
        (7, ""),
        (None, ""),
        ("60 2 * * *", "60 is outside 0-59"),
        ("0 24 * * *", "24 is outside 0-23"),
        ("0 0 0 * *", "0 is outside 1-31"),
        ("0 0 * * 8", "8 is outside 0-7"),
        ("a b c d e", "a is outside 0-59"),
        ("0 2 * foo *", "foo is outside 1-12"),
        ("0 22-2 * * *", "22-2 runs backwards"),
        ("*/0 * * * *", "*/0 has a step of 0"),
        ("1,,2 * * * *", "1,,2 is not a field of one"),
        ("0 0 L * *", "l is outside 1-31"),
        ("0 0 * * 5#2", "5#2 is not a field of one"),
        ("0 0 30 2 *", "day 30 of month 2 does not come every year"),
        ("0 0 31 4,jun *", "day 31 of month 4,jun does not come every year"),
    ],
)
def test_what_is_no_cron_expression_is_said_with_an_example(schedule: object, why: str) -> None:
    (sentence,) = said(read(volumeBackupManagement={"backupSchedule": schedule}))
    assert 'backupSchedule must be a cron expression of five fields such as "0 2 * * *", got' in sentence
    assert sentence.endswith(why)


@st.composite
def cron_fields(draw: st.DrawFn, least: int, most: int) -> str:
    """One field in every form that is allowed."""
    start, stop = sorted((draw(st.integers(least, most)), draw(st.integers(least, most))))
    step = draw(st.integers(1, most))
    return draw(
        st.sampled_from(["*", str(start), f"{start}-{stop}", f"*/{step}", f"{start}-{stop}/{step}", f"{stop},{start}"])
    )


@given(st.tuples(*(cron_fields(*ends) for ends in ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7)))))
@settings(max_examples=150, deadline=None)
def test_whatever_schedule_is_taken_has_slots(parts: tuple[str, ...]) -> None:
    found = read(volumeBackupManagement={"backupSchedule": " ".join(parts)})
    now = datetime(2027, 3, 31, 12, tzinfo=UTC)
    assert last_slot(found.volume_backup_management.backup_schedule, "Europe/Berlin", now) <= now


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_a_time_zone_is_taken(zone: str) -> None:
    assert read(persistentVolumeActions={"timeZone": zone}).persistent_volume_actions.time_zone == zone


@pytest.mark.parametrize(
    "zone", ["", "Europe", "Europe/Berln", "../etc/passwd", "/etc/localtime", "a\0b", "x" * 5000, 1, None]
)
def test_an_unknown_time_zone_is_said(zone: object) -> None:
    (sentence,) = said(read(persistentVolumeActions={"timeZone": zone}))
    assert sentence.startswith(f"{BLOCK}.persistentVolumeActions.timeZone must be ")


@pytest.mark.parametrize("names", [["Shop"], ["shop/x"], [None], {"shop": 1}, 7, "shop\nx y"])
def test_what_is_no_namespace_is_said(names: object) -> None:
    (sentence,) = said(read(persistentVolumeActions={"namespaces": names}))
    assert f"{BLOCK}.persistentVolumeActions.namespaces must be a list of namespaces, " in sentence


def test_limits_are_overridden_by_name_and_the_others_stay() -> None:
    found = read(persistentVolumeActions={"limits": {"quotaPercent": 80}})
    assert found.persistent_volume_actions.limits == Limits(quota_percent=80)


@pytest.mark.parametrize("number", [-1, "many", 10**12, None])
def test_a_limit_says_its_unit(number: object) -> None:
    (sentence,) = said(read(persistentVolumeActions={"limits": {"provisioningMinutes": number}}))
    assert sentence.startswith(f"{BLOCK}.persistentVolumeActions.limits provisioningMinutes must be ")
    assert " minutes, got " in sentence


def test_action_params_override_the_block() -> None:
    block = PersistentVolumeActions(include_details=False, limits=Limits(quota_percent=80))
    params = {
        "include_details": "true",
        "report_schedule": None,
        "name": "orders-db-0",
        "limits": {"nodeResizeMinutes": 20},
    }
    assert overridden(block, params) == PersistentVolumeActions(limits=Limits(quota_percent=80, node_resize_minutes=20))


def test_an_action_param_that_cannot_be_used_is_named_as_people_wrote_it() -> None:
    with pytest.raises(SettingsError) as caught:
        overridden(PersistentVolumeActions(), {"include_details": "maybe"})
    assert str(caught.value) == 'action param include_details must be true or false, got "maybe"'


def test_a_renamed_key_works_under_its_old_name_and_says_until_when() -> None:
    renamed = (Renamed("pvcSnapshots", "keepDays", "retentionDays", since="0.2"),)
    settings = read_settings({GROUP: {"pvcSnapshots": {"keepDays": 7}}}, renamed)
    assert settings.pvc_snapshots.retention_days == 7
    assert not settings.problems
    (notice,) = settings.notices
    assert notice.startswith("workflows.persistentVolumeWorkflows.pvcSnapshots.keepDays is called retentionDays now")
    assert notice.endswith("the old name works until version 0.4")


def test_where_both_names_stand_the_new_one_counts() -> None:
    renamed = (Renamed("pvcSnapshots", "keepDays", "retentionDays", since="0.2"),)
    settings = read_settings({GROUP: {"pvcSnapshots": {"keepDays": 7, "retentionDays": 9}}}, renamed)
    assert settings.pvc_snapshots.retention_days == 9


def test_a_renamed_param_works_under_its_old_name_unless_the_new_one_is_given() -> None:
    renamed = (Renamed("pvcSnapshots", "keepDays", "retentionDays", since="0.2"),)
    assert overridden(PvcSnapshots(), {"keep_days": "7"}, renamed=renamed).retention_days == 7
    both = {"keep_days": "7", "retention_days": "9"}
    assert overridden(PvcSnapshots(), both, renamed=renamed).retention_days == 9


def test_a_param_under_its_old_name_says_until_when_and_one_under_its_new_name_says_nothing() -> None:
    renamed = (Renamed("pvcSnapshots", "keepDays", "retentionDays", since="0.2"),)
    assert param_notices(PvcSnapshots, {"keep_days": "7"}, renamed) == (
        "action param keep_days is called retention_days now; the old name works until version 0.4",
    )
    assert param_notices(PvcSnapshots, {"retention_days": "7", "keep_days": None}, renamed) == ()
    assert param_notices(PersistentVolumeActions, {"keep_days": "7"}, renamed) == ()
