"""Golden pages about snapshots, word for word: what people get at three in the morning. ``UPDATE_PAGES=1`` writes them anew."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import CreateSnapshots, PruneSnapshots, RestoreSnapshot
from robusta_volumes._model.errors import NotAllowed, QuotaExceeded
from robusta_volumes._model.plan import Create, Outcome
from robusta_volumes._model.settings import overridden
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page, Table, Text
from robusta_volumes._sandbox.builder import DAY, Builder
from robusta_volumes._workflows.pvc_snapshots import pvc_snapshots
from robusta_volumes._workflows.pvc_snapshots_create import create_pvc_snapshots
from robusta_volumes._workflows.pvc_snapshots_prune import prune_pvc_snapshots
from robusta_volumes._workflows.pvc_snapshots_restore import restore_pvc_snapshot
from snapshot_world import EBS, NIGHT, NIGHTLY, NOON, Nights, nightly, old_nights, one_night, settings

HERE = Path(__file__).parent
FOLDER = HERE / "pages" / "snapshots"
THROTTLED = "rpc error: code = Internal desc = snapshot of volume vol-1 is throttled"
NONE = settings()


def claim(name: str, trigger: Trigger = Trigger.MANUAL, namespace: str = "shop") -> Target:
    return Target(k.CLAIM.name, name, namespace, trigger=trigger)


def claim_of(snapshot: dict[str, Any]) -> str:
    return str(snapshot["spec"]["source"]["persistentVolumeClaimName"])


# --- nights: what the schedule says


def shop() -> Nights:
    """Three good nights of two claims; beside them one whose class has no snapshots, and one that holds no CSI volume."""
    w = Nights(NOON, ["orders", "files", "logs"])
    b = Builder(NOON - timedelta(days=1))
    b.storage_class("longhorn", "driver.longhorn.io")
    b.bound("shop", "search", "80Gi", "longhorn", "driver.longhorn.io")
    fonts = b.claim("shop", "fonts", "5Gi", "manual", phase="Bound", spec={"volumeName": "host-fonts"}, age=2 * DAY)
    b.volume("host-fonts", "5Gi", "manual", {"hostPath": {"path": "/srv/fonts"}}, owner=fonts, policy="Retain")
    w.cluster.store.take(b.objects)
    w.tick(NIGHTLY)
    for day in range(3):
        w.at(NIGHT + timedelta(days=day))
        w.tick(NIGHTLY)
    return w


def failed_night() -> Nights:
    """The fourth night: the quota refuses one, and another does not become ready."""
    w = shop()
    full = QuotaExceeded("exceeded quota: snapshots, used: 9, limited: 9", "raise the quota, or let old snapshots go")
    w.cluster.refuse = lambda o: full if claim_of(o) == "logs" else None
    w.ready = lambda o: claim_of(o) != "files" or o["metadata"]["creationTimestamp"] < "2026-03-05"
    w.at(NIGHT + timedelta(days=3))
    w.pages = []
    return w


def tick_cannot() -> Page:
    return shop().pages[0]


def tick_failed() -> Page:
    (page,) = failed_night().tick(NIGHTLY)
    return page


def after_that_night() -> Nights:
    """What failed was told; the driver tries on with the one that is not ready, and says why."""
    w = failed_night()
    w.tick(NIGHTLY)
    status = {"readyToUse": False, "error": {"message": THROTTLED}}
    for o in w.snapshots("files"):
        if not (o.get("status") or {}).get("readyToUse"):
            w.cluster.store.patch(k.SNAPSHOT, o["metadata"]["name"], "shop", {"status": status})
    w.move(minutes=5)
    assert w.tick(NIGHTLY) == []
    return w


def tick_paused() -> Page:
    w = Nights(NOON, ["data"])
    wanted = settings({"name": "hourly", "schedule": "0 * * * *"}, limits={"snapshotMinutes": 20})
    w.tick(wanted)
    w.ready = lambda _: False
    return w.ticks(wanted, hours=5, every=15)[-1]


def tick_late() -> Page:
    w = after_that_night()
    w.move(minutes=70)
    (page,) = w.tick(NIGHTLY)
    return page


def tick_recovered() -> Page:
    w = after_that_night()
    w.ready, w.cluster.refuse = lambda _: True, lambda _: None
    w.controller()
    w.move(minutes=5)
    (page,) = w.tick(NIGHTLY)
    return page


def tick_missed() -> Page:
    w = Nights(NOON, ["data"])
    w.tick(NIGHTLY)
    w.at(NIGHT + timedelta(days=2, hours=7))
    (page,) = w.tick(NIGHTLY)
    return page


def tick_blind() -> Page:
    w = shop()
    w.cluster.denied = frozenset([k.SNAPSHOT.resource])
    w.at(NIGHT + timedelta(days=3))
    (page,) = w.tick(NIGHTLY)
    return page


def tick_sighted() -> Page:
    w = shop()
    w.cluster.denied = frozenset([k.SNAPSHOT.resource])
    w.at(NIGHT + timedelta(days=3))
    w.tick(NIGHTLY)
    w.cluster.denied = frozenset()
    w.move(minutes=5)
    return w.tick(NIGHTLY)[0]


def tick_not_allowed() -> Page:
    w = shop()
    why = (
        'volumesnapshots.snapshot.storage.k8s.io is forbidden: User "system:serviceaccount:robusta:runner" cannot create '
        'resource "volumesnapshots" in API group "snapshot.storage.k8s.io" in the namespace "shop"'
    )
    w.cluster.refuse = lambda _: NotAllowed(why, "Allow it, in namespace shop:\nkubectl create role ...")
    w.at(NIGHT + timedelta(days=3))
    (page,) = w.tick(NIGHTLY)
    return page


# --- retention


def plan_first() -> Page:
    w, _ = old_nights(12)
    (page,) = w.tick(settings(nightly(retentionDays=9)))
    return page


def plan_refused() -> Page:
    w, _ = old_nights(12)
    (page,) = w.tick(settings(nightly(retentionDays=1)))
    return page


def _prune(days: int, **asked: Any) -> Page:
    w, _ = old_nights(12)
    oldest, second, *_ = w.snapshots()
    hold = {"metadata": {"labels": {"robusta-volumes.dev/hold": "true"}}}
    w.cluster.store.patch(k.SNAPSHOT, second["metadata"]["name"], "shop", hold)
    by_hand = {**oldest, "metadata": {"name": "before-upgrade", "namespace": "shop"}}
    w.cluster.store.create(by_hand)
    return prune_pvc_snapshots(w.cluster, overridden(PruneSnapshots(), asked), settings(nightly(retentionDays=days)))


def prune_not_allowed() -> Page:
    w, _ = old_nights(12)
    w.cluster.carry_out = lambda plan: [  # type: ignore[method-assign]  # a cluster that allows no deletion
        Outcome(
            s,
            error=NotAllowed("cannot delete volumesnapshots", "Allow it, in namespace shop:\nkubectl create role ..."),
        )
        for s in plan
    ]
    asked = overridden(PruneSnapshots(), {"dry_run": "false"})
    return prune_pvc_snapshots(w.cluster, asked, settings(nightly(retentionDays=9)))


# --- by hand


def create(w: Nights, **asked: Any) -> Page:
    def cut(_: float) -> None:
        """Let those become ready that may; the others are cut."""
        w.controller()
        for o in w.snapshots():
            if not (o.get("status") or {}).get("readyToUse"):
                status = {"creationTime": o["metadata"]["creationTimestamp"], "readyToUse": False}
                w.cluster.store.patch(k.SNAPSHOT, o["metadata"]["name"], "shop", {"status": status})

    return create_pvc_snapshots(w.cluster, overridden(CreateSnapshots(), asked), NONE, cut)


def create_mixed() -> Page:
    w = shop()
    w.ready = lambda o: claim_of(o) != "files"
    full = QuotaExceeded("exceeded quota: snapshots, used: 9, limited: 9", "raise the quota, or let old snapshots go")
    w.cluster.refuse = lambda o: full if claim_of(o) == "logs" else None
    return create(w, namespace="shop")


def create_other_driver() -> Page:
    w = shop()
    other = {"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotClass", "metadata": {"name": "ceph"}}
    w.cluster.store.create({**other, "driver": "rook-ceph.rbd.csi.ceph.com", "deletionPolicy": "Delete"})
    return create(w, name="orders", namespace="shop", snapshot_class="ceph")


def create_cut() -> Page:
    w = shop()
    w.ready = lambda o: o["metadata"]["creationTimestamp"] < "2026-03-05"
    w.at(NIGHT + timedelta(days=3, hours=9))
    return create(w, name="orders", namespace="shop")


def restore(*, wait: bool = False, new: str = "", gone: bool = False, dry: bool = True, bind: bool = True) -> Page:
    """Restore the night's snapshot; ``wait``: the class waits for the first pod."""
    w = one_night()
    mode = "WaitForFirstConsumer" if wait else "Immediate"
    w.cluster.store.patch(k.STORAGE_CLASS, "gp3", None, {"volumeBindingMode": mode})

    def provision(_: float) -> None:
        for o in w.cluster.store.find(k.CLAIM):
            if bind and not wait and o["metadata"]["name"] != "data":
                bound = {"phase": "Bound", "capacity": {"storage": "10Gi"}}
                w.cluster.store.patch(k.CLAIM, o["metadata"]["name"], "shop", {"status": bound})

    if not gone:
        made: dict[str, Any] = {"status": {"phase": "Pending"}}
        carry_out = w.cluster.carry_out

        def carry(plan: Any) -> list[Outcome]:
            found = carry_out(plan)
            for step in plan:
                if isinstance(step, Create):
                    w.cluster.store.patch(k.CLAIM, step.manifest["metadata"]["name"], "shop", made)
            return found

        w.cluster.carry_out = carry  # type: ignore[method-assign]  # a cluster that gives new claims their phase
    asked = RestoreSnapshot("gone" if gone else "data", "shop", new_name=new, dry_run=dry)
    return restore_pvc_snapshot(w.cluster, asked, NONE, provision)


