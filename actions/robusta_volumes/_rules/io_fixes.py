"""How a volume gets more, or less, than it may do now: the new figure, the command, and whether that works online."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import VolumeIo
from robusta_volumes._model.io_words import bytes_rate, number
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import GIB
from robusta_volumes._model.text import plain, quoted
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.commands import patch_claim
from robusta_volumes._rules.rule import Fix

_MIB, _MB = 1024**2, 1000**2
_PERCENT = 100
_THOUSAND = 1000


@dataclass(frozen=True)
class _Knobs:
    """How a driver names what a volume may do, in the parameters of a VolumeAttributesClass."""

    iops: str
    bytes: str
    unit: int = _MIB
    suffix: str = ""


_EBS, _AZURE = _Knobs("iops", "throughput"), _Knobs("DiskIOPSReadWrite", "DiskMBpsReadWrite", _MB)
_HYPERDISK = _Knobs("iops", "throughput", suffix="Mi")
_KINDS: Mapping[str, _Knobs] = {  # kinds that are told what they may do; only these have the second figure, too
    "gp3": _EBS,
    "io1": _EBS,
    "io2": _EBS,
    "PremiumV2_LRS": _AZURE,
    "UltraSSD_LRS": _AZURE,
    "hyperdisk-balanced": _HYPERDISK,
    "hyperdisk-extreme": _HYPERDISK,
    "hyperdisk-throughput": _HYPERDISK,
}
_NO_IOPS, _NO_BYTES = {"hyperdisk-throughput"}, {"io1", "io2", "hyperdisk-extreme"}
_PER_GIB = {"pd-balanced": (3000, 6), "pd-ssd": (6000, 30)}  # IOPS: what each has, and what a GiB adds
_MIB_PER_GIB = {"pd-balanced": (140, 0.28), "pd-ssd": (240, 0.48)}  # MiB/s
_TIERS = ((1024, 5000, 200), (4096, 7500, 250), (8192, 16_000, 500), (16_384, 18_000, 750), (32_767, 20_000, 900))
# Where a kind cannot be told to do more: the kind that can, and whether the driver changes to it while the volume is used.
_BETTER = {
    "gp2": ("gp3", True),
    "st1": ("gp3", True),
    "sc1": ("gp3", True),
    "standard": ("gp3", True),
    "io1": ("io2", True),
    "pd-standard": ("hyperdisk-balanced", False),
    "pd-balanced": ("hyperdisk-balanced", False),
    "pd-ssd": ("hyperdisk-balanced", False),
    "pd-extreme": ("hyperdisk-extreme", False),
    "Standard_LRS": ("PremiumV2_LRS", False),
    "StandardSSD_LRS": ("PremiumV2_LRS", False),
    "Premium_LRS": ("PremiumV2_LRS", False),
}


def with_room(value: float, limits: Limits, least: int = 1) -> int:
    """Give a round figure that leaves the wanted headroom: 3,400 and 25 percent make 4,500."""
    wanted = value * (_PERCENT + limits.io_headroom_percent) / _PERCENT
    digit = 500 if wanted >= _THOUSAND else 25 if wanted >= _PERCENT else 5
    return max(least, -int(-wanted // digit) * digit)


def more_iops(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> tuple[Fix, ...]:
    """Give the ways to more operations per second, best first."""
    declared, done = io.limits.iops, io.stat("iops").p95
    if declared is None or done is None:
        return _elsewhere(claim, io, see)
    wanted = with_room(max(done, declared.value), limits)
    most = io.limits.largest_iops
    knobs = _KINDS.get(io.limits.kind)
    if knobs and io.limits.kind not in _NO_IOPS and (most is None or most > declared.value):
        value = int(min(wanted, most or wanted))
        effect = f"p95 {number(done)} IOPS: set {knobs.iops}={value} for {_headroom(value, max(done, declared.value))}"
        called = f"{_word(io.limits.kind)}-iops-{value}"
        return (_change(claim, io, see, {knobs.iops: str(value)}, effect, called), *_elsewhere(claim, io, see))
    return (*_larger(claim, io, see, iops=wanted), *_elsewhere(claim, io, see, iops=wanted))


def more_bytes(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> tuple[Fix, ...]:
    """Give the ways to more bytes per second, best first."""
    declared, done = io.limits.bytes, io.stat("bytes").p95
    if declared is None or done is None:
        return _elsewhere(claim, io, see)
    knobs = _KINDS.get(io.limits.kind)
    most = io.limits.largest_bytes
    if knobs is None or io.limits.kind in _NO_BYTES or (most is not None and most <= declared.value):
        rate = with_room(max(done, declared.value) / _MIB, limits)
        return (*_larger(claim, io, see, mib=rate), *_elsewhere(claim, io, see))
    need = max(done, declared.value)
    value = with_room(min(need, most or need) / knobs.unit, limits)
    value = int(min(value, (most or value * knobs.unit) / knobs.unit))
    effect = (
        f"p95 {bytes_rate(done)}: set {knobs.bytes}={value}{knobs.suffix} for {_headroom(value * knobs.unit, need)}"
    )
    parameters = {knobs.bytes: f"{value}{knobs.suffix}"}
    if io.limits.kind == "gp3" and io.limits.iops and value > io.limits.iops.value / 4:
        parameters = {"iops": str(value * 4), **parameters}
        effect += f", and iops={value * 4}, for gp3 gives 0.25 MiB/s for each"
    name = f"{_word(io.limits.kind)}-throughput-{value}"
    return (_change(claim, io, see, parameters, effect, name), *_elsewhere(claim, io, see))


def less(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> tuple[Fix, ...]:
    """Give what the volume would need, where it may be told so; empty where it may not."""
    knobs, done = _KINDS.get(io.limits.kind), io.stat("iops").p95
    if knobs is None or done is None or io.limits.iops is None or io.limits.kind in _NO_IOPS:
        return ()
    least = 100 if io.limits.kind in {"io1", "io2", "UltraSSD_LRS"} else 3000
    value = max(with_room(done, limits), least)
    if value >= io.limits.iops.value:
        return ()
    effect = f"p95 {number(done)} IOPS: {knobs.iops}={value} would do"
    return (_change(claim, io, see, {knobs.iops: str(value)}, effect, f"{_word(io.limits.kind)}-iops-{value}"),)


def _headroom(value: float, need: float) -> str:
    return f"{max(0.0, (value / need - 1) * _PERCENT):.0f} % headroom"


def _change(claim: Claim, io: VolumeIo, see: Inventory, parameters: Mapping[str, str], effect: str, called: str) -> Fix:
    """Ask for it by a VolumeAttributesClass: one that exists already and says just that, or a new one."""
    notes = "; ".join(_notes(io, see, claim))
    ready = _ready(claim, io, see, parameters)
    name = ready or called
    patch = patch_claim(claim, {"spec": {"volumeAttributesClassName": name}})
    if ready:
        return Fix(f"{effect} ({notes}); class {plain(ready, 80)} says so", patch)
    made = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "VolumeAttributesClass",
        "metadata": {"name": name},
        "driverName": _driver(claim, see),
        "parameters": dict(parameters),
    }
    return Fix(f"{effect} ({notes})", f"kubectl create -f - <<'EOF' && {patch}\n{json.dumps(made)}\nEOF")


def _notes(io: VolumeIo, see: Inventory, claim: Claim) -> Iterator[str]:
    if io.limits.online is not None:
        yield "while it is used" if io.limits.online else "only while no pod uses it"
    yield "by a VolumeAttributesClass, Kubernetes 1.34"
    if "ebs" in _driver(claim, see):
        yield "EBS allows the change after it only hours later"


def _driver(claim: Claim, see: Inventory) -> str:
    volume = see.volume_of(claim)
    return volume.driver if volume else claim.provisioner


def _word(kind: str) -> str:
    return kind.lower().replace("_", "-")


def _ready(claim: Claim, io: VolumeIo, see: Inventory, parameters: Mapping[str, str]) -> str:
    """Find a class of the driver that says just that."""
    wanted = {key.lower(): value for key, value in parameters.items()}
    for one in see.attributes_classes:
        said = dict(one.parameters)
        if one.driver == _driver(claim, see) and said.pop("type", io.limits.kind) == io.limits.kind and said == wanted:
            return one.meta.name
    return ""


def _larger(claim: Claim, io: VolumeIo, see: Inventory, *, iops: int = 0, mib: int = 0) -> tuple[Fix, ...]:
    """Grow it, where what it may do grows with its size."""
    volume = see.volume_of(claim)
    size, does = _size_for(io.limits.kind, iops, mib)
    if not volume or not volume.capacity or size * GIB <= volume.capacity:
        return ()
    change = {"spec": {"resources": {"requests": {"storage": f"{size}Gi"}}}}
    text = f"grow it to {size:,} GiB, which may do {does} (nothing makes it smaller again)"
    return (Fix(text, patch_claim(claim, change)),)


def _size_for(kind: str, iops: int, mib: int) -> tuple[int, str]:
    """Give the size in GiB at which a kind may do so much, and what it may do then; 0 where size changes nothing."""
    if kind == "Premium_LRS":  # the tiers above those that burst, in MB/s
        tier = next((t for t in _TIERS if t[1] >= iops and t[2] * _MB >= mib * _MIB), None)
        return (tier[0], f"{tier[1]:,} IOPS and {tier[2]} MB/s") if tier else (0, "")
    table = _PER_GIB if iops else _MIB_PER_GIB
    if kind not in table:
        return 0, ""
    base, per_gib = table[kind]
    size = ceil(((iops or mib) - base) / per_gib)
    return size, f"{base + per_gib * size:,.0f} {'IOPS' if iops else 'MiB/s'}"


def _elsewhere(claim: Claim, io: VolumeIo, see: Inventory, iops: int | None = None) -> tuple[Fix, ...]:
    """Change the kind of disk, or ask less of it."""
    kind, online = _BETTER.get(io.limits.kind, ("", False))
    ask_less = Fix("or ask less of it: batch writes, cache reads, spread the load over several volumes")
    if not kind:
        return (ask_less,)
    if not online or "ebs" not in _driver(claim, see):
        return (Fix(f"move the data to a new claim in a class of {kind}, while nothing writes"), ask_less)
    parameters = {"type": kind, **({"iops": str(max(iops, 3000))} if iops else {})}
    has = f"which may do {max(iops, 3000):,} IOPS" if iops else "which does 3,000 IOPS and 125 MiB/s at any size"
    name = f"{kind}-{max(iops, 3000)}" if iops else kind
    return (_change(claim, io, see, parameters, f"change it to {kind}, {has}", name), ask_less)


def look(claim: Claim) -> Fix:
    """Look at the volume while it happens."""
    params = f"name={plain(claim.meta.name, 80)} namespace={plain(claim.meta.namespace, 63)}"
    return Fix(f"look while it happens: run action probe_volume_io with {params}")


def describe_node(io: VolumeIo) -> Fix:
    """Look at the machine."""
    return Fix(
        "see what else the machine carries", f"kubectl describe node {quoted(io.mapped.node)}" if io.mapped.node else ""
    )
