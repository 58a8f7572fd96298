"""A backup that somebody asks for: what would be in it, what else, why none is made, and of each claim whether its data is."""

from typing import Any

import pytest

import crds
from backup_world import HOME, Velero, settings, text
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import NotAllowed, Refused, SettingsError
from robusta_volumes._model.ours import BACKUP_CHOICE, BACKUP_REASON
from robusta_volumes._model.severity import Severity
from robusta_volumes._report.page import Button
from robusta_volumes._workflows.volume_backups_create import PICK

SHOP: dict[str, Any] = {"namespace": "shop"}


def test_a_namespace_is_saved_and_each_claim_is_told_of() -> None:
    w = Velero()
    page = w.create(**SHOP)
    assert page.title == "Backup of namespace shop is done: data of 2 of 2 claims in it"
    assert not page.failure
    assert "| shop/data | in it, off-site (data mover) |" in text(page)
    assert "It stays until 2026-03-31 12:00 UTC." in text(page)


@pytest.mark.needs(crds.NAME)
def test_what_is_made_moves_data_holds_claims_and_volumes_only_and_is_what_velero_takes() -> None:
    w = Velero()
    w.create(**SHOP)
    (made,) = w.backups()
    assert crds.problems({key: value for key, value in made.items() if key != "status"}) == []
    assert made["spec"] == {
        "includedNamespaces": ["shop"],
        "includedResources": ["persistentvolumeclaims", "persistentvolumes"],
        "ttl": "720h0m0s",
        "snapshotMoveData": True,
        "snapshotVolumes": True,
        "defaultVolumesToFsBackup": False,
    }


def test_a_completed_backup_with_nothing_in_it_is_a_failure() -> None:
    w = Velero()
    w.outcome = lambda _: ""
    page = w.create(**SHOP)
    assert page.title == "Backup of namespace shop is done, but 2 of 2 claims have no data in it"
    assert page.failure
    assert "metadata only: nothing was begun to save it" in text(page)
    assert "*Do this:* 2 claims: see why: `velero backup describe robusta-volumes-manual-" in text(page)


def test_what_could_not_be_seen_is_said_and_is_not_well() -> None:
    w = Velero()
    w.cluster.denied = frozenset({k.VELERO_UPLOAD.resource})
    page = w.create(**SHOP)
    assert page.title == "Backup of namespace shop is done: data of 0 of 2 claims in it, 2 not known"
    assert page.severity is Severity.LOW
    assert "*Do this:* look: `velero backup describe robusta-volumes-manual-" in text(page)


def test_one_that_failed_says_why_and_has_a_button_that_tries_again() -> None:
    w = Velero()
    w.outcome = lambda claim: "Failed" if claim["metadata"]["name"] == "files" else "Completed"
    page = w.create(**SHOP)
    assert page.title == "Backup of namespace shop partly failed, and 1 of 2 claims has no data in it"
    assert "| shop/files | failed: data path backup failed: connection reset by peer |" in text(page)
    (again,) = [block for block in page.blocks if isinstance(block, Button)]
    assert (again.action, again.params) == ("create_volume_backups", {**SHOP, "dry_run": "false"})


def test_one_that_velero_has_not_begun_is_not_called_done() -> None:
    w = Velero()
    w.up = False
    page = w.create(**SHOP)
    assert page.title == "Backup of namespace shop waits for Velero: data of 0 of 2 claims in it"
    assert "holds nothing that can be relied on before it ends" in text(page)


def test_asked_twice_within_a_minute_it_is_one() -> None:
    w = Velero()
    w.create(**SHOP)
    w.move(seconds=20)
    page = w.create(**SHOP)
    assert len(w.backups()) == 1
    assert "was there already" in text(page)


