"""How many volumes each node holds against what it can attach, counted once for all nodes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from robusta_volumes._model.volume import Attachment, Claim, CsiNode, Pod, Volume

_PERCENT = 100
_ENDED = {"Succeeded", "Failed"}


@dataclass(frozen=True)
class Slots:
    """How many volumes of a driver a node holds, and how many it can hold; None: it declares no limit."""

    node: str
    driver: str
    used: int
    most: int | None

    @property
    def percent(self) -> int:
        """How full it is; 0 without a limit."""
        if self.most is None:
            return 0
        return self.used * _PERCENT // self.most if self.most else _PERCENT


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


def node_slots(nodes: Iterable[CsiNode], used: Mapping[tuple[str, str], frozenset[str]]) -> tuple[Slots, ...]:
    """List the slots of each driver on each node, the fullest first."""
    every = (
        Slots(node.meta.name, driver, len(used.get((node.meta.name, driver), ())), most)
        for node in nodes
        for driver, most in node.drivers.items()
    )
    return tuple(sorted(every, key=lambda s: (-s.percent, -s.used, s.node, s.driver)))
