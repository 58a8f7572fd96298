"""Who says what a volume may do, the nearest first: its attributes class, the volume, its attachment, its storage class."""

from collections.abc import Iterable
from dataclasses import dataclass

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import ATTRIBUTES_CLASS, STORAGE_CLASS
from robusta_volumes._model.quantity import bytes_of
from robusta_volumes._model.requirement import Labels
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Attachment, Claim, StorageClass, Volume
from robusta_volumes._rules.class_facts import driver_of

MODIFIER = {  # what the volume modifier of AWS, older than VolumeAttributesClass, is asked by
    "ebs.csi.aws.com/iops": "iops",
    "ebs.csi.aws.com/throughput": "throughput",
    "ebs.csi.aws.com/volumeType": "type",
}
_WRITTEN_OUT = 1_000_000  # a rate of so many MiB per second is one in bytes


@dataclass(frozen=True)
class Layer:
    """Parameters of one object."""

    parameters: Labels
    source: str
    exact: bool  # False: said of a class, or asked for; the volume may be another one by now
    whole: bool = False  # what it does not name is the driver's default


@dataclass(frozen=True)
class Said:
    """One parameter, as somebody wrote it."""

    value: str
    layer: Layer


@dataclass(frozen=True)
class Layers:
    """All that say something, the nearest first; ``missing`` says who could not be heard."""

    layers: tuple[Layer, ...]
    missing: str = ""

    def said(self, keys: Iterable[str]) -> Said | None:
        """Give what the nearest says of the first of these parameters."""
        names = tuple(keys)
        for layer in self.layers:
            for key in names:
                if layer.parameters.get(key):
                    return Said(layer.parameters[key], layer)
        return None

    def number(self, keys: Iterable[str], unit: int) -> tuple[float, Layer] | None:
        """Give a rate: of operations (``unit`` 1), or of bytes, in units of so many ("150Mi" says its own)."""
        said = self.said(keys)
        value = _number(said.value, unit) if said else None
        return (value, said.layer) if said and value is not None else None


def _number(text: str, unit: int) -> float | None:
    found = bytes_of(text.strip().removesuffix("/s"))
    if found is None or found < 0:
        return None
    if unit == 1 or not text.strip()[-1:].isdigit() or found >= _WRITTEN_OUT:
        return float(found)
    return float(found) * unit


def flag(said: Said | None) -> bool:
    """Tell whether a switch is on."""
    return said is not None and said.value.strip().lower() == "true"


def layers_of(see: Inventory, claim: Claim | None, volume: Volume | None) -> Layers:
    """Gather them. What is asked for while a change is pending, or was refused, is not so yet, and does not count."""
    found: list[Layer] = []
    missing: list[str] = []
    name = (claim.attributes_now if claim else "") or (volume.attributes_class if volume else "")
    if name:
        known = {each.meta.name: each for each in see.attributes_classes}.get(name)
        if known:
            found.append(Layer(known.parameters, f"VolumeAttributesClass {plain(name)}", exact=True))
        else:
            lack = see.lacks(ATTRIBUTES_CLASS)
            missing.append(
                f"what VolumeAttributesClass {plain(name)} says is not known: "
                f"{lack.sentence if lack else 'it was deleted'}"
            )
    if claim and (
        asked := {to: claim.meta.annotations[key] for key, to in MODIFIER.items() if key in claim.meta.annotations}
    ):
        found.append(Layer(asked, "annotations of the claim (EBS volume modifier)", exact=False))
    if volume and volume.attributes:
        whole = "requestedsizegib" in volume.attributes  # all parameters of its class are written there
        found.append(Layer(volume.attributes, "the PersistentVolume", exact=True, whole=whole))
    if volume:
        attached = see.attachments_of.get(volume.meta.name, ())
        found += [Layer(each.metadata, "its VolumeAttachment", exact=True) for each in attached if _tells(each)]
    class_name = (volume.class_name if volume else "") or ((claim.class_name or "") if claim else "")
    made_by = see.storage_class.get(class_name) if class_name else None
    if made_by and (not volume or _same(made_by, volume)):
        source = f"storage class {plain(class_name)} (may have been changed since)"
        found.append(Layer(made_by.parameters, source, exact=False, whole=True))
    else:
        missing.append(_no_class(see, class_name))
    return Layers(tuple(found), "; ".join(missing))


def _tells(attachment: Attachment) -> bool:
    return attachment.attached and bool(attachment.metadata)


def _same(made_by: StorageClass, volume: Volume) -> bool:
    """A class that was made anew for another provisioner says nothing of its old volumes."""
    return not volume.maker or bool({made_by.provisioner, driver_of(made_by)} & {volume.maker, volume.driver})


def _no_class(see: Inventory, name: str) -> str:
    lack = see.lacks(STORAGE_CLASS)
    if name and lack:
        return f"what storage class {plain(name)} says is not known: {lack.sentence}"
    if name:
        return f"storage class {plain(name)} does not exist any more, or is another one now"
    return "the volume was made by hand, and no object says of what kind it is"
