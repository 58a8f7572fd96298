"""The kubelet of the sandbox: a pod of ours runs as a real process, over a folder that stands for its claim."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import at
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.errors import NotFound
from robusta_volumes._model.kind import CLAIM, POD, SNAPSHOT
from robusta_volumes._model.ours import BENCHMARKS, INSPECTS
from robusta_volumes._model.times import UTC, parse_time
from robusta_volumes._sandbox.api_logs import PodLogs
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._sandbox.stepping import Stepping

_Key = tuple[str, str]


@dataclass
class PodRunner(Stepping):
    """Starts the pods that look into volumes or try them, ends them at their deadline, and keeps their logs after that.

    ``folders``: what stands for a claim, by namespace and name; ``fresh``: below it a new claim gets a folder when it is bound.
    ``stuck``: the status that pods get instead of a start.
    """

    store: Store
    access: Access = field(default_factory=Access)
    folders: dict[_Key, Path] = field(default_factory=dict)
    stuck: Object = field(default_factory=dict)
    fresh: Path | None = None
    programs: str = ""  # a folder of programs that stand before those of this machine
    slow: bool = False  # what was started does not end
    logs: dict[_Key, str] = field(default_factory=dict)
    manifests: list[Object] = field(default_factory=list)  # of all that were made, in order

    def __post_init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self._running: dict[_Key, subprocess.Popen[bytes]] = {}

    @property
    def routes(self) -> list[web.RouteDef]:
        """Give the route of logs, to hand to the API server."""
        return PodLogs(self.access, self.logs).routes

    def step(self) -> None:
        """Move each pod by one stage."""
        ours = [*self.store.find(POD, labels=INSPECTS), *self.store.find(POD, labels=BENCHMARKS)]
        pods = {_key(pod): pod for pod in ours}
        for key in [key for key in self._running if key not in pods]:
            _end(self._running.pop(key))  # it was deleted
        for key, pod in pods.items():
            phase = (pod.get("status") or {}).get("phase") or "Pending"
            if phase == "Pending" and key not in self._running:
                self._start(key, pod)
            elif phase == "Running" and key in self._running:
                self._follow(key, pod)

    def close(self) -> None:
        """End what still runs."""
        while self._running:
            _end(self._running.popitem()[1])

    def _start(self, key: _Key, pod: Object) -> None:
        if self.stuck:
            self._status(key, self.stuck)
            return
        spec = pod["spec"]
        folder = self._folder(key[0], _claim(spec))
        if folder is None:
            return
        self.manifests.append(pod)
        command = ["sleep", "3600"] if self.slow else _here(spec, folder)
        env = {"PATH": f"{self.programs}:{os.environ.get('PATH', os.defpath)}".lstrip(":")}
        self._running[key] = subprocess.Popen(  # noqa: S603 (that is what it is for)
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env
        )
        self._status(key, {"phase": "Running", "containerStatuses": [{"name": _name(pod), "state": {"running": {}}}]})

    def _folder(self, namespace: str, claim: str) -> Path | None:
        """Find what stands for a claim; one that was restored and is bound holds what its snapshot was taken of."""
        if (namespace, claim) in self.folders:
            return self.folders[namespace, claim]
        try:
            found = self.store.get(CLAIM, claim, namespace)
            if self.fresh and BENCHMARKS in (at(found, "metadata", "labels") or {}):
                return self._new(namespace, claim) if at(found, "status", "phase") == "Bound" else None
            snapshot = self.store.get(SNAPSHOT, str(at(found, "spec", "dataSource", "name")), namespace)
        except NotFound:
            return None
        source = str(at(snapshot, "spec", "source", "persistentVolumeClaimName"))
        return self.folders.get((namespace, source)) if at(found, "status", "phase") == "Bound" else None

    def _new(self, namespace: str, claim: str) -> Path:
        """Make the empty volume of a claim; it stays where it is when the claim goes, so that tests see what was left in it."""
        folder = (self.fresh or Path()) / namespace / claim
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _follow(self, key: _Key, pod: Object) -> None:
        process = self._running[key]
        made = parse_time(pod["metadata"]["creationTimestamp"])
        late = made is not None and (self.store.clock() - made).total_seconds() > pod["spec"]["activeDeadlineSeconds"]
        if late:
            process.kill()
        elif self.slow:
            return
        out, _ = process.communicate(timeout=60)
        self.logs[key] = out.decode("utf-8", "replace")
        del self._running[key]
        when = self.store.clock().astimezone(UTC).isoformat()
        ended = {"terminated": {"finishedAt": when, "exitCode": process.returncode}}
        status: Object = {"phase": "Succeeded", "containerStatuses": [{"name": _name(pod), "state": ended}]}
        if late:
            status |= {"phase": "Failed", "reason": "DeadlineExceeded"}
        elif process.returncode:
            status |= {"phase": "Failed"}
        self._status(key, status)

    def _status(self, key: _Key, status: Object) -> None:
        self.store.patch(POD, key[1], key[0], {"status": status})


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.communicate()


def _key(pod: Object) -> _Key:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]


def _name(pod: Object) -> str:
    return str(pod["spec"]["containers"][0]["name"])


def _claim(spec: Object) -> str:
    return str(spec["volumes"][0]["persistentVolumeClaim"]["claimName"])


def _here(spec: Object, folder: Path) -> list[str]:
    """Write the command of the pod's container for this machine."""
    (container,) = spec["containers"]
    (mount,) = container["volumeMounts"]
    return [str(folder) if word == mount["mountPath"] else word for word in container["command"]]
