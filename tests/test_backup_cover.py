"""Whether each claim has a good copy that is new enough, and which backup lacks what."""

from typing import Any

import pytest

from backup_objects import World, at
from robusta_volumes._sandbox.other_backups import k8up_schedule, volsync_source

UPLOADS, FILES = "datauploads.velero.io", "podvolumebackups.velero.io"


def said(world: World, claim: str = "orders", **block: Any) -> str:
    """Judge, and write what is said of one claim: "old: why"."""
    found = world.judged(**block).of("shop", claim)
    assert found
    return f"{found.verdict.value}: {found.why}" if found.why else found.verdict.value


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (10, "fresh"),
        (34, "fresh"),  # one night was missed
        (48.9, "fresh"),
        (49.1, "old: no backup schedule is for it"),
    ],
)
def test_a_copy_may_be_two_nights_and_an_hour_old(hours: float, expected: str) -> None:
    world = World()
    world.backup(hours=hours)
    world.upload("orders", hours=hours)
    assert said(world) == expected


def test_age_counts_from_when_the_data_was_cut_not_from_when_it_was_uploaded() -> None:
    world = World()
    world.backup(hours=60)
    world.upload("orders", hours=20, created=59.9)  # the snapshot waited two days for a place to be uploaded from
    judged = world.judged().of("shop", "orders")
    assert judged
    assert judged.last_good
    assert judged.last_good.cut_at
    assert (judged.verdict.value, judged.last_good.cut_at.isoformat()) == ("old", "2026-03-08T00:06:00+00:00")


@pytest.mark.parametrize(
    ("upload", "expected"),
    [
        ({"phase": "Completed"}, "fresh"),
        ({"phase": "Completed", "size": 0}, "fresh"),  # an empty volume
        (
            {"phase": "Completed", "done": 100, "size": 1000},
            (
                "never: backup `nightly-1` (02:00 UTC, 10 h ago) has failed for it: it says Completed, but only 100 of 1,000"
                " bytes were moved"
            ),
        ),
        (
            {"phase": "Failed", "status": {"message": "no space left on device"}},
            "never: backup `nightly-1` (02:00 UTC, 10 h ago) has failed for it: no space left on device",
        ),
        ({"phase": "InProgress"}, "never: backup `nightly-1` (02:00 UTC, 10 h ago) has not saved it yet"),
        ({"phase": "Sleeping"}, "unknown: its phase Sleeping is not known here"),
    ],
)
def test_what_was_moved_proves_a_copy_not_the_word_completed(upload: dict[str, Any], expected: str) -> None:
    world = World()
    world.backup()
    world.upload("orders", **upload)
    assert said(world) == expected


@pytest.mark.parametrize(
    ("backup", "expected"),
    [
        ({"phase": "Completed"}, "fresh"),
        ({"phase": "PartiallyFailed"}, "fresh"),  # of others; this claim's data was moved
        (
            {"phase": "Failed", "status": {"failureReason": "the server was restarted"}},
            "never: backup `nightly-1` (02:00 UTC, 10 h ago) has failed for it: its backup failed: the server was restarted",
        ),
        (
            {"phase": "WaitingForPluginOperations"},
            (
                "never: backup `nightly-1` (02:00 UTC, 10 h ago) has not saved it yet: its data is moved; its backup can be"
                " used when it ends"
            ),
        ),
        ({"phase": "Deleting"}, "unknown: its backup is being deleted"),
    ],
)
def test_moved_data_is_worth_what_its_backup_is_worth(backup: dict[str, Any], expected: str) -> None:
    world = World()
    world.backup(**backup)
    world.upload("orders")
    assert said(world) == expected


def test_a_copy_whose_backup_is_gone_cannot_be_restored() -> None:
    world = World()
    world.backup("another")
    world.upload("orders", backup="nightly-1")
    assert said(world) == "unknown: its backup is not there any more"


def test_a_copy_of_a_claim_that_was_made_again_is_not_its_own() -> None:
    world = World()
    world.backup()
    world.upload("orders", uid="of-the-claim-that-was-deleted")
    world.files("orders", uid="")
    assert said(world).startswith("never: backup `nightly-1`")
    assert world.judged().backups[0].covered == 1  # the other claim's


