"""The words `snapshots` and `restore`: each verb of their Roles is needed by an action, and the Roles suffice for all of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import yaml
from kubernetes.client import ApiClient, Configuration

from robusta_volumes._analysis.prune_plan import policy_of, to_note
from robusta_volumes._cli.permissions import permissions
from robusta_volumes._cli.permissions_rules import cluster_rules, granted_rules
from robusta_volumes._cluster import read
from robusta_volumes._cluster.live import LiveCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._cluster.store import Store
from robusta_volumes._engines.csi_snapshots import snapshot_manifest
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import CreateSnapshots, PruneSnapshots, RestoreSnapshot
from robusta_volumes._model.ours import SLOT, slot_of
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._workflows.pvc_snapshot_schedule import pvc_snapshot_schedule
from robusta_volumes._workflows.pvc_snapshots_create import create_pvc_snapshots
from robusta_volumes._workflows.pvc_snapshots_prune import prune_pvc_snapshots
from robusta_volumes._workflows.pvc_snapshots_restore import restore_pvc_snapshot
from snapshot_world import EBS, nightly, settings

NIGHTLY = settings(nightly(retentionDays=30))
READS = [rule.as_data for rule in cluster_rules(["pvcSnapshots"])]
STATE = [{**rule.as_data, "namespaces": ["robusta"]} for rule in granted_rules(["state"])]
API = "snapshot.storage.k8s.io/v1"


@dataclass
class Shop:
    """A claim with two good snapshots of our schedule, one of them too old; the server enforces RBAC."""

    server: ApiServer
    live: LiveCluster

    def allow(self, *words: str, without: str = "") -> None:
        """Allow reading, and what the Roles of these words say; less one verb."""
        roles = yaml.safe_load_all(permissions(namespaces=["shop"], allow=list(words))) if words else ()
        rules = [rule for role in roles for rule in role.get("rules", ())]
        granted = [{**r, "verbs": [v for v in r["verbs"] if v != without], "namespaces": ["shop"]} for r in rules]
        self.server.access.rules = [*READS, *STATE, *granted]

    def made(self) -> int:
        return len(self.server.store.find(k.SNAPSHOT, "shop"))


def objects(now: datetime) -> list[dict[str, Any]]:
    b = Builder(now)
    b.add("Namespace", "shop")
    b.add("Namespace", "robusta")
    b.storage_class("gp3", EBS)
    claim = b.bound("shop", "data", "10Gi", "gp3", EBS)
    b.add("VolumeSnapshotClass", "csi", api=API, driver=EBS, deletionPolicy="Delete")
    for days in (1, 40):
        slot = now.replace(second=0, microsecond=0) - timedelta(days=days)
        made, content = snapshot_manifest(read.claim(claim), "nightly", slot, "csi"), f"content-{days}"
        meta = {**made["metadata"], "uid": f"s{days}", "creationTimestamp": b.at(days * 1440)}
        status = {
            "readyToUse": True,
            "creationTime": b.at(days * 1440),
            "restoreSize": "10Gi",
            "boundVolumeSnapshotContentName": content,
        }
        b.objects.append({**made, "metadata": meta, "status": status})
        ref = {"name": meta["name"], "namespace": "shop", "uid": meta["uid"]}
        b.add("VolumeSnapshotContent", content, api=API, spec={"driver": EBS, "volumeSnapshotRef": ref})
    return b.objects


@pytest.fixture
def at() -> Iterator[Shop]:
    with ApiServer(Store(objects(datetime.now(UTC)))) as server:
        configuration = Configuration(host=server.url)
        configuration.api_key = {"authorization": f"Bearer {server.token}"}
        client = ApiClient(configuration)
        yield Shop(server, LiveCluster(client, "prod"))
        client.rest_client.pool_manager.clear()


def create(at: Shop) -> Page:
    return create_pvc_snapshots(at.live, CreateSnapshots("data", "shop", wait=0), NIGHTLY)


def prune(at: Shop) -> Page:
    return prune_pvc_snapshots(at.live, PruneSnapshots(dry_run=False), NIGHTLY)


def restore(at: Shop) -> Page:
    asked = RestoreSnapshot("data", "shop", new_name="back", dry_run=False)
    return restore_pvc_snapshot(at.live, asked, NIGHTLY, lambda _: None)


@pytest.mark.parametrize(
    ("word", "verb", "act", "resource"),
    [
        ("snapshots", "create", create, "volumesnapshots"),
        ("snapshots", "delete", prune, "volumesnapshots"),
        ("restore", "create", restore, "persistentvolumeclaims"),
    ],
)
def test_each_verb_is_necessary_and_without_it_the_message_names_the_command(
    at: Shop, word: str, verb: str, act: Callable[[Shop], Page], resource: str
) -> None:
    at.allow(word, without=verb)
    before = (at.made(), len(at.server.store.find(k.CLAIM)))
    page = to_markdown(act(at))
    assert (at.made(), len(at.server.store.find(k.CLAIM))) == before
    assert resource in page
    assert f"permissions -n shop --allow {word} | kubectl apply -f -" in page or f"name: robusta-volumes-{word}" in page


def test_the_role_for_snapshots_suffices_for_creating_and_pruning(at: Shop) -> None:
    at.allow("snapshots")
    create(at)
    assert at.made() == 3
    prune(at)
    assert at.made() == 2
    assert refused(at) == []


def tick(at: Shop) -> str:
    """Tick for a schedule that is known since long, so that a slot is due, and whose old snapshots may go."""
    often = settings({"name": "nightly", "schedule": "* * * * *", "retentionDays": 30})
    state = State(at.live, "robusta")
    agreed = to_note(policy_of(often, often.schedules[0]))
    since = (datetime.now(UTC) - timedelta(minutes=3)).isoformat()
    state.write("snapshots.schedule.nightly", {"since": since, "agreed": agreed})
    return "\n".join(map(to_markdown, pvc_snapshot_schedule(at.live, often, state, "p", lambda _: None)))


def test_the_role_for_snapshots_suffices_for_a_tick_that_deletes_and_makes(at: Shop) -> None:
    at.allow("snapshots")
    tick(at)
    slots = [slot_of(o["metadata"]["labels"][SLOT]) for o in at.server.store.find(k.SNAPSHOT, "shop")]
    ages = sorted(datetime.now(UTC) - slot for slot in slots if slot)
    assert [age.days for age in ages] == [0, 1]  # that of 40 days ago is gone, one of now is there
    assert refused(at) == []


@pytest.mark.parametrize("verb", ["create", "delete"])
def test_a_tick_that_may_not_do_one_says_so_and_does_the_other(at: Shop, verb: str) -> None:
    at.allow("snapshots", without=verb)
    page = tick(at)
    assert f"may not {verb} volumesnapshots" in page
    assert "permissions -n shop --allow snapshots" in page
    assert at.made() == {"create": 1, "delete": 3}[verb]


def test_the_role_for_restore_suffices_for_a_restore_and_allows_no_snapshot(at: Shop) -> None:
    at.allow("restore")
    restore(at)
    assert {o["metadata"]["name"] for o in at.server.store.find(k.CLAIM)} == {"data", "back"}
    assert refused(at) == []
    create(at)
    assert at.made() == 2


def test_the_roles_hold_nothing_beyond_these_verbs() -> None:
    found = {}
    for word in ("snapshots", "restore"):
        roles = yaml.safe_load_all(permissions(namespaces=["shop"], allow=[word]))
        found[word] = [(rule["resources"], rule["verbs"]) for role in roles for rule in role.get("rules", ())]
    assert found == {
        "snapshots": [(["volumesnapshots"], ["create", "delete"])],
        "restore": [(["persistentvolumeclaims"], ["create"])],
    }


def refused(at: Shop) -> list[str]:
    return [f"{seen.method} {seen.path}" for seen in at.server.requests if seen.status == 403]
