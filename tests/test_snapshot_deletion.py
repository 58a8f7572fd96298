"""A deletion that does not end is told with whose word it waits for; the storage of the sandbox plays its part."""

from typing import Any

import pytest

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import NotAllowed
from robusta_volumes._model.plan import Delete, Outcome
from robusta_volumes._model.target import Target
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._workflows.pvc_snapshots import pvc_snapshots
from snapshot_cluster import AS_SOURCE, BOUND, RESTORING
from snapshot_world import NIGHTLY, Nights, nightly, old_nights, one_night, settings, text

GROUP = "snapshot.storage.kubernetes.io/volumesnapshot-in-group-protection"
OF_DATA = Target(k.CLAIM.name, "data", "shop")


def deleted(w: Nights, *finalizers: str, since: str) -> Nights:
    """Ask for the deletion of the oldest snapshot, which these hold back."""
    kinds = (k.CLAIM, k.VOLUME, k.SNAPSHOT_CLASS, k.SNAPSHOT, k.SNAPSHOT_CONTENT, k.CONFIG_MAP)
    objects = [o for kind in kinds for o in w.cluster.store.find(kind)]
    oldest = next(o for o in objects if o["kind"] == "VolumeSnapshot")
    oldest["metadata"] |= {"deletionTimestamp": since, "finalizers": list(finalizers)}
    w.cluster = type(w.cluster)(objects, name="prod", now=w.now)
    return w


def page(w: Nights, **more: Any) -> str:
    return to_markdown(pvc_snapshots(w.cluster, Target(**more) if more else OF_DATA, NIGHTLY))


@pytest.mark.parametrize(
    ("finalizers", "says"),
    [
        ((AS_SOURCE, BOUND), f"waits for the driver, which has not deleted its data ({BOUND})"),
        ((AS_SOURCE,), f"waits for the snapshot controller ({AS_SOURCE})"),
        ((AS_SOURCE, BOUND, RESTORING), f"waits for a restore that reads it ({RESTORING})"),
        ((GROUP, BOUND), f"waits for its group snapshot, which it is deleted with ({GROUP})"),
        (("acme.io/keep",), "waits for who put acme.io/keep there"),
    ],
    ids=["driver", "controller", "restore", "group", "somebody else"],
)
def test_the_history_says_since_when_one_is_being_deleted_and_what_it_waits_for(
    finalizers: tuple[str, ...], says: str
) -> None:
    shown = page(deleted(one_night(), *finalizers, since="2026-03-02T04:01:00Z"))
    assert f"being deleted for 3 h; goes: it {says}" in shown
    assert shown.startswith("# Claim shop/data has no snapshot that can be restored from (1 being deleted)\n")


def test_the_tick_tells_of_it_once_and_when_it_is_over_and_it_wakes_nobody() -> None:
    w = deleted(one_night(), AS_SOURCE, BOUND, since="2026-03-02T06:56:00Z")
    assert w.tick(NIGHTLY) == []  # five minutes are no news
    w.ready = lambda _: True
    (told,) = w.ticks(NIGHTLY, hours=3)
    assert (told.title, told.severity.word) == ('Snapshots "nightly" 02:00 UTC: 1 of 1 made, 1 not deleted', "medium")
    shown = text([told])
    assert "has been deleted for 15 min and waits for the driver, which has not deleted its data" in shown
    assert "kubectl get events -A --field-selector" in shown
    (o,) = w.cluster.store.find(k.SNAPSHOT)
    w.cluster.store.patch(k.SNAPSHOT, o["metadata"]["name"], "shop", {"metadata": {"finalizers": None}})
    for left in w.cluster.store.find(k.SNAPSHOT):
        w.cluster.store.delete(k.SNAPSHOT, left["metadata"]["name"], "shop")
    (over,) = w.ticks(NIGHTLY, hours=1)
    assert over.title == '[RESOLVED] Snapshots "nightly": every claim has its snapshot again'


def test_how_long_that_may_take_is_a_threshold() -> None:
    w = deleted(one_night(), BOUND, since="2026-03-02T06:56:00Z")
    assert w.ticks(settings(nightly(), limits={"deletingMinutes": 600}), hours=3) == []


def test_no_finalizer_is_ever_removed_and_nothing_else_done_about_it() -> None:
    w = deleted(one_night(), AS_SOURCE, BOUND, since="2026-03-01T04:01:00Z")
    before = w.cluster.store.find(k.SNAPSHOT)
    w.ticks(NIGHTLY, hours=12)
    assert w.cluster.store.find(k.SNAPSHOT) == before
    assert isinstance(w.cluster, MemoryCluster)


def test_a_deletion_that_is_refused_is_not_counted_as_a_snapshot_that_was_not_made() -> None:
    w, _ = old_nights(5)
    strict = settings(nightly(retentionDays=3))
    w.ticks(strict, hours=25, every=60)
    w.pages.clear()
    plain = w.cluster.carry_out

    def carry_out(plan: Any) -> list[Outcome]:
        refusal = NotAllowed("cannot delete volumesnapshots", "Allow it.")
        return [Outcome(one, error=refusal) if isinstance(one, Delete) else plain([one])[0] for one in plan]

    w.cluster.carry_out = carry_out  # type: ignore[method-assign]  # a cluster that allows no deletion
    w.ticks(strict, hours=25, every=60)
    told = next(one for one in w.pages if "not deleted" in one.title)
    assert told.title.endswith(": 1 of 1 made, 1 not deleted")
    assert "| shop/data (deleting) | cannot delete volumesnapshots · last good: 02:01 UTC" in text([told])
