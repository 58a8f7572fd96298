"""Which rules judge: settings choose and rate them, and an object opts out by annotation, with a reason that is shown."""

from datetime import datetime
from typing import Any

import pytest

from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.rule_choice import RuleChoice, opted_out, rules, severities
from robusta_volumes._model.rule_ids import RULE_IDS
from robusta_volumes._model.settings import PersistentVolumeActions, read_settings
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.target import Target
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._rules.catalogue import RULES
from robusta_volumes._workflows.persistent_volume_actions import persistent_volume_actions

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PVC, PV = "PersistentVolumeClaim", "PersistentVolume"
BLOCK = "workflows.persistentVolumeWorkflows.persistentVolumeActions"


def test_every_rule_is_known_by_its_id_to_settings_and_annotations() -> None:
    assert set(RULE_IDS) == set(RULES), "write the new id to _model/rule_ids.py"


def test_every_rule_has_a_page_to_read_more() -> None:
    assert [rule.id for rule in RULES.values() if not rule.links] == []
    places = ("https://kubernetes.io/docs/", "https://kubernetes-csi.github.io/docs/")
    assert [link for rule in RULES.values() for link in rule.links if not link.startswith(places)] == []


# --- what people write


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["PVC-08", "WA-*"], ("PVC-08", "WA")),
        ("pvc-08, wa", ("PVC-08", "WA")),
        (["WA-", "WA", "WA-*"], ("WA",)),
        (["*"], ("*",)),
        ("", ()),
    ],
)
def test_rules_are_named_by_id_or_prefix(written: object, read: tuple[str, ...]) -> None:
    assert rules(written) == read


def said(**settings: Any) -> str:
    found = read_settings({"persistentVolumeWorkflows": {"persistentVolumeActions": settings}})
    (problem,) = found.problems["persistentVolumeActions"]
    return str(problem)


LIST = "must be a list of rule ids or prefixes such as [PVC-08, WA]"
WORDS = "critical, high, medium, low, info"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"ignore": ["PVC-8"]}, f'ignore {LIST}: "PVC-8" is no rule; did you mean PVC-08?'),
        ({"select": ["PCV-08"]}, f'select {LIST}: "PCV-08" is no rule; did you mean PVC-08?'),
        ({"select": ["everything"]}, f'select {LIST}: "everything" is no rule; known are ids such as PVC-08'),
        ({"ignore": {"WA": 1}}, f"ignore {LIST}, got {{'WA': 1}}"),
        ({"severities": {"WA": "hihg"}}, f"severities WA must be one of {WORDS}, got 'hihg'; did you mean high?"),
        (
            {"severities": {"WAX": "high"}},
            'severities has a key that is no rule id or prefix: "WAX" is no rule; did you',
        ),
        (
            {"severities": ["WA"]},
            "severities must be a block of rule ids or prefixes with severities such as WA: info, got",
        ),
    ],
)
def test_what_is_no_rule_or_severity_is_said_with_its_path_and_the_nearest_right_one(
    settings: dict[str, Any], sentence: str
) -> None:
    assert said(**settings).startswith(f"{BLOCK}.{sentence}")


def test_an_annotation_with_a_word_that_is_no_rule_keeps_the_others() -> None:
    good, wrong = opted_out({"robusta-volumes.dev/ignore": "PVC-08, WA-*, PV-6"})
    assert good == ("PVC-08", "WA")
    assert wrong == ('"PV-6" is no rule; did you mean PV-06?',)


# --- which rules judge


@pytest.mark.parametrize(
    ("choice", "judging"),
    [
        (RuleChoice(), {"PV-03", "PVC-03", "WA-01"}),
        (RuleChoice(select=("PV",)), {"PV-03"}),
        (RuleChoice(select=("PVC-03", "WA")), {"PVC-03", "WA-01"}),
        (RuleChoice(ignore=("PV",)), {"PVC-03", "WA-01"}),
        (RuleChoice(select=("PV", "WA-01"), ignore=("WA",)), {"PV-03"}),
    ],
)
def test_a_prefix_reaches_to_the_dash_and_ignore_counts_before_select(choice: RuleChoice, judging: set[str]) -> None:
    assert {id_ for id_ in ("PV-03", "PVC-03", "WA-01") if choice.judges(id_)} == judging


def test_an_id_counts_before_its_prefix_and_a_prefix_does_not_raise_what_is_normal() -> None:
    given = severities({"PVC": "critical", "PVC-05": "low"})
    assert given.of_rule("PVC-03", Severity.HIGH) is Severity.CRITICAL
    assert given.of_rule("PVC-05", Severity.HIGH) is Severity.LOW
    assert given.of_rule("PVC-08", Severity.INFO) is Severity.INFO
    assert given.of_rule("PV-03", Severity.MEDIUM) is Severity.MEDIUM
    assert severities({"PVC-08": "high"}).of_rule("PVC-08", Severity.INFO) is Severity.HIGH


