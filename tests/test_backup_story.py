"""The story "backups" is what it says: seven claims of which four have data, a stuck schedule, and claims that nothing covers."""

from datetime import datetime
from typing import Any

import pytest

import crds
from robusta_volumes._analysis.backup_cover import Judged, judge
from robusta_volumes._cluster.backups import backups_of
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import VELERO_BACKUP
from robusta_volumes._model.settings import Settings
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.story_backups import NIGHTS, backups, behaviour, pod_is_back
from robusta_volumes._sandbox.velero_server import VeleroServer

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def judged(objects: list[dict[str, Any]]) -> Judged:
    cluster, settings = MemoryCluster(objects, now=NOW), Settings().volume_backup_management
    see = gather(cluster)
    return judge(see, backups_of(cluster, settings, see.claims), (), settings, "robusta")


def test_each_claim_is_in_the_state_that_the_story_tells() -> None:
    found = {f"{one.key[0]}/{one.key[1]}": one.verdict.value for one in judged(backups(NOW)).claims}
    assert found == {
        "finance/ledger-2025": "old",
        "blog/posts": "old",
        "crm/contacts": "fresh",
        "labs/datasets": "never",
        "labs/notebooks": "never",
        "store/data-orders-0": "fresh",
        "store/data-orders-1": "fresh",
        "store/imports": "never",
        "store/invoices": "fresh",
        "store/product-images": "never",
        "store/sessions": "fresh",
        "store/thumbnails": "never",
    }


def test_last_night_says_completed_and_has_four_of_seven() -> None:
    newest = judged(backups(NOW)).backups[0]
    assert (newest.backup.phase_text, newest.covered, newest.of) == ("Completed", 4, 7)
    why = {one.title: one.why for one in newest.missing}
    assert why["store/product-images"] == "not a CSI volume (nfs), and file-system backup is off"
    assert why["store/imports"] == "its files were to be read, but no running pod mounts it"


def test_the_sandboxs_velero_takes_the_story_over_and_changes_nothing_of_it() -> None:
    store = Store(backups(NOW), clock=lambda: NOW)
    before = store.find(VELERO_BACKUP)
    VeleroServer(store, behaviour()).settle()
    assert store.find(VELERO_BACKUP) == before
    assert len(before) == NIGHTS + 2


def test_once_the_pod_is_back_another_backup_has_its_files() -> None:
    objects = backups(NOW)
    store = Store(objects, clock=lambda: NOW)
    store.take([pod_is_back(objects)])
    velero = VeleroServer(store, behaviour())
    velero.restart()
    spec = {"includedNamespaces": ["store"], "snapshotMoveData": True}
    meta = {"name": "again", "namespace": "velero"}
    store.create({"apiVersion": "velero.io/v1", "kind": "Backup", "metadata": meta, "spec": spec})
    velero.settle()
    found = judged([o for kind in store.kinds() for o in store.find(kind)])
    newest = next(one for one in found.backups if one.backup.name == "again")
    assert (newest.backup.phase_text, newest.covered, newest.of) == ("Completed", 5, 7)
    stuck = next(one.backup for one in found.backups if one.backup.name == "weekly-20261121120000")
    assert (stuck.phase_text, "during the server starting" in stuck.why) == ("Failed", True)


@pytest.mark.needs(crds.NAME)
def test_its_objects_are_what_veleros_definitions_allow() -> None:
    known = [o for o in backups(NOW) if (o["apiVersion"], o["kind"]) in crds.schemas()]
    assert len(known) > 60
    assert [problem for o in known for problem in crds.problems(o)] == []
