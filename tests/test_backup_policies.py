"""Volume policies: a ConfigMap of Velero's decides which claims are skipped, and how the data of the others is saved."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from backup_objects import World, settings
from robusta_volumes._analysis.backup_scope import caught
from robusta_volumes._cluster.backups import backups_of
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.read_policies import read_policy
from robusta_volumes._model.target import Target
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._workflows.volume_backup_management import volume_backup_management

NAMED = {"resourcePolicy": {"kind": "configmap", "name": "no-caches"}}
CONFIG_MAPS = "configmaps"


def rule(action: str = "skip", **conditions: Any) -> dict[str, Any]:
    return {"conditions": conditions, "action": {"type": action}}


def policy(*rules: dict[str, Any], **more: Any) -> str:
    return yaml.safe_dump({"version": "v1", "volumePolicies": list(rules), **more})


def with_policy(world: World, text: str, name: str = "no-caches", **data: str) -> World:
    """Add the ConfigMap that backups name."""
    world.b.add("ConfigMap", name, "velero", api="v1", data={"policy.yaml": text, **data})
    return world


def decided(text: str, *, nfs: bool = False, pods: int = 0, **spec: Any) -> str:
    """Give how a claim of the shop would be saved under a policy, or why not; "?" before what nobody can tell."""
    world = with_policy(World("other"), text)
    (world.plain_volume if nfs else world.claim)("orders")
    for number in range(pods):
        world.b.pod("shop", f"orders-{number}", ["orders"], node="n1")
    world.schedule(template={**NAMED, "snapshotMoveData": False, **spec})
    see = gather(world.cluster)
    (schedule,) = backups_of(world.cluster, settings()).schedules
    found = caught(schedule.scope, see.claim["shop", "orders"], see)
    return f"? {found.why}" if found.unknown else found.method or found.why


SKIPS = "the volume policy no-caches skips it"


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, SKIPS),
        ({"storageClass": ["gp2", "gp3"]}, SKIPS),
        ({"storageClass": ["gp2"]}, "snapshot"),
        ({"capacity": "10Gi,100Gi"}, SKIPS),
        ({"capacity": ",10Gi"}, SKIPS),
        ({"capacity": "11Gi,"}, "snapshot"),
        ({"capacity": "1Gi,5Gi"}, "snapshot"),
        ({"csi": {}}, SKIPS),
        ({"csi": {"driver": "ebs.csi.aws.com"}}, SKIPS),
        ({"csi": {"driver": "efs.csi.aws.com"}}, "snapshot"),
        ({"nfs": {}}, "snapshot"),
        ({"volumeTypes": ["csi"]}, SKIPS),
        ({"volumeTypes": ["nfs", "local"]}, "snapshot"),
        ({"pvcLabels": {"app": "orders"}}, SKIPS),
        ({"pvcLabels": {"app": "orders", "tier": "db"}}, "snapshot"),
        ({"pvcPhase": ["Bound"]}, SKIPS),
        ({"pvcPhase": ["Pending", "Lost"]}, "snapshot"),
        ({"pvcVolumeMode": "Block"}, "snapshot"),
        ({"pvcAccessModes": ["ReadWriteOnce"]}, SKIPS),
        ({"pvcAccessModes": ["ReadWriteOnce", "ReadOnlyMany"]}, "snapshot"),  # exactly these, not one of them
        ({"storageClass": ["gp3"], "pvcLabels": {"app": "web"}}, "snapshot"),  # all must hold
    ],
)
def test_a_policy_fits_when_all_of_its_conditions_hold(conditions: dict[str, Any], expected: str) -> None:
    assert decided(policy(rule(**conditions))) == expected


@pytest.mark.parametrize(
    ("place", "skipped"),
    [
        ({}, True),
        ({"server": "10.0.0.7"}, True),
        ({"server": "10.0.0.8"}, False),
        ({"path": "/x"}, True),
        ({"server": "10.0.0.7", "path": "/y"}, False),
    ],
)
def test_an_nfs_volume_is_known_by_its_server_and_its_path(place: dict[str, str], skipped: bool) -> None:  # noqa: FBT001 (a row of the table)
    found = decided(policy(rule(nfs=place)), nfs=True)
    assert found == (SKIPS if skipped else "not a CSI volume (nfs), and file-system backup is off")


def test_the_first_policy_that_fits_counts() -> None:
    first, second = rule("snapshot", storageClass=["gp3"]), rule("skip", csi={})
    assert (decided(policy(first, second)), decided(policy(second, first))) == ("snapshot", SKIPS)


def test_snapshot_is_taken_though_snapshots_are_off_and_moved_when_the_backup_moves_data() -> None:
    text = policy(rule("snapshot"))
    assert decided(text, snapshotVolumes=False) == "snapshot"
    assert decided(text, snapshotMoveData=True) == "data mover"
    assert decided(text, pods=1, defaultVolumesToFsBackup=True) == "snapshot"


def test_files_are_read_through_a_pod_and_where_none_runs_no_snapshot_replaces_it() -> None:
    text = policy(rule("fs-backup"))
    assert decided(text, pods=1) == "file-system backup"
    assert decided(text) == "the volume policy no-caches has its files read, but no running pod mounts it"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            policy(rule(csi={"driver": "ebs.csi.aws.com", "volumeAttributes": {"type": "io2"}})),
            "? the volume policy no-caches asks for csi, which cannot be judged here",
        ),
        (policy(rule(nodeName="n1")), "? the volume policy no-caches asks for nodeName, which cannot be judged here"),
        (policy(rule(nodeName="n1", storageClass=["gp2"])), "snapshot"),  # whatever it means, it does not fit
        (
            policy(rule("custom")),
            "? the volume policy no-caches hands it to a plugin, which leaves no record that is known",
        ),
        (
            policy(includeExcludePolicy={"excludedNamespaceScopedResources": ["pvc"]}),
            "? the volume policy no-caches also chooses resources, which is not judged here",
        ),
        (
            policy(rule(capacity="much")),
            "? the volume policy no-caches asks for capacity, which cannot be judged here",
        ),
        (policy(rule("explode")), "? the volume policy no-caches decides, and it cannot be judged: one of its entries"),
        (policy(version="v2"), "? the volume policy no-caches decides, and it cannot be judged: its version is not v1"),
        ("{[", "? the volume policy no-caches decides, and it cannot be judged: it is no YAML"),
        ("- a", "? the volume policy no-caches decides, and it cannot be judged: its version is not v1"),
    ],
)
def test_what_cannot_be_judged_is_not_known(text: str, expected: str) -> None:
    assert decided(text).startswith(expected)


def test_a_configmap_with_two_keys_is_refused_by_velero_and_not_judged_here() -> None:
    world = with_policy(World("orders"), policy(rule()), more="x")
    assert read_policy("no-caches", world.b.objects[-1]).why == "it must have exactly one key"


def said(world: World, claim: str = "orders", **block: Any) -> str:
    found = world.judged(**block).of("shop", claim)
    assert found
    return f"{found.verdict.value}: {found.why}"


def test_a_claim_that_every_schedule_skips_is_left_out_and_missing_in_no_backup() -> None:
    world = with_policy(World("orders", "cache"), policy(rule(pvcLabels={"app": "cache"})))
    world.schedule(template=NAMED)
    world.backup(spec=NAMED)
    world.upload("orders")
    assert said(world, "cache") == "left out: skipped by the volume policy no-caches of schedule nightly"
    run = world.judged().backups[0]
    assert (run.covered, run.of, run.missing) == (1, 1, ())


def test_a_claim_that_another_schedule_is_to_save_is_not_left_out() -> None:
    world = with_policy(World("orders"), policy(rule()))
    world.schedule(template=NAMED)
    world.schedule("weekly", "0 2 * * 0")
    assert said(world) == "never: schedule `weekly` has saved nothing of it yet"


def test_a_claim_is_not_left_out_where_our_own_ticks_are_to_save_it() -> None:
    world = with_policy(World("orders"), policy(rule()))
    world.schedule(template=NAMED)
    assert said(world, mode="ticks").startswith("never: ")


def test_a_good_copy_counts_whatever_a_policy_says_now() -> None:
    world = with_policy(World("orders"), policy(rule()))
    world.schedule(template=NAMED)
    world.backup()
    world.upload("orders")
    assert said(world) == "fresh: "


def test_a_policy_that_is_gone_or_may_not_be_read_makes_a_claim_unknown_and_not_red() -> None:
    world = World("orders")
    world.schedule(template=NAMED)
    world.backup(spec=NAMED)
    decides = "the volume policy no-caches decides, and it cannot be judged"
    assert said(world) == f"unknown: schedule nightly: {decides}: it does not exist"
    world.denied = (CONFIG_MAPS,)
    assert said(world) == f"unknown: schedule nightly: {decides}: the runner may not read it"
    run = world.judged().backups[0]
    assert [(m.proof.value, m.why) for m in run.missing] == [("unknown", f"{decides}: the runner may not read it")]


def test_what_failed_under_a_policy_that_cannot_be_read_has_failed_all_the_same() -> None:
    world = World("orders")
    world.schedule(template=NAMED)
    world.backup(spec=NAMED)
    world.upload("orders", phase="Failed", status={"message": "no space left on device"})
    assert said(world).startswith("never: backup `nightly-1` (02:00 UTC, 10 h ago) has failed for it: no space left")


def test_the_report_gives_the_command_that_lets_a_policy_be_read() -> None:
    world = World("orders")
    world.schedule(template=NAMED)
    world.denied = (CONFIG_MAPS,)
    found = volume_backup_management(world.cluster, Target(), settings(), "robusta")
    page = to_markdown(found) if found else ""
    assert "the runner may not read no-caches, a volume policy of Velero, in namespace velero" in page
    assert "python -m robusta_volumes._cli permissions -n velero --allow backup-policies | kubectl apply -f -" in page


def test_where_no_backup_names_a_policy_none_is_asked_for() -> None:
    world = World("orders")
    world.schedule(template={"resourcePolicy": {"kind": "secret", "name": "x"}})
    cluster = world.cluster
    backups_of(cluster, settings())
    assert CONFIG_MAPS not in cluster.reads


def test_each_policy_is_read_once_however_many_backups_name_it() -> None:
    world = with_policy(World("orders"), policy(rule()))
    for night in range(5):
        world.backup(f"nightly-{night}", hours=10 + 24 * night, spec=NAMED)
    cluster = world.cluster
    backups_of(cluster, settings())
    assert cluster.reads.count(CONFIG_MAPS) == 1


def test_the_name_of_a_policy_cannot_break_out_of_the_sentence() -> None:
    world = World("orders")
    world.schedule(template={"resourcePolicy": {"kind": "configmap", "name": "<!channel> *x*"}})
    why = said(world)
    assert "<!channel>" not in why
    assert "*x*" not in why


_YAML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["version", "volumePolicies", "conditions", "action", "type", "capacity", "csi", "nfs", "pvcLabels", "driver",
         "storageClass", "volumeTypes", "pvcAccessModes", "volumeAttributes"]), inner, max_size=5),
    max_leaves=14,
)  # fmt: skip


@given(_YAML)
def test_whatever_stands_in_a_policy_it_is_read(text: Any) -> None:
    read_policy("p", {"data": {"k": yaml.safe_dump(text)}})
    read_policy("p", {"data": {"k": yaml.safe_dump({"version": "v1", "volumePolicies": [text]})}})
