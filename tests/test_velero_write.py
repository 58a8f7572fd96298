"""What we write for Velero: what its definitions allow, the same name for the same slot, and only differences that matter."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import crds
from robusta_volumes._cluster.store_patch import patched
from robusta_volumes._engines.velero_write import (
    SCHEDULE_NAME,
    backup_manifest,
    backup_spec,
    cron_in,
    delete_request,
    differences,
    go_duration,
    patch_of,
    schedule_manifest,
    shape_sum,
    slot_name,
)
from robusta_volumes._model.backup import Backup, Scope
from robusta_volumes._model.label_selector import as_field
from robusta_volumes._model.times import UTC

SLOT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DAYS = timedelta(days=30)
SCOPES = {
    "everything but the system": Scope(without_namespaces=("kube-system", "robusta"), moves_data=True),
    "two namespaces": Scope(namespaces=("shop", "db"), resources=("persistentvolumeclaims",)),
    "a selector": Scope(labels=as_field("app=db,tier in (a, b),!old"), by_file_system=True),
    "one of two labels": Scope(any_labels=(as_field("app=db"), as_field("app=web")), policy="skip-nfs"),
}


def spec(**more: Any) -> dict[str, Any]:
    return backup_spec(Scope(without_namespaces=("kube-system",), moves_data=True, **more), DAYS)


@pytest.mark.needs(crds.NAME)
@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
def test_what_we_make_is_what_the_definitions_allow(scope: Scope) -> None:
    what = backup_spec(scope, DAYS, "offsite")
    assert crds.problems(backup_manifest("velero", slot_name(SLOT), what, slot=SLOT, shape="abc")) == []
    assert crds.problems(backup_manifest("velero", "robusta-volumes-manual-1", what)) == []
    assert crds.problems(schedule_manifest("velero", "0 2 * * *", "Europe/Paris", what, "abc")) == []
    assert crds.problems(delete_request(Backup("velero", "velero", "b" * 90, "uid-1"))) == []


def test_the_backup_of_a_slot_is_called_the_same_each_time_and_in_every_zone() -> None:
    assert slot_name(SLOT) == "robusta-volumes-20261123020000"
    assert slot_name(SLOT.astimezone(ZoneInfo("Asia/Tokyo"))) == slot_name(SLOT)


def test_a_backup_of_ours_says_whose_it_is_which_slot_it_serves_and_its_own_name() -> None:
    meta = backup_manifest("velero", slot_name(SLOT), spec(), slot=SLOT, shape="abc")["metadata"]
    assert meta["labels"] == {
        "app.kubernetes.io/managed-by": "robusta-volumes",
        "robusta-volumes.dev/schedule": "robusta-volumes",
        "robusta-volumes.dev/slot": "20261123T0200Z",
        "velero.io/schedule-name": "robusta-volumes",
    }
    assert meta["annotations"] == {
        "robusta-volumes.dev/self": "robusta-volumes-20261123020000",
        "robusta-volumes.dev/shape": "abc",
    }


def test_lengths_of_time_are_written_as_velero_writes_them() -> None:
    assert go_duration(DAYS) == "720h0m0s"
    assert go_duration(timedelta(minutes=90, seconds=5)) == "1h30m5s"


def test_a_zone_goes_in_front_of_the_cron_expression_but_for_utc() -> None:
    assert cron_in("0 2 * * *", "Europe/Paris") == "CRON_TZ=Europe/Paris 0 2 * * *"
    # a server whose pod has another TZ would run it at another hour, and it would be told that the slot was missed
    assert cron_in("0 2 * * *", "UTC") == "CRON_TZ=UTC 0 2 * * *"


def test_a_selector_of_kubectl_becomes_requirements_that_are_and_ed() -> None:
    assert as_field("app=db,tier!=x,zone in (b,a),team,!old") == {
        "matchExpressions": [
            {"key": "app", "operator": "In", "values": ["db"]},
            {"key": "tier", "operator": "NotIn", "values": ["x"]},
            {"key": "zone", "operator": "In", "values": ["a", "b"]},
            {"key": "team", "operator": "Exists"},
            {"key": "old", "operator": "DoesNotExist"},
        ]
    }
    assert as_field("") == {}
    with pytest.raises(ValueError, match=r"'level>1' of 'level>1' cannot be asked"):
        as_field("level>1")


def test_a_schedule_that_differs_only_in_spelling_or_in_what_we_do_not_set_does_not_differ() -> None:
    wanted = schedule_manifest("velero", "0 2 * * *", "UTC", spec(), "abc")["spec"]
    there = {
        "schedule": "CRON_TZ=UTC 0 2 * * *",
        "paused": True,
        "template": {**wanted["template"], "ttl": "720h", "hooks": {"resources": []}, "metadata": {}},
    }
    assert differences(wanted, there) == []


def test_what_somebody_changed_is_named_with_both_values() -> None:
    wanted = schedule_manifest("velero", "0 2 * * *", "UTC", spec(), "abc")["spec"]
    there = {
        "schedule": "0 4 * * *",
        "template": {**wanted["template"], "ttl": "24h0m0s", "labelSelector": {"matchLabels": {"app": "db"}}},
    }
    assert differences(wanted, there) == [
        ("schedule", "0 4 * * *", "CRON_TZ=UTC 0 2 * * *"),
        ("labelSelector", {"matchLabels": {"app": "db"}}, None),
        ("ttl", "24h0m0s", "720h0m0s"),
    ]


@pytest.mark.parametrize("before", SCOPES.values(), ids=SCOPES)
@pytest.mark.parametrize("after", SCOPES.values(), ids=SCOPES)
def test_the_patch_makes_any_schedule_of_ours_any_other(before: Scope, after: Scope) -> None:
    old = schedule_manifest("velero", "0 4 * * *", "UTC", backup_spec(before, timedelta(days=3), "a"), "old")
    old["spec"]["template"].setdefault("labelSelector", {"matchLabels": {"app": "db"}})
    wanted = schedule_manifest("velero", "0 2 * * *", "Europe/Paris", backup_spec(after, DAYS), "new")
    found = patched(old, patch_of(wanted, old), "merge")
    assert differences(wanted["spec"], found["spec"]) == []
    assert found["metadata"]["annotations"]["robusta-volumes.dev/shape"] == "new"


def test_a_deletion_is_asked_for_by_name_and_uid_and_twice_asked_is_once() -> None:
    backup = Backup("velero", "velero", "x" * 80, "uid-1")
    request = delete_request(backup)
    assert request == delete_request(backup)
    assert request["spec"] == {"backupName": "x" * 80}
    assert len(request["metadata"]["labels"]["velero.io/backup-name"]) == 63
    assert (
        delete_request(Backup("velero", "velero", "x" * 80, "uid-2"))["metadata"]["name"] != request["metadata"]["name"]
    )


def test_the_sum_of_settings_hangs_on_what_they_say_not_on_their_order() -> None:
    assert shape_sum({"a": 1, "b": ("x",)}) == shape_sum({"b": ("x",), "a": 1})
    assert shape_sum({"a": 1}) != shape_sum({"a": 2})
    assert SCHEDULE_NAME in slot_name(SLOT)
