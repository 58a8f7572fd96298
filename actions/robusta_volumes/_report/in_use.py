"""What is going on with many volumes: who shares one, what grows, what is attached. Nothing, where that is as usual."""

from collections.abc import Sequence

from robusta_volumes._analysis.assess import Assessment
from robusta_volumes._model.attach_slots import Slots
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.text import count, listing, plain
from robusta_volumes._model.volume import Attachment, Claim
from robusta_volumes._report.charts import fill_bars
from robusta_volumes._report.page import File
from robusta_volumes._rules.joins import alive, one_node_only
from robusta_volumes._rules.static import short_modes

FULL = 60  # percent of a node's slots from which the others are worth a look: one drained node's volumes must fit
_NAMED = 3
_BARS = 12
_BY_RULE = {
    "AT-02": "will meet itself at the next update",
    "AT-17": "written by several workloads",
    "PVC-14": "asks a block driver for RWX",
}


def access_line(found: Assessment, see: Inventory) -> str:
    """Name the claims for one node that several pods use, the shared ones by number, and designs that will fail."""
    said = []
    spread = [f"{plain(c.meta.title, 60)} ({words})" for c in see.claims if (words := _consumers(c, see))]
    if spread:
        said.append(f"several pods use {listing(spread, _NAMED)}")
    for one, words in _BY_RULE.items():
        names = [plain(i.meta.title, 60) for i in found.issues if i.rule.id == one]
        if names:
            said.append(f"{words}: {listing(names, _NAMED)} ({one})")
    modes = [c.modes_granted or c.modes_asked for c in see.claims]
    shared, read = sum("ReadWriteMany" in m for m in modes), sum("ReadOnlyMany" in m for m in modes)
    if said and shared:
        said.append(f"{shared} shared (RWX)")
    if said and read:
        said.append(f"{read} read-only for many (ROX)")
    return "; ".join(said)


def _consumers(claim: Claim, see: Inventory) -> str:
    """Say how many pods on how many nodes use a claim that is meant for one; "" when it is one pod."""
    modes = claim.modes_granted or claim.modes_asked
    pods = [p for p in see.pods_of.get(claim.meta.key, ()) if alive(p)] if one_node_only(modes) else []
    if len(pods) <= 1:
        return ""
    return f"{short_modes(modes)}, {len(pods)} pods on {count(len({p.node for p in pods if p.node}), 'node')}"


def resize_line(see: Inventory) -> str:
    """Name the claims that grow or change their attributes now."""
    going = [c for c in see.claims if c.phase == "Bound" and _is_changing(c)]
    if not going:
        return ""
    said = [f"{plain(c.meta.title, 60)} {_change(c)}" for c in going]
    return f"{count(len(going), 'claim')}: {listing(said, _NAMED)}"


def _is_changing(claim: Claim) -> bool:
    larger = claim.requested is not None and claim.capacity is not None and claim.requested > claim.capacity
    return larger or bool(claim.resize_status or claim.modify_status)


def _change(claim: Claim) -> str:
    state = claim.resize_status or claim.modify_status
    words = f"{gib(claim.capacity)} to {gib(claim.requested)}" if claim.requested != claim.capacity else "attributes"
    return f"{words}{f' ({plain(state, 40)})' if state else ''}"


def attachment_line(see: Inventory) -> str:
    """Count the attachments when some are not as they should be: not made yet, refused, or not let go."""
    kinds: dict[str, list[str]] = {"refused": [], "not let go": [], "not attached yet": []}
    for a in see.attachments:
        state = _state(a)
        if state:
            volume = see.volume.get(a.volume_name)
            ref = volume.claim_ref if volume else None
            name = f"{ref.namespace}/{ref.name}" if ref else a.volume_name
            kinds[state].append(f"{plain(name, 60)} on {plain(a.node, 60)}")
    parts = [f"{len(names)} {state} ({listing(names, 2)})" for state, names in kinds.items() if names]
    return f"{len(see.attachments):,}, of them {'; '.join(parts)}" if parts else ""


def _state(attachment: Attachment) -> str:
    if attachment.attach_error or attachment.detach_error:
        return "refused"
    if attachment.meta.deleted:
        return "not let go"
    return "" if attachment.attached else "not attached yet"


def slots_line(slots: Sequence[Slots], *, of_node: bool = False) -> str:
    """Say which nodes have few attach slots left; of the one node that is asked for, also when many are left."""
    if of_node:
        used = [s for s in slots if s.used or s.most is not None]
        return "; ".join(f"{plain(s.driver, 60)} {_fill(s)}" for s in used[:_NAMED])
    full = [f"{plain(s.node, 60)} {_fill(s)} ({plain(s.driver, 60)})" for s in slots if s.percent >= FULL]
    return listing(full, _NAMED)


def _fill(slots: Slots) -> str:
    if slots.most is None:
        return f"{slots.used:,} used, no limit declared"
    return f"{slots.used:,} of {slots.most:,} used, {max(0, slots.most - slots.used):,} free"


def slots_picture(slots: Sequence[Slots]) -> tuple[File, ...]:
    """Draw the fullest nodes, when a node is so full that it matters."""
    limited = [s for s in slots if s.most]
    full = sum(s.percent >= FULL for s in limited)
    if not full or len(limited) < 2:  # noqa: PLR2004 (of one the line says it all)
        return ()
    several = len({s.driver for s in limited}) > 1
    rows = [(f"{s.node} {s.driver}" if several else s.node, s.used, s.most or 0) for s in limited[:_BARS]]
    of = f" ({_BARS} fullest of {len(limited)})" if len(limited) > _BARS else ""
    title = f"{count(full, 'node')} with {FULL} % or more of the attach slots used{of}"
    png = fill_bars(title, rows)
    return (File("attach-slots.png", png),) if png else ()
