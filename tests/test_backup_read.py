"""How the objects of backup tools are read: what stands where, and what may not be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.client import ApiClient, Configuration

from backup_objects import NOON, World, at, settings
from robusta_volumes._cluster import read_other_backups as others
from robusta_volumes._cluster import read_velero
from robusta_volumes._cluster.backups import backups_of
from robusta_volumes._cluster.live import LiveCluster
from robusta_volumes._cluster.read_velero_copies import Known, pod_volume, upload
from robusta_volumes._cluster.store import Store
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import BackupsSeen, Proof, velero_label
from robusta_volumes._model.errors import NotAuthenticated
from robusta_volumes._model.times import go_span
from robusta_volumes._sandbox.api_kinds import K8UP, VELERO, VOLSYNC
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.rbac import Access

_KINDS = [kind.resource for kind in (k.VELERO_BACKUP, k.VELERO_UPLOAD, k.K8UP_SNAPSHOT, k.VOLSYNC_SOURCE)]


def seen(world: World, **block: Any) -> BackupsSeen:
    return backups_of(world.cluster, settings(**block))


@contextmanager
def live(world: World, token: str = "", **how: Any) -> Iterator[LiveCluster]:
    with ApiServer(Store(world.b.objects), **how) as server:
        configuration = Configuration(host=server.url)
        configuration.api_key = {"authorization": f"Bearer {token or server.token}"}
        client = ApiClient(configuration)
        yield LiveCluster(client, "prod")
        client.rest_client.pool_manager.clear()


def refusing() -> Access:
    access = Access()
    access.deny([("*", resource, None) for resource in _KINDS])
    return access


def test_a_tool_that_is_not_installed_is_told_from_one_that_may_not_be_seen() -> None:
    with live(World("orders"), access=refusing()) as cluster:
        nothing = backups_of(cluster, settings())
    assert {name: one.absent for name, one in nothing.unseen.items() if name in _KINDS} == {
        "backups.velero.io": True,
        "replicationsources.volsync.backube": True,
    }
    with live(World("orders"), access=refusing(), more=(*VELERO, *K8UP, *VOLSYNC)) as cluster:
        refused = backups_of(cluster, settings())
    assert {name: one.absent for name, one in refused.unseen.items()} == dict.fromkeys(_KINDS, False)
    assert refused.unseen["datauploads.velero.io"].remedy == (
        '- apiGroups: ["velero.io"]\n  resources: ["datauploads"]\n  verbs: ["get", "list"]'
    )


def test_credentials_that_are_not_accepted_are_an_error_and_not_an_empty_answer() -> None:
    with live(World("orders"), "wrong") as cluster, pytest.raises(NotAuthenticated):
        backups_of(cluster, settings())


def test_velero_is_found_where_its_locations_are() -> None:
    world = World("orders")
    world.location()
    world.schedule()
    assert seen(world).velero == "velero"
    assert (seen(World("orders")).velero, seen(World("orders"), veleroNamespace="dr").velero) == ("", "dr")


def test_a_server_and_node_agents_are_known_by_their_pods() -> None:
    world = World("orders")
    world.location()
    assert (seen(world).server, seen(world).node_agents) == (False, frozenset())
    world.pod("velero-1", deploy="velero")
    world.pod("node-agent-1", name="node-agent")
    assert (seen(world).server, seen(world).node_agents) == (True, frozenset({"n1"}))
    world.denied = ("pods",)
    assert (seen(world).server, seen(world).node_agents) == (None, None)


def test_a_request_to_delete_takes_its_backup_away_from_the_good_ones() -> None:
    world = World("orders")
    world.backup()
    world.upload("orders")
    request = world.b.add("DeleteBackupRequest", "r", "velero", api="velero.io/v1", spec={"backupName": "nightly-1"})
    found = seen(world)
    assert (found.deleting, [c.proof for c in found.copies]) == (frozenset({"nightly-1"}), [Proof.UNKNOWN])
    request["status"] = {"phase": "Processed"}  # and the backup is still there: it was refused
    assert [c.proof for c in seen(world).copies] == [Proof.MOVED]


def test_a_long_name_of_a_backup_is_found_by_the_label_that_velero_makes_of_it() -> None:
    name = "every-night-" + "x" * 80
    assert velero_label(name) == name[:57] + "5f73b9"
    known = Known([read_velero.backup(World("orders").backup(name))])
    labels = {"velero.io/backup-name": velero_label(name)}
    found = upload({"metadata": {"labels": labels}, "status": {"phase": "Completed"}}, known)
    assert (found.backup, found.proof) == (name, Proof.MOVED)


def test_the_files_of_a_pod_are_of_the_claim_whose_uid_they_say() -> None:
    o = {
        "metadata": {"name": "p", "labels": {"velero.io/pvc-uid": "u1"}},
        "spec": {"pod": {"namespace": "shop", "name": "orders-0"}, "volume": "data"},
        "status": {"phase": "Completed"},
    }
    found = pod_volume(o, Known(whole=False), {"u1": "orders"})
    assert (found.claim_key, found.claim_uid, found.volume) == (("shop", "orders"), "u1", "data")
    assert pod_volume(o, Known(whole=False), {}).claim == ""


def test_a_backup_says_who_was_restored_from_it_and_when() -> None:
    world = World("orders")
    note = f'{{"{world.uid["orders"]}": "2026-03-08T04:00:00Z"}}'
    world.backup(annotations={"robusta-volumes.dev/verified-at": note})
    world.upload("orders")
    found = world.judged().of("shop", "orders")
    assert found
    assert found.proven == NOON - timedelta(days=2, hours=8)


def test_a_schedule_is_read_with_its_zone_and_its_time_to_live() -> None:
    world = World("orders")
    world.schedule(cron="CRON_TZ=Europe/Paris 0 3 * * *", template={"ttl": "72h30m0s", "includedNamespaces": ["a*"]})
    (one,) = seen(world).schedules
    assert (one.cron, one.time_zone, one.ttl_hours, one.scope.namespaces) == (
        "0 3 * * *",
        "Europe/Paris",
        72.5,
        ("a*",),
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("720h0m0s", 2_592_000), ("3m12.5s", 192.5), ("45s", 45), ("1h", 3600), ("850ms", 0), ("", None), ("5", None)],
)
def test_lengths_of_time_as_go_writes_them(text: str, seconds: float | None) -> None:
    found = go_span(text)
    assert (found.total_seconds() if found is not None else None) == seconds


def test_where_the_whole_cluster_may_not_be_read_veleros_namespace_is() -> None:
    world = World("orders")
    world.backup()
    world.location()
    access = Access(rules=({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"], "namespaces": ["velero"]},))
    with live(world, access=access, more=VELERO) as cluster:
        found = backups_of(cluster, settings())
    assert ([b.name for b in found.backups], found.velero) == (["nightly-1"], "velero")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(at(1)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["metadata", "spec", "status", "labels", "annotations", "phase", "progress", "bytesDone", "totalBytes", "paths",
         "conditions", "type", "reason", "trigger", "schedule", "restic", "sourcePVC", "template", "backup", "pod"]
    ), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["metadata", "spec", "status"]), _JSON))
def test_whatever_stands_in_an_object_it_is_read(o: dict[str, Any]) -> None:
    read_velero.backup(o)
    read_velero.schedule(o)
    read_velero.location(o)
    read_velero.deletion(o)
    upload(o, Known())
    pod_volume(o, Known(), {})
    others.k8up_backup(o)
    others.k8up_schedule(o)
    others.k8up_copies(o, others.Runs([]))
    others.volsync_schedule(o)
    others.volsync_copies(o)
