"""Everything that was seen of a cluster's storage at one moment, joined by indexes; what was not seen says why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from robusta_volumes._model.attach_slots import node_fills, used_slots
from robusta_volumes._model.attributes_class import AttributesClass
from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.class_index import ClassIndex
from robusta_volumes._model.driver import Capacity, CsiDriver
from robusta_volumes._model.indexing import many, newest, sets
from robusta_volumes._model.io import VolumeIo
from robusta_volumes._model.io_series import Operation
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.limit_range import LimitRange
from robusta_volumes._model.revision import Owner, Revision, by_owner
from robusta_volumes._model.snapshot_content import SnapshotContent
from robusta_volumes._model.unseen import Unseen
from robusta_volumes._model.volume import (
    Attachment,
    Claim,
    CsiNode,
    Event,
    Named,
    Node,
    Pod,
    Quota,
    Snapshot,
    StorageClass,
    Volume,
    Workload,
)

__all__ = ["Inventory", "Key", "Unseen"]
Key = tuple[str, str]


@dataclass(frozen=True)
class Inventory:
    """One consistent look at a cluster, or at a part of it."""

    now: datetime
    cluster: str = ""
    scope: str = "the whole cluster"
    claims: tuple[Claim, ...] = ()
    volumes: tuple[Volume, ...] = ()
    classes: tuple[StorageClass, ...] = ()
    pods: tuple[Pod, ...] = ()
    workloads: tuple[Workload, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    nodes: tuple[Node, ...] = ()
    drivers: tuple[CsiDriver, ...] = ()
    csi_nodes: tuple[CsiNode, ...] = ()
    quotas: tuple[Quota, ...] = ()
    limit_ranges: tuple[LimitRange, ...] = ()
    capacities: tuple[Capacity, ...] = ()
    attributes_classes: tuple[AttributesClass, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    snapshot_classes: tuple[Named, ...] = ()
    contents: tuple[SnapshotContent, ...] = ()
    namespaces: tuple[Named, ...] = ()
    events: tuple[Event, ...] = ()
    revisions: tuple[Revision, ...] = ()
    uses: Mapping[Key, ClaimUse] | None = None  # how full claims are, where metrics were asked; None: nobody asked
    io: Mapping[Key, tuple[VolumeIo, ...]] | None = None  # one per node; None: nobody asked
    operations: tuple[Operation, ...] = ()  # how long calls to CSI drivers take, where metrics were asked
    unseen: Mapping[str, Unseen] = field(default_factory=dict)  # by resource name, e.g. "storageclasses.storage.k8s.io"
    kept: tuple[Mapping[str, Any], ...] = ()  # the API objects that were asked to be kept as they are
    looked_in: frozenset[str] | None = None  # namespaces whose objects were read; None: all of them
    skipped: frozenset[str] = frozenset()  # resource names that this run did not need and did not ask for

    def knows(self, namespace: str) -> bool:
        """Tell whether the objects of a namespace were read: only then something missing there is really missing."""
        return self.looked_in is None or namespace in self.looked_in

    def lacks(self, kind: Kind) -> Unseen | None:
        """Say why ``kind`` was not seen; None when it was."""
        return self.unseen.get(kind.resource)

    @cached_property
    def claim(self) -> Mapping[Key, Claim]:
        """Claims by (namespace, name)."""
        return {c.meta.key: c for c in self.claims}

    @cached_property
    def claims_in(self) -> Mapping[str, tuple[Claim, ...]]:
        """Claims by namespace."""
        return many((c.meta.namespace, c) for c in self.claims)

    @cached_property
    def claims_of_set(self) -> Mapping[Key, tuple[Claim, ...]]:
        """Claims that a StatefulSet's templates made, by the set's (namespace, name)."""
        split = ((c, c.meta.name.rpartition("-")) for c in self.claims)
        heads = (((c.meta.namespace, head), c) for c, (head, _, number) in split if number.isdigit())
        return many((w.meta.key, c) for key, c in heads if (w := self.set_of_prefix.get(key)))

    @cached_property
    def volume(self) -> Mapping[str, Volume]:
        """Volumes by name."""
        return {v.meta.name: v for v in self.volumes}

    @cached_property
    def free_volumes(self) -> tuple[Volume, ...]:
        """Volumes that are Available, by name."""
        return tuple(sorted((v for v in self.volumes if v.phase == "Available"), key=lambda v: v.meta.name))

    @cached_property
    def free_of_class(self) -> Mapping[str, tuple[Volume, ...]]:
        """Available volumes by their class."""
        return many((v.class_name, v) for v in self.free_volumes)

    @cached_property
    def storage_class(self) -> Mapping[str, StorageClass]:
        """Classes by name."""
        return {c.meta.name: c for c in self.classes}

    @cached_property
    def by_class(self) -> ClassIndex:
        """What belongs to a storage class, and what volumes have in common."""
        return ClassIndex(self.claims, self.volumes, self.workloads, self.capacities, self.nodes, self.csi_nodes)

    @cached_property
    def snapshot_class(self) -> Mapping[str, Named]:
        """Snapshot classes by name."""
        return {c.meta.name: c for c in self.snapshot_classes}

    @cached_property
    def driver(self) -> Mapping[str, CsiDriver]:
        """CSI drivers by name."""
        return {d.meta.name: d for d in self.drivers}

    @cached_property
    def pods_of(self) -> Mapping[Key, tuple[Pod, ...]]:
        """Pods that name a claim, by the claim's (namespace, name)."""
        return many(((pod.meta.namespace, name), pod) for pod in self.pods for name in pod.claims)

    @cached_property
    def driver_pods(self) -> tuple[Pod, ...]:
        """Pods that may be a storage driver's controller, by their names; those of DaemonSets serve single nodes."""
        named = (p for p in self.pods if any(word in p.meta.name for word in ("csi", "provisioner", "controller")))
        return tuple(p for p in named if not (p.meta.owner and p.meta.owner[0] == "DaemonSet"))

    @cached_property
    def workloads_of(self) -> Mapping[Key, tuple[Workload, ...]]:
        """Workload templates that name a claim, by the claim's (namespace, name)."""
        return many(((w.meta.namespace, name), w) for w in self.workloads for name in w.claims)

    @cached_property
    def attachments_of(self) -> Mapping[str, tuple[Attachment, ...]]:
        """Attachments by volume name."""
        return many((a.volume_name, a) for a in self.attachments)

    @cached_property
    def attachments_on(self) -> Mapping[str, tuple[Attachment, ...]]:
        """Attachments by node name."""
        return many((a.node, a) for a in self.attachments)

    @cached_property
    def pods_on(self) -> Mapping[str, tuple[Pod, ...]]:
        """Pods that name claims, by the node where they are."""
        return many((p.node, p) for p in self.pods if p.claims and p.node)

    @cached_property
    def pods_unplaced(self) -> tuple[Pod, ...]:
        """Pods that name claims and have no node yet."""
        return tuple(p for p in self.pods if p.claims and not p.node)

    @cached_property
    def used_slots(self) -> Mapping[Key, frozenset[str]]:
        """Names of the CSI volumes that a node holds, by (node, driver)."""
        return used_slots(self.pods, self.attachments, self.claim, self.volume)

    @cached_property
    def fills(self) -> Mapping[str, tuple[tuple[float, str], ...]]:
        """How full the nodes of a driver are, as (share of the limit, node), fullest first."""
        return node_fills(self.csi_nodes, self.used_slots)

    @cached_property
    def set_of_prefix(self) -> Mapping[Key, Workload]:
        """StatefulSets by (namespace, ``<template>-<set>``): what the names of their claims begin with."""
        sets = (w for w in self.workloads if w.kind == "StatefulSet")
        return {(w.meta.namespace, f"{t.name}-{w.meta.name}"): w for w in sets for t in w.templates}

    @cached_property
    def revisions_of(self) -> Mapping[Owner, tuple[Revision, ...]]:
        """Rollouts of a StatefulSet or a DaemonSet by its (kind, namespace, name), in order."""
        return by_owner(self.revisions)

    @cached_property
    def node(self) -> Mapping[str, Node]:
        """Nodes by name."""
        return {n.meta.name: n for n in self.nodes}

    @cached_property
    def csi_node(self) -> Mapping[str, CsiNode]:
        """What CSI drivers registered on a node, by its name."""
        return {n.meta.name: n for n in self.csi_nodes}

    @cached_property
    def nodes_with(self) -> Mapping[str, frozenset[str]]:
        """Names of the nodes on which a CSI driver is registered, by the driver's name."""
        return sets((name, node.meta.name) for node in self.csi_nodes for name in node.drivers)

    @cached_property
    def snapshots_of(self) -> Mapping[Key, tuple[Snapshot, ...]]:
        """Snapshots by their source claim's (namespace, name)."""
        return many(((s.meta.namespace, s.claim), s) for s in self.snapshots)

    @cached_property
    def snapshot(self) -> Mapping[Key, Snapshot]:
        """Snapshots by (namespace, name)."""
        return {s.meta.key: s for s in self.snapshots}

    @cached_property
    def quotas_in(self) -> Mapping[str, tuple[Quota, ...]]:
        """Quotas by namespace."""
        return many((q.meta.namespace, q) for q in self.quotas)

    @cached_property
    def events_in(self) -> Mapping[str, tuple[Event, ...]]:
        """Events by the namespace of what they are about, newest first."""
        return many((e.namespace, e) for e in sorted(self.events, key=newest, reverse=True))

    @cached_property
    def _events_of(self) -> Mapping[tuple[str, str, str], tuple[Event, ...]]:
        return many(((e.kind, e.namespace, e.name), e) for e in sorted(self.events, key=newest, reverse=True))

    def events_of(self, kind: str, namespace: str, name: str, uid: str = "") -> tuple[Event, ...]:
        """Events about one object, newest first; those of an earlier object of the same name are left out."""
        return tuple(e for e in self._events_of.get((kind, namespace, name), ()) if not uid or e.uid in {"", uid})

    @cached_property
    def speaking(self) -> Mapping[Key, ClaimUse]:
        """What is known of claims that are measured, without those for whose filesystem another claim speaks."""
        return {key: use for key, use in (self.uses or {}).items() if use.use is not None and use.leads}

    def volume_of(self, claim: Claim) -> Volume | None:
        """Give the volume that a claim names, if it was seen."""
        return self.volume.get(claim.volume_name) if claim.volume_name else None

    def claim_of(self, volume: Volume) -> Claim | None:
        """Give the very claim that a volume refers to: the same name and, where the volume says it, the same uid."""
        ref = volume.claim_ref
        claim = self.claim.get(ref.key) if ref else None
        if claim is None or (ref and ref.uid and claim.meta.uid and ref.uid != claim.meta.uid):
            return None
        return claim
