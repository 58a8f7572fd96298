"""Ephemeral containers in the sandbox: what the API server allows, and the kubelet that runs ours as real processes."""

import os
import subprocess

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import at, blocks
from robusta_volumes._model.kind import POD
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_status import invalid
from robusta_volumes._sandbox.pod_runner import PodRunner
from robusta_volumes._sandbox.stepping import Stepping

_SECONDS = 60


class EphemeralRunner(Stepping):
    """Runs the containers that are added to pods, over the folders and logs of a `PodRunner`.

    ``stuck``: the state that they get instead of a start. ``manifests``: all that were run.
    """

    def __init__(self, kubelet: PodRunner) -> None:
        super().__init__()
        self.kubelet = kubelet
        self.stuck: Object = {}
        self.manifests: list[Object] = []

    def step(self) -> None:
        """Run what was added since."""
        for pod in self.kubelet.store.find(POD):
            known = {s.get("name") for s in blocks(pod, "status", "ephemeralContainerStatuses")}
            for container in blocks(pod, "spec", "ephemeralContainers"):
                if container.get("name") not in known:
                    self._run_in(pod, dict(container))

    def _run_in(self, pod: Object, container: Object) -> None:
        meta, state = pod["metadata"], self.stuck
        if not state:
            self.manifests.append(container)
            self.kubelet.logs[meta["namespace"], meta["name"]] = self._output(pod, container)
            now = self.kubelet.store.clock().astimezone(UTC).isoformat()
            state = {"terminated": {"exitCode": 0, "finishedAt": now}}
        old = blocks(pod, "status", "ephemeralContainerStatuses")
        new = [*old, {"name": container["name"], "state": state}]
        status: Object = {"status": {"ephemeralContainerStatuses": new}}
        self.kubelet.store.patch(POD, meta["name"], meta["namespace"], status)

    def _output(self, pod: Object, container: Object) -> str:
        (mount,) = container["volumeMounts"]
        (volume,) = (v for v in blocks(pod, "spec", "volumes") if v.get("name") == mount["name"])
        claim = str(at(volume, "persistentVolumeClaim", "claimName"))
        folder = str(self.kubelet.folders[pod["metadata"]["namespace"], claim])
        command = [folder if word == mount["mountPath"] else word for word in container["command"]]
        env = {"PATH": os.environ.get("PATH", os.defpath)}
        done = subprocess.run(  # noqa: S603 (that is what it is for)
            command, stdin=subprocess.DEVNULL, capture_output=True, env=env, timeout=_SECONDS, check=False
        )
        return (done.stdout + done.stderr).decode("utf-8", "replace")


def added_to(old: Object, new: Object) -> Object:
    """Add containers to a pod, which is all that its subresource does: none is changed, none is taken out again.

    Raises StatusError: 422.
    """
    before, after = (list(blocks(o, "spec", "ephemeralContainers")) for o in (old, new))
    name = str(old["metadata"]["name"])
    if after[: len(before)] != before:
        text = "Forbidden: existing ephemeral containers may not be removed or changed"
        raise invalid(POD, name, [("spec.ephemeralContainers", "FieldValueForbidden", text)])
    volumes = {v.get("name") for v in blocks(old, "spec", "volumes")}
    for number, container in enumerate(after[len(before) :], start=len(before)):
        field = f"spec.ephemeralContainers[{number}]"
        if "resources" in container:
            raise invalid(
                POD, name, [(f"{field}.resources", "FieldValueForbidden", "cannot be set for an Ephemeral Container")]
            )
        for mount in blocks(container, "volumeMounts"):
            if mount.get("name") not in volumes:
                text = f'Not found: "{mount.get("name")}"'
                raise invalid(POD, name, [(f"{field}.volumeMounts[0].name", "FieldValueNotFound", text)])
            if mount.get("subPath"):
                text = "cannot be set for an Ephemeral Container"
                raise invalid(POD, name, [(f"{field}.volumeMounts[0].subPath", "FieldValueForbidden", text)])
    return {**old, "metadata": {**old["metadata"]}, "spec": {**old["spec"], "ephemeralContainers": after}}
