"""The whole small world: a cluster, a recorder in the place of Slack, and the real runner between them."""

import contextlib
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from robusta_volumes._cluster.store import Store
from robusta_volumes._model.errors import AlreadyExists
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.builder import Object
from robusta_volumes._sandbox.runner import NAMESPACE, Runner, runner_config
from robusta_volumes._sandbox.slack_recorder import SlackRecorder

CLUSTER = "shop-prod"
# The block as users write it, with its defaults.
HELM_BLOCK: dict[str, Any] = {
    "persistentVolumeWorkflows": {
        "persistentVolumeActions": {"enabled": True, "includeDetails": True},
        "pvcSnapshots": {"enabled": True, "retentionDays": 30},
        "persistentDataAnalysis": {"enabled": True, "includeMetrics": True},
        "volumeBackupManagement": {"enabled": True, "backupSchedule": "0 2 * * *"},
        "volumePerformanceAnalysis": {"enabled": True, "includeIOMetrics": True},
    }
}


def playbooks_of(folder: Path) -> list[Any]:
    """Read our playbooks, as Helm would merge them."""
    found: list[Any] = []
    for file in sorted(folder.glob("*.yaml")):
        found += yaml.safe_load(file.read_text())["customPlaybooks"]
    return found


def global_config(workflows: Mapping[str, Any] | None = None, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Write ``globalConfig`` with our block in it; ``more`` are further keys of it."""
    return {
        **(more or {}),
        "cluster_name": CLUSTER,
        "account_id": "sandbox",
        "signing_key": "3b4f3b8e-6f0e-4f0e-9d2e-3f6f5a1c2b7d",
        "workflows": HELM_BLOCK if workflows is None else dict(workflows),
    }


class World:
    """Cluster, recorder and runner; a context manager that leaves nothing behind."""

    def __init__(
        self,
        objects: Iterable[Object],
        playbooks: list[Any],
        *,
        workflows: Mapping[str, Any] | None = None,
        server: ApiServer | None = None,
        light_actions: tuple[str, ...] = (),
        env: Mapping[str, str] | None = None,
        python: str | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """Prepare the world; ``server`` replaces the API server over ``objects``, ``python`` our own for the runner.

        ``more`` are further keys of globalConfig: where Prometheus is.
        """
        self.api = server or ApiServer(Store(objects))
        with contextlib.suppress(AlreadyExists):  # the runner keeps its own ConfigMaps there
            self.api.store.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        self.slack = SlackRecorder()
        self.playbooks = playbooks
        self._more = dict(more or {})
        self.config = runner_config(playbooks, global_config(workflows, more), light_actions=light_actions)
        self._env = dict(env or {})
        self._python = python
        self._stack = contextlib.ExitStack()
        self.runner: Runner

    def __enter__(self) -> "World":  # noqa: PYI034 (typing.Self is new in 3.11)
        with self._stack as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="robusta-volumes-")))
            stack.enter_context(self.api)
            stack.enter_context(self.slack)
            env = {"SLACK_FORWARD_URL": self.slack.url, **self._env}
            self.runner = Runner(folder, self.config, self.api.kubeconfig(folder / "kubeconfig"), env, self._python)
            stack.enter_context(self.runner)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def settle(self, workflows: Mapping[str, Any]) -> None:
        """Change the Helm block in the running runner."""
        self.runner.configure({**self.config, "global_config": global_config(workflows, self._more)})
        self.runner.reload()
