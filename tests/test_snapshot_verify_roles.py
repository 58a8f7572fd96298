"""The word `snapshot-test`: each verb of its Role is needed to test a snapshot, and beside reading they suffice."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import ApiClient, Configuration

from restore_world import settings
from robusta_volumes._cli.permissions import permissions
from robusta_volumes._cli.permissions_rules import cluster_rules
from robusta_volumes._cluster.live import LiveCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._cluster.store import Store
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked_restores import VerifyBackup
from robusta_volumes._model.ours import VERIFIES
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.csi_storage import CsiStorage
from robusta_volumes._sandbox.pod_runner import PodRunner
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._workflows.volume_backups_trial import Tools
from robusta_volumes._workflows.volume_backups_verify import verify_volume_backup

EBS = "ebs.csi.aws.com"
READS = [rule.as_data for rule in cluster_rules(["volumeBackupManagement"])]
COMMAND = "python -m robusta_volumes._cli permissions -n shop --allow snapshot-test | kubectl apply -f -"


class Shop:
    """A claim with a snapshot; storage and kubelet take a step whenever the test sleeps. The server enforces RBAC."""

    def __init__(self, kubelet: PodRunner, server: ApiServer, live: LiveCluster) -> None:
        self.server, self.live = server, live
        self.steps = (CsiStorage(server.store), kubelet)
        self.step()

    def step(self) -> None:
        for part in self.steps:
            part.step()

    def allow(self, without: tuple[str, str] = ("", "")) -> None:
        """Allow reading, our memory, and what the Role of the word says; less one verb on one resource."""
        granted: list[dict[str, Any]] = []
        for place, words in (("robusta", ["state"]), ("shop", ["snapshot-test"])):
            for role in yaml.safe_load_all(permissions(namespaces=[place], allow=words)):
                for rule in role.get("rules", ()):
                    less = [v for v in rule["verbs"] if (v, rule["resources"][0]) != without]
                    granted.append({**rule, "verbs": less, "namespaces": [place]})
        self.server.access.rules = [*READS, *granted]

    def verify(self) -> Page:
        found = settings()
        tools = Tools(found.verify, "busybox", sleep=lambda _: self.step())
        asked = VerifyBackup("orders", "shop", dry_run=False)
        return verify_volume_backup(self.live, asked, found, State(self.live, "robusta"), tools)

    @property
    def left(self) -> list[str]:
        self.step()
        store = self.server.store
        made = [*store.find(k.CLAIM, labels=f"{VERIFIES}=true"), *store.find(k.POD)]
        return [o["metadata"]["name"] for o in made]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    (tmp_path / "a.dat").write_bytes(b"x" * 4096)
    b = Builder(datetime.now(UTC))
    for namespace in ("shop", "robusta"):
        b.add("Namespace", namespace, status={"phase": "Active"})
    b.storage_class("fast", EBS, wait=False)
    b.bound("shop", "orders", "1Gi", "fast", EBS)
    b.add("VolumeSnapshotClass", "drop", api="snapshot.storage.k8s.io/v1", driver=EBS, deletionPolicy="Delete")
    spec = {"volumeSnapshotClassName": "drop", "source": {"persistentVolumeClaimName": "orders"}}
    b.add("VolumeSnapshot", "orders-1", "shop", api="snapshot.storage.k8s.io/v1", age=600, spec=spec)
    kubelet = PodRunner(Store(b.objects, finalizers=True), Access(), folders={("shop", "orders"): tmp_path})
    with ApiServer(kubelet.store, access=kubelet.access, routes=kubelet.routes) as server:
        configuration = Configuration(host=server.url)
        configuration.api_key = {"authorization": f"Bearer {server.token}"}
        client = ApiClient(configuration)
        yield Shop(kubelet, server, LiveCluster(client, "shop-prod"))
        client.rest_client.pool_manager.clear()
    kubelet.close()


def test_the_role_suffices(shop: Shop) -> None:
    shop.allow()
    page = shop.verify()
    assert page.title.startswith("The snapshot of shop/orders can be restored: 1 file, ")
    assert "could not be written" not in to_markdown(page)
    assert shop.left == []


@pytest.mark.parametrize(
    ("verb", "resource"),
    [
        ("create", "persistentvolumeclaims"),
        ("delete", "persistentvolumeclaims"),
        ("create", "pods"),
        ("delete", "pods"),
        ("get", "pods/log"),
        ("patch", "volumesnapshots"),
    ],
)
def test_without_one_verb_of_it_nothing_is_made_and_the_command_is_told(shop: Shop, verb: str, resource: str) -> None:
    shop.allow(without=(verb, resource))
    page = shop.verify()
    assert page.title.startswith(f"The snapshot of shop/orders was not tested: the runner may not {verb} {resource}")
    assert COMMAND in to_markdown(page)
    assert shop.left == []
