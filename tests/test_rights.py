"""What lifts a refusal: the ClusterRole only ever reads, and what is ours alone stays in one namespace."""

import re
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some
from kubernetes.client import ApiClient, Configuration

from robusta_volumes._analysis.checkup_rights import needs_of, permission
from robusta_volumes._cli.permissions_rules import GRANTS, cluster_rules, granted_rules, reading_rules, writes
from robusta_volumes._cluster.live import LiveCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._cluster.store import Store
from robusta_volumes._model import kind as k
from robusta_volumes._model.checkup import Host, Playbook, Status
from robusta_volumes._model.errors import NotAllowed
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.needs import CHANGES, NEEDS, Change, Need
from robusta_volumes._model.plan import Patch
from robusta_volumes._model.rights import READING, allowing, role_command
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.notices import error_page
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._sandbox.api_kinds import VELERO
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._workflows.robusta_volumes_doctor import robusta_volumes_doctor

ROOT = Path(__file__).resolve().parents[1]
CLUSTER_WIDE = [rule.as_data for rule in cluster_rules()]
STATE = [{**rule.as_data, "namespaces": ["robusta"]} for rule in granted_rules(["state"])]
VERBS = (*sorted(READING), "create", "update", "patch", "delete")
READY = Host(
    version="0.53.0",
    block_given=True,
    active=(Playbook(("persistent_volume_actions",), ("on_schedule",)),),
    light_actions=("persistent_volume_actions",),
    prometheus_url="http://prometheus:9090",
    signing_key=True,
)


class Prometheus:
    """A Prometheus that has everything."""

    def present(self, names: Collection[str]) -> set[str]:
        return set(names)


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    objects, _ = shop(datetime.now(UTC))
    with ApiServer(Store(objects), more=VELERO) as running:
        yield running


@pytest.fixture
def live(server: ApiServer) -> Iterator[LiveCluster]:
    configuration = Configuration(host=server.url)
    configuration.api_key = {"authorization": f"Bearer {server.token}"}
    client = ApiClient(configuration)
    yield LiveCluster(client, "shop-prod")
    client.rest_client.pool_manager.clear()


def examined(live: LiveCluster, host: Host = READY) -> Page:
    return robusta_volumes_doctor(live, host, Prometheus())


def run(text: str) -> list[dict[str, Any]]:
    """Run each command that a text tells to run, and give the rules of the Roles that it would apply."""
    granted = []
    for command in re.findall(r"python -m (robusta_volumes\._cli permissions .*) \| kubectl apply -f -", text):
        written = subprocess.run(
            [sys.executable, "-m", *command.split()], check=True, capture_output=True, text=True, cwd=ROOT / "actions"
        ).stdout
        for role in yaml.safe_load_all(written):
            space = [role["metadata"]["namespace"]]
            granted += [{**rule, "namespaces": space} for rule in role.get("rules", ())]
    return granted


def pasted(text: str) -> list[dict[str, Any]]:
    """Give the rules that a text tells to paste into the ClusterRole."""
    found: list[dict[str, Any]] = []
    for fence in re.findall(r"```\w*\n?(.*?)```", text, re.DOTALL):
        found += yaml.safe_load(fence) if fence.startswith("- apiGroups") else []
    return found


# --- the doctor


@pytest.mark.parametrize("verb", ["get", "create", "patch"])
def test_what_our_memory_lacks_is_given_by_a_role_and_the_printed_command_gives_it(
    server: ApiServer, live: LiveCluster, verb: str
) -> None:
    server.access.rules = [*CLUSTER_WIDE, *[{**r, "verbs": [v for v in r["verbs"] if v != verb]} for r in STATE]]
    page = to_markdown(examined(live))
    assert f"1 thing missing. First: persistentVolumeActions: configmaps in Robusta's namespace, may not {verb}" in page
    assert "permissions -n robusta --allow state | kubectl apply -f -" in page
    assert pasted(page) == []
    server.access.rules = [*CLUSTER_WIDE, *run(page)]
    assert examined(live).title == "robusta-volumes is ready: everything it needs is there"


