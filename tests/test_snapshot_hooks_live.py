"""Hooks through the API server's own exec, with a snapshot controller that works at its own pace."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import ApiClient, Configuration

from robusta_volumes._analysis.slots import last_slot
from robusta_volumes._cli.permissions_rules import cluster_rules, granted_rules
from robusta_volumes._cluster.live import LiveCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import SNAPSHOT
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_exec import PodExec
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.csi_script import CsiScript
from robusta_volumes._sandbox.csi_storage import CsiStorage
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._sandbox.shell import PodShell
from robusta_volumes._workflows.pvc_snapshot_schedule import pvc_snapshot_schedule
from snapshot_world import settings, text

DRIVER = "hostpath.csi.k8s.io"
CLAIMS = ("orders", "files", "ledger")
HOOKS = {"pre": ["sh", "-c", "echo frozen $CONTAINER >> log"], "post": ["sh", "-c", "echo thawed >> log"]}
HOURLY = settings({"name": "hourly", "schedule": "0 * * * *", "hooks": HOOKS, "maxParallel": 3})


def pod(claim: str) -> dict[str, Any]:
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": claim}}
    app = {"name": "app", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    status = {"phase": "Running", "containerStatuses": [{"name": "app", "state": {"running": {}}}]}
    meta = {"name": f"{claim}-0", "namespace": "shop"}
    spec = {"volumes": [volume], "containers": [app]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": status}


def objects() -> list[dict[str, Any]]:
    b = Builder(datetime.now(UTC))
    b.add("Namespace", "shop")
    b.add("Namespace", "robusta")
    b.storage_class("fast", DRIVER)
    for claim in CLAIMS:
        b.bound("shop", claim, "1Gi", "fast", DRIVER)
    b.add("VolumeSnapshotClass", "drop", api=SNAPSHOT.api_version, driver=DRIVER, deletionPolicy="Delete")
    return [*b.objects, *map(pod, CLAIMS)]


def roles(*words: str) -> list[dict[str, Any]]:
    """Give what the runner may by our own rules: reading, its memory, and what these words allow in shop."""
    return [
        *(rule.as_data for rule in cluster_rules()),
        *({**rule.as_data, "namespaces": ["robusta"]} for rule in granted_rules(["state"])),
        *({**rule.as_data, "namespaces": ["shop"]} for rule in granted_rules(words)),
    ]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ApiServer]:
    store, access = Store(objects(), finalizers=True), Access(rules=roles("snapshots", "hooks"))
    routes = PodExec(store, access, PodShell(tmp_path)).routes
    with ApiServer(store, access=access, routes=routes) as running, CsiStorage(store, CsiScript()):
        yield running


@pytest.fixture
def live(server: ApiServer) -> Iterator[LiveCluster]:
    configuration = Configuration(host=server.url)
    configuration.api_key = {"authorization": f"Bearer {server.token}"}
    client = ApiClient(configuration)
    found = LiveCluster(client, "prod", deadline=60)
    since = last_slot("0 * * * *", "UTC", found.now()) - timedelta(minutes=30)
    State(found, "robusta").write("snapshots.schedule.hourly", {"since": since.isoformat()})
    yield found
    client.rest_client.pool_manager.clear()


def logs(folder: Path) -> list[str]:
    files = [folder / "shop" / f"{claim}-0" / "log" for claim in CLAIMS]
    return [" ".join(file.read_text().split()) if file.exists() else "" for file in files]


def test_each_claim_is_held_cut_and_let_go_and_its_snapshot_becomes_ready(
    server: ApiServer, live: LiveCluster, tmp_path: Path
) -> None:
    assert pvc_snapshot_schedule(live, HOURLY, State(live, "robusta")) == []
    assert logs(tmp_path) == ["frozen app thawed"] * 3
    assert [o["status"]["readyToUse"] for o in server.store.find(SNAPSHOT, "shop")] == [True] * 3
    streams = [seen for seen in server.requests if "/exec?" in seen.path]
    assert [(seen.method, seen.status) for seen in streams] == [("GET", 101)] * 3
    assert "holding" not in State(live, "robusta").read("snapshots.schedule.hourly")


def test_without_the_role_nothing_is_held_and_nothing_made_and_the_role_is_told(
    server: ApiServer, live: LiveCluster, tmp_path: Path
) -> None:
    server.access.rules = roles("snapshots")
    said = text(pvc_snapshot_schedule(live, HOURLY, State(live, "robusta")))
    assert "0 of 3 made, 3 failed" in said
    assert "permissions -n shop --allow hooks | kubectl apply -f -" in said
    assert (logs(tmp_path), server.store.find(SNAPSHOT, "shop")) == ([""] * 3, [])


def test_a_server_that_refuses_every_snapshot_leaves_nothing_held(
    server: ApiServer, live: LiveCluster, tmp_path: Path
) -> None:
    server.access.deny([("create", "volumesnapshots", None)])
    said = text(pvc_snapshot_schedule(live, HOURLY, State(live, "robusta")))
    assert "0 of 3 made, 3 failed" in said
    assert logs(tmp_path) == ["frozen app thawed"] * 3
