"""Which button goes with which problem. Each opens the plan first: nothing is changed by the first click."""

from collections.abc import Iterable

from robusta_volumes._analysis.assess import Issue
from robusta_volumes._analysis.volume_change import KEPT
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.quantity import as_quantity, gib
from robusta_volumes._model.volume import Claim, Volume
from robusta_volumes._report.expansion import ACTION as EXPAND
from robusta_volumes._report.page import GROW, Button
from robusta_volumes._report.volume_change import POLICY, RELEASE
from robusta_volumes._rules.growth import growing

_KEEP = {"PV-01", "PVC-20"}  # data that is about to go, or half gone
_PLAN = {"dry_run": "true"}


def offers(issues: Iterable[Issue], volume: Volume | None) -> tuple[Button, ...]:
    """Give the buttons for what is wrong with a claim or its volume."""
    rules = {issue.rule.id for issue in issues}
    if volume is None or volume.meta.deleted:
        return ()
    name = {"name": volume.meta.name}
    found = []
    if "PV-03" in rules and volume.phase in KEPT:
        found.append(Button("Give back", RELEASE, {**name, **_PLAN}))
    if rules & _KEEP and volume.reclaim_policy == "Delete":
        found.append(Button("Keep its data", POLICY, {**name, "policy": "Retain", **_PLAN}))
    return tuple(found)


def offer_to_grow(claim: Claim, size: int, see: Inventory) -> tuple[Button, ...]:
    """Give the button that lets a claim grow, where its class can and nothing else is under way."""
    found = see.storage_class.get(claim.class_name or "")
    if claim.phase != "Bound" or claim.meta.deleted or growing(claim) or found is None or not found.expandable:
        return ()
    params = {"name": claim.meta.name, "namespace": claim.meta.namespace, "size": as_quantity(size), **_PLAN}
    return (Button(f"Grow to {gib(size)}", EXPAND, params, GROW),)
