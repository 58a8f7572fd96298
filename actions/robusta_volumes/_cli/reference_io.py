"""What a case file says of I/O, as data: ``io`` holds, by namespace/name of a claim, one volume or a list of one per node."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._model.checks import duration
from robusta_volumes._model.io import (
    Credit,
    Declared,
    Episode,
    History,
    IoLimits,
    Mapped,
    Neighbour,
    Stats,
    VolumeIo,
)
from robusta_volumes._model.times import parse_time

_NUMBERS = ("now", "mean", "p50", "p75", "p95", "peak")
_SAMPLES = 288
_MOST = timedelta(days=36_500)


def read_io(given: Mapping[str, Any]) -> Mapping[tuple[str, str], tuple[VolumeIo, ...]]:
    """Read what a case knows of its claims."""
    found: dict[tuple[str, str], tuple[VolumeIo, ...]] = {}
    for title, said in given.items():
        namespace, _, name = title.partition("/")
        ones = said if isinstance(said, list) else [said]
        found[namespace, name] = tuple(_volume(one) for one in ones)
    return found


def _volume(given: Mapping[str, Any]) -> VolumeIo:
    """Read one volume on one node: a signal's single number stands for all of its statistics."""
    values = dict(given)
    values["mapped"] = Mapped(**{"source": "ebs", "confidence": "exact", **_times(values.pop("mapped", {}), "since")})
    values["limits"] = _limits(values.pop("limits", {}))
    values.setdefault("samples", _SAMPLES)
    values["stats"] = _stats(values.pop("stats", {}), values["samples"])
    values["episodes"] = {word: _episode(said) for word, said in values.pop("episodes", {}).items()}
    values["neighbours"] = tuple(Neighbour(**one) for one in values.pop("neighbours", ()))
    values["mounts"] = tuple(values.pop("mounts", ()))
    if "credit" in values:
        values["credit"] = Credit(**_spans(values["credit"], "empty_in"))
    if "history" in values:
        values["history"] = _history(values["history"])
    if "window" in values:
        values["window"] = tuple(parse_time(when) for when in values["window"])
    return VolumeIo(**values)


def _stats(given: Mapping[str, Any], samples: int) -> dict[str, Stats]:
    found = {}
    for signal, said in given.items():
        numbers = said if isinstance(said, Mapping) else dict.fromkeys(_NUMBERS, float(said))
        found[signal] = Stats(**{"samples": samples, **_times(numbers, "peak_at")})
    return found


def _episode(given: Any) -> Episode:
    if not isinstance(given, Mapping):
        return Episode(share=float(given), worst_hour=float(given))
    return Episode(**_times(_spans(given, "longest"), "since", "last"))


def _limits(given: Mapping[str, Any]) -> IoLimits:
    """Read limits; a declared one may be its number alone."""
    values = dict(given)
    declared = {f.name for f in fields(IoLimits) if "Declared" in str(f.type)}
    for name in declared & set(values):
        said = values[name] if isinstance(values[name], Mapping) else {"value": float(values[name])}
        values[name] = Declared(**{"formula": "as its class says", "source": "storage class", **said})
    return IoLimits(**values)


def _history(given: Mapping[str, Any]) -> History:
    values = dict(given)
    for name in ("stats", "before"):
        values[name] = _stats(values.get(name, {}), _SAMPLES)
    values["spike_hours"] = tuple(values.get("spike_hours", ()))
    return History(**values)


def _times(given: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: _time(value) if key in names else value for key, value in given.items()}


def _time(value: object) -> datetime | None:
    return parse_time(value)


def _spans(given: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: duration(value, timedelta(), _MOST) if key in names else value for key, value in given.items()}
