"""Storage classes, and the room that drivers have for them, become what we understand. Pure."""

from collections.abc import Mapping
from typing import Any

from robusta_volumes._cluster.fields import at, block, blocks, mapping, strings
from robusta_volumes._cluster.read import meta
from robusta_volumes._cluster.read_parameters import harmless
from robusta_volumes._model.attributes_class import AttributesClass
from robusta_volumes._model.driver import Capacity
from robusta_volumes._model.quantity import bytes_of
from robusta_volumes._model.requirement import Requirement
from robusta_volumes._model.volume import StorageClass

DEFAULT_CLASS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")


def storage_class(o: Mapping[str, Any]) -> StorageClass:
    """Read a StorageClass."""
    about = meta(o)
    return StorageClass(
        meta=about,
        provisioner=str(at(o, "provisioner") or ""),
        binding_mode=str(at(o, "volumeBindingMode") or "Immediate"),
        reclaim_policy=str(at(o, "reclaimPolicy") or "Delete"),
        expandable=at(o, "allowVolumeExpansion") is True,
        is_default=any(about.annotations.get(key) == "true" for key in DEFAULT_CLASS),
        parameters=harmless(at(o, "parameters")),
        topologies=tuple(
            tuple(
                Requirement(str(r.get("key")), "In", strings(r.get("values")))
                for r in blocks(term, "matchLabelExpressions")
            )
            for term in blocks(o, "allowedTopologies")
        ),
    )


def attributes_class(o: Mapping[str, Any]) -> AttributesClass:
    """Read a VolumeAttributesClass."""
    return AttributesClass(meta(o), str(at(o, "driverName") or ""), harmless(at(o, "parameters")))


def capacity(o: Mapping[str, Any]) -> Capacity:
    """Read a CSIStorageCapacity."""
    place = block(o, "nodeTopology")
    return Capacity(
        meta=meta(o),
        class_name=str(at(o, "storageClassName") or ""),
        free=bytes_of(at(o, "capacity")),
        largest=bytes_of(at(o, "maximumVolumeSize")),
        place=(
            *(Requirement(key, "In", (value,)) for key, value in mapping(place.get("matchLabels")).items()),
            *(
                Requirement(str(r.get("key")), str(r.get("operator")), strings(r.get("values")))
                for r in blocks(place, "matchExpressions")
            ),
        ),
        reachable=isinstance(at(o, "nodeTopology"), Mapping),
    )
