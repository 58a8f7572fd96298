"""Which objects a rule looks at: all of its kind, or those of whose I/O that is known which it is about."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io_episodes import EPISODES
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.rule import Rule


class Subjects:
    """The objects of an inventory, for rules to look at."""

    def __init__(self, see: Inventory) -> None:
        """List them by kind."""
        self._see = see
        self.by_kind: Mapping[str, tuple[Any, ...]] = {
            "PersistentVolumeClaim": see.claims,
            "PersistentVolume": see.volumes,
            "Pod": see.pods,
            "VolumeSnapshot": see.snapshots,
            "VolumeSnapshotContent": see.contents,
            "Namespace": see.namespaces,
            "ResourceQuota": see.quotas,
            "LimitRange": see.limit_ranges,
            "StatefulSet": tuple(w for w in see.workloads if w.kind == "StatefulSet"),
            "Deployment": tuple(w for w in see.workloads if w.kind == "Deployment"),
            "VolumeAttachment": see.attachments,
            "Node": see.nodes,
            "CSINode": see.csi_nodes,
            "StorageClass": see.classes,
            "CSIStorageCapacity": see.capacities,
        }

    def of(self, rule: Rule) -> Sequence[Any]:
        """Give those that a rule looks at."""
        if not rule.only:
            return self.by_kind.get(rule.on, ())
        return [claim for words, claims in self._alike if not words.isdisjoint(rule.only) for claim in claims]

    @cached_property
    def _alike(self) -> Sequence[tuple[frozenset[str], Sequence[Claim]]]:
        """Claims of whose I/O the same is known: of ten thousand most have the same signals, and few were ever in trouble."""
        found: dict[tuple[tuple[tuple[str, ...], tuple[str, ...]], ...], list[Claim]] = {}
        ios = self._see.io or {}
        for claim in self._see.claims:
            told = tuple((tuple(io.stats), tuple(io.episodes)) for io in ios.get(claim.meta.key, ()))
            found.setdefault(told, []).append(claim)
        return [(_words(told), claims) for told, claims in found.items()]


def _words(told: Iterable[tuple[Iterable[str], Iterable[str]]]) -> frozenset[str]:
    """Name what was so, and what is measured; a signal of something that never was so counts for nothing."""
    signals = {signal for stats, _ in told for signal in stats} - EPISODES.keys()
    return frozenset(signals.union(*(episodes for _, episodes in told)))
