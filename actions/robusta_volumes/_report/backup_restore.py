"""What is told of a restore from a backup: the plan, the new claim, what Velero said, and how to go on."""

from dataclasses import replace

from robusta_volumes._analysis.backup_restore import BackupRestore
from robusta_volumes._analysis.decision import Change
from robusta_volumes._model.asked_restores import RestoreBackup
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.restore_run import RestoreRun
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, code, count, nearest, plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim
from robusta_volumes._report.changes import Act, done_page
from robusta_volumes._report.page import Button, Page, Subject
from robusta_volumes._report.persistent_volume_actions import missing_page
from robusta_volumes._report.pieces import short
from robusta_volumes._rules.rule import Fix

ACTION = "restore_volume_backup"
_SUBJECT = "PersistentVolumeClaim"


def act_of(asked: BackupRestore, velero: str) -> Act:
    """Put one run into words. What repeats it names the backup itself: the newest one may be another by then."""
    copy = asked.copy
    params = {
        "name": copy.claim,
        "namespace": copy.namespace,
        "backup": copy.backup,
        "into_namespace": asked.into,
        "pods": "true" if asked.pods else "",
    }
    return Act(
        action=ACTION,
        subject=Subject(_SUBJECT, copy.claim, asked.into),
        params={key: value for key, value in params.items() if value},
        plan=f"restore {asked.title} as of {ago(copy.cut_at, asked.see.now)} into namespace {asked.into}",
        undone=f"{asked.title} was not restored",
        go=f"Restore into {short(asked.into, 40)} now",
        where=velero,
    )


def no_backup_page(
    subject: Subject,
    action: str,
    backup: str,
    backups: list[str],
    claims: list[str],
    unknown: tuple[str, str] | None = None,
) -> Page:
    """Say that no backup holds the claim's data, or that the one that was named does not; ``unknown``: why none can tell."""
    title = f"{subject.namespace}/{subject.name}"
    if subject.name not in claims and unknown is None:
        return missing_page(subject, "Backed-up claim", nearest(subject.name, claims) or claims, asked=True)
    tested = action != ACTION
    act = Act(action, subject, {}, "", f"{title} was not {'tested' if tested else 'restored'}", "")
    none = f"no backup holds its data{', and no snapshot of it is ready' if tested else ''}"
    where = f"name={quoted(subject.name)} namespace={quoted(subject.namespace)}"
    look = Fix("see which backups hold what", f"robusta playbooks trigger volume_backup_management {where}")
    if unknown and not backups:
        why, todo = unknown
        says = f"{plain(why, 300)}. Nothing was changed."
        fixes = (*([Fix(f"allow it:\n```{todo}```" if todo.startswith("- apiGroups") else todo)] if todo else []), look)
        return done_page(act, f"{act.undone}: whether a backup holds its data is not known", (), says, fixes)
    if backup:
        known = f" Backups that do: {plain(', '.join(backups[:5]))}." if backups else ""
        why = f"{act.undone}: backup {plain(backup)} does not hold it"
        return done_page(act, why, (), f"Nothing was changed.{known}", (look,))
    make = Fix("make one now", f"robusta playbooks trigger create_volume_backups {where}")
    return done_page(act, f"{act.undone}: {none}", (), "Nothing was changed.", (look, make))


def snapshot_page(asked: RestoreBackup, snapshot: str) -> Page:
    """Say that the newest good copy is a snapshot, which another action restores."""
    subject = Subject(_SUBJECT, asked.name, asked.namespace)
    act = Act(ACTION, subject, {}, "", f"{asked.namespace}/{asked.name} was not restored", "")
    says = "It is restored into a new claim of the same namespace by `restore_pvc_snapshot`. Nothing was changed yet."
    page = done_page(act, f"The newest good copy of {asked.namespace}/{asked.name} is a snapshot, no backup", (), says)
    params = {"name": snapshot, "namespace": asked.namespace, "dry_run": "true"}
    return replace(
        page, blocks=(page.blocks[0], Button("Show the plan of restoring it", "restore_pvc_snapshot", params))
    )


