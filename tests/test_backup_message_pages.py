"""Golden pages of what is said when backups are made, deleted, restored and tested. ``UPDATE_PAGES=1`` writes them anew."""

import os
import re
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import restore_world
import test_backup_verify as trial
import test_backup_verify_after as after
import test_backup_verify_lost as lost
import test_backup_verify_never as never
import test_snapshot_verify_lost as lost_snapshot
from backup_world import Velero, settings
from robusta_volumes._cluster.state import State
from robusta_volumes._engines.velero_write import SCHEDULE_NAME
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked_restores import RestoreBackup
from robusta_volumes._model.errors import NotAllowed, Refused
from robusta_volumes._model.settings import overridden
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page, Table, Text
from robusta_volumes._workflows.volume_backups_restore import restore_volume_backup
from robusta_volumes._workflows.volume_backups_verify_tick import verify_tick
from snapshot_verify_world import SnapshotWorld

FOLDER = Path(__file__).parent / "pages" / "backup-messages"
TICKS, KEPT = settings(mode="ticks"), settings()
PARIS = settings(mode="ticks", claims=["shop/data"], timeZone="Europe/Paris")
SHOP: dict[str, Any] = {"namespace": "shop"}
FIRST, SECOND, THIRD = (datetime(2026, 3, day, 2, 1, tzinfo=UTC) for day in (2, 3, 4))
AWAY = {"status": {"phase": "Unavailable", "message": "AccessDenied: Access Denied"}}
FORBIDDEN = (
    'backups.velero.io is forbidden: User "system:serviceaccount:robusta:runner" cannot create resource "backups" in API '
    'group "velero.io" in the namespace "velero"'
)


# --- by hand


def with_nfs() -> Velero:
    """Beside the claims on EBS one whose driver makes no snapshots."""
    w = Velero()
    w.b.bound("shop", "fonts", "5Gi", "nfs", "nfs.csi.k8s.io")
    w.cluster.store.take(w.b.objects[-2:])
    return w


def create(w: Velero | None = None, wanted: Any = None, **asked: Any) -> Page:
    return (w or Velero()).create(wanted, **{**SHOP, **asked})


def hollow() -> Velero:
    w = Velero()
    w.outcome = lambda claim: "" if claim["metadata"]["name"] == "files" else "Failed"
    return w


def asleep() -> Velero:
    w = Velero()
    w.up = False
    return w


def whole(phase: str) -> Velero:
    w = Velero()
    w.phase = phase
    w.outcome = lambda _: ""
    return w


def away() -> Velero:
    w = Velero()
    w.cluster.store.patch(k.VELERO_LOCATION, "default", "velero", AWAY)
    return w


def classless() -> Velero:
    w = Velero()
    w.cluster.store.delete(k.SNAPSHOT_CLASS, "csi", None)
    return w


def refusing(*, forbidden: bool = False, before: bool = False) -> Velero:
    w = Velero()
    if before:
        w.cluster.forbidden = frozenset({("create", k.VELERO_BACKUP.resource)})
    elif forbidden:
        w.cluster.refuse = lambda _: NotAllowed(FORBIDDEN, "Allow it, in namespace velero:\nkubectl create role ...")
    else:
        w.cluster.refuse = lambda _: Refused("admission webhook denied it: no backups on Sundays", "Ask its owner.")
    return w


# --- the schedule


def first_slot(wanted: Any = KEPT, w: Velero | None = None, at: datetime = FIRST) -> Page:
    w = w or Velero()
    w.tick(wanted)
    w.at(at)
    return w.tick(wanted)[-1]


def told(wanted: Any = TICKS) -> Velero:
    """The plan was told at the first slot; the second one has come."""
    w = Velero()
    first_slot(wanted, w)
    w.move(minutes=5)
    w.tick(wanted)
    w.at(SECOND)
    return w


def kept() -> Velero:
    """The Schedule was made, and its first night is over."""
    w = told(KEPT)
    w.tick(KEPT)
    w.serve()
    w.move(minutes=5)
    assert w.tick(KEPT) == []
    return w


