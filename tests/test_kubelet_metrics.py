"""Where no Prometheus answers the kubelets are asked: what is now, from each node that answers in time."""

import json
import time
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

import pytest
from kubernetes.client import Configuration
from kubernetes.client.api_client import ApiClient

from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.kubelet_metrics import KubeletMetrics
from robusta_volumes._cluster.live import LiveCluster
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.metrics import Metrics
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.errors import NotAllowed, Unavailable
from robusta_volumes._model.target import Target
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_kubelet import Kubelets
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._workflows.data_metrics import asking
from robusta_volumes._workflows.measure import Asked, measure
from worlds import RECORDED

GIB = 2**30
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def summary(name: str, used: int, **more: Any) -> dict[str, Any]:
    volume = {"name": "data", "pvcRef": {"namespace": "shop", "name": name}, "usedBytes": used, "availableBytes": GIB}
    return {
        "pods": [{"podRef": {"name": "p"}, "volume": [{**volume, **more}, {"name": "kube-api-access", "usedBytes": 1}]}]
    }


ANSWERS = {"node-a": summary("data-0", 3 * GIB), "node-b": summary("data-1", GIB)}


@pytest.fixture
def server() -> Iterator[ApiServer]:
    access = Access()
    with ApiServer(Store([]), access=access, routes=Kubelets(access, ANSWERS).routes) as running:
        yield running


@pytest.fixture
def live(server: ApiServer) -> Iterator[LiveCluster]:
    configuration = Configuration(host=server.url)
    configuration.api_key = {"authorization": f"Bearer {server.token}"}
    api = ApiClient(configuration)
    yield LiveCluster(api, "prod", deadline=10)
    api.rest_client.pool_manager.clear()


def test_what_a_real_kubelet_wrote_is_read() -> None:
    cluster = MemoryCluster()
    cluster.summaries = {"vm": json.loads((RECORDED / "stats-summary.json").read_text())}
    use = KubeletMetrics(cluster, ["vm"], 5).now({})["t1", "loc"]
    assert (use.used, use.available, use.capacity) == (41_958_400, 10_727_424, 57_381_888)
    assert (use.inodes, use.inodes_used, use.abnormal) == (16_384, 12, False)


def test_each_node_is_asked_once_and_together_they_are_the_answer(live: LiveCluster, server: ApiServer) -> None:
    metrics = KubeletMetrics(live, ["node-a", "node-b"], 5)
    assert {key: use.used for key, use in metrics.now({}).items()} == {
        ("shop", "data-0"): 3 * GIB,
        ("shop", "data-1"): GIB,
    }
    assert metrics.queries == len(server.requests) == 2
    assert metrics.gaps == []


def test_only_the_claims_that_were_asked_for_are_given(live: LiveCluster) -> None:
    assert list(KubeletMetrics(live, ["node-a", "node-b"], 5).now({"shop": ["data-1"]})) == [("shop", "data-1")]


def test_a_node_that_does_not_answer_is_a_gap_and_the_others_count(live: LiveCluster) -> None:
    metrics = KubeletMetrics(live, ["gone", "node-a"], 5)
    assert list(metrics.now({})) == [("shop", "data-0")]
    assert len(metrics.gaps) == 1
    assert metrics.gaps[0].startswith("The kubelets of 1 node (gone) did not answer: ")


def test_without_the_permission_it_is_said_what_to_allow_and_what_that_means(
    live: LiveCluster, server: ApiServer
) -> None:
    server.access.deny([("get", "nodes/proxy", None)])
    with pytest.raises(NotAllowed) as error:
        KubeletMetrics(live, ["node-a", "node-b"], 5).now({})
    assert 'resources: ["nodes/proxy"]\n  verbs: ["get"]\n' in error.value.remedy
    assert "is not only reading: whoever has it can run commands in every pod" in error.value.remedy


def test_growth_is_not_known_and_the_report_says_so_once(live: LiveCluster) -> None:
    found = measure(KubeletMetrics(live, ["node-a", "node-b"], 5), [("shop", "data-0"), ("shop", "x")], Asked(), NOW)
    assert list(found.now) == [("shop", "data-0")]
    assert found.source == "the kubelets"
    assert len(found.gaps) == 1
    assert found.gaps[0] == (
        "Not everything was answered: kubelets know only what is now, so nothing is known of growth; "
        "set `globalConfig.prometheus_url`."
    )


