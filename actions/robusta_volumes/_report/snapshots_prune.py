"""Pages about deleting snapshots: the plan with a reason for each one, why it is not done, and what was done."""

from collections.abc import Sequence
from datetime import datetime

from robusta_volumes._analysis.prune_plan import PrunePlan
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, plain
from robusta_volumes._model.times import ago, stamp
from robusta_volumes._report.page import Block, Button, Page, Subject, Table, Text, csv_file
from robusta_volumes._report.pieces import short

KEY = "PvcSnapshotsPrune"
ACTION = "prune_pvc_snapshots"
_SETTINGS = "workflows.persistentVolumeWorkflows.pvcSnapshots"


def first_plan_page(plan: PrunePlan, most: int, until: datetime, cluster: str, now: datetime) -> Page:
    """Publish what retention would delete, before it does so for the first time by this policy."""
    says = (
        f"Nothing was deleted yet. These settings delete for the first time, or more than before: from "
        f"{stamp(until, now)} on the snapshots go, {most} in a run at most.\n"
        f"*Do this:* nothing, when that is what you want. Otherwise change `retentionDays` or the schedule under "
        f"`{_SETTINGS}`, or keep single ones with "
        "`kubectl -n NAMESPACE label volumesnapshot NAME robusta-volumes.dev/hold=true`."
    )
    blocks = (Text(f"{says}\n{_summary([plan], now)}"), reasons_table([plan]), plan_csv([plan], now))
    going = f"{len(plan.removed)} of {count(len(plan.points), 'snapshot')}"
    title = f"{_name(plan)}: {going} will be deleted from {stamp(until, now)} on"
    return _page(title, blocks, Severity.LOW, cluster, f"plan/{plan.schedule}")


def refused_prune_page(plan: PrunePlan, cluster: str, now: datetime) -> Page:
    """Tell that retention stopped because it looks like a mistake, and how to say that it is none."""
    params = _params(plan.schedule)
    says = (
        f"{plan.refusal[:1].upper()}{plan.refusal[1:]}. Nothing is deleted for this schedule until that is clear; "
        "snapshots are made as before.\n"
        "*Do this:* look at plan.csv. When it is right, confirm it:\n"
        f"```robusta playbooks trigger {ACTION} {' '.join(f'{k}={v}' for k, v in params.items())} confirm=true dry_run=false```"
    )
    blocks = (
        Text(f"{says}\n{_summary([plan], now)}"),
        reasons_table([plan]),
        plan_csv([plan], now),
        Button("Show the plan", ACTION, {**params, "confirm": "true", "dry_run": "true"}),
    )
    title = f"{_name(plan)}: would delete {len(plan.removed)} of {count(len(plan.points), 'snapshot')}, refused"
    return _page(title, blocks, Severity.MEDIUM, cluster, f"refused/{plan.schedule}")


def prune_plan_page(plans: Sequence[PrunePlan], params: dict[str, str], most: int, cluster: str, now: datetime) -> Page:
    """Show what would go; the same plan is carried out when that is asked for."""
    going = sum(len(plan.removed) for plan in plans if not plan.refusal)
    every = sum(len(plan.points) for plan in plans)
    cap = f" One run deletes {most} at most (`maxDeletePerRun`); run it again for the rest." if going > most else ""
    lines = [f"Nothing was deleted yet.{cap}", *_refused(plans), _summary([p for p in plans if not p.refusal], now)]
    blocks: list[Block] = [Text("\n".join(line for line in lines if line))]
    blocks += [reasons_table(plans), plan_csv(plans, now)] if every else []
    if going:
        these = "this one" if going == 1 or most == 1 else f"these {min(going, most)}"
        blocks.append(Button(f"Remove {these} now", ACTION, {**params, "dry_run": "false"}))
    refused = f", {_too_many(plans)} refused" if _too_many(plans) else ""
    title = f"Prune of {_of(plans)}: would remove {going} of {count(every, 'snapshot')}{refused} (dry run)"
    return _page(title, tuple(blocks), Severity.INFO, cluster, "prune")


def pruned_page(
    plans: Sequence[PrunePlan],
    done: Sequence[Point],
    gone: int,
    left: int,
    errors: Sequence[tuple[Point, ClusterError]],
    cluster: str,
    now: datetime,
) -> Page:
    """Tell what was deleted, and what refused."""
    lines = [f"Deleted {len(done)}{_range(done, now)}."]
    lines += [f"{count(gone, 'snapshot')} changed or went meanwhile and were left alone."] if gone else []
    lines += [f"{count(left, 'more')} to go: run it again.".replace("mores", "more")] if left else []
    lines += _refused(plans)
    if errors:
        point, error = errors[0]
        says, _, command = error.remedy.partition("\n")
        lines.append(f"{plain(point.namespace)}/{plain(point.name)}: {plain(error.message, 300)}")
        lines.append(f"*Do this:* {short(says, 400)}" + (f"\n```{short(command, 1200)}```" if command else ""))
    failed = f", {count(len(errors), 'deletion')} failed" if errors else ""
    failed += f", {_too_many(plans)} refused" if _too_many(plans) else ""
    title = f"Prune of {_of(plans)}: removed {count(len(done), 'snapshot')}{failed}"
    severity = Severity.MEDIUM if failed else Severity.INFO
    uids = frozenset(point.uid for point in done)
    return _page(title, (Text("\n".join(lines)), plan_csv(plans, now, uids)), severity, cluster, "prune")


