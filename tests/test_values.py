"""Our values beside the user's own: merged as Helm does, put into the user's file, and checked."""

import difflib
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from robusta_volumes._cli.__main__ import app
from robusta_volumes._cli.permissions_rules import cluster_rules
from robusta_volumes._cli.values import values as command
from robusta_volumes._cli.values_chart import DEFAULT_LIGHT_ACTIONS
from robusta_volumes._cli.values_check import findings
from robusta_volumes._cli.values_merge import contains, load, merged
from robusta_volumes._cli.values_parts import block, light_actions, playbooks
from robusta_volumes._cli.values_place import below
from robusta_volumes._cli.values_tree import ValuesError, put
from robusta_volumes._model.settings import read_settings

ROOT = Path(__file__).resolve().parents[1]
FILES = ROOT / "helm-values"
STOCK = (ROOT / "tests" / "clusters" / "generated_values.yaml").read_text()
OURS = set(playbooks())
EXAMPLES = ("ebs", "gke", "aks", "rook-ceph", "longhorn")
CHART: dict[str, Any] = {
    "globalConfig": {"check_prometheus_flags": True, "signing_key": ""},
    "lightActions": list(DEFAULT_LIGHT_ACTIONS),
    "playbookRepos": {},
    "customPlaybooks": [],
    "namedCustomPlaybooks": {},
    "runner": {"customClusterRoleRules": [], "sendAdditionalTelemetry": False},
}


def as_helm(under: Any, over: Any) -> Any:
    """Merge two values as Helm does: maps deeply, null removes, everything else (lists, too) is replaced."""
    if not (isinstance(under, dict) and isinstance(over, dict)):
        return over
    merged = {**under, **{key: as_helm(under.get(key), value) for key, value in over.items()}}
    return {key: value for key, value in merged.items() if value is not None}


