"""What is told of a volume whose policy was set, or that was given back to a claim."""

from robusta_volumes._analysis.decision import Change, Decision
from robusta_volumes._analysis.volume_change import creation
from robusta_volumes._model.asked import Release, SetPolicy
from robusta_volumes._model.text import quoted
from robusta_volumes._model.volume import Volume
from robusta_volumes._report.changes import Act, done_page
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._rules.rule import Fix

POLICY, RELEASE = "set_volume_reclaim_policy", "release_persistent_volume"


def _subject(volume: Volume) -> Subject:
    """Route it to whoever cares for the namespace of its claim."""
    namespace = volume.claim_ref.namespace if volume.claim_ref else ""
    return Subject("PersistentVolume", volume.meta.name, namespace, dict(volume.meta.labels))


def policy_act(volume: Volume, asked: SetPolicy) -> Act:
    """Put one run into words. What repeats it names the volume: the claim may have another one by then."""
    name = volume.meta.name
    return Act(
        action=POLICY,
        subject=_subject(volume),
        params={"name": name, "policy": asked.policy},
        plan=f"set the reclaim policy of volume {name} to {asked.policy} (it is {volume.reclaim_policy})",
        undone=f"The reclaim policy of volume {name} was not set to {asked.policy}",
        go=f"Set {asked.policy} now",
    )


def release_act(volume: Volume, asked: Release) -> Act:
    """Put one run into words."""
    name = volume.meta.name
    params = {"name": name, "claim": "/".join(asked.claim)} if asked.claim else {"name": name}
    return Act(
        action=RELEASE,
        subject=_subject(volume),
        params=params,
        plan=f"give volume {name} {'' if asked.claim else 'back '}to claim {target_of(volume, asked)}",
        undone=f"Volume {name} was not given {'away' if asked.claim else 'back'}",
        go="Give it to that claim now" if asked.claim else "Give back now",
    )


def target_of(volume: Volume, asked: Release) -> str:
    """Name the claim that is to have it."""
    ref = volume.claim_ref
    return "/".join(asked.claim or (ref.key if ref else ("", "nobody")))


def policy_page(act: Act, before: Volume, now: Volume, found: Decision) -> Page:
    """Tell which policy it has now, and what that means."""
    changes = (Change("reclaim policy", before.reclaim_policy, now.reclaim_policy),)
    title = f"Volume {now.meta.name} has reclaim policy {now.reclaim_policy} now"
    return done_page(act, title, changes, "\n".join(found.notes))


def release_page(act: Act, before: Volume, now: Volume, asked: Release, *, there: bool) -> Page:
    """Tell whether the claim has it, or what it waits for; ``there``: the claim exists."""
    to, name = target_of(before, asked), now.meta.name
    changes = (
        Change("phase", before.phase, now.phase),
        Change("for claim", f"{target_of(before, Release())} (gone)", f"{to}"),
    )
    namespace, claim = to.split("/")
    look = f"kubectl -n {quoted(namespace)} get pvc {quoted(claim)}"
    if now.phase == "Bound":
        return done_page(act, f"Volume {name} is bound to claim {to}", changes, "Its data can be used again.")
    if now.phase == "Available":
        says = "It is offered to that claim alone."
        fix = Fix("see whether the claim binds; with WaitForFirstConsumer a pod must use it first", look)
        if not there:
            fix = Fix("create the claim; it binds at once", creation(before, (namespace, claim)))
        return done_page(act, f"Volume {name} is Available again, for claim {to} alone", changes, says, (fix,))
    says = f"It is written, but the volume controller has not acted on it yet: it is still {now.phase}."
    again = Fix("look again in a minute", f"kubectl get pv {quoted(name)}")
    return done_page(act, f"Volume {name} was offered to claim {to}, and is still {now.phase}", changes, says, (again,))
