"""Each story about backups through the real runner: what Velero, K8up and VolSync do, and what people get to read of it.

The cluster is the demo's; beside it each namespace of `OWN` is for one trouble that Velero's script makes.
"""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from robusta_volumes._cluster.store import Store
from robusta_volumes._model import kind as k
from robusta_volumes._model import ours
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_kinds import K8UP, VELERO, VOLSYNC
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.backup_builder import VeleroBuilder
from robusta_volumes._sandbox.builder import DAY, Builder
from robusta_volumes._sandbox.csi_script import CsiScript
from robusta_volumes._sandbox.csi_storage import CsiStorage
from robusta_volumes._sandbox.slack_recorder import RecordedMessage
from robusta_volumes._sandbox.story_backups import NAMESPACES, NO_BUCKET, backups, behaviour
from robusta_volumes._sandbox.velero_script import Moving
from robusta_volumes._sandbox.velero_server import VeleroServer
from robusta_volumes._sandbox.world import World
from worlds import PATIENCE, next_message, title, words

REPORT, CREATE, PRUNE = "volume_backup_management", "create_volume_backups", "prune_volume_backups"
BY_HAND = "robusta-volumes-manual-*"
EBS = "ebs.csi.aws.com"
OWN = ("partly", "failing", "stuck", "refused", "deleted", "ending", "many")
SETTINGS: dict[str, Any] = {"namespaces": [*NAMESPACES, *OWN]}


def block(**more: Any) -> dict[str, Any]:
    return {"persistentVolumeWorkflows": {"volumeBackupManagement": {**SETTINGS, **more}}}


def own(now: datetime) -> list[dict[str, Any]]:
    """Two claims in each namespace of ours, and the backups that some of them begin with."""
    b = Builder(now)
    velero = VeleroBuilder(b)
    claims = {}
    for space in OWN:
        b.add("Namespace", space, status={"phase": "Active"})
        claims[space] = [b.bound(space, name, "2Gi", "gp3", EBS) for name in ("data", "files")]
    labels = {ours.MANAGED_BY: ours.OURS}
    made = [(f"robusta-volumes-manual-{n}", "many", n * DAY, 720, labels) for n in (1, 2, 3)]
    for name, space, minutes, ttl, label in (
        ("soon", "ending", 30 * 60, 32, {}),
        ("brought", "deleted", 600, 720, {}),
        *made,
    ):
        notes = {ours.SELF: name} if label else {}
        spec = {"includedNamespaces": [space]}
        backup = velero.backup(minutes, name=name, spec=spec, ttl=ttl, labels=label, annotations=notes)
        for claim in claims[space]:
            velero.upload(backup, claim)
    return b.objects


@pytest.fixture(scope="module")
def velero() -> VeleroServer:
    now = datetime.now(UTC)
    script = behaviour()
    script.uploads.on(Moving(error="connection reset by peer"), namespace="partly", claim="files")
    return VeleroServer(Store([*backups(now), *own(now)], finalizers=True), script)


@pytest.fixture(scope="module")
def world(velero: VeleroServer) -> Iterator[World]:
    server = ApiServer(velero.store, more=(*VELERO, *K8UP, *VOLSYNC))
    with velero, World((), [], server=server, workflows=block()) as made:
        yield made


def ask(world: World, action: str, **params: object) -> RecordedMessage:
    message = next_message(world, lambda: world.runner.trigger(action, **params))
    assert message.problems == []
    return message


def file(message: RecordedMessage, name: str) -> str:
    (found,) = [one.contents.decode() for one in message.files if one.name == name]
    return found


def wait_until(true: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)


def here(velero: VeleroServer) -> set[str]:
    return {o["metadata"]["name"] for o in velero.store.find(k.VELERO_BACKUP)}


# --- what the demo's cluster has