# --- the report


def report(w: Nights, target: Target | None = None, wanted: Any = NIGHTLY) -> Page:
    return pvc_snapshots(w.cluster, target or Target(), wanted)


def bad_morning() -> Nights:
    """Seven in the morning after the night that failed; another claim was deleted, and Retain left something behind."""
    w = after_that_night()
    w.move(hours=5)
    for o in w.cluster.store.find(k.CLAIM):
        if o["metadata"]["name"] == "orders":
            w.cluster.store.patch(k.CLAIM, "orders", "shop", {"metadata": {"finalizers": None}})
    w.cluster.store.delete(k.CLAIM, "orders", "shop")
    ref = {"namespace": "shop", "name": "s", "uid": "gone"}
    spec = {"driver": EBS, "deletionPolicy": "Retain", "volumeSnapshotRef": ref}
    for name, status in (("left-1", {"restoreSize": 3 * 1024**3}), ("left-2", {})):
        content = {"apiVersion": k.SNAPSHOT_CONTENT.api_version, "kind": k.SNAPSHOT_CONTENT.name}
        w.cluster.store.create({**content, "metadata": {"name": name}, "spec": spec, "status": status})
    return w


def denied(*kinds: k.Kind) -> Nights:
    w = bad_morning()
    w.cluster.denied = frozenset(kind.resource for kind in kinds)
    return w


