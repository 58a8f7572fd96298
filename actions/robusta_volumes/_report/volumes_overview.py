"""What `persistent_volume_actions` says of many volumes: a namespace, a selection, the cluster."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from robusta_volumes._analysis.assess import Assessment, tally
from robusta_volumes._model.attach_slots import Slots, node_slots
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, NODE, VOLUME
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, listing
from robusta_volumes._report.charts import stacked_bars
from robusta_volumes._report.classes_table import classes_csv
from robusta_volumes._report.ignored import ignored_text
from robusta_volumes._report.in_use import slots_picture
from robusta_volumes._report.overview_lines import overview_lines
from robusta_volumes._report.page import Block, File, Page, Subject, Text
from robusta_volumes._report.pieces import brief, issue_table, issues_csv, not_looked_at, short
from robusta_volumes._report.volumes_table import volumes_csv

FIRST = 5  # issues spelt out at the top
ROWS = 6  # rows of a table inside a message
_PARTLY = ", as far as could be looked at"
_ONE_BAR = 2  # one class and one phase
_BLINK = timedelta(seconds=0.1)  # what took less is no news
CLASSES = 8  # bars of the picture


def overview_page(
    title: str,
    subject: Subject,
    found: Assessment,
    see: Inventory,
    *,
    details: bool = True,
    slots: Sequence[Slots] | None = None,
    took: timedelta = timedelta(0),
) -> Page:
    """Report many volumes: verdict, what to do first, problems, numbers, what was not seen.

    ``slots`` are the attach slots to tell of, where that is not all that was seen.
    """
    problems = found.problems
    blocks: list[Block] = [Text(_verdict(see, found, took))]
    if problems:
        blocks.append(Text("*Do this first*"))
        blocks += [Text(brief(issue)) for issue in problems[:FIRST]]
    if len(problems) > FIRST:
        blocks.append(issue_table(problems, ROWS, "More problems", told=FIRST))
    if details:
        shown = node_slots(see.csi_nodes, see.used_slots) if slots is None else slots
        blocks += _numbers(found, see, shown, subject.kind)
    if found.issues and (details or problems or found.advice):
        blocks.append(issues_csv(found.issues, found.prices.currency if found.prices else ""))
    if details:
        blocks += _files(found, see)
    blocks += ignored_text(found)
    blocks += not_looked_at(found)
    hidden = see.lacks(CLAIM) is not None
    return Page(
        title=_overview_title(title, subject, see, found),
        severity=problems[0].severity if problems else Severity.LOW if hidden else Severity.INFO,
        subject=subject,
        blocks=tuple(blocks),
        key="PersistentVolumeReport",
        causes=tuple(sorted({i.rule.id for i in problems})),
        failure=bool(problems),
        noteworthy=bool(problems) or hidden,  # silence would be taken for well
    )


def _numbers(found: Assessment, see: Inventory, slots: Sequence[Slots], kind: str) -> list[Block]:
    lines = overview_lines(found, see, slots, kind)
    blocks: list[Block] = [lines] if lines else []
    normal = [i for i in found.issues if i.severity == Severity.INFO and not i.rule.advice]
    if normal:
        names = listing([f"{i.meta.title} {i.hit.says}" for i in normal], 3)
        blocks.append(Text(f"Looks odd but is normal: {names}."))
    return [*blocks, *_capacity(see), *slots_picture(slots)]


def _files(found: Assessment, see: Inventory) -> list[Block]:
    tables = [classes_csv(see, found.prices)] if see.volumes or see.claims or see.classes else []
    return [*tables, volumes_csv(see, found)]


def _overview_title(title: str, subject: Subject, see: Inventory, found: Assessment) -> str:
    problems, within = found.problems, "on" if subject.kind == NODE.name else "in"
    reason = see.lacks(CLAIM)
    if not problems and reason:
        return f"The claims of {title} could not be looked at: {reason.sentence}"
    if not problems:
        if not (see.claims or see.volumes):
            return f"No volumes {within} {title}"
        partly = _PARTLY if found.is_partial else ""
        if len(see.claims) == 1:
            return f"The claim of {title} is healthy{partly}"
        return f"All {count(len(see.claims), 'claim')} of {title} are healthy{partly}"
    more = f", and {count(len(problems) - 1, 'more storage problem')} {within} {title}" if len(problems) > 1 else ""
    return f"{short(problems[0].title, 120)}{more}"


def _verdict(see: Inventory, found: Assessment, took: timedelta) -> str:
    problems = found.problems
    bad = {i.object for i in problems if i.rule.on in {"PersistentVolumeClaim", "PersistentVolume"}}
    claims = sum(("PersistentVolumeClaim", *c.meta.key) in bad for c in see.claims)
    volumes = sum(("PersistentVolume", "", v.meta.name) in bad for v in see.volumes)
    well, none, unknown = [], [], []
    for kind, word, number, ill in (
        (CLAIM, "claim", len(see.claims), claims),
        (VOLUME, "volume", len(see.volumes), volumes),
    ):
        reason = see.lacks(kind)
        if reason:
            unknown.append(f"{word.capitalize()}s are unknown: {reason.sentence}.")
        elif not number:
            none.append(f"no {word}s")
        else:
            well.append(f"{number - ill} of {count(number, word)}")
    partly = _PARTLY if found.is_partial else ""
    said = [f"{count(len(problems), 'problem')}: {tally(problems)}."] if len(problems) > 1 else []
    said += [f"{' and '.join(well)} have no problem of their own{partly}."] if well else []
    said += [f"There are {' and '.join(none)}."] if none else []
    seconds = f", in {took.total_seconds():.1f} s" if took >= _BLINK else ""
    return " ".join([*said, *unknown, f"Looked at: {see.scope}{seconds}."])


def _capacity(see: Inventory) -> list[Block]:
    """GiB by class and phase: a picture; the same is in classes.csv."""
    sizes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for v in see.volumes:
        label = v.class_name or "(no class)"
        sizes[label][v.phase] += v.capacity or 0
    if len(sizes) + len({phase for parts in sizes.values() for phase in parts}) <= _ONE_BAR:
        return []  # the line says it all
    order = sorted(sizes, key=lambda name: -sum(sizes[name].values()))
    total = sum(sum(parts.values()) for parts in sizes.values())
    rows = [(name, sizes[name]) for name in order[:CLASSES]]
    worst = sum(parts.get("Released", 0) + parts.get("Failed", 0) for parts in sizes.values())
    waste = f", {gib(worst)} of it Released or Failed" if worst else ""
    of = f" ({CLASSES} of {len(order)} classes)" if len(order) > CLASSES else ""
    png = stacked_bars(f"{gib(total)} provisioned in {count(len(see.volumes), 'volume')}{waste}{of}", rows)
    if png is None:
        return [Text("No picture: matplotlib is not installed in the runner. The numbers are in classes.csv.")]
    return [File("capacity.png", png)]