def test_a_claim_that_no_pod_uses_and_no_snapshot_can_save_is_skipped_in_a_completed_backup() -> None:
    world = World("orders")
    world.plain_volume("archive")
    world.plain_volume("parked")
    world.b.pod("shop", "archive-0", ["archive"])
    world.backup(spec={"defaultVolumesToFsBackup": True})
    world.upload("orders")
    world.files("archive")
    judged = world.judged()
    run = judged.backups[0]
    assert (run.backup.phase_text, run.covered, run.of) == ("Completed", 2, 3)
    assert [(m.title, m.proof.value, m.why) for m in run.missing] == [
        ("shop/parked", "skipped", "not a CSI volume (nfs), and no running pod mounts it")
    ]
    assert said(world, "parked") == (
        "never: backup `nightly-1` (02:00 UTC, 10 h ago) has skipped it: not a CSI volume (nfs), and no running pod mounts it"
    )


def test_a_completed_backup_with_nothing_in_it_holds_metadata_only() -> None:
    world = World("orders")
    world.backup()
    run = world.judged().backups[0]
    assert (run.covered, run.of, [m.proof.value for m in run.missing]) == (0, 1, ["metadata only"])
    assert said(world).startswith("never: backup `nightly-1` (02:00 UTC, 10 h ago) has no data of it")


def test_snapshots_of_velero_that_are_not_moved_leave_only_their_number() -> None:
    world = World()
    world.backup(
        spec={"snapshotMoveData": False}, status={"csiVolumeSnapshotsAttempted": 2, "csiVolumeSnapshotsCompleted": 2}
    )
    assert said(world) == "unknown: 2 of 2 snapshots were made, and Velero does not keep here of which claims"
    run = world.judged().backups[0]
    assert (run.covered, run.of, run.unknown) == (0, 2, 2)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (UPLOADS, "unknown: the runner may not list datauploads"),
        (FILES, "unknown: the runner may not list podvolumebackups"),
        ("volumesnapshots.snapshot.storage.k8s.io", "unknown: the runner may not list volumesnapshots"),
        ("backups.velero.io", "unknown: the runner may not list backups"),
        (  # no copy could be there
            "schedules.velero.io",
            "old: whether a schedule is for it is not known: the runner may not list schedules",
        ),
    ],
)
def test_where_a_copy_could_be_that_nobody_may_see_the_answer_is_unknown(kind: str, expected: str) -> None:
    world = World("orders")
    if kind != "backups.velero.io":
        world.backup(hours=100)
        world.upload("orders", hours=100)
    world.denied = (kind,)
    if kind in {UPLOADS, "backups.velero.io"}:
        world.b.objects = [o for o in world.b.objects if o["kind"] != "DataUpload"]
    assert said(world) == expected


def test_a_fresh_copy_is_fresh_whatever_else_may_not_be_seen() -> None:
    world = World("orders")
    world.backup()
    world.upload("orders")
    world.denied = (FILES, "snapshots.k8up.io")
    assert said(world) == "fresh"


def test_a_new_claim_has_until_its_first_night_and_an_hour() -> None:
    assert said(World("orders", age=24 * 60)) == "new: it is too young to have one"
    assert said(World("orders", age=25 * 60 + 1)) == "never: no backup schedule is for it"


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        (
            {"robusta-volumes.dev/backup": "false", "robusta-volumes.dev/backup-reason": "a cache"},
            "left out: left out by its annotation: a cache",
        ),
        ({"robusta-volumes.dev/backup": "false"}, "left out: left out by its annotation: no reason is given"),
        ({"robusta-volumes.dev/backup": "true"}, "never: no backup schedule is for it"),
    ],
)
def test_a_claim_leaves_itself_out_and_says_why(notes: dict[str, str], expected: str) -> None:
    assert said(World("orders", metadata={"annotations": notes})) == expected


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({}, "never: no backup schedule is for it"),
        ({"namespaces": ["sh*"]}, "never: no backup schedule is for it"),
        ({"namespaces": ["media"]}, "left out: the settings do not choose it"),
        ({"excludeNamespaces": ["sh*"]}, "left out: the settings do not choose it"),
        ({"claims": ["shop/orders"]}, "never: no backup schedule is for it"),
        ({"selector": "app=uploads"}, "left out: the settings do not choose it"),
        ({"storageClasses": ["gp*"]}, "never: no backup schedule is for it"),
    ],
)
def test_the_settings_choose_which_claims_are_to_be_saved(block: dict[str, Any], expected: str) -> None:
    assert said(World("orders"), **block) == expected


