"""What ceph-csi lets an RBD volume do: the parameters of QoS in its storage class or attributes class."""

from robusta_volumes._analysis.io_catalogue import number, with_rates
from robusta_volumes._analysis.io_layers import Layer, Layers
from robusta_volumes._model.io import Declared, IoLimits
from robusta_volumes._model.quantity import GIB

_WHAT = {  # field -> the word in its parameters
    "iops": "iops",
    "read_iops": "readiops",
    "write_iops": "writeiops",
    "bytes": "bps",
    "read_bytes": "readbps",
    "write_bytes": "writebps",
}
_MIB = 1024**2


def rbd_limits(layers: Layers, gib: float, family: str) -> IoLimits:
    """Give the limits; without such parameters there are none."""
    found = {field: _rate(layers, word, gib, is_bytes="bytes" in field) for field, word in _WHAT.items()}
    given = {field: declared for field, declared in found.items() if declared}
    if not given:
        silent = bool(layers.layers) and not layers.missing
        return IoLimits("rbd", family, none_declared=silent, why_unknown="" if silent else layers.missing)
    return with_rates(IoLimits("rbd", family), given)


def _rate(layers: Layers, word: str, gib: float, *, is_bytes: bool) -> Declared | None:
    """min(most, base + so much for each GiB above the size that base is for)."""
    base = layers.number([f"base{word}"], 1)
    each = layers.number([f"{word}pergib"], 1)
    most = layers.number([f"max{word}"], 1)
    if not base and not each and not most:
        return None
    start = layers.number(["basevolsizebytes"], 1)
    over = max(0.0, gib - (start[0] / GIB if start else 0.0))
    grown = (base[0] if base else 0.0) + (each[0] * over if each else 0.0)
    value = min(grown, most[0]) if most and (base or each) else most[0] if most else grown
    if value <= 0:
        return None
    unit = _MIB if is_bytes else 1
    parts = [number(base[0] / unit)] if base else []
    if each:
        parts.append(f"{number(each[0] / unit)} x {number(over)} GiB")
    formula = " + ".join(parts) + (f"{', ' if parts else ''}at most {number(most[0] / unit)}" if most else "")
    layer: Layer = next(one[1] for one in (base, each, most) if one)
    formula = f"{formula} {'MiB/s' if is_bytes else 'IOPS'}"
    return Declared(value, formula, layer.source, "exact" if layer.exact else "class", verified=False)
