"""The sandbox's Velero serves schedules, brings back what was deleted as an object only, and lets go what has expired."""

from datetime import datetime, timedelta

import pytest

import crds
from robusta_volumes._cluster.cluster import Object
from robusta_volumes._model.kind import (
    VELERO_BACKUP,
    VELERO_DELETE,
    VELERO_LOCATION,
    VELERO_POD_VOLUME,
    VELERO_SCHEDULE,
)
from robusta_volumes._model.times import UTC, parse_time
from robusta_volumes._sandbox.backup_builder import VeleroBuilder
from robusta_volumes._sandbox.builder import DAY, Builder
from robusta_volumes._sandbox.velero_objects import delete_request
from robusta_volumes._sandbox.velero_script import VeleroScript
from robusta_volumes._sandbox.velero_times import go_hours, next_run
from velero_world import NOW, VeleroWorld

TEMPLATE = {"includedNamespaces": ["shop"], "snapshotMoveData": True, "ttl": "72h0m0s"}


def scheduled(script: VeleroScript | None = None, cron: str = "0 2 * * *", **spec: object) -> VeleroWorld:
    on = VeleroWorld(script)
    meta = {"labels": {"team": "db"}, "annotations": {"why": "nightly"}}
    on.make(VELERO_SCHEDULE, "nightly", {"schedule": cron, "template": TEMPLATE, **spec}, metadata=meta)
    return on


def night(on: VeleroWorld, **by: float) -> None:
    on.later(**(by or {"days": 1}))
    on.velero.settle()


def test_a_schedule_makes_a_backup_named_after_the_time_with_its_labels_and_annotations() -> None:
    on = scheduled()
    on.velero.settle()
    assert on.names(VELERO_BACKUP) == []
    night(on, hours=14, minutes=5)
    (name,) = on.names(VELERO_BACKUP)
    meta = on.get(name=name)["metadata"]
    assert (name, meta["labels"]["velero.io/schedule-name"], meta["labels"]["team"]) == (
        "nightly-20261125020500",
        "nightly",
        "db",
    )
    assert meta["annotations"]["why"] == "nightly"
    assert on.status(VELERO_SCHEDULE, "nightly") == {"phase": "Enabled", "lastBackup": "2026-11-25T02:05:00Z"}


def test_after_two_days_down_one_late_backup_is_made_and_not_two() -> None:
    on = scheduled()
    on.velero.stop()
    night(on, days=2, hours=20)
    assert on.names(VELERO_BACKUP) == []
    on.velero.restart()
    on.velero.settle()
    assert on.names(VELERO_BACKUP) == ["nightly-20261127080000"]


def test_a_new_schedule_waits_for_its_first_time_also_when_it_skips_immediately() -> None:
    on = scheduled(skipImmediately=True)
    on.later(hours=20)
    on.velero.settle()
    found = on.get(VELERO_SCHEDULE, "nightly")
    assert (on.names(VELERO_BACKUP), found["spec"]["skipImmediately"]) == ([], False)
    assert found["status"]["lastSkipped"] == "2026-11-25T08:00:00Z"
    night(on)
    assert len(on.names(VELERO_BACKUP)) == 1


def test_while_one_is_in_progress_the_next_is_not_made_though_the_schedule_says_enabled() -> None:
    on = scheduled(VeleroScript(stuck=["nightly-20261125*"]))
    for _ in range(4):
        night(on)
    assert on.names(VELERO_BACKUP) == ["nightly-20261125120000"]
    assert on.phase(VELERO_SCHEDULE, "nightly") == "Enabled"


def test_a_paused_one_makes_none_and_a_wrong_one_says_why() -> None:
    paused, wrong = scheduled(paused=True), scheduled(cron="every night")
    night(paused)
    night(wrong)
    assert paused.names(VELERO_BACKUP) == wrong.names(VELERO_BACKUP) == []
    errors = wrong.status(VELERO_SCHEDULE, "nightly")["validationErrors"]
    assert errors == ["invalid schedule: expected exactly 5 fields, found 2: [every night]"]


@pytest.mark.parametrize(
    ("cron", "after", "due"),
    [
        ("0 2 * * *", datetime(2026, 11, 24, 2, 0, tzinfo=UTC), datetime(2026, 11, 25, 2, 0, tzinfo=UTC)),
        ("*/15 * * * *", datetime(2026, 11, 24, 2, 1, tzinfo=UTC), datetime(2026, 11, 24, 2, 15, tzinfo=UTC)),
        ("0 3 * * 0", datetime(2026, 11, 24, 0, 0, tzinfo=UTC), datetime(2026, 11, 29, 3, 0, tzinfo=UTC)),
        ("0 3 * * 7", datetime(2026, 11, 24, 0, 0, tzinfo=UTC), datetime(2026, 11, 29, 3, 0, tzinfo=UTC)),
        ("0 0 1,15 * 1", datetime(2026, 11, 24, 0, 0, tzinfo=UTC), datetime(2026, 11, 30, 0, 0, tzinfo=UTC)),
        ("@monthly", datetime(2026, 11, 24, 0, 0, tzinfo=UTC), datetime(2026, 12, 1, 0, 0, tzinfo=UTC)),
        # 02:30 is skipped on 29 March: Velero runs on the 30th only
        (
            "CRON_TZ=Europe/Paris 30 2 * * *",
            datetime(2026, 3, 28, 12, tzinfo=UTC),
            datetime(2026, 3, 30, 0, 30, tzinfo=UTC),
        ),
    ],
    ids=["nightly", "quarters", "Sunday", "Sunday as 7", "day or weekday", "monthly", "skipped by summer time"],
)
def test_a_schedule_is_due_when_velero_says(cron: str, after: datetime, due: datetime) -> None:
    assert next_run(cron, after) == due


