"""What the sandbox's Velero gives out: a signed address for each DownloadRequest, and a server on loopback behind it.

Written after Velero 1.18 (download_request_controller, internal/volume). One kind is served: BackupVolumeInfos.
"""

import gzip
import json
import secrets
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import at
from robusta_volumes._model import kind as k
from robusta_volumes._model.times import UTC, parse_time
from robusta_volumes._sandbox.velero_bucket import Bucket, Saved
from robusta_volumes._sandbox.velero_movers import phase_of

_VALID = timedelta(minutes=10)
_METHODS = {"moved": "CSISnapshot", "snapshot": "CSISnapshot", "files": "PodVolumeBackup"}


class FileServer:
    """Serves files to whoever has the signature; a context manager."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}  # by path
        self.asked: list[tuple[str, int]] = []  # (path, status)
        self.signature = secrets.token_hex(16)
        server = self._server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.answer(self)

            def log_message(self, *_: Any) -> None:
                """Write no log: the address is a secret."""

        server.RequestHandlerClass = Handler
        server.daemon_threads = True
        self._thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def signed(self, path: str, body: bytes) -> str:
        """Put a file, and give the address that lets it be read."""
        self.files[path] = body
        return f"{self.url}{path}?X-Amz-Expires=600&X-Amz-Signature={self.signature}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Serve one request."""
        place = urlsplit(request.path)
        allowed = parse_qs(place.query).get("X-Amz-Signature") == [self.signature]
        body = self.files.get(place.path, b"") if allowed else b"<Error><Code>AccessDenied</Code></Error>"
        status = (200 if place.path in self.files else 404) if allowed else 403
        self.asked.append((place.path, status))
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def __enter__(self) -> "FileServer":  # noqa: PYI034 (typing.Self is new in 3.11)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Downloads:
    """The part of the server that answers DownloadRequests; without files it is silent, as one without a bucket."""

    def __init__(self, bucket: Bucket, files: FileServer | None) -> None:
        self.bucket, self.files, self.store = bucket, files, bucket.store

    def step(self) -> None:
        """Answer new requests, and delete those whose address has expired."""
        if self.files is None:
            return
        for request in self.store.find(k.VELERO_DOWNLOAD, self.bucket.namespace):
            expires = parse_time(at(request, "status", "expiration"))
            if expires and expires < self.store.clock():
                self.store.delete(k.VELERO_DOWNLOAD, request["metadata"]["name"], self.bucket.namespace)
            elif phase_of(request) in {"", "New"}:
                self._sign(request, self.files)

    def _sign(self, request: Object, files: FileServer) -> None:
        name = str(at(request, "spec", "target", "name"))
        stored = self.bucket.get(name)
        path = f"/bucket/backups/{name}/{name}-volumeinfo.json.gz"
        expires = (self.store.clock().astimezone(UTC) + _VALID).strftime("%Y-%m-%dT%H:%M:%SZ")
        if stored is None:
            self.bucket.hands.status(request, expiration=expires)  # Velero goes on looking for the backup
            return
        infos = [volume_info(saved) for saved in stored.claims.values()]
        url = files.signed(path, gzip.compress(json.dumps(infos).encode()))
        self.bucket.hands.status(request, phase="Processed", downloadURL=url, expiration=expires)


def volume_info(saved: Saved) -> Object:
    """Write the entry of one claim, as Velero does."""
    meta, volume = saved.manifest["metadata"], str(at(saved.manifest, "spec", "volumeName") or "")
    entry: Object = {
        "pvcName": meta["name"],
        "pvcNamespace": meta["namespace"],
        "pvName": volume,
        "snapshotDataMoved": saved.how == "moved",
        "preserveLocalSnapshot": saved.how == "snapshot",
        "skipped": not saved.how,
        "pvInfo": {"reclaimPolicy": "Delete", "labels": {}},
    }
    if not saved.how:
        return {**entry, "skippedReason": "not satisfy the criteria for VolumePolicy or the legacy snapshot way; "}
    entry |= {"backupMethod": _METHODS[saved.how], "result": "succeeded"}
    if saved.how == "snapshot":
        entry["csiSnapshotInfo"] = {
            "snapshotHandle": f"snap-{meta['uid']}",
            "size": 1 << 30,
            "driver": "csi",
            "vscName": "c",
        }
    return entry