def night(outcome: Callable[[Any], str], phase: str = "") -> Velero:
    """After a good night one that was not."""
    w = told()
    w.tick(TICKS)
    w.serve()
    w.at(THIRD)
    w.outcome, w.phase = outcome, phase
    w.tick(TICKS)
    w.serve()
    w.move(minutes=5)
    return w


def tick_failed() -> Page:
    def word(claim: Any) -> str:
        return {"data": "Failed", "files": ""}.get(claim["metadata"]["name"], "Completed")

    return night(word).tick(TICKS)[-1]


def tick_recovered() -> Page:
    w = night(lambda claim: "Failed" if claim["metadata"]["name"] == "data" else "Completed")
    w.tick(TICKS)
    w.outcome = lambda _: "Completed"
    w.at(THIRD + timedelta(days=1))
    w.tick(TICKS)
    w.serve()
    w.move(minutes=5)
    return w.tick(TICKS)[-1]


def tick_not_picked_up() -> Page:
    w = told()
    w.tick(TICKS)
    w.move(minutes=5)
    return w.tick(TICKS)[-1]


def tick_stuck() -> Page:
    w = told()
    w.tick(TICKS)
    moved = w.begin()
    pages: list[Page] = []
    for step in range(6):
        w.move(minutes=5)
        moved(1 << 20 if step < 3 else 0)
        pages += w.tick(TICKS)
    return pages[-1]


def tick_too_long() -> Page:
    w = told()
    w.tick(TICKS)
    moved = w.begin()
    pages: list[Page] = []
    for _ in range(90):
        w.move(minutes=5)
        moved(1 << 20)
        pages += w.tick(TICKS)
    return pages[-1]


def tick_missed() -> Page:
    w = told()
    w.tick(TICKS)
    w.serve()
    w.at(SECOND + timedelta(days=3))
    return w.tick(TICKS)[-1]


def tick_started_refused() -> Page:
    w = told()
    w.cluster.refuse = refusing().cluster.refuse
    return w.tick(TICKS)[-1]


def tick_nothing_made() -> Page:
    w = kept()
    w.at(THIRD + timedelta(minutes=20))
    return w.tick(KEPT)[-1]


def changed(spec: Any) -> Page:
    w = kept()
    w.cluster.store.patch(k.VELERO_SCHEDULE, SCHEDULE_NAME, "velero", {"spec": spec})
    w.move(minutes=5)
    return w.tick(KEPT)[-1]


def drift_gone() -> Page:
    w = kept()
    w.cluster.store.delete(k.VELERO_SCHEDULE, SCHEDULE_NAME, "velero")
    return w.tick(KEPT)[-1]


def not_ours() -> Page:
    w = Velero()
    meta = {"name": SCHEDULE_NAME, "namespace": "velero"}
    made = {"apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": meta}
    w.cluster.store.create({**made, "spec": {"schedule": "@daily", "template": {}}})
    return w.tick(KEPT)[-1]


def no_permission() -> Velero:
    w = Velero()
    w.cluster.forbidden = frozenset({("create", k.VELERO_SCHEDULE.resource)})
    return w


def nights(w: Velero, wanted: Any) -> Page:
    """Tick for two days."""
    for _ in range(24):
        w.move(hours=2)
        w.tick(wanted)
    return w.pages[-1]


def tick_allowed_again() -> Page:
    w = no_permission()
    nights(w, KEPT)
    w.cluster.forbidden = frozenset()
    w.move(minutes=5)
    return w.tick(KEPT)[-1]


def tick_away() -> Page:
    w = told()
    w.tick(TICKS)
    w.serve()
    w.cluster.store.patch(k.VELERO_LOCATION, "default", "velero", AWAY)
    return nights(w, TICKS)


# --- deleting


def month(wanted: Any = TICKS) -> Velero:
    w = told()
    for _ in range(6):
        w.tick(wanted)
        w.serve()
        w.move(days=1)
    return w


def prune(**asked: Any) -> Page:
    return month().prune(**asked)


def prune_refused_by_velero() -> Page:
    w = month()
    w.cluster.refuse = lambda o: refusing().cluster.refuse(o) if o["kind"] == "DeleteBackupRequest" else None
    return w.prune(keep_last=4, dry_run=False)


