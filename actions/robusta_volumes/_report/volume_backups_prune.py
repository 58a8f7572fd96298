"""Pages about deleting backups: the plan with a reason for each one, why it is not done, and what was asked of Velero."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from robusta_volumes._analysis.backup_preflight import Obstacle
from robusta_volumes._analysis.backup_prune import BackupPrune
from robusta_volumes._model.asked_backups import PruneBackups
from robusta_volumes._model.backup_run import Unmade
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, count, plain
from robusta_volumes._model.times import ago, stamp
from robusta_volumes._report.page import Block, Button, Page, Subject, Table, Text, csv_file
from robusta_volumes._report.pieces import TEXT_LIMIT, fenced, short

ACTION = "prune_volume_backups"
KEY = "VolumeBackupsPrune"


def backup_prune_page(found: BackupPrune, asked: PruneBackups, cluster: str, now: datetime) -> Page:
    """Show what would go; the same plan is carried out when that is asked for."""
    plan, going = found.plan, len(found.removed)
    every = count(len(plan.points), "backup")
    if plan.refusal:
        title = f"Prune of backups: would delete {going} of {every}, refused"
        text = Text(_refusal(found, _params(asked), now))
        return _page(title, (text, *_evidence(found, now)), Severity.MEDIUM, cluster, "prune")
    cap = f" One run deletes {asked.most} at most (`most`); run it again for the rest." if going > asked.most else ""
    blocks: list[Block] = [Text(f"Nothing was deleted yet.{cap} {_summary(found, now)}"), *_evidence(found, now)]
    if going:
        these = "this one" if going == 1 or asked.most == 1 else f"these {min(going, asked.most)}"
        blocks.append(Button(f"Delete {these} now", ACTION, {**_params(asked), "dry_run": "false"}))
    return _page(
        f"Prune of backups: would delete {going} of {every} (dry run)", blocks, Severity.INFO, cluster, "prune"
    )


def prune_refused_page(found: BackupPrune, cluster: str, now: datetime) -> Page:
    """Tell that the tick deletes nothing because it looks like a mistake, and how to say that it is none."""
    title = f"Backups: would delete {len(found.removed)} of {count(len(found.plan.points), 'backup')}, refused"
    show = Button("Show the plan", ACTION, {"confirm": "true", "dry_run": "true"})
    return _page(
        title, (Text(_refusal(found, {}, now)), *_evidence(found, now), show), Severity.MEDIUM, cluster, "refused"
    )


def prune_blocked_page(why: Sequence[Obstacle], cluster: str) -> Page:
    """Tell why Velero cannot be asked."""
    text = f"*Do this:* {fenced(why[0].todo)}"
    return _page(
        f"No backup was deleted: {why[0].why}", (Text(short(text, TEXT_LIMIT)),), Severity.MEDIUM, cluster, "prune"
    )


def backups_pruned_page(found: BackupPrune, became: Unmade, cluster: str, now: datetime) -> Page:
    """Tell which deletions Velero was asked for, and what refused."""
    lines = [
        "Velero deletes each with its data, within minutes: `kubectl get deletebackuprequests.velero.io -A`."
        if became.asked
        else ("" if became.errors else "Nothing was deleted.")
    ]
    if became.left:
        lines.append(f"{became.left} more are left for the next run.")
    lines += [f"• {code(backup.name)}: {plain(error.message, 200)}" for backup, error in became.errors]
    if became.errors:
        lines.append(f"*Do this:* {fenced(became.errors[0][1].remedy or 'run it again')}")
    failed = f", {count(len(became.errors), 'deletion')} refused" if became.errors else ""
    title = f"Prune of backups: deletion of {count(len(became.asked), 'backup')} asked for{failed}"
    if not became.asked and became.errors:
        title = f"No backup was deleted: {count(len(became.errors), 'deletion')} refused"
    severity = Severity.MEDIUM if became.errors else Severity.INFO
    asked = frozenset(one.uid for one in became.asked)
    blocks = (Text(short("\n".join(line for line in lines if line), TEXT_LIMIT)), _file(found, now, asked))
    return _page(title, blocks, severity, cluster, "prune")


def _refusal(found: BackupPrune, params: Mapping[str, str], now: datetime) -> str:
    why = re.sub(r" of [^ ]*/" + re.escape(found.plan.schedule), " of the schedule", found.plan.refusal)
    given = " ".join(f"{key}={value}" for key, value in {**params, "confirm": "true", "dry_run": "false"}.items())
    command = f"robusta playbooks trigger {ACTION} {given}"
    return (
        f"{why[:1].upper()}{why[1:]}; that looks like a mistake. No backup is deleted until that is clear; backups are made as "
        f"before.\n*Do this:* look at backups.csv. When it is right, confirm it:\n```{command}```\n{_summary(found, now)}"
    )


def _summary(found: BackupPrune, now: datetime) -> str:
    times = [one.when for one in found.removed if one.when]
    if not times:
        return "Nothing would go."
    span = f"oldest {stamp(min(times), now)}, newest of these {stamp(max(times), now)}"
    kept = f" {count(len(found.spared), 'backup')} more would go, but for a last good copy." if found.spared else ""
    return f"Goes: {span}.{kept} What is deleted cannot be brought back."


def _evidence(found: BackupPrune, now: datetime) -> tuple[Block, ...]:
    points = found.plan.points
    if not points:
        return ()
    reasons: dict[tuple[str, str], int] = {}
    for index in range(len(points)):
        key = ("to go" if found.plan.decisions.remove[index] else "to stay", found.why(index))
        reasons[key] = reasons.get(key, 0) + 1
    rows = tuple((f"{number} {what}", why) for (what, why), number in sorted(reasons.items()))
    return Table(("how many", "why"), rows[:12]), _file(found, now)


def _file(found: BackupPrune, now: datetime, asked: frozenset[str] | None = None) -> Block:
    goes = "goes" if asked is None else "not deleted"
    rows = [
        (
            p.name,
            p.schedule or "by hand",
            ago(p.when, now),
            p.state.value,
            ("deletion asked for" if p.uid in (asked or ()) else goes) if found.plan.decisions.remove[i] else "stays",
            found.why(i),
            gib(p.size) if p.size is not None else "unknown",
        )
        for i, p in enumerate(found.plan.points)
    ]
    rows.sort(key=lambda row: (row[4] == "stays", row[0]))
    return csv_file("backups.csv", ("backup", "schedule", "made", "state", "decision", "reason", "size"), rows)


def _params(asked: PruneBackups) -> dict[str, str]:
    given = {
        "keep_last": str(asked.keep_last) if asked.keep_last else "",
        "by_hand": "true" if asked.by_hand else "",
        "confirm": "true" if asked.confirm else "",
    }
    return {key: value for key, value in given.items() if value}


def _page(title: str, blocks: Sequence[Block], severity: Severity, cluster: str, identity: str) -> Page:
    return Page(
        title=short(title, 240),
        severity=severity,
        subject=Subject("Cluster", cluster or "cluster"),
        blocks=tuple(blocks),
        key=KEY,
        identity=f"backups/{identity}",
        failure=severity > Severity.INFO,
    )
