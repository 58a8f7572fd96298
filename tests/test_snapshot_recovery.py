"""Readiness is the only success and a deadline the only failure: what was told as wrong is over when one is ready."""

from typing import Any

from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import QuotaExceeded
from snapshot_world import NOON, Nights, nightly, settings, text

HOURLY = settings(
    {"name": "hourly", "schedule": "0 * * * *", "startingDeadlineMinutes": 30}, limits={"snapshotMinutes": 30}
)


def world() -> Nights:
    """An hourly schedule that has been known since noon."""
    w = Nights(NOON, ["data"])
    w.tick(HOURLY)
    return w


def working_on_it(w: Nights, error: str = "") -> None:
    """Let the driver say of every snapshot that it is at it."""
    for o in w.snapshots():
        if not o.get("status"):
            status: dict[str, Any] = {"readyToUse": False, "boundVolumeSnapshotContentName": "c"}
            status |= {"error": {"message": error}} if error else {}
            w.cluster.store.patch(k.SNAPSHOT, o["metadata"]["name"], "shop", {"status": status})


def slow(w: Nights, hours: float, error: str = "") -> list[str]:
    """Tick on while the driver makes none ready; give the titles of what was said."""
    w.ready = lambda _: False
    said: list[str] = []
    for _ in range(int(hours * 12)):
        said += [page.title for page in w.ticks(HOURLY, hours=1 / 12)]
        working_on_it(w, error)
    return said


def test_the_snapshot_of_the_next_slot_is_no_recovery_before_it_is_ready() -> None:
    w = world()
    assert slow(w, 2.1) == ['Snapshots "hourly" 13:00 UTC: 0 of 1 ready, 1 not ready in time']
    assert len(w.snapshots()) == 2
    assert slow(w, 0.5) == []
    w.ready = lambda _: True
    w.controller()
    (over,) = w.tick(HOURLY)
    assert over.title == '[RESOLVED] Snapshots "hourly": every claim has its snapshot again'
    assert over.identity == w.pages[0].identity


def test_a_driver_that_is_never_ready_is_told_once_and_once_that_tries_pause_and_not_at_every_slot() -> None:
    assert slow(world(), 48) == [
        'Snapshots "hourly" 13:00 UTC: 0 of 1 ready, 1 not ready in time',
        'Snapshots "hourly" 16:00 UTC: 0 of 1 ready, 1 paused after too many that were never ready',
    ]


def test_where_no_controller_looks_at_any_it_is_told_once_as_that_and_once_as_late() -> None:
    w = world()
    w.ready = lambda _: False
    said = [page.title.partition(", ")[2] for page in w.ticks(HOURLY, hours=12)]
    paused = "1 paused after too many that were never ready"
    assert said == ["1 touched by no controller", "1 not ready in time", paused]


def test_one_that_was_refused_is_over_when_the_next_is_ready_not_when_it_is_made() -> None:
    w = world()
    w.cluster.refuse = lambda o: QuotaExceeded("exceeded quota", "Raise it.") if o["kind"] == "VolumeSnapshot" else None
    assert [page.title for page in w.ticks(HOURLY, hours=1.9)] == [
        'Snapshots "hourly" 13:00 UTC: 0 of 1 made, 1 failed'
    ]
    w.cluster.refuse = lambda _: None
    assert slow(w, 0.5) == []
    assert w.slots() == ["20260301T1400Z"]
    w.ready = lambda _: True
    w.controller()
    (over,) = w.tick(HOURLY)
    assert over.title.startswith("[RESOLVED]")


def test_an_error_text_before_the_deadline_is_no_failure_and_at_the_deadline_it_is_quoted() -> None:
    w = world()
    error = "rpc error: code = Internal desc = the array is busy"
    assert slow(w, 1.4, error) == []
    w.pages.clear()
    slow(w, 0.3, error)
    assert 'not ready after 35 min; the driver said "the array is busy (Internal)"' in text(w.pages)


def test_one_stuck_snapshot_stops_no_later_slot() -> None:
    """Velero issues 2738 and 4904: one that hangs stops the schedule for ever, and nobody is told."""
    w = world()
    w.ready = lambda o: not o["metadata"]["name"].endswith("t1300z")
    assert "1 not ready in time" in "".join(page.title for page in w.ticks(HOURLY, hours=1.9))
    w.ticks(HOURLY, hours=3)
    assert w.slots() == [f"20260301T1{hour}00Z" for hour in (3, 4, 5, 6)]


def test_a_claim_that_is_deleted_takes_its_trouble_along() -> None:
    w = world()
    slow(w, 2.05)
    w.cluster.store.delete(k.CLAIM, "data", "shop")
    (over,) = w.tick(HOURLY)
    assert over.title.startswith("[RESOLVED]")


def test_without_readiness_nothing_counts_as_kept() -> None:
    w = Nights(NOON, ["data"])
    w.tick(settings(nightly()))
    w.ready = lambda _: False
    w.ticks(settings(nightly()), hours=16)
    assert "0 good snapshots kept" in text(w.pages)
