"""What a prune by hand never deletes, whatever it is told: the plan says why, and the real run leaves it alone."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import PruneSnapshots
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import File, Page
from robusta_volumes._workflows.pvc_snapshots_prune import prune_pvc_snapshots
from snapshot_cluster import RESTORING
from snapshot_world import Nights, nightly, old_nights, settings

GROUP = "snapshot.storage.kubernetes.io/volumesnapshot-in-group-protection"
STRICT = settings(nightly(retentionDays=1, minGood=2))
Object = dict[str, Any]


def rebuilt(w: Nights, change: Callable[[Object], None]) -> Nights:
    """Change the oldest snapshot as the cluster would have it; the second oldest is left to be deleted."""
    objects = [o for kind in w.cluster.store.kinds() for o in w.cluster.store.find(kind)]
    change(next(o for o in objects if o["kind"] == "VolumeSnapshot"))
    w.cluster = type(w.cluster)(objects, name="prod", now=w.now)
    return w


def prune(w: Nights, *, dry_run: bool) -> Page:
    asked = PruneSnapshots(by_hand=True, confirm=True, dry_run=dry_run)  # all that can be said to have more deleted
    return prune_pvc_snapshots(w.cluster, asked, STRICT)


def planned(page: Page) -> dict[str, dict[str, str]]:
    """Give the rows of the plan by the snapshot's name."""
    (file,) = [block for block in page.blocks if isinstance(block, File)]
    return {row["snapshot"]: row for row in csv.DictReader(io.StringIO(file.content.decode()))}


def names(w: Nights) -> list[str]:
    return [o["metadata"]["name"] for o in w.cluster.store.find(k.SNAPSHOT)]


def labelled(**labels: str) -> Callable[[Object], None]:
    return lambda o: o["metadata"]["labels"].update({key.replace("_", "/"): value for key, value in labels.items()})


def finalized(name: str) -> Callable[[Object], None]:
    return lambda o: o["metadata"].update(finalizers=[name])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (labelled(**{"robusta-volumes.dev_hold": "true"}), "held by its label"),
        (labelled(**{"volsync.backube_do-not-delete": ""}), "held by its label"),
        (finalized(RESTORING), "in use by a restore"),
        (finalized(GROUP), "part of a group snapshot"),
        (lambda o: o["status"].update(volumeGroupSnapshotName="g"), "part of a group snapshot"),
        (
            lambda o: o["metadata"].update(deletionTimestamp="2026-03-05T00:00:00Z", finalizers=["x.io/y"]),
            "is being deleted already",
        ),
        (
            lambda o: o["metadata"]["annotations"].update({"robusta-volumes.dev/self": "x"}),
            "not made by robusta-volumes",
        ),
        (
            lambda o: o["spec"].update(source={"volumeSnapshotContentName": "from-velero"}),
            "not made by robusta-volumes",
        ),
    ],
    ids=["hold", "volsync's hold", "restore", "group", "group by name", "terminating", "a copy", "written anew"],
)
def test_the_plan_keeps_it_with_its_reason_and_the_real_run_leaves_it(
    change: Callable[[Object], None], why: str
) -> None:
    w = rebuilt(old_nights(6)[0], change)
    oldest, second, *_ = names(w)
    row = planned(prune(w, dry_run=True))[oldest]
    assert (row["decision"], row["reason"]) == ("stays", why)
    prune(w, dry_run=False)
    assert oldest in names(w)
    assert second not in names(w)


def test_one_without_our_label_is_not_even_looked_at() -> None:
    w = rebuilt(old_nights(6)[0], lambda o: o["metadata"]["labels"].pop("app.kubernetes.io/managed-by"))
    oldest = names(w)[0]
    assert oldest not in planned(prune(w, dry_run=True))
    prune(w, dry_run=False)
    assert oldest in names(w)


def test_one_that_a_pending_claim_is_made_from_stays() -> None:
    w, _ = old_nights(6)
    oldest = names(w)[0]
    spec = {"dataSourceRef": {"kind": "VolumeSnapshot", "name": oldest, "apiGroup": k.SNAPSHOT.group}}
    meta = {"name": "restored", "namespace": "shop"}
    w.cluster.store.create({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec})
    assert planned(prune(w, dry_run=True))[oldest]["reason"] == "in use by a restore"
    prune(w, dry_run=False)
    assert oldest in names(w)


def test_the_newest_min_good_stay_even_when_the_claim_is_gone_and_all_is_confirmed() -> None:
    w, _ = old_nights(6)
    w.cluster.store.patch(k.CLAIM, "data", "shop", {"metadata": {"finalizers": None}})
    w.cluster.store.delete(k.CLAIM, "data", "shop")
    w.move(days=900)
    newest = names(w)[-2:]
    prune(w, dry_run=False)
    assert names(w) == newest


def test_the_real_run_deletes_exactly_what_the_dry_run_listed() -> None:
    w = rebuilt(old_nights(9)[0], labelled(**{"robusta-volumes.dev_hold": "true"}))
    before = set(names(w))
    rows = planned(prune(w, dry_run=True))
    assert set(rows) == before
    gone = {name for name, row in rows.items() if row["decision"] == "goes"}
    done = planned(prune(w, dry_run=False))
    assert {name: row["reason"] for name, row in done.items()} == {name: row["reason"] for name, row in rows.items()}
    assert before - set(names(w)) == gone
    assert len(gone) == 6  # of nine, one is held and the newest two stay


@pytest.mark.parametrize(
    ("retained", "says"),
    [
        (0, "Frees at most 40.0 GiB."),
        (1, "Frees at most 30.0 GiB. 1 content with the policy Retain stays."),
        (4, "Frees nothing: the policy of their contents is Retain, so those stay."),
    ],
)
def test_what_a_deletion_frees_leaves_out_what_retain_keeps(retained: int, says: str) -> None:
    w, _ = old_nights(6)
    for o in w.cluster.store.find(k.SNAPSHOT)[:retained]:
        content = o["status"]["boundVolumeSnapshotContentName"]
        w.cluster.store.patch(k.SNAPSHOT_CONTENT, content, None, {"spec": {"deletionPolicy": "Retain"}})
    assert says in to_markdown(prune(w, dry_run=True))
