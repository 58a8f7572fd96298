"""K8up and VolSync beside Velero: what they saved counts for the claim of that name, when it was cut after it was made."""

from typing import Any

import pytest

from backup_objects import NOON, World, settings
from robusta_volumes._analysis.backup_cover import ClaimCover
from robusta_volumes._analysis.backup_health import troubles
from robusta_volumes._cluster.backups import backups_of
from robusta_volumes._model import kind as k
from robusta_volumes._sandbox.other_backups import k8up_backup, k8up_schedule, k8up_snapshot, volsync_source

HOUR = 60.0


def of(world: World, claim: str = "orders") -> ClaimCover:
    found = world.judged().of("shop", claim)
    assert found
    return found


def said(world: World, claim: str = "orders") -> str:
    found = of(world, claim)
    return f"{found.verdict.value}: {found.why}" if found.why else found.verdict.value


def test_a_snapshot_of_k8up_proves_the_claim_whose_folder_it_holds() -> None:
    world = World()
    k8up_backup(world.b, "shop", 10 * HOUR, schedule="daily")
    k8up_snapshot(world.b, "shop", "orders", 10 * HOUR - 2)
    found = of(world)
    assert found.last_good
    assert (found.verdict.value, found.engines, found.last_good.method, found.last_good.owner) == (
        "fresh",
        ("k8up",),
        "restic",
        "daily",
    )
    run = world.judged().backups[0]
    assert (run.covered, run.of, [(m.title, m.proof.value) for m in run.missing]) == (
        1,
        2,
        [("shop/uploads", "metadata only")],
    )


def test_a_dump_that_an_application_wrote_is_no_copy_of_a_claim() -> None:
    world = World("orders")
    k8up_snapshot(world.b, "shop", "orders", HOUR)["spec"]["paths"] = ["/shop-orders.sql"]
    assert said(world) == "never: no backup schedule is for it"


def test_a_repository_in_a_volume_of_this_cluster_is_not_off_site() -> None:
    world = World("orders")
    k8up_snapshot(world.b, "shop", "orders", HOUR)["spec"]["repository"] = "/mnt/backups"
    found = of(world)
    assert (found.verdict.value, found.last_offsite) == ("fresh", None)


def test_what_was_cut_before_the_claim_was_made_is_of_an_earlier_one() -> None:
    world = World("orders", age=20 * HOUR)
    k8up_snapshot(world.b, "shop", "orders", 21 * HOUR)
    volsync_source(world.b, "shop", "orders", 21 * HOUR)
    assert said(world) == "new: it is too young to have one"


def test_a_run_of_k8up_that_failed_says_why() -> None:
    world = World("orders")
    k8up_backup(
        world.b, "shop", 10 * HOUR, "Failed", schedule="daily", message="the job has failed: BackoffLimitExceeded"
    )
    assert said(world).endswith("has failed for it: the job has failed: BackoffLimitExceeded")


def test_volsyncs_copy_was_cut_as_much_before_its_end_as_it_took() -> None:
    world = World("orders")
    volsync_source(world.b, "shop", "orders", 9 * HOUR)
    found = of(world).last_good
    assert found
    assert found.cut_at
    assert found.cut_at.isoformat() == "2026-03-10T02:57:48.500000+00:00"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"minutes": 9 * HOUR}, "fresh"),
        ({"minutes": 9 * HOUR, "result": "Failed", "logs": "Fatal: wrong password"}, "fresh"),  # yesterday's is there
        (
            {
                "minutes": None,
                "result": "Failed",
                "logs": "open repository\nFatal: s3:https://key:secret@host is away\nbye",
            },
            "never: backup `orders-backup` (11:55 UTC, 5 min ago) has failed for it: Fatal: s3:https://…@host is away",
        ),
        (
            {"minutes": 9 * HOUR, "mover": "rsyncTLS"},
            "unknown: a mirror by rsyncTLS: where it lies is not known here, and it keeps no history",
        ),
        (
            {"minutes": 90 * HOUR, "reason": "SyncInProgress"},
            "old: backup `orders-backup` (11:55 UTC, 5 min ago) has not saved it yet",
        ),
    ],
)
def test_what_is_said_of_a_claim_that_volsync_saves(source: dict[str, Any], expected: str) -> None:
    world = World("orders")
    volsync_source(world.b, "shop", "orders", source.pop("minutes"), **source)
    assert said(world) == expected


def test_their_schedules_are_watched_too() -> None:
    world = World("orders")
    k8up_schedule(world.b, "shop", cron="@daily-random")
    k8up_schedule(world.b, "shop", "nightly")
    volsync_source(world.b, "shop", "orders", 90 * HOUR)
    wanted = settings()
    assert [one.sentence for one in troubles(backups_of(world.cluster, wanted), wanted, NOON)] == [
        ("K8up's schedule `shop/daily` is on and has finished nothing for two intervals: it has never finished one"),
        ("K8up's schedule `shop/nightly` is on and has finished nothing for two intervals: it has never finished one"),
        (
            "VolSync's schedule `shop/orders-backup` is on and has finished nothing for two intervals: the last one that"
            " finished is of 2026-03-06 18:00 UTC, 3 d ago"
        ),
    ]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (k.K8UP_SNAPSHOT, "unknown: the runner may not list snapshots"),
        (k.VOLSYNC_SOURCE, "unknown: the runner may not list replicationsources"),
    ],
    ids=["k8up", "volsync"],
)
def test_where_their_copies_may_not_be_seen_the_answer_is_unknown(kind: k.Kind, expected: str) -> None:
    world = World("orders")
    world.denied = (kind.resource,)
    assert said(world) == expected


def test_where_they_are_not_installed_there_is_nothing_to_see() -> None:
    world = World("orders")
    world.absent = tuple(kind.resource for kind in k.BACKUP_KINDS)
    assert said(world) == "never: no backup schedule is for it"
    assert backups_of(world.cluster, settings()).installed == frozenset()


def test_which_schedule_saves_a_claim_is_known_of_all_tools() -> None:
    world = World("orders")
    k8up_schedule(world.b, "shop")
    assert said(world) == "never: schedule `daily` has saved nothing of it yet"
    alone = World("uploads")
    volsync_source(alone.b, "shop", "orders", None)
    assert said(alone, "uploads") == "never: no backup schedule is for it"