@pytest.mark.parametrize("phase", ["Failed", "PartiallyFailed", "FailedValidation"])
def test_asked_again_within_a_minute_one_that_came_to_nothing_is_not_given_back(phase: str) -> None:
    w = Velero()
    w.phase = phase
    w.create(**SHOP)
    w.phase = ""
    page = w.create(**SHOP)
    first, second = w.names()
    assert second == f"{first}-2"
    assert page.title == "Backup of namespace shop is done: data of 2 of 2 claims in it"
    assert "was there already" not in text(page)
    assert f"`{second}` was there already" in text(w.create(**SHOP))
    assert len(w.names()) == 2


def test_a_dry_run_makes_nothing_and_its_button_makes_it() -> None:
    w = Velero()
    page = w.create(**SHOP, dry_run=True)
    assert page.title == "Plan: back up 2 claims of namespace shop, at most 20.0 GiB"
    assert w.backups() == []
    assert [b.params for b in page.blocks if isinstance(b, Button)] == [{**SHOP, "dry_run": "false"}]


# --- one claim: Velero has no selection by name


def test_of_one_claim_the_whole_namespace_is_saved_and_that_is_said() -> None:
    w = Velero()
    page = w.create(**SHOP, name="data")
    assert page.title == "Backup of shop/data is done: data of 1 of 1 claim in it"
    assert "*Also in it*, since Velero selects by namespace and label: shop/files (10.0 GiB)." in text(page)


def test_a_label_on_the_claim_selects_it_alone_when_that_is_allowed() -> None:
    w = Velero()
    page = w.create(**SHOP, name="data", allow_label_patch=True)
    (made,), claim = w.backups(), w.cluster.get(k.CLAIM, "data", "shop")
    assert claim["metadata"]["labels"] == {"app": "data", PICK: claim["metadata"]["uid"]}
    assert made["spec"]["labelSelector"] == {"matchLabels": {PICK: claim["metadata"]["uid"]}}
    assert "Also in it" not in text(page)
    assert "app.kubernetes.io/managed-by" not in claim["metadata"]["labels"]  # Velero copies a claim's labels


def test_without_the_param_no_claim_is_touched() -> None:
    w = Velero()
    before = w.cluster.store.find(k.CLAIM)
    w.create(**SHOP, name="data")
    w.create(selector="app=db", namespace="shop")
    assert w.cluster.store.find(k.CLAIM) == before


# --- why none is made


def blocked(w: Velero, wanted: Any = None) -> str:
    page = w.create(wanted, **SHOP)
    assert w.backups() == []
    assert page.failure
    return page.title + "\n" + text(page)


def test_a_location_that_cannot_be_written_to_stops_it_before_it_is_made_to_fail() -> None:
    w = Velero()
    status = {"phase": "Unavailable", "message": "AccessDenied: Access Denied"}
    w.cluster.store.patch(k.VELERO_LOCATION, "default", "velero", {"status": status})
    assert 'storage location `default` is not available: "AccessDenied: Access Denied"' in blocked(w)
    changes: dict[str, Any] = {"status": {"phase": "Available", "message": None}, "spec": {"accessMode": "ReadOnly"}}
    w.cluster.store.patch(k.VELERO_LOCATION, "default", "velero", changes)
    assert "No backup of namespace shop was made: storage location `default` is read-only" in blocked(w)
    assert "BackupStorageLocation `b2` does not exist; there: `default`" in blocked(w, settings(storageLocation="b2"))


def test_without_a_node_agent_no_data_would_be_moved() -> None:
    w = Velero()
    for pod in w.cluster.store.find(k.POD):
        if "node-agent" in pod["metadata"]["name"]:
            w.cluster.store.delete(k.POD, pod["metadata"]["name"], "velero")
    assert "no node agent of Velero is ready, and only it moves data" in blocked(w)


def test_without_permission_the_role_is_given() -> None:
    w = Velero()
    w.cluster.forbidden = frozenset({("create", k.VELERO_BACKUP.resource)})
    assert "the runner may not create backups.velero.io in velero" in blocked(w)


def test_where_backups_may_not_be_read_no_snapshot_is_taken_in_their_place() -> None:
    w = Velero(denied=["backups.velero.io"])
    page = w.create(**SHOP)
    assert "the runner may not list backups" in page.title
    assert 'resources: ["backups"]' in text(page)
    assert w.cluster.store.find(k.SNAPSHOT) == []