def plan_csv(plans: Sequence[PrunePlan], now: datetime, done: frozenset[str] | None = None) -> Block:
    """List every snapshot with what becomes of it and why, what goes first; ``done``: the uids of those that are gone."""
    goes = "goes" if done is None else "not removed"
    rows = [
        (
            f"{p.namespace}/{p.claim}",
            p.name,
            p.schedule or "by hand",
            ago(p.when, now),
            p.state.value,
            (goes if p.uid not in (done or ()) else "removed") if plan.decisions.remove[i] else "stays",
            plan.decisions.why(i),
            gib(p.size) if p.size is not None else "unknown",
        )
        for plan in plans
        for i, p in enumerate(plan.points)
    ]
    rows.sort(key=lambda row: (row[5] == "stays", row[0], row[1]))
    return csv_file("plan.csv", ("claim", "snapshot", "schedule", "cut", "state", "decision", "reason", "size"), rows)


def reasons_table(plans: Sequence[PrunePlan]) -> Table:
    """Count the reasons."""
    found: dict[tuple[str, str], int] = {}
    for plan in plans:
        for i in range(len(plan.points)):
            key = ("to go" if plan.decisions.remove[i] else "to stay", plan.decisions.why(i))
            found[key] = found.get(key, 0) + 1
    rows = tuple((f"{number} {what}", why) for (what, why), number in sorted(found.items()))
    return Table(("how many", "why"), rows)


def _summary(plans: Sequence[PrunePlan], now: datetime) -> str:
    going = sorted((p for plan in plans for p in plan.removed if p.when), key=lambda p: (p.when or now, p.name))
    every = [p for plan in plans for p in plan.points]
    frees = _frees(going)
    held, used = sum(p.held for p in every), sum(bool(p.in_use) for p in every)
    kept = f"{held} held, {used} in use by a restore." if held or used else ""
    return f"{'Nothing would go.' if not going else f'Goes{_range(going, now)}. {frees}'} {kept}".rstrip()


def _frees(going: Sequence[Point]) -> str:
    """Say how much storage it gives back: nothing where the content stays when its snapshot goes."""
    kept = sum(p.retained for p in going)
    if going and kept == len(going):
        return "Frees nothing: the policy of their contents is Retain, so those stay."
    freed = [p for p in going if not p.retained]
    sizes = [p.size for p in freed if p.size is not None]
    unknown = len(freed) - len(sizes)
    frees = f"Frees at most {gib(sum(sizes))}" if sizes else "How much it frees is not known"
    frees += f" ({count(unknown, 'size')} unknown)." if unknown and sizes else "."
    return (
        f"{frees} {count(kept, 'content')} with the policy Retain {'stays' if kept == 1 else 'stay'}."
        if kept
        else frees
    )


def _range(points: Sequence[Point], now: datetime) -> str:
    times = sorted(p.when for p in points if p.when)
    if not times:
        return ""
    if len(times) == 1:
        return f": the one of {stamp(times[0], now)}"
    return f": oldest {stamp(times[0], now)}, newest of these {stamp(times[-1], now)}"


def _refused(plans: Sequence[PrunePlan]) -> list[str]:
    """Say of which schedules nothing goes, and what to do when it is to go all the same."""
    return [
        f"*Refused for {_name(p)}:* {p.refusal}; that looks like a mistake.\n"
        "*Do this:* look at plan.csv; when it is right, run it again with `confirm=true`."
        for p in plans
        if p.refusal
    ]


def _too_many(plans: Sequence[PrunePlan]) -> int:
    return sum(len(plan.removed) for plan in plans if plan.refusal)


def _of(plans: Sequence[PrunePlan]) -> str:
    return f'"{plain(plans[0].schedule)}"' if len(plans) == 1 and plans[0].schedule else "snapshots"


def _name(plan: PrunePlan) -> str:
    return f'Snapshots "{plain(plan.schedule)}"' if plan.schedule else "Snapshots made by hand"


def _params(schedule: str) -> dict[str, str]:
    return {"schedule": schedule} if schedule else {"by_hand": "true"}


def _page(title: str, blocks: tuple[Block, ...], severity: Severity, cluster: str, identity: str) -> Page:
    return Page(
        title=short(title, 240),
        severity=severity,
        subject=Subject("Cluster", cluster or "cluster"),
        blocks=blocks,
        key=KEY,
        identity=identity,
        failure=severity > Severity.INFO,
    )
