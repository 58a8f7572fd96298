"""How many volumes each node holds against what it can attach, counted once for all nodes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from robusta_volumes._model.volume import Attachment, Claim, CsiNode, Pod, Volume

_ENDED = {"Succeeded", "Failed"}


def used_slots(
    pods: Iterable[Pod],
    attachments: Iterable[Attachment],
    claim: Mapping[tuple[str, str], Claim],
    volume: Mapping[str, Volume],
) -> Mapping[tuple[str, str], frozenset[str]]:
    """Name the CSI volumes by (node, driver) as the scheduler counts them: those of living pods and those attached."""
    used: dict[tuple[str, str], set[str]] = defaultdict(set)
    for pod in pods:
        if not pod.node or pod.phase in _ENDED:
            continue
        for name in pod.claims:
            found = claim.get((pod.meta.namespace, name))
            v = volume.get(found.volume_name) if found else None
            if v and v.source == "csi":
                used[pod.node, v.driver].add(v.meta.name)
    for a in attachments:
        used[a.node, a.attacher].add(a.volume_name)
    return {key: frozenset(names) for key, names in used.items()}


def node_fills(
    nodes: Iterable[CsiNode], used: Mapping[tuple[str, str], frozenset[str]]
) -> Mapping[str, tuple[tuple[float, str], ...]]:
    """List per driver how full its nodes are, as (share of the limit, node), fullest first; no limit, no entry."""
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for node in nodes:
        for driver, most in node.drivers.items():
            if most is not None:
                share = len(used.get((node.meta.name, driver), ())) / most if most else 1.0
                found[driver].append((share, node.meta.name))
    return {driver: tuple(sorted(fills, key=lambda f: (-f[0], f[1]))) for driver, fills in found.items()}