def installed(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the chart renders from, when these values are given in this order."""
    found: dict[str, Any] = reduce(as_helm, layers, CHART)
    return found


def ours(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FILES / f"{name}.yaml").read_text())
    return found


def rendered(values: Mapping[str, Any]) -> set[str]:
    """Name the playbooks that the chart renders: those of the map only when the list is not empty."""
    listed = values["customPlaybooks"]
    return {p["name"] for p in (*listed, *(values["namedCustomPlaybooks"].values() if listed else ()))}


def is_complete(values: Mapping[str, Any]) -> bool:
    block_is_there = below(values, "globalConfig", "workflows") is not None
    package = below(values, "playbookRepos", "robusta_volumes", "pip_install") is False
    settings = read_settings(below(values, "globalConfig", "workflows"))
    return block_is_there and package and not settings.problems and rendered(values) >= OURS


STOCK_WITHOUT_LISTS = {k: v for k, v in yaml.safe_load(STOCK).items() if k != "customPlaybooks"}


def test_two_files_give_the_same_in_both_orders_when_the_user_has_no_lists() -> None:
    mine = ours("robusta-volumes")
    for layers in ((STOCK_WITHOUT_LISTS, mine), (mine, STOCK_WITHOUT_LISTS)):
        values = installed(*layers)
        assert is_complete(values)
        assert values["globalConfig"]["signing_key"] == STOCK_WITHOUT_LISTS["globalConfig"]["signing_key"]
        assert len(values["runner"]["customClusterRoleRules"]) == len(cluster_rules())


def test_named_playbooks_and_a_users_list_live_together_in_both_orders() -> None:
    user, mine = yaml.safe_load(STOCK), ours("named-playbooks")
    for layers in ((user, mine), (mine, user)):
        values = installed(*layers)
        assert is_complete(values)
        assert rendered(values) == OURS | {"PodRestarts", "NodeSays"}


def test_named_playbooks_alone_start_nothing_which_the_file_says_and_the_check_finds() -> None:
    values = installed(STOCK_WITHOUT_LISTS, ours("named-playbooks"))
    assert rendered(values) == set()
    assert "only when the list customPlaybooks is NOT EMPTY" in (FILES / "named-playbooks.yaml").read_text()
    assert any("rendered by the chart only when customPlaybooks is not empty" in f.says for f in findings(values))


def test_a_list_of_the_user_is_replaced_by_a_second_file_but_not_by_the_merger() -> None:
    values = installed(yaml.safe_load(STOCK), ours("robusta-volumes"))
    assert rendered(values) == OURS  # so the file warns of it
    assert "REPLACES lists" in (FILES / "robusta-volumes.yaml").read_text()
    assert rendered(installed(load(merged(STOCK)))) == OURS | {"PodRestarts", "NodeSays"}


def test_set_changes_one_key_of_the_effective_block_and_none_through_the_one_at_the_top() -> None:
    path = {"persistentVolumeWorkflows": {"persistentVolumeActions": {"includeDetails": "false"}}}
    effective = installed(ours("robusta-volumes"), {"globalConfig": {"workflows": path}})
    assert read_settings(effective["globalConfig"]["workflows"]).persistent_volume_actions.include_details is False
    assert is_complete(effective)
    trap = installed(ours("robusta-volumes"), {"workflows": path})
    assert read_settings(trap["globalConfig"]["workflows"]).persistent_volume_actions.include_details is True
    assert any("`workflows` at the top differs from globalConfig.workflows" in f.says for f in findings(trap))


@pytest.mark.parametrize(
    ("name", "path"),
    [("argo-cd", ("spec", "source", "helm", "valuesObject")), ("flux", ("spec", "values"))],
)
def test_the_values_of_gitops_are_complete_and_have_no_anchors(name: str, path: tuple[str, ...]) -> None:
    values = installed(below(ours(name), *path))
    assert is_complete(values)
    assert "workflows" not in values
    assert len(values["runner"]["customClusterRoleRules"]) == len(cluster_rules())
    tokens = yaml.scan((FILES / f"{name}.yaml").read_text())
    assert not [t for t in tokens if isinstance(t, yaml.AnchorToken | yaml.AliasToken)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_changes_only_settings_that_exist(name: str) -> None:
    values = installed(ours("robusta-volumes"), ours(name))
    assert is_complete(values)
    assert set(ours(name)) == {"globalConfig"}
    before = read_settings(ours("robusta-volumes")["workflows"]).persistent_volume_actions
    assert read_settings(values["globalConfig"]["workflows"]).persistent_volume_actions != before


@pytest.mark.parametrize("name", ["read-only", "with-writing"])
def test_a_runner_that_only_reads_keeps_our_rules_where_the_chart_looks(name: str) -> None:
    values = installed(ours("robusta-volumes"), ours(name))
    override = values["runner"]["overrideClusterRoles"]
    assert [rule for rule in override if rule["verbs"] == ["get", "list"]] == [r.as_data for r in cluster_rules()]
    assert is_complete(values)


def test_the_block_at_the_top_holds_every_setting_with_its_default() -> None:
    values = ours("robusta-volumes")
    assert values["workflows"] == block() == values["globalConfig"]["workflows"]
    assert "workflows: &workflows\n" in (FILES / "robusta-volumes.yaml").read_text()


def test_the_file_names_the_charts_playbook_that_tells_the_same_and_the_values_in_it_end_that() -> None:
    text = (FILES / "robusta-volumes.yaml").read_text()
    assert "robusta_ui_sink only" in text
    (shown,) = re.findall(r"^#   disabledPlaybooks: .*\n(?:#   .*\n)+", text, re.MULTILINE)
    pasted = yaml.safe_load("\n".join(line.removeprefix("#   ") for line in shown.splitlines()))
    assert pasted["disabledPlaybooks"] == ["K8sWarningEventsReport"]
    values = complete("enablePlatformPlaybooks: true\nlightActions: null")
    assert [f.says[:15] for f in findings(values)] == ["playbook K8sWar"]
    values["customPlaybooks"] += pasted["customPlaybooks"]
    assert list(findings({**values, "disabledPlaybooks": pasted["disabledPlaybooks"]})) == []
    values["customPlaybooks"][-1]["triggers"] = [{"on_kubernetes_warning_event_create": {"exclude": ["FailedMount"]}}]
    (left,) = findings({**values, "disabledPlaybooks": pasted["disabledPlaybooks"]})
    assert "playbook WarningEventsExceptVolumes reports ProvisioningFailed" in left.says


def test_no_values_file_of_ours_lets_anybody_run_more_than_our_reports() -> None:
    for file in FILES.glob("*.yaml"):
        text = file.read_text()
        assert "\nlightActions:" not in text
        offered = re.findall(r"^# - (\w+)$", text, re.MULTILINE)
        assert set(offered) <= set(light_actions())
    assert re.findall(r"^# - (\w+)$", (FILES / "robusta-volumes.yaml").read_text(), re.MULTILINE) == [*light_actions()]


def test_merging_into_a_stock_file_only_adds_lines() -> None:
    new = merged(STOCK)
    changes = [line[0] for line in difflib.ndiff(STOCK.splitlines(), new.splitlines()) if line[0] in "-?"]
    assert changes == []
    assert is_complete(installed(load(new)))
    assert [f for f in findings(load(new)) if not f.is_warning] == []


def test_merging_twice_is_merging_once() -> None:
    assert merged(merged(STOCK)) == merged(STOCK)


AWKWARD = {
    "empty": "",
    "comments only": "# nothing yet\n",
    "no newline at the end": "clusterName: x",
    "empty values": "customPlaybooks: [] # none\nrunner: {}\nplaybookRepos:\nglobalConfig: # later\nclusterName: x\n",
    "null": "customPlaybooks: null\nrunner: ~\n",
    "flow style": "globalConfig: {account_id: x}\ncustomPlaybooks: [{name: a, triggers: [], actions: []}]\nrunner: {a: 1}\n",
    "JSON": '{"runner": {"customClusterRoleRules": [{"apiGroups": [""], "resources": ["a"],\n "verbs": []}]}}\n',
    "indented lists": "customPlaybooks:\n    - name: a\n      triggers: []\n    # the last\n\nrunner:\n    x: 1\n",
    "block text": "runner:\n  certificate: |\n    abc\n\n    def\n\n\nsinksConfig: []\n",
    "block text at the end": "globalConfig:\n  x: >-\n    folded\n    text",
    "anchor before a list": "customPlaybooks: &mine\n- name: a\n  actions: []\nnamedOther: *mine\n",
    "anchors": "workflows: &w\n  persistentVolumeWorkflows: {}\nglobalConfig:\n  workflows: *w\n",
    "windows": "clusterName: x # ours\r\nrunner:\r\n  a: 1\r\n",
    "byte order mark": "\ufeffclusterName: x\nrunner:\n  a: 1\n",
    "nothing inside flow style": "{globalConfig: {}, runner: null, customPlaybooks: [], b: {c: 1}}\n",
    "flow over lines": "runner: {\n  a: 1, # one\n}\nlightActions: [\n  a,\n  b,\n]\n",
    "override": "runner:\n  overrideClusterRoles:\n  - apiGroups: ['*']\n    resources: [nodes]\n    verbs: [get, list]\n",
    "quoted keys": "'globalConfig':\n  \"signing_key\": 'a: b # c'\n\"runner\": {'x': [1, 2]}\n",
}


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD.keys())
def test_however_a_file_is_written_nothing_is_lost_and_all_is_added_once(text: str) -> None:
    new = merged(text)
    assert contains(load(new), load(text))
    assert merged(new) == new
    assert rendered(installed(load(new))) >= OURS
    assert re.findall(r"#.*", text) == [c for c in re.findall(r"#.*", new) if c in re.findall(r"#.*", text)]
    assert new.count("\r\n") in {0, new.count("\n")}


def test_where_the_chart_ignores_custom_rules_ours_join_those_that_count() -> None:
    values = load(merged(AWKWARD["override"]))
    assert "customClusterRoleRules" not in values["runner"]
    rules = values["runner"]["overrideClusterRoles"]
    assert len(rules) == len(cluster_rules())  # one for nodes was there and suffices


def test_what_the_user_wrote_at_the_top_is_carried_to_where_it_counts() -> None:
    text = "workflows:\n  persistentVolumeWorkflows:\n    pvcSnapshots:\n      retentionDays: 7\n"
    values = load(merged(text))
    assert values["globalConfig"]["workflows"] == values["workflows"]
    assert read_settings(values["globalConfig"]["workflows"]).pvc_snapshots.retention_days == 7


def test_a_list_of_light_actions_gets_ours_and_none_is_made_where_there_is_none() -> None:
    assert load(merged("lightActions:\n- drain\n"))["lightActions"] == ["drain", *light_actions()]
    assert "lightActions" not in load(merged(STOCK))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "this is no YAML that can be read"),
        ("a: 1\n---\nb: 2\n", "several documents"),
        ("- a\n", "a mapping of keys"),
        ("base: &b {x: 1}\nrunner: *b\n", "runner is an alias"),
        ("base: &b {x: 1}\nrunner:\n  <<: *b\n", "runner takes keys from elsewhere"),
        ("customPlaybooks: none\n", "customPlaybooks is 'none': it should hold a block"),
    ],
)
def test_a_file_that_we_cannot_add_to_is_left_alone_with_a_reason(text: str, says: str) -> None:
    with pytest.raises(ValuesError, match=re.escape(says)):
        merged(text)


def test_text_with_comments_goes_in_as_it_is() -> None:
    assert put("a:\n- 1 # one\n# after\n", ["a"], [2], ["# two", "- 2"]) == "a:\n- 1 # one\n# two\n- 2\n# after\n"


def complete(change: str = "") -> dict[str, Any]:
    return installed(load(merged(STOCK)), yaml.safe_load(change) or {})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("globalConfig: {workflows: null}", "globalConfig.workflows is not there: the defaults hold"),
        ("playbookRepos: {robusta_volumes: null}", "playbookRepos.robusta_volumes is not there"),
        ("playbookRepos: {robusta_volumes: {pip_install: true}}", "pip_install must be false"),
        ("playbookRepos: {robusta_volumes: {url: null}}", "playbookRepos.robusta_volumes has no url"),
        ("customPlaybooks: []", "customPlaybooks lacks VolumeWarningEvents"),
        (
            "runner: {customClusterRoleRules: []}",
            "runner.customClusterRoleRules lacks storageclasses.storage.k8s.io (get",
        ),
        ("lightActions: [drain]", "lightActions lacks persistent_volume_actions"),
        ("workflows: {persistentVolumeWorkflows: {}}", "`workflows` at the top differs from globalConfig.workflows"),
        (
            "globalConfig: {workflows: {persistentVolumeWorkflows: {pvcSnapshots: {retentionDays: thirty}}}}",
            "globalConfig.workflows.persistentVolumeWorkflows.pvcSnapshots.retentionDays must be a whole number of days",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_named(change: str, says: str) -> None:
    failures = [f.says for f in findings(complete(change)) if not f.is_warning]
    assert any(says in one for one in failures), failures
    assert [f for f in findings(complete("lightActions: null")) if not f.is_warning] == []


def warnings(change: str) -> list[str]:
    return [f.says for f in findings(complete("lightActions: null\n" + change)) if f.is_warning]


def test_a_copied_list_of_light_actions_that_lacks_some_of_the_charts_is_warned_of() -> None:
    own = [name for name in DEFAULT_LIGHT_ACTIONS if name != "drain"]
    (warning,) = [
        f.says for f in findings(complete(f"lightActions: {[*own, *light_actions()]}")) if "replaces" in f.says
    ]
    assert "lacks drain of it" in warning


def test_a_list_of_light_actions_with_one_that_changes_something_is_wrong() -> None:
    listed = [*DEFAULT_LIGHT_ACTIONS, *light_actions(), "release_persistent_volume"]
    (wrong,) = [f for f in findings(complete(f"lightActions: {listed}")) if not f.is_warning]
    assert (
        "lightActions holds release_persistent_volume: whoever is signed in to the UI may change volumes" in wrong.says
    )


def test_the_charts_report_of_warning_events_is_warned_of_only_while_it_overlaps() -> None:
    (warning,) = warnings("enablePlatformPlaybooks: true")
    assert "playbook K8sWarningEventsReport reports ProvisioningFailed" in warning
    assert "two messages for one thing in robusta_ui_sink" in warning
    assert warnings("enablePlatformPlaybooks: false") == []
    assert warnings("disabledPlaybooks: [K8sWarningEventsReport]") == []


def test_a_source_that_can_be_down_is_warned_of() -> None:
    change = (
        "enablePlatformPlaybooks: false\nplaybookRepos: {robusta_volumes: {url: 'git+https://x', pip_install: null}}"
    )
    assert "cannot be reached at a restart, the runner stops" in warnings(change)[0]


@pytest.mark.parametrize(
    ("repo", "says"),
    [
        ("{url: 'https://git/x.git', pip_install: null}", "pip asks a package index for what it builds with"),
        ("{url: 'https://h/x.tar.gz', pip_install: null}", "pip asks a package index for what it builds with"),
        ("{url: 'file:///mounted', pip_install: null}", "when /mounted is not there at a restart, the runner stops"),
        ("{url: 'file:///mounted', pip_install: null}", "pip asks a package index for what it builds with"),
    ],
)
def test_what_can_stop_the_runner_at_a_restart_is_warned_of(repo: str, says: str) -> None:
    change = f"enablePlatformPlaybooks: false\nplaybookRepos: {{robusta_volumes: {repo}}}"
    assert [one for one in warnings(change) if says in one], warnings(change)
    built = change.replace("null}", "null, build_isolation: true}")
    assert ("package index" in says) is not any(says in one for one in warnings(built))


def test_a_second_file_that_replaced_the_url_of_git_is_suspected() -> None:
    git = yaml.safe_load(
        "playbookRepos: {robusta_volumes: {url: 'https://git/x.git', branch: v1, build_isolation: true}}"
    )
    values = installed(STOCK_WITHOUT_LISTS, git, ours("robusta-volumes"), {"enablePlatformPlaybooks": False})
    says = [f.says for f in findings(values) if f.is_warning]
    assert [one for one in says if "has branch, build_isolation, too: if a second values file replaced your url" in one]


def test_a_package_that_stands_in_the_image_is_no_source_that_can_be_down() -> None:
    assert warnings("enablePlatformPlaybooks: false") == []


def test_a_playbook_that_is_not_as_in_this_version_is_warned_of_unless_only_its_sinks_are_the_users() -> None:
    values = complete("enablePlatformPlaybooks: false\nlightActions: null")
    (report,) = (p for p in values["customPlaybooks"] if p["name"] == "VolumeReport")
    report["sinks"] = ["storage_channel"]
    assert list(findings(values)) == []
    report["triggers"] = [{"on_schedule": {"fixed_delay_repeat": {"repeat": -1, "seconds_delay": 6}}}]
    (found,) = findings(values)
    assert found.is_warning
    assert "VolumeReport differs from this version's (triggers)" in found.says
    named = complete("enablePlatformPlaybooks: false\nlightActions: null")
    named["namedCustomPlaybooks"] = {"VolumeReport": report}
    named["customPlaybooks"] = [p for p in named["customPlaybooks"] if p["name"] != "VolumeReport"]
    assert ["VolumeReport differs" in f.says for f in findings(named)] == [True]


def test_rules_that_the_stock_chart_grants_are_not_asked_for_again() -> None:
    page = (ROOT / "docs" / "install.md").read_text()
    (snippet,) = re.findall(r"^runner:\n  customClusterRoleRules:\n(?:  .*\n)+", page, re.MULTILINE)
    values = installed(load(merged(STOCK)), yaml.safe_load("lightActions: null\n" + snippet))
    assert [f.says for f in findings(values) if not f.is_warning] == []
    lacking = installed(values, yaml.safe_load("runner: {customClusterRoleRules: []}"))
    failures = " ".join(f.says for f in findings(lacking) if not f.is_warning)
    assert "lacks storageclasses.storage.k8s.io" in failures
    assert "lacks persistentvolumeclaims" not in failures


@pytest.mark.parametrize("own", ["customServiceAccount: mine", "createServiceAccount: false"])
def test_an_account_that_is_not_the_charts_gets_nothing_from_the_values_which_is_said(own: str) -> None:
    values = complete(
        f"enablePlatformPlaybooks: false\nlightActions: null\nrunner: {{{own}, customClusterRoleRules: []}}"
    )
    (found,) = findings(values)
    assert found.is_warning
    assert "python -m robusta_volumes._cli permissions" in found.says


def test_rules_that_the_chart_ignores_are_warned_of() -> None:
    change = "runner: {overrideClusterRoles: [{apiGroups: ['*'], resources: ['*'], verbs: [get, list]}]}"
    assert "runner.customClusterRoleRules is ignored" in warnings(change)[-1]


def test_the_command_shows_a_diff_and_writes_only_when_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "generated_values.yaml"
    file.write_text(STOCK)
    assert command(file, check=True) == 1
    assert "missing or wrong: customPlaybooks lacks VolumeReport" in capsys.readouterr().out
    assert command(file) == 0
    shown = capsys.readouterr()
    assert "+  robusta_volumes:\n" in shown.out
    assert "nothing was written" in shown.err
    assert file.read_text() == STOCK
    assert command(file, write=True) == 0
    assert file.read_text() == merged(STOCK)
    capsys.readouterr()
    assert command(file, write=True) == 0
    assert "everything is there already" in capsys.readouterr().err
    assert command(file, check=True) == 0


def test_what_is_to_be_written_is_written_also_when_nobody_reads_the_diff_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "generated_values.yaml"
    file.write_text(STOCK)
    reads, writes = os.pipe()
    os.close(reads)  # as `| head` does, once it has seen enough
    line = [sys.executable, "-m", "robusta_volumes._cli", "values", "--into", str(file), "--write"]
    subprocess.run(line, stdout=writes, stderr=subprocess.PIPE, check=False)
    os.close(writes)
    assert file.read_text() == merged(STOCK)


@pytest.mark.parametrize(
    ("name", "path"),
    [("argo-cd", ("spec", "source", "helm", "valuesObject")), ("flux", ("spec", "values"))],
)
def test_the_values_inside_an_argo_cd_or_flux_object_are_checked_and_added_to_where_they_stand(
    name: str, path: tuple[str, ...], tmp_path: Path
) -> None:
    file = FILES / f"{name}.yaml"
    assert command(file, check=True) == 0
    assert merged(file.read_text()) == file.read_text()
    lacking = tmp_path / "object.yaml"
    lacking.write_text("\n".join(line for line in file.read_text().splitlines() if "pip_install: false" not in line))
    assert command(lacking, check=True) == 1
    head = file.read_text()[: file.read_text().index("clusterName:")] + "clusterName: x\n"
    added = merged(head)
    assert set(load(added)) == {"apiVersion", "kind", "metadata", "spec"}
    assert is_complete(installed(below(load(added), *path)))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("kind: Application\nspec: {sources: [{chart: robusta}]}", "several sources"),
        ("kind: Application\nspec: {source: {helm: {values: 'a: 1'}}}", "valuesObject"),
        ("kind: HelmRelease\nspec: {values: [1]}", "should hold a block"),
    ],
)
def test_an_object_whose_values_cannot_be_seen_is_said_to_be_so(body: str, says: str) -> None:
    with pytest.raises(ValuesError, match=says):
        merged(body + "\n")


def test_the_installed_charts_own_lists_count_when_they_are_handed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chart = tmp_path / "chart.yaml"
    warns = {"name": "WarningsOfTomorrow", "triggers": [{"on_kubernetes_warning_event_create": {}}], "actions": []}
    chart.write_text(yaml.safe_dump({"lightActions": ["drain", "of_tomorrow"], "platformPlaybooks": [warns]}))
    mine = tmp_path / "values.yaml"
    mine.write_text(merged(f"enablePlatformPlaybooks: true\nlightActions: {['drain', *DEFAULT_LIGHT_ACTIONS]}\n"))
    assert command(mine, check=True) == 0
    assert "of_tomorrow" not in capsys.readouterr().out
    assert command(mine, check=True, chart=chart) == 0
    said = capsys.readouterr().out
    assert "lacks of_tomorrow of it" in said
    assert "WarningsOfTomorrow" in said
    assert "K8sWarningEventsReport" not in said
    chart.write_text("clusterName: x\n")
    assert command(mine, check=True, chart=chart) == 2
    assert "helm show values robusta/robusta" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(tmp_path / "no.yaml") == 2
    assert "No such file" in capsys.readouterr().err


def test_the_commands_are_there_by_their_names(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("clusterName: x\n")
    run = CliRunner().invoke
    assert run(app, ["values", "--into", str(file), "--check"]).exit_code == 1
    assert run(app, ["values", "--into", str(file), "--write"]).exit_code == 0
    assert run(app, ["values", "--into", str(file), "--check"]).exit_code == 0
    answer = run(app, ["permissions", "-n", "robusta", "--allow", "state,scheduler"])
    assert [o["kind"] for o in yaml.safe_load_all(answer.stdout)] == ["Role", "RoleBinding"]
    assert run(app, ["permissions", "--workflow", "nothing"]).exit_code == 2
    both = run(app, ["permissions", "-n", "shop", "--allow", "snapshots,restore"])
    role = next(yaml.safe_load_all(both.stdout))
    assert {(*rule["resources"], *rule["verbs"]) for rule in role["rules"]} == {
        ("volumesnapshots", "create", "delete"),
        ("persistentvolumeclaims", "create"),
    }


def test_without_the_extra_the_commands_say_what_to_install() -> None:
    bare = [sys.executable, "-S", "-m", "robusta_volumes._cli", "values"]  # -S: no package but the standard library
    env = {"PYTHONPATH": str(ROOT / "actions"), "PATH": os.environ["PATH"]}
    done = subprocess.run(bare, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("robusta-volumes: the command line needs typer, which is not installed here")
    assert "[cli]'" in done.stderr
    assert "Traceback" not in done.stderr
