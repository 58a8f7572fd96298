"""What is asked for is what is needed: no more (each rule necessary), no less (the set sufficient), nothing that writes."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import ApiClient, Configuration
from typer.testing import CliRunner

from robusta_volumes._cli.__main__ import app
from robusta_volumes._cli.permissions import PLACE, permissions, permissions_page
from robusta_volumes._cli.permissions_rules import (
    GRANTS,
    READING,
    WIDE,
    cluster_rules,
    granted_rules,
    reading_rules,
    reads_only,
    volume_rules,
    writes,
)
from robusta_volumes._cli.values_parts import light_actions
from robusta_volumes._cli.values_writing import allowances, comment
from robusta_volumes._cluster.live import LiveCluster
from robusta_volumes._cluster.state import NAME as STATE
from robusta_volumes._cluster.state import State
from robusta_volumes._cluster.store import Store
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import CreateSnapshots, Expand
from robusta_volumes._model.checkup import Host
from robusta_volumes._model.errors import NotAllowed
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.needs import CHANGES, NEEDS, READ, Need
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.size import size
from robusta_volumes._model.snapshot_schedule import PvcSnapshots
from robusta_volumes._model.target import Target
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._sandbox.api_kinds import K8UP, VELERO, VOLSYNC
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.rbac import Access, Ask
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._workflows.expand_claim import expand_claim
from robusta_volumes._workflows.persistent_volume_actions import persistent_volume_actions
from robusta_volumes._workflows.pvc_snapshots_create import create_pvc_snapshots
from robusta_volumes._workflows.robusta_volumes_doctor import robusta_volumes_doctor

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = ROOT / "actions" / "robusta_volumes" / "_workflows"
OWN = {"verbs": ["get", "create", "patch"], "apiGroups": [""], "resources": ["configmaps"], "namespaces": ["robusta"]}
RULES = [rule.as_data for rule in cluster_rules()]
RESOURCES = [rule.kind.resource for rule in cluster_rules()]
# test_leftovers.py has what only leaving needs.
OF_THE_CLUSTER_REPORT = [rule.kind.resource for rule in cluster_rules(["persistentVolumeActions"])]
SNAPSHOTS_LATER: Mapping[str, tuple[Need, ...]] = {
    "pvcSnapshots": (
        Need(k.CLAIM, ("get", "list"), "which claims there are"),
        Need(k.SNAPSHOT, ("get", "list", "create", "delete"), "makes and prunes snapshots"),
    )
}


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    objects, _ = shop(datetime.now(UTC))
    with ApiServer(Store(objects), more=(*VELERO, *K8UP, *VOLSYNC)) as running:
        yield running


@pytest.fixture
def live(server: ApiServer) -> Iterator[LiveCluster]:
    server.access.rules = [*RULES, OWN]
    server.requests.clear()
    configuration = Configuration(host=server.url)
    configuration.api_key = {"authorization": f"Bearer {server.token}"}
    client = ApiClient(configuration)
    yield LiveCluster(client, "shop-prod")
    client.rest_client.pool_manager.clear()


def report(live: LiveCluster, target: Target | None = None, namespaces: tuple[str, ...] = ()) -> str:
    settings = PersistentVolumeActions(namespaces=namespaces)
    return to_markdown(persistent_volume_actions(live, target or Target(), settings))


def not_seen(page: str) -> set[str]:
    """Give the resources that a report says it could not look at."""
    return set(re.findall(r"(\w+): the runner may not list them", page))


def test_the_rules_suffice_for_the_report_of_the_whole_cluster(live: LiveCluster) -> None:
    page = report(live)
    assert "Not looked at" not in page
    assert "gp33" in page


def test_the_rules_suffice_for_a_namespace_and_for_one_object(server: ApiServer, live: LiveCluster) -> None:
    for target in (
        Target("Namespace", "shop", "shop"),
        Target("PersistentVolumeClaim", "cart-cache", "shop"),
        Target("PersistentVolumeClaim", "no-such-claim", "shop"),
    ):
        assert "Not looked at" not in report(live, target)
    assert {seen.status for seen in server.requests} <= {200, 404}


@pytest.mark.parametrize("resource", OF_THE_CLUSTER_REPORT)
def test_each_list_is_necessary_without_it_exactly_its_resource_is_not_seen(
    server: ApiServer, live: LiveCluster, resource: str
) -> None:
    server.access.rules = without("list", resource)
    page = report(live)
    plural, _, group = resource.partition(".")
    assert not_seen(page) == {plural}
    assert f'- apiGroups: ["{group}"]\n  resources: ["{plural}"]\n  verbs: ["get", "list"]' in page


def without(verb: str, resource: str) -> list[dict[str, Any]]:
    """Give our rules for the whole cluster, less one verb on one resource."""
    return [
        {**rule.as_data, "verbs": [v for v in rule.verbs if v != verb or rule.kind.resource != resource]}
        for rule in cluster_rules()
    ]


@pytest.mark.parametrize("resource", RESOURCES)
def test_each_get_is_necessary_without_it_the_doctor_cannot_tell_whether_the_kind_is_served(
    server: ApiServer, live: LiveCluster, resource: str
) -> None:
    def kinds_not_told() -> list[str]:
        page = to_markdown(robusta_volumes_doctor(live, Host(version="0.53.0"), None))
        return re.findall(r"^kinds,(\w+),unknown", page, re.MULTILINE)

    assert kinds_not_told() == []
    server.access.rules = [*without("get", resource), OWN]
    assert kinds_not_told() == [resource.partition(".")[0]]


@pytest.mark.parametrize("verb", OWN["verbs"])
def test_each_verb_on_our_own_memory_is_necessary(server: ApiServer, live: LiveCluster, verb: str) -> None:
    state = State(live, "robusta")

    def remember() -> None:
        if server.store.find(k.CONFIG_MAP, "robusta"):
            server.store.delete(k.CONFIG_MAP, STATE, "robusta")
        state.write("tick", {"slot": "x"})
        state.write("tick", {"slot": "y"})

    server.access.rules = [{**OWN, "verbs": [v for v in OWN["verbs"] if v != verb]}]
    with pytest.raises(NotAllowed) as refused:
        remember()
    assert f"cannot {verb} resource" in str(refused.value)
    server.access.rules = [OWN]
    remember()
    assert state.read("tick") == {"slot": "y"}


def test_without_the_rule_for_namespaces_a_misspelt_one_is_not_told_from_an_empty_one(
    server: ApiServer, live: LiveCluster
) -> None:
    target = Target("Namespace", "shopp", "shopp")
    assert "shop" in report(live, target).replace("shopp", "")
    server.access.rules = [rule for rule in RULES if rule["resources"] != ["namespaces"]]
    assert "shop" not in report(live, target).replace("shopp", "").replace("shop-prod", "")


def test_without_its_role_the_state_cannot_be_kept_and_with_it_it_can(server: ApiServer, live: LiveCluster) -> None:
    state = State(live, "robusta")
    server.access.rules = RULES
    with pytest.raises(NotAllowed):
        state.write("tick", {"slot": "x"})
    granted = [{**rule.as_data, "namespaces": ["robusta"]} for rule in granted_rules(["state"])]
    server.access.rules = [*RULES, *granted]
    state.write("tick", {"slot": "x"})
    state.write("tick", {"slot": "y"})
    assert state.read("tick") == {"slot": "y"}
    with pytest.raises(NotAllowed):
        State(live, "shop").write("tick", {"slot": "x"})


def test_no_cluster_rule_has_a_verb_beyond_reading() -> None:
    for rules in (cluster_rules(), cluster_rules(needs=SNAPSHOTS_LATER), reading_rules()):
        assert {verb for rule in rules for verb in rule.verbs} <= set(READING)


@pytest.mark.parametrize("file", sorted((ROOT / "helm-values").glob("*.yaml")), ids=lambda p: p.name)
def test_no_values_file_gives_the_whole_cluster_more_than_reading(file: Path) -> None:
    verbs = {verb for rule in _rules_in(yaml.safe_load(file.read_text())) for verb in rule["verbs"]}
    assert verbs <= set(READING)


def _rules_in(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        if "verbs" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _rules_in(one)


def test_what_a_later_workflow_writes_is_read_cluster_wide_and_written_by_nobody_unless_allowed() -> None:
    (claims, snapshots) = cluster_rules(needs=SNAPSHOTS_LATER)
    assert (claims.verbs, snapshots.verbs) == (("get", "list"), ("get", "list"))
    assert granted_rules(["state"], needs=SNAPSHOTS_LATER) == ()
    (rule,) = granted_rules(["later"], needs=SNAPSHOTS_LATER, grants={"later": (k.SNAPSHOT,)})
    assert rule.verbs == ("get", "list", "create", "delete")


def test_what_lies_in_no_namespace_is_never_written() -> None:
    needs = {"x": (Need(k.SNAPSHOT_CONTENT, ("patch",), "x"),)}
    with pytest.raises(ValueError, match="lie in no namespace: no Role can allow to write them"):
        granted_rules(["all"], needs=needs, grants={"all": (k.SNAPSHOT_CONTENT,)})


def test_everything_that_is_written_can_be_allowed_by_a_word_and_lies_in_a_namespace() -> None:
    written = [need for needs in NEEDS.values() for need in needs if writes(need)]
    assert written
    for need in written:
        assert need.kind.namespaced
        assert any(need.kind in kinds for kinds in GRANTS.values())


# --- what changes something: allowed by nobody but who asks for it


def test_growing_claims_is_allowed_in_the_namespaces_that_are_named() -> None:
    found = list(yaml.safe_load_all(permissions(namespaces=["shop", "db"], allow=["expand"])))
    assert [(o["kind"], o["metadata"]["namespace"]) for o in found if o["kind"] == "Role"] == [
        ("Role", "shop"),
        ("Role", "db"),
    ]
    assert {o["kind"] for o in found} == {"Role", "RoleBinding"}
    (rule,) = found[0]["rules"]
    assert rule == {"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["patch"]}


def test_the_one_rule_that_writes_beyond_a_namespace_is_patch_on_volumes() -> None:
    """Volumes lie in no namespace: no Role could allow it. Whatever else is written must lie in one."""
    assert WIDE == ("volumes",)
    wide = [change.need for change in CHANGES if not change.need.kind.namespaced]
    assert {(need.kind, need.verbs) for need in wide} == {(k.VOLUME, ("patch",))}
    (rule,) = volume_rules()
    assert rule.as_data == {"apiGroups": [""], "resources": ["persistentvolumes"], "verbs": ["patch"]}


def test_the_rule_on_volumes_comes_with_a_warning_and_can_be_held_to_some_by_name() -> None:
    everything = permissions(allow=["volumes"])
    assert everything.startswith("# CAUTION: this lets the runner change EVERY PersistentVolume of the cluster")
    (role, binding) = yaml.safe_load_all(permissions(allow=["volumes"], volumes=["pv-1", "pv-2"]))
    assert (role["kind"], binding["kind"]) == ("ClusterRole", "ClusterRoleBinding")
    assert role["rules"][0]["resourceNames"] == ["pv-1", "pv-2"]
    assert binding["roleRef"]["kind"] == "ClusterRole"
    assert "namespace" not in role["metadata"] | binding["metadata"]
    assert "CAUTION" not in permissions(allow=["volumes"], volumes=["pv-1"])


def test_both_together_are_a_cluster_role_and_a_role_that_do_not_mix() -> None:
    found = {o["kind"]: o for o in yaml.safe_load_all(permissions(namespaces=["shop"], allow=["volumes", "expand"]))}
    assert {kind: o["rules"][0]["resources"] for kind, o in found.items() if "rules" in o} == {
        "ClusterRole": ["persistentvolumes"],
        "Role": ["persistentvolumeclaims"],
    }


@pytest.mark.parametrize("file", sorted((ROOT / "helm-values").glob("*.yaml")), ids=lambda p: p.name)
def test_no_values_file_mentions_an_action_that_changes_something(file: Path) -> None:
    """But for the tick of the snapshots, which does nothing until somebody writes a schedule into the settings."""
    text = file.read_text()
    assert [change.action for change in CHANGES if change.action in text] in (
        [],
        [c.action for c in CHANGES if c.ticks],
    )


def test_each_word_that_allows_a_change_has_its_command_in_the_values_for_writing() -> None:
    text = (ROOT / "helm-values" / "with-writing.yaml").read_text()
    commands = re.findall(
        r"^#   python -m robusta_volumes\._cli (permissions .*) \| kubectl apply -f -$", text, re.MULTILINE
    )
    assert commands == [
        "permissions -n robusta --allow state,scheduler",
        "permissions -n shop --allow expand",
        "permissions --allow volumes --volume NAME",
        "permissions -n shop --allow snapshots",
        "permissions -n shop --allow hooks",
        "permissions -n shop --allow contents",
        "permissions -n shop --allow debug",
        "permissions -n shop --allow copies",
        "permissions -n shop --allow probe",
        "permissions -n monitoring --allow exporter",
        "permissions -n robusta --allow benchmark",
        "permissions -n shop --allow restore",
        "permissions -n velero --allow backup-restore",
        "permissions -n velero --allow backup-test",
        "permissions -n robusta-volumes-verify --allow test-namespace",
        "permissions -n shop --allow snapshot-test",
        "permissions -n velero --allow backups",
        "permissions -n shop --allow label",
    ]
    made = [o for line in commands for o in yaml.safe_load_all(CliRunner().invoke(app, line.split()).stdout)]
    allowed = {(r["resources"][0], verb) for o in made for r in o.get("rules", ()) for verb in r["verbs"]}
    assert {(c.need.kind.plural, verb) for c in CHANGES for verb in c.need.verbs} <= allowed
    (wide,) = [o for o in made if o["kind"] == "ClusterRole"]
    assert [(r["resources"], r["resourceNames"]) for r in wide["rules"]] == [(["persistentvolumes"], ["NAME"])]


def test_with_the_values_for_writing_claims_grow_in_the_namespace_that_was_allowed_and_nowhere_else() -> None:
    values = yaml.safe_load((ROOT / "helm-values" / "with-writing.yaml").read_text())
    role = next(yaml.safe_load_all(permissions(namespaces=["shop"], allow=["expand"])))
    granted = ({**rule, "namespaces": ["shop"]} for rule in role["rules"])
    access = Access(rules=[*values["runner"]["overrideClusterRoles"], *granted])
    asked = {place: access.allows(Ask("patch", "", "persistentvolumeclaims", place)) for place in ("shop", "db", None)}
    assert asked == {"shop": True, "db": False, None: False}
    assert not access.allows(Ask("patch", "", "persistentvolumes"))
    assert not access.allows(Ask("delete", "", "persistentvolumeclaims", "shop"))


def test_what_a_later_workflow_writes_gets_its_command_and_without_changes_there_is_none() -> None:
    later = {"pvcSnapshots": (Need(k.SNAPSHOT, (*READ, "create"), "takes snapshots", allow="snapshots"),)}
    (found,) = allowances((), later)
    assert comment([found]).splitlines() == [
        "# takes snapshots (in namespace shop):",
        "#   python -m robusta_volumes._cli permissions -n shop --allow snapshots | kubectl apply -f -",
    ]
    assert allowances((), {}) == ()


def test_no_reading_rule_and_no_role_for_the_state_holds_what_a_change_needs() -> None:
    for change in CHANGES:
        for rules in (cluster_rules(), reading_rules(), granted_rules(["state", "scheduler"])):
            assert not [r for r in rules if r.kind == change.need.kind and set(r.verbs) & set(change.need.verbs)]


def test_the_role_for_expand_is_necessary_and_suffices(server: ApiServer, live: LiveCluster) -> None:
    asked = Expand("first-grown", "monitoring", size("60Gi"), dry_run=False)
    b = Builder(datetime.now(UTC))
    for item in (b.bound("monitoring", "first-grown", "50Gi", "gp3", "ebs.csi.aws.com"), *b.objects[1:]):
        server.store.create(item)
    settings = PersistentVolumeActions(limits=Limits(resize_follow_seconds=0))
    page = to_markdown(expand_claim(live, asked, settings))
    assert "the runner may not do it" in page
    assert "\nkind: Role\n" in page
    role = next(yaml.safe_load_all(permissions(namespaces=["monitoring"], allow=["expand"])))
    server.access.rules = [*RULES, *({**rule, "namespaces": ["monitoring"]} for rule in role["rules"])]
    assert "was asked to grow to 60.0 GiB" in to_markdown(expand_claim(live, asked, settings))


def test_the_role_for_snapshots_is_necessary_and_suffices(server: ApiServer, live: LiveCluster) -> None:
    asked = CreateSnapshots("data-pg-0", "db", wait=0)
    page = to_markdown(create_pvc_snapshots(live, asked, PvcSnapshots()))
    command = "python -m robusta_volumes._cli permissions -n db --allow snapshots | kubectl apply -f -"
    assert command in page
    role = next(yaml.safe_load_all(permissions(namespaces=["db"], allow=["snapshots"])))
    (rule,) = role["rules"]
    assert rule == {"apiGroups": [k.SNAPSHOT.group], "resources": ["volumesnapshots"], "verbs": ["create", "delete"]}
    server.access.rules = [*RULES, {**rule, "namespaces": ["db"]}]
    before = len(server.store.find(k.SNAPSHOT, "db"))
    create_pvc_snapshots(live, asked, PvcSnapshots())
    assert len(server.store.find(k.SNAPSHOT, "db")) == before + 1


def test_only_what_a_workflow_needs_is_printed_for_it() -> None:
    for key in NEEDS:
        assert yaml.safe_load(permissions([key]))["runner"]["customClusterRoleRules"] == [
            rule.as_data for rule in cluster_rules([key])
        ]


def test_each_rule_says_which_feature_of_which_workflow_needs_it() -> None:
    text = permissions()
    for workflow, needs in NEEDS.items():
        for need in needs:
            assert need.own or f"# {need.feature} ({workflow})\n" in text


def test_roles_come_with_their_binding_one_pair_for_each_namespace() -> None:
    found = list(yaml.safe_load_all(permissions(namespaces=["shop", "db"])))
    assert [(o["kind"], o["metadata"]["namespace"]) for o in found] == [
        ("Role", "shop"),
        ("RoleBinding", "shop"),
        ("Role", "db"),
        ("RoleBinding", "db"),
    ]
    assert found[1]["roleRef"]["name"] == found[0]["metadata"]["name"] == "robusta-volumes-read"
    account = {"kind": "ServiceAccount", "name": "robusta-runner-service-account", "namespace": "robusta"}
    assert found[1]["subjects"] == [account]
    assert {r["resources"][0] for r in found[0]["rules"]} == {
        r.kind.plural for r in cluster_rules() if k.in_a_role(r.kind)
    }


def test_the_role_for_the_state_names_the_one_config_map() -> None:
    (role, _) = yaml.safe_load_all(permissions(namespaces=["robusta"], allow=["state"]))
    assert [(r["verbs"], r.get("resourceNames")) for r in role["rules"]] == [
        (["create"], None),
        (["get", "patch"], ["robusta-volumes-state"]),
    ]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"workflows": ["pvcSnapshot"]}, "there is no workflow pvcSnapshot; there are: persistentVolumeActions"),
        ({"allow": ["state"]}, "--allow wants a namespace"),
        ({"allow": ["expand"]}, "--allow wants a namespace"),
        ({"allow": ["volumes"], "namespaces": ["shop"]}, "--allow volumes knows no namespace"),
        ({"volumes": ["pv-1"]}, "--volume names what --allow volumes is held to"),
        (
            {"namespaces": ["shop"], "allow": ["everything"]},
            (
                "--allow everything is not known; known are: state, scheduler, expand, snapshots, hooks, contents, debug, "
                "copies, probe, exporter, benchmark, restore, backup-restore, backup-test, test-namespace, snapshot-test, "
                "backups, label, logs, backup-policies, backup-lists, volumes"
            ),
        ),
        ({"allow": ["snapshots"]}, "--allow wants a namespace"),
        ({"allow": ["restore"]}, "--allow wants a namespace"),
    ],
)
def test_what_cannot_be_allowed_is_said(given: Mapping[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        permissions(**given)


def test_with_roles_in_two_namespaces_what_is_lost_is_what_the_page_names(server: ApiServer, live: LiveCluster) -> None:
    server.access.rules = [{**rule.as_data, "namespaces": ["shop", "db"]} for rule in reading_rules()]
    page = report(live, namespaces=("shop", "db"))
    assert "namespaces shop, db (reading the whole cluster is not allowed)" in page
    lost = {rule.kind.plural for rule in cluster_rules() if not k.in_a_role(rule.kind)}
    assert not_seen(page) == lost
    written = permissions_page(ROOT)[PLACE].decode()
    section = written.split("## Some namespaces only")[1].split("## ")[0]
    assert lost == {name.split(".")[0] for name in re.findall(r"^\| `([\w.]+)`", section, re.MULTILINE)}


def test_the_page_names_each_resource_with_its_feature() -> None:
    page = permissions_page(ROOT)[PLACE].decode()
    for workflow, needs in NEEDS.items():
        assert all(f"{need.feature} ({workflow})" in page for need in needs if not need.own)
    assert permissions(namespaces=["robusta"], allow=["state", "scheduler"]) in page


def test_people_may_run_without_signature_what_only_reads() -> None:
    others = ("persistent_data_analysis", "volume_backup_management", "volume_performance_analysis")
    reports = ("persistent_volume_actions", "pvc_snapshots", *others)
    assert light_actions() == (*reports, "robusta_volumes_doctor")
    writing = light_actions({**NEEDS, **SNAPSHOTS_LATER})
    assert writing == (*(one for one in reports if one != "pvc_snapshots"), "robusta_volumes_doctor")
    assert {change.action for change in CHANGES}.isdisjoint(light_actions())


@pytest.mark.parametrize("verb", ["create", "update", "patch", "delete"])
def test_a_workflow_that_writes_anything_but_our_own_memory_does_not_only_read(verb: str) -> None:
    assert not reads_only([Need(k.SNAPSHOT, ("list", verb), "x")])
    assert not reads_only([Need(k.POD, (verb,), "x", own=True)])
    assert not reads_only([Need(k.CONFIG_MAP, (verb,), "x")])
    assert reads_only([Need(k.CONFIG_MAP, (verb,), "x", own=True)])


@pytest.mark.parametrize("action", light_actions())
def test_the_code_of_what_runs_without_signature_carries_nothing_out(action: str) -> None:
    ahead, seen = [action], set[str]()
    while ahead:
        module = ahead.pop()
        seen.add(module)
        tree = ast.parse((WORKFLOWS / f"{module}.py").read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("robusta_volumes._workflows."):
                ahead += [m for m in [str(node.module).rpartition(".")[2]] if m not in seen]
        named = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)} | set(_imported(tree))
        assert named.isdisjoint({"carry_out", "Create", "Patch", "Delete", "exec"}), module


def _imported(tree: ast.AST) -> Iterable[str]:
    return (a.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names)


def test_what_runs_without_signature_sends_nothing_but_reads_and_questions_about_itself(
    server: ApiServer, live: LiveCluster
) -> None:
    server.access.rules = Access().rules  # it might do everything, and does not
    for target in (Target(), Target("Namespace", "shop", "shop"), Target("PersistentVolumeClaim", "uploads", "shop")):
        report(live, target)
    robusta_volumes_doctor(live, Host(version="0.53.0"), None)
    sent = {
        (seen.method, seen.path.split("?")[0].rpartition("/")[2]) for seen in server.requests if seen.method != "GET"
    }
    assert sent == {("POST", "selfsubjectaccessreviews")}
    assert len(server.requests) > 50
