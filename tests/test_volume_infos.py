"""Velero's own list of the volumes in a backup: what it proves of each claim, and what becomes of one that cannot be read."""

import gzip
import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import crds
from backup_objects import NOON, World, at, settings
from robusta_volumes._analysis.backup_cover import Judged, judge
from robusta_volumes._analysis.backup_infos import worth_reading
from robusta_volumes._cluster import read_velero
from robusta_volumes._cluster.backups import backups_of
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.read_volume_infos import read_volume_infos
from robusta_volumes._engines.velero_download import answer, infos_request
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import BackupsSeen
from robusta_volumes._model.errors import ClusterError, Invalid, NotAllowed, NotFound, Unavailable
from robusta_volumes._model.plan import Create, Outcome
from robusta_volumes._model.text import plain
from robusta_volumes._workflows.volume_backups_ask import ask_velero
from robusta_volumes._workflows.volume_backups_infos import Memory, with_infos

MIB = 1 << 20
TRACELESS: dict[str, Any] = {
    "spec": {"snapshotMoveData": False},
    "status": {"csiVolumeSnapshotsAttempted": 2, "csiVolumeSnapshotsCompleted": 2},
}
ADDRESS = "http://bucket/list?X-Amz-Signature=0123456789abcdef"


def entry(claim: str = "orders", **more: Any) -> dict[str, Any]:
    """One volume as Velero 1.17 writes it."""
    return {
        "pvcName": claim,
        "pvcNamespace": "shop",
        "pvName": f"pvc-shop-{claim}",
        "backupMethod": "CSISnapshot",
        "snapshotDataMoved": False,
        "preserveLocalSnapshot": True,
        "skipped": False,
        "result": "succeeded",
        "csiSnapshotInfo": {
            "snapshotHandle": "snap-1",
            "size": 10 << 30,
            "driver": "d",
            "vscName": "c",
            "ReadyToUse": True,
        },
        "somethingNew": [1, {"x": None}],
        **more,
    }


def zipped(text: bytes) -> bytes:
    return gzip.compress(text, mtime=0)


def packed(entries: Any) -> bytes:
    return zipped(json.dumps(entries).encode())


class Bucket(MemoryCluster):
    """A cluster whose Velero answers at once, with a list for each backup, an error, or not at all."""

    lists: dict[str, Any]
    asked: list[str]
    silent = False
    refuses = ""

    def carry_out(self, plan: Any) -> list[Outcome]:
        """Answer a request when it is made, as Velero's server would."""
        for step in plan:
            if isinstance(step, Create) and self.refuses:
                return [Outcome(step, error=NotAllowed(self.refuses))]
        outcomes = super().carry_out(plan)
        for outcome in outcomes:
            if isinstance(outcome.step, Create) and outcome.answer and not self.silent:
                meta, target = outcome.answer["metadata"], outcome.answer["spec"]["target"]
                self.asked.append(target["name"])
                status = {"phase": "Processed", "downloadURL": f"{ADDRESS}&of={target['name']}"}
                self.store.patch(k.VELERO_DOWNLOAD, meta["name"], meta["namespace"], {"status": status})
        return outcomes

    def download(self, url: str, most: int, authority: str = "", seconds: float = 30) -> bytes:  # noqa: ARG002 (the protocol's)
        """Give what lies there."""
        found = self.lists[url.rpartition("&of=")[2]]
        if isinstance(found, ClusterError):
            raise found
        return found if isinstance(found, bytes) else packed(found)


def bucket(world: World, **lists: Any) -> Bucket:
    cluster = Bucket(world.b.objects, now=NOON, denied=world.denied, absent=world.absent)
    cluster.lists = {name.replace("_", "-"): entries for name, entries in lists.items()}
    cluster.asked = []
    return cluster


def read(
    cluster: Bucket, memory: Memory | None = None, *, ask: bool = True, **block: Any
) -> tuple[Judged, BackupsSeen]:
    """Look and judge as the tick does; as a report does without ``ask``."""
    wanted = settings(readVolumeInfos=True, **block)
    see = gather(cluster)
    seen = backups_of(cluster, wanted, see.claims)
    asking = partial(ask_velero, sleep=lambda _: None) if ask else None
    seen = with_infos(cluster, wanted, see, seen, asking, memory or Memory())
    return judge(see, seen, (), wanted, "robusta"), seen


def said(cluster: Bucket, claim: str = "orders", **block: Any) -> str:
    found = read(cluster, **block)[0].of("shop", claim)
    assert found
    return f"{found.verdict.value}: {found.why}" if found.why else found.verdict.value


def night(world: World, name: str = "nightly-1", hours: float = 10, **more: Any) -> None:
    world.backup(name, hours, **{**TRACELESS, **more})


def volume_of(world: World, claim: str) -> str:
    claims = (o for o in world.b.objects if o["kind"] == "PersistentVolumeClaim")
    return str(next(o["spec"]["volumeName"] for o in claims if o["metadata"]["name"] == claim))


@pytest.fixture
def world() -> World:
    made = World("orders", "uploads")
    night(made)
    return made