def test_what_the_api_server_refuses_is_said_with_its_words() -> None:
    w = Velero()
    w.cluster.refuse = lambda _: Refused(
        "admission webhook denied it: no backups on Sundays", "Ask the webhook's owner."
    )
    said = blocked(w)
    assert "no backups on Sundays" in said
    assert "*Do this:* Ask the webhook's owner." in said
    w.cluster.refuse = lambda _: NotAllowed("cannot create backups", "Allow it:\nkubectl apply")
    assert "```kubectl apply```" in blocked(w)


def test_a_claim_without_a_snapshot_class_would_not_be_saved_and_the_others_are() -> None:
    w = Velero()
    w.b.bound("shop", "nfs", "5Gi", "nfs", "nfs.csi.k8s.io")
    w.cluster.store.take(w.b.objects[-2:])
    page = w.create(**SHOP, dry_run=True)
    assert page.title == "Plan: back up 2 claims of namespace shop, at most 20.0 GiB; 1 claim would not be saved"
    assert "| shop/nfs | no snapshot class is for driver nfs.csi.k8s.io |" in text(page)


def test_when_no_claim_would_be_saved_nothing_is_made() -> None:
    w = Velero()
    w.cluster.store.delete(k.SNAPSHOT_CLASS, "csi", None)
    said = blocked(w)
    assert "no claim's data would be in it" in said
    assert "create a VolumeSnapshotClass for `ebs.csi.aws.com`" in said


@pytest.mark.parametrize("dry_run", [False, True], ids=["made", "dry run"])
def test_whether_the_claim_may_be_labelled_is_asked_before_anything_is_made(*, dry_run: bool) -> None:
    w = Velero()
    w.cluster.forbidden = frozenset([("patch", k.CLAIM.resource)])
    page = w.create(**SHOP, name="data", allow_label_patch=True, dry_run=dry_run)
    assert page.title == (
        "No backup of shop/data was made: the runner may not label claims in shop, which allow_label_patch asks for"
    )
    assert "python -m robusta_volumes._cli permissions -n shop --allow label | kubectl apply -f -" in text(page)
    assert w.backups() == []
    assert PICK not in w.cluster.get(k.CLAIM, "data", "shop")["metadata"].get("labels", {})


def test_a_webhook_that_refuses_is_named_in_the_title_and_its_words_are_quoted_below() -> None:
    w = Velero()
    words = 'admission webhook "policy.example" denied the request: <b>backups</b> only on *Sundays*, ask @here'
    w.cluster.refuse = lambda _: Refused(words, "ask its owner for an exception")
    page = w.create(**SHOP)
    assert page.title == (
        'No backup of namespace shop was made: admission webhook "policy.example" of this cluster refuses it'
    )
    assert "Sundays" not in page.title
    assert 'It says: "' in text(page)
    assert "Sundays" in text(page)


# --- claims that opted out


def opt_out(w: Velero, name: str = "files", reason: str = "can be rebuilt") -> None:
    notes = {BACKUP_CHOICE: "false", **({BACKUP_REASON: reason} if reason else {})}
    w.cluster.store.patch(k.CLAIM, name, "shop", {"metadata": {"annotations": notes}})


def test_of_many_those_that_opted_out_are_left_out_and_named_with_their_reason() -> None:
    w = Velero()
    opt_out(w)
    page = w.create(**SHOP)
    assert page.title == "Backup of namespace shop is done: data of 1 of 1 claim in it"
    assert "• Left out, since opted out by annotation: shop/files (can be rebuilt)." in text(page)
    assert (
        "it saves shop/files all the same; the label `velero.io/exclude-from-backup=true` keeps a claim out."
        in text(page)
    )
    assert "Also in it" not in text(page)


