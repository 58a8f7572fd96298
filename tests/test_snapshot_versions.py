"""A cluster without the snapshot API, or with an old version of it only: each action says which, and what to do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from kubernetes.client import ApiClient, Configuration

from robusta_volumes._cluster.live import LiveCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.asked import CreateSnapshots, PruneSnapshots, RestoreSnapshot
from robusta_volumes._model.errors import NotInstalled
from robusta_volumes._model.kind import SNAPSHOT
from robusta_volumes._model.target import Target
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._sandbox.api_kinds import ONLY_V1BETA1
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._workflows.pvc_snapshot_schedule import pvc_snapshot_schedule
from robusta_volumes._workflows.pvc_snapshots import pvc_snapshots
from robusta_volumes._workflows.pvc_snapshots_create import create_pvc_snapshots
from robusta_volumes._workflows.pvc_snapshots_prune import prune_pvc_snapshots
from robusta_volumes._workflows.pvc_snapshots_restore import restore_pvc_snapshot
from snapshot_world import EBS, nightly, settings

NIGHTLY = settings(nightly())
OLD: dict[str, Any] = {"more": ONLY_V1BETA1}
NONE: dict[str, Any] = {"absent": [SNAPSHOT.group]}
ONLY = "only v1beta1 is served: volumesnapshots.snapshot.storage.k8s.io is needed in v1"
ASKED: dict[str, Callable[[LiveCluster], Any]] = {
    "create": lambda live: create_pvc_snapshots(live, CreateSnapshots("data", "shop"), NIGHTLY),
    "prune": lambda live: prune_pvc_snapshots(live, PruneSnapshots(), NIGHTLY),
    "restore": lambda live: restore_pvc_snapshot(live, RestoreSnapshot("data", "shop"), NIGHTLY),
}


@contextmanager
def cluster(**how: Any) -> Iterator[LiveCluster]:
    """Serve one bound claim; nothing of it can be snapshotted here."""
    b = Builder(datetime.now(UTC))
    b.storage_class("gp3", EBS)
    b.bound("shop", "data", "10Gi", "gp3", EBS)
    with ApiServer(Store(b.objects), **how) as server:
        configuration = Configuration(host=server.url)
        configuration.api_key = {"authorization": f"Bearer {server.token}"}
        client = ApiClient(configuration)
        yield LiveCluster(client, "prod")
        client.rest_client.pool_manager.clear()


@pytest.mark.parametrize("action", ASKED)
def test_an_action_that_needs_snapshots_says_which_version_there_is_and_writes_nothing(action: str) -> None:
    with cluster(**OLD) as live, pytest.raises(NotInstalled) as refused:
        ASKED[action](live)
    assert str(refused.value) == ONLY
    assert refused.value.served == ("v1beta1",)
    assert "Update the snapshot CRDs and controller" in refused.value.remedy


@pytest.mark.parametrize("action", ASKED)
def test_without_the_crds_it_says_what_to_install(action: str) -> None:
    with cluster(**NONE) as live, pytest.raises(NotInstalled) as refused:
        ASKED[action](live)
    assert "is not served here: 404 page not found" in str(refused.value)
    assert refused.value.served == ()
    assert "Install the snapshot CRDs and controller" in refused.value.remedy


def test_the_report_says_it_in_its_title() -> None:
    with cluster(**OLD) as live:
        page = pvc_snapshots(live, Target(), NIGHTLY)
    assert page.title == "No snapshot can be taken in this cluster: only v1beta1 is served"
    assert "Update the snapshot CRDs and controller" in to_markdown(page)
    with cluster(**NONE) as live:
        page = pvc_snapshots(live, Target(), NIGHTLY)
    assert page.title == "No snapshot can be taken in this cluster: its API has no VolumeSnapshots"


def test_the_tick_says_it_once() -> None:
    with cluster(**OLD) as live:
        state = State(live, "robusta")
        (page,) = pvc_snapshot_schedule(live, NIGHTLY, state, "p")
        assert ONLY in page.title
        assert pvc_snapshot_schedule(live, NIGHTLY, state, "p") == []


def test_where_v1_is_served_nothing_else_is_asked_for() -> None:
    b = Builder(datetime.now(UTC))
    with ApiServer(Store(b.objects)) as server:
        configuration = Configuration(host=server.url)
        configuration.api_key = {"authorization": f"Bearer {server.token}"}
        LiveCluster(ApiClient(configuration), "prod").find(SNAPSHOT)
        assert [seen.path for seen in server.requests] == [f"{SNAPSHOT.path()}?limit=500"]