def test_the_report_names_each_thing_that_keeps_backups_from_being_made(world: World) -> None:
    message = ask(world, REPORT)
    said = words(message)
    assert "is Completed, but 3 of 7 claims have no data in it." in said
    assert "Velero's schedule `velero/weekly` is on and has finished nothing for two intervals" in said
    assert "d ago. *Do this:* look what it waits for" in said
    assert "Storage location `cold` is not available, last looked at " in said
    assert NO_BUCKET in said
    assert "VolSync's schedule `blog/posts-backup` is on and has finished nothing for two intervals" in said
    nights = file(message, "backups.csv")
    assert ",nightly,PartiallyFailed," in nights
    (refused,) = [line for line in nights.splitlines() if ",nightly,FailedValidation," in line]
    assert "BackupStorageLocation default is in Unavailable status." in refused


@pytest.mark.parametrize(
    ("claim", "says", "why"),
    [
        ("crm/contacts", "off-site (K8up)", "K8up daily-"),
        (
            "blog/posts",
            "off-site (VolSync), although 2 d is the most that is allowed",
            "has failed for it: Fatal: unable to open config file: 403 Forbidden",
        ),
        (
            "finance/ledger-2025",
            "off-site (Velero), although 14 d is the most that is allowed",
            "The last good copy expires in 72 d.",
        ),
    ],
)
def test_a_claim_shows_its_copies_whichever_tool_made_them(world: World, claim: str, says: str, why: str) -> None:
    namespace, _, name = claim.partition("/")
    message = ask(world, REPORT, namespace=namespace, name=name)
    assert title(message).startswith(f"Claim {claim}: last good copy ")
    assert title(message).endswith(says)
    assert why in words(message)


# --- what Velero does with what we ask for


def test_a_backup_that_fails_in_part_is_told_claim_by_claim(world: World) -> None:
    message = ask(world, CREATE, namespace="partly", wait="20")
    assert title(message) == "Backup of namespace partly partly failed, and 1 of 2 claims has no data in it"
    assert "● partly/files `failed: connection reset by peer`" in words(message)
    assert "● partly/data `in it, off-site (data mover)`" in words(message)


def test_one_that_fails_as_a_whole_says_why(world: World, velero: VeleroServer) -> None:
    velero.script.failing[BY_HAND] = "disk quota exceeded"
    message = ask(world, CREATE, namespace="failing", wait="20")
    del velero.script.failing[BY_HAND]
    assert title(message) == "Backup of namespace failing failed: data of 0 of 2 claims in it: disk quota exceeded"
    assert "*Do this:* 2 claims: see why: `velero backup describe robusta-volumes-manual-" in words(message)


def test_one_that_stands_still_is_not_called_done_and_fails_with_the_server(world: World, velero: VeleroServer) -> None:
    velero.script.stuck.append(BY_HAND)
    message = ask(world, CREATE, namespace="stuck", wait="2")
    velero.script.stuck.remove(BY_HAND)
    assert title(message) == "Backup of namespace stuck is running: data of 0 of 2 claims in it"
    assert "holds nothing that can be relied on before it ends" in words(message)
    velero.restart()
    message = ask(world, REPORT, namespace="stuck")
    assert title(message) == "Backups of namespace stuck: 0 of 2 claims have a good copy within 2 d; 2 do not"
    assert 'has failed for it: found a backup with status "InProgress" during the server starting' in words(message)


def location_is(velero: VeleroServer, phase: str) -> bool:
    found = velero.store.get(k.VELERO_LOCATION, "default", "velero")
    return bool(found["status"]["phase"] == phase)


def test_where_the_location_is_gone_no_backup_is_asked_for(world: World, velero: VeleroServer) -> None:
    before = here(velero)
    velero.script.unavailable["default"] = "no such bucket"
    wait_until(lambda: location_is(velero, "Unavailable"))
    message = ask(world, CREATE, namespace="refused")
    del velero.script.unavailable["default"]
    wait_until(lambda: location_is(velero, "Available"))
    head = "No backup of namespace refused was made: storage location `default` is not available"
    assert title(message).startswith(head)
    assert here(velero) == before