def prune_not_allowed() -> Page:
    w = month()
    w.cluster.forbidden = frozenset({("create", k.VELERO_DELETE.resource)})
    return w.prune(keep_last=4, dry_run=False)


def prune_tick_refused() -> Page:
    w = month()
    w.tick(few := settings(mode="ticks", keepLast=2))
    w.at(w.now.replace(hour=2, minute=1))
    for _ in range(3):
        w.tick(few)
        w.serve()
        w.move(days=1)
    return w.pages[-1]


# --- restoring


def shop(**more: Any) -> restore_world.VeleroWorld:
    return restore_world.VeleroWorld(labels=trial.LABELS, **more)


def restore(w: restore_world.VeleroWorld | None = None, **params: Any) -> Page:
    given = {"name": "data", "namespace": "shop", "into_namespace": "shop-restored", **params}
    w = w or shop()
    return restore_volume_backup(w.cluster, overridden(RestoreBackup(), given), restore_world.settings(), w.sleep)


def ended(*phase: str, **more: Any) -> restore_world.VeleroWorld:
    w = shop()
    w.finish = lambda: w.restored(*phase, **more)
    return w


def lacking() -> restore_world.VeleroWorld:
    w = ended("Completed")
    w.claims.pop("data")
    return w


def without_data() -> Page:
    w = shop()
    later = w.velero.backup(60, schedule="nightly")
    w.velero.upload(later, w.claims["data"], phase="Failed", message="no space left in bucket")
    return restore(w, backup=later["metadata"]["name"])


def by_pod() -> Page:
    w = shop()
    pod = w.b.pod("shop", "web-0", ["uploads"])
    w.velero.pod_volume(w.velero.backup(60, schedule="nightly"), w.claims["uploads"], pod)
    return restore(w, name="uploads")


def restore_away() -> Page:
    w = shop()
    w.velero.location("default", phase="Unavailable", message="bucket is gone")
    return restore(w)


def never_saved() -> Page:
    w = shop()
    w.b.bound("shop", "cache", "1Gi", "gp3", "ebs.csi.aws.com")
    return restore(w, name="cache")


# --- testing


def tried(folder: Path, files: int = 3, block: Any = None, **params: Any) -> Page:
    return trial.verify(trial.world(folder, files), block, **{"dry_run": False, **params})


def failed_restore(folder: Path) -> Page:
    w = trial.world(folder)
    w.finish = lambda: w.restored("PartiallyFailed", errors=1, failureReason="the mover was killed")
    return trial.verify(w, dry_run=False)


def under_way(folder: Path, minutes: int = 0) -> Page:
    w = trial.world(folder)
    w.finish = lambda: None
    page = trial.verify(w, dry_run=False)
    w.cluster._now += timedelta(minutes=minutes)  # noqa: SLF001 (a test's clock)
    if minutes:
        (page,) = verify_tick(w.cluster, restore_world.settings(), w.state, trial.tools(w), "p")
    return page


def no_image(folder: Path) -> Page:
    w = trial.world(folder)
    waiting = {"reason": "ImagePullBackOff", "message": "no"}
    w.pods.stuck = {"phase": "Pending", "containerStatuses": [{"name": "look", "state": {"waiting": waiting}}]}
    return trial.verify(w, dry_run=False)


def not_deleted(folder: Path) -> Page:
    w = trial.world(folder)
    w.use(trial.Sticky)
    return trial.verify(w, dry_run=False)


def somebody_there(folder: Path) -> Page:
    w = trial.world(folder)
    meta = {"name": "somebody", "namespace": trial.SCRATCH}
    w.cluster.store.create({**w.claims["data"], "metadata": meta})
    return trial.verify(w, dry_run=False)


def swept(folder: Path) -> Page:
    (page,) = lost.tick(lost.lost(folder), lost.LATER)
    return page


def swept_afterwards(folder: Path) -> Page:
    w, claim, _ = after.given_up(folder)
    w.cluster.store.create(claim)
    (page,) = after.tick(w)
    return page


def swept_not(folder: Path) -> Page:
    w = lost.lost(folder)
    sticky = trial.Sticky(now=w.cluster.now() + lost.LATER)
    sticky.store = w.cluster.store
    (page,) = verify_tick(sticky, restore_world.settings(), State(sticky, "robusta"), trial.tools(w), "p")
    return page


