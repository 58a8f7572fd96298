"""Golden pages about robusta-volumes itself, word for word. ``UPDATE_PAGES=1`` writes them anew."""

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from kubernetes.client import ApiClient, Configuration

from robusta_volumes._analysis import checkup
from robusta_volumes._cli.permissions import permissions
from robusta_volumes._cli.permissions_rules import granted_rules, reading_rules
from robusta_volumes._cluster.live import LiveCluster
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.checkup import Host, Playbook
from robusta_volumes._model.settings import read_settings
from robusta_volumes._model.times import UTC
from robusta_volumes._model.warnings import CHART_ACTION, CHART_EXCLUDE, CHART_PLAYBOOK, CHART_SINK, CHART_TRIGGER
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page, Table, Text
from robusta_volumes._sandbox.api_kinds import VELERO
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._workflows.leftovers import leftovers
from robusta_volumes._workflows.robusta_volumes_doctor import robusta_volumes_doctor

FOLDER = Path(__file__).parent / "pages" / "own"
OURS = Playbook(("persistent_volume_actions",), ("on_kubernetes_warning_event", "on_schedule"))
CHARTS = Playbook((CHART_ACTION,), (CHART_TRIGGER,), CHART_EXCLUDE, name=CHART_PLAYBOOK, sinks=(CHART_SINK,))
READY = Host(
    version="0.53.0",
    block_given=True,
    active=(OURS,),
    light_actions=("persistent_volume_actions",),
    prometheus_url="http://prometheus:9090",
    signing_key=True,
)
WRONG = {"persistentVolumeWorkflows": {"pvcSnapshots": {"retentionDays": "thirty"}}}
GAPS = replace(
    READY, version="0.40.1", active=(OURS, CHARTS), signing_key=False, problems=read_settings(WRONG).problems
)


class Prometheus:
    """A Prometheus that has these metrics."""

    def __init__(self, *without: str) -> None:
        self.names = {name for name in checkup.METRICS if not name.startswith(without or ("?",))}

    def present(self, names: Collection[str]) -> set[str]:
        return self.names & set(names)


@contextmanager
def inside(*namespaces: str) -> Iterator[LiveCluster]:
    """A cluster in which the runner has Roles in these namespaces, and nothing beside."""
    roles = [{**rule.as_data, "namespaces": list(namespaces)} for rule in reading_rules()]
    roles += [{**rule.as_data, "namespaces": ["robusta"]} for rule in granted_rules(["state"])]
    with ApiServer(Store(), more=VELERO, access=Access(rules=roles)) as server:
        configuration = Configuration(host=server.url)
        configuration.api_key = {"authorization": f"Bearer {server.token}"}
        client = ApiClient(configuration)
        yield LiveCluster(client, "prod")
        client.rest_client.pool_manager.clear()


def ready() -> Page:
    return robusta_volumes_doctor(MemoryCluster(name="prod"), READY, Prometheus())


def gaps() -> Page:
    denied = ["storageclasses.storage.k8s.io", "resourcequotas", "configmaps"]
    absent = ["volumesnapshots.snapshot.storage.k8s.io", "volumesnapshotclasses.snapshot.storage.k8s.io"]
    cluster = MemoryCluster(name="prod", denied=denied, absent=absent)
    return robusta_volumes_doctor(cluster, GAPS, Prometheus("node_"))


def namespaces_only() -> Page:
    with inside("shop", "db") as cluster:
        return robusta_volumes_doctor(cluster, replace(READY, namespaces=("shop", "db")), Prometheus())


def a_namespace_without_its_role() -> Page:
    with inside("shop") as cluster:
        return robusta_volumes_doctor(cluster, replace(READY, namespaces=("shop", "db")), Prometheus())


def left(denied: Collection[str] = ()) -> MemoryCluster:
    """A cluster with our memory, the Roles that we print, and a snapshot that a later version took."""
    labels = {"app.kubernetes.io/managed-by": "robusta-volumes"}
    snapshot = {
        "apiVersion": "snapshot.storage.k8s.io/v1",
        "kind": "VolumeSnapshot",
        "metadata": {"name": "nightly-1", "namespace": "shop", "labels": labels},
    }
    roles = [*yaml.safe_load_all(permissions(namespaces=["robusta"], allow=["state"]))]
    cluster = MemoryCluster([snapshot, *roles], name="prod", now=datetime(2027, 3, 1, tzinfo=UTC))
    State(cluster, "robusta").write("tick", {"slot": "x"})
    cluster.denied = frozenset(denied)
    return cluster


PAGES: dict[str, Callable[[], Page]] = {
    "doctor-ready": ready,
    "doctor-gaps": gaps,
    "doctor-namespaces": namespaces_only,
    "doctor-namespace-without-role": a_namespace_without_its_role,
    "leftovers": lambda: leftovers(left()),
    "leftovers-none": lambda: leftovers(MemoryCluster(name="prod")),
    "leftovers-unseen": lambda: leftovers(left(["jobs.batch", "configmaps"])),
}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_reads_as_it_was_agreed(name: str) -> None:
    page = to_markdown(PAGES[name]())
    golden = FOLDER / f"{name}.md"
    if os.environ.get("UPDATE_PAGES"):
        golden.write_text(page)
    assert page == golden.read_text(), f"{golden} differs; look at the change, then UPDATE_PAGES=1"


def test_there_is_no_golden_page_that_nobody_checks() -> None:
    assert {file.stem for file in FOLDER.glob("*")} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_chat(name: str) -> None:
    page = PAGES[name]()
    assert len(page.title) < 260
    for block in page.blocks:
        if isinstance(block, Text):
            assert len(block.markdown) < 3000
            assert block.markdown.count("```") % 2 == 0
        if isinstance(block, Table):
            assert len(block.headers) <= 2
