"""A ControllerRevision: one rollout of a StatefulSet or a DaemonSet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from robusta_volumes._model.indexing import many
from robusta_volumes._model.volume import Meta

Owner = tuple[str, str, str]  # kind, namespace, name


@dataclass(frozen=True)
class Revision:
    """Of its template only the images are kept: what else stands there may hold a secret."""

    meta: Meta
    number: int
    images: tuple[str, ...] = ()


def by_owner(revisions: Iterable[Revision]) -> Mapping[Owner, tuple[Revision, ...]]:
    """Give the revisions of each StatefulSet or DaemonSet in order.

    One that was rolled back to gets a new number and keeps the time when it was made, so nobody can tell when it was rolled
    out again: such a one is left out.
    """
    owned = ((r.meta.owner, r) for r in sorted(revisions, key=lambda r: r.number))
    found = many(((o[0], r.meta.namespace, o[1]), r) for o, r in owned if o and r.meta.created)
    return {owner: tuple(r for n, r in enumerate(of) if not _back(r, of[:n])) for owner, of in found.items()}


def _back(one: Revision, before: tuple[Revision, ...]) -> bool:
    return any(r.meta.created and one.meta.created and r.meta.created > one.meta.created for r in before)
