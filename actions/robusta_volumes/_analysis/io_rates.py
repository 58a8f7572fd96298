"""What a volume of a known kind may do: what was asked for, or what its size gives it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from robusta_volumes._analysis.io_catalogue import MB, MIB, RATES, Figure, Kind, Term, number, with_rates
from robusta_volumes._analysis.io_layers import Layer, Layers, flag
from robusta_volumes._model.io import Bucket, Declared, IoLimits

_KIB = 1024


@dataclass(frozen=True)
class About:
    """The volume: how large, who says what of it, and who says of what kind it is."""

    gib: float
    layers: Layers
    said_by: Layer | None  # None: nobody, it is the driver's default

    def source(self, kind: Kind) -> str:
        """Say where a figure comes from that follows from the kind."""
        return f"{kind.name}, by {self.said_by.source}" if self.said_by else f"{kind.name}, the default of the driver"

    @property
    def exact(self) -> bool:
        """Whether the kind is said of this very volume."""
        return self.said_by is not None and self.said_by.exact


def limits_of_kind(kind: Kind, about: About) -> IoLimits:
    """Give what a volume of a kind may do."""
    given = kind.given
    limits = IoLimits(
        kind=kind.name,
        family=given["family"],
        op_bytes=given["op_kib"] * _KIB if "op_kib" in given else None,
        online=given.get("online"),
        reads_cached=bool(given.get("cached")) and _cached(about.layers),
        pool=kind.name if given.get("pool") else "",
        adds_up=bool(given.get("adds_up")),
    )
    if "tiers" in given:
        return _tiered(kind, about, limits)
    found: dict[str, Declared] = {}
    buckets: list[Bucket] = []
    iops: float | None = None
    for name in sorted(RATES, key=lambda each: _needs_bytes(kind, each)):
        term = kind.term(name)
        rate = found.get("bytes")
        declared = _declared(kind, term, about, iops, rate.value / MIB if rate else None) if term else None
        if term is None or declared is None:
            continue
        found[name] = declared
        iops = declared.value if name == "iops" else iops
        if bucket := _bucket(term, about.gib, declared):
            buckets.append(bucket)
    largest_iops = _largest(kind.term("iops"), about.gib, None, found.get("iops"))
    largest_bytes = _largest(kind.term("bytes"), about.gib, largest_iops or iops, found.get("bytes"))
    limits = replace(with_rates(limits, found), buckets=tuple(buckets))
    return replace(limits, largest_iops=largest_iops, largest_bytes=largest_bytes)


def _needs_bytes(kind: Kind, name: str) -> int:
    """What hangs on MiB per second comes after it, all else in order."""
    term = kind.term(name)
    return 1 if term and "per_mib" in term.given else 0


def _cached(layers: Layers) -> bool:
    said = layers.said(["cachingmode"])
    return said is None or said.value.lower() != "none"  # the driver's default is ReadOnly


def _declared(kind: Kind, term: Term, about: About, iops: float | None, mib: float | None) -> Declared | None:
    asked = _asked(term, about)
    if asked:
        return asked
    if "default" in term.given:
        value = float(term.given["default"])
        text = f"{number(value)}{'' if term.bytes == 1 else f' {term.unit}'} unless more is asked for"
        return Declared(value * term.bytes, text, about.source(kind), _sure(about), verified=term.verified)
    if "keys" in term.given:
        return None  # it has to be asked for, and nobody who can be heard did
    figure = term.at(about.gib, iops, mib)
    if figure is None:
        return None
    burst = _burst(term, about.gib, figure)
    exact = _sure(about)
    return Declared(figure.value * term.bytes, figure.formula, about.source(kind), exact, burst, term.verified)


def _sure(about: About) -> Any:
    return "exact" if about.exact else "class"


def _asked(term: Term, about: About) -> Declared | None:
    said = about.layers.number(term.given.get("keys", ()), term.bytes)
    text = ""
    if said is None and (per := about.layers.number(term.given.get("iops_per_gib", ()), 1)):
        said, text = (per[0] * about.gib, per[1]), f"{number(per[0])} x {number(about.gib)} GiB"
    if said is None:
        return None
    value, layer = said
    text = text or f"{number(value / term.bytes)}{'' if term.bytes == 1 else f' {term.unit}'} were asked for"
    least, largest = term.given.get("least"), term.part("largest")
    most = largest.at(about.gib, None) if largest else None
    if least is not None and value < least * term.bytes:
        value, text = least * term.bytes, f"{text}, at least {number(least)}"
    if most and value > most.value * term.bytes:
        value, text = most.value * term.bytes, f"{text}, at most {number(most.value)}"
    return Declared(value, text, layer.source, "exact" if layer.exact else "class")


def _burst(term: Term, gib: float, figure: Figure) -> float | None:
    part = term.part("burst")
    more = part.at(gib) if part else None
    value = figure.burst or (more.value if more else None)
    return value * term.bytes if value and value > figure.value else None


def _bucket(term: Term, gib: float, declared: Declared) -> Bucket | None:
    size = term.part("bucket")
    much = size.at(gib) if size else None
    if not much or not declared.burst:
        return None
    return Bucket(much.value * term.bytes, declared.value, declared.burst, "operations" if term.bytes == 1 else "bytes")


def _largest(term: Term | None, gib: float, iops: float | None, now: Declared | None) -> float | None:
    """To what it can be raised; what follows from the size alone cannot be."""
    if term is None:
        return None
    part = term.part("largest")
    figure = (
        part.at(gib, iops)
        if part
        else term.at(gib, iops)
        if "bands" in term.given or "per_iops" in term.given
        else None
    )
    if figure:
        return max(figure.value * term.bytes, now.value if now else 0.0)
    return now.value if now and "keys" not in term.given else None


def _tiered(kind: Kind, about: About, limits: IoLimits) -> IoLimits:
    """Sizes are rounded up to a tier, and the tier says what its disks may do."""
    tiers: Sequence[Sequence[Any]] = kind.given["tiers"]
    extra: Sequence[float] = ()
    named = ""
    for key, variant in kind.given.get("variants", {}).items():
        if flag(about.layers.said([key])) and about.gib > variant["above_gib"]:
            named = f" with {variant['name']}"
            tiers, extra = variant.get("tiers", tiers), variant.get("burst", extra)
    size, name, iops, rate, *own = next((each for each in tiers if about.gib <= each[0]), tiers[-1])
    burst: Sequence[float] = own or extra
    found: dict[str, Declared] = {}
    buckets: list[Bucket] = []
    for at, (field, unit, base) in enumerate((("iops", "IOPS", iops), ("bytes", "MB/s", rate))):
        each = 1 if unit == "IOPS" else MB
        most = burst[at] * each if burst else None
        formula = f"{name}{named}, up to {number(size)} GiB: {number(base)} {unit}"
        found[field] = Declared(base * each, formula, about.source(kind), _sure(about), most, kind.verified)
        if most and not extra:
            saved = (most - base * each) * kind.given["burst_seconds"]
            buckets.append(Bucket(saved, base * each, most, "operations" if each == 1 else "bytes"))
    return replace(
        with_rates(limits, found),
        buckets=tuple(buckets),
        largest_iops=found["iops"].value,
        largest_bytes=found["bytes"].value,
    )
