"""A volume's policy is set, and a kept volume is given back: the plan, every reason against it, and what came of it."""

import json
import re
from datetime import datetime
from typing import Any

import pytest

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.asked import Release, SetPolicy, claim_key, policy
from robusta_volumes._model.errors import NotAllowed, SettingsError
from robusta_volumes._model.kind import CLAIM, VOLUME
from robusta_volumes._model.plan import Outcome
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.controllers import Controllers
from robusta_volumes._workflows.change_volume import release_volume, set_reclaim_policy

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
EBS = "ebs.csi.aws.com"
DEFAULTS = PersistentVolumeActions()
GONE = {"metadata": {"namespace": "shop", "name": "ledger", "uid": "gone"}}


def bound(**claim: Any) -> tuple[MemoryCluster, str]:
    """A claim with its volume, and the volume's name."""
    b = Builder(NOW)
    made = b.bound("shop", "files", "100Gi", "gp3", EBS, **claim)
    return MemoryCluster(b.objects, now=NOW), made["spec"]["volumeName"]


def kept(b: Builder | None = None, **volume: Any) -> MemoryCluster:
    """A Released volume pv-1 of the claim shop/ledger, which is gone."""
    b = b or Builder(NOW)
    source = {"csi": {"driver": EBS, "volumeHandle": "vol-1"}}
    given = {"owner": GONE, "policy": "Retain", "phase": "Released", **volume}
    b.volume("pv-1", "80Gi", "gp3", given.pop("source", source), **given)
    return MemoryCluster(b.objects, now=NOW)


def volume_of(on: MemoryCluster, name: str = "pv-1") -> dict[str, Any]:
    return on.store.get(VOLUME, name)


def give(on: MemoryCluster, controllers: Controllers | None = None, **more: Any) -> Page:
    """Give pv-1 back, in earnest unless told otherwise."""
    asked = Release(**{"name": "pv-1", "dry_run": False, **more})
    return release_volume(on, asked, DEFAULTS, lambda _: controllers.step() if controllers else None)


# --- the reclaim policy


def test_the_plan_for_retain_says_what_is_kept_and_paid() -> None:
    on, name = bound()
    page = to_markdown(set_reclaim_policy(on, SetPolicy(name, policy="Retain"), DEFAULTS))
    assert page.startswith(f"# Plan: set the reclaim policy of volume {name} to Retain (it is Delete)\n")
    assert "When claim shop/files is deleted, the data stays: volume and disk are kept, and paid" in page
    assert "| reclaim policy | Delete → Retain |" in page
    assert volume_of(on, name)["spec"]["persistentVolumeReclaimPolicy"] == "Delete"


def test_the_volume_may_be_named_by_its_claim() -> None:
    on, name = bound()
    page = set_reclaim_policy(on, SetPolicy("files", "shop", "Retain", dry_run=False), DEFAULTS)
    assert page.title == f"Volume {name} has reclaim policy Retain now"
    assert volume_of(on, name)["spec"]["persistentVolumeReclaimPolicy"] == "Retain"


def test_delete_comes_with_the_warning_that_it_destroys_data_with_the_claim() -> None:
    on, name = bound(policy="Retain")
    page = to_markdown(set_reclaim_policy(on, SetPolicy(name, policy="Delete"), DEFAULTS))
    assert "*This destroys data later:* when claim shop/files is deleted, its 100.0 GiB go with it, for ever." in page
    set_reclaim_policy(on, SetPolicy(name, policy="Delete", dry_run=False), DEFAULTS)
    assert volume_of(on, name)["spec"]["persistentVolumeReclaimPolicy"] == "Delete"


def test_a_policy_that_is_set_already_is_left_alone() -> None:
    on, name = bound()
    page = set_reclaim_policy(on, SetPolicy(name, policy="Delete", dry_run=False), DEFAULTS)
    assert page.title == f"Volume {name} has reclaim policy Delete already"


@pytest.mark.parametrize("phase", ["Released", "Failed"])
def test_delete_is_never_set_where_it_would_destroy_data_at_once(phase: str) -> None:
    on = kept(phase=phase)
    text = to_markdown(set_reclaim_policy(on, SetPolicy("pv-1", policy="Delete", dry_run=False), DEFAULTS))
    assert "its claim is gone, so Delete would destroy its data within seconds" in text
    assert "*(destroys data)*" in text
    assert volume_of(on)["spec"]["persistentVolumeReclaimPolicy"] == "Retain"


def test_nor_while_its_claim_is_being_deleted() -> None:
    on, name = bound(policy="Retain", metadata={"deletionTimestamp": "2026-11-23T11:59:00Z"})
    page = to_markdown(set_reclaim_policy(on, SetPolicy(name, policy="Delete", dry_run=False), DEFAULTS))
    assert "its claim is being deleted, so Delete would destroy its data within seconds" in page
    assert volume_of(on, name)["spec"]["persistentVolumeReclaimPolicy"] == "Retain"


