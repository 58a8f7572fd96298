"""VolumeSnapshots as restore points: which are good, which are ours, and under which names we make them."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robusta_volumes._cluster.read import claim as read_claim
from robusta_volumes._cluster.read_points import Around, Bound, snapshot_point
from robusta_volumes._cluster.store import newest_time
from robusta_volumes._engines.csi_snapshots import restore_manifest, short_label, snapshot_manifest, snapshot_name
from robusta_volumes._model.ours import slot_of, slot_text
from robusta_volumes._model.restore_point import Point, State
from robusta_volumes._model.times import UTC

RECORDED = Path(__file__).parent / "clusters" / "after" / "volumesnapshots.json"
SLOT = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def recorded() -> dict[str, Point]:
    objects: list[dict[str, Any]] = json.loads(RECORDED.read_text())["items"]
    now = newest_time(objects)
    assert now
    around = Around(now, timedelta(minutes=60), timedelta(minutes=2))
    return {p.name: p for p in (snapshot_point(o, around) for o in objects)}


def snapshot(**status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "s", "namespace": "shop", "uid": "s1", "creationTimestamp": "2026-03-29T01:30:00Z"},
        "spec": {"source": {"persistentVolumeClaimName": "data"}},
        **({"status": status} if status else {}),
    }


def state(o: dict[str, Any], minutes: float, bound: dict[str, str] | None = None) -> State:
    now = SLOT + timedelta(minutes=minutes)
    contents = None if bound is None else {name: Bound(uid) for name, uid in bound.items()}
    return snapshot_point(o, Around(now, timedelta(minutes=60), timedelta(minutes=2), bound=contents)).state


READY = {"readyToUse": True, "boundVolumeSnapshotContentName": "snapcontent-s1", "creationTime": "2026-03-29T01:30:09Z"}


@pytest.mark.parametrize(
    ("status", "minutes", "expected"),
    [
        ({}, 1, State.CREATING),
        ({}, 5, State.UNOBSERVED),
        ({"error": {"message": "rpc error: too many"}, "readyToUse": False}, 5, State.CREATING),  # only information
        ({"creationTime": "2026-03-29T01:30:09Z", "readyToUse": False}, 5, State.CUT),
        ({"creationTime": "2026-03-29T01:30:09Z", "readyToUse": False}, 61, State.LATE),
        (READY, 5, State.READY),
        (READY, 9999, State.READY),
        ({**READY, "error": {"message": "an old one"}}, 5, State.READY),
        ({"readyToUse": True}, 5, State.CREATING),  # bound to nothing: there is nothing to restore from
    ],
)
def test_ready_and_bound_is_good_a_deadline_is_failure_and_an_error_is_information(
    status: dict[str, Any], minutes: float, expected: State
) -> None:
    assert state(snapshot(**status), minutes) is expected


def test_a_content_that_belongs_to_another_snapshot_makes_it_no_good_one() -> None:
    assert state(snapshot(**READY), 5, {"snapcontent-s1": "s1"}) is State.READY
    assert state(snapshot(**READY), 5, {"snapcontent-s1": "another"}) is State.CUT
    assert state(snapshot(**READY), 5, {}) is State.CUT


def nanoseconds(when: datetime) -> int:
    return int(when.timestamp()) * 1_000_000_000 + 417_000_000


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        (None, datetime(2026, 3, 29, 1, 30, 9, tzinfo=UTC)),  # contents cannot be read: what the snapshot says counts
        (Bound("s1", nanoseconds(SLOT + timedelta(days=2))), SLOT + timedelta(days=2)),  # lost, and cut anew
        (Bound("s1", nanoseconds(SLOT + timedelta(seconds=9))), SLOT + timedelta(seconds=9)),
        (Bound("s1"), SLOT + timedelta(seconds=9)),
        (Bound("another", nanoseconds(SLOT + timedelta(days=2))), SLOT + timedelta(seconds=9)),  # not its content
        (Bound("s1", 10**30), None),  # whatever a driver may write
    ],
)
def test_age_counts_from_when_the_content_says_its_data_was_cut_where_that_can_be_read(
    bound: Bound | None, expected: datetime | None
) -> None:
    about = Around(SLOT, timedelta(minutes=60), timedelta(minutes=2), bound=bound and {"snapcontent-s1": bound})
    assert snapshot_point(snapshot(**READY), about).cut_at == expected


def test_the_recorded_snapshots_read_as_what_they_were() -> None:
    good = {name for name, p in recorded().items() if p.good}
    objects = json.loads(RECORDED.read_text())["items"]
    assert good == {o["metadata"]["name"] for o in objects if (o.get("status") or {}).get("readyToUse")}
    assert good
    assert not any(p.owned for p in recorded().values())


def claim(name: str = "data", namespace: str = "shop", uid: str = "u1") -> Any:
    return read_claim({"metadata": {"name": name, "namespace": namespace, "uid": uid}, "spec": {}})


def test_what_we_make_is_read_as_ours_with_its_slot_and_schedule() -> None:
    made = snapshot_manifest(claim("a" * 200), "n" * 80, SLOT, "csi", retain=True)
    p = snapshot_point(made, Around(SLOT, timedelta(hours=1), timedelta(minutes=2)))
    assert (p.owned, p.schedule, p.slot, p.claim, p.claim_uid) == (True, "n" * 80, SLOT, "a" * 200, "u1")
    assert p.follows_schedule


def test_a_copy_under_another_name_is_not_ours() -> None:
    made = snapshot_manifest(claim(), "nightly", SLOT, "csi")
    made["metadata"]["name"] = "restored-by-somebody"
    p = snapshot_point(made, Around(SLOT, timedelta(hours=1), timedelta(minutes=2)))
    assert (p.owned, p.schedule, p.slot) == (False, "", None)


def test_labels_of_the_claim_are_not_copied_and_extra_ones_cannot_replace_ours() -> None:
    labels = {"team": "db", "app.kubernetes.io/managed-by": "me"}
    made = snapshot_manifest(claim(), "nightly", SLOT, "csi", labels=labels)
    assert made["metadata"]["labels"] == {
        "team": "db",
        "app.kubernetes.io/managed-by": "robusta-volumes",
        "robusta-volumes.dev/slot": "20260329T0130Z",
        "robusta-volumes.dev/pvc-uid": "u1",
        "robusta-volumes.dev/schedule": "nightly",
    }


_WORD = r"[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?"
names = st.from_regex(rf"{_WORD}(\.{_WORD}){{0,4}}", fullmatch=True)  # as Kubernetes takes them
schedule_names = st.from_regex(_WORD, fullmatch=True)  # as the settings take them


@given(names, schedule_names, names)
def test_names_are_short_valid_and_the_same_each_time(name: str, schedule: str, uid: str) -> None:
    made = snapshot_name(claim(name, uid=uid), schedule, SLOT)
    assert made == snapshot_name(claim(name, uid=uid), schedule, SLOT)
    assert len(made) <= 63
    assert all(part and part[0].isalnum() and part[-1].isalnum() for part in made.split("."))
    assert len(short_label(schedule)) <= 63


@given(st.sets(st.tuples(names, names), min_size=2, max_size=2))
def test_claims_whose_names_begin_alike_never_share_a_snapshot(pairs: set[tuple[str, str]]) -> None:
    found = {snapshot_name(claim("x" * 100 + a, uid=b), "nightly", SLOT) for a, b in pairs}
    assert len(found) == len({b for _, b in pairs})


def test_a_restored_claim_asks_for_the_snapshot_and_no_schedule_takes_it() -> None:
    made = restore_manifest("data-restore", "shop", "s", "2Gi", "csi", ("ReadWriteOnce",), "Filesystem")
    assert made["spec"]["dataSource"] == {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "s"}
    assert made["metadata"]["annotations"]["robusta-volumes.dev/snapshot"] == "false"


def test_slots_are_written_in_utc() -> None:
    assert slot_text(SLOT.astimezone(UTC)) == "20260329T0130Z"
    assert slot_of("yesterday") is None


def test_one_that_a_backup_tool_wrote_anew_with_our_labels_is_not_ours_but_still_of_its_claim() -> None:
    """Velero restores a VolumeSnapshot under its name, with its labels, and from a content."""
    made = snapshot_manifest(claim(), "nightly", SLOT, "csi")
    made["spec"]["source"] = {"volumeSnapshotContentName": "velero-snapcontent"}
    p = snapshot_point(made, Around(SLOT, timedelta(hours=1), timedelta(minutes=2)))
    assert (p.owned, p.schedule, p.claim, p.claim_uid) == (False, "", "data", "u1")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("rpc error: code = Internal desc = the array is busy", "the array is busy (Internal)"),
        (
            'Failed to create snapshot: failed to take snapshot of the volume: "rpc error: code = NotFound desc = no v-1"',
            "no v-1 (NotFound)",
        ),
        ("cannot find default snapshot class", "cannot find default snapshot class"),
        ("", ""),
    ],
)
def test_the_drivers_own_words_come_without_those_around_them(error: str, said: str) -> None:
    made = snapshot(error={"message": error})
    assert snapshot_point(made, Around(SLOT, timedelta(hours=1), timedelta(minutes=2))).said == said