def test_the_systems_namespace_and_robustas_own_are_left_out_unless_they_are_named() -> None:
    world = World("orders")
    world.claim("etcd", "kube-system")
    world.claim("history", "robusta")
    judged = world.judged()
    verdicts = {one.title: one.verdict.value for one in judged.claims}
    assert verdicts == {"shop/orders": "never", "kube-system/etcd": "left out", "robusta/history": "left out"}
    named = world.judged(namespaces=["robusta"])
    assert {one.title for one in named.bad} == {"robusta/history"}


def test_a_snapshot_on_the_same_storage_is_good_until_only_copies_off_site_are_to_count() -> None:
    world = World("orders")
    world.snapshot("orders", 5)
    judged = world.judged().of("shop", "orders")
    assert judged
    assert judged.last_good
    assert (judged.verdict.value, judged.last_good.proof.value, judged.last_offsite) == ("fresh", "same storage", None)
    assert said(world, offsiteOnly=True) == (
        "never: its newest copy, snapshot `orders-5` (07:00 UTC, 5 h ago), is on the same storage, and only copies off-site count"
    )


def test_a_snapshot_that_velero_takes_away_with_its_backup_is_no_copy_yet() -> None:
    world = World("orders")
    world.backup(phase="InProgress")
    world.snapshot("orders", 1, labels={"velero.io/backup-name": "nightly-1"})
    assert said(world).startswith("never: snapshot `orders-1` (11:00 UTC, 60 min ago) has not saved it yet")


@pytest.mark.parametrize(
    ("marks", "owner"),
    [
        ({"labels": {"snapscheduler.backube/schedule": "daily"}}, "snapscheduler"),
        ({"annotations": {"gemini.fairwinds.com/group": "orders"}}, "gemini"),
        ({"labels": {"velero.io/backup-name": "an-old-one"}}, "velero"),
        ({}, ""),
    ],
)
def test_snapshots_of_other_tools_count_when_they_were_cut_after_the_claim_was_made(
    marks: dict[str, Any], owner: str
) -> None:
    world = World("orders", age=20 * 60)
    world.snapshot("orders", 19, **marks)
    world.snapshot("orders", 21, **marks)
    found = world.judged().of("shop", "orders")
    assert found
    assert found.last_good
    assert (found.last_good.name, found.last_good.owner) == ("orders-19", owner)
    older = World("orders", age=20 * 60)
    older.snapshot("orders", 21, **marks)  # of an earlier claim of that name
    assert said(older) == "new: it is too young to have one"


def test_the_last_good_copy_is_told_of_before_it_expires_and_only_when_a_newer_one_was_due() -> None:
    def expiring(hours: float, ttl: float) -> bool:
        world = World("orders")
        world.backup(hours=hours, ttl=ttl)
        world.upload("orders", hours=hours)
        found = world.judged().of("shop", "orders")
        assert found
        return found.expires_soon

    assert expiring(hours=700, ttl=720)  # goes tomorrow, and nothing was good since
    assert not expiring(hours=600, ttl=720)
    assert not expiring(hours=10, ttl=36)  # it goes tomorrow, after the next night's
    assert expiring(hours=34, ttl=36)  # last night's is missing
    assert expiring(hours=800, ttl=720)  # overdue: nobody has deleted it yet


def test_a_last_good_copy_that_goes_before_the_next_backup_can_be_made_is_told_of() -> None:
    """A weekly schedule whose backups live for five days leaves two days of each week without one."""
    world = World("orders")
    world.schedule("weekly", "0 2 * * 6")  # the next one: Saturday 14 March
    world.backup("weekly-1", hours=82, ttl=120, schedule="weekly")  # Saturday 7 March; goes on Thursday
    world.upload("orders", backup="weekly-1", hours=82)
    found = world.judged().of("shop", "orders")
    assert found
    assert (found.verdict.value, found.expires_soon) == ("fresh", True)


