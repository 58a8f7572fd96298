"""What the pages for people say is true: blocks work as written, links lead somewhere, names and commands exist."""

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from robusta_volumes._analysis.overlap import copied_playbook
from robusta_volumes._analysis.prune_plan import policy_of
from robusta_volumes._analysis.slots import next_slot
from robusta_volumes._cli.__main__ import app
from robusta_volumes._cli.reference_actions import ASKED
from robusta_volumes._cluster.gather import EVERYTHING
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.asked import CreateSnapshots, Expand, PruneSnapshots, RestoreSnapshot
from robusta_volumes._model.checks import limits
from robusta_volumes._model.kind import CONTROLLER_REVISION, SNAPSHOT
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.needs import NEEDS
from robusta_volumes._model.settings import (
    WORKFLOWS,
    PersistentVolumeActions,
    Settings,
    overridden,
    read_settings,
    snake,
)
from robusta_volumes._model.size import size
from robusta_volumes._model.target import Target
from robusta_volumes._model.times import UTC
from robusta_volumes._model.warnings import CHART_PLAYBOOK, CHART_SINK
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._rules.catalogue import RULES
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._sandbox.world import HELM_BLOCK
from robusta_volumes._workflows.expand_claim import expand_claim
from robusta_volumes._workflows.leftovers import MADE
from robusta_volumes._workflows.persistent_volume_actions import persistent_volume_actions

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "actions" / "robusta_volumes"
README, INSTALL, WORKFLOW = "README.md", "docs/install.md", "docs/persistent-volume-actions.md"
SNAPSHOTS = "docs/pvc-snapshots.md"
CONTENTS = "docs/volume-contents.md"
OF_PERFORMANCE = {"probe_volume_io", "benchmark_storage_class"}
GENERATED = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / "reference").glob("*.md"))
WRITTEN = [README, "CHANGELOG.md", "CONTRIBUTING.md"] + [
    path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").glob("*.md"))
]
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")
CLAIM = "PersistentVolumeClaim"
# What the stock chart's ClusterRole lets the runner get and list, of the kinds that we read.
BACKUP_TOOLS = [need.kind for need in NEEDS["volumeBackupManagement"] if need.without]
STOCK = {
    "": {"persistentvolumeclaims", "persistentvolumes", "nodes", "pods", "events", "namespaces"},
    "apps": {"deployments", "statefulsets", "daemonsets", "replicasets"},
    "batch": {"jobs", "cronjobs"},
}


