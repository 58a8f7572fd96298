"""One cause with many victims, in one message."""

from collections.abc import Sequence

from robusta_volumes._analysis.stories import Story, Victim
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, listing, plain
from robusta_volumes._model.times import ago
from robusta_volumes._report.page import Block, Page, Subject, Text, csv_file
from robusta_volumes._report.pieces import TEXT_LIMIT, fix_lines, short

_SHOWN = 8  # victims inside the message
_WHY = 700  # characters of the evidence


def story_page(
    story: Story, victims: Sequence[Victim], see: Inventory, severity: Severity, *, everything: bool
) -> Page:
    """Tell the cause, how many suffer from it, who was first, and what to do. ``everything``: all victims were in view."""
    first = victims[0]
    rules = list(dict.fromkeys(v.issue.rule.id for v in victims))
    places = {v.claim.partition("/")[0] for v in victims}
    text = f"{short(first.issue.hit.why, _WHY)}{_plugin(story, see)} {_first(first, see)}"
    small = f"`{'`, `'.join(rules)}` · later victims are counted and not sent"
    fixes = fix_lines(first.issue.hit.fixes, TEXT_LIMIT - len(text) - len(small) - 2)
    shown = [f"{plain(v.claim)}{f' (pod {plain(v.pod)})' if v.pod else ''}" for v in victims]
    blocks: list[Block] = [
        Text(f"{text}\n{fixes}\n{small}"),
        Text(short(f"*Victims:* {listing(shown, _SHOWN)}", TEXT_LIMIT)),
        _csv(victims),
    ]
    return Page(
        title=f"{story.title}: {_how_many(victims, everything=everything)} {story.stuck}",
        severity=severity,
        subject=Subject(
            "CSIDriver" if story.driver else "Cluster",
            story.driver or see.cluster or "cluster",
            places.pop() if len(places) == 1 else "",
            node=story.node,
        ),
        blocks=tuple(blocks),
        key="PersistentVolumeIssue",
        causes=tuple(rules),
        identity=story.cause,
    )


def _how_many(victims: Sequence[Victim], *, everything: bool) -> str:
    bound = all(v.volume for v in victims)
    workloads = {v.workload for v in victims if v.workload}
    of = f" of {count(len(workloads), 'workload')}" if workloads else ""
    return f"{'' if everything else 'at least '}{count(len(victims), 'volume' if bound else 'claim')}{of}"


def _first(first: Victim, see: Inventory) -> str:
    when = f" at {ago(first.since, see.now)}" if first.since else ""
    return f"First: {plain(first.pod or first.claim)}{when}."


def _plugin(story: Story, see: Inventory) -> str:
    """Name the pods of DaemonSets on the node that are not ready: the driver's own is among them, if it is that."""
    if not story.node:
        return ""
    kind = "DaemonSet"
    sick = [
        p.meta.title
        for p in see.pods
        if p.node == story.node and not p.ready and p.meta.owner and p.meta.owner[0] == kind
    ]
    return f" Not ready on that node: {listing([plain(name) for name in sick], 3)}." if sick else ""


def _csv(victims: Sequence[Victim]) -> Block:
    rows = (
        (
            *v.claim.partition("/")[::2],
            v.volume,
            v.pod,
            v.workload,
            v.since.isoformat() if v.since else "",
            v.issue.rule.id,
        )
        for v in victims
    )
    headers = ("namespace", "claim", "volume", "pod", "workload", "since", "rule")
    return csv_file("victims.csv", headers, rows)
