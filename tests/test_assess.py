"""Rules over everything that was seen: what fired, and what could not be judged."""

from dataclasses import replace
from datetime import datetime

from robusta_volumes._analysis.assess import Assessment, about, assess, tally
from robusta_volumes._analysis.claim_uses import without_metrics
from robusta_volumes._analysis.subjects import Subjects
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.kind import BY_NAME, CLAIM, EVENT, IO, IO_METRICS, METRICS, POD, STORAGE_CLASS, Kind
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.times import UTC
from robusta_volumes._model.volume import Claim, Meta, Quota
from robusta_volumes._rules.catalogue import RULES
from robusta_volumes._rules.rule import Hit, Rule

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
DENIED = "the runner may not list them"


def claim(name: str, namespace: str = "shop") -> Claim:
    return Claim(Meta(name, namespace), "Pending", None, "", 1024**3, None, ("ReadWriteOnce",), (), "Filesystem")


def rule(
    id: str,  # noqa: A002 (the field's name)
    severity: Severity = Severity.HIGH,
    *,
    needs: tuple[Kind, ...] = (),
    fallback: bool = False,
    only: str = "",
    size: int | None = None,
    instead: Severity | None = None,
    on: str = "PersistentVolumeClaim",
) -> Rule:
    def check(subject: Claim, see: Inventory, limits: Limits) -> Hit | None:
        """Fire on every claim, or on one."""
        assert see.now == NOW
        assert limits == Limits()
        return Hit("is odd", "because", size=size, severity=instead) if only in {"", subject.meta.name} else None

    return Rule(id, severity, "Odd", on, needs, "Do something", check, fallback)


def see(*names: str) -> Inventory:
    return Inventory(NOW, claims=tuple(claim(name) for name in names))


def unseen(*kinds: Kind) -> dict[str, Unseen]:
    return {kind.resource: Unseen(kind, DENIED, "- apiGroups: ...") for kind in kinds}


def fired(found: Assessment) -> list[tuple[str, str]]:
    return [(issue.rule.id, issue.meta.name) for issue in found.issues]


def test_a_rule_is_put_to_every_object_of_its_kind() -> None:
    found = assess(see("a", "b"), Limits(), [rule("X-01")])
    assert fired(found) == [("X-01", "a"), ("X-01", "b")]
    assert found.issues[0].title == "Claim shop/a is odd"
    assert found.unseen == {}


def test_a_rule_whose_kind_was_not_seen_is_unknown_and_never_clear() -> None:
    looked = replace(see("a"), unseen=unseen(POD))
    found = assess(looked, Limits(), [rule("X-01", needs=(POD,)), rule("X-02", needs=(POD, EVENT)), rule("X-03")])
    assert fired(found) == [("X-03", "a")]
    assert found.unseen == {"pods": (looked.unseen["pods"], ("X-01", "X-02"))}


def test_a_rule_about_a_kind_that_was_not_seen_is_unknown_too() -> None:
    looked = Inventory(NOW, unseen=unseen(CLAIM))
    assert assess(looked, Limits(), [rule("X-01")]).unseen["persistentvolumeclaims"][1] == ("X-01",)


def test_a_kind_that_no_rule_needs_is_said_as_not_seen_all_the_same() -> None:
    assert assess(replace(see("a"), unseen=unseen(POD)), Limits(), []).unseen["pods"][1] == ()


def test_what_was_not_asked_for_neither_fires_nor_counts_as_unknown() -> None:
    looked = replace(see("a"), unseen=unseen(POD), skipped=frozenset({STORAGE_CLASS.resource}))
    found = assess(looked, Limits(), [rule("X-01", needs=(STORAGE_CLASS, POD))])
    assert found.issues == ()
    assert found.unseen["pods"][1] == ()


def test_a_rule_that_needs_metrics_does_not_judge_where_nobody_asked_them() -> None:
    found = assess(see("a"), Limits(), [rule("X-01", needs=(METRICS,)), rule("X-02")])
    assert fired(found) == [("X-02", "a")]
    assert found.judged == {"X-02"}
    assert found.unseen == {}


def test_a_rule_that_needs_metrics_judges_where_they_were_asked_even_when_they_know_nothing() -> None:
    assert assess(replace(see("a"), uses={}), Limits(), [rule("X-01", needs=(METRICS,))]).judged == {"X-01"}


def test_a_rule_that_needs_metrics_is_unknown_where_they_gave_nothing() -> None:
    looked = without_metrics(see("a"), "Prometheus answers 401", "set globalConfig.prometheus_auth")
    found = assess(looked, Limits(), [rule("X-01", needs=(METRICS,))])
    assert found.issues == ()
    reason, ids = found.unseen["metrics"]
    assert (reason.why, reason.remedy, ids) == ("Prometheus answers 401", "set globalConfig.prometheus_auth", ("X-01",))


