"""Claims that a provisioner cannot serve, and why."""

import re

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, CSI_DRIVER, EVENT, NODE, SNAPSHOT, STORAGE_CLASS
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, code, listing, plain, quoted
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.binding import WAIT, pending_and_free, pending_for, users
from robusta_volumes._rules.commands import recreate_claim
from robusta_volumes._rules.pending import (
    NO_PROVISIONER,
    awaited_class,
    bad_source,
    lost_node,
    refusal,
    selects,
    tries,
    wrong_modes,
)
from robusta_volumes._rules.rule import Fix, Hit, rule
from robusta_volumes._rules.static import short_modes

_CAUSES: tuple[tuple[str, str, str], ...] = (
    # (what the provisioner's text contains, cause in few words, what to do); the first that matches counts
    (r"kms|encryption key|encrypt", "the encryption key cannot be used", "let the driver use the key, or correct its id"),
    (r"secret", "a secret is missing or wrong", "create or correct the secret that the class refers to"),
    (r"quota|limit ?exceeded|exceeded.{0,20}limit|maximum number", "the provider's quota is used up",
     "raise the quota at the provider, or delete volumes that nothing uses"),
    (r"unauthori[sz]ed|access ?denied|permission ?denied|forbidden|\b40[13]\b", "the driver may not create volumes",
     "give the driver's identity the permission that the message names"),
    (r"resource ?exhausted|insufficient|not enough|no space|out of capacity|nospace", "no capacity is left",
     "add capacity, free some, or ask for less"),
    (r"topolog|\bzones?\b|no node", "no place fits its topology",
     "let the class allow zones that have nodes, and see that the driver runs on them"),
    (r"snapshot .{0,80}not (bound|ready)|datasource", "its source is not ready", "look at the snapshot or claim it copies"),
    (r"invalid|unknown parameter|unsupported|not support", "the driver refuses what the class or the claim asks",
     "correct the parameters of the class, or what the claim asks"),
    (r"deadline|time.?out|timed out|connection refused|unavailable|no such host", "the storage backend does not answer",
     "look at the backend, and at the network between it and the driver's controller"),
)  # fmt: skip


