"""Nodes and CSI drivers become what we understand. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from robusta_volumes._cluster import read
from robusta_volumes._cluster.fields import at, blocks
from robusta_volumes._model.driver import CsiDriver
from robusta_volumes._model.times import parse_time
from robusta_volumes._model.volume import Node


def node(o: Mapping[str, Any]) -> Node:
    """Read a Node: since when it is (not) ready, and what keeps pods away, beside its state."""
    changed = [c.get("lastTransitionTime") for c in blocks(o, "status", "conditions") if c.get("type") == "Ready"]
    taints = (t for t in blocks(o, "spec", "taints") if t.get("effect") in {"NoSchedule", "NoExecute"})
    return replace(
        read.node(o),
        changed=parse_time(changed[0]) if changed else None,
        taints=tuple(str(t.get("key") or "") for t in taints),
    )


def driver(o: Mapping[str, Any]) -> CsiDriver:
    """Read a CSIDriver."""
    return CsiDriver(read.meta(o), attaches=at(o, "spec", "attachRequired") is not False)
