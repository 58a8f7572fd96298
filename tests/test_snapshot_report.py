"""The report on snapshots: the verdict first, who lacks a good one and why, and never a guess for what is not known."""

from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model import kind as k
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.snapshot_schedule import PvcSnapshots
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import File, Page
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._workflows.pvc_snapshots import pvc_snapshots
from snapshot_world import EBS, Nights, nightly, settings

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NIGHTLY = settings(nightly())


def nights(number: int, *claims: str, wanted: PvcSnapshots = NIGHTLY) -> Nights:
    """So many nights of snapshots; then it is 7 in the morning."""
    w = Nights(NOON, list(claims) or ["data"])
    w.tick(wanted)
    for night in range(number):
        w.at(datetime(2026, 3, 2, 2, 1, tzinfo=UTC) + timedelta(days=night))
        w.tick(wanted)
    w.move(hours=5)
    return w


def report(w: Nights, wanted: PvcSnapshots = NIGHTLY, target: Target | None = None) -> Page:
    return pvc_snapshots(w.cluster, target or Target(), wanted)


def of(name: str, trigger: Trigger = Trigger.MANUAL) -> Target:
    return Target(k.CLAIM.name, name, "shop", trigger=trigger)


def rows(page: Page, name: str) -> list[str]:
    return next(b.content.decode() for b in page.blocks if isinstance(b, File) and b.name == name).splitlines()


def test_all_is_well_and_a_schedule_says_nothing() -> None:
    page = report(nights(3, "data", "files"))
    assert page.title == "Snapshots: all 2 claims have a good one within 26 h"
    assert (page.severity, page.noteworthy) == (Severity.INFO, False)
    text = to_markdown(page)
    assert "Kept 6 good ones of 6 snapshots." in text
    assert "Next: `nightly` 2026-03-05 02:00 UTC." in text


def test_what_fails_comes_first_with_its_last_good_one_and_why() -> None:
    w = nights(2, "data", "files", "logs")
    w.ready = lambda o: o["spec"]["source"]["persistentVolumeClaimName"] != "files"
    w.at(datetime(2026, 3, 4, 2, 1, tzinfo=UTC))
    w.tick(NIGHTLY)
    w.move(hours=5)
    assert "not ready after 5 h; no controller has touched it" in to_markdown(report(w))
    name = next(o["metadata"]["name"] for o in w.snapshots("files") if not (o.get("status") or {}).get("readyToUse"))
    w.cluster.store.patch(k.SNAPSHOT, name, "shop", {"status": {"readyToUse": False}})
    page = report(w)
    assert page.title == "Snapshots: 2 of 3 claims have a good one within 26 h; 1 does not"
    assert (page.severity, page.noteworthy, page.failure) == (Severity.HIGH, True, True)
    text = to_markdown(page)
    assert "| shop/files | 29 h ago: not ready after 5 h; no error was given |" in text
    assert "*Do this:* shop/files: `kubectl -n shop describe volumesnapshot files-nightly-" in text


def test_a_claim_that_no_snapshot_can_be_taken_of_is_no_alarm_at_night_and_says_why() -> None:
    w = Nights(NOON, ["data"], driver=EBS)
    w.cluster.store.delete(k.SNAPSHOT_CLASS, "csi")
    w.move(hours=20)
    page = report(w)
    assert page.title == "Snapshots: 0 of 1 claim has a good one within 26 h; 1 does not"
    assert page.severity == Severity.MEDIUM
    assert f"| shop/data | never: no snapshot class is for driver {EBS} |" in to_markdown(page)


def test_the_next_slot_is_told_in_the_zone_of_the_schedule_and_in_utc() -> None:
    wanted = settings(nightly(timeZone="America/New_York"))
    page = report(nights(1), wanted)
    assert "Next: `nightly` 2026-03-03 02:00 EST (07:00 UTC)." in to_markdown(page)


def test_without_schedules_it_says_so_and_how_to_add_one_and_is_never_news() -> None:
    page = report(nights(1), settings())
    assert page.title == "Snapshots: no schedule is set; 1 of 1 claim has one that can be restored from"
    text = to_markdown(page)
    assert '- {name: nightly, schedule: "0 2 * * *", retentionDays: 30}' in text
    assert not page.noteworthy


