"""What is told of a test of a backup: the plan, that it goes on, that the data came back, or that it did not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from robusta_volumes._analysis.backup_restore import BackupRestore
from robusta_volumes._analysis.snapshot_verify import SAME_STORAGE
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, count, listing, plain, quoted
from robusta_volumes._model.times import ago, parse_time, span
from robusta_volumes._model.trial import Abandoned, Result, Trial
from robusta_volumes._report.changes import Act, done_page
from robusta_volumes._report.page import Button, Page, Subject, Table, Text
from robusta_volumes._report.pieces import TEXT_LIMIT, short

ACTION = "verify_volume_backup"
KEY = "VolumeBackupVerified"
_SUBJECT = "PersistentVolumeClaim"
_NAME = 253  # characters of a claim's name
_WHY = 140  # characters of a reason that a title has room for
NOTE = "robusta-volumes-state"  # where what is under way is remembered


def act_of(asked: BackupRestore, velero: str) -> Act:
    """Put one test into words."""
    copy = asked.copy
    return Act(
        action=ACTION,
        subject=Subject(_SUBJECT, copy.claim, copy.namespace),
        params={"name": copy.claim, "namespace": copy.namespace, "backup": copy.backup},
        plan=f"test the backup of {asked.title} as of {ago(copy.cut_at, asked.see.now)} by restoring it into {asked.into}",
        undone=f"The backup of {asked.title} was not tested",
        go="Test it now",
        where=velero,
    )


def running_page(trial: Trial, now: datetime) -> Page:
    """Say that a test goes on, and what was asked for, if that is something else, has to wait."""
    title = f"The {trial.what} of {trial.namespace}/{trial.claim} is being tested"
    since = ago(parse_time(trial.started), now)
    into = f"claim {plain(trial.restore)}" if trial.of_snapshot else plain(trial.into)
    text = (
        f"{trial.what.title()} {plain(trial.backup)} is being restored into {into}, begun {since}. When it is there its files "
        "are counted, and all is taken away again; the result is told then. One test runs at a time."
    )
    act = Act(ACTION, Subject(_SUBJECT, trial.claim, trial.namespace), {}, "", "", "")
    page = done_page(act, title, (), text)
    again = Button("Look again", ACTION, {"name": trial.claim, "namespace": trial.namespace, "dry_run": "false"})
    return replace(page, blocks=(page.blocks[0], again))


def result_page(trial: Trial, result: Result, now: datetime) -> Page:
    """Tell what came of a test: the verdict first."""
    title, lines = _proven(trial, result, now) if result.proven else _unproven(trial, result, now)
    if result.left:
        lines.append(_left(result.left, "*Not taken away again*", trial))
    if result.going:
        lines.append(_going(result.going))
    if result.runs_on:
        lines.append(
            "Velero was not seen to end this restore: what it still makes is looked for at each tick, and deleted."
        )
    if result.proven and not result.stamped:
        why = f" ({plain(result.unstamped, 300)})" if result.unstamped else ""
        lines.append(f"The proof could not be written onto the {trial.what}{why}, so reports do not know.")
    if result.proven and trial.of_snapshot:
        lines.append(SAME_STORAGE)
    bad = not result.proven or bool(result.left)
    return Page(
        title=short(title, 240),
        severity=_severity(result),
        subject=Subject(_SUBJECT, trial.claim, trial.namespace),
        blocks=(Text(short("\n".join(lines), TEXT_LIMIT)), *_tables(result, trial.what)),
        key=KEY,
        causes=("proven" if result.proven else "unproven",),
        failure=bad,
    )


def abandoned_page(found: Abandoned) -> Page:
    """Tell that a test was forgotten, and that what it had made is gone, or what of it would not go."""
    trial = replace(found.trial, claim=plain(found.trial.claim, _NAME))  # as an annotation has it: anybody's text
    of = f"{trial.namespace}/{trial.claim}" if trial.claim else f"{trial.namespace} (restore {trial.restore})"
    about = f"what {'an ended' if found.given_up else 'a forgotten'} test of the {trial.what} of {of} had left"
    title = f"W{about[1:]} cannot be removed" if found.left else f"Removed {about}"
    lost = f"The note about it, in ConfigMap {NOTE}, was lost: whether the {trial.what} can be restored is not known."
    late = "It was given up then, and Velero made this when all had been taken away already."
    why = f"It began {_when(trial.started)}. {late if found.given_up else lost}"
    if found.left:
        lines = [why, _left(found.left, "*Still there*, and tried again at each tick", trial)]
    else:
        again = f"robusta playbooks trigger {ACTION} name={quoted(trial.claim)} namespace={quoted(trial.namespace)}"
        todo = f"test it again: `{again}`"
        lines = [why, f"*Do this:* {todo if trial.claim else 'nothing; the schedule tests it again'}."]
    return Page(
        title=short(title, 240),
        severity=Severity.MEDIUM if found.left else Severity.LOW,
        subject=Subject(_SUBJECT, trial.claim or trial.restore, trial.namespace),
        blocks=(Text(short("\n".join(lines), TEXT_LIMIT)),),
        key=KEY,
        causes=("abandoned", *found.left),
        failure=True,
    )


def _left(left: Sequence[str], head: str, trial: Trial) -> str:
    """Name what a test has made and could not delete, and how it goes."""
    stays = "\n".join(f"• {short(plain(one, 300), 300)}" for one in left[:5])
    more = f"\n• and {len(left) - 5} more" if len(left) > 5 else ""  # noqa: PLR2004 (those that are named)
    allow = (
        f"python -m robusta_volumes._cli permissions -n {quoted(trial.into)} --allow {trial.allow} | kubectl apply -f -"
    )
    return (
        f"{head}:\n{stays}{more}\n*Do this:* delete it by hand; for the next time let the runner do it:\n```{allow}```"
    )


def _going(going: Sequence[str]) -> str:
    """Name what is deleted and still there."""
    names = listing([plain(one, 300) for one in going], 3)
    return (
        f"What was restored for it is being deleted, and was not seen to be gone: {names}. What stays is held by a "
        "finalizer, which `kubectl get` with `-o yaml` names."
    )


def _when(text: str) -> str:
    found = parse_time(text)
    return f"at {found:%Y-%m-%d %H:%M} UTC" if found else "at a time that is not known"


def _severity(result: Result) -> Severity:
    if not result.proven:
        return Severity.HIGH if result.judged else Severity.MEDIUM
    return Severity.LOW if result.left else Severity.INFO


def _proven(trial: Trial, result: Result, now: datetime) -> tuple[str, list[str]]:
    title = f"The {trial.what} of {trial.namespace}/{trial.claim} can be restored: {_what(result)}"
    when = ago(parse_time(trial.cut), now)
    name = f"{trial.what.title()} {plain(trial.backup)}"
    gone = "" if result.left or result.going or result.runs_on else " All that was restored for it is gone again."
    lines = [f"{name}, data of {when}, was restored and looked at in {_time(result)}.{gone}"]
    if result.denied:
        lines.append(
            f"{count(result.denied, 'file or folder')} could not be read by the pod that looked, and is not counted."
        )
    return title, lines


def _unproven(trial: Trial, result: Result, now: datetime) -> tuple[str, list[str]]:
    undone = "could not be tested in time" if result.late else "could not be tested"
    undone = "came back with far fewer files than the claim holds" if result.few else undone
    verdict = "failed its test" if result.judged else undone
    title = f"The {trial.what} of {trial.namespace}/{trial.claim} {verdict}: {plain(result.why, _WHY)}"
    said = f" It said {cited(result.said, 200)}." if result.said else ""
    whole = f" {plain(result.why, 400)}." if len(result.why) > _WHY else ""
    unknown = (
        "Whether all of its data is in it is not known" if result.few else "Whether it can be restored is not known"
    )
    rely = "Do not rely on it" if result.judged else unknown
    copy = f"{trial.what} {plain(trial.backup)}, data of {ago(parse_time(trial.cut), now)}"
    lines = [f"{rely}: {copy}.{whole}{said} The test took {_time(result)}."]
    lines.append(f"*Do this:* {short(result.todo or f'look at the {trial.what}, and make a new one', 400)}")
    return title, lines


def _what(result: Result) -> str:
    if result.files is None:
        return f"its test passed{': ' + plain(result.said, 80) if result.said else ''}"
    return f"{count(result.files, 'file')}, {gib(result.used)}"


def _time(result: Result) -> str:
    return span(timedelta(seconds=result.seconds))


def _tables(result: Result, what: str) -> tuple[Table, ...]:
    """Set what came back beside what the claim holds now, where that could be counted, too."""
    if result.files is None:
        return ()
    files, used = f"{result.files:,}", gib(result.used)
    if result.source_files is None:
        return (Table(("what", f"in the {what}"), (("files", files), ("on disk", used)), ""),)
    rows = (("files", files, f"{result.source_files:,}"), ("on disk", used, gib(result.source_used)))
    return (Table(("what", f"in the {what}", "in the claim now"), rows, ""),)
