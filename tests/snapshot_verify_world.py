"""A cluster without Velero: a shop whose claims have snapshots, and a driver that restores them while somebody waits."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from restore_world import settings
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked_restores import VerifyBackup
from robusta_volumes._model.errors import NotAllowed
from robusta_volumes._model.plan import Delete, Outcome, Step
from robusta_volumes._model.settings import overridden
from robusta_volumes._model.times import UTC
from robusta_volumes._report.page import Page
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.pod_runner import PodRunner
from robusta_volumes._workflows.volume_backups_trial import Tools
from robusta_volumes._workflows.volume_backups_verify import verify_volume_backup
from robusta_volumes._workflows.volume_backups_verify_tick import verify_tick

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EBS = "ebs.csi.aws.com"
Object = dict[str, Any]
_TOOLS = ("velero.io", "k8up.io", "volsync.backube")


class Limited(MemoryCluster):
    """A cluster in which the runner may read all, and may not do anything else to some kinds."""

    forbidden: frozenset[str] = frozenset()
    before_delete: Callable[[Delete], None] = staticmethod(lambda _: None)  # what somebody else does just then

    def allowed(self, verb: str, kind: k.Kind, namespace: str | None = None, name: str = "") -> bool:
        """Refuse what is forbidden."""
        return kind.resource not in self.forbidden and super().allowed(verb, kind, namespace, name)

    def carry_out(self, plan: Sequence[Step]) -> list[Outcome]:
        """Refuse to delete what is forbidden."""
        found = []
        for step in plan:
            if isinstance(step, Delete):
                self.before_delete(step)
            if isinstance(step, Delete) and step.kind.resource in self.forbidden:
                found.append(Outcome(step, error=NotAllowed("cannot delete", "Allow it.")))
            else:
                found += super().carry_out([step])
        return found


class SnapshotWorld:
    """Namespace shop with the claims data and uploads, each with a snapshot of last night; no backup tool is installed."""

    def __init__(
        self, folder: Path, files: int = 3, *, wait: bool = False, reclaim: str = "Delete", tools: bool = False
    ) -> None:
        for number in range(files):
            (folder / f"{number}.dat").write_bytes(b"x" * 4096)
        b = self.b = Builder(NOON)
        b.add("Namespace", "shop", status={"phase": "Active"})
        b.storage_class("gp3", EBS, policy=reclaim, wait=wait)
        self.claims = {name: b.bound("shop", name, "10Gi", "gp3", EBS) for name in ("data", "uploads")}
        for claim in self.claims.values():
            self.snapshot(claim)
        absent = [] if tools else [kind.resource for kind in k.BACKUP_KINDS if kind.group in _TOOLS]
        self.cluster = Limited(b.objects, name="shop-prod", now=NOON, absent=absent)
        self.pods = PodRunner(self.cluster.store, folders={("shop", "data"): folder, ("shop", "uploads"): folder})
        self.cluster.written = self.pods.logs
        self.restores = True  # whether the driver does its work

    def snapshot(self, claim: Object, minutes: float = 600, **meta: Any) -> Object:
        """Add a snapshot that is ready."""
        name = f"{claim['metadata']['name']}-{minutes:.0f}"
        self.b.add(
            "VolumeSnapshotContent",
            f"content-{name}",
            api="snapshot.storage.k8s.io/v1",
            spec={
                "driver": EBS,
                "sourceVolumeMode": "Filesystem",
                "deletionPolicy": "Delete",
                "volumeSnapshotRef": {"name": name, "namespace": "shop", "uid": f"uid-{name}"},
            },
        )
        made = self.b.add(
            "VolumeSnapshot",
            name,
            "shop",
            api="snapshot.storage.k8s.io/v1",
            spec={"source": {"persistentVolumeClaimName": claim["metadata"]["name"]}},
            status={
                "readyToUse": True,
                "creationTime": self.b.at(minutes),
                "restoreSize": "10Gi",
                "boundVolumeSnapshotContentName": f"content-{name}",
            },
        )
        made["metadata"] |= {"uid": f"uid-{name}", "creationTimestamp": self.b.at(minutes), **meta}
        return made

    def sleep(self, seconds: float) -> None:
        """Let time pass, in which the driver and the kubelet work."""
        self.later(seconds=seconds)
        if self.restores:
            self.driver()
        self.pods.step()
        time.sleep(0.02 if self.pods.manifests else 0)

    def later(self, **by: float) -> None:
        self.cluster._now += timedelta(**by)  # noqa: SLF001 (a test's clock)

    def driver(self) -> None:
        """Give each claim that is made from a snapshot its volume; one that waits for a pod, when it has one."""
        store = self.cluster.store
        mode = store.get(k.STORAGE_CLASS, "gp3")["volumeBindingMode"]
        for claim in self.made(k.CLAIM):
            meta = claim["metadata"]
            if mode == "WaitForFirstConsumer" and not self.made(k.POD):
                continue
            if (claim.get("status") or {}).get("phase") != "Bound":
                status = {"phase": "Bound", "capacity": {"storage": "10Gi"}}
                store.patch(k.CLAIM, meta["name"], meta["namespace"], {"status": status})

    def made(self, kind: k.Kind) -> list[Object]:
        """List what is there beside what the world began with."""
        return [o for o in self.cluster.store.find(kind, "shop") if o["metadata"]["name"] not in self.claims]

    @property
    def left(self) -> list[str]:
        """Name what a test has made."""
        return [o["metadata"]["name"] for kind in (k.CLAIM, k.POD) for o in self.made(kind)]

    @property
    def state(self) -> State:
        return State(self.cluster, "robusta")

    def verify(self, block: Object | None = None, **params: Any) -> Page:
        asked = overridden(VerifyBackup(), {"name": "data", "namespace": "shop", "dry_run": False, **params})
        found = settings(verify=block or {})
        tools = Tools(found.verify, "busybox", sleep=self.sleep)
        return verify_volume_backup(self.cluster, asked, found, self.state, tools)

    def tick(self, block: Object | None = None, **after: float) -> list[Page]:
        self.later(**after)
        found = settings(verify=block or {})
        return verify_tick(self.cluster, found, self.state, Tools(found.verify, "busybox", sleep=self.sleep), "p")