def test_where_the_api_is_not_there_one_sentence_says_so() -> None:
    w = nights(0)
    w.cluster.absent = frozenset([k.SNAPSHOT.resource])
    page = report(w)
    assert page.title == "No snapshot can be taken in this cluster: its API has no VolumeSnapshots"
    assert page.noteworthy
    assert not report(w, settings()).noteworthy


def test_a_new_claim_is_not_blamed_before_its_first_slot() -> None:
    b = Builder(NOON)
    b.bound("shop", "data", "10Gi", "gp3", EBS, age=60)
    b.add("VolumeSnapshotClass", "csi", api="snapshot.storage.k8s.io/v1", driver=EBS, deletionPolicy="Delete")
    page = pvc_snapshots(MemoryCluster(b.objects, now=NOON), Target(), NIGHTLY)
    assert page.title == "Snapshots: none is due yet"
    assert not page.noteworthy


def known(w: Nights, wanted: PvcSnapshots = NIGHTLY) -> Page:
    """Report as the action does: it knows since when the tick knows the schedule."""
    return pvc_snapshots(w.cluster, Target(), wanted, home="robusta")


def test_a_schedule_of_today_lacks_nothing_before_its_first_slot_and_says_when_that_is() -> None:
    w = Nights(NOON, ["data", "files"])  # claims of long ago
    w.tick(NIGHTLY)
    w.move(hours=1)
    page = known(w)
    assert page.title == "Snapshots: none is due yet"
    assert not page.noteworthy
    assert "Next: `nightly` first run at 2026-03-02 02:00 UTC." in to_markdown(page)
    assert all("first run at 2026-03-02 02:00 UTC" in row for row in rows(page, "claims.csv")[1:])


def test_after_its_first_slot_and_what_it_may_take_a_new_schedule_is_judged_as_any() -> None:
    w = Nights(NOON, ["data"])
    w.tick(NIGHTLY)
    w.at(datetime(2026, 3, 2, 3, 59, tzinfo=UTC))  # started within 60 minutes, ready within 60 more
    assert known(w).title == "Snapshots: none is due yet"
    assert "first run" not in to_markdown(known(w))
    w.move(minutes=2)
    assert known(w).title == "Snapshots: 0 of 1 claim has a good one within 26 h; 1 does not"


def test_a_claim_with_an_older_schedule_is_judged_by_it_though_another_one_is_new() -> None:
    w = nights(1)
    w.at(datetime(2026, 3, 5, 12, 0, tzinfo=UTC))
    both = settings(nightly(), {"name": "weekly", "schedule": "0 3 * * 0"})
    w.tick(both)
    assert "1 does not" in known(w, both).title


def test_a_schedule_that_the_tick_has_never_seen_is_no_new_one() -> None:
    """The tick may not run at all: that must not look like patience."""
    assert "1 does not" in known(Nights(NOON, ["data"])).title


def test_a_new_schedule_does_not_hide_that_a_claim_cannot_be_snapshotted() -> None:
    w = Nights(NOON, ["data"])
    w.cluster.store.delete(k.SNAPSHOT_CLASS, "csi")
    w.tick(NIGHTLY)
    assert "1 does not" in known(w).title


def test_the_files_hold_every_claim_and_every_snapshot_with_its_fate_and_unknown_is_never_zero() -> None:
    w = nights(2)
    for o in w.snapshots():
        w.cluster.store.patch(k.SNAPSHOT, o["metadata"]["name"], "shop", {"status": {"restoreSize": "0"}})
    page = report(w)
    (_, claim) = rows(page, "claims.csv")
    assert claim.startswith(
        "shop,data,there,nightly,2026-03-03T02:01:00+00:00,5 h,2,0,0,2026-03-04 02:00 UTC,unknown,yes"
    )
    (_, newest, oldest) = rows(page, "snapshots.csv")
    assert ",ready,2026-03-03T02:01:00+00:00," in newest
    assert "stays until 2026-04-01 02:01 UTC" in oldest
    assert ",unknown,nightly,csi," in oldest


def test_what_goes_next_is_counted_and_the_last_good_one_is_said_to_stay() -> None:
    wanted = settings(nightly(retentionDays=1))
    w = nights(2)
    w.move(days=3)
    page = report(w, wanted)
    assert "; 1 snapshot will go with the next run." in to_markdown(page)
    (_, newest, oldest) = rows(page, "snapshots.csv")
    assert "stays: the last good one" in newest
    assert "goes with the next run: older than the time to keep" in oldest