# --- what the report makes of it


def claim(name: str, **annotations: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": PVC,
        "metadata": {
            "namespace": "shop", "name": name, "creationTimestamp": "2026-11-20T00:00:00Z", "uid": f"u-{name}",
            "annotations": {f"robusta-volumes.dev/{key.replace('_', '-')}": value for key, value in annotations.items()},
        },
        "spec": {"storageClassName": "gp33", "resources": {"requests": {"storage": "1Gi"}}},
        "status": {"phase": "Pending"},
    }  # fmt: skip


def released(**annotations: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give a volume that is too small on paper, and its claim, which carries the annotations."""
    owner = claim("grown", **annotations)
    owner["spec"]["volumeName"] = "vol"
    owner["status"] = {"phase": "Bound", "capacity": {"storage": "2Gi"}}
    volume = {
        "apiVersion": "v1",
        "kind": PV,
        "metadata": {"name": "vol"},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "claimRef": {"namespace": "shop", "name": "grown", "uid": "u-grown"},
            "nfs": {"server": "10.0.0.7", "path": "/x"},
        },
        "status": {"phase": "Bound"},
    }
    return owner, volume


def report(target: Target, *objects: dict[str, Any], **settings: Any) -> str:
    cluster = MemoryCluster(objects, now=NOW)
    return to_markdown(persistent_volume_actions(cluster, target, PersistentVolumeActions(**settings)), files=False)


ONE = Target(PVC, "web", "shop")


def test_what_an_object_ignores_is_told_with_its_reason_and_no_problem_any_more() -> None:
    page = report(ONE, claim("web", ignore="PVC-05", ignore_reason="the class comes on Monday"))
    assert page.startswith("# Claim shop/web is Pending")
    assert "Ignored on purpose:" in page
    assert '`PVC-05` Claim shop/web cannot bind: storage class "gp33" does not exist' in page
    assert "(reason: the class comes on Monday)" in page
    assert "PVC-02" not in page, "the fallback must not speak in its place"


def test_a_claim_speaks_for_its_volume_too() -> None:
    assert "Ignored on purpose:" in report(Target(PV, "vol"), *released(ignore="PV-*"))
    assert "Ignored on purpose:" not in report(Target(PV, "vol"), *released(ignore="PVC-*"))


def test_nothing_is_said_of_an_annotation_as_long_as_there_is_nothing_to_ignore() -> None:
    assert "Ignored on purpose:" not in report(ONE, claim("web", ignore="WA"))


def test_a_reason_that_is_missing_is_said_and_one_that_calls_the_channel_does_not() -> None:
    assert "(reason: no reason given)" in report(ONE, claim("web", ignore="*"))
    assert "<!channel>" not in report(ONE, claim("web", ignore="*", ignore_reason="<!channel>"))


def test_a_misspelt_rule_in_an_annotation_is_said_and_ignores_nothing() -> None:
    page = report(ONE, claim("web", ignore="PVC-5"))
    assert page.startswith("# Claim shop/web cannot bind")
    assert 'annotation `robusta-volumes.dev/ignore` of shop/web: "PVC-5" is no rule; did you mean PVC-05?' in page


def test_the_report_of_everything_counts_what_was_ignored() -> None:
    many = [claim(f"web-{n}", ignore="PVC", ignore_reason="a test") for n in range(7)]
    page = report(Target(), *many)
    assert page.startswith("# All 7 claims")
    assert "and 2 further problems" in page


def test_a_rule_that_the_settings_ignore_is_not_asked_and_an_overridden_severity_is_shown() -> None:
    assert "PVC-05" not in report(ONE, claim("web"), ignore=("PVC-05",))
    page = report(Target(), claim("web"), severities=severities({"PVC": "low"}))
    assert "severity: low" in page
    found = read_settings({"persistentVolumeWorkflows": {"persistentVolumeActions": {"severities": {"PVC": "low"}}}})
    assert found.persistent_volume_actions.choice.severities == severities({"PVC": "low"})


def test_pods_and_workloads_keep_the_marks_of_who_manages_them_and_what_they_opt_out_of() -> None:
    marks = {
        "robusta-volumes.dev/ignore": "AT-02",
        "argocd.argoproj.io/tracking-id": "x",
        "meta.helm.sh/release-name": "y",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
    }
    owner = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": "shop", "name": "web", "annotations": marks},
        "spec": {},
    }
    (made,) = gather(MemoryCluster([owner], now=NOW)).workloads
    assert set(made.meta.annotations) == set(marks) - {"kubectl.kubernetes.io/last-applied-configuration"}
