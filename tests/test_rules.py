"""Every rule over its case file: the story in which it fires, the nearest healthy one, and one where it cannot know."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from robusta_volumes._analysis.assess import assess
from robusta_volumes._analysis.subjects import Subjects
from robusta_volumes._cli.reference_cases import Case, case_file, issues_of, judge, look, read_cases
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.volume import Claim, Meta
from robusta_volumes._rules.catalogue import RULES
from robusta_volumes._rules.commands import patch_volume, recreate_claim
from robusta_volumes._rules.rule import Fix, Hit, Rule

ROOT = Path(__file__).resolve().parents[1]
CASES = [(rule, case) for rule in RULES.values() for case in read_cases(case_file(ROOT, rule))]
FIRING = [(rule, case) for rule, case in CASES if not case.clear and case.name != "unknown"]
CLEAR = [pytest.param(rule, case, id=f"{rule.id} {case.name}") for rule, case in CASES if case.clear]
UNKNOWN = [pytest.param(rule, case, id=rule.id) for rule, case in CASES if case.name == "unknown"]
STORIES = [pytest.param(rule, case, id=rule.id) for rule, case in CASES if case.name == "fired"]
FIRED = [pytest.param(rule, case, id=f"{rule.id} {case.name}") for rule, case in FIRING]


def _hits(rule: Rule, case: Case) -> Iterator[Hit]:
    yield from (issue.hit for issue in issues_of(case, rule))


def _fixes() -> Iterator[Fix]:
    yield from (fix for rule, case in FIRING for hit in _hits(rule, case) for fix in hit.fixes)


def test_every_rule_has_a_case_file_and_every_case_file_a_rule() -> None:
    assert {path.stem for path in (ROOT / "tests" / "rules").iterdir()} == set(RULES)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_a_rule_is_shown_firing_clear_and_where_it_needs_to_look_not_knowing(rule: Rule) -> None:
    names = [case.name for of, case in CASES if of is rule]
    assert len(names) == len(set(names))
    assert {"fired", "clear", "unknown"} & set(names) == {"fired", "clear", *(["unknown"] if rule.needs else [])}


@pytest.mark.parametrize(("rule", "case"), FIRED)
def test_a_rule_says_what_is_wrong(rule: Rule, case: Case) -> None:
    issues = issues_of(case, rule)
    assert len(issues) == 1, f"it fires on {[issue.meta.title for issue in issues]}"
    issue = issues[0]
    assert case.on in {"", issue.meta.title}
    assert case.says, "a case that fires says what"
    assert case.says in issue.title
    assert case.why in issue.hit.why
    assert any(case.fix in fix.text for fix in issue.hit.fixes) or not case.fix
    assert not case.command or case.command in " ".join(fix.command for fix in issue.hit.fixes)
    assert case.severity in {"", issue.severity.word}


@pytest.mark.parametrize(("rule", "case"), CLEAR)
def test_a_rule_keeps_quiet_where_it_looked_and_nothing_is_wrong(rule: Rule, case: Case) -> None:
    found = judge(case, rule)
    assert [issue.title for issue in found.issues if issue.rule is rule] == []
    assert rule.id not in {id_ for _, ids in found.unseen.values() for id_ in ids}, "it could not look"
    assert Subjects(look(case)).by_kind[rule.on], f"there is no {rule.on} to look at"


@pytest.mark.parametrize(("rule", "case"), UNKNOWN)
def test_a_rule_that_cannot_look_says_so_and_what_would_let_it(rule: Rule, case: Case) -> None:
    found = judge(case, rule)
    assert [issue.title for issue in found.issues if issue.rule is rule] == []
    for resource in (*case.denied, *case.absent):
        reason, ids = found.unseen[resource]
        assert rule.id in ids
        assert case.why, "an unknown says why"
        assert case.why in reason.why
        assert case.remedy in reason.remedy
    assert bool(case.remedy) == bool(case.denied), (
        "what RBAC denies has a rule to paste; what is not installed has none"
    )


@pytest.mark.parametrize(("rule", "case"), FIRED)
def test_a_rule_that_fires_alone_fires_among_all_others(rule: Rule, case: Case) -> None:
    assert rule.id in {issue.rule.id for issue in assess(look(case), Limits()).issues}


# --- the API leaves fields out, and other people write what they like into the rest


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from _places(inner, (*path, key))


def _changed(objects: tuple[Any, ...], path: tuple[Any, ...], *, null: bool) -> tuple[Any, ...]:
    copy = json.loads(json.dumps(objects))
    place = copy
    for key in path[:-1]:
        place = place[key]
    if null:
        place[path[-1]] = None
    else:
        del place[path[-1]]
    return tuple(copy)


@pytest.mark.parametrize(("rule", "case"), STORIES)
def test_no_rule_stumbles_over_a_field_that_is_missing_or_null(rule: Rule, case: Case) -> None:
    identity = {"apiVersion", "kind", "metadata", "name", "namespace"}
    paths = [p for p in _places(list(case.objects)) if len(p) > 1 and not (len(p) <= 3 and p[-1] in identity)]
    assert paths
    for path in paths:
        for null in (False, True):
            if null and isinstance(path[-1], int):
                continue  # the API has no null among the items of a list
            issues_of(replace(case, objects=_changed(case.objects, path, null=null)), rule)


FREE_TEXT = {"message", "note", "reason", "path", "server", "volumeHandle", "volumeName"}
EVIL = " <!channel>\n`x` *y* <https://evil.example|z>"
REASONS = {"FailedMount", "FailedAttachVolume", "ProvisioningFailed", "VolumeFailedDelete", "ClaimLost", "FailedCreate"}


def _spoiled(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {k: _spoiled(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_spoiled(v, key) for v in value]
    return f"{value}{EVIL}" if key in FREE_TEXT and isinstance(value, str) and value not in REASONS else value


@pytest.mark.parametrize(("rule", "case"), FIRED)
def test_foreign_text_calls_no_channel_breaks_no_line_and_links_nowhere(rule: Rule, case: Case) -> None:
    for issue in issues_of(replace(case, objects=_spoiled(case.objects)), rule):
        for shown in (issue.title, issue.hit.why, *(fix.text for fix in issue.hit.fixes)):
            assert "<" not in shown, shown
            assert "\n" not in shown, shown


# --- the commands that rules print


def test_every_printed_command_is_one_that_a_shell_reads() -> None:
    commands = [fix.command for fix in _fixes() if fix.command]
    assert len(commands) > len(RULES)
    assert {shlex.split(command)[0] for command in commands} == {"kubectl"}


def test_every_printed_patch_is_json() -> None:
    words = [shlex.split(fix.command) for fix in _fixes() if " -p " in fix.command]
    payloads = [json.loads(line[line.index("-p") + 1]) for line in words]
    assert len(payloads) > 5
    assert all(isinstance(payload, dict | list) and payload for payload in payloads)


def test_a_command_that_can_destroy_data_is_marked() -> None:
    of_data = re.compile(r"delete (pv|pvc) ")
    unmarked = [f.command for f in _fixes() if of_data.search(f.command) and not f.destroys and "no data" not in f.text]
    assert unmarked == []


names = some.one_of(
    some.sampled_from(["a;b", "a'b", 'a"b', "$(id)", "`id`", "a b", "x/y/e id #", "a&b", "a\\", "-n", "a\nb", "*.[a]"]),
    some.text(some.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20),
)


@given(namespace=names, name=names, old=names, new=names)
def test_no_name_breaks_out_of_the_command_that_recreates_a_claim(
    namespace: str, name: str, old: str, new: str
) -> None:
    claim = Claim(Meta(name, namespace), "Pending", old, "", None, None, (), (), "Filesystem")
    words = shlex.split(recreate_claim(claim, old, new))
    assert words[:7] == ["kubectl", "-n", namespace, "get", "pvc", name, "-o"]
    assert words[7:10] == ["yaml", "|", "sed"]
    assert words[11:] == ["|", "kubectl", "replace", "--force", "-f", "-"]
    assert re.fullmatch(r"s/storageClassName: (?:[^\\/]|\\.)*\$/storageClassName: (?:[^\\/]|\\.)*/", words[10])


@pytest.mark.parametrize(
    ("old", "new"), [("gp2", "gp3"), ("a.b", "c&d"), ("x/y", "z/e id"), ("[a]*", "$b^"), ("back\\slash", "new\\1")]
)
def test_only_the_class_of_the_recreated_claim_changes(old: str, new: str) -> None:
    claim = Claim(Meta("data", "shop"), "Pending", old, "", None, None, (), (), "Filesystem")
    script = shlex.split(recreate_claim(claim, old, new))[10]
    before = f"metadata:\n  name: {old}-data\nspec:\n  storageClassName: {old}\n  note: storageClassName: {old}-x\n"
    after = subprocess.run(["sed", script], input=before, capture_output=True, text=True, check=True, timeout=10).stdout
    assert after == before.replace(f"storageClassName: {old}\n", f"storageClassName: {new}\n")


@given(name=names, value=names)
def test_no_name_breaks_out_of_the_command_that_patches_a_volume(name: str, value: str) -> None:
    for changes, kind in (({"spec": {"x": value}}, "merge"), ([{"op": "replace", "value": value}], "json")):
        words = shlex.split(patch_volume(name, changes))
        assert words[:-1] == ["kubectl", "patch", "pv", name, "--type", kind, "-p"]
        assert json.loads(words[-1]) == changes


# --- the reader of case files


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("fired: {objects: [{kind: Pod, metadata: {name: a}}], say: x}", "PVC-99.yaml, fired: unknown key say"),
        ("clear: {says: x}", "PVC-99.yaml, clear: needs name and objects"),
        ("fierd: {}", "PVC-99.yaml: fierd is none of fired, clear, unknown, edges"),
    ],
)
def test_a_case_file_with_a_misspelt_word_is_refused(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "PVC-99.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=re.escape(complaint)):
        read_cases(path)
