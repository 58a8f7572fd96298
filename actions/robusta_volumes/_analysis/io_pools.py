"""Disks of one type share, on a machine of Google Cloud, what one disk of their sizes together could do."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from robusta_volumes._analysis.io_catalogue import RATES, Term, kind, with_rates
from robusta_volumes._model.inventory import Inventory, Key
from robusta_volumes._model.io import Declared, IoLimits
from robusta_volumes._model.quantity import GIB
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Volume


def pooled(
    see: Inventory, found: Mapping[Key, Mapping[str, IoLimits]], pool_of: Callable[[Volume], str]
) -> Mapping[Key, Mapping[str, IoLimits]]:
    """Give each disk of a pool what the pool may do; a disk that is alone keeps its own figures.

    Disks of claims that nobody asked for count, too: ``pool_of`` tells their pool.
    """
    answer = {key: dict(by_node) for key, by_node in found.items()}
    members: dict[tuple[str, str], list[Key]] = {}
    for key, by_node in found.items():
        for node, limits in by_node.items():
            if limits.pool and node:
                members.setdefault((node, limits.pool), []).append(key)
    for (node, pool), keys in members.items():
        disks = {see.claim[key].volume_name for key in keys} | {
            name for name in _on(see, node) if (volume := see.volume.get(name)) and pool_of(volume) == pool
        }
        if len(disks) > 1:
            shared = _shared(pool, sum(_gib(see, name) for name in disks), node, len(disks))
            for key in keys:
                answer[key][node] = _with(answer[key][node], shared)
    return answer


def _on(see: Inventory, node: str) -> set[str]:
    """Name the volumes on a node: those attached there, and those that its pods use."""
    attached = {each.volume_name for each in see.attachments_on.get(node, ()) if each.attached}
    keys = ((pod.meta.namespace, name) for pod in see.pods_on.get(node, ()) for name in pod.claims)
    return attached | {see.claim[key].volume_name for key in keys if key in see.claim}


def _gib(see: Inventory, name: str) -> float:
    volume = see.volume.get(name)
    return float(-(-(volume.capacity or 0) // GIB)) if volume else 0.0


def _shared(pool: str, gib: float, node: str, disks: int) -> Mapping[str, Declared]:
    found: dict[str, Declared] = {}
    known = kind("gcp", pool)
    for name in RATES:
        term: Term | None = known.term(name) if known else None
        figure = term.at(gib) if term else None
        if term and figure:
            source = f"all {disks} {pool} disks of node {plain(node)} together"
            found[name] = Declared(figure.value * term.bytes, figure.formula, source, "class", verified=term.verified)
    return found


def _with(limits: IoLimits, shared: Mapping[str, Declared]) -> IoLimits:
    own = {name: declared for name, declared in shared.items() if getattr(limits, name) is not None}
    limits = replace(
        with_rates(limits, own),
        pool_iops=own.get("iops") or own.get("read_iops"),
        pool_bytes=own.get("bytes") or own.get("read_bytes"),
    )
    return replace(
        limits,
        largest_iops=own["iops"].value if "iops" in own else limits.largest_iops,
        largest_bytes=own["bytes"].value if "bytes" in own else limits.largest_bytes,
    )
