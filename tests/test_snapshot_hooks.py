"""Hooks around the snapshots of a schedule: with a real shell, the second one always runs, and what went wrong is told."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from robusta_volumes._cluster.cluster import Process
from robusta_volumes._cluster.state import NAME as STATE
from robusta_volumes._cluster.state import State
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import ClusterError, QuotaExceeded, Unavailable
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.settings import read_settings
from robusta_volumes._sandbox.shell import PodShell
from robusta_volumes._workflows.pvc_snapshot_schedule import pvc_snapshot_schedule
from snapshot_world import NIGHT, NOON, Nights, nightly, settings, text

FREEZE, THAW = ["sh", "-c", "echo frozen >> log"], ["sh", "-c", "echo thawed >> log"]
HOOKS: dict[str, Any] = {"pre": FREEZE, "post": THAW, "timeoutSeconds": 2}


def pod(name: str, claim: str, phase: str = "Running", **status: Any) -> dict[str, Any]:
    """A pod whose container ``app`` mounts a claim, beside one that does not."""
    running: list[Any] = [{"name": c, "state": {"running": {}}} for c in ("proxy", "app")] if phase == "Running" else []
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": claim}}],
            "containers": [{"name": "proxy"}, {"name": "app", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
        },
        "status": {"phase": phase, "containerStatuses": running, **status},
    }


class Held:
    """A world in which each claim has a pod that runs; what its hooks do stands in a file of the pod."""

    def __init__(self, folder: Path, *claims: str, **hooks: Any) -> None:
        self.nights = Nights(NOON, list(claims) or ["data"])
        self.folder, self.cluster = folder, self.nights.cluster
        self.cluster.shell = PodShell(folder)
        for claim in claims or ("data",):
            self.cluster.store.create(pod(f"{claim}-0", claim))
        self.wanted = settings(nightly(hooks={**HOOKS, **hooks}, maxParallel=3))
        self.lock = threading.Lock()
        self.cut: Callable[[], None] = self.nights.controller
        self.tick()
        self.nights.at(NIGHT)

    def tick(self, process: str = "p1") -> str:
        """Tick; while it waits, the storage works."""
        state = State(self.cluster, "robusta")
        return text(pvc_snapshot_schedule(self.cluster, self.wanted, state, process, self.sleep))

    def sleep(self, _: float) -> None:
        with self.lock:
            self.cut()

    def log(self, claim: str = "data") -> list[str]:
        file = self.folder / "shop" / f"{claim}-0" / "log"
        return file.read_text().split() if file.exists() else []

    def made(self) -> int:
        return len(self.nights.snapshots())


def test_the_data_is_cut_between_the_hooks(tmp_path: Path) -> None:
    w = Held(tmp_path)
    seen: list[list[str]] = []

    def cut() -> None:
        seen.append(w.log())
        w.nights.controller()

    w.cut = cut
    assert w.tick() == ""
    assert (w.log(), seen[0], w.made()) == (["frozen", "thawed"], ["frozen"], 1)


def test_the_hold_ends_when_it_is_cut_not_when_it_is_ready(tmp_path: Path) -> None:
    w = Held(tmp_path)

    def only_cut() -> None:
        for o in w.nights.snapshots():
            status = {"readyToUse": False, "creationTime": o["metadata"]["creationTimestamp"]}
            w.cluster.store.patch(k.SNAPSHOT, o["metadata"]["name"], "shop", {"status": status})

    w.cut = only_cut
    assert w.tick() == ""
    assert w.log() == ["frozen", "thawed"]


def test_several_claims_are_held_side_by_side_each_for_itself(tmp_path: Path) -> None:
    claims = ("data", "files", "logs", "mail")
    w = Held(tmp_path, *claims)
    assert w.tick() == ""
    assert [w.log(claim) for claim in claims] == [["frozen", "thawed"]] * 4
    assert w.made() == 4


def test_a_claim_that_no_pod_uses_needs_no_hooks(tmp_path: Path) -> None:
    w = Held(tmp_path)
    w.cluster.store.delete(k.POD, "data-0", "shop")
    assert w.tick() == ""
    assert (w.log(), w.made()) == ([], 1)


def test_what_does_not_fit_into_the_time_of_a_run_is_not_begun_and_the_next_run_makes_it(tmp_path: Path) -> None:
    w = Held(tmp_path, "data", "files")
    w.wanted = settings(nightly(hooks=HOOKS, maxParallel=1), {"name": "other", "schedule": "0 2 * * *", "hooks": HOOKS})
    w.nights.at(NOON)
    w.tick()
    w.nights.at(NIGHT)

    def slow() -> None:
        w.nights.move(seconds=110)
        w.nights.controller()

    w.cut = slow
    said = w.tick()
    assert "no time left in this run for its hooks" in said
    assert 'Snapshots "other"' in said  # the time is that of the run, not of each schedule
    assert w.made() == 2
    w.cut = w.nights.controller
    w.nights.move(minutes=5)
    w.tick()
    w.nights.move(minutes=5)
    w.tick()
    assert w.made() == 4
    for claim in ("data", "files"):
        assert w.log(claim) == ["frozen", "thawed"] * 2


# --- the second hook always runs


def test_after_a_first_one_that_fails_and_no_snapshot_is_made(tmp_path: Path) -> None:
    w = Held(tmp_path, pre=["sh", "-c", "echo half >> log; echo 'no space' >&2; exit 3"])
    said = w.tick()
    assert (w.log(), w.made()) == (["half", "thawed"], 0)
    assert "0 of 1 made, 1 failed" in said
    assert (
        'no snapshot was made: the pre hook failed in shop/data-0, container app: exit status 3; it said "no space"'
    ) in said


def test_after_a_first_one_that_takes_too_long(tmp_path: Path) -> None:
    w = Held(tmp_path, pre=["sh", "-c", "echo half >> log; exec sleep 60"], timeoutSeconds=1)
    said = w.tick()
    assert (w.log(), w.made()) == (["half", "thawed"], 0)
    assert "it was ended: it took longer than 1 s, or somebody killed it" in said


def test_after_a_creation_that_is_refused(tmp_path: Path) -> None:
    w = Held(tmp_path)
    w.cluster.refuse = lambda _: QuotaExceeded("exceeded quota: snaps", "raise it")
    assert "quota snaps is full" in w.tick()
    assert w.log() == ["frozen", "thawed"]


def test_after_a_creation_that_throws_what_nobody_expects(tmp_path: Path) -> None:
    w = Held(tmp_path)

    def throws(_: Any) -> ClusterError | None:
        raise RuntimeError("boom")

    w.cluster.refuse = throws
    with pytest.raises(RuntimeError, match="boom"):
        w.tick()
    assert w.log() == ["frozen", "thawed"]


def test_when_it_is_not_cut_in_time_and_that_is_told(tmp_path: Path) -> None:
    w = Held(tmp_path, timeoutSeconds=1)
    w.cut = lambda: None
    said = w.tick()
    assert (w.log(), w.made()) == (["frozen", "thawed"], 1)
    assert "1 of 1 made, 1 with failed hooks" in said
    assert "shop/data (hooks)" in said
    assert "it was not cut within 1 s, and post did not wait" in said


class Broken:
    """A session whose connection breaks, or whose shell is killed, once the first hook has run."""

    def __init__(self, real: Process) -> None:
        self.real, self.ended, self.code, self.why, self.err = real, False, None, "the connection to it broke off", ""
        self.kept = ""

    @property
    def out(self) -> str:
        return self.kept or self.real.out

    def wait(self, seconds: float, until: str = "") -> bool:
        found = not self.ended and self.real.wait(seconds, until)
        self.kept, self.ended = self.real.out, True
        return found

    def write(self, text: str) -> None:
        pass

    def close(self) -> None:
        self.real.close()


def test_by_itself_when_the_session_breaks_and_that_the_data_was_written_is_told(tmp_path: Path) -> None:
    w = Held(tmp_path)
    shell, sessions = PodShell(tmp_path), []

    def breaks(where: Container, command: Any, most: int) -> Any:
        process = shell(where, command, most)
        sessions.append(process)
        return Broken(process) if len(sessions) == 1 else process

    w.cluster.shell = breaks
    said = w.tick()
    assert len(sessions) == 2
    assert w.log()[:2] == ["frozen", "thawed"]
    assert "post ran in shop/data-0, container app before the data was cut" in said


def test_by_the_next_tick_when_the_runner_died_in_between(tmp_path: Path) -> None:
    w = Held(tmp_path)

    class Killed(BaseException):
        """The runner is killed: nothing of it runs any more."""

    def dies(*_: Any) -> Any:
        raise Killed

    w.cluster.shell = dies
    with pytest.raises(Killed):
        w.tick()
    assert (w.log(), w.made()) == ([], 0)
    w.cluster.shell = PodShell(tmp_path)
    w.nights.move(minutes=2)
    w.tick("p2")
    assert w.log() == []  # the other runner may still be at it
    w.nights.move(minutes=4)
    said = w.tick("p2")
    assert w.log() == ["thawed", "frozen", "thawed"]
    assert w.made() == 1
    assert "an earlier run ended between its hooks: post was run again just now" in said
    w.nights.move(minutes=5)
    assert w.tick("p2") == ""
    assert len(w.log()) == 3


def test_as_often_as_it_takes_while_nobody_knows_whether_it_ran(tmp_path: Path) -> None:
    w = Held(tmp_path)
    shell = PodShell(tmp_path)

    def away(*_: Any) -> Any:
        raise Unavailable("the node is away", "wait for it")

    w.cluster.shell = away
    said = w.tick()
    assert "no snapshot was made: its hooks cannot run: the node is away" in said
    assert "the post hook failed in shop/data-0, container app: the node is away" in said
    w.cluster.shell = shell
    w.wanted = settings(nightly(hooks=HOOKS, startingDeadlineMinutes=1))
    w.nights.move(minutes=6)
    w.tick()
    assert w.log() == ["thawed"]


def test_a_second_one_that_fails_is_told_and_the_snapshot_stays(tmp_path: Path) -> None:
    w = Held(tmp_path, post=["sh", "-c", "echo password=hunter2 is wrong >&2; exit 1"])
    said = w.tick()
    assert w.made() == 1
    assert "the post hook failed in shop/data-0, container app: exit status 1" in said
    assert "hunter2" not in said
    w.nights.move(minutes=5)
    assert w.tick() == ""
    w.wanted = settings(nightly(hooks=HOOKS))
    w.nights.move(days=1)
    assert w.tick().startswith("# [RESOLVED]")


# --- where they cannot run


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda w: w.cluster.store.replace(pod("data-0", "data", "Pending")), "is Pending, not Running"),
        (
            lambda w: w.cluster.store.replace(pod("data-0", "data", containerStatuses=[])),
            "container 'app' of pod shop/data-0 does not run",
        ),
    ],
    ids=["pending", "container down"],
)
@pytest.mark.parametrize("on_error", ["fail", "continue"])
def test_a_pod_that_does_not_run_is_told_and_the_settings_say_what_then(
    tmp_path: Path, change: Callable[[Held], Any], says: str, on_error: str
) -> None:
    w = Held(tmp_path, onError=on_error)
    change(w)
    said = w.tick().replace("`", "'")
    assert says in said
    assert w.made() == (on_error == "continue")
    assert ("made without its hooks" in said) == (on_error == "continue")


def test_without_permission_the_role_is_told(tmp_path: Path) -> None:
    w = Held(tmp_path)
    w.cluster.denied = frozenset({"pods/exec"})
    assert "permissions -n shop --allow hooks | kubectl apply -f -" in w.tick()
    assert w.made() == 0


def test_without_permission_to_see_pods_nothing_is_made_in_the_dark(tmp_path: Path) -> None:
    w = Held(tmp_path)
    w.cluster.denied = frozenset({"pods"})
    assert "pods of shop cannot be read" in w.tick()
    assert (w.log(), w.made()) == ([], 0)


def test_the_container_of_the_settings_is_used_and_a_wrong_one_is_told_with_those_that_are_there(
    tmp_path: Path,
) -> None:
    w = Held(tmp_path, container="proxy", pre=["sh", "-c", "echo $CONTAINER >> log"])
    w.tick()
    assert w.log() == ["proxy", "thawed"]
    w = Held(tmp_path / "second", container="pg")
    said = w.tick()
    assert "pod shop/data-0 has no container pg" in said
    assert "set `container` to one of: proxy, app" in said


def test_of_what_is_remembered_no_command_is_run_only_that_of_the_settings(tmp_path: Path) -> None:
    """The ConfigMap may be written by others than the settings; it names claims and times, nothing that is run."""
    w = Held(tmp_path)
    w.cluster.shell = lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        w.tick()
    note = State(w.cluster, "robusta").read("snapshots.schedule.nightly")
    assert note["holding"] == {"shop/data": "2026-03-02T02:05:50+00:00"}
    assert w.cluster.store.get(k.CONFIG_MAP, STATE, "robusta")


# --- settings


@pytest.mark.parametrize(
    ("hooks", "says"),
    [
        (
            {"pre": "fsfreeze -f /data"},
            "hooks pre must be a list of words such as [psql, -c, CHECKPOINT], or with a shell",
        ),
        ({"pre": [["a"]]}, 'hooks pre must be a list of words, got ["a"] is none'),
        ({"pre": [""]}, "hooks pre must begin with a program"),
        ({"container": "app"}, "hooks has neither pre nor post"),
        ({"pre": ["a"], "timeoutSeconds": 600}, "hooks timeoutSeconds must be at most 60 seconds, got 600"),
        ({"pre": ["a"], "onError": "Ignore"}, 'hooks onError must be fail or continue, got "Ignore"'),
        ({"pre": ["a"], "onError": ["fail"]}, "hooks onError must be fail or continue, got"),
        ({"pre": ["a"], "timeout": 5}, "hooks has no key timeout; did you mean timeoutSeconds?"),
        ({"pre": ["a"], "container": "A/B"}, 'hooks container must be the name of a container, got "A/B"'),
        (["a"], "hooks must be a block of keys"),
    ],
)
def test_wrong_hooks_are_a_settings_problem_of_their_schedule(hooks: Any, says: str) -> None:
    block = {"schedules": [nightly(hooks=hooks)]}
    found = read_settings({"persistentVolumeWorkflows": {"pvcSnapshots": block}})
    ((problem,),) = found.problems.values()
    assert f'pvcSnapshots.schedules entry "nightly": {says}' in str(problem)
