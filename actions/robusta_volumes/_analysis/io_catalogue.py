"""The catalogue of what volumes may do: structured terms, from which figures and their formulas for people are made."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from robusta_volumes._model.io import Declared, IoLimits

MIB, MB = 1024**2, 1000**2
_UNITS = {"IOPS": 1, "MiB/s": MIB, "MB/s": MB}
_TIB = 1024


RATES = ("iops", "read_iops", "write_iops", "bytes", "read_bytes", "write_bytes")


def with_rates(limits: IoLimits, rates: Mapping[str, Declared]) -> IoLimits:
    """Put these in the place of all rates of one volume."""
    return replace(
        limits,
        iops=rates.get("iops"),
        read_iops=rates.get("read_iops"),
        write_iops=rates.get("write_iops"),
        bytes=rates.get("bytes"),
        read_bytes=rates.get("read_bytes"),
        write_bytes=rates.get("write_bytes"),
    )


@dataclass(frozen=True)
class Figure:
    """What a term comes to, in its own unit, and how."""

    value: float
    formula: str
    burst: float | None = None


@dataclass(frozen=True)
class Term:
    """One rate: a constant and so much for each GiB, IOPS or MiB/s, within bounds; or steps of size; or bands of IOPS."""

    unit: str
    given: Mapping[str, Any]

    @property
    def bytes(self) -> int:
        """What one of its unit is: 1 for operations, else bytes per second."""
        return _UNITS[self.unit]

    @property
    def verified(self) -> bool:
        """Whether a text of the provider says so."""
        return self.given.get("verified") is not False

    def at(self, gib: float, iops: float | None = None, mib: float | None = None) -> Figure | None:
        """Give the figure; None where it hangs on one that is not known."""
        if "steps" in self.given:
            return self._step(gib)
        if "bands" in self.given:
            return self._band(gib, iops)
        found, parts = float(self.given.get("base", 0)), []
        if found:
            parts.append(number(found))
        sizes = (("per_gib", gib, "GiB"), ("per_tib", gib / _TIB, "TiB"))
        for key, much, what in (*sizes, ("per_iops", iops, "IOPS"), ("per_mib", mib, "MiB/s")):
            if key in self.given:
                if much is None:
                    return None
                found += self.given[key] * much
                parts.append(self._part(self.given[key], much, what))
        if not parts:
            return None
        return self._bounded(found, " + ".join(parts))

    def _part(self, each: float, much: float, what: str) -> str:
        unit = "" if self.unit == "IOPS" else f" {self.unit}"
        return f"{number(each)}{unit} x {number(much)} {what}"

    def _bounded(self, value: float, formula: str) -> Figure:
        for key, words in (("least", "at least"), ("most", "at most")):
            if key in self.given:
                formula += f", {words} {number(self.given[key])}"
        value = max(value, self.given.get("least", 0.0))
        return Figure(min(value, self.given.get("most", value)), formula)

    def _step(self, gib: float) -> Figure:
        before = 0.0
        for up_to, value, *burst in self.given["steps"]:
            if up_to is None or gib <= up_to:
                where = f"above {number(before)} GiB" if up_to is None else f"up to {number(up_to)} GiB"
                return Figure(value, f"{number(value)} {self.unit} {where}", burst[0] if burst else None)
            before = up_to
        raise ValueError("the last step must be for all larger sizes")

    def _band(self, gib: float, iops: float | None) -> Figure | None:
        if iops is None:
            return None
        within = next(rate for up_to, rate in self.given["bands"] if up_to is None or iops <= up_to)
        return Term(self.unit, within).at(gib, iops)

    def part(self, name: str) -> "Term | None":
        """Give a term within: ``burst``, ``largest``."""
        within = self.given.get(name)
        return Term(self.unit, within) if within else None


@dataclass(frozen=True)
class Kind:
    """One kind of volume of a provider."""

    name: str
    given: Mapping[str, Any]

    def term(self, name: str) -> Term | None:
        """Give the rate of that name: "iops", "bytes", "read_iops", ..."""
        rate = self.given.get(name)
        return Term(rate.get("unit", "IOPS"), rate) if rate else None

    @property
    def verified(self) -> bool:
        """Whether a text of the provider says so."""
        return self.given.get("verified") is not False


@cache
def _catalogue() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(Path(__file__).with_name("io_limits.json").read_text("utf-8"))
    return found


@cache
def _machines() -> Mapping[str, Mapping[str, tuple[float, ...]]]:
    found = json.loads(Path(__file__).with_name("io_machines.json").read_text("utf-8"))
    families: Mapping[str, Mapping[str, tuple[float, ...]]] = found["families"]
    return families


def driver(name: str) -> Mapping[str, Any]:
    """Say what the catalogue knows of a driver; an operator's prefix does not matter: rook-ceph.rbd.csi.ceph.com."""
    drivers: Mapping[str, Mapping[str, Any]] = _catalogue()["drivers"]
    return drivers.get(name) or drivers.get(name.partition(".")[2], {})


def kind(provider: str, name: str) -> Kind | None:
    """Give a kind of volume by its name, in any case, or by the name of one that may do the same."""
    kinds: Mapping[str, Mapping[str, Any]] = _catalogue()["kinds"].get(provider, {})
    for each, given in kinds.items():
        if name.lower() in {each.lower(), *(same.lower() for same in given.get("same", ()))}:
            return Kind(each, given)
    return None


def machine(name: str) -> tuple[float, ...]:
    """Give what a type of EC2 instance may do: IOPS and MB/s, and the same in bursts; empty where it is not known."""
    family, _, size = name.partition(".")
    return tuple(_machines().get(family, {}).get(size, ()))


def number(value: float) -> str:
    """Write a figure of a formula: "16,000", "0.25"."""
    return (
        f"{value:,.0f}"
        if value == round(value)
        else f"{value:,.2f}".rstrip("0").rstrip(".")
        if value >= 1
        else f"{value:g}"
    )