def test_only_rules_that_really_looked_count_as_having_judged() -> None:
    looked = replace(see("a"), unseen=unseen(POD), skipped=frozenset({STORAGE_CLASS.resource}))
    rules = [rule("X-01"), rule("X-02", only="b"), rule("X-03", needs=(POD,)), rule("X-04", needs=(STORAGE_CLASS,))]
    found = assess(looked, Limits(), rules)
    assert found.judged == {"X-01", "X-02"}
    assert about(found, [("shop", "b")], []).judged == found.judged


def test_a_fallback_speaks_only_where_nothing_else_does_whatever_the_order() -> None:
    rules = [rule("X-00", fallback=True), rule("X-01", only="a"), rule("X-02", Severity.INFO, only="b")]
    assert fired(assess(see("a", "b", "c"), Limits(), rules)) == [("X-00", "c"), ("X-01", "a"), ("X-02", "b")]


def test_the_worst_comes_first_then_the_largest() -> None:
    rules = [
        rule("X-04", Severity.INFO),
        rule("X-03", Severity.HIGH, size=1),
        rule("X-02", Severity.HIGH, size=2),
        rule("X-01", Severity.LOW, instead=Severity.CRITICAL),
        rule("X-05", Severity.HIGH),
    ]
    found = assess(see("a"), Limits(), rules)
    assert [issue.rule.id for issue in found.issues] == ["X-01", "X-02", "X-03", "X-05", "X-04"]
    assert [issue.rule.id for issue in found.problems] == ["X-01", "X-02", "X-03", "X-05"]
    assert tally(found.issues) == "1 critical, 3 high, 1 info"


def test_advice_is_no_problem_and_comes_after_everything_else() -> None:
    advice = replace(rule("X-01", Severity.CRITICAL), advice=True)
    found = assess(see("a"), Limits(), [advice, rule("X-02", Severity.LOW)])
    assert [issue.rule.id for issue in found.issues] == ["X-02", "X-01"]
    assert [issue.rule.id for issue in found.problems] == ["X-02"]
    assert [issue.rule.id for issue in found.advice] == ["X-01"]


def test_no_issue_is_counted_as_none() -> None:
    assert tally(()) == "0 issues"


def test_what_concerns_some_claims_is_kept_and_what_is_unknown_stays() -> None:
    found = assess(replace(see("a", "b"), unseen=unseen(POD)), Limits(), [rule("X-01")])
    kept = about(found, [("shop", "b")], [])
    assert fired(kept) == [("X-01", "b")]
    assert kept.unseen == found.unseen


def test_a_quota_is_named_with_its_namespace() -> None:
    looked = Inventory(NOW, quotas=(Quota(Meta("storage", "tight"), {}, {}),))
    (issue,) = assess(looked, Limits(), [rule("X-01", on="ResourceQuota")]).issues
    assert issue.title == "Storage quota storage in namespace tight is odd"


def test_every_rule_looks_at_a_kind_that_is_looked_at() -> None:
    looked_at = set(Subjects(Inventory(NOW)).by_kind)
    assert {one.on for one in RULES.values()} <= looked_at <= set(BY_NAME)


def test_an_empty_cluster_has_no_issue() -> None:
    found = assess(Inventory(NOW), Limits())
    assert (found.issues, found.unseen) == ((), {})


def test_rules_about_io_judge_only_where_somebody_asked_how_fast_volumes_are() -> None:
    rules = [rule("X-01", needs=(IO_METRICS,)), rule("X-02", needs=(IO,)), rule("X-03")]
    assert assess(see("a"), Limits(), rules).judged == {"X-03"}
    assert assess(replace(see("a"), io={}), Limits(), rules).judged == {"X-01", "X-02", "X-03"}


def test_without_io_metrics_on_purpose_the_rules_that_need_none_judge() -> None:
    looked = replace(see("a"), io={}, skipped=frozenset({IO_METRICS.resource}))
    found = assess(looked, Limits(), [rule("X-01", needs=(IO_METRICS,)), rule("X-02", needs=(IO,))])
    assert found.judged == {"X-02"}
    assert not found.unseen


def test_io_metrics_that_were_asked_in_vain_are_unknown() -> None:
    looked = replace(see("a"), io={}, unseen={IO_METRICS.resource: Unseen(IO_METRICS, "no answer", "set its address")})
    found = assess(looked, Limits(), [rule("X-01", needs=(IO_METRICS,)), rule("X-02", needs=(IO,))])
    assert found.judged == {"X-02"}
    assert found.unseen[IO_METRICS.resource][1] == ("X-01",)
