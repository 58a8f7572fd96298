"""What became of snapshots that somebody asked for: ready, cut but not ready yet, or why not."""

from collections.abc import Sequence
from datetime import datetime

from robusta_volumes._analysis.snapshot_preflight import Preflight
from robusta_volumes._model.asked import CreateSnapshots
from robusta_volumes._model.errors import NotAllowed
from robusta_volumes._model.restore_point import State
from robusta_volumes._model.rights import account_in, role_command
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.snapshot_run import Made
from robusta_volumes._model.text import cited, count, plain
from robusta_volumes._model.times import ago
from robusta_volumes._report.page import Block, Button, Page, Subject, Table, Text, csv_file
from robusta_volumes._report.pieces import TEXT_LIMIT, short

ACTION = "create_pvc_snapshots"
KEY = "PvcSnapshotsCreate"
_SHOWN = 10  # claims in the message; all are in the file
_READY, _CUT, _ASKED, _LATE = "ready", "cut, not ready yet", "asked for, not cut yet", "not ready in time"
_STATES = {State.READY: _READY, State.CUT: _CUT, State.CREATING: _ASKED, State.LATE: _LATE}
_UNSEEN = "no controller has touched it"


def creation_plan_page(
    asked: CreateSnapshots, fit: Sequence[Preflight], unfit: Sequence[Preflight], cluster: str
) -> Page:
    """Show what would be taken and what cannot be."""
    rows = [(one.claim.meta.title, f"by class {plain(one.class_name)}", "") for one in fit]
    rows += [(one.claim.meta.title, one.why, one.todo) for one in unfit]
    says = "Nothing was made yet. *Do this:* carry it out with `dry_run=false`." if fit else "Nothing can be made."
    blocks: list[Block] = [Text(says + _todos(rows, first=not fit)), *_table(rows, "how, or why not")]
    if fit:
        blocks.append(Button(f"Take {count(len(fit), 'snapshot')} now", ACTION, {**_params(asked), "dry_run": "false"}))
    title = f"Plan: take {count(len(fit), 'snapshot')} of {_of(asked)}"
    if unfit:
        title += f"; {count(len(unfit), 'claim')} cannot be snapshotted"
    return _page(asked, title, blocks, Severity.INFO if fit else Severity.LOW, cluster, "plan")


def nothing_to_snapshot_page(asked: CreateSnapshots, cluster: str) -> Page:
    """Say that no Bound claim is meant."""
    text = "*Do this:* look at what is there: `kubectl get pvc -A --show-labels`."
    return _page(
        asked, f"No Bound claim in {_of(asked)}: nothing was made", [Text(text)], Severity.LOW, cluster, "none"
    )


def created_page(
    asked: CreateSnapshots, made: Sequence[Made], unfit: Sequence[Preflight], cluster: str, now: datetime
) -> Page:
    """Tell of each claim what came of it. Only what is ready is called so."""
    rows = [_row(one, now) for one in made] + [(one.claim.meta.title, one.why, one.todo) for one in unfit]
    rows.sort(key=lambda row: (not row[2], row[0]))
    ready = sum(bool(one.point and one.point.good) for one in made)
    failed = sum(one.error is not None for one in made) + len(unfit)
    waiting = len(rows) - ready - failed
    allow = _permission(made)
    todos = (allow + _todos(rows, first=not allow)).strip()
    text = "\n".join(part for part in (todos, _says(ready, waiting)) if part)
    blocks: list[Block] = [Text(short(text, TEXT_LIMIT))]
    blocks += _table(rows) if len(rows) > 1 or not failed else ()  # the title of a single failure says it all
    if len(rows) > _SHOWN:
        blocks.append(csv_file("snapshots.csv", ("claim", "what came of it", "do this"), rows))
    severity = Severity.HIGH if failed else Severity.INFO
    return _page(asked, _title(asked, made, len(unfit), rows[0][1]), blocks, severity, cluster, "made")