def test_with_no_right_at_all_what_is_printed_gives_everything_and_the_cluster_role_reads_only(
    server: ApiServer, live: LiveCluster
) -> None:
    server.access.rules = []
    page = to_markdown(examined(live))
    rules = pasted(page)
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list"}
    assert ["configmaps"] not in [rule["resources"] for rule in rules]
    server.access.rules = [*rules, *run(page)]
    assert examined(live).title == "robusta-volumes is ready: everything it needs is there"


def test_another_release_in_another_namespace_gets_its_own_command() -> None:
    (need,) = {n for wanted in NEEDS.values() for n in wanted if n.own and writes(n)}
    host = Host(namespace="monitoring", account="bot-runner-service-account")
    found = permission("x", need, {"get": False}, host)
    assert found.command == (
        "python -m robusta_volumes._cli permissions -n monitoring --allow state"
        " --account bot-runner-service-account --home monitoring | kubectl apply -f -"
    )


@pytest.mark.parametrize("need", [need for _, need in needs_of(NEEDS)], ids=lambda n: n.kind.plural)
@given(refused=some.sets(some.sampled_from(VERBS), min_size=1))
def test_whatever_is_refused_no_writing_verb_and_nothing_of_our_own_namespace_goes_into_the_cluster_role(
    need: Need, refused: set[str]
) -> None:
    wanted = Need(need.kind, VERBS, need.feature, need.own, need.allow)
    found = permission("x", wanted, {verb: verb not in refused for verb in VERBS}, READY)
    rule = yaml.safe_load(found.rule)[0] if found.rule else None
    assert rule is None or (set(rule["verbs"]) <= READING and not need.own)
    assert found.rule or found.command or found.remedy


def test_what_a_workflow_may_write_in_some_namespaces_only_is_not_called_missing() -> None:
    snapshots = Need(k.SNAPSHOT, ("get", "list", "create", "delete"), "makes snapshots", allow="snapshots")
    reads = {"get": True, "list": True, "create": False, "delete": False}
    found = permission("pvcSnapshots", snapshots, reads, READY)
    assert (found.status, found.says) == (
        Status.UNKNOWN,
        "may not create, delete everywhere, which is right; where it may was not asked: makes snapshots",
    )
    assert found.remedy.endswith("permissions -n NAMESPACE --allow snapshots | kubectl apply -f -")


def test_a_need_of_two_workflows_is_asked_for_once_with_the_verbs_of_both() -> None:
    for (_, need), kind in [(pair, pair[1].kind) for pair in needs_of(NEEDS)]:
        alike = [n for wanted in NEEDS.values() for n in wanted if (n.kind, n.own) == (kind, need.own)]
        assert set(need.verbs) == {verb for one in alike for verb in one.verbs}


def test_everything_that_is_written_has_the_word_that_allows_it() -> None:
    for wanted in NEEDS.values():
        for need in wanted:
            assert bool(need.allow) == writes(need), need
            assert not need.allow or need.kind in GRANTS[need.allow]


# --- a runner that may look into some namespaces only


INSIDE = Host(**{**vars(READY), "namespaces": ("shop", "db")})


def roles(*namespaces: str) -> list[Mapping[str, Any]]:
    return [*[{**rule.as_data, "namespaces": list(namespaces)} for rule in reading_rules()], *STATE]


def test_with_roles_in_its_namespaces_the_doctor_is_content_and_names_what_no_role_can_give(
    server: ApiServer, live: LiveCluster
) -> None:
    server.access.rules = roles("shop", "db")
    found = examined(live, INSIDE)
    page = to_markdown(found)
    outside = sorted(rule.kind.resource for rule in cluster_rules() if not k.in_a_role(rule.kind))
    assert found.title == (
        f"robusta-volumes is ready in the namespaces that it may read ({len(outside)} kinds not seen)"
    )
    assert not found.noteworthy
    section = page.split("Not seen, because no Role can allow it:")[1].split("\n\n")[0]
    assert sorted(re.findall(r"\w+: ([\w.]+)\*", section)) == outside
    assert pasted(page) == []


