"""A cluster of any number of claims and snapshots for the benchmarks: pages of JSON that are written as they are asked for."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._cluster import read
from robusta_volumes._cluster.wire import identified
from robusta_volumes._engines.csi_snapshots import snapshot_manifest
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import NotFound
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.plan import Create, Outcome, Patch, Step

CSI = "ebs.csi.aws.com"
CLAIMS_OF_A_NAMESPACE = 50
PAGE = 500  # objects, as the runner asks for them
_BOUND = "snapshot.storage.kubernetes.io/volumesnapshot-bound-protection"


class SnapshotCluster:
    """The cluster protocol over generated pages; ``writing`` is the CPU that the pages cost to write, not to read."""

    name = "bench"

    def __init__(self, claims: int, snapshots: int, now: datetime) -> None:
        """Give each claim so many snapshots, one a night, the newest last night's."""
        self.claims, self.each, self.noon = claims, snapshots, now
        self.writing = 0.0
        self.bytes = self.objects = 0
        self.kept: dict[str, Any] | None = None  # our ConfigMap
        self.asked: list[str] = []

    def now(self) -> datetime:
        """Give the time at which the benchmark is played."""
        return self.noon

    def pages(self, kind: Kind) -> Iterator[bytes]:
        """Write the list of a kind, page by page."""
        write: dict[Kind, Callable[[int], Iterator[str]]] = {
            k.CLAIM: self._claim,
            k.VOLUME: self._volume,
            k.SNAPSHOT: self._snapshots,
            k.SNAPSHOT_CONTENT: self._contents,
        }
        if kind == k.SNAPSHOT_CLASS:
            csi = {"metadata": {"name": "csi", "uid": "class"}, "driver": CSI, "deletionPolicy": "Delete"}
            yield json.dumps({"metadata": {}, "items": [csi]}).encode()
            return
        start, items = time.process_time(), []
        for number in range(self.claims):
            for item in write[kind](number):
                items.append(item)
                if len(items) == PAGE:
                    page = _page(items)
                    items = []
                    self.writing += time.process_time() - start
                    yield page
                    start = time.process_time()
        page = _page(items)
        self.writing += time.process_time() - start
        if items:
            yield page

    def find(
        self,
        kind: Kind,
        namespace: str | None = None,  # noqa: ARG002 (the protocol's)
        *,
        labels: str = "",  # noqa: ARG002 (the protocol's; all snapshots are ours)
        fields: str = "",  # noqa: ARG002 (the protocol's)
        slim: Callable[[dict[str, Any]], Any] | None = None,
    ) -> list[Any]:
        """List a kind as the live cluster does: each object is given up as soon as it is slim."""
        self.asked.append(kind.plural)
        found = []
        for page in self.pages(kind):
            self.bytes += len(page)
            items = json.loads(page)["items"]
            self.objects += len(items)
            items.reverse()
            while items:
                item = identified(kind, items.pop())
                found.append(slim(item) if slim else item)
        return found

    def get(self, kind: Kind, name: str, namespace: str | None = None) -> dict[str, Any]:
        """Read our ConfigMap; nothing else is asked for by name."""
        if kind != k.CONFIG_MAP or self.kept is None:
            raise NotFound(f"{namespace}/{name}", "")
        return self.kept

    def allowed(self, verb: str, kind: Kind, namespace: str | None = None, name: str = "") -> bool:  # noqa: ARG002 (the protocol's)
        """Allow all."""
        return True

    def carry_out(self, plan: Sequence[Step]) -> list[Outcome]:
        """Keep our ConfigMap, refuse what a quiet tick must not do."""
        for step in plan:
            if isinstance(step, Create) and step.manifest["kind"] == "ConfigMap":
                self.kept = {**step.manifest, "metadata": {**step.manifest["metadata"], "resourceVersion": "1"}}
            elif isinstance(step, Patch) and step.kind == k.CONFIG_MAP and self.kept:
                self.kept["binaryData"] = {**self.kept["binaryData"], **step.changes["binaryData"]}
            else:
                raise SystemExit(f"the benchmark's cluster was asked to write: {step.why}")
        return [Outcome(step, {}) for step in plan]

    def _where(self, number: int) -> tuple[str, str]:
        return f"team-{number // CLAIMS_OF_A_NAMESPACE:03}", f"data-db-{number}"

    def _night(self, ago: int) -> datetime:
        return self.noon.replace(hour=2, minute=0) - timedelta(days=ago)

    def _claim(self, number: int) -> Iterator[str]:
        space, name = self._where(number)
        yield json.dumps(
            {
                "metadata": {
                    "name": name, "namespace": space, "uid": f"claim-{number}", "labels": {"app": name},
                    "creationTimestamp": "2025-01-01T00:00:00Z", "finalizers": ["kubernetes.io/pvc-protection"],
                },
                "spec": {
                    "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}},
                    "storageClassName": "gp3", "volumeMode": "Filesystem", "volumeName": f"pvc-{number}",
                },
                "status": {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "10Gi"}},
            }
        )  # fmt: skip

    def _volume(self, number: int) -> Iterator[str]:
        space, name = self._where(number)
        yield json.dumps(
            {
                "metadata": {"name": f"pvc-{number}", "uid": f"volume-{number}"},
                "spec": {
                    "capacity": {"storage": "10Gi"}, "csi": {"driver": CSI, "volumeHandle": f"vol-{number:017}"},
                    "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Delete",
                    "claimRef": {"kind": "PersistentVolumeClaim", "namespace": space, "name": name, "uid": f"claim-{number}"},
                    "storageClassName": "gp3", "volumeMode": "Filesystem",
                },
                "status": {"phase": "Bound"},
            }
        )  # fmt: skip

    def _snapshots(self, number: int) -> Iterator[str]:
        space, name = self._where(number)
        claim = read.claim({"metadata": {"name": name, "namespace": space, "uid": f"claim-{number}"}})
        for ago in range(self.each):
            slot = self._night(ago)
            made = snapshot_manifest(claim, "nightly", slot, "csi")
            uid, cut = f"snap-{number}-{ago}", f"{slot:%Y-%m-%dT%H:%M}:09Z"
            made["metadata"] |= {
                "uid": uid, "resourceVersion": str(number), "creationTimestamp": f"{slot:%Y-%m-%dT%H:%M}:03Z",
                "finalizers": [_BOUND], "generation": 1, "managedFields": _MANAGED,
            }  # fmt: skip
            made["status"] = {
                "boundVolumeSnapshotContentName": f"snapcontent-{uid}", "creationTime": cut, "readyToUse": True,
                "restoreSize": "10Gi",
            }  # fmt: skip
            yield json.dumps(made)

    def _contents(self, number: int) -> Iterator[str]:
        space, _ = self._where(number)
        for ago in range(self.each):
            uid = f"snap-{number}-{ago}"
            cut = int(self._night(ago).timestamp() + 9) * 1_000_000_000
            yield json.dumps(
                {
                    "metadata": {
                        "name": f"snapcontent-{uid}", "uid": f"content-{number}-{ago}", "finalizers": [_BOUND],
                        "creationTimestamp": "2025-01-01T00:00:00Z", "managedFields": _MANAGED,
                    },
                    "spec": {
                        "deletionPolicy": "Delete", "driver": CSI, "volumeSnapshotClassName": "csi",
                        "source": {"volumeHandle": f"vol-{number:017}"}, "sourceVolumeMode": "Filesystem",
                        "volumeSnapshotRef": {"kind": "VolumeSnapshot", "name": uid, "namespace": space, "uid": uid},
                    },
                    "status": {
                        "creationTime": cut, "readyToUse": True, "restoreSize": 10 << 30, "snapshotHandle": f"{uid}-handle",
                    },
                }
            )  # fmt: skip


def _page(items: list[str]) -> bytes:
    return ('{"metadata":{},"items":[' + ",".join(items) + "]}").encode()


_MANAGED = [
    {
        "manager": manager, "operation": "Update", "apiVersion": k.SNAPSHOT.api_version, "fieldsType": "FieldsV1",
        "fieldsV1": {f"f:{part}": {".": {}, "f:a": {}, "f:b": {}, "f:c": {}} for part in ("metadata", "spec", "status")},
    }
    for manager in ("robusta", "snapshot-controller")
]  # fmt: skip
