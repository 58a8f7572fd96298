"""What happened around a volume while it was slow: events, restarts, attachments, snapshots. Coincidence, not cause."""

from datetime import datetime, timedelta

from robusta_volumes._model.text import listing, plain, quoted
from robusta_volumes._model.times import stamp
from robusta_volumes._report.page import Text
from robusta_volumes._report.performance_seen import Row, Seen
from robusta_volumes._report.pieces import short

_MOST, _WORDS = 5, 160


def meanwhile(row: Row, seen: Seen) -> tuple[Text, ...]:
    """List what happened to the claim, its volume, its pods and its node within the window, the newest first."""
    since = row.io.window[0] if row.io.window else seen.now - timedelta(hours=seen.hours)
    found = sorted(
        {*_events(row, seen, since), *_restarts(row, seen, since), *_snapshots(row, seen, since)}, reverse=True
    )
    if not found:
        return ()
    lines = [f"• {stamp(when, seen.now)}: {short(said, _WORDS)}" for when, said in found[:_MOST]]
    more = f"\n• and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return (Text("*In the same time:*\n" + "\n".join(lines) + more),)


def _events(row: Row, seen: Seen, since: datetime) -> list[tuple[datetime, str]]:
    claim, see = row.claim, seen.see
    about = [
        *see.events_of("PersistentVolumeClaim", *claim.meta.key, claim.meta.uid),
        *see.events_of("PersistentVolume", "", claim.volume_name),
        *(
            event
            for pod in see.pods_of.get(claim.meta.key, ())
            for event in see.events_of("Pod", *pod.meta.key, pod.meta.uid)
        ),
        *(see.events_of("Node", "", row.io.mapped.node) if row.io.mapped.node else ()),
    ]
    return [
        (when, f"{event.kind} {plain(event.name, 60)}: {plain(event.reason, 40)} {quoted(short(event.message, 80))}")
        for event in about
        if event.type != "Normal" and (when := event.last or event.first) and when >= since
    ]


def _restarts(row: Row, seen: Seen, since: datetime) -> list[tuple[datetime, str]]:
    pods = seen.see.pods_of.get(row.claim.meta.key, ())
    ended = [
        (
            one.ended,
            f"container {plain(one.name, 60)} of {plain(pod.meta.name, 60)} ended ({plain(one.reason, 40) or 'no reason'})",
        )
        for pod in pods
        for one in pod.containers
        if one.ended and one.ended >= since
    ]
    started = [
        (pod.started, f"pod {plain(pod.meta.name, 60)} started") for pod in pods if pod.started and pod.started >= since
    ]
    return ended + started


def _snapshots(row: Row, seen: Seen, since: datetime) -> list[tuple[datetime, str]]:
    cut = [(s.cut, s.meta.name) for s in seen.see.snapshots_of.get(row.claim.meta.key, ()) if s.cut and s.cut >= since]
    if not cut:
        return []
    names = listing([plain(name, 60) for _, name in cut], 2)
    return [(max(when for when, _ in cut), f"snapshots were cut: {names}")]