def test_snapshots_of_a_deleted_claim_are_told_and_one_made_again_is_another() -> None:
    w = nights(2, "data", "files")
    w.cluster.store.delete(k.CLAIM, "files", "shop")
    gone = [o for o in w.cluster.store.find(k.CLAIM) if o["metadata"]["name"] == "files"]
    for o in gone:
        o["metadata"] |= {"uid": "another", "creationTimestamp": "2026-03-03T06:00:00Z"}
        w.cluster.store.replace(o)
    text = to_markdown(report(w))
    assert (
        "*Of deleted claims:* 2 snapshots of 1 claim (20.0 GiB to restore): shop/files (2 snapshots, last good 5 h ago)"
        in text
    )


def retained(name: str, uid: str, size: int | None, **labels: str) -> dict[str, Any]:
    return {
        "apiVersion": k.SNAPSHOT_CONTENT.api_version,
        "kind": k.SNAPSHOT_CONTENT.name,
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "driver": EBS,
            "deletionPolicy": "Retain",
            "volumeSnapshotRef": {"namespace": "shop", "name": "s", "uid": uid},
        },
        "status": {"restoreSize": size} if size is not None else {},
    }


def test_contents_that_retain_left_behind_are_counted_by_driver_and_those_of_velero_are_not() -> None:
    w = nights(1)
    for o in (
        retained("one", "gone-1", 3 * 1024**3),
        retained("two", "gone-2", None),
        retained("theirs", "gone-3", 1024**3, **{"velero.io/backup-name": "daily"}),
    ):
        w.cluster.store.create(o)
    text = to_markdown(report(w))
    assert "*Left behind by Retain:* 2 snapshot contents whose snapshot is gone" in text
    assert f"• {EBS}: 2 contents, 3.0 GiB and 1 of unknown size" in text


def test_what_may_not_be_read_is_not_known_and_never_zero() -> None:
    w = nights(1)
    w.cluster.denied = frozenset([k.SNAPSHOT_CONTENT.resource, k.SNAPSHOT_CLASS.resource])
    page = report(w)
    text = to_markdown(page)
    assert "*Not looked at, so not known:*" in text
    assert "volumesnapshotcontents: the runner may not list them" in text
    assert "Left behind" not in text
    assert ",unknown,," in rows(page, "claims.csv")[1]


def test_one_claim_shows_its_history_a_picture_and_what_can_be_done() -> None:
    w = nights(12)
    page = report(w, target=of("data"))
    assert page.title == "Claim shop/data can be restored from 02:01 UTC, 5 h ago; 12 good ones kept"
    text = to_markdown(page)
    assert "Snapshots (the newest 8 of 12, all in snapshots.csv)" in text
    assert "create_pvc_snapshots" in text
    assert "restore_pvc_snapshot" in text
    (picture,) = [b for b in page.blocks if isinstance(b, File) and b.name == "snapshots.png"]
    assert picture.content.startswith(b"\x89PNG")


def test_an_alert_about_a_claim_gets_its_last_good_one_and_no_buttons() -> None:
    page = report(nights(1), target=of("data", Trigger.ALERT))
    assert page.title == "Claim shop/data can be restored from 02:01 UTC, 5 h ago"
    assert "create_pvc_snapshots" not in to_markdown(page)


def test_a_claim_whose_nights_fail_says_since_when() -> None:
    w = nights(2)
    w.move(days=3)
    page = report(w, target=of("data"))
    assert page.title == (
        "Claim shop/data can be restored from 2026-03-03 02:01 UTC, 3 d ago, although one is due every 24 h; 2 good ones kept"
    )
    assert page.severity == Severity.HIGH


def test_a_claim_that_is_not_there_but_left_snapshots_is_found_by_them() -> None:
    w = nights(2)
    for o in w.cluster.store.find(k.CLAIM):
        w.cluster.store.patch(k.CLAIM, o["metadata"]["name"], "shop", {"metadata": {"finalizers": None}})
    w.cluster.store.delete(k.CLAIM, "data", "shop")
    page = report(w, target=of("data"))
    assert page.title == "Claim shop/data, which is gone, can be restored from 02:01 UTC, 5 h ago; 2 good ones kept"
    assert report(w, target=of("dat")).title == "Claim shop/dat does not exist"


def test_a_namespace_counts_only_its_own() -> None:
    w = nights(1, "data", "files")
    page = report(w, target=Target("Namespace", "shop", "shop"))
    assert page.title == "Snapshots of namespace shop: all 2 claims have a good one within 26 h"