def test_a_kubelet_that_hangs_does_not_hold_the_report() -> None:
    class Hangs(MemoryCluster):
        def summary(self, node: str) -> dict[str, Any]:
            if node == "slow":
                time.sleep(2)
            return super().summary(node)

    cluster = Hangs()
    cluster.summaries = {**ANSWERS, "slow": {}}
    started = time.monotonic()
    metrics = KubeletMetrics(cluster, ["node-a", "slow"], 0.3)
    assert list(metrics.now({})) == [("shop", "data-0")]
    assert time.monotonic() - started < 1
    assert "not answered within" in metrics.gaps[0]


@pytest.mark.parametrize("answer", [{}, {"pods": None}, {"pods": [1]}, {"pods": [{"volume": [{"pvcRef": None}]}]}])
def test_an_answer_of_another_shape_measures_nothing(answer: dict[str, Any]) -> None:
    cluster = MemoryCluster()
    cluster.summaries = {"a": answer}
    assert KubeletMetrics(cluster, ["a"], 5).now({}) == {}


def test_when_no_kubelet_answers_there_is_no_answer() -> None:
    with pytest.raises(Unavailable, match="no kubelet answers: the kubelet of node a does not answer"):
        KubeletMetrics(MemoryCluster(), ["a", "b"], 5).now({})


def claim(name: str, volume: str) -> dict[str, Any]:
    meta = {"namespace": "shop", "name": name, "uid": name, "creationTimestamp": "2026-10-01T00:00:00Z"}
    spec = {"volumeName": volume, "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}
    status = {"phase": "Bound", "capacity": {"storage": "10Gi"}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec, "status": status}


def pod(name: str, node: str, claim_name: str) -> dict[str, Any]:
    meta = {"namespace": "shop", "name": name, "uid": name, "creationTimestamp": "2026-10-01T00:00:00Z"}
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": claim_name}}
    spec = {"nodeName": node, "containers": [{"name": "app"}], "volumes": [volume] if claim_name else []}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": {"phase": "Running"}}


def no_prometheus() -> Metrics:
    raise Unavailable("no Prometheus is known, and none was found", "set `globalConfig.prometheus_url`")


@pytest.mark.parametrize("allowed", [True, False])
def test_a_report_asks_them_only_where_the_settings_say_so(allowed: bool) -> None:  # noqa: FBT001 (pytest hands it in)
    cluster = MemoryCluster([claim("data-0", "pv-0"), pod("p-0", "node-a", "data-0"), pod("web", "node-c", "")])
    cluster.summaries = ANSWERS
    asked: list[str] = []

    def kubelets(nodes: Collection[str]) -> Metrics:
        asked.extend(nodes)
        return KubeletMetrics(cluster, nodes, 5)

    ask = asking(no_prometheus, Target(), PersistentDataAnalysis(kubelet_fallback=allowed), kubelets)
    if not allowed:
        with pytest.raises(Unavailable, match="no Prometheus is known"):
            ask(gather(cluster), ())
        assert asked == []
        return
    found = ask(gather(cluster), ())
    assert asked == ["node-a"]
    assert found.now["shop", "data-0"].used == 3 * GIB
    assert found.gaps[0] == "No Prometheus is known, and none was found; set `globalConfig.prometheus_url`."


def test_when_neither_answers_both_reasons_and_both_remedies_are_given() -> None:
    cluster = MemoryCluster([claim("data-0", "pv-0"), pod("p-0", "node-a", "data-0")], denied=["nodes/proxy"])
    settings = PersistentDataAnalysis(kubelet_fallback=True)
    ask = asking(no_prometheus, Target(), settings, lambda nodes: KubeletMetrics(cluster, nodes, 5))
    with pytest.raises(Unavailable) as error:
        ask(gather(cluster), ())
    assert error.value.message.startswith("no Prometheus is known, and none was found; the kubelets may not be asked")
    assert error.value.remedy.startswith("set `globalConfig.prometheus_url`\n")
    assert 'resources: ["nodes/proxy"]' in error.value.remedy
