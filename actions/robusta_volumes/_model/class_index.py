"""What belongs to a storage class, and what is alike: the joins of the rules that speak of many volumes at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from robusta_volumes._model.driver import Capacity
from robusta_volumes._model.indexing import many
from robusta_volumes._model.volume import Claim, CsiNode, Node, Volume, Workload


@dataclass(frozen=True)
class ClassIndex:
    """Indexes over the objects of one look, each made when it is first asked for."""

    all_claims: tuple[Claim, ...]
    all_volumes: tuple[Volume, ...]
    all_workloads: tuple[Workload, ...]
    all_capacities: tuple[Capacity, ...]
    all_nodes: tuple[Node, ...]
    csi_nodes: tuple[CsiNode, ...]

    @cached_property
    def claims(self) -> Mapping[str, tuple[Claim, ...]]:
        """Claims by the class that they name."""
        return many((c.class_name, c) for c in self.all_claims if c.class_name)

    @cached_property
    def volumes(self) -> Mapping[str, tuple[Volume, ...]]:
        """Volumes by the class that they name."""
        return many((v.class_name, v) for v in self.all_volumes if v.class_name)

    @cached_property
    def made(self) -> Mapping[str, tuple[Volume, ...]]:
        """Volumes that a provisioner made, by class."""
        return many((v.class_name, v) for v in self.all_volumes if v.maker)

    @cached_property
    def alike(self) -> Mapping[tuple[str, ...], tuple[Volume, ...]]:
        """Bound volumes by what makes them alike: plugin, driver, mode and provisioner."""
        return many(((v.source, v.driver, v.volume_mode, v.maker), v) for v in self.all_volumes if v.phase == "Bound")

    @cached_property
    def on_backend(self) -> Mapping[str, tuple[Volume, ...]]:
        """Volumes by backend, in the words of `Volume.backend`."""
        return many((v.backend, v) for v in self.all_volumes)

    @cached_property
    def in_templates(self) -> frozenset[str]:
        """The classes that workloads name in their templates."""
        claimed = (t.class_name for w in self.all_workloads for t in w.templates if t.class_name)
        return frozenset((*claimed, *(name for w in self.all_workloads for name in w.classes)))

    @cached_property
    def capacities(self) -> Mapping[str, tuple[Capacity, ...]]:
        """What drivers say of their free room, by class."""
        return many((c.class_name, c) for c in self.all_capacities)

    @cached_property
    def topology_keys(self) -> Mapping[str, frozenset[str]]:
        """The node labels by which a CSI driver places its volumes, by the driver's name."""
        pairs = ((name, key) for node in self.csi_nodes for name, keys in node.topology_keys.items() for key in keys)
        return {name: frozenset(keys) for name, keys in many(pairs).items()}

    @cached_property
    def node_labels(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """Names of the nodes by the key and the value of each of their labels."""
        pairs = many((key, (value, n.meta.name)) for n in self.all_nodes for key, value in n.meta.labels.items())
        return {key: many(values) for key, values in pairs.items()}
