"""The words `contents`, `copies` and `debug`: each verb of their Roles is needed to look into a volume, and they suffice."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import ApiClient, Configuration

from contents_world import PATH, objects, pod, postgres, settings, snapshot_class
from robusta_volumes._cli.permissions import permissions
from robusta_volumes._cli.permissions_rules import cluster_rules
from robusta_volumes._cluster.live import LiveCluster
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.asked import VolumeContents
from robusta_volumes._model.kind import CLAIM, POD, SNAPSHOT
from robusta_volumes._model.ours import INSPECTS
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._sandbox.api_exec import PodExec
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.csi_storage import CsiStorage
from robusta_volumes._sandbox.ephemeral import EphemeralRunner
from robusta_volumes._sandbox.pod_runner import PodRunner
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._sandbox.shell import PodShell
from robusta_volumes._workflows.volume_contents import volume_contents

READS = [rule.as_data for rule in cluster_rules(["persistentDataAnalysis"])]
HOLDS = "# db/data-pg-0 holds 5.5 MiB in 7 files: 73 % is in pg_wal"
WORDS = {
    "exec": ("contents",),
    "pod": ("contents",),
    "snapshot": ("contents", "copies"),
    "debug": ("contents", "debug"),
}
SNAPSHOTS = "volumesnapshots.snapshot.storage.k8s.io"


@dataclass
class Db:
    """A claim with a pod that has it; storage and kubelet take a step whenever the run sleeps. The server enforces RBAC."""

    server: ApiServer
    live: LiveCluster
    kubelet: PodRunner

    def __post_init__(self) -> None:
        self.steps = (CsiStorage(self.server.store), self.kubelet, EphemeralRunner(self.kubelet))

    def allow(self, *words: str, without: tuple[str, str] = ("", "")) -> None:
        """Allow reading, and what the Role of these words says in their namespace; less one verb on one resource."""
        roles = yaml.safe_load_all(permissions(namespaces=["db"], allow=list(words))) if words else ()
        rules = [rule for role in roles for rule in role.get("rules", ())]
        granted = [{**r, "verbs": _less(r, *without), "namespaces": ["db"]} for r in rules]
        self.server.access.rules = [*READS, *granted]
        self.server.requests.clear()

    def look(self, way: str) -> str:
        asked = VolumeContents(name="data-pg-0", namespace="db", way=way)
        return to_markdown(volume_contents(self.live, asked, settings(), "busybox", lambda _: self.step()))

    def step(self) -> None:
        for part in self.steps:
            part.step()

    @property
    def refused(self) -> list[str]:
        return [f"{seen.method} {seen.path}" for seen in self.server.requests if seen.status == 403]

    @property
    def ours(self) -> list[str]:
        """What is there of ours, with the containers that were added."""
        self.step()
        store = self.server.store
        added = store.get(POD, "pg-0", "db")["spec"].get("ephemeralContainers") or ()
        made = (o for kind in (POD, CLAIM, SNAPSHOT) for o in store.find(kind, labels=INSPECTS))
        return [*(o["kind"] for o in made), *(c["name"] for c in added)]


def _less(rule: dict[str, Any], resource: str, verb: str) -> list[str]:
    (group,), (plural,) = rule["apiGroups"], rule["resources"]
    return [v for v in rule["verbs"] if (f"{plural}.{group}".rstrip("."), v) != (resource, verb)]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Db]:
    store, access = Store([*objects(pod("data-pg-0", "pg-0")), snapshot_class()], finalizers=True), Access()
    volume, shell = postgres(tmp_path / "volume"), PodShell(tmp_path / "pods")
    shell.mounts["db", "pg-0"] = {PATH: volume}
    kubelet = PodRunner(store, access, folders={("db", "data-pg-0"): volume})
    routes = [*PodExec(store, access, shell).routes, *kubelet.routes]
    with ApiServer(store, access=access, routes=routes) as server:
        configuration = Configuration(host=server.url)
        configuration.api_key = {"authorization": f"Bearer {server.token}"}
        client = ApiClient(configuration)
        yield Db(server, LiveCluster(client, "prod"), kubelet)
        client.rest_client.pool_manager.clear()
    kubelet.close()


@pytest.mark.parametrize(("way", "words"), WORDS.items(), ids=WORDS)
def test_the_role_suffices_and_nothing_is_asked_that_is_refused(db: Db, way: str, words: tuple[str, ...]) -> None:
    db.allow(*words)
    assert db.look(way).startswith(HOLDS)
    assert db.refused == []
    assert db.ours == (["volume-contents-1"] if way == "debug" else [])


@pytest.mark.parametrize(
    ("way", "resource", "verb"),
    [
        ("exec", "pods/exec", "create"),
        ("pod", "pods", "create"),
        ("pod", "pods", "delete"),
        ("pod", "pods/log", "get"),
        ("snapshot", SNAPSHOTS, "create"),
        ("snapshot", SNAPSHOTS, "delete"),
        ("snapshot", "persistentvolumeclaims", "create"),
        ("snapshot", "persistentvolumeclaims", "delete"),
        ("snapshot", "pods", "create"),
        ("snapshot", "pods", "delete"),
        ("snapshot", "pods/log", "get"),
        ("debug", "pods/ephemeralcontainers", "patch"),
        ("debug", "pods/log", "get"),
    ],
)
def test_each_verb_is_necessary_and_without_it_nothing_stays_and_the_command_is_told(
    db: Db, way: str, resource: str, verb: str
) -> None:
    db.allow(*WORDS[way], without=(resource, verb))
    page = db.look(way)
    assert HOLDS not in page
    assert f"permissions -n db --allow {','.join(WORDS[way])} | kubectl apply -f -" in page
    assert db.ours == []


@pytest.mark.parametrize(("way", "words"), [("snapshot", ["contents"]), ("debug", ["contents"])])
def test_a_word_allows_its_own_way_alone(db: Db, way: str, words: list[str]) -> None:
    db.allow(*words)
    assert HOLDS not in db.look(way)
    assert db.ours == []
    assert db.look("exec").startswith(HOLDS)


def test_the_roles_hold_nothing_beyond_these_verbs() -> None:
    found = {}
    for word in ("contents", "copies", "debug"):
        roles = yaml.safe_load_all(permissions(namespaces=["db"], allow=[word]))
        found[word] = {rule["resources"][0]: rule["verbs"] for role in roles for rule in role.get("rules", ())}
    assert found == {
        "contents": {"pods/exec": ["create", "get"], "pods": ["create", "delete"], "pods/log": ["get"]},
        "copies": {"volumesnapshots": ["create", "delete"], "persistentvolumeclaims": ["create", "delete"]},
        "debug": {"pods/ephemeralcontainers": ["patch"]},
    }