def left_out(folder: Path, **more: Any) -> Page:
    return never.slot(never.saved(trial.world(folder, **more), 2, "100Gi"))[0]


def of_snapshot(folder: Path, files: int = 3, forbidden: str = "", **params: Any) -> Page:
    w = SnapshotWorld(folder, files)
    w.cluster.forbidden = frozenset({forbidden})
    return w.verify(**params)


def snapshot_under_way(folder: Path, minutes: int = 0) -> Page:
    w = SnapshotWorld(folder)
    w.restores = False
    page = w.verify()
    return w.tick(minutes=minutes)[0] if minutes else page


def snapshot_gone(folder: Path) -> Page:
    w = SnapshotWorld(folder)
    w.cluster.store.delete(k.SNAPSHOT, "data-600", "shop", uid="uid-data-600")
    return w.verify()


def of_a_folder(make: Callable[[Path], Page]) -> Callable[[], Page]:
    def page() -> Page:
        with tempfile.TemporaryDirectory() as folder:
            return make(Path(folder))

    return page


TESTS: dict[str, Callable[[Path], Page]] = {
    "verify-plan": lambda folder: tried(folder, dry_run=True),
    "verify-proven": tried,
    "verify-command-passed": lambda folder: tried(folder, block={"command": ["sh", "-c", "echo checked"]}),
    "verify-command-failed": lambda folder: tried(
        folder, block={"command": ["sh", "-c", "echo page 7 is broken; exit 1"]}
    ),
    "verify-empty": lambda folder: tried(folder, 0),
    "verify-failed": failed_restore,
    "verify-under-way": under_way,
    "verify-too-long": lambda folder: under_way(folder, 61),
    "verify-no-image": no_image,
    "verify-not-deleted": not_deleted,
    "verify-not-empty": somebody_there,
    "verify-too-large": lambda folder: tried(folder, block={"maxSize": "5Gi"}),
    "verify-no-namespace": lambda folder: tried(folder, block={"namespace": "nowhere"}),
    "verify-left-out": left_out,
    "verify-none-testable": lambda folder: left_out(folder, reclaim="Retain"),
    "verify-far-fewer": lambda _: after.far_fewer(),
    "verify-being-deleted": lambda folder: trial.verify(after.held_by_a_finalizer(folder), dry_run=False),
    "verify-swept-afterwards": swept_afterwards,
    "verify-swept": swept,
    "verify-swept-not": swept_not,
    "verify-snapshot-plan": lambda folder: of_snapshot(folder, dry_run=True),
    "verify-snapshot-proven": of_snapshot,
    "verify-snapshot-empty": lambda folder: of_snapshot(folder, 0),
    "verify-snapshot-not-allowed": lambda folder: of_snapshot(folder, forbidden="pods"),
    "verify-snapshot-under-way": snapshot_under_way,
    "verify-snapshot-too-long": lambda folder: snapshot_under_way(folder, 61),
    "verify-snapshot-none": snapshot_gone,
    "verify-snapshot-swept": lambda folder: lost_snapshot.lost(folder).tick(minutes=lost_snapshot.LATER)[0],
}

