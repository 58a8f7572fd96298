"""The words `probe` and `exporter`: each verb of their Roles is needed to look at a volume's I/O, and they suffice."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import ApiClient, Configuration

from contents_world import objects
from probe_world import ASKED, BUSY, PG, Told, settings
from robusta_volumes._cli.permissions import permissions
from robusta_volumes._cli.permissions_rules import cluster_rules
from robusta_volumes._cluster.live import LiveCluster
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import VOLUME
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._sandbox.api_exec import PodExec
from robusta_volumes._sandbox.api_kubelet import Kubelets
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._workflows.probe_volume_io import probe_volume_io
from test_probe_nodes import exporter, exporter_pod, in_turn, kubelet

READS = [rule.as_data for rule in cluster_rules()]
SEEN = "3,120 writes/s"
NODES = {"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"]}


@dataclass
class Db:
    """A claim with a pod that has it, or has no shell. The server enforces RBAC."""

    server: ApiServer
    live: LiveCluster
    shell: Told

    def allow(self, *words: str, without: tuple[str, str] = ("", "")) -> None:
        """Allow reading, and what the Roles of these words say where they are meant for; less one verb on one resource."""
        rules = []
        for word in words:
            place = "monitoring" if word == "exporter" else "db"
            for role in yaml.safe_load_all(permissions(namespaces=[place], allow=[word])):
                rules += [{**rule, "namespaces": [place]} for rule in role.get("rules", ())]
        lesser = [{**r, "verbs": [v for v in r["verbs"] if (r["resources"][0], v) != without]} for r in rules]
        self.server.access.rules = [*READS, *lesser]
        self.server.requests.clear()

    def look(self) -> str:
        return to_markdown(probe_volume_io(self.live, ASKED, settings(), lambda _: None))

    @property
    def refused(self) -> list[str]:
        return [f"{seen.method} {seen.path}" for seen in self.server.requests if seen.status == 403]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Db]:
    store, access, shell = Store([*objects(PG), exporter_pod(), *node()]), Access(), Told(tmp_path, {"pg-0": BUSY})
    name = store.find(VOLUME)[0]["metadata"]["name"]
    store.patch(VOLUME, name, None, {"spec": {"csi": {"volumeHandle": "vol-0aaaabbbbccccddd1"}}})
    told = {
        ("", "node-a"): in_turn(kubelet(1000, 100), kubelet(1015, 5716)),
        ("monitoring", "exporter-a:9100"): in_turn(exporter(1000, 500, 0.012), exporter(1010, 31_700, 0.012)),
    }
    routes = [*PodExec(store, access, shell).routes, *Kubelets(access, {}, told).routes]
    with ApiServer(store, access=access, routes=routes) as server:
        configuration = Configuration(host=server.url)
        configuration.api_key = {"authorization": f"Bearer {server.token}"}
        client = ApiClient(configuration)
        yield Db(server, LiveCluster(client, "prod"), shell)
        client.rest_client.pool_manager.clear()


def node() -> list[dict[str, Any]]:
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    return [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-a"}, "status": ready}]


def test_the_role_for_probe_suffices_and_nothing_is_asked_that_is_refused(db: Db) -> None:
    db.allow("probe")
    assert SEEN in db.look()
    assert db.refused == []


def test_its_verb_is_necessary_and_without_it_the_command_is_told(db: Db) -> None:
    db.allow("probe", without=("pods/exec", "create"))
    page = db.look()
    assert SEEN not in page
    assert "permissions -n db --allow probe | kubectl apply -f -" in page


def test_the_role_for_the_exporter_suffices_where_no_container_tells(db: Db) -> None:
    db.shell.texts = {}
    db.allow("probe", "exporter")
    page = db.look()
    assert SEEN in page
    assert "the metrics of node_exporter (its device is `nvme1n1`" in page
    assert db.refused == ["GET /api/v1/nodes/node-a/proxy/metrics/cadvisor"]  # whose share it is, is not known then


def test_without_it_the_command_for_its_own_namespace_is_told(db: Db) -> None:
    db.shell.texts = {}
    db.allow("probe")
    assert "permissions -n monitoring --allow exporter | kubectl apply -f -" in db.look()


def test_with_the_kubelets_rule_the_pods_own_part_is_known_too(db: Db) -> None:
    db.shell.texts = {}
    db.allow("probe", "exporter")
    db.server.access.rules = [*(db.server.access.rules or ()), NODES]
    assert "this pod does 12 % of the device's I/O" in db.look()
    assert db.refused == []


def test_the_roles_hold_nothing_beyond_these_verbs() -> None:
    found = {}
    for word in ("probe", "exporter"):
        roles = yaml.safe_load_all(permissions(namespaces=["db"], allow=[word]))
        found[word] = {rule["resources"][0]: rule["verbs"] for role in roles for rule in role.get("rules", ())}
    assert found == {"probe": {"pods/exec": ["create", "get"]}, "exporter": {"pods/proxy": ["get"]}}
