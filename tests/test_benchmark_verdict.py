"""What a benchmark means: beside what is declared, beside the last run, and how even it was."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from benchmark_world import NOON, answer
from robusta_volumes._analysis.benchmark_compare import Compared, compared, figures_of, key_of, last_of, with_run
from robusta_volumes._analysis.benchmark_verdict import Verdict, verdict
from robusta_volumes._engines.fio_read import read_measured
from robusta_volumes._model.benchmark import MIB, Measured, Run
from robusta_volumes._model.io import Declared, IoLimits
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity

RUN = Run("1", "storage-benchmark-1", "robusta", "gp3", 10 * 2**30, NOON.isoformat(), 1024, 15, 20_000)
HELD = replace(RUN, claim="data", iops=1000)


def measured(speed: float = 1.0, text: str = "@@ engine libaio 1", **more: Any) -> Measured:
    """What fio tells of 3,000 IOPS and 125 MiB/s."""
    return read_measured(f"{text}\n{json.dumps(answer(speed, **more))}")


def limits(iops: float, mib: float, **more: Any) -> IoLimits:
    made = [Declared(value, "as declared", "class gp3") for value in (iops, mib * MIB)]
    return IoLimits("gp3", "ssd", iops=made[0], bytes=made[1], **more)


def judged(
    found: Measured, declared: IoLimits | None = None, changes: tuple[Compared, ...] = (), run: Run = RUN
) -> Verdict:
    return verdict(run, found, declared, changes, Limits())


@pytest.mark.parametrize(
    ("declared", "word", "says"),
    [
        (
            limits(3000, 125),
            "reaches its limits",
            "It reaches what is declared: 100 % of 3,000 IOPS and 100 % of 125 MiB/s.",
        ),
        (
            limits(6000, 300),
            "far below its limits",
            "It stays far below both limits (50 % of 6,000 IOPS and 42 % of 300 MiB/s)",
        ),
        (limits(6000, 130), "", "Of what is declared it reaches 50 % of 6,000 IOPS and 96 % of 130 MiB/s."),
        (None, "", "What is declared for this class is not known: what was measured is what it does."),
        (
            IoLimits(none_declared=True),
            "",
            "This kind of storage declares no limit: what was measured is what it does.",
        ),
        (
            limits(16_000, 1000, node_iops=Declared(3100, "m5.large", "catalogue")),
            "at the machine's limit",
            "It reaches 97 % of what the machine may do for all its volumes: 3,100 IOPS.",
        ),
    ],
    ids=["at it", "far below both", "one of them", "not known", "none", "machine"],
)
def test_it_is_put_beside_what_is_declared(declared: IoLimits | None, word: str, says: str) -> None:
    found = judged(measured(), declared)
    assert (found.word, found.says[0].startswith(says)) == (word, True)
    assert bool(found.todo) == ("limit" in word and word != "reaches its limits")


def test_a_figure_that_nobody_verified_is_marked() -> None:
    declared = IoLimits(iops=Declared(3000, "3000", "catalogue", verified=False))
    assert "3,000 IOPS (not verified)" in judged(measured(), declared).says[0]


def test_whether_many_at_once_gain_anything_is_said() -> None:
    assert (
        "64 operations at once do 7.5 times as many reads and 7.5 times as many writes as one: parallel I/O pays."
        in (judged(measured()).says)
    )


def test_what_differs_much_from_second_to_second_is_no_single_figure() -> None:
    found = measured()
    rows = tuple(replace(one, noise=0.5) if one.job == "bw_write_1m_qd16" else one for one in found.ran)
    said = judged(replace(found, ran=rows))
    assert said.word == "uneven"
    assert "Uneven: 1 MiB writes (16 at once) ± 50 %. One run does not describe it." in said.says


def test_what_falls_within_a_section_has_used_up_its_credit() -> None:
    found = measured()
    rows = tuple(replace(one, fell=0.2) if one.job == "iops_write_4k_qd64" else one for one in found.ran)
    assert "Within a section 4 KiB writes (64 at once) fell by 80 %: burst credit or a cache was used up." in (
        judged(replace(found, ran=rows)).says
    )


def test_slow_commits_are_named_with_what_etcd_asks() -> None:
    found = measured(0.1)
    said = judged(found, limits(300, 12.5))
    assert (said.severity, said.word) == (Severity.LOW, "slow commits")
    assert any("etcd asks for less than 10 ms" in one for one in said.says)


def test_the_page_cache_is_said_to_be_in_the_figures() -> None:
    said = judged(measured(text="@@ engine psync 0"))
    assert any("the page cache is in all figures" in one for one in said.says)


def test_what_was_held_back_is_not_put_beside_its_limits() -> None:
    said = judged(measured(), limits(16_000, 1000), run=HELD)
    assert said.word == ""
    assert not any("declared" in one for one in said.says)
    assert any("held to 1,000 IOPS: latencies count" in one for one in said.says)


def changes(now: float, before: float = 1.0, run: Run = RUN) -> tuple[Compared, ...]:
    return compared(figures_of(run, measured(before), "a", NOON), figures_of(run, measured(now), "a", NOON))


@pytest.mark.parametrize(("now", "worse"), [(0.7, True), (0.79, True), (0.85, False), (1.0, False), (2.0, False)])
def test_a_fifth_slower_than_the_last_time_is_told_first(now: float, *, worse: bool) -> None:
    said = judged(measured(now), None, changes(now))
    assert (said.word == "slower than the last time") == worse
    assert (said.severity == Severity.MEDIUM) == worse


def test_where_it_was_held_back_latency_is_compared() -> None:
    (first, *_) = changes(0.5, run=HELD)
    assert (first.latency, round(first.change)) == (True, -50)


@pytest.mark.parametrize("other", [{"text": "@@ engine psync 0"}], ids=["page cache"])
def test_what_was_measured_otherwise_is_not_compared(other: dict[str, Any]) -> None:
    before, now = (figures_of(RUN, measured(**how), "a", NOON) for how in ({}, other))
    assert compared(before, now) == ()


def test_figures_are_kept_by_class_and_size_and_the_oldest_go() -> None:
    noted: dict[str, Any] = {}
    for number in range(60):
        run = replace(RUN, size=number)
        when = NOON + timedelta(minutes=number)
        noted = with_run(noted, key_of(run), figures_of(run, measured(), "a", when))
    assert len(noted["runs"]) == 50
    assert last_of(noted, key_of(replace(RUN, size=0))) is None
    last = last_of(noted, key_of(replace(RUN, size=59)))
    assert last is not None
    assert last.iops["iops_read_4k_qd64 read"] == 3000.0


@pytest.mark.parametrize(
    "noted", [{}, {"runs": 3}, {"runs": {"class gp3 1": 3}}, {"runs": {"class gp3 1": {"iops": 3}}}]
)
def test_a_note_that_somebody_has_changed_is_none(noted: dict[str, Any]) -> None:
    assert last_of(noted, "class gp3 1") is None
