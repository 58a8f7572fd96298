"""From what rules say to one word: which trouble explains the others, and when there is none."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from robusta_volumes._analysis.assess import Issue
from robusta_volumes._analysis.io_cause import CAUSES, Verdict, verdict
from robusta_volumes._model.io import Episode, IoLimits, Mapped, Stats, VolumeIo
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.times import UTC
from robusta_volumes._model.volume import Meta
from robusta_volumes._rules.catalogue import RULES
from robusta_volumes._rules.rule import Hit

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
META = Meta("data", "shop")


def says(id_: str, since: datetime | None = None, severity: Severity | None = None) -> Issue:
    return Issue(RULES[id_], META, Hit("is slow", "it is", since=since, severity=severity))


def io(episodes: Mapping[str, Episode] | None = None, node: str = "n1", samples: int = 288, **p95: float) -> VolumeIo:
    stats = {name: Stats(now=v, mean=v, p50=v, p95=v, peak=v, samples=samples) for name, v in p95.items()}
    return VolumeIo(
        Mapped("ebs", ("v",), node, confidence="exact"), IoLimits(family="ssd"), stats, episodes or {}, samples=samples
    )


SLOW, FINE = io(iops=500, latency=0.018), io(iops=500, latency=0.002, busy=1.0, pressure_some=0.004)


def judge(*issues: Issue, ios: tuple[VolumeIo, ...] = (SLOW,)) -> Verdict:
    return verdict(issues, ios, Limits())


def test_every_cause_is_a_rule_and_every_rule_about_io_is_a_cause_or_advice() -> None:
    ours = {id_: rule for id_, rule in RULES.items() if id_.startswith("PERF-") and rule.on == "PersistentVolumeClaim"}
    assert set(CAUSES) <= set(ours)
    assert {id_ for id_, rule in ours.items() if not rule.advice} == set(CAUSES)
    assert len(set(CAUSES.values())) == len(CAUSES)


def test_the_machine_explains_the_ceiling_and_the_ceiling_the_queue() -> None:
    found = judge(says("PERF-11"), says("PERF-01"), says("PERF-05", NOON))
    assert (found.word, found.since) == ("machine limit", NOON)
    assert [i.rule.id for i in found.others] == ["PERF-01", "PERF-11"]
    assert found.impact == ("latency p95 18 ms, high from 10 ms",)
    assert found.bad


def test_busy_alone_is_no_verdict() -> None:
    found = judge(ios=(FINE,))
    assert (found.word, found.primary, found.bad) == ("healthy", None, False)
    assert found.ignored == ("busy 100 % of the time: only that one operation is in flight",)


def test_without_impact_even_a_ceiling_is_healthy_and_named() -> None:
    found = judge(says("PERF-01"), ios=(FINE,))
    assert found.word == "healthy"
    assert "Volume stands at its limit of operations (PERF-01): nobody waits for it" in found.ignored
    assert [i.rule.id for i in found.others] == ["PERF-01"]


def test_what_the_provider_holds_back_is_impact() -> None:
    held = replace(FINE, episodes={"iops_throttled": Episode(0.2, timedelta(hours=1), worst_hour=0.6)})
    found = judge(says("PERF-01"), ios=(held,))
    assert (found.word, found.impact) == ("IOPS ceiling", ("the provider held it back",))


def test_late_and_no_rule_knows_why_is_slow() -> None:
    assert judge().word == "slow"


def test_hints_are_no_cause() -> None:
    found = judge(says("PERF-21"))
    assert (found.word, [i.rule.id for i in found.others]) == ("slow", ["PERF-21"])


def test_a_filesystem_that_takes_no_writes_is_bad_however_fast_it_is() -> None:
    assert judge(says("PERF-11"), says("PERF-37"), ios=(FINE,)).word == "read-only"


def test_what_hurts_alone_does_not_draw_in_what_nobody_feels() -> None:
    found = judge(says("PERF-01"), says("PERF-34"), ios=(FINE,))
    assert (found.word, [i.rule.id for i in found.others]) == ("replicas time out", ["PERF-01"])


def test_a_full_filesystem_counts_when_nothing_is_left_and_not_when_it_will_be_full() -> None:
    assert judge(says("PERF-38", severity=Severity.CRITICAL), ios=(FINE,)).word == "full"
    assert judge(says("PERF-38"), ios=(FINE,)).word == "healthy"


def test_a_queue_that_came_with_slower_operations_is_their_consequence() -> None:
    assert judge(says("PERF-10"), says("PERF-28")).word == "slower than before"
    assert judge(says("PERF-01"), says("PERF-28")).word == "IOPS ceiling"


def test_a_queue_on_the_wrong_disk_is_told_as_the_disk() -> None:
    assert judge(says("PERF-10"), says("PERF-11"), says("PERF-22")).word == "small operations on HDD"


def test_a_queue_of_writes_alone_is_told_as_slow_writes() -> None:
    assert judge(says("PERF-10"), says("PERF-12")).word == "writes slow"


def test_a_few_lost_requests_that_nobody_feels_are_no_verdict_and_many_are() -> None:
    assert judge(says("PERF-29"), ios=(FINE,)).word == "healthy"
    assert judge(says("PERF-29", severity=Severity.HIGH), ios=(FINE,)).word == "NFS requests lost"


def test_a_queue_in_spikes_alone_is_told_as_spikes() -> None:
    assert judge(says("PERF-11"), says("PERF-27"), ios=(FINE,)).word == "latency spikes"
    assert judge(says("PERF-11"), says("PERF-27"), ios=(SLOW,)).word == "saturated"


def test_who_does_nothing_is_idle_and_not_healthy() -> None:
    assert judge(ios=(io(iops=0.1, latency=0.5),)).word == "idle"


def test_a_pod_that_waits_beside_an_idle_volume_waits_for_something_else() -> None:
    waits = io(iops=0.1, pressure_some=0.4)
    assert judge(says("PERF-14"), ios=(waits,)).word == "pod waits for I/O"
    assert judge(ios=(waits,)).word == "idle"


def test_unknown_is_an_answer_with_its_reason() -> None:
    assert judge(ios=()).why_unknown == "nothing is measured of it: no pod uses it, or no metrics were asked"
    none = VolumeIo(Mapped(how="no source names it"))
    assert (judge(ios=(none,)).word, judge(ios=(none,)).why_unknown) == ("unknown", "no source names it")
    few = judge(ios=(io(iops=900, latency=0.2, samples=4),))
    assert (few.word, few.why_unknown) == ("unknown", "4 samples since it was attached are too few")


def test_where_nothing_tells_how_it_feels_it_is_not_called_healthy() -> None:
    blind = io(iops=900, limit_iops=0.3)
    assert judge(ios=(blind,)).word == "unknown"
    top = judge(says("PERF-01"), ios=(blind,))
    assert (top.word, top.impact) == ("IOPS ceiling", ("latency is not measured",))


def test_the_node_that_is_worst_speaks() -> None:
    found = judge(says("PERF-09"), ios=(FINE, replace(SLOW, mapped=replace(SLOW.mapped, node="n2"))))
    assert found.io is not None
    assert found.io.mapped.node == "n2"


def test_issues_of_other_workflows_do_not_count() -> None:
    assert judge(says("US-01")).others == ()
