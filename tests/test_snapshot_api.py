"""Snapshots over HTTP: polls, quotas, deletions that take a while, and clusters without the snapshot API."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from robusta_volumes._engines.csi_snapshots import restore_manifest
from robusta_volumes._model.kind import CLAIM, QUOTA
from robusta_volumes._sandbox.api_kinds import ONLY_V1BETA1
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.csi_script import Behaviour
from snapshot_cluster import (
    BUSY,
    Cluster,
    snapshot,
)

GROUP = "/apis/snapshot.storage.k8s.io"
SNAPSHOTS = f"{GROUP}/v1/namespaces/shop/volumesnapshots"


class Api:
    """Speaks HTTP to a server whose controllers step once after each request."""

    def __init__(self, server: ApiServer) -> None:
        self.server = server

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        return requests.request(method, self.server.url + path, json=body, timeout=5)


@pytest.fixture
def on() -> Cluster:
    return Cluster()


@pytest.fixture
def api(on: Cluster) -> Iterator[Api]:
    with ApiServer(on.store).drive(on.storage) as server:
        yield Api(server)


def test_ready_after_three_is_ready_at_the_third_look(on: Cluster, api: Api) -> None:
    on.script.snapshots.on(Behaviour(ready=3))
    assert "status" not in api("POST", SNAPSHOTS, snapshot()).json()
    looks = [api("GET", f"{SNAPSHOTS}/s").json()["status"]["readyToUse"] for _ in range(3)]
    assert looks == [False, False, True]


def test_looking_at_other_things_moves_nothing(on: Cluster, api: Api) -> None:
    on.store.create(snapshot())
    for path in ("/api/v1/nodes", f"{GROUP}/v1/volumesnapshotclasses", "/version"):
        assert api("GET", path).status_code == 200
    assert on.status() == {}


def test_a_full_quota_refuses_the_next_snapshot_until_one_is_gone(on: Cluster, api: Api) -> None:
    key = "count/volumesnapshots.snapshot.storage.k8s.io"
    on.store.create(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "storage", "namespace": "shop"},
            "spec": {"hard": {key: "1"}},
        }
    )
    assert api("POST", SNAPSHOTS, snapshot()).status_code == 201
    full = api("POST", SNAPSHOTS, snapshot("t"))
    assert (full.status_code, full.json()["reason"]) == (403, "Forbidden")
    assert f"exceeded quota: storage, requested: {key}=1, used: {key}=1, limited: {key}=1" in full.json()["message"]
    api("DELETE", f"{SNAPSHOTS}/s")
    assert on.store.get(QUOTA, "storage", "shop")["status"]["used"] == {key: "0"}
    assert api("POST", SNAPSHOTS, snapshot("t")).status_code == 201


def test_a_deleted_snapshot_is_shown_as_terminating_while_its_storage_goes(on: Cluster, api: Api) -> None:
    on.script.snapshots.on(Behaviour(delete_error=BUSY, delete_errors=1))
    api("POST", SNAPSHOTS, snapshot())
    api("GET", f"{SNAPSHOTS}/s")
    gone = api("DELETE", f"{SNAPSHOTS}/s").json()
    assert gone["metadata"]["deletionTimestamp"] == "2026-11-23T12:00:00Z"
    assert api("GET", f"{SNAPSHOTS}/s").status_code == 200
    assert api("GET", f"{SNAPSHOTS}/s").status_code == 404


def test_a_claim_asked_for_with_our_manifest_is_restored(on: Cluster, api: Api) -> None:
    api("POST", SNAPSHOTS, snapshot())
    claims = "/api/v1/namespaces/shop/persistentvolumeclaims"
    wanted = restore_manifest("back", "shop", "s", "2Gi", "fast", ("ReadWriteOnce",), "Filesystem")
    assert api("POST", claims, wanted).json()["status"]["phase"] == "Pending"
    assert api("GET", f"{claims}/back").json()["status"]["phase"] == "Bound"
    assert on.get(CLAIM, "back")["spec"]["dataSourceRef"]["name"] == "s"


def test_the_snapshot_api_may_be_absent_or_of_an_old_version_only() -> None:
    def versions(server: ApiServer) -> list[str]:
        with server:
            answer, listed = (Api(server)("GET", path) for path in (GROUP, SNAPSHOTS))
        found = [v["version"] for v in answer.json()["versions"]] if answer.status_code == 200 else []
        assert (listed.status_code, listed.text) == (404, "404 page not found\n") if "v1" not in found else listed.ok
        return found

    assert versions(ApiServer()) == ["v1"]
    assert versions(ApiServer(more=ONLY_V1BETA1)) == ["v1beta1"]
    assert versions(ApiServer(absent=["snapshot.storage.k8s.io"])) == []


def test_started_it_steps_by_itself(on: Cluster) -> None:
    on.snapshot()
    deadline = time.monotonic() + 10
    with on.storage:
        while not on.status().get("readyToUse") and time.monotonic() < deadline:
            time.sleep(0.05)
    assert on.status()["readyToUse"] is True
