"""Whatever fails while a backup is tested: the test ends, nothing stays, and a backup nobody could judge is not called bad."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from restore_world import Object, VeleroWorld, settings
from robusta_volumes._analysis.backup_verify import result_of
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model import kind as k
from robusta_volumes._model.contents import Found, Looked
from robusta_volumes._model.errors import ClusterError, Invalid, NotAllowed, QuotaExceeded, Refused, Unavailable
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.plan import Create, Outcome
from robusta_volumes._model.severity import Severity
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.volume_backups_trial import Tools
from robusta_volumes._workflows.volume_backups_verify import KEY
from robusta_volumes._workflows.volume_backups_verify_tick import verify_tick
from test_backup_verify import PROVEN, SCRATCH, made, tools, verify, world


class Faulty(MemoryCluster):
    """A cluster that answers some questions, and refuses some writes, as a test says."""

    unreadable: Callable[[k.Kind], ClusterError | None] = staticmethod(lambda _: None)
    refuse: Callable[[Object], ClusterError | None] = staticmethod(lambda _: None)

    def get(self, kind: k.Kind, name: str, namespace: str | None = None) -> Object:
        if error := self.unreadable(kind):
            raise error
        return super().get(kind, name, namespace)

    def carry_out(self, plan: Any) -> list[Outcome]:
        found = []
        for step in plan:
            error = self.refuse(dict(step.manifest)) if isinstance(step, Create) else None
            found += [Outcome(step, error=error)] if error else super().carry_out([step])
        return found


def faulty(folder: Path, **more: Any) -> tuple[VeleroWorld, Faulty]:
    w = world(folder, **more)
    w.use(Faulty)
    assert isinstance(w.cluster, Faulty)
    return w, w.cluster


def tick(w: VeleroWorld, block: Object | None = None, process: str = "p", **after: float) -> list[Page]:
    w.cluster._now += timedelta(**after)  # noqa: SLF001 (a test's clock)
    return verify_tick(w.cluster, settings(verify=block or {}), w.state, tools(w, **(block or {})), process)


def begun(w: VeleroWorld) -> None:
    """Begin a test that Velero has not finished when nobody waits any more."""
    finish, w.finish = w.finish, lambda: None
    assert verify(w, dry_run=False).title == "The backup of shop/data is being tested"
    w.finish = finish


def not_judged(page: Page) -> str:
    """Give what is said of a backup of which nobody knows more than before."""
    head, _, said = page.title.partition(": ")
    assert head.removesuffix(" in time") == "The backup of shop/data could not be tested"
    assert page.severity is Severity.MEDIUM
    assert "Do not rely on it" not in to_markdown(page)
    assert "*Do this:*" in to_markdown(page)
    return said


def test_one_that_cannot_be_followed_ends_with_its_time_and_not_never(tmp_path: Path) -> None:
    w, cluster = faulty(tmp_path)
    begun(w)
    down = Unavailable("no answer within 10 s")
    cluster.unreadable = lambda kind: down if kind == k.VELERO_RESTORE else None
    with pytest.raises(Unavailable):
        tick(w)  # the next one goes on
    (page,) = tick(w, minutes=61)
    assert not_judged(page) == 'it could not be followed: "no answer within 10 s"'
    assert "trial" not in w.state.read(KEY)


def test_completed_without_the_claim_says_nothing_of_the_backup_and_names_the_label(tmp_path: Path) -> None:
    w, _ = faulty(tmp_path)
    w.claims.pop("data")
    page = verify(w, dry_run=False)
    assert not_judged(page) == "Velero says Completed and has restored no such claim"
    assert "its labels may be others than in the backup" in to_markdown(page)
    assert made(w) == []


def test_a_restore_that_velero_refuses_says_nothing_of_the_backup(tmp_path: Path) -> None:
    w, _ = faulty(tmp_path)
    w.finish = lambda: w.restored("FailedValidation", validationErrors=["the storage location is unavailable"])
    assert not_judged(verify(w, dry_run=False)).startswith("Velero says FailedValidation")


def test_a_phase_that_nobody_knows_yet_is_waited_for(tmp_path: Path) -> None:
    w, _ = faulty(tmp_path)
    w.finish = lambda: w.restored("Queued")
    assert verify(w, dry_run=False).title == "The backup of shop/data is being tested"


@pytest.mark.parametrize("error", [NotAllowed, QuotaExceeded, Refused, Invalid], ids=lambda kind: str(kind.__name__))
def test_a_pod_that_may_not_be_made_ends_the_test_at_once(tmp_path: Path, error: type[ClusterError]) -> None:
    w, cluster = faulty(tmp_path)
    cluster.refuse = lambda o: error("no such pod here", "Allow it.") if o["kind"] == "Pod" else None
    said = 'its files could not be looked at: "no such pod here"'
    assert not_judged(verify(w, dry_run=False)) == said
    assert not_judged(verify(w, {"command": ["true"]}, dry_run=False)) == said
    assert made(w) == []


def test_a_first_pod_that_may_not_be_made_says_nothing_of_the_backup(tmp_path: Path) -> None:
    w, cluster = faulty(tmp_path)
    w.finish = lambda: w.restored("WaitingForPluginOperations", bound=False)
    cluster.refuse = lambda o: NotAllowed("pods is forbidden", "Allow it.") if o["kind"] == "Pod" else None
    assert not_judged(verify(w, dry_run=False)).startswith("its class waits for a pod, which could not be made")
    assert made(w) == []


COMMAND = {"command": ["pg_verifybackup", "/data"]}


def commanded(folder: Path, status: Object) -> Page:
    w = world(folder)
    w.pods.stuck = status
    page = verify(w, COMMAND, dry_run=False)
    assert made(w) == []
    return page


def ended(code: int, reason: str, of_pod: str = "") -> Object:
    state = {"terminated": {"exitCode": code, "reason": reason}}
    return {"phase": "Failed", "reason": of_pod, "containerStatuses": [{"name": "look", "state": state}]}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (
            {
                "phase": "Pending",
                "containerStatuses": [{"name": "look", "state": {"waiting": {"reason": "ImagePullBackOff"}}}],
            },
            "it cannot start: ImagePullBackOff",
        ),
        ({"phase": "Pending"}, "it did not start within 60 s"),
        ({"phase": "Running"}, "it did not end within"),
        (ended(137, "Error", "Evicted"), "Evicted"),
        (ended(137, "Error", "DeadlineExceeded"), "it did not end within 180 s"),
        (ended(137, "OOMKilled"), "OOMKilled"),
        (ended(127, "Error"), "it was not found"),
        (ended(128, "StartError"), "StartError"),
    ],
    ids=[
        "no image",
        "not scheduled",
        "too slow",
        "evicted",
        "ended for its time",
        "no memory",
        "no such command",
        "cannot start",
    ],
)
def test_a_command_that_could_not_run_to_its_end_judges_nothing(tmp_path: Path, status: Object, said: str) -> None:
    assert said in not_judged(commanded(tmp_path, status))


def test_a_command_that_said_no_judges(tmp_path: Path) -> None:
    page = commanded(tmp_path, ended(1, "Error"))
    assert page.title.startswith('The backup of shop/data failed its test: "pg_verifybackup /data" failed')
    assert page.severity is Severity.HIGH


def test_words_that_cannot_be_read_are_not_put_into_its_mouth(tmp_path: Path) -> None:
    w = world(tmp_path)
    w.pods.stuck = ended(1, "Error")
    w.cluster.denied = frozenset({k.POD_LOG.resource})
    assert "It said" not in to_markdown(verify(w, COMMAND, dry_run=False))


def test_where_another_runner_looks_just_now_its_pod_is_left_to_it(tmp_path: Path) -> None:
    w = world(tmp_path)
    begun(w)
    w.restored()
    looked: list[list[Page]] = []

    def meanwhile() -> None:
        """Let a second runner come by while the first one waits for its pod."""
        if w.cluster.find(k.POD, SCRATCH) and not looked:
            second = Tools(settings().verify, "busybox", sleep=lambda _: None)
            looked.append(verify_tick(w.cluster, settings(), w.state, second, "q"))

    w.finish = meanwhile
    (page,) = tick(w)
    assert page.title.partition(",")[0] == PROVEN
    assert looked == [[]], "the other one neither ended the test nor told anything"
    assert made(w) == []


def test_what_another_runner_has_ended_meanwhile_is_told_by_that_one_alone(tmp_path: Path) -> None:
    w = world(tmp_path)
    begun(w)
    told: list[Page] = []
    came: list[bool] = []

    def other() -> None:
        if not came:
            came.append(True)
            w.restored()
            told.extend(tick(w, process="q"))

    w.finish = other
    assert tick(w) == []
    (page,) = told
    assert page.title.partition(",")[0] == PROVEN


def test_of_two_runners_that_begin_at_once_one_does(tmp_path: Path) -> None:
    w, cluster = faulty(tmp_path)
    w.finish = lambda: None
    began: list[str] = []

    def both(kind: k.Kind) -> None:
        """Let a second runner begin just when the first one has seen that none is under way."""
        if kind == k.NAMESPACE and not began:
            began.append("first")
            began.append(verify(w, name="uploads", dry_run=False).title)

    cluster.unreadable = both
    page = verify(w, dry_run=False)
    assert began[1] == "The backup of shop/uploads is being tested"
    assert page.title == "The backup of shop/data was not tested: a test of shop/uploads has begun just now"
    assert len(w.restores) == 1


def test_one_that_fails_at_each_slot_does_not_keep_the_others_from_their_turn(tmp_path: Path) -> None:
    w = world(tmp_path)
    daily = {"schedule": "0 4 * * *"}

    def finish() -> None:
        bad = any(o["spec"]["labelSelector"] == {"matchLabels": {"app": "pg"}} for o in w.restores)
        w.restored("PartiallyFailed" if bad else "Completed")

    w.finish = finish
    tick(w, daily)  # a new schedule waits for its next slot
    titles = [page.title for _ in range(3) for page in (*tick(w, daily, days=1), *tick(w, daily), *tick(w, daily))]
    assert [title.partition(":")[0].partition(",")[0] for title in titles] == [
        "The backup of shop/data failed its test",
        "The backup of shop/uploads can be restored",
        "The backup of shop/data failed its test",
    ]
    assert set(w.state.read(KEY)["tried"]) == {w.claims["data"]["metadata"]["uid"]}, "the other one is proven"


def test_a_claim_that_could_not_be_read_is_not_taken_for_an_empty_one() -> None:
    nothing, unread = found(0), found(0, denied=1)
    assert result_of(Looked(nothing), Looked(nothing), None, Limits()).proven
    assert not result_of(Looked(nothing), Looked(unread), None, Limits()).proven
    assert not result_of(Looked(unread), Looked(nothing), None, Limits()).proven
    assert not result_of(Looked(nothing), Looked(nothing), 1 << 30, Limits()).proven, (
        "a GiB was saved, and nothing came back"
    )


def found(files: int, denied: int = 0) -> Found:
    return Found(files, 1, 0, 0, 0, 0, None, complete=True, denied=denied)
