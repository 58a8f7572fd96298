"""What is told of a claim that was asked to grow: it has, it is on its way, or what it waits for."""

from collections.abc import Sequence

from robusta_volumes._analysis.assess import Issue
from robusta_volumes._analysis.decision import Change
from robusta_volumes._analysis.growth_stage import Stage
from robusta_volumes._model.asked import Expand
from robusta_volumes._model.quantity import as_quantity, gib
from robusta_volumes._model.text import listing, plain, quoted
from robusta_volumes._model.volume import Claim, Pod
from robusta_volumes._report.changes import Act, done_page
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._rules.rule import Fix

ACTION = "expand_persistent_volume_claim"


def act_of(claim: Claim, asked: Expand, before: int, wanted: int) -> Act:
    """Put one run into words. What repeats it names the size in bytes: "+20%" twice would be 44 percent."""
    meta = claim.meta
    params = {"name": meta.name, "namespace": meta.namespace, "size": as_quantity(wanted)}
    return Act(
        action=ACTION,
        subject=Subject("PersistentVolumeClaim", meta.name, meta.namespace, dict(meta.labels)),
        params={**params, "force": "true"} if asked.force else params,
        plan=f"grow claim {meta.title} from {gib(before)} to {gib(wanted)}",
        undone=f"Claim {meta.title} was not grown",
        go=f"Grow to {gib(wanted)} now",
    )


def grown_page(act: Act, before: Claim, now: Claim, wanted: int, pods: Sequence[Pod], at: Stage) -> Page:
    """Tell how far it came, when nothing went wrong."""
    name, changes = now.meta.title, _changes(before, now)
    if at is Stage.DONE:
        return done_page(
            act, f"Claim {name} has grown from {gib(before.capacity)} to {gib(now.capacity)}", changes, "It is ready."
        )
    look = Fix(
        "look again in a few minutes", f"kubectl -n {quoted(now.meta.namespace)} describe pvc {quoted(now.meta.name)}"
    )
    if at is Stage.NODE:
        names = listing([p.meta.name for p in pods], 3)
        says = f"The disk has grown; the node is to grow the filesystem, which happens by itself while {names} uses it."
        title = f"Claim {name} is growing to {gib(wanted)}: it waits for the node"
        again = (
            Fix(f"when it did not, restart pod {plain(pods[0].meta.name)}") if pods else Fix("start a pod that uses it")
        )
        return done_page(act, title, changes, says, (look, again))
    if at is Stage.CONTROLLER:
        title = f"Claim {name} is growing to {gib(wanted)}: the driver is at work on the disk"
        return done_page(act, title, changes, "It was asked for and has begun.", (look,))
    title = f"Claim {name} was asked to grow to {gib(wanted)}; the driver has not begun yet"
    says = "Nothing was refused. When nothing happens for ten minutes, the driver runs without an external-resizer."
    return done_page(act, title, changes, says, (look,))


def stuck_page(act: Act, before: Claim, now: Claim, issue: Issue) -> Page:
    """Tell what it waits for, or who refused."""
    return done_page(act, issue.title, _changes(before, now), issue.hit.why, issue.hit.fixes)


def lost_sight_page(act: Act, before: Claim, wanted: int, why: str) -> Page:
    """Tell that it was asked for, and that what became of it could not be seen."""
    look = f"kubectl -n {quoted(before.meta.namespace)} get pvc {quoted(before.meta.name)}"
    title = f"Claim {before.meta.title} was asked to grow to {gib(wanted)}; what became of it is not known"
    changes = (Change("requested", gib(before.requested), gib(wanted)),)
    return done_page(
        act, title, changes, f"Then the cluster did not answer: {plain(why, 300)}", (Fix("look at it", look),)
    )


def _changes(before: Claim, now: Claim) -> tuple[Change, ...]:
    return (
        Change("requested", gib(before.requested), gib(now.requested)),
        Change("has", gib(before.capacity), gib(now.capacity)),
    )