@rule(
    "PVC-07",
    Severity.HIGH,
    "Provisioner says why it cannot create the volume",
    on="PersistentVolumeClaim",
    needs=(EVENT, STORAGE_CLASS, CSI_DRIVER),
    fix="Repair the cause that the provisioner names; it tries again by itself.",
)
def provisioner_refuses(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """The provisioner repeats its error in events, which are gone after an hour; its words tell who has to act."""
    chosen = awaited_class(claim, see, limits)
    if not pending_and_free(claim) or chosen is None or chosen.provisioner == NO_PROVISIONER:
        return None
    if "/" not in chosen.provisioner and chosen.provisioner not in see.driver:
        return None  # not installed: what it said is history
    said = refusal(claim, see, limits)
    if said is None or (chosen.binding_mode == WAIT and not users(claim, see)):
        return None
    if tries(claim, see, limits) == 1:
        return None  # the first try often fails while a driver or a snapshot gets ready; the next one follows at once
    cause, todo = next(
        ((cause, todo) for text, cause, todo in _CAUSES if re.search(text, said.message, re.IGNORECASE)),
        ("the driver says why", "read the message; the provisioner tries again by itself"),
    )
    return Hit(
        f"cannot bind: {cause}",
        f"Driver {plain(chosen.provisioner)}: {cited(said.message, 240)} (last {ago(said.last, see.now)}). "
        f"{pending_for(claim, see)}",
        (Fix(todo, f"kubectl -n {quoted(claim.meta.namespace)} describe pvc {quoted(claim.meta.name)}"),),
        claim.meta.created,
        tuple(f"Pod {p.meta.title}" for p in users(claim, see)),
    )


@rule(
    "PVC-10",
    Severity.HIGH,
    "Node that was chosen for the claim is gone or not ready",
    on="PersistentVolumeClaim",
    needs=(NODE,),
    fix="Let the scheduler choose again: remove the annotation, or delete the pod.",
)
def chosen_node_lost(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The volume is to be made where the pod runs; the choice stays on the claim when its node goes."""
    wrong = lost_node(claim, see)
    if not pending_and_free(claim) or not wrong:
        return None
    node = plain(claim.selected_node)
    name, namespace = quoted(claim.meta.name), quoted(claim.meta.namespace)
    again = tuple(
        Fix(
            "and delete the pod, if it stays Pending; its owner makes a new one",
            f"kubectl -n {namespace} delete pod {quoted(p.meta.name)}",
        )
        for p in users(claim, see)[:1]
        if p.meta.owner
    )
    return Hit(
        f"cannot bind: node {node}, which was chosen for it, {wrong}",
        f"Its volume is to be created for that node. {pending_for(claim, see)}",
        (
            Fix(
                "forget the choice (the claim holds no data yet); the scheduler chooses again",
                f"kubectl -n {namespace} annotate pvc {name} volume.kubernetes.io/selected-node-",
            ),
            *again,
        ),
        claim.meta.created,
        tuple(f"Pod {p.meta.title}" for p in users(claim, see)),
    )


@rule(
    "PVC-13",
    Severity.MEDIUM,
    "Claim has a selector, but its class provisions",
    on="PersistentVolumeClaim",
    needs=(STORAGE_CLASS,),
    fix="Re-create the claim without selector, or ask for volumes made by hand.",
)
def selector_and_class(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """A selector picks among volumes that exist: no provisioner serves such a claim, whatever its class."""
    chosen = see.storage_class.get(claim.class_name or "")
    if not pending_and_free(claim) or chosen is None or not selects(claim, chosen, see):
        return None
    return Hit(
        "cannot bind: it has a selector, so nothing is provisioned for it",
        f"Class {plain(chosen.meta.name)} provisions by {plain(chosen.provisioner)}, which serves no claim with a "
        f"selector; and no free volume has that class. {pending_for(claim, see)}",
        (
            Fix(
                "re-create it without spec.selector (it holds no data); this shows it as it is",
                f"kubectl -n {quoted(claim.meta.namespace)} get pvc {quoted(claim.meta.name)} -o yaml",
            ),
            Fix(f"or create a volume of class {code(chosen.meta.name)} that the selector matches"),
        ),
        claim.meta.created,
    )


@rule(
    "PVC-14",
    Severity.HIGH,
    "Shared access asked of a driver for disks",
    on="PersistentVolumeClaim",
    needs=(STORAGE_CLASS,),
    fix="Ask ReadWriteOnce, or use the class of a driver for shared files.",
)
def shared_from_disk(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """A disk can be mounted as a filesystem by one node; a driver for disks refuses the claim again and again."""
    chosen = see.storage_class.get(claim.class_name or "")
    if not pending_and_free(claim) or chosen is None or not wrong_modes(claim, chosen):
        return None
    modes = short_modes(wrong_modes(claim, chosen))
    others = [c for c in see.classes if c.provisioner != NO_PROVISIONER and not wrong_modes(claim, c)]
    return Hit(
        f"cannot bind: driver {plain(chosen.provisioner)} gives no {modes}",
        f"Class {plain(chosen.meta.name)} makes disks, which one node mounts at a time. Classes of other drivers: "
        f"{listing([c.meta.name for c in others], 4) or 'none'}. {pending_for(claim, see)}",
        (
            Fix("when one node at a time is enough, re-create the claim with ReadWriteOnce"),
            *(
                Fix(
                    f"or re-create it (safe: the claim holds no data) with class {c.meta.name}, if its driver shares files",
                    recreate_claim(claim, claim.class_name or "", c.meta.name),
                )
                for c in others[:1]
            ),
        ),
        claim.meta.created,
        tuple(f"Pod {p.meta.title}" for p in users(claim, see)),
    )


@rule(
    "PVC-15",
    Severity.HIGH,
    "The source that the claim copies cannot be used",
    on="PersistentVolumeClaim",
    needs=(SNAPSHOT, CLAIM, STORAGE_CLASS),
    fix="Repair the source, name another one, or ask for at least its size.",
)
def source_not_usable(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
    """A restore or a clone waits for its source without a limit, often for a typo or a few missing GiB."""
    found = bad_source(claim, see, limits)
    if not pending_and_free(claim) or found is None:
        return None
    cause, todo = found
    kind, name = claim.source or ("", "")
    where = f" of namespace {plain(claim.source_namespace)}" if claim.source_namespace else ""
    return Hit(
        f"cannot bind: {cause}",
        f"Its data source is {plain(kind)} {plain(name)}{where}. {pending_for(claim, see)}",
        (
            Fix(
                f"{todo} (a claim's source and size cannot be edited while it is Pending: re-create it)",
                f"kubectl -n {quoted(claim.meta.namespace)} get pvc {quoted(claim.meta.name)} -o yaml",
            ),
        ),
        claim.meta.created,
        tuple(f"Pod {p.meta.title}" for p in users(claim, see)),
    )


RULES = (provisioner_refuses, chosen_node_lost, selector_and_class, shared_from_disk, source_not_usable)
