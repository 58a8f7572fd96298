"""What `persistent_volume_actions` says of one object."""

from collections.abc import Mapping, Sequence
from typing import Any

from robusta_volumes._analysis.assess import Assessment
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.kind import BY_NAME, CLAIM, NAMESPACE, NODE, STORAGE_CLASS, VOLUME
from robusta_volumes._model.quantity import GIB, as_quantity, gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.target import Trigger
from robusta_volumes._model.text import listing, nearest, plain, quoted
from robusta_volumes._model.volume import Claim, Volume
from robusta_volumes._report.ignored import ignored_text
from robusta_volumes._report.object_graph import object_graph
from robusta_volumes._report.offers import offer_to_grow, offers
from robusta_volumes._report.page import GROW, Block, File, Page, Subject, Text
from robusta_volumes._report.pieces import brief, issue_text, not_looked_at, not_read
from robusta_volumes._report.redact import to_yaml
from robusta_volumes._report.volume_facts import event_file, event_table, fact_table, storage_events
from robusta_volumes._rules.static import short_modes

WORDS = {CLAIM.name: "Claim", VOLUME.name: "Volume"}  # what people call them
MANY_WORDS = {NAMESPACE.name: "Namespace", STORAGE_CLASS.name: "Storage class", NODE.name: "Node"}
FIRST = 5  # issues spelt out
ADVICE = 2  # of what is not broken
GROW_PERCENT = 150  # of today's size: half as much again lasts long enough to look for the cause


def object_page(
    subject: Subject,
    claim: Claim | None,
    volume: Volume | None,
    found: Assessment,
    see: Inventory,
    objects: Sequence[Mapping[str, Any]] = (),
    *,
    details: bool = True,
    trigger: Trigger = Trigger.MANUAL,
) -> Page:
    """Report one claim, volume, pod or workload. ``found`` holds what concerns it; ``objects`` go along as YAML.

    Of a ``trigger`` that is an alert about its usage nothing here may sound as if the alert were wrong.
    """
    blocks: list[Block] = []
    issues = [i for i in found.issues if not i.rule.advice]
    top = issues[0] if issues else None
    alerted, hidden = trigger == Trigger.ALERT, _hidden(subject, claim, volume, see)
    if top:
        blocks.append(issue_text(top, see, _asked(claim)))
        blocks += [Text(brief(issue)) for issue in issues[1:FIRST]]
    elif hidden:
        blocks.append(Text(_nothing_known(alerted=alerted)))
    elif alerted:
        blocks += _beside_the_alert(claim, see)
    else:
        blocks.append(Text(_nothing_wrong(found, claim)))
    if details:
        blocks += _details(subject, claim, volume, see, objects)
    blocks += [Text(f"*Advice:* {brief(issue)}") for issue in found.advice[:ADVICE]]
    blocks += [*ignored_text(found), *not_looked_at(found), *not_read(see, trigger)]
    blocks += offers(found.issues, volume)
    blocks += offer_to_grow(claim, _grown(claim), see) if alerted and claim else ()
    well = _healthy(subject, claim, volume, found, alerted=alerted)
    unknown = f"{_title(subject)} could not be looked at: {hidden.sentence}" if hidden else ""
    return Page(
        title=top.title if top else unknown or well,
        severity=top.severity if top else Severity.LOW if _is_riddle(claim) or hidden else Severity.INFO,
        subject=subject,
        blocks=tuple(blocks),
        key="PersistentVolumeIssue" if found.problems else "PersistentVolumeReport",
        causes=tuple(issue.rule.id for issue in found.problems),
        identity=top.id if top and found.problems else "",
        failure=bool(found.problems),
        noteworthy=bool(found.problems),
    )


def _details(
    subject: Subject,
    claim: Claim | None,
    volume: Volume | None,
    see: Inventory,
    objects: Sequence[Mapping[str, Any]],
) -> list[Block]:
    graph, events = object_graph(subject, claim, volume, see), storage_events(subject, claim, volume, see)
    blocks: list[Block] = [graph] if graph else []
    if claim or volume:
        blocks.append(fact_table(claim, volume, see))
    if events:
        blocks.append(event_table(events, see))
    if len(events) > 1:
        blocks.append(event_file(events))
    if objects and (claim or volume):
        blocks.append(File(f"{subject.name}.yaml", to_yaml(*objects)))
    return blocks


def _title(subject: Subject) -> str:
    name = f"{subject.namespace}/{subject.name}" if subject.namespace else subject.name
    return f"{WORDS.get(subject.kind, subject.kind)} {plain(name)}"