def test_a_volume_that_nobody_deletes_would_become_failed() -> None:
    b = Builder(NOW)
    b.volume("nfs-1", "10Gi", "manual", {"nfs": {"server": "10.0.0.1", "path": "/a"}}, policy="Retain")
    page = to_markdown(
        set_reclaim_policy(MemoryCluster(b.objects, now=NOW), SetPolicy("nfs-1", policy="Delete"), DEFAULTS)
    )
    assert "Nobody deletes a nfs volume made by hand: it would become Failed" in page


def test_a_volume_from_git_is_to_be_changed_there_too() -> None:
    on, name = bound()
    on.store.patch(VOLUME, name, None, {"metadata": {"labels": {"argocd.argoproj.io/instance": "storage"}}})
    page = to_markdown(set_reclaim_policy(on, SetPolicy(name, policy="Retain"), DEFAULTS))
    assert "Argo CD application storage looks after it and may set it back" in page


def test_a_volume_or_claim_that_is_not_there() -> None:
    on, _ = bound()
    assert "Volume pv-9 does not exist" in set_reclaim_policy(on, SetPolicy("pv-9", policy="Retain"), DEFAULTS).title
    page = set_reclaim_policy(on, SetPolicy("filse", "shop", "Retain"), DEFAULTS)
    assert page.title == "Claim shop/filse does not exist"


def test_a_claim_that_has_no_volume_yet() -> None:
    b = Builder(NOW)
    b.claim("shop", "files", "1Gi", "gp3")
    with pytest.raises(SettingsError, match=r"names claim shop/files, which has no volume \(Pending\)"):
        set_reclaim_policy(MemoryCluster(b.objects, now=NOW), SetPolicy("files", "shop", "Retain"), DEFAULTS)


@pytest.mark.parametrize(("written", "read"), [("retain", "Retain"), (" Delete ", "Delete")])
def test_a_policy_is_known_however_it_is_written(written: str, read: str) -> None:
    assert policy(written) == read


@pytest.mark.parametrize("wrong", ["Recycle", "", None, "keep"])
def test_no_other_policy_can_be_set(wrong: object) -> None:
    with pytest.raises(ValueError, match="must be Retain or Delete"):
        policy(wrong)


# --- given back


def test_the_plan_takes_uid_and_version_from_the_claim_ref_and_nothing_else() -> None:
    on = kept()
    before = volume_of(on)
    page = to_markdown(give(on, dry_run=True))
    assert page.startswith("# Plan: give volume pv-1 back to claim shop/ledger\n")
    assert (
        "Only a claim shop/ledger can bind it then; clearing the whole claimRef would offer the data to anybody."
        in page
    )
    assert 'kubectl patch pv pv-1 --type merge -p \'{"spec":{"claimRef":{"uid":null,"resourceVersion":null}}}\'' in page
    assert "create it with storageClassName: gp3, at most 80Gi, RWO, volumeName: pv-1" in page
    assert volume_of(on) == before


def test_it_is_offered_to_that_claim_alone_and_binds_when_it_comes() -> None:
    on = kept()
    page = to_markdown(give(on, Controllers(on.store)))
    assert page.startswith("# Volume pv-1 is Available again, for claim shop/ledger alone\n")
    assert "*Do this:* create the claim; it binds at once:\n```echo '{" in page
    ref = volume_of(on)["spec"]["claimRef"]
    assert (ref["namespace"], ref["name"]) == ("shop", "ledger")
    assert not {"uid", "resourceVersion"} & set(ref)


def test_the_claim_that_is_proposed_binds_to_the_volume() -> None:
    on = kept()
    page = to_markdown(give(on, Controllers(on.store)))
    (proposed,) = re.findall(r"```echo '(.*)' \| kubectl apply -f -```", page)
    claim = on.store.create(json.loads(proposed) | {"status": {"phase": "Pending"}})
    assert claim["spec"]["volumeName"] == "pv-1"
    assert give(on, dry_run=True).title == "Volume pv-1 is offered to claim shop/ledger already"
    Controllers(on.store).step()
    assert volume_of(on)["status"]["phase"] == "Bound"


def test_a_claim_that_was_made_again_gets_its_data_back() -> None:
    b = Builder(NOW)
    b.claim("shop", "ledger", "80Gi", "gp3")
    on = kept(b)
    page = to_markdown(give(on, Controllers(on.store)))
    assert page.startswith("# Volume pv-1 is bound to claim shop/ledger\n")
    assert "| phase | Released → Bound |" in page
    assert on.store.get(CLAIM, "ledger", "shop")["spec"]["volumeName"] == "pv-1"