def test_an_older_copy_that_stays_longer_is_the_last_one_to_go() -> None:
    world = World("orders")
    world.schedule("nightly")
    world.backup("nightly-1", hours=10)
    world.upload("orders", hours=10)
    world.backup("by-hand", hours=2, ttl=6, schedule="")  # before a risky change, for a few hours
    world.upload("orders", backup="by-hand", hours=2)
    found = world.judged().of("shop", "orders")
    assert found
    assert found.last_good
    assert (found.last_good.backup, found.expires_soon) == ("by-hand", False)


def test_a_snapshot_of_velero_goes_with_its_backup() -> None:
    world = World("orders")
    world.schedule("nightly", template={"snapshotMoveData": False})
    world.backup("nightly-1", hours=47, ttl=72, spec={"snapshotMoveData": False})
    world.snapshot("orders", 47, labels={"velero.io/backup-name": "nightly-1"})
    found = world.judged().of("shop", "orders")
    assert found
    assert found.last_good
    assert (found.verdict.value, found.expires_soon) == ("fresh", True)
    assert found.last_good.expires
    assert found.last_good.expires.isoformat() == "2026-03-11T13:00:00+00:00"


# --- how old a copy may be, by the schedule that saves the claim


WEEKLY = {"name": "weekly", "cron": "0 2 * * 0"}


@pytest.mark.parametrize(
    ("schedules", "block", "days", "expected"),
    [
        ([WEEKLY], {}, 9, "fresh"),  # one Sunday may be missed
        ([WEEKLY], {}, 16, "old: schedule `weekly` has saved nothing of it since 2026-02-22 12:00 UTC, 16 d ago"),
        ([WEEKLY], {"maxAge": "3d"}, 9, "old: schedule `weekly` has saved nothing of it since 2026-03-01 12:00 UTC, 9 d ago"),
        ([{"name": "monthly", "cron": "0 2 1 * *"}], {}, 40, "fresh"),
        ([{"name": "rare", "cron": "@every 168h"}], {}, 9, "fresh"),
        ([WEEKLY, {"name": "nightly"}], {}, 9, "old"),  # the most frequent one counts
        ([WEEKLY, {"name": "nightly", "age": 60}], {}, 9, "fresh"),  # made an hour ago: its first night is to come
        ([WEEKLY, {"name": "nightly", "spec": {"paused": True}}], {}, 9, "fresh"),
        ([WEEKLY, {"name": "nightly", "template": {"includedNamespaces": ["docs"]}}], {}, 9, "fresh"),
        ([WEEKLY, {"name": "near", "template": {"snapshotMoveData": False}}], {"offsiteOnly": True}, 9, "fresh"),
        ([WEEKLY], {"mode": "ticks"}, 9, "old"),  # ours serves every night
        ([], {}, 9, "old: no backup schedule is for it"),
    ],
    ids=[
        "weekly", "weekly missed", "maxAge", "monthly", "every week", "and nightly", "nightly is young", "nightly is paused",
        "nightly is for others", "nightly is not off-site", "mode ticks", "none",
    ],
)  # fmt: skip
def test_a_copy_may_be_as_old_as_the_schedule_that_saves_the_claim_says(
    schedules: list[dict[str, Any]], block: dict[str, Any], days: float, expected: str
) -> None:
    world = World("orders", age=100 * 24 * 60)
    for one in schedules:
        world.schedule(**{"age": 90 * 24 * 60, **one})
    world.backup("weekly-1", hours=24 * days, ttl=24 * 90, schedule="weekly")
    world.upload("orders", backup="weekly-1", hours=24 * days)
    assert said(world, **block).startswith(expected)


@pytest.mark.parametrize(("days", "expected"), [(9, "unknown"), (16, "never")])
def test_a_weekly_backup_without_a_record_may_hold_a_copy_as_long_as_a_weekly_one_may_be_old(
    days: float, expected: str
) -> None:
    world = World("orders", age=100 * 24 * 60)
    near = {"snapshotMoveData": False}
    world.schedule(**WEEKLY, age=90 * 24 * 60, template=near)
    made = {"csiVolumeSnapshotsAttempted": 1, "csiVolumeSnapshotsCompleted": 1}
    world.backup("weekly-1", hours=24 * days, ttl=24 * 90, schedule="weekly", spec=near, status=made)
    world.backup("weekly-2", hours=2, phase="Failed", schedule="weekly", spec=near)
    assert said(world).split(":")[0] == expected


