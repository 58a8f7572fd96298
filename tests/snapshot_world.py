"""A cluster with claims, a snapshot controller that follows a script, and a clock that a test moves."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.plan import Create, Outcome
from robusta_volumes._model.settings import read_settings
from robusta_volumes._model.snapshot_schedule import PvcSnapshots
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._workflows.pvc_snapshot_schedule import pvc_snapshot_schedule

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 2, 2, 1, tzinfo=UTC)
EBS = "ebs.csi.aws.com"
Object = dict[str, Any]


def settings(*schedules: Object, **more: Any) -> PvcSnapshots:
    """Read the block as a values file gives it."""
    block = {"schedules": list(schedules), **more}
    found = read_settings({"persistentVolumeWorkflows": {"pvcSnapshots": block}})
    assert not found.problems, found.problems
    return found.pvc_snapshots


def nightly(**more: Any) -> Object:
    return {"name": "nightly", "schedule": "0 2 * * *", **more}


class Refusing(MemoryCluster):
    """A cluster that refuses some creations."""

    refuse: Callable[[Object], ClusterError | None] = staticmethod(lambda _: None)

    def carry_out(self, plan: Any) -> list[Outcome]:
        """Refuse what the test wants refused."""
        found = []
        for step in plan:
            error = self.refuse(dict(step.manifest)) if isinstance(step, Create) else None
            found += [Outcome(step, error=error)] if error else super().carry_out([step])
        return found


class Nights:
    """The world: ``ready`` says of each snapshot whether it becomes ready."""

    def __init__(self, start: datetime, claims: list[str], *, driver: str = EBS) -> None:
        b = Builder(start - timedelta(days=1))
        b.storage_class("gp3", driver)
        for name in claims:
            b.bound("shop", name, "10Gi", "gp3", driver)
        b.add("VolumeSnapshotClass", "csi", api="snapshot.storage.k8s.io/v1", driver=driver, deletionPolicy="Delete")
        self.cluster = Refusing(b.objects, name="prod", now=start)
        self.ready: Callable[[Object], bool] = lambda _: True
        self.pages: list[Page] = []

    @property
    def now(self) -> datetime:
        return self.cluster.now()

    def move(self, **by: float) -> None:
        self.cluster._now += timedelta(**by)  # noqa: SLF001 (a test's clock)

    def at(self, when: datetime) -> None:
        self.cluster._now = when  # noqa: SLF001 (a test's clock)

    def controller(self) -> None:
        """Do what the snapshot controller and the driver do, for those that the script lets become ready."""
        for o in self.cluster.store.find(k.SNAPSHOT):
            if (o.get("status") or {}).get("readyToUse") or not self.ready(o):
                continue
            meta = o["metadata"]
            content = f"snapcontent-{meta['uid']}"
            self.cluster.store.create(
                {
                    "apiVersion": k.SNAPSHOT_CONTENT.api_version,
                    "kind": k.SNAPSHOT_CONTENT.name,
                    "metadata": {"name": content},
                    "spec": {"volumeSnapshotRef": {"name": meta["name"], "namespace": "shop", "uid": meta["uid"]}},
                }
            )
            status = {
                "readyToUse": True,
                "creationTime": meta["creationTimestamp"],
                "boundVolumeSnapshotContentName": content,
                "restoreSize": "10Gi",
            }
            self.cluster.store.patch(k.SNAPSHOT, meta["name"], meta["namespace"], {"status": status, "error": None})

    def tick(self, wanted: PvcSnapshots, process: str = "p1") -> list[Page]:
        """One tick; while it waits, the controller works."""
        state = State(self.cluster, "robusta")
        pages = pvc_snapshot_schedule(self.cluster, wanted, state, process, lambda _: self.controller())
        self.pages += pages
        return pages

    def ticks(self, wanted: PvcSnapshots, *, hours: float, every: float = 5) -> list[Page]:
        """Tick every so many minutes for so long; give what was said."""
        said = []
        for _ in range(int(hours * 60 / every)):
            self.move(minutes=every)
            said += self.tick(wanted)
        return said

    def snapshots(self, claim: str = "") -> list[Object]:
        found = self.cluster.store.find(k.SNAPSHOT)
        return [o for o in found if claim in {"", o["spec"]["source"]["persistentVolumeClaimName"]}]

    def slots(self, claim: str = "") -> list[str]:
        return sorted(o["metadata"]["labels"]["robusta-volumes.dev/slot"] for o in self.snapshots(claim))


def text(pages: list[Page]) -> str:
    return "\n".join(to_markdown(page) for page in pages)


def old_nights(days: int, **schedule: Any) -> tuple[Nights, Any]:
    """A world in which so many nights were served, and retention was agreed on long ago."""
    w = Nights(NOON, ["data"])
    kept = settings(nightly(retentionDays=3650, **schedule))
    w.tick(kept)
    for day in range(days):
        w.at(NIGHT + timedelta(days=day))
        w.tick(kept)
    assert len(w.slots()) == days
    return w, kept


NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 2, 2, 1, tzinfo=UTC)
NIGHTLY = settings(nightly())


def one_night() -> Nights:
    """Give a cluster in which the schedule has taken one good snapshot of shop/data."""
    w = Nights(NOON, ["data"])
    w.tick(NIGHTLY)
    w.at(NIGHT)
    w.tick(NIGHTLY)
    for o in w.cluster.store.find(k.SNAPSHOT_CONTENT):
        spec = {**o["spec"], "driver": EBS, "sourceVolumeMode": "Filesystem"}
        w.cluster.store.patch(k.SNAPSHOT_CONTENT, o["metadata"]["name"], None, {"spec": spec})
    w.move(hours=5)
    return w
