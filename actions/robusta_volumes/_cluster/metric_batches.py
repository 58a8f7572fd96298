"""How many claims go into one question to Prometheus, and how a question that was too large is cut. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from robusta_volumes._cluster.promql import Group, groups, within
from robusta_volumes._model.usage import Key

BATCH = (
    2500  # claims in one question: 30 days of daily values are 2 MB of answer and some 10 s of one core of Prometheus
)
NAMES = 500  # of claims, in one question that names them
LEAST = 50  # claims: a question of fewer that fails is not cut any more

Known = Mapping[str, Collection[str]]  # namespace -> its claims, as far as anybody knows them


@dataclass(frozen=True)
class Batch:
    """Claims that are asked for at once: by name, or all of some namespaces, or (neither given) all of the cluster."""

    sizes: tuple[tuple[str, int], ...] = ()  # namespace and how many claims are in it
    keys: tuple[Key, ...] = ()

    @property
    def namespaces(self) -> list[str]:
        """Name them, sorted."""
        return sorted({namespace for namespace, _ in self.keys or self.sizes})

    @property
    def groups(self) -> list[Group]:
        """Select its claims."""
        return groups(self.keys) if self.keys else [within(self.namespaces)]

    def halves(self, known: Known) -> "list[Batch]":
        """Cut it in two; nothing when it is small, or when nobody knows its claims."""
        if self.keys:
            middle = len(self.keys) // 2 if len(self.keys) > LEAST else 0
            return [Batch(keys=part) for part in (self.keys[:middle], self.keys[middle:])] if middle else []
        sizes = self.sizes or tuple((namespace, len(names)) for namespace, names in sorted(known.items()))
        if sum(size for _, size in sizes) <= LEAST:
            return []
        if len(sizes) > 1:
            return [Batch(part) for part in _two(sizes)]
        named = by_names([(namespace, name) for namespace, _ in sizes for name in known.get(namespace, ())])
        return named[0].halves(known) if len(named) == 1 else named


def _two(sizes: tuple[tuple[str, int], ...]) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]:
    """Cut a list of namespaces where about half of the claims lie on each side."""
    half, so_far = sum(size for _, size in sizes) / 2, 0
    for place, (_, size) in enumerate(sizes[:-1], 1):
        so_far += size
        if so_far >= half:
            return sizes[:place], sizes[place:]
    return sizes[:-1], sizes[-1:]


def batches(claims: Known, batch: int = BATCH) -> list[Batch]:
    """Put whole namespaces together, the large first; a namespace too large for one question is asked for by names."""
    if not claims:
        return [Batch()]
    made: list[Batch] = []
    rooms: list[list[tuple[str, int]]] = []
    for namespace, names in sorted(claims.items(), key=lambda one: (-len(one[1]), one[0])):
        size = len(names)
        if size > batch:
            made += by_names([(namespace, name) for name in names], min(batch, NAMES))
            continue
        room = next((room for room in rooms if sum(count for _, count in room) + size <= batch), None)
        if room is None:
            rooms.append(room := [])
        room.append((namespace, size))
    return [*made, *(Batch(tuple(sorted(room))) for room in rooms)]


def in_namespaces(keys: Iterable[Key]) -> dict[str, list[str]]:
    """Put claims together by namespace."""
    names: dict[str, list[str]] = {}
    for namespace, name in sorted(keys):
        names.setdefault(namespace, []).append(name)
    return names


def by_names(keys: Collection[Key], most: int = NAMES) -> list[Batch]:
    """Ask for claims by name."""
    every = sorted(keys)
    return [Batch(keys=tuple(every[at : at + most])) for at in range(0, len(every), most)]