def test_a_new_claim_has_until_the_first_slot_of_the_schedule_that_saves_it() -> None:
    world = World("orders", age=5 * 24 * 60)
    world.schedule(**WEEKLY, age=90 * 24 * 60)
    assert said(world) == "new: it is too young to have one"


def test_schedules_of_k8up_and_volsync_set_the_pace_too() -> None:
    world = World("orders", "uploads", age=100 * 24 * 60)
    k8up_schedule(world.b, "shop", cron="@weekly-random")
    assert {one.key[1]: one.within.days for one in world.judged().claims} == {"orders": 14, "uploads": 14}
    volsync_source(world.b, "shop", "orders", 60)
    hourly = next(o for o in world.b.objects if o["kind"] == "ReplicationSource")
    hourly["spec"]["trigger"] = {"schedule": "0 */6 * * *"}
    hourly["metadata"]["creationTimestamp"] = at(24 * 30)
    within = {one.key[1]: one.within for one in world.judged().claims}
    assert (within["orders"].total_seconds() / 3600, within["uploads"].days) == (13, 14)


def test_a_backup_that_another_cluster_wrote_is_labelled_so_and_counts_for_nothing() -> None:
    world = World("orders")
    world.backup("theirs", hours=10, created=2)  # its object came after it had ended
    world.files("orders", backup="theirs", uid="of-their-claim")
    judged = world.judged()
    run = judged.backups[0]
    assert (run.foreign, run.missing, run.covered, run.of) == (True, (), 1, 1)
    assert said(world) == "never: no backup schedule is for it"


def test_our_own_backup_whose_object_was_lost_and_came_back_still_counts() -> None:
    world = World("orders")
    world.backup("ours", hours=10, created=2)
    world.files("orders", backup="ours")
    assert not world.judged().backups[0].foreign
    assert said(world) == "fresh"


def test_claims_that_no_tool_covers_are_listed_by_namespace() -> None:
    world = World("orders")
    world.claim("wiki", "docs")
    world.claim("pages", "docs")
    world.schedule(template={"includedNamespaces": ["shop"]})
    judged = world.judged()
    assert {space: [one.title for one in gaps] for space, gaps in judged.gaps.items()} == {
        "docs": ["docs/pages", "docs/wiki"]
    }
    assert said(world) == "never: schedule `nightly` has saved nothing of it yet"


def test_where_schedules_may_not_be_read_a_claim_is_no_gap_of_theirs() -> None:
    world = World("orders")
    world.schedule(template={"includedNamespaces": ["shop"]})
    world.denied = ("schedules.velero.io",)
    assert world.judged().gaps == {}


def test_what_is_missing_is_listed_for_the_newest_backup_of_each_schedule() -> None:
    world = World("orders")
    world.backup("nightly-1", hours=34)
    world.backup("nightly-2", hours=10)
    world.backup("nightly-3", hours=0.1, phase="InProgress")
    world.backup("weekly-1", hours=50, schedule="weekly")
    listed = {run.backup.name: [m.title for m in run.missing] for run in world.judged().backups}
    assert listed == {
        "nightly-1": [],
        "nightly-2": ["shop/orders"],
        "nightly-3": [],
        "weekly-1": ["shop/orders"],
    }


def test_a_claim_that_was_made_after_a_backup_is_not_missing_in_it() -> None:
    world = World("orders")
    world.claim("young", age=60)
    world.backup()
    world.upload("orders")
    run = world.judged().backups[0]
    assert (run.covered, run.of, run.missing) == (1, 1, ())


def test_a_copy_whose_time_lies_ahead_is_not_fresh_for_ever() -> None:
    world = World("orders")
    world.backup(hours=-300)
    world.upload("orders", hours=-300)
    assert said(world) == "unknown: its time lies ahead of ours: the clocks differ, or it was written wrongly"
    world.backup("nightly-2")
    world.upload("orders", "nightly-2")
    assert said(world) == "fresh"
