"""Containers without containers: a command that is to run in a pod runs here, in a folder that stands for the pod."""

import os
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from robusta_volumes._cluster.output import Tail
from robusta_volumes._model.in_pod import Container

_PIECE = 65_536


class PodShell:
    """Runs commands with the folder ``<root>/<namespace>/<pod>`` as working directory and home."""

    def __init__(self, root: Path) -> None:
        """Keep the folders of the pods below ``root``; ``mounts`` says which folder of ours stands for a path of a pod."""
        self.root = root
        self.mounts: dict[tuple[str, str], dict[str, Path]] = {}

    def folder(self, where: Container) -> Path:
        """Give the folder of a pod, which is made if it is not there."""
        folder = self.root / where.namespace / where.pod
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def env(self, where: Container) -> dict[str, str]:
        """Give the environment of a container: nothing of ours but the path to the programs."""
        names = {"HOSTNAME": where.pod, "CONTAINER": where.name, "HOME": str(self.folder(where))}
        return {"PATH": os.environ.get("PATH", os.defpath), **names}

    def here(self, where: Container, command: Sequence[str]) -> list[str]:
        """Write a command for this machine: a word that is a mounted path becomes the folder that stands for it."""
        mounts = self.mounts.get((where.namespace, where.pod), {})
        return [str(mounts.get(word, word)) for word in command]

    def __call__(self, where: Container, command: Sequence[str], most: int) -> "LocalProcess":
        """Start a command, as a `MemoryCluster` asks for it."""
        return LocalProcess(self, where, command, most)


class LocalProcess:
    """A process of this machine, as the protocol of the cluster has it."""

    def __init__(self, shell: PodShell, where: Container, command: Sequence[str], most: int) -> None:
        """Start it; what cannot be started has ended without a status, as in a container."""
        self._out, self._err = Tail(most), Tail(most)
        self._changed = threading.Condition()
        self._open = 0
        self.why = ""
        self._process: subprocess.Popen[bytes] | None = None
        pipe = subprocess.PIPE
        try:
            self._process = subprocess.Popen(  # noqa: S603 (that is what it is for)
                shell.here(where, command),
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                cwd=shell.folder(where),
                env=shell.env(where),
            )
        except OSError as error:
            self.why = not_started(command, error)
            return
        self._open = 2
        for stream, tail in ((self._process.stdout, self._out), (self._process.stderr, self._err)):
            threading.Thread(target=self._pump, args=(stream, tail), daemon=True).start()

    @property
    def out(self) -> str:
        """Its standard output so far."""
        return self._out.text

    @property
    def err(self) -> str:
        """Its standard error so far."""
        return self._err.text

    @property
    def ended(self) -> bool:
        """Tell whether it ended and nothing more can come."""
        return self._process is None or (not self._open and self._process.poll() is not None)

    @property
    def code(self) -> int | None:
        """Its exit status."""
        return None if self._process is None or not self.ended else exit_code(self._process.returncode)

    def wait(self, seconds: float, until: str = "") -> bool:
        """Listen; see the protocol."""
        with self._changed:
            if until:
                self._changed.wait_for(lambda: until in self.out or self.ended, seconds)
                return until in self.out
            self._changed.wait_for(lambda: not self._open, seconds)
        if self._process and not self._open:
            self._process.wait()
        return self.ended

    def write(self, text: str) -> None:
        """Write to its standard input."""
        if self._process and self._process.stdin:
            try:
                self._process.stdin.write(text.encode())
                self._process.stdin.flush()
            except (OSError, ValueError):
                self.close()

    def close(self) -> None:
        """End its standard input; it runs on."""
        if self._process and self._process.stdin:
            try:
                self._process.stdin.close()
            except OSError:
                self.why = self.why or "it reads nothing any more"

    def _pump(self, stream: IO[bytes], tail: Tail) -> None:
        with stream:
            while piece := os.read(stream.fileno(), _PIECE):
                with self._changed:
                    tail.add(piece)
                    self._changed.notify_all()
        with self._changed:
            self._open -= 1
            self._changed.notify_all()
        if self._process and not self._open:
            self._process.wait()  # whether or not anybody asks


def exit_code(code: int) -> int:
    """Write an exit status as a shell does: 128 and the signal."""
    return 128 - code if code < 0 else code


def not_started(command: Sequence[str], error: OSError) -> str:
    """Word it as the container runtime does."""
    why = "executable file not found in $PATH" if isinstance(error, FileNotFoundError) else str(error.strerror)
    return (
        "error executing command in container: OCI runtime exec failed: exec failed: unable to start container process: "
        f'exec: "{command[0]}": {why}: unknown'
    )