def test_a_snapshot_that_succeeded_is_a_good_copy_on_the_same_storage(world: World) -> None:
    entries = [entry(c, pvName=volume_of(world, c), startTimestamp=at(9.9)) for c in ("orders", "uploads")]
    cluster = bucket(world, nightly_1=entries)
    judged, _ = read(cluster)
    found = judged.of("shop", "orders")
    assert found
    assert found.last_good
    assert (found.verdict.value, found.last_good.proof.value, found.last_offsite) == ("fresh", "same storage", None)
    assert found.last_good.cut_at
    assert found.last_good.cut_at.isoformat() == "2026-03-10T02:06:00+00:00"
    run = judged.backups[0]
    assert (run.covered, run.of, run.unknown, run.size) == (2, 2, 0, 20 << 30)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "fresh"),
        ({"result": "failed"}, "never: backup `nightly-1` (02:00 UTC, 10 h ago) has failed for it: Velero's list"),
        (
            {"skipped": True, "skippedReason": "not <satisfy> *it*; "},
            "never: backup `nightly-1` (02:00 UTC, 10 h ago) has skipped it: not " + plain("<satisfy> *it*;"),
        ),
        ({"result": None}, "fresh"),  # Velero before 1.15; all snapshots of this backup became ready
        ({"result": None, "csiSnapshotInfo": {"snapshotHandle": ""}}, "unknown: Velero's list of its volumes does not"),
        ({"result": "canceled"}, "unknown: Velero's list of its volumes does not say"),
        (
            {"pvName": "another"},
            "never: backup `nightly-1` (02:00 UTC, 10 h ago) has no data of it",
        ),  # an earlier claim's
        ({"pvcName": "other"}, "never: backup `nightly-1` (02:00 UTC, 10 h ago) has no data of it"),
        ({"startTimestamp": at(24 * 900)}, "never: backup `nightly-1` (02:00 UTC, 10 h ago) has no data of it"),
    ],
)
def test_what_the_list_says_of_a_claim(world: World, more: dict[str, Any], expected: str) -> None:
    one = entry(**{"pvName": volume_of(world, "orders"), **more})
    assert said(bucket(world, nightly_1=[one])).startswith(expected)


def test_a_snapshot_without_result_in_a_backup_that_lost_some_is_not_known(world: World) -> None:
    night(world, "nightly-2", 5, status={"csiVolumeSnapshotsAttempted": 2, "csiVolumeSnapshotsCompleted": 1})
    one = entry(pvName=volume_of(world, "orders"), result=None)
    assert said(bucket(world, nightly_1=[], nightly_2=[one])).startswith("unknown: Velero's list")


def test_a_failed_night_after_a_good_one_leaves_the_good_one(world: World) -> None:
    night(world, "nightly-0", 34)
    good, bad = entry(pvName=volume_of(world, "orders")), entry(pvName=volume_of(world, "orders"), result="failed")
    assert said(bucket(world, nightly_1=[bad], nightly_0=[good])) == "fresh"
    assert said(bucket(world, nightly_1=[bad], nightly_0=[bad])).startswith("never: ")


def test_a_failed_night_after_one_that_was_not_read_is_not_known(world: World) -> None:
    night(world, "nightly-0", 34)
    bad = entry(pvName=volume_of(world, "orders"), result="failed")
    cluster = bucket(world, nightly_1=[bad])
    assert said(cluster, limits={"volumeInfoBackups": 1}) == (
        "unknown: backup nightly-0 made snapshots, and Velero does not keep here of which claims"
    )


@pytest.mark.parametrize(
    ("lies_there", "expected"),
    [
        (NotFound("404"), "its list of volumes cannot be read: it has none: Velero before 1.13 writes none"),
        (
            Invalid("minio:9000 does not accept the signed address (403)"),
            "minio:9000 does not accept the signed address",
        ),
        (Unavailable("minio:9000 cannot be reached from the runner: its name cannot be resolved"), "cannot be reached"),
        (b"<html>", "its list of volumes cannot be read: it is no JSON"),
        (zipped(b"{"), "its list of volumes cannot be read: it is no JSON"),
        (packed({"a": 1}), "its list of volumes cannot be read: it is no list of volumes"),
        (packed([entry()])[:-9], "its list of volumes cannot be read: it is damaged: its end is missing"),
        (b"\x1f\x8b" + b"x" * 30, "its list of volumes cannot be read: it is damaged: it cannot be unpacked"),
        (zipped(b"0" * 17 * MIB), "it is larger than 16 MiB when it is unpacked"),
        (zipped(b"[" * 200_000), "its list of volumes cannot be read: it is no JSON"),
    ],
    ids=["none", "refused", "unreachable", "html", "half", "no-list", "cut", "damaged", "bomb", "deep"],
)
def test_a_list_that_cannot_be_read_leaves_the_claim_unknown_with_the_reason(
    world: World, lies_there: Any, expected: str
) -> None:
    cluster = bucket(world, nightly_1=lies_there)
    why = said(cluster)
    assert why.startswith("unknown: 2 of 2 snapshots were made; ")
    assert expected in why
    assert "Signature" not in why
    assert cluster.store.find(k.VELERO_DOWNLOAD) == []


