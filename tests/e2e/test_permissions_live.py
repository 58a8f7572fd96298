"""The real runner with exactly the rights that the chart gives it, with and without ours."""

import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from robusta_volumes._cli.permissions_rules import READING, cluster_rules, granted_rules
from robusta_volumes._cli.values_chart import RUNNER_READS
from robusta_volumes._cli.values_merge import load, merged
from robusta_volumes._cli.values_parts import light_actions
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import CONFIG_MAP
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.builder import as_forwarded
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._sandbox.runner import Runner, runner_config
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._sandbox.world import World, global_config
from worlds import PLAYBOOKS, RECORDED, WITHOUT_TICKS, next_message, title, words

ACTION = "persistent_volume_actions"
OURS = [rule.as_data for rule in cluster_rules()]
WRITING = ("delete", "patch", "update")


def rule(group: str, resources: str, verbs: tuple[str, ...], namespaces: tuple[str, ...] = ()) -> dict[str, Any]:
    bound = {"namespaces": list(namespaces)} if namespaces else {}
    return {"apiGroups": [group], "resources": resources.split(), "verbs": list(verbs), **bound}


# What the chart gives the runner as it comes, as far as storage and starting are concerned.
STOCK = [
    rule("apiextensions.k8s.io", "customresourcedefinitions", ("list", "get")),
    rule(
        "", "configmaps events namespaces persistentvolumes persistentvolumeclaims pods pods/status pods/log", READING
    ),
    rule("", "replicationcontrollers services serviceaccounts endpoints", READING),
    rule("", "nodes", (*READING, "patch")),
    rule("", "configmaps persistentvolumes persistentvolumeclaims pods pods/status pods/log", WRITING),
    rule("", "pods/eviction", ("create",)),
    rule("apps", "daemonsets deployments replicasets statefulsets", READING),
    rule("batch", "cronjobs jobs", (*READING, "patch", "delete")),
    rule("events.k8s.io", "events", ("get", "list")),
    rule("snapshot.storage.k8s.io", "volumesnapshots", (*READING, "create", "update")),
    rule("", "pods configmaps persistentvolumeclaims secrets", ("create",), ("robusta",)),
    rule("", "pods/exec", ("get", "create"), ("robusta",)),
]
READ_ONLY = [rule(group, " ".join(resources), READING) for group, resources in RUNNER_READS]


def server(rules: list[dict[str, Any]]) -> ApiServer:
    objects, _ = shop(datetime.now(UTC))
    return ApiServer(Store(objects), access=Access(rules=rules))


@pytest.fixture(scope="module")
def installed() -> Iterator[World]:
    """Install as a new user would: our parts merged into a stock file, and nothing allowed beyond what stands there."""
    values = load(merged((RECORDED / "generated_values.yaml").read_text()))
    rules = [*STOCK, *values["runner"]["customClusterRoleRules"]]
    ours = [p for p in values["customPlaybooks"] if p["name"] in {ours["name"] for ours in WITHOUT_TICKS}]
    workflows = values["globalConfig"]["workflows"]
    with World((), ours, server=server(rules), workflows=workflows, light_actions=light_actions()) as world:
        yield world


def test_with_the_charts_rules_and_ours_the_report_is_complete(installed: World) -> None:
    message = next_message(installed, lambda: installed.runner.trigger(ACTION))
    assert "Not looked at" not in words(message)
    assert "storage problems in the cluster" in title(message)
    refused = [seen for seen in installed.api.requests if seen.status == 403]
    assert [seen for seen in refused if "storage" in seen.path] == []


def test_the_first_workflow_fires_from_merged_values(installed: World) -> None:
    _, sent = shop(datetime.now(UTC))
    message = next_message(installed, lambda: installed.runner.send_event(as_forwarded(sent["class typo"])))
    assert 'storage class "gp33" does not exist' in title(message)


def test_with_the_charts_rules_alone_what_it_does_not_allow_is_named(installed: World) -> None:
    allowed, installed.api.access.rules = installed.api.access.rules, STOCK
    text = words(next_message(installed, lambda: installed.runner.trigger(ACTION)))
    installed.api.access.rules = allowed
    assert "Not looked at" in text
    for plural in ("storageclasses", "csinodes", "volumeattachments", "resourcequotas", "volumesnapshotclasses"):
        assert f"{plural}: the runner may not list them" in text
    assert "persistentvolumeclaims: the runner may not" not in text


def test_in_the_charts_read_only_mode_one_role_keeps_reports_and_memory() -> None:
    roles = [{**r.as_data, "namespaces": ["robusta"]} for r in granted_rules(["state", "scheduler"])]
    with World((), PLAYBOOKS, server=server([*READ_ONLY, *OURS, *roles])) as world:
        message = next_message(world, lambda: world.runner.trigger(ACTION))
        assert "Not looked at" not in words(message)
        world.slack.wait_for(2, 30)  # the schedule's first report
        kept = {item["metadata"]["name"] for item in world.api.store.find(CONFIG_MAP, "robusta")}
        assert kept == {"robusta-volumes-state", "scheduled-jobs"}


def test_in_the_charts_read_only_mode_without_that_role_the_runner_does_not_start() -> None:
    with tempfile.TemporaryDirectory() as folder, server([*READ_ONLY, *OURS]) as api:
        config = runner_config(PLAYBOOKS, global_config(), sinks=[])
        runner = Runner(Path(folder), config, api.kubeconfig(Path(folder) / "kubeconfig"))
        with pytest.raises(RuntimeError, match="cannot create resource"):
            runner.start()