def absent() -> Nights:
    w = shop()
    w.cluster.absent = frozenset([k.SNAPSHOT.resource, k.SNAPSHOT_CLASS.resource, k.SNAPSHOT_CONTENT.resource])
    return w


def falls_behind() -> Page:
    """Two claims every five minutes, and one deletion with each tick."""
    often = {"name": "often", "schedule": "*/5 * * * *", "retentionDays": 1}
    wanted = settings(often, maxDeletePerRun=1)
    w = Nights(NOON, ["orders", "files"])
    w.tick(wanted)
    w.move(minutes=5)
    w.tick(wanted)
    w.move(minutes=1)
    return report(w, wanted=wanted)


def recorded(target: Target, wanted: Any = NIGHTLY) -> Page:
    """Report on the cluster that was recorded with the real snapshot controller."""
    return pvc_snapshots(MemoryCluster.from_dump(HERE / "clusters" / "after", name="recorded"), target, wanted)


PAGES: dict[str, Callable[[], Page]] = {
    "report-cluster": lambda: report(bad_morning()),
    "report-well": lambda: report(old_nights(3)[0]),
    "report-falls-behind": falls_behind,
    "report-no-schedule": lambda: report(shop(), wanted=NONE),
    "report-claim": lambda: report(old_nights(12)[0], claim("data")),
    "report-claim-late": lambda: report(bad_morning(), claim("files")),
    "report-claim-gone": lambda: report(bad_morning(), claim("orders")),
    "report-claim-unable": lambda: report(bad_morning(), claim("fonts")),
    "report-unseen": lambda: report(denied(k.SNAPSHOT_CONTENT, k.SNAPSHOT_CLASS, k.VOLUME)),
    "report-no-crds": lambda: report(absent()),
    "alert": lambda: report(shop(), claim("orders", Trigger.ALERT)),
    "alert-late": lambda: report(bad_morning(), claim("files", Trigger.ALERT)),
    "alert-no-schedule": lambda: report(Nights(NOON, ["data"]), claim("data", Trigger.ALERT), NONE),
    "alert-no-crds": lambda: report(absent(), claim("orders", Trigger.ALERT), NONE),
    "tick-cannot": tick_cannot,
    "tick-failed": tick_failed,
    "tick-late": tick_late,
    "tick-paused": tick_paused,
    "tick-recovered": tick_recovered,
    "tick-missed": tick_missed,
    "tick-blind": tick_blind,
    "tick-sighted": tick_sighted,
    "tick-not-allowed": tick_not_allowed,
    "plan-first": plan_first,
    "plan-refused": plan_refused,
    "prune-plan": lambda: _prune(9),
    "prune-nothing": lambda: _prune(30),
    "prune-done": lambda: _prune(9, dry_run="false"),
    "prune-refused": lambda: _prune(1, dry_run="false"),
    "prune-not-allowed": prune_not_allowed,
    "create-mixed": create_mixed,
    "create-cut": create_cut,
    "create-other-driver": create_other_driver,
    "create-plan": lambda: create(shop(), namespace="shop", dry_run="true"),
    "restore-plan": restore,
    "restore-done": lambda: restore(dry=False),
    "restore-waits-for-pod": lambda: restore(wait=True, dry=False),
    "restore-under-way": lambda: restore(dry=False, bind=False),
    "restore-name-taken": lambda: restore(new="data"),
    "restore-nothing-there": lambda: restore(gone=True),
    "recorded-cluster": lambda: recorded(Target()),
    "recorded-no-schedule": lambda: recorded(Target(), NONE),
    "recorded-claim": lambda: recorded(claim("data-orders-db-0")),
    "recorded-wrong-driver": lambda: recorded(claim("data-orders-db-1")),
    "recorded-not-csi": lambda: recorded(claim("missing-folder", namespace="broken")),
    "recorded-retained": lambda: recorded(claim("uploads")),
}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_reads_as_it_was_agreed(name: str) -> None:
    page = to_markdown(PAGES[name]())
    golden = FOLDER / f"{name}.md"
    if os.environ.get("UPDATE_PAGES"):
        golden.write_text(page)
    assert page == golden.read_text(), f"{golden} differs; look at the change, then UPDATE_PAGES=1"


def test_there_is_no_golden_page_that_nobody_checks() -> None:
    assert {file.stem for file in FOLDER.glob("*")} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_chat_and_no_trouble_comes_without_a_next_step(name: str) -> None:
    page = PAGES[name]()
    assert len(page.title) < 260
    texts = [block.markdown for block in page.blocks if isinstance(block, Text)]
    assert all(len(text) < 3000 and text.count("```") % 2 == 0 for text in texts)
    assert all(len(block.headers) <= 2 for block in page.blocks if isinstance(block, Table))
    if page.failure:
        assert "*Do this:*" in "\n".join(texts)