def test_a_namespace_without_its_role_is_named_with_the_command_that_makes_it(
    server: ApiServer, live: LiveCluster
) -> None:
    server.access.rules = roles("shop")
    page = to_markdown(examined(live, INSIDE), files=False)
    assert "persistentvolumeclaims*: may not get, list in db: every report: claims" in page
    assert page.count("permissions -n db | kubectl apply -f -") == 1
    assert pasted(page) == []
    server.access.rules = [*roles("shop"), *run(page)]
    assert "is ready in the namespaces that it may read" in examined(live, INSIDE).title


def test_who_may_read_the_whole_cluster_is_asked_nothing_about_namespaces(server: ApiServer, live: LiveCluster) -> None:
    server.access.rules = [*CLUSTER_WIDE, *STATE]
    assert examined(live, INSIDE).title == "robusta-volumes is ready: everything it needs is there"


# --- errors


def test_when_the_memory_may_not_be_written_the_error_names_the_role(server: ApiServer, live: LiveCluster) -> None:
    server.access.rules = CLUSTER_WIDE
    with pytest.raises(NotAllowed) as caught:
        State(live, "robusta").write("tick", {"slot": "x"})
    page = to_markdown(error_page(caught.value, "Looking at the cluster", Subject("Cluster", "prod")))
    assert "Allow it in namespace robusta alone, by a Role:" in page
    assert "customClusterRoleRules" not in page
    server.access.rules = [*CLUSTER_WIDE, *run(page)]
    State(live, "robusta").write("tick", {"slot": "x"})


@given(kind=some.sampled_from(k.ALL_KINDS), verb=some.sampled_from(VERBS))
def test_no_refusal_of_any_kind_is_answered_with_a_writing_rule_for_the_cluster_role(kind: k.Kind, verb: str) -> None:
    told = allowing(kind, verb, "shop", "system:serviceaccount:robusta:runner")
    if "- apiGroups" in told:
        assert kind != k.CONFIG_MAP
        assert verb in READING
        assert set(yaml.safe_load(told)[0]["verbs"]) <= READING
    elif (kind, verb) == (k.VOLUME, "patch"):  # the one exception, for volumes that somebody names
        assert "Allow it for one that you name" in told
        assert "--allow volumes --account runner --volume NAME | kubectl" in told
    else:
        assert "by a Role" in told or "no Role can" in told


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: f"{c.action}-{c.need.kind.plural}-{c.need.allow}")
def test_a_refused_write_names_the_word_of_the_action_that_was_refused(change: Change) -> None:
    for verb in change.need.verbs:
        told = allowing(change.need.kind, verb, "shop", word=change.need.allow)
        assert f" --allow {change.need.allow} " in told
        assert told.count("--allow") == 1


@pytest.mark.parametrize("word", ["", "expand", "label"])
def test_the_step_says_which_word_lets_it_patch_a_claim(server: ApiServer, live: LiveCluster, word: str) -> None:
    server.access.rules = CLUSTER_WIDE
    claim = next(o for o in live.find(k.CLAIM, "shop"))["metadata"]["name"]
    (outcome,) = live.carry_out(
        [Patch(k.CLAIM, claim, "shop", {"metadata": {"labels": {"a": "b"}}}, "a test", allow=word)]
    )
    assert isinstance(outcome.error, NotAllowed)
    assert f"permissions -n shop --allow {word or 'expand'} " in outcome.error.remedy


def test_what_cannot_be_read_or_run_in_a_container_is_allowed_by_the_word_of_its_action(
    server: ApiServer, live: LiveCluster
) -> None:
    server.access.rules = CLUSTER_WIDE
    pod = next(o for o in live.find(k.POD, "shop"))["metadata"]["name"]
    for word in ("snapshot-test", "test-namespace", "contents"):
        with pytest.raises(NotAllowed) as caught:
            live.logs(Container("shop", pod, allow=word))
        assert f"permissions -n shop --allow {word} " in caught.value.remedy
    with pytest.raises(NotAllowed) as caught:
        live.execute(Container("shop", pod, allow="contents"), ["true"])
    assert "permissions -n shop --allow contents " in caught.value.remedy


def test_names_in_a_command_are_harmless() -> None:
    assert role_command(["a; rm -rf /"]) == (
        "python -m robusta_volumes._cli permissions -n 'a; rm -rf /' | kubectl apply -f -"
    )
