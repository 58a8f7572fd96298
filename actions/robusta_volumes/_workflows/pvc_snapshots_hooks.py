"""The hooks around each snapshot of a schedule: before the cut, and after it whatever happens.

Three things see to it that the hook after the cut runs. The container itself: both hooks are one command there, which goes on
when its input ends (the runner died, the connection broke) or when its time is over. This run: when that command did not say
that it ran the second hook, it is run by itself. The next tick: what this run began is noted before it begins.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

from robusta_volumes._analysis.snapshot_trouble import HOOK, HOOKS, Problems
from robusta_volumes._cluster.cluster import Cluster, Process
from robusta_volumes._cluster.execute import run
from robusta_volumes._cluster.read_mounts import pods_in
from robusta_volumes._cluster.read_points import Around, snapshot_point
from robusta_volumes._engines.hook_script import hook_session, post_is_over, pre_is_over, read_session, without_marks
from robusta_volumes._model.errors import ClusterError, HookFailed, OutOfTime, Unavailable
from robusta_volumes._model.hooks import CONTINUE, Hooks
from robusta_volumes._model.in_pod import Container, Ran, came_of
from robusta_volumes._model.kind import SNAPSHOT
from robusta_volumes._model.mounts import Place, place_of
from robusta_volumes._model.restore_point import State
from robusta_volumes._model.snapshot_run import Made
from robusta_volumes._model.text import cited, plain
from robusta_volumes._model.volume import Claim
from robusta_volumes._report.redact import redacted

_GRACE = 10.0  # seconds beyond a hook's own time: until it is killed, and the way there and back
_PAUSE = 1.0  # seconds between two looks whether the data is cut
TICK = timedelta(seconds=230)  # in which all hooks of a run must be over; the runner gives a tick 240
UNSURE = TICK + timedelta(seconds=60)  # after which nobody runs them any more
Make = Callable[[], Made]


def places(cluster: Cluster, claims: Sequence[Claim], hooks: Hooks) -> Mapping[str, Place]:
    """Find for each claim, by its title, where its hooks can run."""
    found: dict[str, Place] = {}
    for namespace in sorted({claim.meta.namespace for claim in claims}):
        theirs = [claim for claim in claims if claim.meta.namespace == namespace]
        try:
            pods = pods_in(cluster, namespace)
        except ClusterError as error:
            unseen = Place(why=f"pods of {plain(namespace)} cannot be read: {plain(error.message)}", todo=error.remedy)
            found |= {claim.meta.title: unseen for claim in theirs}
        else:
            found |= {claim.meta.title: place_of(claim.meta.name, pods, hooks.container) for claim in theirs}
    return found


class Hooking:
    """The hooks of one schedule in one run. ``troubles`` is what went wrong; ``unsure``: the second may not have run."""

    def __init__(
        self,
        cluster: Cluster,
        hooks: Hooks,
        where: Mapping[str, Place],
        about: Around,
        sleep: Callable[[float], None],
    ) -> None:
        """Run them in these places; ``about.now`` is when the run began."""
        self._cluster, self._hooks, self._places, self._about, self._sleep = cluster, hooks, where, about, sleep
        self.troubles: Problems = {}
        self.unsure: set[str] = set()

    def __call__(self, claim: Claim, make: Make) -> Made:
        """Make one snapshot with its hooks around it, or say why not."""
        place = self._places[claim.meta.title]
        if place.why:
            return self._without(claim, make, f"its hooks cannot run: {place.why}", place.todo)
        if place.where is None:
            return make()
        worst = timedelta(seconds=3 * self._hooks.timeout_seconds + 2 * _GRACE)
        if self._cluster.now() + worst > self._about.now + TICK:
            return Made(
                claim, error=OutOfTime("no time left in this run for its hooks", "nothing: the next run makes it")
            )
        return self._around(claim, place.where, make)

    def release(self, claim: Claim) -> None:
        """Run the second hook once more, because an earlier run ended before it could say that it ran."""
        place = self._places[claim.meta.title]
        if place.where is None:
            why = place.why or "no pod uses it any more"
            self.unsure |= {claim.meta.title} if place.why else set()
            self._trouble(claim, f"an earlier run ended between its hooks, and post cannot be run: {why}", place.todo)
            return
        if self._post_alone(claim, place.where):
            self._trouble(claim, "an earlier run ended between its hooks: post was run again just now", _LOOK)

    def _around(self, claim: Claim, where: Container, make: Make) -> Made:
        hooks, mark = self._hooks, f"@{secrets.token_hex(8)}"
        seconds = hooks.timeout_seconds
        try:
            process = self._cluster.execute(where, hook_session(hooks.pre, hooks.post, seconds, seconds, mark))
        except ClusterError as error:
            if isinstance(error, Unavailable):  # it may have been started all the same
                self._post_alone(claim, where)
            return self._without(claim, make, f"its hooks cannot run: {plain(error.message)}", error.remedy)
        made: Made | None = None
        with closing(process):
            try:
                process.wait(seconds + _GRACE, pre_is_over(mark))
                if read_session(process.out, mark).pre == 0:
                    made = self._until_cut(claim, make())
            finally:
                self._let_go(claim, where, process, mark)
        if made is not None:
            return made
        why = came_of(read_session(process.out, mark).pre or None, process.why, seconds)
        todo = f"run it by hand: kubectl -n {where.namespace} exec {where.pod} -c {where.name} -- ..."
        return self._without(
            claim, make, f"the pre hook failed in {where.title}: {why}{self._quoted(process, mark)}", todo
        )

    def _let_go(self, claim: Claim, where: Container, process: Process, mark: str) -> None:
        """Tell the container that it may go on, and see to it that ``post`` has run."""
        was_there = not process.ended
        process.write("\n")
        process.wait(self._hooks.timeout_seconds + _GRACE, post_is_over(mark))
        said = read_session(process.out, mark)
        if said.pre == 0 and (said.late or (said.post is None and not was_there)):
            self._trouble(claim, f"post ran in {where.title} before the data was cut: {_NOT_STILL}", _LONGER)
        if said.post is None:
            self._post_alone(claim, where)
        elif said.post:
            why = came_of(said.post, "", self._hooks.timeout_seconds)
            self._trouble(claim, f"the post hook failed in {where.title}: {why}{self._quoted(process, mark)}", _LOOK)

    def _post_alone(self, claim: Claim, where: Container) -> bool:
        """Run ``post`` by itself; tell whether it did what it should."""
        if not self._hooks.post:
            return True
        try:
            ran = run(self._cluster, where, self._hooks.post, self._hooks.timeout_seconds)
        except ClusterError as error:
            ran = Ran(None, why=plain(error.message))
        if ran.code is None:
            self.unsure.add(claim.meta.title)
        if not ran.ok:
            self._trouble(
                claim, f"the post hook failed in {where.title}: {ran.why}{_quoted(ran.err or ran.out)}", _LOOK
            )
        return ran.ok

    def _until_cut(self, claim: Claim, made: Made) -> Made:
        """Wait until the data is fixed, which is long before the snapshot is ready."""
        left = float(self._hooks.timeout_seconds)
        while made.point and not (made.point.cut_at or made.point.state is State.READY):
            if left <= 0:
                why = f"it was not cut within {self._hooks.timeout_seconds} s, and post did not wait: {_NOT_STILL}"
                self._trouble(claim, why, _LONGER)
                break
            self._sleep(_PAUSE)
            left -= _PAUSE
            try:
                found = self._cluster.get(SNAPSHOT, made.point.name, claim.meta.namespace)
            except ClusterError:
                continue
            made = replace(made, point=snapshot_point(found, replace(self._about, now=self._cluster.now(), bound=None)))
        return made

    def _without(self, claim: Claim, make: Make, why: str, todo: str) -> Made:
        """Do what ``onError`` says when the first hook did not run."""
        if self._hooks.on_error != CONTINUE:
            return Made(claim, error=HookFailed(f"no snapshot was made: {why}", todo))
        self._trouble(claim, f"made without its hooks: {why}", todo)
        return make()

    def _trouble(self, claim: Claim, why: str, todo: str) -> None:
        key = claim.meta.title + HOOKS
        _, before, first = self.troubles.get(key, (HOOK, "", ""))
        self.troubles[key] = [HOOK, f"{before}; {why}" if before else why, first or todo]

    def _quoted(self, process: Process, mark: str) -> str:
        return _quoted(process.err or without_marks(process.out, mark))


_NOT_STILL = "a restore of it may have to be repaired like after a power cut"
_LONGER = "raise `hooks.timeoutSeconds` of the schedule, at most 60"
_LOOK = "look whether the application writes again, and run the post hook by hand if not"


def _quoted(output: str) -> str:
    """Cite the end of what a command wrote; it is foreign text, and may hold what nobody should see."""
    text = str(redacted(output.strip()))
    return f"; it said {cited(text[-160:])}" if text else ""


def until_text(now: datetime) -> str:
    """Write when nobody runs the hooks of this run any more."""
    return (now + UNSURE).isoformat()
