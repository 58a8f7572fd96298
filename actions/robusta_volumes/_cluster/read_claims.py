"""Details of claims and what limits them, read from API objects. Pure."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from robusta_volumes._cluster.fields import at, block, blocks
from robusta_volumes._model.limit_range import LimitRange
from robusta_volumes._model.quantity import bytes_of
from robusta_volumes._model.times import parse_time
from robusta_volumes._model.volume import Meta

_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def slim_claim(o: dict[str, Any]) -> dict[str, Any]:
    """Drop what nobody reads of a claim; which size was asked for when, and by which manifest, is read."""
    m = o.get("metadata")
    if isinstance(m, dict) and "managedFields" in m:
        m["managedFields"] = [
            {"time": entry.get("time"), "fieldsV1": {"f:spec": {"f:resources": {}}}}
            for entry in blocks(m, "managedFields")
            if _asks(entry)
        ]
    return o


def _asks(entry: Mapping[str, Any]) -> bool:
    """Tell whether this writer of the object wrote the size that is asked for."""
    return at(entry, "fieldsV1", "f:spec", "f:resources") is not None and not entry.get("subresource")


def asked_at(o: Mapping[str, Any]) -> datetime | None:
    """Read when the requested size was last changed; None where the server did not keep the books."""
    times = [parse_time(entry.get("time")) for entry in blocks(o, "metadata", "managedFields") if _asks(entry)]
    return max((when for when in times if when), default=None)


def applied_size(about: Meta) -> int | None:
    """Read the size that the manifest asked for which kubectl applied last, in bytes."""
    try:
        manifest = json.loads(about.annotations.get(_APPLIED, "null"))
    except ValueError:
        return None
    return bytes_of(at(manifest, "spec", "resources", "requests", "storage"))


def limit_range(o: Mapping[str, Any], about: Meta) -> LimitRange:
    """Read a LimitRange: of several entries for claims the strictest counts."""
    own = [entry for entry in blocks(o, "spec", "limits") if entry.get("type") == "PersistentVolumeClaim"]
    least = [size for entry in own if (size := bytes_of(block(entry, "min").get("storage"))) is not None]
    most = [size for entry in own if (size := bytes_of(block(entry, "max").get("storage"))) is not None]
    return LimitRange(about, max(least, default=None), min(most, default=None))