PAGES: dict[str, Callable[[], Page]] = {
    "create-plan": lambda: create(with_nfs(), dry_run=True),
    "create-plan-claim": lambda: create(name="data", dry_run=True),
    "create-done": create,
    "create-hollow": lambda: create(hollow()),
    "create-waits": lambda: create(asleep()),
    "create-failed": lambda: create(whole("Failed")),
    "create-refused-by-velero": lambda: create(whole("FailedValidation")),
    "create-location-away": lambda: create(away()),
    "create-nothing-in-it": lambda: create(classless()),
    "create-webhook": lambda: create(refusing()),
    "create-forbidden": lambda: create(refusing(forbidden=True)),
    "create-no-permission": lambda: create(refusing(before=True)),
    "create-no-velero": lambda: create(Velero(installed=False, absent=["backups.velero.io"])),
    "create-nothing-there": lambda: create(namespace="empty"),
    "tick-plan": first_slot,
    "tick-plan-ticks": lambda: first_slot(PARIS, at=FIRST - timedelta(hours=1)),
    "tick-plan-csi": lambda: first_slot(settings(engine="csi")),
    "tick-failed": tick_failed,
    "tick-failed-whole": lambda: night(lambda _: "", "Failed").tick(TICKS)[-1],
    "tick-recovered": tick_recovered,
    "tick-not-picked-up": tick_not_picked_up,
    "tick-stuck": tick_stuck,
    "tick-too-long": tick_too_long,
    "tick-missed": tick_missed,
    "tick-webhook": tick_started_refused,
    "tick-nothing-made": tick_nothing_made,
    "tick-drift": lambda: changed({"template": {"ttl": "24h0m0s"}, "schedule": "0 9 * * *"}),
    "tick-drift-gone": drift_gone,
    "tick-paused": lambda: changed({"paused": True}),
    "tick-not-ours": not_ours,
    "tick-no-permission": lambda: nights(no_permission(), KEPT),
    "tick-allowed-again": tick_allowed_again,
    "tick-no-velero": lambda: nights(Velero(installed=False, absent=["backups.velero.io"]), KEPT),
    "tick-blind": lambda: nights(Velero(denied=["backups.velero.io"]), KEPT),
    "tick-location-away": tick_away,
    "tick-wrong-mode": lambda: nights(Velero(), settings(claims=["shop/data"])),
    "prune-plan": lambda: prune(keep_last=4),
    "prune-nothing": lambda: prune(keep_last=6),
    "prune-done": lambda: prune(keep_last=4, dry_run=False),
    "prune-refused": lambda: prune(keep_last=2, dry_run=False),
    "prune-webhook": prune_refused_by_velero,
    "prune-not-allowed": prune_not_allowed,
    "prune-tick-refused": prune_tick_refused,
    "restore-plan": restore,
    "restore-plan-all": lambda: restore(restore_world.VeleroWorld()),
    "restore-started": lambda: restore(dry_run=False),
    "restore-waits-for-pod": lambda: restore(ended("WaitingForPluginOperations", bound=False), dry_run=False),
    "restore-done": lambda: restore(ended("Completed"), dry_run=False),
    "restore-pending": lambda: restore(ended("Completed", bound=False), dry_run=False),
    "restore-partly": lambda: restore(
        ended("PartiallyFailed", errors=1, failureReason="data download failed: timeout"), dry_run=False
    ),
    "restore-claim-lacks": lambda: restore(lacking(), dry_run=False),
    "restore-there-already": lambda: restore(into_namespace=""),
    "restore-without-data": without_data,
    "restore-by-pod": by_pod,
    "restore-location-away": restore_away,
    "restore-never-saved": never_saved,
    "restore-wrong-name": lambda: restore(name="dato"),
    **{name: of_a_folder(make) for name, make in TESTS.items()},
}


def steady(text: str) -> str:
    """Take out what real processes and a real disk decide: names of pods, seconds, and bytes."""
    text = re.sub(r"volume-contents-[0-9a-f]{12}", "volume-contents-x", text)
    return re.sub(r"\d+ s(?=\.)", "4 s", re.sub(r"[\d,]+ bytes", "12,288 bytes", text))


@pytest.mark.parametrize("name", PAGES)
def test_the_page_reads_as_it_was_agreed_fits_a_chat_and_names_a_next_step(name: str) -> None:
    page = PAGES[name]()
    shown = steady(to_markdown(page))
    golden = FOLDER / f"{name}.md"
    if os.environ.get("UPDATE_PAGES"):
        golden.write_text(shown)
    texts = [block.markdown for block in page.blocks if isinstance(block, Text)]
    tables = [block for block in page.blocks if isinstance(block, Table)]
    assert len(page.title) <= 240
    assert all(len(text) < 3000 and text.count("```") % 2 == 0 for text in texts)
    assert all(len(table.headers) <= 3 for table in tables)
    assert not page.failure or "*Do this:*" in "\n".join(texts)
    assert shown == golden.read_text(), f"{golden} differs; look at the change, then UPDATE_PAGES=1"


def test_there_is_no_golden_page_that_nobody_checks() -> None:
    assert {file.stem for file in FOLDER.glob("*.md")} == set(PAGES)
