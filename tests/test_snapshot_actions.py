"""Snapshots that a person asks for, and pruning by hand."""

from datetime import timedelta
from typing import Any

import pytest

from robusta_volumes._cluster.read_points import Around, snapshot_point
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import CreateSnapshots, PruneSnapshots
from robusta_volumes._model.errors import (
    ClusterError,
    NotAllowed,
    NotInstalled,
    QuotaExceeded,
    SettingsError,
    Unavailable,
)
from robusta_volumes._model.plan import Delete, Outcome
from robusta_volumes._model.settings import overridden
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.pvc_snapshots_create import create_pvc_snapshots
from robusta_volumes._workflows.pvc_snapshots_prune import prune_pvc_snapshots
from snapshot_world import NIGHT, NOON, Nights, nightly, old_nights, settings

NONE = settings()


def create(w: Nights, **asked: Any) -> Page:
    return create_pvc_snapshots(w.cluster, overridden(CreateSnapshots(), asked), NONE, lambda _: w.controller())


# --- creation


def test_one_claim_is_waited_for_and_called_ready_when_it_is() -> None:
    w = Nights(NOON, ["data"])
    page = create(w, name="data", namespace="shop")
    assert page.title == "Snapshot of shop/data is ready"
    assert page.severity.word == "info"
    (made,) = w.snapshots()
    assert made["metadata"]["name"].startswith("data-manual-")
    assert made["spec"] == {"volumeSnapshotClassName": "csi", "source": {"persistentVolumeClaimName": "data"}}
    assert made["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "robusta-volumes"


def test_what_is_only_cut_is_not_called_ready() -> None:
    w = Nights(NOON, ["data"])
    w.ready = lambda _: False

    def cut(_: float) -> None:
        for o in w.snapshots():
            status = {
                "creationTime": "2026-03-01T12:00:05Z",
                "readyToUse": False,
                "error": {"message": "uploading 12 %"},
            }
            w.cluster.store.patch(k.SNAPSHOT, o["metadata"]["name"], "shop", {"status": status})

    page = create_pvc_snapshots(w.cluster, CreateSnapshots("data", "shop"), NONE, cut)
    assert page.title == "Snapshot of shop/data is cut, not ready yet"
    assert 'the driver said "uploading 12 %", which it retries' in to_markdown(page)


def test_asked_twice_within_a_minute_it_is_one_snapshot_and_said_so() -> None:
    w = Nights(NOON, ["data"])
    create(w, name="data", namespace="shop")
    assert "was there already" in to_markdown(create(w, name="data", namespace="shop"))
    assert len(w.snapshots()) == 1


def test_of_several_one_that_fails_stops_no_other_and_comes_first() -> None:
    w = Nights(NOON, ["a", "b", "c", "d"])
    w.cluster.refuse = lambda o: quota() if o["spec"]["source"]["persistentVolumeClaimName"] == "c" else None
    page = create(w, namespace="shop")
    assert page.title == "Snapshots of namespace shop: 3 of 4 ready, 1 failed"
    assert page.severity.word == "high"
    rows = [line for line in to_markdown(page).splitlines() if line.startswith("| shop/")]
    assert rows[0] == "| shop/c | exceeded quota: snapshots |"
    assert "raise the quota" in to_markdown(page)


def quota() -> ClusterError:
    return QuotaExceeded("exceeded quota: snapshots", "raise the quota")


def test_a_write_of_which_nobody_knows_is_looked_for_before_it_is_called_failed() -> None:
    one, w = Nights(NOON, ["data"]), Nights(NOON, ["data"])
    create(one, name="data", namespace="shop")
    (made,) = one.snapshots()

    def broke(_: Any) -> ClusterError | None:
        w.cluster.store.create(made)
        return Unavailable("the connection broke off")

    w.cluster.refuse = broke
    assert create(w, name="data", namespace="shop").title == "Snapshot of shop/data is ready"


def test_the_plan_makes_nothing_and_its_button_makes_just_that() -> None:
    w = Nights(NOON, ["data"])
    page = to_markdown(create(w, name="data", namespace="shop", dry_run="true"))
    assert page.startswith("# Plan: take 1 snapshot of shop/data\n")
    assert "{'name': 'data', 'namespace': 'shop', 'dry_run': 'false'}" in page
    assert w.snapshots() == []


def test_what_cannot_be_snapshotted_says_why_and_makes_nothing() -> None:
    w = Nights(NOON, ["data"])
    page = create(w, name="data", namespace="shop", snapshot_class="cis")
    assert page.title == 'No snapshot of shop/data was made: snapshot class "cis" does not exist'
    assert "use class `csi`" in to_markdown(page)
    assert w.snapshots() == []


def test_without_permission_there_is_one_command_for_all_namespaces() -> None:
    w = Nights(NOON, ["a", "b"])
    w.cluster.refuse = lambda _: NotAllowed("cannot create volumesnapshots", "...")
    page = to_markdown(create(w, namespace="shop"))
    assert page.count("permissions -n shop --allow snapshots | kubectl apply -f -") == 1


def test_a_claim_that_is_not_there_is_told_with_the_nearest_name() -> None:
    assert "data" in to_markdown(create(Nights(NOON, ["data"]), name="dta", namespace="shop"))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "action param name is needed, or a namespace, or a selector: of which claims?"),
        ({"name": "data"}, "action param namespace is needed: where is the claim?"),
        ({"name": "data", "namespace": "shop", "retain": "forever"}, 'retain must be "schedule" or nothing'),
        ({"name": "data", "namespace": "shop", "wait": 600}, "wait must be at most 90 seconds"),
    ],
)
def test_what_is_asked_wrong_is_said(asked: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        create(Nights(NOON, ["data"]), **asked)


def test_without_the_snapshot_kinds_one_error_says_what_to_install() -> None:
    w = Nights(NOON, ["data"])
    w.cluster.absent = frozenset({k.SNAPSHOT.resource})
    with pytest.raises(NotInstalled):
        create(w, name="data", namespace="shop")


def test_made_by_hand_it_stays_and_with_retain_it_ages_like_a_schedules() -> None:
    w = Nights(NOON, ["data"])
    create(w, name="data", namespace="shop")
    w.move(minutes=1)
    create(w, name="data", namespace="shop", retain="schedule")
    w.move(minutes=1)
    create(w, name="data", namespace="shop", retain="schedule")
    week = settings(nightly(), retentionDays=7)
    w.tick(week)
    w.ticks(week, hours=24 * 10, every=120)
    left = [snapshot_point(o, Around(w.now, timedelta(1), timedelta(1))) for o in w.snapshots()]
    by_hand = [p for p in left if not p.schedule]
    assert sorted(p.follows_schedule for p in by_hand) == [False, True]  # the last good one of those that age stays


# --- pruning


def prune(w: Nights, on: Any, **asked: Any) -> Page:
    return prune_pvc_snapshots(w.cluster, overridden(PruneSnapshots(), asked), on)


def test_a_dry_run_gives_a_reason_for_every_snapshot_and_deletes_none() -> None:
    w, _ = old_nights(8)
    page = to_markdown(prune(w, settings(nightly(retentionDays=5))))
    assert page.startswith('# Prune of "nightly": would remove 2 of 8 snapshots (dry run)\n')
    assert page.count(",stays,within the time to keep,") == 6
    assert page.count(",goes,older than the time to keep,") == 2
    assert "[ Remove these 2 now ] prune_pvc_snapshots {'dry_run': 'false'}" in page
    assert len(w.snapshots()) == 8


def test_the_real_run_removes_what_the_plan_said_oldest_first() -> None:
    w, _ = old_nights(8)
    page = prune(w, settings(nightly(retentionDays=5)), dry_run="false")
    assert page.title == 'Prune of "nightly": removed 2 snapshots'
    assert w.slots()[0] == "20260304T0200Z"
    assert len(w.slots()) == 6


def test_what_looks_like_a_mistake_wants_a_confirmation() -> None:
    w, _ = old_nights(8)
    strict = settings(nightly(retentionDays=1))
    assert "6 of the 8 good ones of shop/data would go" in to_markdown(prune(w, strict, dry_run="false"))
    assert len(w.snapshots()) == 8
    assert "run it again with `confirm=true`" in to_markdown(prune(w, strict))
    prune(w, strict, dry_run="false", confirm="true")
    assert w.slots() == ["20260308T0200Z", "20260309T0200Z"]


def test_the_most_of_one_run_holds_by_hand_too() -> None:
    w, _ = old_nights(8)
    page = to_markdown(prune(w, settings(nightly(retentionDays=5), maxDeletePerRun=1), dry_run="false"))
    assert page.startswith('# Prune of "nightly": removed 1 snapshot\n')
    assert "1 more to go: run it again." in page


def test_those_made_by_hand_go_only_when_that_is_said() -> None:
    w = Nights(NOON, ["data"])
    for _ in range(3):
        create(w, name="data", namespace="shop")
        w.move(minutes=1)
    w.move(days=40)
    assert "would remove 0 of 3" in prune(w, NONE).title
    assert "would remove 2 of 3" in prune(w, NONE, by_hand="true").title


def test_a_schedule_that_is_not_there_is_told_with_the_nearest_name() -> None:
    with pytest.raises(SettingsError, match="did you mean nightly"):
        prune(Nights(NIGHT, []), settings(nightly()), schedule="nighly")


def test_after_three_refusals_the_rest_is_left_alone_and_the_first_says_why() -> None:
    w, _ = old_nights(12)
    tried = []

    def refuse(plan: Any) -> list[Outcome]:
        tried.extend(plan)
        return [
            Outcome(step, error=NotAllowed("cannot delete volumesnapshots", "Allow it\nsome command")) for step in plan
        ]

    w.cluster.carry_out = refuse  # type: ignore[method-assign]  # a cluster that allows no deletion
    page = to_markdown(prune(w, settings(nightly(retentionDays=7)), dry_run="false"))
    assert len(tried) == 3
    assert all(isinstance(step, Delete) and step.uid and step.resource_version for step in tried)
    assert "*Do this:* Allow it\n```some command```" in page


def test_of_another_namespace_nothing_is_touched() -> None:
    w, _ = old_nights(8)
    assert "would remove 0 of 0" in prune(w, settings(nightly(retentionDays=5)), namespace="db").title
