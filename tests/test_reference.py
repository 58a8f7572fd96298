"""The generated pages and copies say what the code says."""

import re
import shutil
from collections.abc import Iterable
from dataclasses import fields, replace
from functools import partial
from pathlib import Path

import pytest

from robusta_volumes._cli.reference import WRITERS, copies, find_root, main, stale, wanted
from robusta_volumes._cli.reference_markdown import fence, table
from robusta_volumes._cli.reference_rules import rules_page
from robusta_volumes._model.limits import limit_fields
from robusta_volumes._model.settings import WORKFLOWS, camel
from robusta_volumes._rules.catalogue import RULES
from robusta_volumes._rules.rule import Rule

ROOT = Path(__file__).resolve().parents[1]
RULES_PAGE, SETTINGS_PAGE = Path("docs/reference/rules.md"), Path("docs/reference/settings.md")
DATA = Path("actions/robusta_volumes/_data")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a project of its own, freshly written, with one playbook."""
    (tmp_path / "pyproject.toml").write_text('[tool.poetry]\nname = "robusta_volumes"\n')
    shutil.copytree(ROOT / "tests" / "rules", tmp_path / "tests" / "rules")
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "one.yaml").write_text("customPlaybooks: []\n")
    assert main([], tmp_path) == 0
    return tmp_path


def _sections(page: str) -> dict[str, str]:
    return {part.split("\n", 1)[0]: part for part in re.split(r"^## ", page, flags=re.MULTILINE)[1:]}


def _stale_with(root: Path, rules: Iterable[Rule]) -> set[Path]:
    return set(stale(root, wanted(root, (partial(rules_page, rules=tuple(rules)), *WRITERS[1:]))))


def test_the_generated_pages_and_copies_are_current() -> None:
    assert list(stale(ROOT, wanted(ROOT))) == [], "write them with `make docs`"


def test_every_rule_has_a_section_with_all_that_it_promises() -> None:
    sections = _sections((ROOT / RULES_PAGE).read_text())
    for rule in RULES.values():
        section = sections[rule.id]
        for part in (
            rule.title,
            rule.why,
            rule.fix,
            f"Severity: {rule.severity.word}",
            f"Looks at: {rule.on}",
            "Example:",
        ):
            assert part in section, f"{rule.id} lacks {part}"
        assert all(f"`{kind.resource}`" in section for kind in rule.needs)
        assert rule.why.endswith(".")


def test_the_example_is_the_story_of_the_case_file() -> None:
    section = _sections((ROOT / RULES_PAGE).read_text())["PVC-05"]
    assert '> Claim shop/fast-ssb-data cannot bind: storage class "fast-ssb" does not exist' in section
    assert "```sh\nkubectl -n shop get pvc fast-ssb-data -o yaml | sed " in section


def test_every_rule_can_be_reached_from_the_table_on_top() -> None:
    page = (ROOT / RULES_PAGE).read_text()
    assert re.findall(r"^\| \[(\S+)\]\(#(\S+)\)", page, flags=re.MULTILINE) == [(id_, id_.lower()) for id_ in RULES]


def test_every_threshold_stands_there_with_default_unit_and_reason() -> None:
    section = _sections((ROOT / RULES_PAGE).read_text())["Thresholds"]
    for one in limit_fields():
        row = f"| `{camel(one.name)}` | {one.default} | {one.metadata['unit']} | {one.metadata['why']} |"
        assert row in section


def test_every_setting_stands_there_with_its_param_and_reason() -> None:
    sections = _sections((ROOT / SETTINGS_PAGE).read_text())
    for key, kind in WORKFLOWS.items():
        for one in fields(kind):
            assert f"| `{camel(one.name)}` | `{one.name}` |" in sections[key]
            assert one.metadata["why"] in sections[key]


def test_a_fresh_project_passes_the_check(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["--check"], project) == 0
    assert capsys.readouterr() == ("", "")


def test_a_changed_rule_makes_its_page_stale(project: Path) -> None:
    changed = {**RULES, "PVC-05": replace(RULES["PVC-05"], fix="Ask somebody.")}
    assert _stale_with(project, RULES.values()) == set()
    assert _stale_with(project, changed.values()) == {RULES_PAGE}


def test_a_rule_that_goes_makes_its_page_stale(project: Path) -> None:
    assert _stale_with(project, list(RULES.values())[1:]) == {RULES_PAGE}


def test_a_rule_whose_story_does_not_fire_any_more_has_no_page(project: Path) -> None:
    silent = replace(RULES["PVC-05"], check=lambda *_: None)
    with pytest.raises(ValueError, match="PVC-05 does not fire in the story of its case file"):
        rules_page(project, [silent])


def test_the_check_names_what_is_stale_and_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = project / "tests" / "rules" / "PVC-05.yaml"
    case.write_text(case.read_text().replace("name: fast-ssb-data", "name: another-name"))
    before = (project / RULES_PAGE).read_bytes()
    capsys.readouterr()
    assert main(["--check"], project) == 1
    assert capsys.readouterr().err == "stale: docs/reference/rules.md; write it with `make docs`\n"
    assert (project / RULES_PAGE).read_bytes() == before


def test_playbooks_and_values_are_copied_into_the_package(project: Path) -> None:
    assert copies(project) == {DATA / "playbooks" / "one.yaml": b"customPlaybooks: []\n"}
    assert (project / DATA / "playbooks" / "one.yaml").read_text() == "customPlaybooks: []\n"


def test_a_copy_whose_master_is_gone_is_stale_and_removed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "playbooks" / "one.yaml").rename(project / "playbooks" / "two.yaml")
    assert main(["--check"], project) == 1
    assert main([], project) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "wrote actions/robusta_volumes/_data/playbooks/two.yaml",
        "removed actions/robusta_volumes/_data/playbooks/one.yaml",
    ]
    assert [path.name for path in (project / DATA / "playbooks").iterdir()] == ["two.yaml"]


def test_the_repository_is_found_from_any_folder_in_it(project: Path) -> None:
    assert find_root(project / "tests" / "rules") == project


def test_outside_a_repository_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "another"\n')
    assert main([], tmp_path) == 2
    assert "run this in the repository" in capsys.readouterr().err


def test_a_cell_cannot_end_its_table_nor_code_its_fence() -> None:
    assert table(("a",), [("x | y\nz",)]) == "| a |\n| --- |\n| x \\| y z |"
    assert fence("```\nx") == "````\n```\nx\n````"
