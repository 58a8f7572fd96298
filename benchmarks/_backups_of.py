"""The backups of any number of claims for the benchmark: by thirds of the claims Velero's, snapshots, K8up's; one a night."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from _snapshots_of import _MANAGED, PAGE, SnapshotCluster, _page

from robusta_volumes._model import kind as k
from robusta_volumes._model.kind import Kind

_VELERO, _CSI, _K8UP = range(3)
_OF_CLAIMS = {k.CLAIM, k.VOLUME, k.SNAPSHOT, k.SNAPSHOT_CONTENT, k.VELERO_UPLOAD, k.K8UP_SNAPSHOT}
_GIB = 1 << 30


class BackupCluster(SnapshotCluster):
    """The cluster protocol over generated pages."""

    def __init__(self, claims: int, nights: int, now: datetime) -> None:
        """Give each claim one copy a night, the newest last night's."""
        super().__init__(claims, nights, now)

    def pages(self, kind: Kind) -> Iterator[bytes]:
        """Write the list of a kind, page by page."""
        start, items = time.process_time(), []
        for item in self._items(kind):
            items.append(item)
            if len(items) == PAGE:
                page, items = _page(items), []
                self.writing += time.process_time() - start
                yield page
                start = time.process_time()
        page = _page(items)
        self.writing += time.process_time() - start
        yield page

    def _items(self, kind: Kind) -> Iterator[str]:
        whole: dict[Kind, Callable[[], Iterator[str]]] = {
            k.VELERO_BACKUP: self._runs, k.VELERO_SCHEDULE: self._schedule, k.VELERO_LOCATION: self._location,
        }  # fmt: skip
        if kind in whole:
            yield from whole[kind]()
        each: dict[Kind, tuple[int | None, Callable[[int], Iterator[str]]]] = {
            k.CLAIM: (None, self._claim), k.VOLUME: (None, self._volume),
            k.SNAPSHOT: (_CSI, self._snapshots), k.SNAPSHOT_CONTENT: (_CSI, self._contents),
            k.VELERO_UPLOAD: (_VELERO, self._uploads), k.K8UP_SNAPSHOT: (_K8UP, self._saved),
        }  # fmt: skip
        third, write = each.get(kind, (None, lambda _: iter(())))
        for number in range(self.claims if kind in each else 0):
            if third is None or number % 3 == third:
                yield from write(number)

    def _moment(self, ago: int, minute: int) -> str:
        return f"{self._night(ago) + timedelta(minutes=minute):%Y-%m-%dT%H:%M}:07Z"

    def _runs(self) -> Iterator[str]:
        for ago in range(self.each):
            labels = {"velero.io/schedule-name": "nightly", "velero.io/storage-location": "default"}
            yield json.dumps(
                {
                    "metadata": {
                        "name": f"nightly-{ago}", "namespace": "velero", "uid": f"run-{ago}", "labels": labels,
                        "creationTimestamp": self._moment(ago, 0), "managedFields": _MANAGED,
                    },
                    "spec": {"snapshotMoveData": True, "storageLocation": "default", "ttl": "1440h0m0s"},
                    "status": {
                        "phase": "Completed", "startTimestamp": self._moment(ago, 0), "expiration": self._moment(ago - 61, 0),
                        "completionTimestamp": self._moment(ago, 90),
                    },
                }
            )  # fmt: skip

    def _schedule(self) -> Iterator[str]:
        spec = {"schedule": "0 2 * * *", "template": {"snapshotMoveData": True}}
        yield json.dumps({"metadata": {"name": "nightly", "namespace": "velero", "uid": "s"}, "spec": spec})

    def _location(self) -> Iterator[str]:
        about = {"name": "default", "namespace": "velero", "uid": "l"}
        yield json.dumps({"metadata": about, "spec": {"default": True}, "status": {"phase": "Available"}})

    def _uploads(self, number: int) -> Iterator[str]:
        space, name = self._where(number)
        for ago in range(self.each):
            labels = {
                "velero.io/backup-name": f"nightly-{ago}", "velero.io/backup-uid": f"run-{ago}",
                "velero.io/pvc-uid": f"claim-{number}", "velero.io/async-operation-id": f"du-{number}-{ago}",
            }  # fmt: skip
            status: dict[str, Any] = {
                "phase": "Completed", "node": "node-1", "path": "/host_pods/x", "snapshotID": f"{number:032x}",
                "startTimestamp": self._moment(ago, 2), "completionTimestamp": self._moment(ago, 9),
                "progress": {"bytesDone": 10 * _GIB, "totalBytes": 10 * _GIB},
            }  # fmt: skip
            yield json.dumps(
                {
                    "metadata": {
                        "name": f"nightly-{ago}-{number}", "namespace": "velero", "uid": f"du-{number}-{ago}",
                        "labels": labels, "creationTimestamp": self._moment(ago, 1), "managedFields": _MANAGED,
                    },
                    "spec": {
                        "sourceNamespace": space, "sourcePVC": name, "snapshotType": "CSI", "operationTimeout": "10m0s",
                        "backupStorageLocation": "default",
                    },
                    "status": status,
                }
            )  # fmt: skip

    def _saved(self, number: int) -> Iterator[str]:
        space, name = self._where(number)
        for ago in range(self.each):
            about = {"name": f"{number:06x}{ago:02x}", "namespace": space, "uid": f"k-{number}-{ago}"}
            about |= {"creationTimestamp": self._moment(ago, 5)}
            spec = {
                "date": self._moment(ago, 4), "id": f"{number:064x}", "paths": [f"/data/{name}"], "repository": "s3:http://s3/x"
            }  # fmt: skip
            yield json.dumps({"metadata": about, "spec": spec})
