"""What a benchmark would do, in words, before anything is made. Pure."""

from collections.abc import Sequence

from robusta_volumes._analysis.benchmark_guards import refusals, unsure
from robusta_volumes._analysis.benchmark_wanted import Wanted
from robusta_volumes._analysis.decision import Change, Decision
from robusta_volumes._model.benchmark import MIB, Run
from robusta_volumes._model.performance_settings import Benchmark
from robusta_volumes._model.plan import Step
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.text import code, plain


def decide(wanted: Wanted, run: Run, most: int, steps: Sequence[Step]) -> Decision:
    """Plan it, or say all that speaks against it. ``most``: MiB that may be written; ``steps``: what is made."""
    against = refusals(wanted)
    lacks = unsure(wanted)
    if against:
        return Decision(refusals=against, unsure=lacks)
    plan = wanted.plan
    what = f"{run.namespace}/{run.tried}"
    changes = (
        Change("claim", what, "a folder .robusta-fio, removed after")
        if run.claim
        else Change("claim", "none", f"{what}, {gib(run.size)} of class {plain(run.class_name)}, deleted after"),
        Change("pod", "none", f"{run.namespace}/{run.name}, on {run.place or 'any node'}, deleted after"),
        Change("image", "none", plain(wanted.settings.image)),
        Change("written", "0", f"at most {gib(most * MIB)}, on a file of {gib(plan.file * MIB)}"),
        Change("time", "none", f"about {_minutes(plan.total)}, and until the volume is there"),
    )
    return Decision(steps=tuple(steps), changes=changes, notes=tuple(_notes(wanted, run, most)), unsure=lacks)


def run_of(wanted: Wanted, name: str) -> Run:
    """Put a benchmark down as the state keeps it."""
    now, plan = wanted.see.now, wanted.plan
    return Run(
        id=f"{now:%Y%m%dt%H%M%S%f}z-{name.rpartition('-')[2]}",
        name=name,
        namespace=wanted.namespace,
        class_name=wanted.class_name,
        size=wanted.size,
        started=now.isoformat(),
        file=plan.file,
        seconds=plan.seconds,
        most_written=plan.most_written,
        claim=wanted.asked.claim,
        node=wanted.node,
        zone=wanted.asked.zone,
        iops=plan.iops,
        throughput=plan.throughput,
    )


def _notes(wanted: Wanted, run: Run, most: int) -> list[str]:
    plan = wanted.plan
    notes = [
        f"It writes at most {gib(most * MIB)}: that uses up burst credit, wears disks, and costs money where I/O is paid.",
        *(_existing(wanted, run) if run.claim else _new(wanted)),
        "What is not over within about three minutes goes on by itself: run the action again for the result.",
    ]
    if plan.seconds < Benchmark().seconds:
        notes.append(
            f"Sections of {plan.seconds} s tell less than those of 15 s: caches and burst credit hide what lasts."
        )
    return notes


def _existing(wanted: Wanted, run: Run) -> list[str]:
    held = [f"{run.iops:,} IOPS"] * bool(run.iops) + [f"{run.throughput:,} MiB/s"] * bool(run.throughput)
    users = sorted({h.pod for h in wanted.holders if not h.over})
    told = (
        "so it tells latencies, and not how much the volume can do" if held else "it takes whatever the volume can do"
    )
    notes = [f"Held to {' and '.join(held)} in each section, {told}." if held else f"Not held back: {told}."]
    if users:
        notes.insert(0, f"Pod {code(users[0])}{f' and {len(users) - 1} more' if users[1:] else ''} will feel it.")
    if wanted.ios is None:
        most = wanted.settings.existing_pressure
        notes.append(
            f"How busy it is was not measured; the pod does not begin while its node waits for I/O {most} % of the time."
        )
    return notes


def _new(wanted: Wanted) -> list[str]:
    chosen, notes = wanted.storage_class, []
    if not wanted.asked.size:
        notes.append(
            f"Limits of many classes grow with the size: give that of the real claim, if it is not {gib(wanted.size)}."
        )
    if chosen is None or chosen.reclaim_policy == "Delete":
        return notes
    keeps = f"Class {plain(chosen.meta.name)} keeps its volumes ({plain(chosen.reclaim_policy)})"
    return [f"{keeps}: that of the benchmark stays and costs money until you delete it. The result names it.", *notes]


def _minutes(seconds: int) -> str:
    return f"{seconds // 60} min {seconds % 60:02} s" if seconds >= 60 else f"{seconds} s"  # noqa: PLR2004 (a minute)
