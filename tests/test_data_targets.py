"""A data report on a workload is about the claims that its template names, and those that its pods have."""

from typing import Any

import pytest

from data_of import NOW, claim, use
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.snapshot_schedule import PvcSnapshots
from robusta_volumes._model.target import Target
from robusta_volumes._model.usage import Measured
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._workflows.persistent_data_analysis import persistent_data_analysis
from robusta_volumes._workflows.pvc_snapshots import pvc_snapshots

OWNERS = [
    ("Deployment", ("ReplicaSet", "web-5d8")),
    ("DaemonSet", ("DaemonSet", "web")),
    ("Job", ("Job", "web")),
    ("CronJob", ("Job", "web-29000000")),
]


def owned(owner: tuple[str, str]) -> list[dict[str, Any]]:
    """Two claims, of which the pod of ``owner`` mounts one."""
    mine, other = claim("shop/mine"), claim("shop/other")
    mine[-1]["metadata"] |= {"ownerReferences": [{"kind": owner[0], "name": owner[1], "controller": True}]}
    return [*mine, *other]


@pytest.mark.parametrize(("kind", "owner"), OWNERS)
def test_the_claims_of_its_pods_are_reported_and_no_others(kind: str, owner: tuple[str, str]) -> None:
    cluster = MemoryCluster(owned(owner), now=NOW)
    measured = Measured(now={("shop", "mine"): use(60), ("shop", "other"): use(99)})
    target = Target(kind, "web", "shop")
    page = to_markdown(
        persistent_data_analysis(cluster, target, PersistentDataAnalysis(), lambda _see, _keys: measured)
    )
    assert page.startswith("# shop/mine: 60 % of 100.0 GiB used")
    assert "other" not in page.partition("[")[0]


def test_a_deployment_that_runs_no_pod_has_the_claims_of_its_template() -> None:
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "mine"}}]
    template = {"spec": {"template": {"spec": {"volumes": volumes}}}}
    meta = {"namespace": "shop", "name": "web"}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, **template}
    cluster = MemoryCluster([*claim("shop/mine")[:2], *claim("shop/other"), deployment], now=NOW)
    page = persistent_data_analysis(
        cluster, Target("Deployment", "web", "shop"), PersistentDataAnalysis(), lambda _see, _keys: Measured()
    )
    assert "shop/mine" in page.title


def test_one_that_has_no_claim_is_told_so() -> None:
    cluster = MemoryCluster(claim("shop/other"), now=NOW)
    page = persistent_data_analysis(
        cluster, Target("Deployment", "web", "shop"), PersistentDataAnalysis(), lambda _see, _keys: Measured()
    )
    assert page.title == "Deployment shop/web has no claim: there is no data to look at"


@pytest.mark.parametrize(("kind", "owner"), OWNERS)
def test_a_report_on_snapshots_of_a_workload_is_about_the_same_claims(kind: str, owner: tuple[str, str]) -> None:
    cluster = MemoryCluster(owned(owner), now=NOW)
    page = to_markdown(pvc_snapshots(cluster, Target(kind, "web", "shop"), PvcSnapshots()))
    assert "mine" in page
    assert "other" not in page