def test_durations_of_go_are_read() -> None:
    assert [go_hours(text) for text in ("720h0m0s", "30m", "1h30m0s")] == [720, 0.5, 1.5]


# --- what lies in a location


def done(script: VeleroScript | None = None) -> VeleroWorld:
    on = VeleroWorld(script)
    on.backup(snapshotMoveData=False, defaultVolumesToFsBackup=True, ttl="48h0m0s")
    on.velero.settle()
    return on


def test_a_backup_whose_object_alone_was_deleted_comes_back_younger_than_its_end() -> None:
    on = done()
    before = on.get()
    on.later(hours=3)
    on.store.delete(VELERO_BACKUP, "b", "velero")
    on.velero.settle()
    after = on.get()
    ended, made = (
        parse_time(t) for t in (after["status"]["completionTimestamp"], after["metadata"]["creationTimestamp"])
    )
    assert ended
    assert made
    assert made > ended
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    of_pods = on.store.find(VELERO_POD_VOLUME, labels=f"velero.io/backup-uid={after['metadata']['uid']}")
    assert len(of_pods) == 2


def test_uploads_do_not_come_back_with_it() -> None:
    on = VeleroWorld()
    on.backup()
    on.velero.settle()
    on.store.delete(VELERO_BACKUP, "b", "velero")
    on.velero.settle()
    assert (on.phase(), on.moved()) == ("Completed", {})


def test_a_backup_of_another_cluster_appears_when_its_location_is_shared() -> None:
    on = VeleroWorld()
    other = Builder(NOW)
    on.velero.from_another_cluster(VeleroBuilder(other).backup(2 * DAY, name="of-staging"))
    on.velero.step()
    assert on.names(VELERO_BACKUP) == ["of-staging"]
    assert parse_time(on.get(name="of-staging")["metadata"]["creationTimestamp"]) == NOW


def test_what_has_expired_goes_with_all_that_belongs_to_it() -> None:
    on = done()
    night(on, days=2, minutes=1)
    assert (on.names(VELERO_BACKUP), on.moved(VELERO_POD_VOLUME)) == ([], {})
    assert [o["status"] for o in on.store.find(VELERO_DELETE)] == [{"phase": "Processed"}]
    night(on, days=1)
    assert on.names(VELERO_DELETE) == []


def labels(on: VeleroWorld) -> Object:
    return dict(on.get()["metadata"]["labels"])


def test_what_has_expired_stays_while_its_location_is_read_only_or_unavailable() -> None:
    on = done()
    on.store.patch(VELERO_LOCATION, "default", "velero", {"spec": {"accessMode": "ReadOnly"}})
    night(on, days=3)
    assert labels(on)["velero.io/gc-failure"] == "BSLReadOnly"
    on.store.patch(VELERO_LOCATION, "default", "velero", {"spec": {"accessMode": "ReadWrite"}})
    on.script.unavailable["default"] = "no such bucket"
    night(on)
    assert on.names(VELERO_BACKUP) == ["b"]
    on.script.unavailable.clear()
    on.velero.settle()
    assert on.names(VELERO_BACKUP) == []


def test_a_request_deletes_a_backup_for_good_and_one_that_cannot_be_is_processed_with_the_error() -> None:
    on = done()
    on.store.create(delete_request(on.get(), "away"))
    on.make(VELERO_DELETE, "none", {"backupName": "no-such"})
    on.later(hours=1)
    on.velero.settle()
    assert on.names(VELERO_BACKUP) == []
    assert on.status(VELERO_DELETE, "away") == {"phase": "Processed"}
    assert on.status(VELERO_DELETE, "none") == {"phase": "Processed", "errors": ["backup not found"]}


def test_one_in_progress_and_one_in_a_location_that_is_gone_are_not_deleted() -> None:
    on = VeleroWorld(VeleroScript(stuck=["b"]))
    on.backup()
    on.velero.settle()
    on.store.create(delete_request(on.get(), "early"))
    on.velero.settle()
    assert on.status(VELERO_DELETE, "early")["errors"] == ["backup is still in progress"]
    other = done(VeleroScript(unavailable={}))
    other.script.unavailable["default"] = "no such bucket"
    other.velero.step()
    other.store.create(delete_request(other.get(), "late"))
    other.velero.settle()
    assert other.status(VELERO_DELETE, "late")["errors"][0].endswith("is currently in Unavailable state")
    assert other.names(VELERO_BACKUP) == ["b"]


@pytest.mark.needs(crds.NAME)
def test_a_month_of_nights_leaves_what_velero_keeps_and_all_of_it_is_valid() -> None:
    on = scheduled()
    for _ in range(30):
        night(on)
    assert len(on.names(VELERO_BACKUP)) == 3
    newest = max(parse_time(o["status"]["completionTimestamp"]) or NOW for o in on.store.find(VELERO_BACKUP))
    assert on.now - newest < timedelta(days=1)
    assert on.wrong() == []
