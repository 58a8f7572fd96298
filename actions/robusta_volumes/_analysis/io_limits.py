"""What volumes and their machines are allowed to do, who says so, and how sure that is.

Who is asked, the first that answers: the VolumeAttributesClass that is in force, the PersistentVolume, the VolumeAttachment;
then what the user declares; then the storage class, and what the catalogue makes of kind and size. What the user declares is
meant: only a number that this very volume bears counts before it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from robusta_volumes._analysis.io_catalogue import MIB, RATES, driver, kind, number
from robusta_volumes._analysis.io_layers import MODIFIER, Layers, layers_of
from robusta_volumes._analysis.io_machine_limits import Machines
from robusta_volumes._analysis.io_pools import pooled
from robusta_volumes._analysis.io_qos import rbd_limits
from robusta_volumes._analysis.io_rates import About, limits_of_kind
from robusta_volumes._model.inventory import Inventory, Key
from robusta_volumes._model.io import Declared, IoLimits, Mapped
from robusta_volumes._model.io_caps import Cap
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.quantity import GIB
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Claim, Volume

_OF_ONE = {"imagename", "devicepath", "lun", "subdir", "share", "server"}  # what each volume has of its own
_DECLARE = "volumePerformanceAnalysis.declaredLimits can say what it may do"


def limits_of(
    see: Inventory,
    settings: VolumePerformanceAnalysis,
    keys: Iterable[Key],
    mapped: Mapping[Key, tuple[Mapped, ...]] | None = None,
) -> Mapping[Key, Mapping[str, IoLimits]]:
    """Say what claims are allowed to do, by claim and node; of one that is nowhere by ""."""
    volumes, machines = _Volumes(see, settings), Machines(see, settings)
    found: dict[Key, dict[str, IoLimits]] = {}
    for key in keys:
        claim = see.claim.get(key)
        if claim is None:
            continue
        volume = see.volume_of(claim)
        own = volumes.limits(claim, volume)
        found[key] = {node: machines.on(node, own, volume) for node in _nodes(see, key, volume, mapped)}
    return pooled(see, found, volumes.pool)


class _Volumes:
    """Limits of volumes wherever they are; asked for thousands of few kinds and sizes."""

    def __init__(self, see: Inventory, settings: VolumePerformanceAnalysis) -> None:
        self._see, self._settings = see, settings
        self._known: dict[object, IoLimits] = {}

    def limits(self, claim: Claim, volume: Volume | None) -> IoLimits:
        like = _like(self._see, claim, volume)
        if like not in self._known:
            self._known[like] = volume_limits(self._see, self._settings, claim, volume)
        return self._known[like]

    def pool(self, volume: Volume) -> str:
        """Name the pool that a volume is of; "" for none, and for a volume of nobody."""
        claim = self._see.claim_of(volume)
        return self.limits(claim, volume).pool if claim else ""


def _like(see: Inventory, claim: Claim, volume: Volume | None) -> object:
    """Give what the limits of a claim hang on: many claims have it in common."""
    if volume is None:
        return claim.class_name
    attached = see.attachments_of.get(volume.meta.name, ())
    said = (volume.attributes, *(each.metadata for each in attached))
    return (
        *(claim.attributes_now, volume.attributes_class, volume.class_name or claim.class_name),
        *(claim.meta.annotations.get(each) for each in MODIFIER),
        *(volume.driver, volume.maker, volume.capacity),
        *(tuple(sorted(item for item in each.items() if item[0] not in _OF_ONE)) for each in said),
    )


def volume_limits(
    see: Inventory, settings: VolumePerformanceAnalysis, claim: Claim | None, volume: Volume | None
) -> IoLimits:
    """Say what one volume is allowed to do, wherever it is."""
    if volume is None:
        return IoLimits(why_unknown="there is no volume yet")
    layers = layers_of(see, claim, volume)
    limits = _by_catalogue(volume, layers)
    declared = settings.declared_limits.of(
        volume.class_name, (claim.class_name or "") if claim else "", volume.driver, volume.maker
    )
    return _as_declared(limits, layers, *declared) if declared else limits


def _by_catalogue(volume: Volume, layers: Layers) -> IoLimits:
    about = driver(volume.driver)
    family = str(about.get("family", ""))
    gib = float(-(-volume.capacity // GIB)) if volume.capacity else 0.0
    if not about:
        return IoLimits(why_unknown=f"the catalogue does not know {plain(volume.driver)}; {_DECLARE}")
    if about.get("none"):
        return IoLimits(family=family, none_declared=True)
    if not gib:
        return IoLimits(family=family, why_unknown="the volume does not say how large it is")
    if about.get("provider") == "ceph":
        return rbd_limits(layers, gib, family)
    return _by_kind(volume, about, layers, gib)


def _by_kind(volume: Volume, about: Mapping[str, Any], layers: Layers, gib: float) -> IoLimits:
    if "kind" not in about:
        why = f"no object says what {plain(volume.driver)} lets it do; {_DECLARE}"
        return IoLimits(family=str(about.get("family", "")), why_unknown=why)
    said = layers.said(about["kind"])
    if said is None and not any(layer.whole for layer in layers.layers):
        return IoLimits(why_unknown=f"{layers.missing}; {_DECLARE}")
    name = said.value if said else str(about["default"])
    found = kind(str(about["provider"]), name)
    if found is None:
        return IoLimits(kind=name, why_unknown=f"the catalogue does not know {plain(name)}; {_DECLARE}")
    limits = limits_of_kind(found, About(gib, layers, said.layer if said else None))
    if not any(getattr(limits, rate) for rate in RATES):
        return replace(limits, why_unknown=layers.missing or f"nobody says what was asked for; {_DECLARE}")
    return replace(limits, why_unknown=layers.missing)


def _as_declared(limits: IoLimits, layers: Layers, name: str, cap: Cap) -> IoLimits:
    """Put what the user declares in the place of all but a number that the volume itself bears."""
    borne = {layer.source for layer in layers.layers if layer.exact}
    source = f"declaredLimits of {plain(name)}"
    if cap.iops is not None and not (limits.iops and limits.iops.source in borne):
        limits = replace(
            limits,
            iops=Declared(cap.iops, f"{number(cap.iops)} were declared", source),
            read_iops=None,
            write_iops=None,
            largest_iops=None,
            buckets=tuple(each for each in limits.buckets if each.unit != "operations"),
        )
    if cap.bytes is not None and not (limits.bytes and limits.bytes.source in borne):
        limits = replace(
            limits,
            bytes=Declared(cap.bytes, f"{number(cap.bytes / MIB)} MiB/s were declared", source),
            read_bytes=None,
            write_bytes=None,
            largest_bytes=None,
            buckets=tuple(each for each in limits.buckets if each.unit != "bytes"),
        )
    return replace(limits, pool="", none_declared=False, why_unknown="")


def _nodes(
    see: Inventory, key: Key, volume: Volume | None, mapped: Mapping[Key, tuple[Mapped, ...]] | None
) -> list[str]:
    if mapped is not None and key in mapped:
        return list(dict.fromkeys(one.node for one in mapped[key])) or [""]
    used = [pod.node for pod in see.pods_of.get(key, ()) if pod.node and pod.phase == "Running"]
    attached = [each.node for each in see.attachments_of.get(volume.meta.name, ())] if volume and not used else []
    return list(dict.fromkeys([*used, *attached])) or [""]
