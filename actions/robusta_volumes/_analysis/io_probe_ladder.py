"""Where a volume can be looked at while it works: one container on each node that has it. Pure."""

from collections.abc import Collection, Sequence

from robusta_volumes._analysis.contents_ladder import SYSTEM, execs_of
from robusta_volumes._model.holder import Holder
from robusta_volumes._model.io_probe_row import Look
from robusta_volumes._model.text import code, plain
from robusta_volumes._model.volume import Claim

_HISTORY = "what it did before is in metrics: `volume_performance_analysis` shows a day of it"


def looks(claim: Claim, holders: Sequence[Holder], *, lost: Collection[str] = (), pod: str = "") -> list[Look]:
    """List the nodes that use a claim, each with the containers to ask; ``lost`` do not answer. Always at least one."""
    using = [h for h in holders if not h.over and not h.deleted and (not pod or h.pod == pod)]
    if why := _refusal(claim, using, pod):
        return [Look(claim, why=why, todo=_HISTORY)]
    nodes = list(dict.fromkeys(h.node for h in sorted(using, key=lambda h: (not h.ready, h.node))))
    return [_on(claim, [h for h in using if h.node == node], node, lost) for node in nodes]


def _refusal(claim: Claim, using: Sequence[Holder], pod: str) -> str:
    if claim.phase != "Bound":
        return f"it is {plain(claim.phase)}: there is no volume"
    if not using:
        return f"pod {code(pod)} does not use it" if pod else "no pod uses it, so nothing is done on it"
    if not any(h.node for h in using):
        return f"pod {code(using[0].pod)} is not on a node yet"
    return ""


def _on(claim: Claim, using: Sequence[Holder], node: str, lost: Collection[str]) -> Look:
    pods = tuple(dict.fromkeys(h.pod for h in using if h.phase == "Running"))
    if claim.meta.namespace in SYSTEM:
        why = f"{claim.meta.namespace} is the cluster's own namespace, where nothing of ours runs"
        return Look(claim, node, pods=pods, why=why, todo=_HISTORY)
    if any(h.windows for h in using):
        return Look(claim, node, pods=pods, why="a Windows pod uses it: it has no /proc", todo=_HISTORY)
    execs, why = execs_of(using, lost)
    return Look(claim, node, execs, pods, why, _HISTORY if why else "")
