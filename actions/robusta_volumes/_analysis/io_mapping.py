"""What speaks for a claim on a node: what its storage says of it, else the disk that it is, else what its pods do."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from robusta_volumes._analysis.io_disk_rules import RULES, Found, by_encryption
from robusta_volumes._analysis.io_disks import Disks
from robusta_volumes._analysis.io_nfs import exports_of
from robusta_volumes._analysis.io_places import Place, image_of, places_of
from robusta_volumes._analysis.io_unmapped import reason, remedy
from robusta_volumes._model.inventory import Inventory, Key
from robusta_volumes._model.io import Mapped
from robusta_volumes._model.io_scope import CADVISOR, CEPH, DISKSTATS, EBS, LONGHORN, MAYASTOR, NFS, PORTWORX, SOURCES
from robusta_volumes._model.io_series import IoKey, IoMeasured
from robusta_volumes._model.text import code

_ORDER = {"exact": 0, "mapped": 1, "shared": 2, "pod": 3, "live": 4, "none": 5}


def mapped(
    see: Inventory, measured: IoMeasured, only: Collection[Key] | None = None
) -> Mapping[Key, tuple[Mapped, ...]]:
    """Tell for each claim, and each node where it is in use, which rows of which sources speak for it, the best first.

    Several of one node complete each other; where nothing speaks for a claim, the only one says why, and what to do.
    ``only``: the claims that are asked for; None: all.
    """
    rows = _Rows(see, measured)
    wanted = None if only is None else frozenset(only)  # of a list each look would go through all of it
    return {
        claim.meta.key: tuple(one for place in places_of(see, claim) for one in rows.of(place))
        for claim in see.claims
        if wanted is None or claim.meta.key in wanted
    }


class _Rows:
    """The rows of all sources, ready to be found."""

    def __init__(self, see: Inventory, measured: IoMeasured) -> None:
        self._see, self._measured = see, measured
        self._disks = Disks(see, measured)
        self._images: dict[str, list[IoKey]] = {}
        for key in sorted(self._disks.keys.get(CEPH, ())):
            self._images.setdefault(key[2], []).append(key)

    def of(self, place: Place) -> list[Mapped]:
        """Give all that speaks for a place, the best first."""
        found = [*self._by_storage(place), *self._by_disk(place), *self._by_pod(place)]
        if not found:
            why = reason(self._see, place, self._measured)
            return [
                Mapped(node=place.node, how=why, remedy=remedy(self._see, place, self._measured, ""), since=place.since)
            ]
        return sorted(found, key=lambda one: _ORDER[one.confidence]) if len(found) > 1 else found

    def _mapped(self, place: Place, source: str, key: IoKey, found: Found) -> Mapped:
        return Mapped(
            source,
            key,
            place.node,
            found.device,
            found.confidence,
            found.how,
            remedy(self._see, place, self._measured, source),
            self._since(place, source, found),
        )

    def _since(self, place: Place, source: str, found: Found) -> datetime | None:
        """Say since when a row is the claim's: an export, and a folder of a node, are what they are at any time."""
        return None if source == NFS or found.confidence == "shared" else place.since

    def _by_storage(self, place: Place) -> Iterator[Mapped]:
        measured = self._disks.keys
        for source, key, named in self._keys(place):
            if key in measured.get(source, ()):
                how = f"{SOURCES[source]} measures {code(named)}"
                yield self._mapped(place, source, key, Found("", how, "exact"))

    def _keys(self, place: Place) -> Iterator[tuple[str, IoKey, str]]:
        """Give the rows that storage would have of a volume, and the name in them."""
        volume, handle = place.volume, place.handle
        if volume is None:
            return
        name = volume.meta.name
        yield EBS, (handle,), handle
        if image := image_of(volume):
            pool, space = volume.attributes.get("pool", ""), volume.attributes.get("radosnamespace", "")
            for key in self._images.get(image, ()):
                if (not pool or key[0] == pool) and (not space or key[1] == space):
                    yield CEPH, key, f"{key[0]}/{image}"
        yield LONGHORN, (handle,), handle
        yield MAYASTOR, (name,), name
        yield PORTWORX, (name,), name

    def _by_disk(self, place: Place) -> Iterator[Mapped]:
        if not place.node or not (self._disks.measured or self._disks.exports):
            return
        for export in exports_of(place, self._disks):
            if key := self._disks.exports.get((place.node, export)):
                yield self._mapped(place, NFS, key, Found("", f"NFS export {code(export)}"))
                return
        for rule in RULES:
            for found in rule(place, self._disks):
                if key := self._disks.measured.get((place.node, found.device)):
                    yield self._mapped(place, DISKSTATS, key, found)
                    if rule is not by_encryption:  # what it decrypts is worth knowing, too
                        return

    def _by_pod(self, place: Place) -> Iterator[Mapped]:
        """Take what its pods do, on whatever disk."""
        measured = self._disks.keys.get(CADVISOR, ())
        for pod in place.pods if measured else ():
            if pod.meta.key in measured:
                others = len(set(pod.claims)) - 1
                also = (
                    f", its {others} other claims included"
                    if others > 1
                    else ", its other claim included"
                    if others
                    else ""
                )
                how = f"all that pod {code(pod.meta.name)} does on disks{also}"
                yield self._mapped(place, CADVISOR, pod.meta.key, Found("", how, "pod"))
                return
