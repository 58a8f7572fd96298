"""What is told of a restore: the plan, the new claim, what it waits for, and how to switch over to it."""

from robusta_volumes._analysis.decision import Change
from robusta_volumes._analysis.snapshot_restore import Restore, waits
from robusta_volumes._model.asked import RestoreSnapshot
from robusta_volumes._model.ours import CHOICE
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.text import cited, nearest, plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim
from robusta_volumes._report.changes import Act, done_page
from robusta_volumes._report.page import Page, Subject, Text
from robusta_volumes._report.persistent_volume_actions import missing_page
from robusta_volumes._report.pieces import short
from robusta_volumes._rules.rule import Fix

ACTION = "restore_pvc_snapshot"
_MOUNT = '"volumeMounts":[{"name":"data","mountPath":"/data","readOnly":true}]'


def act_of(asked: Restore) -> Act:
    """Put one run into words. What repeats it names the snapshot itself: the newest one may be another by then."""
    point = asked.point
    params = {
        "name": point.name,
        "namespace": point.namespace,
        "new_name": asked.name,
        "storage_class": asked.class_name,
    }
    return Act(
        action=ACTION,
        subject=Subject("PersistentVolumeClaim", asked.name, point.namespace),
        params={key: value for key, value in params.items() if value},
        plan=f"restore {asked.data} as of {ago(point.when, asked.see.now)} into {asked.name}",
        undone=f"Snapshot {point.namespace}/{point.name} was not restored",
        go=f"Restore into {short(asked.name, 40)} now",
    )


def no_snapshot_page(asked: RestoreSnapshot, snapshots: list[str], claims: list[str], states: str) -> Page:
    """Say that there is nothing to restore: no snapshot or claim of that name, or no good one of the claim."""
    subject = Subject("PersistentVolumeClaim", asked.name, asked.namespace)
    if asked.name not in claims:
        near = nearest(asked.name, snapshots) or snapshots
        return missing_page(subject, "Snapshot or claim", [*near, *claims], asked=True)
    act = Act(ACTION, subject, {}, "", f"Nothing of claim {asked.namespace}/{asked.name} was restored", "")
    look = Fix("see what there is", f"kubectl -n {quoted(asked.namespace)} get volumesnapshots")
    return done_page(act, f"{act.undone}: {states}", (), "Only what is ready can be restored from.", (look,))


def restored_page(act: Act, asked: Restore, claim: Claim, said: str) -> Page:
    """Tell that it is there, or what it waits for; then how to switch over."""
    title = f"Claim {claim.meta.title} holds the data of {ago(asked.point.when, asked.see.now)}"
    says, fixes = "It is Bound and can be mounted.", []
    look = f"kubectl -n {quoted(claim.meta.namespace)} describe pvc {quoted(claim.meta.name)}"
    if claim.phase != "Bound":
        title = f"Claim {claim.meta.title} was made from the snapshot and is {plain(claim.phase)}"
        if waits(asked):
            title += ": it waits for a pod"
            says = "Its class makes the volume when the first pod mounts it. Until then the snapshot cannot be deleted."
            fixes = [Fix("start a pod that mounts it", _look_inside(claim))]
        else:
            says = (
                f"The driver said {cited(said, 400)}." if said else "The driver is at work; large data takes minutes."
            )
            fixes = [Fix("look again in a few minutes; `persistent_volume_actions` for it says what is wrong", look)]
    changes = (
        Change("claim", "none", f"{claim.meta.title}, {claim.phase}"),
        Change("size", "none", gib(claim.capacity or claim.requested)),
    )
    page = done_page(act, title, changes, says, fixes)
    return Page(**{**vars(page), "blocks": (*page.blocks, *swap_steps(asked))})


def lost_sight_page(act: Act, asked: Restore, why: str) -> Page:
    """Tell that it was made, and that what became of it could not be seen."""
    look = f"kubectl -n {quoted(asked.point.namespace)} get pvc {quoted(asked.name)}"
    title = f"Claim {asked.point.namespace}/{asked.name} was made from the snapshot; what became of it is not known"
    changes = (Change("claim", "none", asked.name),)
    says = f"Then the cluster did not answer: {plain(why, 300)}"
    return done_page(act, title, changes, says, (Fix("look at it", look),))


def swap_steps(asked: Restore) -> tuple[Text, ...]:
    """Say how to have a workload use the new claim, where an old one is known. Nothing of it is done by us."""
    if not asked.point.claim:
        return ()
    old, new, space = plain(asked.point.claim), plain(asked.name), quoted(asked.point.namespace)
    steps = (
        f"*To switch over* (nothing of this is done for you; claim {old} and its data stay as they are):\n"
        f"1. Look inside first, with a pod that mounts {new}.\n"
        f"2. Stop who writes: `kubectl -n {space} scale deployment NAME --replicas=0`\n"
        f"3. Deployment: write `claimName: {new}` into its pod template, and start it again.\n"
        f"   StatefulSet: its claims have fixed names. Set both volumes to Retain (`set_volume_reclaim_policy`), delete "
        f"both claims, make {old} again with the same spec and `volumeName` of the new volume, give that volume to it "
        f"(`release_persistent_volume` with claim={plain(asked.point.namespace)}/{old}), and start it again.\n"
        f"4. Schedules leave {new} out until its annotation goes: `kubectl -n {space} annotate pvc {quoted(asked.name)} "
        f"{CHOICE}-`\n"
        "5. Keep the old volume until you are sure."
    )
    return (Text(steps),)


def _look_inside(claim: Claim) -> str:
    raw = claim.volume_mode == "Block"
    how = '"volumeDevices":[{"name":"data","devicePath":"/dev/data"}]' if raw else _MOUNT
    look = '"head","-c","512","/dev/data"' if raw else '"ls","-la","/data"'
    mount = (
        f'{{"spec":{{"containers":[{{"name":"look","image":"busybox","command":[{look}],{how}}}],'
        f'"volumes":[{{"name":"data","persistentVolumeClaim":{{"claimName":"{claim.meta.name}"}}}}]}}}}'
    )
    space, name = quoted(claim.meta.namespace), quoted(f"look-{claim.meta.name}"[:63].rstrip("-."))
    return f"kubectl -n {space} run {name} --image=busybox --restart=Never --overrides={quoted(mount)}"