def skipped_page(act: Act, asked: BackupRestore, run: RestoreRun, velero: str) -> Page:
    """Say that the claim which is there is not of this restore: Velero skips what is there, and says Completed all the same."""
    new = f"{asked.into}/{asked.copy.claim}"
    title = f"{asked.title} was not restored: claim {new} is there, and this restore did not make it"
    says = f"Velero says {plain(run.phase)}, and skips what is there. What lies in that claim is not the backup's data."
    look = f"velero -n {quoted(velero)} restore describe {quoted(run.name)} --details"
    other = Fix("give into_namespace=another one", look)
    return _bad(done_page(act, title, (), says, (other,)))


def restored_page(act: Act, asked: BackupRestore, run: RestoreRun, claim: Claim | None, velero: str) -> Page:
    """Tell what became of the restore; Velero's own verdict counts less than whether the claim is there."""
    look = f"velero -n {quoted(velero)} restore describe {quoted(run.name)} --details"
    again = Button("Look again", ACTION, {**act.params, "dry_run": "false"})
    new = f"{asked.into}/{asked.copy.claim}"
    if not run.over:
        title = f"{asked.title} is being restored into namespace {asked.into}"
        seen = f"Velero says {plain(run.phase)}." if run.phase else "Velero has not looked at it yet: is it running?"
        says = f"{seen} Large data takes its time; asking again follows the same restore and starts no other."
        if asked.waits and claim is not None and claim.phase == "Pending":
            says += (
                f" Its class waits for a pod: start one in {plain(asked.into)} that uses {new}; no byte moves before."
            )
        page = done_page(act, title, (Change("restore", "none", run.name),), says, (Fix("look at it", look),))
        return replace(page, blocks=(*page.blocks, again))
    if claim is None:
        said = f" It said {cited(run.why, 300)}." if run.why else ""
        title = f"{asked.title} was not restored: Velero says {plain(run.phase)}, and claim {new} is not there"
        labels = ",".join(f"{key}={value}" for key, value in asked.labels.items())
        picked = (
            f" It was picked by the label {code(labels)}, which it may not have had when it was saved."
            if labels
            else ""
        )
        says = f"Velero counts {count(run.errors, 'error')} and {count(run.warnings, 'warning')}.{said}{picked}"
        page = done_page(act, title, (), says, (Fix("see what it left out", look),))
        return _bad(page)
    changes = (
        Change("claim", "none", f"{new}, {claim.phase}"),
        Change("size", "none", gib(claim.capacity or claim.requested)),
    )
    if run.good and claim.phase == "Bound":
        title = f"Claim {new} holds the data of {ago(asked.copy.cut_at, asked.see.now)}"
        return done_page(act, title, changes, "It is Bound and can be mounted. Look inside before you use it.")
    if run.good:
        title = f"Claim {new} was restored and is {plain(claim.phase)}"
        says = "Its class may wait for a pod; `persistent_volume_actions` for it says what it waits for."
        return done_page(
            act,
            title,
            changes,
            says,
            (Fix("look at it", f"kubectl -n {quoted(asked.into)} describe pvc {quoted(claim.meta.name)}"),),
        )
    said = f" It said {cited(run.why, 300)}." if run.why else ""
    title = f"Claim {new} is there, but Velero says {plain(run.phase)}: its data may be incomplete"
    counted = f"Velero counts {count(run.errors, 'error')} and {count(run.warnings, 'warning')}."
    says = f"Do not use it before you have looked. {counted}{said}"
    return _bad(done_page(act, title, changes, says, (Fix("see what failed", look),)))


def _bad(page: Page) -> Page:
    return replace(page, severity=Severity.MEDIUM, failure=True, causes=(ACTION, "failed"))
