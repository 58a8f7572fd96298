"""Without metrics the report says what the API knows, asks nothing else, and never sounds as if all were well."""

from collections.abc import Collection
from dataclasses import replace

import pytest

from data_world import NOW, answers, cluster_of, measured, never, shop, story
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.errors import ClusterError, NotAuthenticated, Unavailable
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.prices import prices
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._model.usage import Key, Measured
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._workflows.persistent_data_analysis import persistent_data_analysis

OFF = PersistentDataAnalysis(include_metrics=False)
PVC = "PersistentVolumeClaim"
CLAIM = Target(PVC, "data-pg-0", "db")


def test_with_metrics_off_nothing_is_asked_of_them_and_sizes_are_told() -> None:
    page = persistent_data_analysis(cluster_of(shop()), Target(), OFF, never)
    assert page.title == "Data of the cluster: 3 claims, 170.0 GiB; metrics are off"
    text = to_markdown(page)
    assert "`includeMetrics` is false" in text
    assert "| db/data-pg-0 | 100.0 GiB, gp3 |" in text
    assert "*Namespaces:* db 100.0 GiB, shop 70.0 GiB" in text
    assert not page.noteworthy


def test_with_metrics_off_one_claim_has_its_own_page() -> None:
    page = persistent_data_analysis(cluster_of(shop()), CLAIM, OFF, never)
    assert page.title == "db/data-pg-0 has 100.0 GiB; how full it is was not asked: metrics are off"
    assert "| Used by | data-pg-0-pod |" in to_markdown(page)


def test_what_has_no_size_yet_is_not_provisioned() -> None:
    b = shop()
    b.claim("shop", "waits", "10Gi", "gp3")
    text = to_markdown(persistent_data_analysis(cluster_of(b), Target(), OFF, never))
    assert "*Provisioned:* 170.0 GiB; 180.0 GiB requested" in text
    assert "*Claims:* 4: 3 Bound, 1 Pending" in text


def test_what_it_costs_is_an_estimate_and_says_what_has_no_price() -> None:
    b = shop()
    b.bound("shop", "odd", "10Gi", "other", "other.example")
    priced = PersistentDataAnalysis(include_metrics=False, prices=prices({"gp3": 0.1}), currency="EUR")
    text = to_markdown(persistent_data_analysis(cluster_of(b), Target(), priced, never))
    assert "*Cost:* about 17.00 EUR a month, an estimate (your price table; 10.0 GiB have no price)" in text


