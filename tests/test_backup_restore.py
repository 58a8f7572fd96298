"""A restore from a backup never goes over what is there, says what comes along, and believes the claim more than Velero."""

from typing import Any

import pytest

from restore_world import NOON, VeleroWorld, settings
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked_restores import RestoreBackup
from robusta_volumes._model.errors import SettingsError
from robusta_volumes._model.settings import overridden
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.volume_backups_restore import restore_volume_backup

LABELS = {"data": {"app": "pg"}, "uploads": {"app": "web"}}


def restore(w: VeleroWorld, **params: Any) -> Page:
    given = {"name": "data", "namespace": "shop", "into_namespace": "shop-restored", **params}
    return restore_volume_backup(w.cluster, overridden(RestoreBackup(), given), settings(), w.sleep)


def test_the_plan_comes_first_names_what_comes_along_and_makes_nothing() -> None:
    w = VeleroWorld()
    page = restore(w)
    assert page.title == "Plan: restore shop/data as of 02:00 UTC, 10 h ago into namespace shop-restored"
    text = to_markdown(page)
    assert "Claim shop/data is not touched." in text
    assert "1 other claim of shop comes along (uploads)" in text
    assert "| claim | none → shop-restored/data |" in text
    assert '"namespaceMapping": {"shop": "shop-restored"}' in text
    assert w.restores == []


def test_a_class_that_waits_for_a_pod_is_told_before_because_velero_gives_up_without_one() -> None:
    told = (
        "Its class waits for a pod: start one in shop-restored that uses the new claim. Velero moves the data only then"
    )
    assert told in to_markdown(restore(VeleroWorld()))
    assert told not in to_markdown(restore(VeleroWorld(), pods=True))


def test_and_again_while_nothing_moves() -> None:
    w = VeleroWorld(labels=LABELS)
    w.finish = lambda: w.restored("WaitingForPluginOperations", bound=False)
    page = restore(w, dry_run=False)
    assert page.title == "shop/data is being restored into namespace shop-restored"
    assert "start one in shop-restored that uses shop-restored/data; no byte moves before." in to_markdown(page)


def test_one_claim_is_picked_by_a_label_that_no_other_claim_has() -> None:
    w = VeleroWorld(labels=LABELS)
    w.finish = w.restored
    page = restore(w, dry_run=False)
    assert page.title == "Claim shop-restored/data holds the data of 02:00 UTC, 10 h ago"
    assert w.restores[0]["spec"]["labelSelector"] == {"matchLabels": {"app": "pg"}}
    assert [o["metadata"]["name"] for o in w.cluster.find(k.CLAIM, "shop-restored")] == ["data"]


def test_what_is_there_is_never_overwritten() -> None:
    w = VeleroWorld()
    page = restore(w, into_namespace="", dry_run=False)
    assert page.title == "shop/data was not restored: there is a claim shop/data already"
    assert "A restore never goes into a claim that is there" in to_markdown(page)
    assert w.restores == []


def test_a_claim_that_is_gone_comes_back_where_it_was() -> None:
    w = VeleroWorld(labels=LABELS)
    w.finish = w.restored
    gone = w.cluster.store.get(k.CLAIM, "data", "shop")
    w.cluster.store.delete(k.CLAIM, "data", "shop", uid=gone["metadata"]["uid"])
    page = restore(w, into_namespace="", dry_run=False)
    assert page.title == "Claim shop/data holds the data of 02:00 UTC, 10 h ago"
    assert "namespaceMapping" not in w.restores[0]["spec"]


def test_completed_without_the_claim_is_no_success() -> None:
    w = VeleroWorld(labels=LABELS)
    w.claims.pop("data")
    w.finish = w.restored
    page = restore(w, dry_run=False)
    assert page.title == "shop/data was not restored: Velero says Completed, and claim shop-restored/data is not there"
    assert page.failure
    assert "velero -n velero restore describe" in to_markdown(page)