def _hidden(subject: Subject, claim: Claim | None, volume: Volume | None, see: Inventory) -> Unseen | None:
    """Say why the very object could not be looked at; None when it was."""
    kind = BY_NAME.get(subject.kind)
    own = claim if kind == CLAIM else volume if kind == VOLUME else None
    return see.lacks(kind) if kind and own is None else None


def _nothing_known(*, alerted: bool) -> str:
    said = "How full it is stands in the alert; nothing else" if alerted else "Nothing"
    todo = "*Do this:* let it be read as said below, and run this again."
    return f"{said} is known about it now; that does not mean that it is well.\n{todo}"


def _asked(claim: Claim | None) -> str:
    return f"asked {gib(claim.requested)}, {short_modes(claim.modes_asked)}" if claim else ""


def _is_riddle(claim: Claim | None) -> bool:
    """Tell whether a claim is Pending though no rule could say why."""
    return claim is not None and claim.phase == "Pending"


def _healthy(subject: Subject, claim: Claim | None, volume: Volume | None, found: Assessment, *, alerted: bool) -> str:
    well = "" if alerted else ", no problem found"
    if found.is_partial and not alerted:
        well = ", no problem found in what could be looked at"
    if claim and _is_riddle(claim):
        return f"Claim {claim.meta.title} is Pending, and why could not be found out"
    if claim:
        return f"Claim {claim.meta.title} is {claim.phase}: {gib(claim.capacity or claim.requested)}{well}"
    if volume:
        return f"Volume {volume.meta.name} is {volume.phase}: {gib(volume.capacity)}{well}"
    return f"{_title(subject)}{well or ': nothing to add'}"


def _nothing_wrong(found: Assessment, claim: Claim | None) -> str:
    if _is_riddle(claim):
        seen = (
            "Too little could be looked at to say why; see below." if found.is_partial else "It is too early to tell."
        )
        return f"{seen}\n*Do this:* look again in a few minutes, or read its events with kubectl describe."
    return "Nothing is wrong in what could be looked at." if found.is_partial else "Nothing is wrong with it."


def _grown(claim: Claim) -> int:
    """Give the size that is proposed, in whole GiB."""
    return -(-(claim.capacity or claim.requested or 0) * GROW_PERCENT // (100 * GIB)) * GIB


def _beside_the_alert(claim: Claim | None, see: Inventory) -> tuple[Text, ...]:
    """Say what can be done about a volume that fills up, as far as its objects tell."""
    said = Text("How full it is stands in the alert; what was read of its objects shows no other problem.")
    found = see.storage_class.get(claim.class_name or "") if claim else None
    if claim is None or found is None or not (claim.capacity or claim.requested):
        return (said,)
    if not found.expandable:
        todo = f"*Do this:* free space inside it: class {plain(found.meta.name)} cannot be expanded."
        return said, Text(todo, GROW)
    grown = as_quantity(_grown(claim))
    command = (
        f"kubectl -n {quoted(claim.meta.namespace)} patch pvc {quoted(claim.meta.name)} --type merge "
        f"""-p '{{"spec":{{"resources":{{"requests":{{"storage":"{grown}"}}}}}}}}'"""
    )
    todo = f"*Do this:* free space inside it, or buy time (class {found.meta.name} can be expanded):\n```{command}```"
    return said, Text(todo, GROW)


def missing_page(subject: Subject, kind: str, known: Sequence[str], *, asked: bool, is_volume: bool = False) -> Page:
    """Say that the target does not exist, and which names come near; ``is_volume``: a volume has that very name."""
    name = f"{subject.namespace}/{subject.name}" if subject.namespace else subject.name
    near = nearest(subject.name, list(known))
    where = f" in namespace {subject.namespace}" if subject.namespace else ""
    needed = "name and namespace" if subject.namespace else "name"
    if is_volume:
        hint = "There is a volume of that name: run it again with kind `pv`."
    elif near:
        hint = f"Did you mean {listing([f'*{plain(n)}*' for n in near], 3)}?"
    elif known:
        hint = f"There{where}: {listing(sorted(known), 8)}."
    else:
        hint = f"There is none{where}."
    return Page(
        title=f"{kind} {plain(name)} does not exist",
        severity=Severity.LOW,
        subject=subject,
        blocks=(Text(hint if is_volume else f"{hint}\n*Do this:* run it again with the right {needed}."),),
        key="PersistentVolumeTargetMissing",
        causes=("missing",),
        noteworthy=asked,
    )
