"""What is worth a message: each change once, nothing lost, nothing repeated, whatever the order, the storms and the restarts."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from robusta_volumes._analysis.ledger import (
    MOST,
    SURE,
    Incident,
    Ledger,
    Said,
    as_told,
    bounded,
    from_json,
    settled,
    to_json,
)
from robusta_volumes._analysis.noise import Swept, hear, sweep
from robusta_volumes._analysis.symptoms import Held, Symptom, Tell, Voice
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.times import UTC

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
VOICE = Voice(stands_in=lambda rule: rule == "AT-11")
LONG = timedelta(days=3)
DRIVER = "driver/ebs.csi.aws.com/node-a1"


def issue(name: str, rule: str = "PVC-05", severity: Severity = Severity.HIGH, **more: object) -> Symptom:
    """Write an issue of claim shop/<name>."""
    own = f"{rule}/PersistentVolumeClaim/shop/{name}"
    made = Symptom(own, severity, f"Claim shop/{name} cannot bind", own)
    return replace(made, **more)  # type: ignore[arg-type]  # whatever the example needs


def victim(pod: str, driver: str = DRIVER) -> Symptom:
    """Write the trouble of a pod whose driver is down."""
    own = f"AT-11/Pod/shop/{pod}"
    return Symptom(own, Severity.HIGH, f"Pod shop/{pod} cannot mount", driver, story="CSI driver is down on node-a1")


@dataclass
class Reader:
    """A runner with its ledger, and somebody who reads what it says."""

    voice: Voice = VOICE
    now: datetime = NOW
    process: str = "first"
    ledger: Ledger = field(default_factory=Ledger)
    read: list[str] = field(default_factory=list)  # titles of messages, in order
    _held: Held = ()

    def held(self) -> Held:
        """Give what the last messages named as held back."""
        return self._held

    def soon(self) -> bool:
        """Tell whether the next tick is to look at the whole cluster."""
        return self.ledger.soon

    def later(self, minutes: float) -> "Reader":
        self.now += timedelta(minutes=minutes)
        return self

    def event(self, *looks: Iterable[Symptom], gone: Iterable[str] = ()) -> list[str]:
        """Look after an event; ``gone`` are the ids that were judged and did not fire."""
        surely = set(gone)
        ledger, tells, self._held = hear(
            self.ledger, [tuple(one) for one in looks], surely.__contains__, self.voice, self.now, self.process
        )
        return self._take(ledger, tells)

    def sweep(self, *symptoms: Symptom, report: bool = False, unknown: Iterable[str] = ()) -> Swept:
        """Look at the whole cluster; of ``unknown`` rules nothing could be judged."""
        blind = set(unknown)
        ledger, said = sweep(
            self.ledger,
            symptoms,
            lambda one: one.partition("/")[0] not in blind,
            self.voice,
            self.now,
            self.process,
            report=report,
        )
        self._take(ledger, said.tells)
        self._held = said.held
        return said

    def _take(self, ledger: Ledger, tells: Iterable[Tell]) -> list[str]:
        self.ledger = from_json(json.loads(json.dumps(to_json(ledger))))
        said = [("[RESOLVED] " if tell.resolved else "") + tell.incident.title for tell in tells]
        self.read += said
        return said


@pytest.fixture
def reader() -> Reader:
    """Give a runner whose first report was made, and found nothing."""
    made = Reader()
    assert made.sweep().baseline
    return made.later(60)


# --- events


def test_a_new_issue_is_told_once_however_often_it_is_looked_at(reader: Reader) -> None:
    assert reader.event([issue("a")]) == ["Claim shop/a cannot bind"]
    for _ in range(5):
        assert reader.event([issue("a")]) == []
    assert reader.later(600).event([issue("a")]) == []


def test_it_is_told_again_when_it_gets_worse_and_not_when_it_gets_better(reader: Reader) -> None:
    for severity, told in ((Severity.MEDIUM, 1), (Severity.HIGH, 1), (Severity.MEDIUM, 0), (Severity.HIGH, 0)):
        assert len(reader.event([issue("a", severity=severity)])) == told


def test_what_is_less_bad_than_wanted_waits_for_the_report(reader: Reader) -> None:
    low = issue("a", "WA-01", Severity.LOW)
    assert reader.event([low]) == []
    assert reader.later(60).sweep(low).untold == ()
    assert [one.title for one in reader.later(60).sweep(low, report=True).new] == [low.title]


def test_what_is_resolved_is_said_once_under_the_same_cause(reader: Reader) -> None:
    one = issue("a")
    reader.event([one])
    assert reader.event([], gone=[one.id]) == ["[RESOLVED] Claim shop/a cannot bind"]
    assert reader.event([], gone=[one.id]) == []
    assert reader.event([one]) == ["Claim shop/a cannot bind"]  # it came back: that is news


def test_what_was_not_judged_is_not_resolved(reader: Reader) -> None:
    reader.event([issue("a")])
    assert reader.event([], gone=["PVC-05/PersistentVolumeClaim/shop/b"]) == []
    assert reader.later(60).sweep(unknown=["PVC-05"]).tells == ()
    assert len(reader.later(60).sweep().tells) == 1


def test_what_only_the_whole_cluster_shows_is_not_resolved_by_a_part_of_it(reader: Reader) -> None:
    """A rule that speaks once for all volumes is silent in a namespace, though all it needs was read there."""
    wide = issue("a", "US-02")
    assert reader.sweep(wide).tells
    assert reader.event([issue("b")], gone=[wide.id]) == ["Claim shop/b cannot bind"]
    assert reader.later(60).sweep(wide, issue("b")).tells == ()
    assert [tell.cause for tell in reader.later(60).sweep(issue("b")).tells] == [wide.id]


def test_what_was_never_told_is_not_called_resolved(reader: Reader) -> None:
    low = issue("a", "WA-01", Severity.LOW)
    reader.event([low])
    assert reader.event([], gone=[low.id]) == []


def test_two_new_issues_of_one_object_are_one_message_and_its_end_is_one_too(reader: Reader) -> None:
    both = [issue("a"), issue("a", "PVC-20", Severity.MEDIUM, title="Claim shop/a is being deleted")]
    assert reader.event(both) == ["Claim shop/a cannot bind"]
    assert reader.event([], gone=[one.id for one in both]) == ["[RESOLVED] Claim shop/a cannot bind"]


def test_several_objects_of_one_look_have_a_message_each_the_worst_first(reader: Reader) -> None:
    looks = [[issue("a", severity=Severity.MEDIUM)], [issue("b", severity=Severity.CRITICAL)], [issue("c")]]
    assert [title.split()[1] for title in reader.event(*looks)] == ["shop/b", "shop/c", "shop/a"]


# --- before the first report


def test_before_the_first_report_only_what_began_just_now_or_nobody_knows_when_is_told() -> None:
    reader = Reader()
    old, young, unknown = (issue(n, since=s) for n, s in (("a", NOW - LONG), ("b", NOW), ("c", None)))
    assert reader.event([old], [young], [unknown]) == ["Claim shop/b cannot bind", "Claim shop/c cannot bind"]
    said = reader.sweep(old, young, unknown)
    assert (said.baseline, said.still, said.tells, said.untold) == (True, 3, (), ())
    assert reader.event([old], [young], [unknown]) == []
    assert not reader.later(60).sweep(old, young, unknown).baseline


def test_the_first_report_is_made_again_by_the_next_process_when_it_may_not_have_been_sent() -> None:
    reader = Reader()
    assert reader.sweep(issue("a")).baseline
    reader.process = "second"
    assert [cause for cause, _ in reader.later(0.1).sweep(issue("a")).untold] or reader.read == [issue("a").title]


# --- restarts


def test_a_restart_repeats_nothing_that_was_sent(reader: Reader) -> None:
    reader.event([issue("a")])
    reader.later(1).event([])  # a later look of the same process: it was sent
    reader.process = "second"
    assert reader.event([issue("a")]) == []
    assert reader.sweep(issue("a")).untold == ()


def test_what_a_process_told_just_before_it_died_is_told_again_under_the_same_cause(reader: Reader) -> None:
    reader.event([issue("a")])
    reader.process = "second"
    assert [tell.cause for tell in reader.later(10).sweep(issue("a"), issue("b", "WA-01")).tells] == [issue("a").id]
    assert reader.event([issue("a")]) == []


def test_a_resolution_that_may_not_have_been_sent_is_said_again(reader: Reader) -> None:
    reader.event([issue("a")])
    reader.later(1).event([], gone=[issue("a").id])
    reader.process = "second"
    assert [tell.resolved for tell in reader.sweep().tells] == [True]
    assert reader.later(1).sweep().tells == ()
    reader.process = "third"
    assert reader.sweep().tells == ()


# --- the budget


def test_no_more_than_ten_messages_in_ten_minutes_and_the_last_names_the_rest_by_rule(reader: Reader) -> None:
    storm = [[issue(f"c{n}")] for n in range(30)] + [[issue(f"p{n}", "PV-01", Severity.CRITICAL)] for n in range(3)]
    assert len(reader.event(*storm)) == 10
    assert reader.held() == (("PVC-05", 23),)  # the three that are critical went first
    assert reader.later(10).event([issue("x")]) == []
    assert len(reader.later(0.1).event([issue("y")])) == 1
    assert reader.held() == (("PVC-05", 1),)


def test_what_was_held_back_is_in_the_next_look_at_the_whole_cluster(reader: Reader) -> None:
    storm = [issue(f"c{n}") for n in range(30)]
    reader.event(*([one] for one in storm))
    assert reader.soon()
    said = reader.later(10).sweep(*storm)
    assert (len(said.untold), said.tells, said.held) == (20, (), ())
    assert not reader.soon()
    assert reader.later(10).sweep(*storm).untold == ()


def test_resolutions_have_the_same_budget_and_the_rest_follows(reader: Reader) -> None:
    storm = [issue(f"c{n}") for n in range(10)]
    reader.event(*([one] for one in storm))
    reader.later(20).event(*([issue(f"d{n}")] for n in range(8)))
    assert len(reader.event([], gone=[one.id for one in storm])) == 2
    assert reader.held() == (("resolved", 8),)
    rest = [issue(f"d{n}") for n in range(8)]
    assert len(reader.later(11).sweep(*rest).tells) == 8
    assert reader.later(11).sweep(*rest).tells == ()


def test_zero_messages_leave_everything_to_the_schedule(reader: Reader) -> None:
    reader.voice = replace(VOICE, most=0)
    assert reader.event([issue("a")]) == []
    assert [cause for cause, _ in reader.later(10).sweep(issue("a")).untold] == [issue("a").id]


def test_an_issue_that_comes_and_goes_unsaid_is_not_said_afterwards(reader: Reader) -> None:
    reader.event([issue("a")])
    reader.voice = replace(VOICE, most=1)
    assert reader.event([], gone=[issue("a").id]) == []  # held back
    assert reader.event([issue("a")]) == []  # and it came back: for the reader nothing changed
    assert reader.later(60).sweep(issue("a")).tells == ()


# --- stories


def test_a_story_is_told_once_and_later_victims_are_counted_and_named_in_the_next_message(reader: Reader) -> None:
    assert reader.event([victim("a")], [victim("b")]) == ["CSI driver is down on node-a1"]
    for name in "cdef":
        assert reader.event([victim(name)]) == []
    assert reader.event([issue("x")]) == ["Claim shop/x cannot bind"]
    assert reader.held() == ((DRIVER, 4),)
    assert reader.event([issue("y")])
    assert reader.held() == ()


def test_a_story_ends_only_when_the_whole_cluster_shows_none_of_it(reader: Reader) -> None:
    reader.event([victim("a"), victim("b")])
    assert reader.event([], gone=[victim("a").id, victim("b").id]) == []
    assert reader.soon()  # the next tick looks
    assert [tell.resolved for tell in reader.later(5).sweep(victim("c")).tells] == []
    reader.later(5).sweep()
    assert reader.read[-1] == "[RESOLVED] CSI driver is down on node-a1"
    assert len(reader.read) == 2


def test_pods_that_follow_one_another_in_a_story_are_one_story(reader: Reader) -> None:
    reader.event([victim("web-a")])
    assert reader.event([victim("web-b")], gone=[victim("web-a").id]) == []
    assert reader.later(60).sweep(victim("web-c")).tells == ()


def test_drivers_and_nodes_are_stories_of_their_own(reader: Reader) -> None:
    said = reader.event([victim("a")], [victim("b", "driver/efs/node-a1")], [victim("c", "driver/efs/node-b1")])
    assert len(said) == 3


# --- rules that say little, and the better ones


def test_a_better_diagnosis_of_what_was_told_is_no_news(reader: Reader) -> None:
    little = Symptom("AT-11/Pod/shop/web", Severity.HIGH, "Pod shop/web cannot mount", "AT-11/Pod/shop/web")
    exact = Symptom("AT-06/VolumeAttachment//csi-1", Severity.HIGH, "Attachment fails", "AT-06/VolumeAttachment//csi-1")
    exact = replace(exact, family=frozenset(["Pod/shop/web"]))
    reader.event([little])
    assert reader.later(60).sweep(exact).tells == ()
    assert reader.event([little]) == []  # the event's look does not see attachments
    assert [tell.cause for tell in reader.later(60).sweep().tells] == [little.cause]  # what was said is taken back


def test_the_poor_diagnosis_of_what_was_told_is_no_news_either(reader: Reader) -> None:
    little = Symptom("AT-11/Pod/shop/web", Severity.HIGH, "Pod shop/web cannot mount", "AT-11/Pod/shop/web")
    exact = Symptom("AT-06/VolumeAttachment//csi-1", Severity.HIGH, "Attachment fails", "AT-06/VolumeAttachment//csi-1")
    reader.sweep(replace(exact, family=frozenset(["Pod/shop/web"])))
    assert reader.read == ["Attachment fails"]
    assert reader.event([little]) == []


# --- the whole cluster


def test_one_new_issue_between_reports_has_its_own_message_and_many_share_one(reader: Reader) -> None:
    assert [tell.cause for tell in reader.sweep(issue("a")).tells] == [issue("a").id]
    said = reader.later(60).sweep(issue("a"), issue("b"), issue("c"))
    assert (said.tells, [cause for cause, _ in said.untold]) == ((), [issue("b").id, issue("c").id])
    assert reader.later(60).sweep(issue("a"), issue("b"), issue("c")).untold == ()


def test_what_a_message_of_many_named_is_named_as_fixed_in_one_as_well(reader: Reader) -> None:
    reader.sweep(issue("a"), issue("b"))
    said = reader.later(60).sweep()
    assert (said.tells, [one.title for _, one in said.ended]) == ((), [issue("a").title, issue("b").title])
    assert reader.later(60).sweep().ended == ()


def test_a_report_counts_new_fixed_and_still_open_since_the_last_one(reader: Reader) -> None:
    reader.sweep(issue("a"), issue("b"), report=True)
    reader.later(60).event([issue("c")])
    reader.later(60).event([], gone=[issue("a").id])
    said = reader.later(60 * 24).sweep(issue("b"), issue("c"), issue("d"), report=True)
    assert [one.title.split()[1] for one in said.new] == ["shop/c", "shop/d"]
    assert ([one.title.split()[1] for one in said.fixed], said.still) == (["shop/a"], 1)
    later = reader.later(60 * 24).sweep(issue("b"), issue("c"), issue("d"), report=True)
    assert (later.new, later.fixed, later.still) == ((), (), 3)


# --- bounds


def test_of_too_many_the_oldest_are_forgotten_counted_and_not_told_again() -> None:
    reader = Reader()
    many = [issue(f"c{n:05}", since=NOW - LONG) for n in range(MOST + 100)]
    said = reader.sweep(*many)
    assert (said.baseline, said.dropped, len(reader.ledger.open)) == (True, 100, MOST)
    for _ in range(2):
        said = reader.later(60).sweep(*many)
        assert (said.untold, said.tells, said.dropped) == ((), (), 100)
    assert reader.event(*([one] for one in many[:200])) == []
    assert reader.event([issue("young", since=reader.now)]) == ["Claim shop/young cannot bind"]


def test_what_did_not_fit_is_remembered_when_there_is_room_and_then_resolves() -> None:
    reader = Reader()
    many = [issue(f"c{n:05}", since=NOW - LONG) for n in range(MOST + 5)]
    reader.sweep(*many)
    said = reader.later(60).sweep(*many[-20:])
    assert (said.tells, said.untold, len(said.ended)) == ((), (), MOST - 20)
    reader.later(60).sweep(*many[-20:])
    assert (len(reader.ledger.open), reader.ledger.dropped) == (20, 0)


def test_five_thousand_issues_fit_into_a_config_map() -> None:
    import gzip  # noqa: PLC0415
    import random  # noqa: PLC0415
    import uuid  # noqa: PLC0415

    dice = random.Random(4)  # noqa: S311
    names = [
        f"namespace-{dice.randrange(400)}/data-service-{dice.randrange(999)}-{dice.randrange(9)}-{n}"
        for n in range(MOST)
    ]
    pods = [str(uuid.UUID(int=dice.getrandbits(128)))[-12:] for _ in range(MOST)]
    open_ = {
        f"AT-11/Pod/{name}-{pod}": Incident(
            f"Pod {name}-{pod} cannot mount data-{n}: the CSI driver does not run on the node"[:160],
            Severity.HIGH, 1_764_000_000 + n, frozenset([f"AT-11/Pod/{name}-{pod}"]), told="own", by="12345-0123456789ab",
        )
        for n, (name, pod) in enumerate(zip(names, pods, strict=True))
    }  # fmt: skip
    packed = gzip.compress(json.dumps(to_json(Ledger(open=open_))).encode())
    assert len(packed) < 700_000  # of 1 MiB that a ConfigMap may hold


@pytest.mark.parametrize(
    "value", [{}, {"open": 7}, {"open": {"a": [1]}}, {"sent": "x"}, {"baseline": []}, {"held": [1]}]
)
def test_a_ledger_that_somebody_edited_starts_anew(value: Mapping[str, object]) -> None:
    assert from_json(value) == Ledger()


# --- whatever happens


NAMES = [f"c{n}" for n in range(6)]
STEP = some.tuples(
    some.sampled_from(["event", "event", "event", "sweep", "report", "restart", "wait"]),
    some.sets(some.sampled_from(NAMES)),  # what is wrong now
    some.sets(some.sampled_from(NAMES)),  # what the look sees
    some.floats(0, 15),
)


def symptom_of(name: str) -> Symptom:
    """Two of six suffer from one story."""
    return victim(name) if name in {"c4", "c5"} else issue(name)


@dataclass
class Life:
    """Plays a run of a cluster and checks the promises at each message."""

    most: int
    reader: Reader = field(init=False)
    told: dict[str, bool] = field(default_factory=dict)  # cause -> a message stands
    times: list[datetime] = field(default_factory=list)
    again: set[str] = field(default_factory=set)  # what may be repeated: its process died before it could know

    def __post_init__(self) -> None:
        self.reader = Reader(replace(VOICE, most=self.most))
        self.reader.sweep()
        self.wrong: set[str] = set()

    def take(self, tells: Iterable[Tell]) -> None:
        for tell in tells:
            stands = self.told.get(tell.cause, False)
            if tell.resolved:
                assert not {symptom_of(n).cause for n in self.wrong} & {tell.cause}, "resolved, and still there"
                assert stands or tell.cause in self.again, "resolved, and never told"
            else:
                assert not stands or tell.cause in self.again, "told twice"
            self.told[tell.cause] = not tell.resolved
            self.times.append(self.reader.now)
        window = [at for at in self.times if self.reader.now - at < timedelta(minutes=10)]
        assert len(window) <= self.most

    def listed(self, said: Swept) -> None:
        for cause, _ in said.untold:
            assert not self.told.get(cause) or cause in self.again
            self.told[cause] = True
        for cause, _ in said.ended:
            self.told[cause] = False

    def step(self, what: str, wrong: set[str], seen: set[str], wait: float) -> None:
        reader = self.reader.later(wait)
        if what == "restart":
            reader.process += "+"
            fresh = settled(reader.ledger, int(reader.now.timestamp()), "nobody")
            self.again = {c for c, one in (*fresh.open.items(), *fresh.over.items()) if one.news}
            return
        if what == "wait":
            return
        self.wrong = wrong
        symptoms = {n: symptom_of(n) for n in sorted(wrong)}
        if what == "event":
            ids = {symptom_of(n).id for n in seen - wrong}
            looks = [(symptoms[n],) for n in sorted(seen & wrong)]
            reader.ledger, tells, _ = hear(
                reader.ledger, looks, ids.__contains__, reader.voice, reader.now, reader.process
            )
            self.take(tells)
            return
        reader.ledger, said = sweep(
            reader.ledger, tuple(symptoms.values()), lambda _: True, reader.voice, reader.now, reader.process,
            report=what == "report",
        )  # fmt: skip
        self.take(said.tells)
        self.listed(said)
        if what == "report":
            waits = {cause for cause, one in reader.ledger.over.items() if one.news}
            self.told = {cause: stands and cause in waits for cause, stands in self.told.items()}
            self.told |= {cause: True for cause, one in reader.ledger.open.items() if one.told}

    def settle(self) -> None:
        """Let the schedule run until it has nothing to say."""
        wrong = set(self.wrong)
        for _ in range(12):
            self.step("sweep", wrong, set(), 11)


@given(some.integers(1, 4), some.lists(STEP, max_size=25))
@settings(max_examples=300, deadline=None)
def test_whatever_happens_nothing_is_repeated_nothing_is_lost_and_the_budget_holds(
    most: int, steps: list[tuple[str, set[str], set[str], float]]
) -> None:
    life = Life(most)
    for step in steps:
        life.step(*step)
    life.settle()
    stand = {cause for cause, stands in life.told.items() if stands}
    assert stand == {symptom_of(name).cause for name in life.wrong}  # told is what is wrong, and nothing else
    assert not life.reader.ledger.soon


@given(some.permutations(NAMES), some.permutations(NAMES))
def test_the_order_of_events_changes_the_order_of_messages_and_nothing_else(one: list[str], other: list[str]) -> None:
    results = []
    for order in (one, other):
        reader = Reader(replace(VOICE, most=100))
        reader.sweep()
        for name in order:
            reader.event([symptom_of(name)])
        results.append((len(reader.read), {c: i.members for c, i in reader.ledger.open.items()}))
    assert results[0] == results[1]


@given(some.lists(some.sampled_from(NAMES), max_size=12))
def test_every_event_twice_says_the_same_as_once(names: list[str]) -> None:
    once, twice = Reader(), Reader()
    for reader, times in ((once, 1), (twice, 2)):
        reader.sweep()
        for name in names:
            for _ in range(times):
                reader.event([symptom_of(name)])
    assert once.read == twice.read


INCIDENT = some.builds(
    Incident,
    title=some.text(max_size=20),
    severity=some.sampled_from(Severity),
    since=some.integers(0, 2**31),
    members=some.frozensets(some.sampled_from(NAMES), min_size=1),
    news=some.booleans(),
    told=some.sampled_from(["", "list", "own"]),
    by=some.sampled_from(["", "p"]),
    at=some.integers(0, 2**31),
    near=some.booleans(),
    family=some.frozensets(some.sampled_from(["Pod/shop/a"])),
)


@given(some.dictionaries(some.sampled_from([*NAMES, DRIVER]), INCIDENT), some.dictionaries(some.just("x"), INCIDENT))
def test_what_is_written_reads_back_the_same(opened: dict[str, Incident], over: dict[str, Incident]) -> None:
    ledger = Ledger(1, 2, 3, soon=True, open=opened, over=over, sent=(4, 5), held={"PVC-05": 2}, dropped=6)
    assert from_json(json.loads(json.dumps(to_json(ledger)))) == ledger


def test_what_was_told_is_sure_after_a_while_and_not_before() -> None:
    one = Incident("t", Severity.HIGH, 0, frozenset("a"), news=False, told="own", by="p", at=1000)
    ledger, wait = Ledger(open={"a": one}), int(SURE.total_seconds())
    assert settled(ledger, 1000 + wait - 1, "p").open["a"].by == "p"
    assert settled(ledger, 1000 + wait, "p").open["a"].by == ""
    assert settled(ledger, 1000 + wait, "q").open["a"].news


def test_what_a_message_named_is_known_and_what_came_while_it_was_written_was_not_held_back() -> None:
    one = Incident("driver is down", Severity.HIGH, 0, frozenset("ab"))
    ledger = Ledger(open={DRIVER: one}, held={DRIVER: 1, "PVC-05": 2})
    told = as_told(
        ledger,
        {
            DRIVER: Said("driver is down: 3 volumes", frozenset("abc"), frozenset("a")),
            "gone": Said("x", frozenset(), frozenset()),
        },
    )
    assert (told.open[DRIVER].title, told.open[DRIVER].members) == ("driver is down: 3 volumes", frozenset("abc"))
    assert (told.held, "gone" in told.open) == ({"PVC-05": 2}, False)


def test_ended_incidents_do_not_pile_up() -> None:
    one = Incident("t", Severity.HIGH, 0, frozenset("a"))
    ledger = bounded(Ledger(over={f"c{n}": replace(one, at=n) for n in range(2000)}))
    assert (len(ledger.over), "c1999" in ledger.over, "c0" in ledger.over) == (500, True, False)
