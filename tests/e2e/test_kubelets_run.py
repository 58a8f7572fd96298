"""Where no Prometheus answers the kubelets are asked, if the settings allow it: through the real runner, with nodes that fail."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from robusta_volumes._cluster.store import Store
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_kubelet import Kubelets
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.builder import Object
from robusta_volumes._sandbox.faults import ALWAYS
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._sandbox.story_usage import usage
from robusta_volumes._sandbox.world import World
from worlds import next_message, title, words

REPORT = "persistent_data_analysis"
NOWHERE = {"prometheus_url": "http://127.0.0.1:9"}  # nothing listens there
ALLOWED = {"persistentVolumeWorkflows": {"persistentDataAnalysis": {"enabled": True, "kubeletFallback": True}}}
WRITTEN = {
    "used_bytes": "usedBytes",
    "available_bytes": "availableBytes",
    "capacity_bytes": "capacityBytes",
    "inodes": "inodes",
    "inodes_used": "inodesUsed",
}


def summaries(objects: list[Object]) -> dict[str, Any]:
    """Let each kubelet measure the claims of its pods, as the story tells how full they are."""
    told = {(one.namespace, one.name): next(one.series(0.0), ("", {}))[1] for one in usage()}
    found: dict[str, Any] = {o["metadata"]["name"]: {"pods": []} for o in objects if o["kind"] == "Node"}
    for pod in (o for o in objects if o["kind"] == "Pod" and o["spec"].get("nodeName") in found):
        space = pod["metadata"]["namespace"]
        names = [
            v["persistentVolumeClaim"]["claimName"] for v in pod["spec"]["volumes"] if "persistentVolumeClaim" in v
        ]
        volumes = [
            {
                "name": name,
                "pvcRef": {"namespace": space, "name": name},
                **{WRITTEN[metric]: value for metric, value in told[space, name].items() if metric in WRITTEN},
            }
            for name in names
            if told.get((space, name))
        ]
        found[pod["spec"]["nodeName"]]["pods"].append({"podRef": {"namespace": space}, "volume": volumes})
    return found


@pytest.fixture(scope="module")
def server() -> ApiServer:
    objects, _ = shop(datetime.now(UTC))
    access = Access()
    return ApiServer(Store(objects), access=access, routes=Kubelets(access, summaries(objects)).routes)


@pytest.fixture(scope="module")
def world(server: ApiServer) -> Iterator[World]:
    with World((), [], server=server, workflows=ALLOWED, more=NOWHERE) as made:
        yield made


@pytest.fixture(autouse=True)
def well(server: ApiServer) -> Iterator[None]:
    """Let all nodes answer again after each test."""
    yield
    server.faults.come_back()
    server.access.allow_again()


def asked(server: ApiServer) -> list[str]:
    """Name the nodes whose kubelets were asked."""
    return sorted(path.split("/")[4] for _, path, _ in server.requests if "/proxy/stats/summary" in path)


def test_every_node_with_claims_is_asked_once_and_how_full_they_are_is_told(world: World, server: ApiServer) -> None:
    server.requests.clear()
    message = next_message(world, lambda: world.runner.trigger(REPORT))
    assert asked(server) == ["node-a1", "node-b1", "node-c1"]
    assert title(message) == (
        "No forecast for the volumes of the cluster: their history is not known; "
        "the fullest is db/data-pg-0 (91 % of 98.0 GiB)"
    )
    said = words(message)
    assert "Not measured:*\n• No connection to Prometheus; check `globalConfig.prometheus_url`." in said
    assert "kubelets know only what is now, so nothing is known of growth; set `globalConfig.prometheus_url`" in said
    assert "*How:* what is used now from the kubelets (3 queries, " in said
    assert "week of history" not in said
    assert message.problems == []


def test_one_claim_has_its_figures_and_no_forecast(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger(REPORT, name="data-pg-0", namespace="db"))
    assert title(message) == "db/data-pg-0: 91 % of 98.0 GiB used; its history is not known: no forecast"
    assert "*Do this:* grow it to 122.0 GiB" in words(message)


def test_a_node_that_refuses_is_named_and_what_the_others_measure_is_told(world: World, server: ApiServer) -> None:
    server.faults.broken(path="nodes/node-b1/proxy", times=ALWAYS, status=503)
    said = words(next_message(world, lambda: world.runner.trigger(REPORT)))
    assert "• The kubelets of 1 node (node-b1) did not answer: " in said
    assert "the fullest is db/data-pg-0 (91 % of 98.0 GiB)" in said
    assert "*Measured:* 20 of 47 claims; 27 not: 12 reported by nobody" in said


def test_a_node_that_hangs_does_not_hold_the_report(world: World, server: ApiServer) -> None:
    server.faults.slow(60, path="nodes/node-c1/proxy")
    began = time.monotonic()
    said = words(next_message(world, lambda: world.runner.trigger(REPORT, metrics_seconds="6")))
    assert time.monotonic() - began < 15
    assert "• The kubelets of 1 node (node-c1) did not answer: not answered within 3 s." in said
    assert "*Measured:* 23 of 47 claims" in said


def test_without_the_permission_it_is_said_what_to_allow_and_that_it_is_more_than_reading(
    world: World, server: ApiServer
) -> None:
    server.access.deny([("get", "nodes/proxy", None)])
    message = next_message(world, lambda: world.runner.trigger(REPORT))
    assert title(message) == (
        "How full the volumes of the cluster are is not known: no connection to Prometheus; "
        "the kubelets may not be asked (get on nodes/proxy)"
    )
    assert (
        "*Do this:* check `globalConfig.prometheus_url`; or add to `runner.customClusterRoleRules` in Robusta's Helm "
        'values:\n```- apiGroups: [""]\n  resources: ["nodes/proxy"]\n  verbs: ["get"]\n'
        "# this is not only reading: whoever has it can run commands in every pod of a node```"
    ) in words(message)
    assert message.problems == []


def test_unless_the_settings_allow_it_no_kubelet_is_asked(world: World, server: ApiServer) -> None:
    server.requests.clear()
    message = next_message(world, lambda: world.runner.trigger(REPORT, kubelet_fallback="false"))
    assert title(message) == "How full the volumes of the cluster are is not known: no connection to Prometheus"
    assert asked(server) == []
