"""What was rolled out when the data of a claim began to behave differently: the first suspect."""

from datetime import date, datetime, timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.text import plain
from robusta_volumes._model.times import stamp
from robusta_volumes._model.usage import Key
from robusta_volumes._rules.joins import owner_of

_NEAR = timedelta(days=1)


def rollout_at(key: Key, day: date, see: Inventory) -> str:
    """Name what began to run within a day of a change: "Deployment web (ReplicaSet web-5d8, 2026-11-19 14:20 UTC)".

    "" when nothing did, or nothing is left that tells: a ReplicaSet stays for some ten rollouts, a pod until the next.
    """
    sets = [
        (w.meta.created, f"{w.meta.owner[0]} {plain(w.meta.owner[1], 80)} (ReplicaSet {plain(w.meta.name, 80)}")
        for w in see.workloads_of.get(key, ())
        if w.kind == "ReplicaSet" and w.meta.owner
    ]
    pods = [
        (p.meta.created or p.started, f"{owner[0]} {plain(owner[1], 80)} (pod {plain(p.meta.name, 80)}")
        for p in see.pods_of.get(key, ())
        if (owner := owner_of(p))
    ]
    near = [(abs((when - _noon(day, when)).total_seconds()), when, who) for when, who in (*sets, *pods) if when]
    near = [one for one in near if one[0] <= (_NEAR + timedelta(hours=12)).total_seconds()]
    if not near:
        return ""
    _, when, who = min(near)
    return f"{who}, {stamp(when, see.now)})"


def _noon(day: date, like: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=like.tzinfo)