def _title(asked: CreateSnapshots, made: Sequence[Made], unfit: int, why: str) -> str:
    ready = sum(bool(one.point and one.point.good) for one in made)
    total, failed = len(made) + unfit, sum(one.error is not None for one in made) + unfit
    waiting = total - ready - failed
    if total == 1:
        if failed:
            return f"No snapshot of {_of(asked)} was made: {why}"
        point = made[0].point
        return f"Snapshot of {_of(asked)} is {_STATES.get(point.state, _UNSEEN) if point else 'not known'}"
    numbers = ((waiting, "not ready yet"), (failed - unfit, "failed"), (unfit, "cannot be snapshotted"))
    rest = "".join(f", {n} {word}" for n, word in numbers if n)
    return f"Snapshots of {_of(asked)}: {ready} of {total} ready{rest}"


def _says(ready: int, waiting: int) -> str:
    if waiting:
        return (
            "What is not ready yet cannot be restored from yet; once it is cut, its data is fixed and the pod may write on. "
            "Run `pvc_snapshots` in a few minutes, or: `kubectl get volumesnapshots -A`."
        )
    return "What is ready can be restored from." if ready else "Nothing was made."


def _row(one: Made, now: datetime) -> tuple[str, str, str]:
    title = one.claim.meta.title
    if one.error is not None or one.point is None:
        error = one.error
        if error is None:
            return title, "not known", ""
        remedy = "" if isinstance(error, NotAllowed) else error.remedy.partition("\n")[0]
        return title, plain(error.message, 300), remedy or " "
    point = one.point
    words = _STATES.get(point.state, _UNSEEN)
    when = f", of {ago(point.cut_at, now)}" if point.cut_at else ""
    said = f"; the driver said {cited(point.said, 160)}, which it retries" if point.error and not point.good else ""
    there = ", was there already" if one.adopted else ""
    return title, f"{words}{when}{there}{said} ({plain(point.name)})", ""


def _permission(made: Sequence[Made]) -> str:
    """Give one command for all the namespaces in which it is not allowed."""
    refused = [one for one in made if isinstance(one.error, NotAllowed)]
    if not refused or refused[0].error is None:
        return ""
    home, account = account_in(refused[0].error.message)
    spaces = sorted({one.claim.meta.namespace for one in refused})
    return f"\n*Do this:* allow it there, by a Role:\n```{role_command(spaces, ['snapshots'], account, home)}```"


def _todos(rows: Sequence[tuple[str, str, str]], *, first: bool) -> str:
    """Say each way out once; the ``first`` is marked as what to do."""
    found: dict[str, list[str]] = {}
    for name, _, todo in rows:
        if todo.strip():
            found.setdefault(todo, []).append(name)
    lines = [
        f"{'• ' if number or not first else '*Do this:* '}"
        f"{plain(names[0]) if len(names) == 1 else count(len(names), 'claim')}: {todo}"
        for number, (todo, names) in enumerate(found.items())
    ]
    return "".join(f"\n{short(line, 400)}" for line in lines[:5])


def _table(rows: Sequence[tuple[str, str, str]], what: str = "what came of it") -> tuple[Block, ...]:
    title = f"Claims ({_SHOWN} of {len(rows)}, all in snapshots.csv)" if len(rows) > _SHOWN else ""
    shown = tuple((short(plain(name), 44), short(came, 200)) for name, came, _ in rows[:_SHOWN])
    return (Table(("claim", what), shown, title),) if shown else ()


def _of(asked: CreateSnapshots) -> str:
    if asked.name:
        return f"{plain(asked.namespace)}/{plain(asked.name)}"
    where = f"namespace {plain(asked.namespace)}" if asked.namespace else "the cluster"
    return f"{where}, {plain(asked.selector)}" if asked.selector else where


def _params(asked: CreateSnapshots) -> dict[str, str]:
    given = {
        "name": asked.name,
        "namespace": asked.namespace,
        "selector": asked.selector,
        "snapshot_class": asked.snapshot_class,
        "retain": "schedule" if asked.retain else "",
    }
    return {key: value for key, value in given.items() if value}


def _page(
    asked: CreateSnapshots, title: str, blocks: Sequence[Block], severity: Severity, cluster: str, cause: str
) -> Page:
    one = Subject("PersistentVolumeClaim", asked.name, asked.namespace)
    many = Subject("Namespace", asked.namespace, asked.namespace) if asked.namespace else Subject("Cluster", cluster)
    return Page(
        title=short(title, 240),
        severity=severity,
        subject=one if asked.name else many,
        blocks=tuple(blocks),
        key=KEY,
        causes=(ACTION, cause),
        failure=severity > Severity.INFO,
    )
