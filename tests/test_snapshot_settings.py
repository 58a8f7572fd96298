"""What can be wrong in a schedule of pvcSnapshots is said with its name, its key and the value."""

from typing import Any

import pytest

from robusta_volumes._model.settings import read_settings

PLACE = "workflows.persistentVolumeWorkflows.pvcSnapshots"


def problems(*schedules: Any, **more: Any) -> list[str]:
    block = {"schedules": list(schedules), **more}
    found = read_settings({"persistentVolumeWorkflows": {"pvcSnapshots": block}})
    return [str(one) for one in found.problems.get("pvcSnapshots", ())]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"schedule": "0 0 31 2 *"}, "schedule must be a cron expression of five fields"),
        ({"schedule": "@every 5m"}, '"0 2 * * *", got "@every 5m"'),
        ({"schedule": "0 0 2 * * *"}, 'got "0 0 2 * * *"'),
        (
            {"timeZone": "Europe/Pariss"},
            'timeZone must be a time zone such as Europe/Berlin or UTC, got "Europe/Pariss"',
        ),
        ({"namespaces": ["Shop"]}, 'namespaces must be a list of names in which * may stand for anything, got "Shop"'),
        ({"excludeNamespaces": 7}, "excludeNamespaces must be a list of names, got 7"),
        ({"claims": ["a/b/c"]}, 'claims must be a list of names in which * may stand for anything, got "a/b/c"'),
        ({"selector": "tier in (db"}, 'selector must be a label selector as kubectl takes it, got "tier in (db"'),
        ({"selector": "tier = a b"}, 'selector must be a label selector as kubectl takes it, got "tier = a b"'),
        ({"storageClasses": {"a": 1}}, "storageClasses must be a list of names, got a block of keys"),
        ({"drivers": ["ebs csi"]}, 'drivers must be a list of names in which * may stand for anything, got "ebs csi"'),
        ({"optIn": "maybe"}, 'optIn must be true or false, got "maybe"'),
        ({"retentionDays": "thirty"}, 'retentionDays must be a whole number of days, got "thirty"'),
        ({"retentionDays": 0}, "retentionDays must be at least 1 day, got 0"),
        ({"keepLast": 0}, "keepLast must be at least 1 restore point, got 0"),
        ({"keepDaily": -1}, "keepDaily must be at least 0 restore points, got -1"),
        ({"keepWeekly": "x"}, 'keepWeekly must be a whole number of restore points, got "x"'),
        ({"keepMonthly": 1001}, "keepMonthly must be at most 1000 restore points, got 1001"),
        ({"minGood": 0}, "minGood must be at least 1 restore point, got 0"),
        ({"maxPending": 0}, "maxPending must be at least 1 restore point, got 0"),
        ({"startingDeadlineMinutes": 0}, "startingDeadlineMinutes must be at least 1 minute, got 0"),
        ({"maxParallel": 51}, "maxParallel must be at most 50 snapshots, got 51"),
        ({"snapshotClass": 3}, "snapshotClass must be text, got 3"),
        ({"labels": {"team": "a b"}}, "labels has a label that Kubernetes does not take: team=a b"),
        ({"labels": ["team"]}, 'labels must be a block of labels, got ["team"]'),
        ({"retentionDay": 7}, "retentionDays"),  # what was meant
    ],
    ids=lambda one: ",".join(one) if isinstance(one, dict) else "",
)
def test_a_key_of_a_schedule_that_cannot_be_used_is_named_with_its_value(entry: dict[str, Any], says: str) -> None:
    (problem,) = problems({"name": "nightly", "schedule": "0 2 * * *", **entry})
    assert problem.startswith(f'{PLACE}.schedules entry "nightly": ')
    assert says in problem


@pytest.mark.parametrize(
    ("schedules", "says"),
    [
        ([{"schedule": "0 2 * * *"}], "schedules entry 1: has no name"),
        ([{"name": "nightly"}], 'schedules entry "nightly": has no schedule'),
        ([{"name": "Night ly", "schedule": "0 2 * * *"}], "name must be lower-case letters, digits and dashes"),
        ([{"name": "a", "schedule": "@daily"}] * 2, 'schedules entry "a": there is another schedule of this name'),
        (["nightly"], "schedules entry 1: "),
    ],
    ids=["no name", "no cron", "a bad name", "twice", "no block"],
)
def test_a_schedule_that_is_none_is_named_by_its_name_or_number(schedules: list[Any], says: str) -> None:
    (problem,) = problems(*schedules)
    assert says in problem


def test_how_much_one_run_may_delete_is_checked_too() -> None:
    assert problems(maxDeletePerRun=-1) == [f"{PLACE}.maxDeletePerRun must be at least 0 snapshots, got -1"]
