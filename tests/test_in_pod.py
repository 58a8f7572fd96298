"""Commands in containers, with a real shell: their time is bounded inside, and the post hook runs whatever happens."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from robusta_volumes._cluster.execute import run
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._engines.hook_script import Said, hook_session, pre_is_over, read_session, without_marks
from robusta_volumes._model.errors import NotAllowed, NotFound, Unavailable
from robusta_volumes._model.in_pod import Container, came_of, limited
from robusta_volumes._sandbox.shell import PodShell

SHELLS = [
    *(found for name in ("sh", "bash", "dash", "ksh") if (found := shutil.which(name))),
    pytest.param("busybox sh", marks=pytest.mark.needs("busybox")),
]
MARK = "@4f1c"
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pg-0", "namespace": "shop"}, "spec": {}}
PG = Container("shop", "pg-0", "app")


@pytest.fixture
def cluster(tmp_path: Path) -> MemoryCluster:
    return MemoryCluster([POD], shell=PodShell(tmp_path))


def start(shell: str, command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [*shell.split(), *command[1:]], stdin=pipe, stdout=pipe, stderr=pipe, cwd=folder, start_new_session=True
    )


def session(shell: str, folder: Path, pre: str, hold: int = 5, seconds: int = 2) -> subprocess.Popen[bytes]:
    """Start a session whose hooks write into a file ``log``."""
    command = hook_session(["sh", "-c", pre], ["sh", "-c", "echo thawed >> log"], seconds, hold, MARK)
    return start(shell, command, folder)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def log(folder: Path) -> list[str]:
    found = folder / "log"
    return found.read_text().split() if found.exists() else []


def left_in(group: int) -> list[str]:
    """List what still runs of a session."""
    lines = subprocess.run(["ps", "-eo", "pgid=,args="], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in lines if line.split()[0] == str(group)]


@pytest.mark.parametrize("shell", SHELLS, ids=os.path.basename)
class TestSession:
    """The session of a hook, in every shell that is here."""

    def test_post_runs_when_it_is_told_to_and_not_before(self, shell: str, tmp_path: Path) -> None:
        process = session(shell, tmp_path, "echo frozen >> log; echo hello")
        assert process.stdout
        assert process.stdin
        until(lambda: log(tmp_path) == ["frozen"])
        time.sleep(0.3)
        assert log(tmp_path) == ["frozen"]
        out, err = process.communicate(b"\n", timeout=5)
        assert log(tmp_path) == ["frozen", "thawed"]
        assert read_session(out.decode(), MARK) == Said(0, 0, late=False)
        assert (without_marks(out.decode(), MARK), err) == ("hello", b"")
        assert left_in(process.pid) == []

    def test_post_runs_when_the_runner_dies_because_its_input_ends(self, shell: str, tmp_path: Path) -> None:
        process = session(shell, tmp_path, "echo frozen >> log", hold=60)
        until(lambda: log(tmp_path) == ["frozen"])
        for stream in (process.stdin, process.stdout, process.stderr):
            assert stream
            stream.close()
        until(lambda: log(tmp_path) == ["frozen", "thawed"])
        process.wait(5)
        assert left_in(process.pid) == []

    def test_post_runs_after_a_runner_that_died_before_pre_had_ended(self, shell: str, tmp_path: Path) -> None:
        process = session(shell, tmp_path, "sleep 0.5; echo frozen >> log", hold=60)
        for stream in (process.stdin, process.stdout, process.stderr):
            assert stream
            stream.close()
        until(lambda: log(tmp_path) == ["frozen", "thawed"])
        process.wait(5)

    def test_post_runs_by_itself_when_nobody_says_anything(self, shell: str, tmp_path: Path) -> None:
        process = session(shell, tmp_path, "echo frozen >> log", hold=1)
        until(lambda: log(tmp_path) == ["frozen", "thawed"])
        out, _ = process.communicate(timeout=5)
        assert read_session(out.decode(), MARK) == Said(0, 0, late=True)
        assert left_in(process.pid) == []

    def test_post_runs_when_pre_fails(self, shell: str, tmp_path: Path) -> None:
        process = session(shell, tmp_path, "echo half >> log; echo no >&2; exit 3")
        out, err = process.communicate(timeout=5)
        assert log(tmp_path) == ["half", "thawed"]
        assert read_session(out.decode(), MARK) == Said(3, 0, late=False)
        assert err == b"no\n"

    def test_post_runs_when_pre_takes_too_long_and_pre_is_ended(self, shell: str, tmp_path: Path) -> None:
        process = session(shell, tmp_path, "echo half >> log; exec sleep 60", seconds=1)
        out, _ = process.communicate(timeout=8)
        assert log(tmp_path) == ["half", "thawed"]
        assert read_session(out.decode(), MARK) == Said(143, 0, late=False)
        assert left_in(process.pid) == []

    def test_a_pre_that_ignores_its_end_is_killed(self, shell: str, tmp_path: Path) -> None:
        process = session(shell, tmp_path, "trap '' TERM; echo half >> log; while :; do sleep 0.1; done", seconds=1)
        until(lambda: log(tmp_path) == ["half", "thawed"])
        process.communicate(timeout=5)

    def test_a_hook_cannot_fake_the_lines_of_the_session(self, shell: str, tmp_path: Path) -> None:
        process = session(shell, tmp_path, "echo '@0000 pre 0'; echo '@0000 post 0 1'; exit 1")
        out, _ = process.communicate(timeout=5)
        assert read_session(out.decode(), MARK) == Said(1, 0, late=False)

    def test_a_post_alone_is_held_too(self, shell: str, tmp_path: Path) -> None:
        process = start(shell, hook_session([], ["sh", "-c", "echo thawed >> log"], 2, 5, MARK), tmp_path)
        out, _ = process.communicate(b"\n", timeout=5)
        assert read_session(out.decode(), MARK) == Said(0, 0, late=False)
        assert pre_is_over(MARK) in out.decode()

    @pytest.mark.parametrize("word", ["a b", "$(id)", "'", '"', "`id`", "a;b", "*", "\\", "-n", "ü", "a\nb"])
    def test_each_word_of_a_command_arrives_as_it_was_written(self, shell: str, tmp_path: Path, word: str) -> None:
        process = start(shell, limited(["printf", "<%s>", word], 2), tmp_path)
        assert process.communicate(timeout=5) == (f"<{word}>".encode(), b"")

    def test_the_exit_status_is_that_of_the_command(self, shell: str, tmp_path: Path) -> None:
        process = start(shell, limited(["sh", "-c", "exit 7"], 2), tmp_path)
        process.communicate(timeout=5)
        assert process.returncode == 7


def test_what_a_command_writes_and_how_it_ends_is_told(cluster: MemoryCluster, tmp_path: Path) -> None:
    done = run(cluster, PG, ["sh", "-c", "cat; echo $HOSTNAME $CONTAINER; pwd; echo no >&2; exit 3"], 5)
    assert (done.code, done.ok, done.why) == (3, False, "exit status 3")
    assert done.out.split() == ["pg-0", "app", str(tmp_path / "shop" / "pg-0")]
    assert done.err == "no\n"


def test_a_command_that_takes_too_long_is_ended_inside(cluster: MemoryCluster) -> None:
    begun = time.monotonic()
    done = run(cluster, PG, ["sleep", "60"], 1)
    assert time.monotonic() - begun < 5
    assert done.why == "it was ended: it took longer than 1 s, or somebody killed it"


def test_of_much_output_the_end_is_kept(cluster: MemoryCluster) -> None:
    done = run(cluster, PG, ["sh", "-c", "i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done"], 20, 100)
    assert len(done.out) == 100
    assert done.out.endswith("line 4999\n")


@pytest.mark.parametrize(
    ("code", "why", "says"),
    [
        (0, "", ""),
        (3, "", "exit status 3"),
        (127, "", "exit status 127: there is no such command in the container, or it may not be run"),
        (143, "", "it was ended: it took longer than 30 s, or somebody killed it"),
        (None, "", "nobody knows what came of it: no answer in 30 s"),
        (None, "the connection to it broke off", "the connection to it broke off"),
    ],
)
def test_the_end_of_a_command_in_words(code: int | None, why: str, says: str) -> None:
    assert came_of(code, why, 30) == says


def test_what_cannot_be_started_says_why(tmp_path: Path) -> None:
    found = PodShell(tmp_path)(PG, ["no-such-program"], 100)
    assert found.wait(1)
    assert (found.code, found.ended) == (None, True)
    assert 'exec: "no-such-program": executable file not found in $PATH' in found.why


def test_in_memory_nothing_runs_unless_a_shell_is_given_and_the_pod_is_there(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="nothing runs"):
        MemoryCluster([POD]).execute(PG, ["true"])
    with pytest.raises(NotFound):
        MemoryCluster(shell=PodShell(tmp_path)).execute(PG, ["true"])
    with pytest.raises(NotAllowed) as refused:
        MemoryCluster([POD], denied=["pods/exec"]).execute(PG, ["true"])
    assert "permissions -n shop --allow hooks | kubectl apply -f -" in refused.value.remedy