def test_a_velero_that_is_silent_is_waited_for_once_and_the_request_is_taken_back(world: World) -> None:
    world.backup("weekly-1", 20, schedule="weekly", **TRACELESS)
    cluster = bucket(world)
    cluster.silent = True
    assert said(cluster) == (
        "unknown: 2 of 2 snapshots were made; its list of volumes cannot be read: Velero has not answered for 15 s"
    )
    assert cluster.reads.count("downloadrequests.velero.io") == 31  # two a second, for one backup only
    assert cluster.store.find(k.VELERO_DOWNLOAD) == []


def test_a_velero_that_refuses_is_not_waited_for() -> None:
    assert answer({"status": {"phase": "Failed", "message": "no artifacts"}}) == ("", "no artifacts")
    assert answer({"status": {"phase": "New"}}) == ("", "")
    assert answer({}) == ("", "")


def test_without_permission_the_others_are_not_asked_for_and_the_role_is_named(world: World) -> None:
    world.backup("weekly-1", 20, schedule="weekly", **TRACELESS)
    cluster = bucket(world)
    cluster.refuses = 'User "system:serviceaccount:mon:robusta" cannot create resource "downloadrequests"'
    judged, seen = read(cluster)
    assert set(seen.infos.values()) == {"the runner may not ask Velero for its list of volumes (downloadrequests)"}
    assert "permissions -n velero --allow backup-lists --account robusta --home mon" in (
        seen.unseen["downloadrequests.velero.io"].remedy
    )
    assert judged.blind == ()  # a claim with another good copy is judged all the same


def test_nothing_is_asked_unless_the_settings_say_so_and_then_the_next_step_is_told(world: World) -> None:
    cluster = bucket(world)
    wanted = settings()
    see = gather(cluster)
    seen = backups_of(cluster, wanted, see.claims)
    assert with_infos(cluster, wanted, see, seen) is seen
    found = judge(see, seen, (), wanted, "robusta").of("shop", "orders")
    assert found
    assert found.todo == "set `readVolumeInfos: true`: then it is read from where Velero's backups lie"


def test_each_list_is_read_once_by_the_tick_and_reports_take_what_is_known(world: World) -> None:
    cluster = bucket(world, nightly_1=[entry(pvName=volume_of(world, "orders"))])
    memory = Memory()
    assert read(cluster, memory, ask=False)[1].infos == {
        "uid-nightly-1": "its list of volumes was not read yet: `volume_backup_freshness` reads it"
    }
    for ask in (True, True, False):
        judged, _ = read(cluster, memory, ask=ask)
        found = judged.of("shop", "orders")
        assert found
        assert found.verdict.value == "fresh"
    assert cluster.asked == ["nightly-1"]


def test_the_newest_of_each_schedule_is_read_first_and_no_more_than_the_limit() -> None:
    world = World("orders")
    for number in range(9):
        night(world, f"nightly-{number}", 2 + number * 3)
    world.backup("weekly-1", 40, schedule="weekly", **TRACELESS)
    cluster = bucket(world, **{f"nightly_{n}": [] for n in range(9)}, weekly_1=[])
    read(cluster)
    assert cluster.asked == ["nightly-0", "weekly-1", "nightly-1", "nightly-2", "nightly-3"]


@pytest.mark.parametrize(
    "more",
    [
        {"created": 2},  # a storage location brought it back, perhaps from another cluster
        {"phase": "InProgress"},
        {"phase": "Failed"},
        {"spec": {"snapshotMoveData": True}},  # its DataUploads tell
        {"status": {}},
    ],
    ids=["synced", "running", "failed", "moved", "no-snapshots"],
)
def test_what_would_prove_nothing_is_not_read(more: dict[str, Any]) -> None:
    world = World("orders")
    night(world, **more)
    seen = backups_of(bucket(world), settings())
    assert worth_reading(seen, NOON, NOON - NOON) == []


@pytest.mark.needs(crds.NAME)
def test_the_request_is_what_velero_allows() -> None:
    backup = read_velero.backup(World("orders").backup("every-night-" + "x" * 230))
    made = infos_request(backup, "1")
    assert crds.problems(made) == []
    assert len(made["metadata"]["name"]) <= 253
    assert made["metadata"]["name"] != infos_request(backup, "2")["metadata"]["name"]


def test_the_signed_address_stands_in_nothing_that_is_kept(world: World) -> None:
    cluster = bucket(world, nightly_1=[entry(pvName=volume_of(world, "orders"))])
    memory = Memory()
    judged, seen = read(cluster, memory)
    assert "Signature" not in f"{judged!r}{seen!r}{memory!r}"


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*entry(), "volumeInfos"]), inner, max_size=6),
    max_leaves=15,
))  # fmt: skip
def test_whatever_stands_in_a_list_it_is_read_or_refused(text: Any) -> None:
    try:
        read_volume_infos(packed(text), MIB)
    except ValueError as error:
        assert "it is" in str(error)  # noqa: PT017 (most are read)