ERRORS = {
    "credentials": (
        NotAuthenticated("Prometheus at http://p:9090 asks for credentials", "set `globalConfig.prometheus_auth`"),
        "set `globalConfig.prometheus_auth`",
    ),
    "no answer": (
        Unavailable(
            "Prometheus at http://p:9090 gave no answer (ConnectTimeout)", "check `globalConfig.prometheus_url`"
        ),
        "check `globalConfig.prometheus_url`",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("target", [Target(), CLAIM], ids=["cluster", "claim"])
def test_metrics_that_do_not_answer_are_a_finding_that_says_what_to_do(name: str, target: Target) -> None:
    error, todo = ERRORS[name]

    def refused(_: Inventory, __: Collection[Key]) -> Measured:
        raise error

    page = persistent_data_analysis(cluster_of(shop()), target, PersistentDataAnalysis(), refused)
    assert page.title.endswith(f"is not known: {error.message}")
    assert page.title.startswith("How full ")
    text = to_markdown(page)
    assert f"*Do this:* {todo}" in text
    assert "that does not mean that all is well" in text
    assert page.noteworthy
    assert page.severity >= Severity.LOW


@pytest.mark.parametrize("target", [Target(), CLAIM], ids=["cluster", "claim"])
def test_metrics_that_do_not_answer_leave_the_rules_that_need_them_unknown(target: Target) -> None:
    def refused(_: Inventory, __: Collection[Key]) -> Measured:
        raise ERRORS["no answer"][0]

    text = to_markdown(persistent_data_analysis(cluster_of(shop()), target, PersistentDataAnalysis(), refused))
    line = next(one for one in text.splitlines() if one.startswith("*Not looked at:*"))
    assert line.startswith("*Not looked at:* metrics: no answer; see above for what to do (rules RS-08, RS-11, ")
    assert "US-01" in line
    assert len(line) < 160


def test_metrics_that_are_off_are_no_lack() -> None:
    assert "Not looked at" not in to_markdown(persistent_data_analysis(cluster_of(shop()), Target(), OFF, never))


def test_metrics_that_know_nothing_of_the_claims_are_a_finding_too() -> None:
    page = persistent_data_analysis(cluster_of(shop()), Target(), PersistentDataAnalysis(), lambda _, __: Measured())
    assert page.title == "How full the volumes of the cluster are is not known: nothing measures them"
    assert "*Do this:* let Prometheus scrape the kubelets" in to_markdown(page)
    assert page.failure
    assert page.noteworthy


def test_a_cluster_without_claims_asks_no_metrics() -> None:
    page = persistent_data_analysis(MemoryCluster([]), Target(), PersistentDataAnalysis(), never)
    assert page.title == "No claims in the cluster: there is no data to look at"
    assert not page.noteworthy


def test_a_claim_that_does_not_exist_names_the_nearest() -> None:
    page = persistent_data_analysis(cluster_of(shop()), Target(PVC, "data-pg", "db"), PersistentDataAnalysis(), never)
    assert page.title == "Claim db/data-pg does not exist"
    assert "data-pg-0" in to_markdown(page)


def test_a_pod_without_claims_has_no_data() -> None:
    b = shop()
    b.pod("shop", "web", [])
    page = persistent_data_analysis(cluster_of(b), Target("Pod", "web", "shop"), PersistentDataAnalysis(), never)
    assert page.title == "Pod shop/web has no claim: there is no data to look at"


@pytest.mark.parametrize(
    ("target", "claims"),
    [
        (Target(), "3 claims"),
        (Target("Namespace", "shop", "shop"), "2 claims"),
        (Target("StorageClass", "gp3"), "3 claims"),
        (Target("Node", "node-a"), "3 claims"),
        (Target(selector="app=cache"), "1 claim"),
        (Target("Pod", "cache-pod", "shop"), "shop/cache has 20.0 GiB"),
        (Target("PersistentVolume", "pvc-shop-cache"), "shop/cache has 20.0 GiB"),
    ],
    ids=["cluster", "namespace", "class", "node", "selector", "pod", "volume"],
)
def test_it_can_be_asked_for_whatever_has_claims(target: Target, claims: str) -> None:
    b = shop()
    volumes = {
        o["spec"]["claimRef"]["name"]: o["metadata"]["name"] for o in b.objects if o["kind"] == "PersistentVolume"
    }
    if target.kind == "PersistentVolume":
        target = Target("PersistentVolume", volumes["cache"])
    page = persistent_data_analysis(cluster_of(b), target, OFF, never)
    assert claims in page.title


def test_what_may_not_be_read_is_said() -> None:
    cluster = cluster_of(shop())
    cluster.denied = frozenset({"pods", "persistentvolumes"})
    text = to_markdown(persistent_data_analysis(cluster, Target(), OFF, never))
    assert "*Not looked at:*" in text
    assert 'resources: ["pods"]' in text


def test_an_alert_reads_eight_lists_and_is_told_in_a_few_lines() -> None:
    page = persistent_data_analysis(
        cluster_of(shop()), Target(PVC, "data-pg-0", "db", trigger=Trigger.ALERT), OFF, never
    )
    assert "| fact | value |" not in to_markdown(page)


def test_an_error_of_the_cluster_itself_is_not_hidden() -> None:
    cluster = cluster_of(shop())
    cluster.denied = frozenset({"persistentvolumeclaims", "persistentvolumes"})
    with pytest.raises(ClusterError, match="neither claims nor volumes"):
        persistent_data_analysis(cluster, Target(), OFF, never)


@pytest.mark.parametrize("trigger", [Trigger.SCHEDULE, Trigger.ALERT])
@pytest.mark.parametrize("target", [Target(), CLAIM], ids=["cluster", "claim"])
def test_a_volume_that_fills_is_told_though_the_rules_may_not_see_its_class(target: Target, trigger: Trigger) -> None:
    b, found = story()
    cluster = MemoryCluster(b.objects, name="prod", now=NOW, denied=["storageclasses.storage.k8s.io"])
    page = persistent_data_analysis(cluster, replace(target, trigger=trigger), PersistentDataAnalysis(), answers(found))
    assert page.noteworthy
    assert page.failure
    assert page.severity >= Severity.MEDIUM
    text = to_markdown(page)
    assert "*Do this:*" in text
    assert "*Not looked at:* storageclasses" in text


def test_what_is_not_bound_is_in_no_bar_of_what_is_provisioned() -> None:
    b = shop()
    for item in b.objects:  # only the claims of namespace db stay bound
        if item["kind"] == "PersistentVolumeClaim" and item["metadata"]["namespace"] == "shop":
            item["status"]["phase"] = "Pending"
    one_bar = to_markdown(persistent_data_analysis(cluster_of(b), Target(), OFF, never))
    assert "[file provisioned.png]" not in one_bar
    assert "[file provisioned.png]" in to_markdown(persistent_data_analysis(cluster_of(shop()), Target(), OFF, never))


def test_a_claim_that_has_room_is_titled_by_what_is_wrong_with_it() -> None:
    history = {("db", "data-pg-0"): [60.0] * 25 + [20.0] * 5}
    found = measured(history, {("db", "data-pg-0"): 100.0})
    page = persistent_data_analysis(cluster_of(shop()), CLAIM, PersistentDataAnalysis(), answers(found))
    assert page.title == "Claim db/data-pg-0 lost 40.0 GiB within a day on 20 Nov (20 % of 100.0 GiB used)"
    assert page.severity == Severity.HIGH