def test_another_claim_must_be_named_and_is_then_the_only_one() -> None:
    on = kept()
    page = to_markdown(give(on, claim=("archive", "old-ledger"), dry_run=True))
    assert page.startswith("# Plan: give volume pv-1 to claim archive/old-ledger\n")
    assert "This hands the data of shop/ledger to archive/old-ledger." in page
    assert "'claim': 'archive/old-ledger'" in page
    give(on, Controllers(on.store), claim=("archive", "old-ledger"))
    ref = volume_of(on)["spec"]["claimRef"]
    assert ref == {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": "archive", "name": "old-ledger"}


def test_a_claim_that_it_does_not_fit_would_stay_pending_and_the_plan_says_so() -> None:
    b = Builder(NOW)
    b.claim("shop", "ledger", "200Gi", "gp3")
    assert "It does not fit claim shop/ledger, which would stay Pending: it has 80.0 GiB of 200.0 GiB." in to_markdown(
        give(kept(b), dry_run=True)
    )


def test_what_is_offered_already_is_left_alone() -> None:
    on = kept()
    give(on, Controllers(on.store))
    assert give(on).title == "Volume pv-1 is offered to claim shop/ledger already"


def refused(on: MemoryCluster, **more: Any) -> str:
    """Ask for it in earnest, see that nothing changed, and give the page."""
    before = volume_of(on)
    page = give(on, **more)
    assert volume_of(on) == before
    text = to_markdown(page)
    assert page.title.startswith("Volume pv-1 was not given ")
    assert "Nothing was changed." in text
    assert "*Do this:*" in text
    return text


def test_not_while_its_claim_exists() -> None:
    b = Builder(NOW)
    b.claim("shop", "ledger", "80Gi", "gp3", phase="Bound", metadata={"uid": "gone"}, spec={"volumeName": "pv-1"})
    assert "its claim shop/ledger still exists (Bound)" in refused(kept(b))


@pytest.mark.parametrize("phase", ["Bound", "Available", "Pending"])
def test_not_while_it_is_anything_but_released_or_failed(phase: str) -> None:
    assert f"it is {phase}" in refused(kept(phase=phase))


def test_not_while_its_driver_may_delete_the_data() -> None:
    page = refused(kept(policy="Delete"))
    assert "its policy is Delete" in page
    assert "keep the data first, then try again:\n```kubectl patch pv pv-1" in page


def test_not_while_another_volume_lies_on_the_same_disk() -> None:
    b = Builder(NOW)
    b.volume("pv-2", "80Gi", "gp3", {"csi": {"driver": EBS, "volumeHandle": "vol-1"}})
    assert "pv-2 (Available) has the same backend" in refused(kept(b))


def test_not_to_a_claim_that_has_another_volume() -> None:
    b = Builder(NOW)
    b.bound("shop", "ledger", "80Gi", "gp3", EBS)
    assert "claim shop/ledger has volume pvc-" in refused(kept(b))


def test_not_when_it_cannot_be_seen_whether_the_claim_is_there() -> None:
    on = kept()
    on.denied = frozenset({"persistentvolumeclaims"})
    page = refused(on)
    assert "whether claim shop/ledger or shop/ledger is there cannot be seen" not in page
    assert "whether claim shop/ledger is there cannot be seen" in page
    assert 'resources: ["persistentvolumeclaims"]' in page


def test_a_failed_volume_can_be_given_back_too() -> None:
    on = kept(phase="Failed")
    assert give(on, Controllers(on.store)).title == "Volume pv-1 is Available again, for claim shop/ledger alone"


def test_when_no_controller_acts_that_is_said() -> None:
    assert give(kept()).title == "Volume pv-1 was offered to claim shop/ledger, and is still Released"


def test_a_missing_permission_gives_a_cluster_role_for_this_volume_alone() -> None:
    class Refusing(MemoryCluster):
        def carry_out(self, plan: Any) -> list[Outcome]:
            return [Outcome(step, error=NotAllowed("cannot patch persistentvolumes")) for step in plan]

    on = Refusing(kept().store.find(VOLUME), now=NOW)
    page = to_markdown(give(on))
    assert "kind: ClusterRole\n" in page
    assert 'resourceNames: ["pv-1"]' in page
    assert "on volume pv-1" in page


def test_a_volume_that_changed_meanwhile_is_left_alone() -> None:
    class Racing(MemoryCluster):
        def carry_out(self, plan: Any) -> list[Outcome]:
            self.store.patch(VOLUME, "pv-1", None, {"metadata": {"labels": {"touched": "yes"}}})
            return super().carry_out(plan)

    on = Racing(kept().store.find(VOLUME), now=NOW)
    assert "was not given back: Operation cannot be fulfilled" in give(on).title
    assert volume_of(on)["spec"]["claimRef"]["uid"] == "gone"


def test_a_claim_is_named_with_its_namespace() -> None:
    assert claim_key("shop/ledger") == ("shop", "ledger")
    for wrong in ("ledger", "shop/", "a/b/c", ""):
        with pytest.raises(ValueError, match="must be written namespace/name"):
            claim_key(wrong)
