"""The real Robusta runner as a process of ours: started on the sandbox, fed as in a cluster, and never left behind."""

import contextlib
import ctypes
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

READY_SECONDS = 90
STOP_SECONDS = 10
NAMESPACE = "robusta"
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def free_port() -> int:
    """Find a port that nobody listens on."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with(parent: int) -> None:
    """Ask the kernel to kill us when our parent dies, however it dies: no orphan is left."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we could ask
        os._exit(1)


def runner_config(
    playbooks: list[Any],
    global_config: Mapping[str, Any],
    sinks: list[Any] | None = None,
    light_actions: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Write what the chart would write: our package baked in, our playbooks, one Slack sink."""
    slack = {
        "slack_sink": {
            "name": "slack",
            "slack_channel": "storage-alerts",
            "api_key": "xoxb-sandbox",
            "default": True,
            "disable_holmes_note": True,
        }
    }
    return {
        "playbook_repos": {"robusta_volumes": {"url": "file:///unused", "pip_install": False}},
        "sinks_config": [slack] if sinks is None else sinks,
        "global_config": dict(global_config),
        "light_actions": list(light_actions),
        "active_playbooks": playbooks,
    }


class Runner:
    """``python -m robusta.runner.main`` in a session of its own."""

    def __init__(
        self,
        folder: Path,
        config: Mapping[str, Any],
        kubeconfig: Path,
        env: Mapping[str, str] | None = None,
        python: str | None = None,
    ) -> None:
        """Prepare the files that the runner needs below ``folder``; `start` starts it, with ``python`` or our own."""
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "runner.log"
        self.config_file = folder / "active_playbooks.yaml"
        self._kubeconfig = kubeconfig
        self._extra = dict(env or {})
        self._python = python or sys.executable
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "playbooks" / "storage").mkdir(parents=True, exist_ok=True)
        default = folder / "playbooks" / "defaults"
        default.mkdir(exist_ok=True)
        (default / "pyproject.toml").write_text('[tool.poetry]\nname = "robusta_volumes"\n')
        self.configure(config)

    def configure(self, config: Mapping[str, Any]) -> None:
        """Write the configuration; a running runner takes it at `reload`."""
        self.config_file.write_text(yaml.safe_dump(dict(config), sort_keys=False))

    def _environment(self) -> dict[str, str]:
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("KUBE", "SLACK", "PYTEST", "COV_", "ROBUSTA"))
        }
        return {
            **kept,
            "KUBECONFIG": str(self._kubeconfig),
            "PLAYBOOKS_CONFIG_FILE_PATH": str(self.config_file),
            "PLAYBOOKS_ROOT": str(self.folder / "playbooks"),
            "DEFAULT_PLAYBOOKS_ROOT": str(self.folder / "playbooks" / "defaults"),
            "INSTALLATION_NAMESPACE": NAMESPACE,
            "ENABLE_TELEMETRY": "false",
            "PORT": str(self.port),
            "RUNNER_BIND_ADDR": "127.0.0.1",
            "RUN_AS_SUBPROCESS": "false",
            "INITIAL_SCHEDULE_DELAY_SEC": "2",
            "CLUSTER_PROVIDER": "EKS",
            "WEBSOCKET_RELAY_ADDRESS": "",
            "PYTHONUNBUFFERED": "1",
            **self._extra,
        }

    def start(self) -> "Runner":
        """Start it and wait until it answers.

        Raises RuntimeError: when it ends or does not answer in time; the message holds the end of its log.
        """
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 (our own interpreter)
                [self._python, "-m", "robusta.runner.main"],
                env=self._environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=functools.partial(_die_with, os.getpid()),  # noqa: PLW1509 (no threads of ours hold its locks)
            )
        try:
            self._wait_until_ready()
        except BaseException:  # Ctrl-C, too: nobody calls __exit__ when __enter__ fails
            self.stop()
            raise
        return self

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while self.alive and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                self._call("GET", "/healthz")
                return
            time.sleep(0.2)
        message = f"the runner did not start:\n{self.tail()}"
        raise RuntimeError(message)

    @property
    def alive(self) -> bool:
        """Tell whether it runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self, *, at_once: bool = False) -> None:
        """End it with all its children; ``at_once`` as when its node dies: it has no time to write anything."""
        process, self._process = self._process, None
        if process is None:
            return
        for number in (signal.SIGKILL,) if at_once else (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
                break
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # children that outlived it

    def __enter__(self) -> "Runner":  # noqa: PYI034 (typing.Self is new in 3.11)
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def tail(self, lines: int = 40) -> str:
        """Give the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def _call(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 (loopback)
            self.url + path, data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 (loopback)
            text = answer.read()
        return json.loads(text) if text.strip() else None

    def send_event(self, body: Mapping[str, Any]) -> None:
        """Post a change or a Kubernetes event as the forwarder does."""
        self._call("POST", "/api/handle", body)

    def send_alerts(self, body: Mapping[str, Any]) -> None:
        """Post alerts as Alertmanager does."""
        self._call("POST", "/api/alerts", body)

    def trigger(self, action: str, **params: object) -> dict[str, Any]:
        """Run an action by hand, as the command line and the UI do."""
        body = {"action_name": action, "action_params": params}
        answer: dict[str, Any] = self._call("POST", "/api/trigger", body)
        return answer

    def reload(self) -> None:
        """Make it read its configuration again."""
        self._call("POST", "/api/playbooks/reload", {})


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an ordinary end, so that everything that was started is stopped."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
