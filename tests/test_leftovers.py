"""Leaving: whatever is ours is listed, and nothing is removed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import ApiClient, Configuration

from robusta_volumes._cli.permissions import permissions
from robusta_volumes._cli.permissions_rules import cluster_rules, granted_rules, reading_rules
from robusta_volumes._cluster.live import LiveCluster
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._cluster.store import Store
from robusta_volumes._model import kind as k
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._sandbox.api_kinds import VELERO
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._workflows.leftovers import MADE, leftovers

RULES = [rule.as_data for rule in cluster_rules()]
STATE = [{**rule.as_data, "namespaces": ["robusta"]} for rule in granted_rules(["state"])]
LABELS = {"app.kubernetes.io/managed-by": "robusta-volumes"}


def test_the_state_that_we_keep_is_found() -> None:
    cluster = MemoryCluster(name="prod")
    State(cluster, "robusta").write("settings", {"announced": "x"})
    page = to_markdown(leftovers(cluster))
    assert "1 object of robusta-volumes in the cluster" in page
    assert "robusta/robusta-volumes-state" in page
    assert "kubectl delete configmaps --all-namespaces -l app.kubernetes.io/managed-by=robusta-volumes" in page


def test_what_holds_data_is_marked() -> None:
    snapshot = {
        "apiVersion": "snapshot.storage.k8s.io/v1",
        "kind": "VolumeSnapshot",
        "metadata": {"name": "nightly-1", "namespace": "shop", "labels": LABELS},
    }
    page = to_markdown(leftovers(MemoryCluster([snapshot])))
    assert "Remove volumesnapshots *(destroys restore points)*" in page


def velero(kind: k.Kind, name: str) -> dict[str, Any]:
    """What we made in Velero's namespace."""
    meta = {"name": name, "namespace": "velero", "labels": LABELS}
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": meta}


def test_the_schedule_that_would_go_on_without_us_comes_first_and_restores_are_listed() -> None:
    made = [velero(k.VELERO_RESTORE, "test-1"), velero(k.VELERO_SCHEDULE, "robusta-volumes")]
    page = leftovers(MemoryCluster(made))
    assert page.title == "2 objects of robusta-volumes in the cluster"
    text = to_markdown(page)
    assert text.index("| Schedule | velero/robusta-volumes |") < text.index("| Restore | velero/test-1 |")
    assert "Remove schedules *(until then Velero makes backups without us; afterwards nothing does)*:" in text
    assert "kubectl delete schedules.velero.io --all-namespaces -l app.kubernetes.io/managed-by=robusta-volumes" in text
    assert "Remove restores *(what they brought back stays)*:" in text


def test_backups_are_told_and_only_velero_is_asked_to_delete_them() -> None:
    text = to_markdown(leftovers(MemoryCluster([velero(k.VELERO_BACKUP, "robusta-volumes-20260303020000")])))
    assert "Backups can stay: they need nothing of ours, and each goes at its time." in text
    assert "*(destroys backups, here and off-site)*" in text
    assert "velero -n velero backup delete --selector app.kubernetes.io/managed-by=robusta-volumes" in text
    assert "kubectl delete backups" not in text  # their data would stay, and Velero would bring them back


def test_objects_of_others_are_left_out() -> None:
    other = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "shop", "labels": {}}}
    assert leftovers(MemoryCluster([other])).title == "Nothing of robusta-volumes is left"


def test_what_may_not_be_listed_is_said() -> None:
    page = to_markdown(leftovers(MemoryCluster(denied=["jobs.batch", "configmaps"])))
    assert "Nothing of robusta-volumes is left, as far as could be seen" in page
    assert "jobs.batch: cannot list jobs.batch" in page
    assert '- apiGroups: ["batch"]\n  resources: ["jobs"]\n  verbs: ["get", "list"]' in page
    assert "configmaps: cannot get configmaps" in page
    assert "permissions -n robusta --allow state | kubectl apply -f -" in page
    assert 'resources: ["configmaps"]' not in page