def words(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def fences(page: str, language: str) -> list[str]:
    """Give the fenced blocks of a page in one language, as they are pasted: without the indent of a list."""
    found = []
    for indent, name, body in FENCE.findall(words(page)):
        if name == language:
            found.append("".join(line.removeprefix(indent) for line in body.splitlines(keepends=True)))
    return found


def yaml_blocks(page: str) -> list[dict[str, Any]]:
    """Give the mappings that a page shows; of lists to be put somewhere nothing can be asked by name."""
    documents = [one for body in fences(page, "yaml") for one in yaml.safe_load_all(body)]
    return [one for one in documents if isinstance(one, dict)]


def settings_blocks(page: str) -> list[Any]:
    blocks = [block.get("globalConfig") for block in yaml_blocks(page)]
    return [block["workflows"] for block in blocks if isinstance(block, dict) and "workflows" in block]


def prose(page: str) -> str:
    return FENCE.sub("", words(page))


def code(page: str) -> str:
    """Give everything on a page that is set as code: blocks, and what stands between backticks."""
    return "\n".join([*(body for _, _, body in FENCE.findall(words(page))), *re.findall(r"`([^`\n]+)`", prose(page))])


def anchors(page: str) -> set[str]:
    """Name the headings of a page as GitHub does in links."""
    titles = re.findall(r"^#+ +(.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def version() -> str:
    found = re.search(r'^version = "([^"]+)"$', words("pyproject.toml"), re.MULTILINE)
    assert found
    return found[1]


def registered() -> set[str]:
    """Name the functions that carry @action, without importing them."""
    modules = [path for path in PACKAGE.glob("*.py") if path.name != "__init__.py"]
    return {
        node.name
        for path in modules
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(one, ast.Name) and one.id == "action" for one in node.decorator_list)
    }


def known_params() -> set[str]:
    """Name what a run of persistent_volume_actions by hand takes: the target, and every setting."""
    tree = ast.parse((PACKAGE / "_host" / "params.py").read_text(encoding="utf-8"))
    target = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "TargetParams")
    named = {
        node.target.id for node in target.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    return named | set(PersistentVolumeActions.__dataclass_fields__)


# --- blocks to paste


def test_the_block_in_the_readme_is_the_one_that_was_promised() -> None:
    assert {"globalConfig": {"workflows": HELM_BLOCK}} in yaml_blocks(README)


@pytest.mark.parametrize("page", [*WRITTEN, *GENERATED])
def test_there_is_nothing_wrong_with_any_settings_that_are_shown(page: str) -> None:
    assert [read_settings(block).problems for block in settings_blocks(page) if read_settings(block).problems] == []


@pytest.mark.parametrize("page", [README, WORKFLOW, "docs/reference/settings.md"])
def test_the_defaults_on_a_page_that_says_so_are_the_defaults(page: str) -> None:
    assert [read_settings(block) for block in settings_blocks(page)] == [Settings()]


def test_the_example_of_thresholds_changes_what_it_names() -> None:
    (block,) = (block for block in yaml_blocks(WORKFLOW) if "limits" in block)
    assert limits(block["limits"]) == Limits(provisioning_minutes=15, waiting_claim_hours=72)
    assert (Limits().provisioning_minutes, Limits().waiting_claim_hours) == (5, 24)  # as the comments say


@pytest.mark.parametrize("page", [README, INSTALL])
def test_the_package_is_named_as_robusta_imports_it_and_the_tag_is_our_version(page: str) -> None:
    repos = [block["playbookRepos"] for block in yaml_blocks(page) if "playbookRepos" in block]
    assert {name for repo in repos for name in repo} == {"robusta_volumes"}
    ways = [repo["robusta_volumes"] for repo in repos]
    assert {"url": "file:///unused", "pip_install": False} in ways
    tags = [way["branch"] for way in ways if way["url"].endswith(".git")]
    assert tags == [f"v{version()}"]
    assert "stops the **whole** runner" in words(page) or "stops the whole runner" in words(page)


def test_file_names_and_image_tags_carry_our_version() -> None:
    text = "\n".join(words(page) for page in WRITTEN)
    assert set(re.findall(r"robusta_volumes-(\d[\d.]*\d)", text)) <= {version()}
    assert set(re.findall(r"robusta-runner-volumes:([\d.]*\d)", text)) == {version()}
    assert f"## {version()} " in words("CHANGELOG.md")


def test_the_permissions_only_read_and_together_with_the_stock_chart_cover_all_that_is_looked_at() -> None:
    (rules,) = (
        runner["customClusterRoleRules"]
        for block in yaml_blocks(INSTALL)
        if "customClusterRoleRules" in (runner := block.get("runner", {}))
    )
    assert {tuple(rule["verbs"]) for rule in rules} == {("get", "list")}
    granted = {(group, name) for rule in rules for group in rule["apiGroups"] for name in rule["resources"]}
    stock = {(group, name) for group, names in STOCK.items() for name in names}
    looked_at = {(kind.group, kind.plural) for kind in (*EVERYTHING, *MADE, *BACKUP_TOOLS, CONTROLLER_REVISION)}
    looked_at -= {("", "configmaps")}  # our own by name
    assert looked_at - granted - stock == set()
    assert granted <= looked_at - stock


def test_the_page_about_the_installation_says_how_one_thing_makes_one_message() -> None:
    assert CHART_PLAYBOOK in code(INSTALL)
    assert CHART_SINK in code(INSTALL)
    comment = "\n".join(line.removeprefix("#   ") for line in words("helm-values/robusta-volumes.yaml").splitlines())
    assert copied_playbook() in comment + "\n"


@pytest.mark.parametrize("file", sorted((ROOT / "helm-values").iterdir()), ids=lambda path: path.name)
def test_each_values_file_is_found_from_the_page_about_the_installation(file: Path) -> None:
    assert f"../helm-values/{file.name}" in links(INSTALL)


def test_the_way_into_a_cluster_that_the_readme_shows_is_the_one_that_loses_no_list() -> None:
    shown = "\n".join(fences(README, "sh"))
    assert "values --into values.yaml --write" in shown
    assert "values --into values.yaml --check" in shown
    assert "-f playbooks/" not in shown


# --- names, commands, links


def test_each_page_that_is_written_by_hand_names_only_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", words("Makefile"), re.MULTILINE))
    named = {name for page in WRITTEN for name in re.findall(r"\bmake ([a-z]+)", code(page))}
    assert named >= {"demo", "test", "docs"}
    assert named - targets == set()


def test_whatever_is_shown_to_be_run_is_an_action_of_ours() -> None:
    text = "\n".join(code(page) for page in WRITTEN)
    shown = set(re.findall(r"playbooks trigger (?:--namespace \w+ )?(\w+)", text))
    shown |= set(re.findall(r'"action_name": "(\w+)"', text))
    assert shown >= {"persistent_volume_actions"}
    assert shown - registered() == set()


def test_every_command_of_ours_that_is_shown_is_one_that_we_have() -> None:
    lines = re.findall(r"-m robusta_volumes\._cli ([^#|\n]+)", "\n".join(code(page) for page in WRITTEN))
    assert len(lines) > 8
    run = CliRunner().invoke  # --help: it is read like any other line, and does nothing
    assert [line for line in lines if run(app, [*shlex.split(line), "--help"]).exit_code != 0] == []
    assert run(app, ["values", "--no-such-option", "--help"]).exit_code == 2


def test_every_param_that_is_shown_is_taken() -> None:
    lines = [
        line for body in fences(WORKFLOW, "sh") for line in body.splitlines() if "playbooks trigger persistent" in line
    ]
    rows = re.findall(r"^\| `([^`]+=[^`]+)` \|", words(WORKFLOW), re.MULTILINE)
    given = {name for text in (*lines, *rows) for name in re.findall(r"(?:^|[\s'])(\w+)=", text)}
    assert given >= {"name", "namespace", "kind", "selector", "include_details"}
    assert given - known_params() == set()


def shown_commands(page: str) -> list[tuple[str, dict[str, str]]]:
    """Give the actions that a page tells to run, each with its params."""
    found = re.findall(r"playbooks trigger (\w+)((?: \w+=[^\s`]+)*)", words(page))
    return [(action, dict(param.split("=", 1) for param in params.split())) for action, params in found]


@pytest.mark.parametrize(
    "action", ["pvc_snapshots", "create_pvc_snapshots", "prune_pvc_snapshots", "restore_pvc_snapshot"]
)
def test_every_param_that_the_page_about_snapshots_shows_is_taken_by_its_action(action: str) -> None:
    given = [params for name, params in shown_commands(SNAPSHOTS) if name == action]
    assert given
    for params in given:
        if action in ASKED:
            overridden(ASKED[action](), params)  # raises where a value cannot be read
            assert set(params) <= {field.name for field in fields(ASKED[action])}
        else:
            assert set(params) <= known_params()
    told = {name for name, _ in re.findall(r"`(\w+)=(\w+)`", words(SNAPSHOTS)) if name != "hold"}
    assert told <= {
        field.name for asked in (PruneSnapshots, CreateSnapshots, RestoreSnapshot) for field in fields(asked)
    }


def test_the_schedule_on_the_page_about_snapshots_is_nightly_and_keeps_thirty_days() -> None:
    (block,) = (block for block in settings_blocks(SNAPSHOTS) if "schedules" in str(block))
    wanted = read_settings(block).pvc_snapshots
    (schedule,) = wanted.schedules
    policy = policy_of(wanted, schedule)
    assert (policy.max_age, policy.min_good, policy.zone) == (timedelta(days=30), 1, "Europe/Paris")
    slot = next_slot(schedule.schedule, schedule.time_zone, datetime(2026, 11, 23, 12, tzinfo=UTC))
    assert slot == datetime(2026, 11, 24, 1, tzinfo=UTC)  # "the first snapshots come at 02:00", in winter
    assert [fnmatchcase(space, glob) for space, glob in zip(("shop", "team-a"), schedule.namespaces, strict=True)] == [
        True
    ] * 2


def test_the_command_on_the_page_about_snapshots_allows_what_the_schedule_needs() -> None:
    (line,) = (line for line in fences(SNAPSHOTS, "sh") if "-n shop -n team-a" in line)
    command = line.split("_cli ", 1)[1].split("|")[0].split()
    found = list(yaml.safe_load_all(CliRunner().invoke(app, command).stdout))
    roles = {o["metadata"]["namespace"]: o["rules"] for o in found if o["kind"] == "Role"}
    assert set(roles) == {"shop", "team-a"}
    (rule,) = roles["shop"]
    assert (rule["resources"], rule["verbs"]) == ([SNAPSHOT.plural], ["create", "delete"])


def test_what_kubectl_is_asked_on_the_page_about_snapshots_is_what_we_read() -> None:
    asked = re.findall(r"kubectl get (?:crd )?([\w.]+)", words(SNAPSHOTS))
    assert {name.partition(".")[0] for name in asked} <= {kind.plural for kind in EVERYTHING}
    assert len(asked) >= 2


def test_no_param_that_is_shown_for_the_command_line_has_a_second_equals_sign() -> None:
    """Robusta's command line splits at each of them and stops."""
    rows = re.findall(r"^\| `([^`]+=[^`]+)` \|", words(WORKFLOW), re.MULTILINE)
    parts = [part for row in rows for part in re.findall(r"'[^']*'|\S+", row)]
    assert [part for part in parts if part.count("=") != 1] == []


@pytest.mark.parametrize("key", WORKFLOWS)
def test_the_readme_says_of_a_workflow_whether_it_works(key: str) -> None:
    row = next(line for line in words(README).splitlines() if re.match(rf"\| \[?{key}\b", line))
    works = snake(key) in registered()
    assert row.endswith("| works |") is works, row


def test_every_rule_that_is_mentioned_exists() -> None:
    mentioned = {rule for page in WRITTEN for rule in re.findall(r"\b(?:PVC|PV|RS|AT|WA|SC|SF|US)-\d+\b", words(page))}
    assert mentioned
    assert mentioned - set(RULES) == set()


def links(page: str) -> Iterator[str]:
    return (link for link in LINK.findall(prose(page)) if not link.startswith(("https://", "http://")))


@pytest.mark.parametrize("page", WRITTEN)
def test_every_link_leads_to_a_file_or_a_heading_that_exists(page: str) -> None:
    broken = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        if not target.is_file() or (anchor and anchor not in anchors(target.relative_to(ROOT).as_posix())):
            broken.append(link)
    assert broken == []


def test_links_to_other_places_are_safe_and_go_where_people_expect() -> None:
    hosts = {host for page in WRITTEN for host in re.findall(r"\]\((\w+://[^/)]+)", words(page))}
    assert hosts <= {
        "https://docs.robusta.dev",
        "https://github.com",
        "https://keepachangelog.com",
        "https://velero.io",
    }


@pytest.mark.parametrize("picture", sorted((ROOT / "docs" / "images").iterdir()), ids=lambda path: path.name)
def test_a_picture_is_a_small_png_that_a_page_shows(picture: Path) -> None:
    assert picture.read_bytes().startswith(b"\x89PNG\r\n")
    assert picture.stat().st_size < 150_000
    assert any(picture.name in words(page) for page in WRITTEN)


def test_every_layer_has_its_row_in_the_table_of_who_may_import_whom() -> None:
    layers = {path.name for path in PACKAGE.iterdir() if path.name.startswith("_") and path.is_dir()}
    rows = set(re.findall(r"^\| `(_\w+)` \|", words("CONTRIBUTING.md"), re.MULTILINE))
    assert rows == layers - {"_data", "__pycache__"}


# --- what others say


@pytest.mark.parametrize(
    "line",
    [
        "importing actions from ",
        "Failed to add playbooks repo ",
        "not found. Will not be executed",
        "Error (re)loading playbooks/related resources, exiting.",
        "External action not found",
        "No default sinks defined",
        "error sending message to slack",
        "Failed to execute action ",
    ],
)
def test_the_lines_of_the_log_to_look_for_are_lines_that_robusta_writes(line: str) -> None:
    assert line in code(WORKFLOW)
    found = find_spec("robusta")
    assert found
    assert found.origin
    sources = Path(found.origin).parent.rglob("*.py")
    assert any(line in source.read_text(encoding="utf-8") for source in sources)


PLAYED = datetime(2026, 11, 23, 23, 50, 34, tzinfo=UTC)  # when the examples were taken from the demo


def said(text: str) -> list[str]:
    """Give the sentences and commands of a message, without marks of layout."""
    return [re.sub(r"[*`]|^# ", "", line).strip() for line in text.splitlines()]


@pytest.mark.parametrize(
    ("title", "target"),
    [
        ("Claim shop/cart-cache cannot bind", Target(CLAIM, "cart-cache", "shop")),
        ("Storage quota storage in namespace payments", Target("StatefulSet", "ledger", "payments")),
        ("Claim shop/uploads is Bound", Target(CLAIM, "uploads", "shop")),
        ("Claim shop/uplods does not exist", Target(CLAIM, "uplods", "shop")),
    ],
)
def test_an_example_reads_as_the_report_does_now(title: str, target: Target) -> None:
    objects, _ = shop(PLAYED)
    cluster = MemoryCluster(objects, name="shop-prod", now=PLAYED + timedelta(seconds=6))
    page = to_markdown(persistent_volume_actions(cluster, target, PersistentVolumeActions()), files=False)
    (example,) = (body for body in fences(WORKFLOW, "text") if body.splitlines()[1].startswith(title))
    lines = [line for line in example.splitlines()[1:] if not line.startswith(("Source: ", "●", "files: "))]
    headings = {"Facts", "Last storage events"}
    assert [line for line in said("\n".join(lines)) if line not in headings and line not in said(page)] == []


def test_the_example_of_a_plan_reads_as_the_plan_does_now() -> None:
    objects, _ = shop(PLAYED)
    asked = Expand("grafana", "monitoring", size("+50%"))
    page = expand_claim(MemoryCluster(objects, name="shop-prod", now=PLAYED), asked, PersistentVolumeActions())
    (example,) = (body for body in fences(WORKFLOW, "text") if "\nPlan: " in body)
    lines = [line for line in example.splitlines()[1:] if not line.startswith(("Source: ", "●"))]
    assert [line for line in said("\n".join(lines)) if line not in said(to_markdown(page))] == []


@pytest.mark.parametrize("page", [WORKFLOW, CONTENTS])
def test_every_param_of_a_change_that_is_shown_is_taken(page: str) -> None:
    shown = re.findall(r"playbooks trigger (\w+) ([^\n]*=[^\n]*)", code(page))
    changes = [(name, params) for name, params in shown if name in ASKED]
    of_this_page = {
        name
        for name in ASKED
        if "snapshot" not in name
        and "backup" not in name
        and name not in OF_PERFORMANCE
        and (name == "volume_contents") == (page == CONTENTS)
    }
    assert {name for name, _ in changes} == of_this_page
    for name, params in changes:
        assert set(re.findall(r"(\w+)=", params)) <= set(ASKED[name].__dataclass_fields__), name