def test_where_it_goes_in_between_velero_refuses_the_backup_in_its_own_words(
    world: World, velero: VeleroServer
) -> None:
    velero.stop()
    before, said = here(velero), len(world.slack.messages)
    asked = threading.Thread(target=world.runner.trigger, args=(CREATE,), kwargs={"namespace": "refused", "wait": "20"})
    asked.start()
    wait_until(lambda: here(velero) - before)
    velero.script.unavailable["default"] = "no such bucket"
    velero.restart()
    world.slack.wait_for(said + 1, PATIENCE)
    asked.join(PATIENCE)
    del velero.script.unavailable["default"]
    wait_until(lambda: location_is(velero, "Available"))
    assert title(world.slack.messages[said]) == (
        "Backup of namespace refused was refused by Velero: data of 0 of 2 claims in it: backup can't be created because"
        " BackupStorageLocation default is in Unavailable status."
    )


# --- what Velero does by itself


def test_an_object_that_somebody_deletes_comes_back_and_what_it_holds_is_not_guessed(
    world: World, velero: VeleroServer
) -> None:
    assert title(ask(world, REPORT, namespace="deleted")).endswith("all 2 claims have a good copy within 2 d")
    uid = velero.store.get(k.VELERO_BACKUP, "brought", "velero")["metadata"]["uid"]
    velero.store.delete(k.VELERO_BACKUP, "brought", "velero")
    wait_until(lambda: "brought" in here(velero))
    assert velero.store.get(k.VELERO_BACKUP, "brought", "velero")["metadata"]["uid"] != uid
    message = ask(world, REPORT, namespace="deleted")
    assert title(message) == "Backups of namespace deleted: whether claims have a good copy could not be seen"
    assert (
        "• deleted/data, deleted/files: its storage location brought the backup back; no record of its data is here"
    ) in words(message)


def test_before_the_last_good_copy_goes_it_is_said_and_afterwards_that_there_is_none(
    world: World, velero: VeleroServer
) -> None:
    said = words(ask(world, REPORT, namespace="ending"))
    assert "*The last good copy goes soon, and nothing newer is good:*" in said
    assert "• ending/data: its last copy off-site expires in 11" in said  # 119 minutes, or few less
    past = {"status": {"expiration": "2026-01-01T00:00:00Z"}}
    velero.store.patch(k.VELERO_BACKUP, "soon", "velero", past)
    wait_until(lambda: "soon" not in here(velero))
    message = ask(world, REPORT, namespace="ending")
    assert title(message) == "Backups of namespace ending: 0 of 2 claims have a good copy within 2 d; 2 do not"
    assert "● ending/data `never: " in words(message)


def test_what_a_prune_asks_velero_to_delete_goes_with_its_data_and_does_not_come_back(
    world: World, velero: VeleroServer
) -> None:
    params = {"keep_last": "1", "by_hand": "true"}
    before = here(velero)
    plan = ask(world, PRUNE, **params)
    assert title(plan).startswith("Prune of backups: would delete 2 of ")
    assert "1 to stay `holds the last good copy of many/data`" in words(plan)
    assert here(velero) == before
    message = ask(world, PRUNE, dry_run="false", confirm="true", **params)
    assert title(message) == "Prune of backups: deletion of 2 backups asked for"
    old = {"robusta-volumes-manual-2", "robusta-volumes-manual-3"}
    wait_until(lambda: not old & here(velero))
    synced = velero.store.get(k.VELERO_LOCATION, "default", "velero")["metadata"]["resourceVersion"]
    wait_until(
        lambda: velero.store.get(k.VELERO_LOCATION, "default", "velero")["metadata"]["resourceVersion"] != synced
    )
    assert here(velero) == before - old


# --- without Velero's help


def test_by_engine_csi_snapshots_are_made_and_called_what_they_are(world: World, velero: VeleroServer) -> None:
    world.settle(block(engine="csi"))
    with CsiStorage(velero.store, CsiScript()):
        message = ask(world, CREATE, namespace="many", wait="20")
    assert title(message) == "Snapshots of namespace many: 2 of 2 ready"
    assert "A snapshot on the same storage is not a backup" in words(message)