def test_what_velero_does_not_catch_of_them_is_not_said_to_be_saved() -> None:
    w = Velero()
    opt_out(w, reason="")
    w.cluster.store.patch(k.CLAIM, "files", "shop", {"metadata": {"labels": {"velero.io/exclude-from-backup": "true"}}})
    page = w.create(**SHOP)
    assert "• Left out, since opted out by annotation: shop/files (no reason is given)." in text(page)
    assert "all the same" not in text(page)


def test_one_that_is_named_is_saved_and_its_page_says_that_it_had_opted_out() -> None:
    w = Velero()
    opt_out(w)
    page = w.create(**SHOP, name="files")
    assert page.title == "Backup of shop/files is done: data of 1 of 1 claim in it"
    said = (
        "It has opted out of backups by its annotation (can be rebuilt); since it was named, it is saved all the same."
    )
    assert said in text(page)
    assert said in text(w.create(**SHOP, name="files", dry_run=True))


def test_when_all_opted_out_nothing_is_made_and_that_is_why() -> None:
    w = Velero()
    opt_out(w)
    opt_out(w, "data")
    page = w.create(**SHOP)
    assert page.title == "No Bound claim that has not opted out in namespace shop: nothing was made"
    assert "shop/data (can be rebuilt)" in text(page)
    assert w.backups() == []


@pytest.mark.parametrize("named", [False, True], ids=["of the namespace", "named"])
def test_snapshots_in_their_place_leave_them_out_too(*, named: bool) -> None:
    w = Velero(installed=False)
    opt_out(w)
    page = w.create(namespace="shop", name="files" if named else "")
    taken = [o["spec"]["source"]["persistentVolumeClaimName"] for o in w.cluster.store.find(k.SNAPSHOT)]
    assert taken == (["files"] if named else ["data"])
    assert ("It has opted out of backups" if named else "Left out, since opted out by annotation") in text(page)


# --- without Velero


@pytest.mark.parametrize(
    ("world", "wanted", "why"),
    [
        ({"installed": False, "absent": ["backups.velero.io"]}, {}, "Velero is not installed here"),
        ({}, {"engine": "csi"}, "`engine: csi` is set"),
    ],
    ids=["no Velero", "engine csi"],
)
def test_snapshots_are_taken_instead_and_called_what_they_are(world: Any, wanted: Any, why: str) -> None:
    w = Velero(**world)
    page = w.create(settings(**wanted), **SHOP)
    assert len(w.cluster.store.find(k.SNAPSHOT)) == 2
    assert f"{why}, so this is about snapshots. A snapshot on the same storage is not a backup" in text(page)


# --- what is asked


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "action param name is needed, or a namespace, or a selector"),
        ({"name": "data"}, "action param namespace is needed"),
        ({"namespace": "shop", "allow_label_patch": True}, "action param allow_label_patch is for one claim"),
        ({"selector": "level>1"}, "action param selector 'level>1'"),
    ],
    ids=["nothing", "no namespace", "label of many", "selector"],
)
def test_what_is_missing_is_said(asked: Any, says: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        Velero().create(**asked)
    assert str(wrong.value).startswith(says)


def test_the_system_and_robusta_are_left_out_unless_they_are_named() -> None:
    w = Velero(claims=("shop/data", "kube-system/etcd", f"{HOME}/prometheus", "robusta-volumes-verify/tested"))
    for name in ("data", "etcd", "prometheus", "tested"):
        for o in w.cluster.store.find(k.CLAIM, fields=f"metadata.name={name}"):
            w.cluster.store.patch(k.CLAIM, name, o["metadata"]["namespace"], {"metadata": {"labels": {"app": "x"}}})
    page = w.create(selector="app=x")
    assert page.title == "Backup of the cluster, app=x is done: data of 1 of 1 claim in it"
    (made,) = w.backups()
    assert made["spec"]["excludedNamespaces"] == ["kube-system", HOME, "robusta-volumes-verify"]


def test_a_claim_that_is_not_there_is_looked_for_by_its_nearest_name() -> None:
    assert "shop/dato" in Velero().create(**SHOP, name="dato").title
    assert Velero().create(namespace="empty").title == "No Bound claim in namespace empty: nothing was made"
