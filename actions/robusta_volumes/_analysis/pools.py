"""Filesystems that several claims share: an NFS server's, a node's disk. One row and one alarm for each of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.usage import Key, Use
from robusta_volumes._model.volume import Claim, Volume
from robusta_volumes._rules.growth import growing
from robusta_volumes._rules.joins import attaches, only_node
from robusta_volumes._rules.telemetry import size_is_a_wish

_OTHER = 0.1  # of the volume's size: a filesystem on a disk of its own takes less for itself
_APART = 0.01  # of the capacity: two kubelets measure one filesystem a minute apart
_SHARED_SOURCES = {"nfs", "cephfs", "glusterfs", "azureFile"}


@dataclass(frozen=True)
class Pool:
    """One filesystem that several claims lie on."""

    name: str  # for people: where it lies
    claims: tuple[Key, ...]  # the first stands for all
    use: Use

    @property
    def lead(self) -> Key:
        """The claim that stands for all of them."""
        return self.claims[0]


def pools_of(see: Inventory, uses: Mapping[Key, Use]) -> tuple[Pool, ...]:
    """Find the filesystems that at least two claims share, those with most claims first.

    They show as claims with one capacity, which is not that of their volumes, and the same free room.
    """
    alike: dict[tuple[object, ...], list[tuple[int, Key]]] = {}
    for claim in see.claims:
        use, volume = uses.get(claim.meta.key), see.volume_of(claim)
        if use is None or use.capacity is None or use.available is None or use.usable is None:
            continue
        if _on_something_larger(claim, volume, use, see):
            alike.setdefault((*_place(volume), use.capacity, use.inodes), []).append((use.available, claim.meta.key))
    found = []
    for (*_, capacity, _inodes), members in alike.items():
        for keys in _together(sorted(members), int(str(capacity))):
            lead = uses[keys[0]]
            volume = see.volume_of(see.claim[keys[0]])
            found.append(Pool(_name(volume), keys, lead))
    return tuple(sorted(found, key=lambda pool: (-len(pool.claims), pool.claims)))


def _on_something_larger(claim: Claim, volume: Volume | None, use: Use, see: Inventory) -> bool:
    """Tell whether a claim's filesystem is not its own, as far as one can see."""
    if volume is not None and (volume.source in _SHARED_SOURCES or size_is_a_wish(volume)):
        return True
    if volume is not None and attaches(volume, see):
        return False  # a disk of its own
    size = (volume.capacity if volume else None) or claim.capacity
    if size is None or use.capacity is None or growing(claim):
        return False  # a filesystem that waits for its growth is smaller than its volume, and its own
    return use.capacity > size * (1 + _OTHER) or (use.capacity < size * (1 - _OTHER) and not claim.conditions)


def _place(volume: Volume | None) -> tuple[str, str, str]:
    """Give what claims of one filesystem have in common: driver, and the node or the server."""
    if volume is None:
        return "", "", ""
    server = volume.backend.rpartition(":")[0] if volume.source == "nfs" else ""
    return volume.driver, volume.maker, only_node(volume) or server


def _together(members: Sequence[tuple[int, Key]], capacity: int) -> Iterator[tuple[Key, ...]]:
    """Split claims of one capacity, sorted by their free room, where that differs; single ones share nothing."""
    group: list[tuple[int, Key]] = []
    for one in members:
        if group and one[0] - group[-1][0] > _APART * capacity:
            yield from _keys(group)
            group = []
        group.append(one)
    yield from _keys(group)


def _keys(group: Sequence[tuple[int, Key]]) -> Iterator[tuple[Key, ...]]:
    if len(group) > 1:
        yield tuple(sorted(key for _, key in group))


def _name(volume: Volume | None) -> str:
    """Say where a shared filesystem lies, as far as one volume on it tells."""
    if volume is None:
        return "one filesystem"
    node = only_node(volume)
    if node:
        return f"a disk of node {node}"
    if volume.source == "nfs":
        return volume.backend.rpartition(":")[0] or "an NFS server"
    return f"a filesystem of {volume.maker or volume.driver}"
