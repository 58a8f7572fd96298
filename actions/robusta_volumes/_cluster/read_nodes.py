"""Nodes and CSI drivers become what we understand. Pure."""

from collections.abc import Mapping
from typing import Any

from robusta_volumes._cluster.fields import at, block, blocks, strings
from robusta_volumes._cluster.read import conditions, meta
from robusta_volumes._cluster.read_health import backend_health
from robusta_volumes._model.driver import CsiDriver
from robusta_volumes._model.times import parse_time
from robusta_volumes._model.volume import CsiNode, Node

# Conditions that node-problem-detector, as it comes and as providers ship it, sets when a filesystem fails.
_TROUBLES = {"ReadonlyFilesystem", "FilesystemCorruptionProblem", "XfsShutdown"}


def node(o: Mapping[str, Any]) -> Node:
    """Read a Node: whether and since when it is ready, what keeps pods away, and what is wrong with its disks."""
    true = conditions(o)
    changed = [c.get("lastTransitionTime") for c in blocks(o, "status", "conditions") if c.get("type") == "Ready"]
    taints = (t for t in blocks(o, "spec", "taints") if t.get("effect") in {"NoSchedule", "NoExecute"})
    return Node(
        meta=meta(o),
        ready=any(c.type == "Ready" for c in true),
        schedulable=at(o, "spec", "unschedulable") is not True,
        version=str(at(o, "status", "nodeInfo", "kubeletVersion") or ""),
        changed=parse_time(changed[0]) if changed else None,
        taints=tuple(str(t.get("key") or "") for t in taints),
        address=_address(o),
        troubles=tuple(c for c in true if c.type in _TROUBLES),
    )


def _address(o: Mapping[str, Any]) -> str:
    """Give the address by which its exporters are scraped."""
    found = (a for a in blocks(o, "status", "addresses") if a.get("type") == "InternalIP")
    return str(next(found, {}).get("address") or "")


def csi_node(o: Mapping[str, Any]) -> CsiNode:
    """Read a CSINode: which drivers are registered, how many volumes each can attach, how it is with their backends."""
    drivers = [(str(d.get("name")), d) for d in blocks(o, "spec", "drivers")]
    counts = {name: at(d, "allocatable", "count") for name, d in drivers}
    return CsiNode(
        meta(o),
        {name: most if isinstance(most, int) else None for name, most in counts.items()},
        {name: strings(d.get("topologyKeys")) for name, d in drivers},
        backend_health(block(o, "status")),
    )


def driver(o: Mapping[str, Any]) -> CsiDriver:
    """Read a CSIDriver."""
    return CsiDriver(meta(o), attaches=at(o, "spec", "attachRequired") is not False)
