"""What was rolled out when the data of a claim began to behave differently: the first suspect."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.revision import Revision
from robusta_volumes._model.text import listing, plain
from robusta_volumes._model.times import stamp
from robusta_volumes._model.usage import Key
from robusta_volumes._rules.joins import owner_of

_NEAR = timedelta(days=1)
_Rollout = tuple[datetime, str]  # when, and who it was


def rollout_at(key: Key, day: date, see: Inventory) -> str:
    """Name what began to run within a day of a change: "Deployment web (ReplicaSet web-5d8, 2026-11-19 14:20 UTC)".

    "" when nothing did, or nothing is left that tells: a ReplicaSet or a revision stays for some ten rollouts, a pod until
    the next. A revision says more than the pod that it started, so it is named before one.
    """
    for found in (_revisions(key, see), (*_replica_sets(key, see), *_pods(key, see))):
        near = [(abs((when - _noon(day, when)).total_seconds()), when, who) for when, who in found]
        near = [one for one in near if one[0] <= (_NEAR + timedelta(hours=12)).total_seconds()]
        if near:
            _, when, who = min(near)
            return f"{who}, {stamp(when, see.now)})"
    return ""


def _revisions(key: Key, see: Inventory) -> Iterator[_Rollout]:
    """List the rollouts of the StatefulSet or DaemonSet that a claim belongs to, with the images that they changed."""
    for kind, name in sorted(_owners(key, see)):
        before: Revision | None = None
        for one in see.revisions_of.get((kind, key[0], name), ()):
            if one.meta.created:
                yield one.meta.created, f"{kind} {plain(name, 80)} (revision {one.number}{_images(before, one)}"
            before = one


def _owners(key: Key, see: Inventory) -> set[tuple[str, str]]:
    made_by = (
        see.set_of_prefix.get((key[0], key[1].rpartition("-")[0])) if key[1].rpartition("-")[2].isdigit() else None
    )
    owners = {p.meta.owner for p in see.pods_of.get(key, ()) if p.meta.owner}
    return {*owners, *([("StatefulSet", made_by.meta.name)] if made_by else [])}


def _images(before: Revision | None, now: Revision) -> str:
    """Say which images a rollout changed: ", image postgres:16 instead of postgres:15"; "" when none or not known."""
    if before is None or len(before.images) != len(now.images):
        return ""
    pairs = [(_short(new), _short(old)) for old, new in zip(before.images, now.images, strict=True) if old != new]
    return f", image {listing([f'{new} instead of {old}' for new, old in pairs], 2)}" if pairs else ""


def _short(image: str) -> str:
    """Write an image without its registry, a digest by its beginning."""
    name, _, digest = image.rpartition("/")[2].partition("@")
    return plain(f"{name}@{digest[:19]}" if digest else name, 80)


def _replica_sets(key: Key, see: Inventory) -> Iterator[_Rollout]:
    for w in see.workloads_of.get(key, ()):
        if w.kind == "ReplicaSet" and w.meta.owner and w.meta.created:
            kind, name = w.meta.owner
            yield w.meta.created, f"{kind} {plain(name, 80)} (ReplicaSet {plain(w.meta.name, 80)}"


def _pods(key: Key, see: Inventory) -> Iterator[_Rollout]:
    for p in see.pods_of.get(key, ()):
        owner, when = owner_of(p), p.meta.created or p.started
        if owner and when:
            yield when, f"{owner[0]} {plain(owner[1], 80)} (pod {plain(p.meta.name, 80)}"


def _noon(day: date, like: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=like.tzinfo)