def test_a_claim_whose_restore_failed_in_part_is_not_to_be_trusted() -> None:
    w = VeleroWorld(labels=LABELS)
    w.finish = lambda: w.restored("PartiallyFailed", errors=1, failureReason="data download failed: timeout")
    page = restore(w, dry_run=False)
    assert (
        page.title == "Claim shop-restored/data is there, but Velero says PartiallyFailed: its data may be incomplete"
    )
    assert 'It said "data download failed: timeout".' in to_markdown(page)


def test_asking_again_follows_the_same_restore() -> None:
    w = VeleroWorld(labels=LABELS)
    page = restore(w, dry_run=False)
    assert page.title == "shop/data is being restored into namespace shop-restored"
    assert "Velero has not looked at it yet: is it running?" in to_markdown(page)
    w.finish = w.restored
    again = restore(w, dry_run=False)
    assert again.title == "Claim shop-restored/data holds the data of 02:00 UTC, 10 h ago"
    assert len(w.restores) == 1


def test_a_second_restore_of_what_was_deleted_since_is_another_one() -> None:
    w = VeleroWorld(labels=LABELS)
    w.finish = w.restored
    restore(w, dry_run=False)
    made = w.cluster.store.get(k.CLAIM, "data", "shop-restored")
    w.cluster.store.delete(k.CLAIM, "data", "shop-restored", uid=made["metadata"]["uid"])
    page = restore(w, dry_run=False)
    assert page.title == "Claim shop-restored/data holds the data of 02:00 UTC, 10 h ago"
    assert len({o["metadata"]["name"] for o in w.restores}) == 2


def test_a_backup_without_the_data_is_not_restored_from() -> None:
    w = VeleroWorld()
    later = w.velero.backup(60, schedule="nightly")
    w.velero.upload(later, w.claims["data"], phase="Failed", message="no space left in bucket")
    page = restore(w, backup=later["metadata"]["name"])
    assert page.title == "shop/data was not restored: that backup does not hold its data"
    assert 'It said "no space left in bucket".' in to_markdown(page)
    assert "as of 02:00 UTC, 10 h ago" in restore(w).title  # without a name the newest good one counts


def test_a_location_that_cannot_be_reached_is_said_before() -> None:
    w = VeleroWorld()
    w.velero.location("default", phase="Unavailable", message="bucket is gone")
    page = restore(w)
    assert "storage location default cannot be reached" in page.title


def test_data_read_through_a_pod_is_restored_only_by_who_agrees_that_the_pod_starts() -> None:
    w = VeleroWorld()
    pod = w.b.pod("shop", "web-0", ["uploads"])
    later = w.velero.backup(60, schedule="nightly")
    w.velero.pod_volume(later, w.claims["uploads"], pod)
    page = restore(w, name="uploads")
    assert page.title == "shop/uploads was not restored: its pod would start, too"
    agreed = restore(w, name="uploads", pods=True, dry_run=False)
    assert "is being restored" in agreed.title
    assert "pods" in w.restores[0]["spec"]["includedResources"]


def test_a_claim_that_no_backup_holds_is_said_with_what_there_is() -> None:
    w = VeleroWorld()
    w.b.bound("shop", "cache", "1Gi", "gp3", "ebs.csi.aws.com")
    assert restore(w, name="cache").title == "shop/cache was not restored: no backup holds its data"
    assert "data" in to_markdown(restore(w, name="dat"))


def test_a_param_that_is_missing_is_named() -> None:
    with pytest.raises(SettingsError, match="namespace"):
        restore(VeleroWorld(), namespace="")


def test_without_velero_it_says_so() -> None:
    w = VeleroWorld()
    w.cluster.absent = frozenset({k.VELERO_BACKUP.resource, k.VELERO_UPLOAD.resource})
    with pytest.raises(Exception, match=r"does not serve|backups"):
        restore(w)
    assert w.cluster.now() == NOON