def test_a_cluster_without_snapshots_has_none_of_ours() -> None:
    absent = ["volumesnapshots.snapshot.storage.k8s.io", "volumesnapshotcontents.snapshot.storage.k8s.io"]
    assert leftovers(MemoryCluster(absent=absent)).title == "Nothing of robusta-volumes is left"


@pytest.fixture
def live() -> Iterator[tuple[ApiServer, LiveCluster]]:
    """A cluster in which somebody applied what `permissions` prints, and our memory was kept."""
    store = Store()
    for name in ("robusta", "shop", "db"):
        store.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    with ApiServer(store, access=Access(), more=VELERO) as server:
        configuration = Configuration(host=server.url)
        configuration.api_key = {"authorization": f"Bearer {server.token}"}
        client = ApiClient(configuration)
        cluster = LiveCluster(client, "prod")
        State(cluster, "robusta").write("tick", {"slot": "x"})
        yield server, cluster
        client.rest_client.pool_manager.clear()


def apply(server: ApiServer, text: str) -> None:
    for item in yaml.safe_load_all(text):
        server.store.create(item)


def test_the_roles_that_we_print_are_ours_and_listed_and_our_rules_suffice_to_find_them(
    live: tuple[ApiServer, LiveCluster],
) -> None:
    server, cluster = live
    apply(server, permissions(namespaces=["robusta"], allow=["state"]))
    apply(server, permissions(namespaces=["shop", "db"]))
    server.access.rules = [*RULES, *STATE]
    page = leftovers(cluster)
    assert page.title == "7 objects of robusta-volumes in the cluster"
    text = to_markdown(page)
    for name in ("robusta/robusta-volumes-state", "shop/robusta-volumes-read", "db/robusta-volumes-read"):
        assert name in text
    label = "-l app.kubernetes.io/managed-by=robusta-volumes"
    assert f"kubectl delete roles.rbac.authorization.k8s.io --all-namespaces {label}" in text
    assert f"kubectl delete rolebindings.rbac.authorization.k8s.io --all-namespaces {label}" in text
    refused = [seen.path.split("?")[0] for seen in server.requests if seen.status == 403]
    assert refused == ["/api/v1/configmaps"]  # and then read by name


@pytest.mark.parametrize("resource", [kind.resource for kind in MADE if kind.name != "ConfigMap"])
def test_each_kind_that_may_not_be_listed_comes_with_its_rule(
    live: tuple[ApiServer, LiveCluster], resource: str
) -> None:
    server, cluster = live
    plural, _, group = resource.partition(".")
    server.access.rules = [
        *[rule for rule in RULES if (rule["apiGroups"], rule["resources"]) != ([group], [plural])],
        *STATE,
    ]
    page = leftovers(cluster)
    assert page.title == "1 object of robusta-volumes in the cluster, as far as could be seen"
    assert f'- apiGroups: ["{group}"]\n  resources: ["{plural}"]\n  verbs: ["get", "list"]' in to_markdown(page)


def test_a_runner_that_may_read_some_namespaces_only_lists_what_is_there_and_says_so(
    live: tuple[ApiServer, LiveCluster],
) -> None:
    server, cluster = live
    apply(server, permissions(namespaces=["shop"]))
    server.access.rules = [*[{**r.as_data, "namespaces": ["shop", "db"]} for r in reading_rules()], *STATE]
    page = leftovers(cluster, "robusta", ("shop", "db"))
    assert page.title == "3 objects of robusta-volumes in the cluster, as far as could be seen"
    assert "roles.rbac.authorization.k8s.io: looked at in shop, db only" in to_markdown(page)


def test_the_page_about_leaving_asks_kubectl_for_every_kind_that_we_make() -> None:
    page = (Path(__file__).resolve().parents[1] / "docs" / "uninstall.md").read_text()
    asked = {kind for line in re.findall(r"kubectl get ([a-z.,]+)", page) for kind in line.split(",")}
    ours = {kind.resource if kind in k.BACKUP_KINDS else kind.plural for kind in MADE}  # several groups have backups
    assert asked == ours
