"""What a report asks of metrics: few questions, whatever the size of the cluster, and what is missing is said."""

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

import pytest

from metric_server import MetricServer, Question, Reply, Row, answering, ok, refused, row
from robusta_volumes._cluster import promql
from robusta_volumes._cluster.live_metrics import LiveMetrics
from robusta_volumes._cluster.live_prometheus import HttpTransport
from robusta_volumes._cluster.metric_batches import in_namespaces
from robusta_volumes._model.errors import ClusterError, Unavailable
from robusta_volumes._model.times import UTC
from robusta_volumes._model.usage import Key, Measured
from robusta_volumes._workflows.measure import Asked, measure

NOW = datetime(2026, 11, 25, 4, 20, tzinfo=UTC)
GIB = 2**30
PLAIN = Asked(last_known=False, inodes=False, costs=False)


def claims(namespaces: int, each: int) -> list[Key]:
    return [(f"ns-{n:02}", f"data-{c}") for n in range(namespaces) for c in range(each)]


def made_up(keys: list[Key], inodes: int = 10) -> Callable[[Question], Reply]:
    """Answer each of our questions about these claims: 60 GiB of 100 used, a GiB more each day."""

    def answer(question: Question) -> Reply:
        query, form = question.query, question.form
        wanted = [key for key in keys if selects(query, key)]
        if "pv_hourly_cost" in query:
            return ok([{"metric": {"persistentvolume": "pv-1"}, "value": [0, "0.00005"]}])
        if question.path.endswith("query_range"):
            start, end, step = (int(form[name]) for name in ("start", "end", "step"))
            times = range(start, end + 1, step)
            values = [[at, str((60 - (end - at) / 86400) * GIB)] for at in times]
            return ok([{**row(*key, 0), "values": values} for key in wanted])
        if promql.ABNORMAL in query:
            return ok([])
        of_one = (("used", 60 * GIB), ("available", 40 * GIB), ("capacity", 100 * GIB))
        names = [(f"kubelet_volume_stats_{name}_bytes", value) for name, value in of_one]
        names += [(promql.INODES, 100), (promql.INODES_USED, inodes)]
        return ok([row(*key, value, __name__=name) for key in wanted for name, value in names])

    return answer


def selects(query: str, key: Key) -> bool:
    """Tell whether one of a query's selectors is about a claim."""
    for matchers in re.findall(r"\{([^}]*)\}", query):
        tests = re.findall(r'(namespace|persistentvolumeclaim)(=~?)"([^"]*)"', matchers)
        values = {"namespace": key[0], "persistentvolumeclaim": key[1]}
        if all(values[label] in text.split("|") for label, _, text in tests):
            return True
    return False


def asked(
    server: MetricServer, keys: list[Key] | None, what: Asked = PLAIN, *, seconds: float = 30, batch: int = 2500
) -> Measured:
    return measure(LiveMetrics(HttpTransport(server.url), seconds, batch=batch), keys, what, NOW)


def test_ten_thousand_claims_in_a_hundred_namespaces_take_twelve_questions() -> None:
    keys = claims(100, 100)
    with answering(made_up(keys)) as server:
        found = asked(server, keys)
    assert (found.queries, len(server.asked)) == (12, 12)
    assert len(found.now) == 10_000
    assert found.highest is not None
    assert found.lowest is not None
    assert found.detail is not None
    assert (len(found.highest.keys), len(found.lowest.keys), len(found.detail.keys)) == (10_000, 10_000, 200)
    assert not found.gaps
    assert not found.unasked


def test_extras_are_three_questions_here_and_never_more_than_eight() -> None:
    keys = claims(100, 100)
    with answering(made_up(keys[1:], inodes=60)) as server:
        found = asked(server, keys, Asked())
    assert found.queries == 12 + 4 + 1  # inodes of all, and costs; the last use of what is gone is in the history
    assert found.hourly_cost == {"pv-1": 0.00005}


def test_each_day_has_its_value_and_the_last_ends_at_the_hour() -> None:
    with answering(made_up([("shop", "data")])) as server:
        found = asked(server, [("shop", "data")])
    assert found.highest is not None
    assert found.highest.start + 29 * found.highest.step == datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
    assert [value / GIB for value in found.highest.values[-3:]] == [58, 59, 60]
    assert found.now["shop", "data"].share == 0.6


def test_a_gap_is_no_zero_and_what_is_no_number_neither() -> None:
    start = int(datetime(2026, 11, 23, 4, tzinfo=UTC).timestamp())

    def answer(question: Question) -> Reply:
        if "_over_time" in question.query:
            return ok([{**row("shop", "data", 0), "values": [[start, "5"], [start + 86400, "NaN"]]}])
        return made_up([("shop", "data")])(question)

    with answering(answer) as server:
        found = asked(server, [("shop", "data")], Asked(history_days=4, last_known=False, costs=False))
    assert found.highest is not None
    assert found.highest.values[1] == 5
    assert [math.isnan(value) for value in found.highest.values] == [True, False, True, True]


def test_the_last_use_of_a_claim_that_nobody_mounts_is_found_in_its_history() -> None:
    start = int(datetime(2026, 11, 20, 4, tzinfo=UTC).timestamp())

    def answer(question: Question) -> Reply:
        if "_over_time" in question.query:
            return ok([{**row("shop", "old", 0), "values": [[start, str(3 * GIB)]]}])
        return ok([])

    with answering(answer) as server:
        found = asked(server, [("shop", "old"), ("shop", "never")], Asked(costs=False))
    assert {key: (use.used, use.at) for key, use in found.last_known.items()} == {
        ("shop", "old"): (3 * GIB, datetime(2026, 11, 20, 4, tzinfo=UTC))
    }


def test_where_nobody_may_list_claims_the_whole_cluster_is_asked_for_in_one_question() -> None:
    with answering(made_up(claims(3, 2))) as server:
        found = asked(server, None)
    assert len(found.now) == 6
    assert "max by (namespace, persistentvolumeclaim) (max_over_time(kubelet_volume_stats_used_bytes{}[1d]))" in (
        server.queries
    )


def test_one_huge_namespace_is_asked_for_by_name() -> None:
    keys = claims(1, 1200)
    with answering(made_up(keys)) as server:
        found = asked(server, keys, batch=1000)
    assert found.highest is not None
    assert len(found.highest.keys) == 1200
    daily = [query for query in server.queries if "max_over_time" in query]
    assert sorted(query.count("data-") for query in daily) == [200, 500, 500]


def too_large_above(most: int, keys: list[Key], reply: Reply) -> Callable[[Question], Reply]:
    def answer(question: Question) -> Reply:
        if "_over_time" in question.query and sum(selects(question.query, key) for key in keys) > most:
            return reply
        return made_up(keys)(question)

    return answer


LIMITS = [
    pytest.param(refused(422, "execution", "query processing would load too many samples into memory"), id="samples"),
    pytest.param(refused(503, "timeout", "query timed out in expression evaluation"), id="time"),
    pytest.param(refused(422, "422", "the number of matching timeseries exceeds 30000"), id="VictoriaMetrics"),
    pytest.param((200, b'{"status":"error","errorType":"timeout","error":"deadline exceeded"}'), id="Thanos"),
    pytest.param((504, b"<html>gateway timeout</html>"), id="a proxy"),
]


@pytest.mark.parametrize("reply", LIMITS)
def test_a_question_that_is_too_large_is_cut_until_it_fits(reply: Reply) -> None:
    keys = claims(8, 100)
    with answering(too_large_above(200, keys, reply)) as server:
        found = asked(server, keys)
    assert found.highest is not None
    assert len(found.highest.keys) == 800
    assert len([query for query in server.queries if "max_over_time" in query]) == 1 + 2 + 4
    assert not found.unasked


def test_what_is_too_large_even_for_a_few_claims_stays_a_gap_that_says_what_to_do() -> None:
    keys = [*claims(1, 60), *[("small", f"data-{n}") for n in range(60)]]
    reply = refused(422, "execution", "too many samples")

    def answer(question: Question) -> Reply:
        if "_over_time" in question.query and any(selects(question.query, key) for key in keys[:60]):
            return reply
        return made_up(keys)(question)

    with answering(answer) as server:
        found = asked(server, keys)
    assert found.highest is not None
    assert len(found.highest.keys) == 60
    assert found.unasked == set(keys[:60])
    assert [gap.split("; ") for gap in found.gaps] == [
        [
            'The history of 1 namespace (ns-00) is not complete: Prometheus gives up the query (422): "too many samples"',
            "ask again later",
            "when this lasts, give Prometheus more memory or raise its query limits.",
        ]
    ]


def test_a_backend_that_takes_no_pattern_for_names_is_asked_for_one_metric_at_a_time() -> None:
    def answer(question: Question) -> Reply:
        if "__name__=~" in question.query:
            return refused(422, "422", "missing metric name")
        found = made_up([("shop", "data")])(question)
        return found if "_over_time" in question.query or "query_range" in question.path else one_metric(question)

    def one_metric(question: Question) -> Reply:
        values = {promql.USED: 6, promql.AVAILABLE: 4, promql.CAPACITY: 11, promql.INODES: 9, promql.INODES_USED: 2}
        metric = re.findall(r"\((\w+)\{", question.query)[0]
        return ok([row("shop", "data", values[metric])] if metric in values else [])

    with answering(answer) as server:
        use = asked(server, [("shop", "data")]).now["shop", "data"]
    assert (use.used, use.available, use.capacity, use.inodes, use.inodes_used) == (6, 4, 11, 9, 2)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (
            {"warnings": ["No StoreAPIs matched for this query"]},
            'Prometheus says that its answer is not complete: "No StoreAPIs matched for this query".',
        ),
        (
            {"isPartial": True},
            'Prometheus says that its answer is not complete: "some of its storage nodes did not answer".',
        ),
    ],
    ids=["Thanos", "VictoriaMetrics"],
)
def test_an_answer_in_part_is_used_and_called_so(more: dict[str, object], sentence: str) -> None:
    rows: list[Row] = [row("shop", "data", GIB, __name__=promql.USED)]
    with answering(lambda _: ok(rows, **more)) as server:
        found = LiveMetrics(HttpTransport(server.url), 5)
        assert found.now({"shop": ["data"]})["shop", "data"].used == GIB
        assert found.gaps == [sentence]


def test_an_empty_prometheus_measures_nothing_and_that_is_no_error() -> None:
    with answering(lambda _: ok([])) as server:
        found = asked(server, [("shop", "data")], Asked())
    assert not found.now
    assert not found.gaps
    assert not found.unasked


REFUSALS = [
    pytest.param((401, b"Unauthorized"), "asks for credentials (401)", "set `globalConfig.prometheus_auth`", id="401"),
    pytest.param((403, b"no"), "refuses the query (403)", "check the credentials in `globalConfig.", id="403"),
    pytest.param((404, b"404 page not found"), "not the address of a Prometheus", "/api/v1/query is", id="404"),
    pytest.param((200, b"<!doctype html><html>Grafana"), "answers 200 with a web page", "/api/v1/query is", id="a page"),
    pytest.param((200, b'{"status":"success"}'), "has no result", "check `globalConfig.prometheus_url`", id="no result"),
    pytest.param((500, b"boom"), 'answers 500: "boom"', "check `globalConfig.prometheus_url`", id="500"),
    pytest.param(ok([{"metric": {}}, 1]), "has no result", "check", id="rows of another shape"),  # type: ignore[list-item]  # the point of it
    pytest.param(ok([{"metric": {"__name__": "x", "namespace": "a", "persistentvolumeclaim": "b"}, "value": [0, "1"]}]),
                 "in a shape that its API does not have", "check", id="another metric"),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "says", "remedy"), REFUSALS)
def test_a_server_that_gives_no_answer_is_an_error_with_the_key_to_look_at(
    reply: Reply, says: str, remedy: str
) -> None:
    with answering(lambda _: reply) as server, pytest.raises(ClusterError) as error:
        asked(server, [("shop", "data")])
    assert says in error.value.message
    assert remedy in error.value.remedy


def hanging(_: Question) -> Iterator[bytes]:
    time.sleep(3)
    yield b""


def dripping(_: Question) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    while True:
        time.sleep(0.05)
        yield b" "


def dripping_headers(_: Question) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX: "
    while True:
        time.sleep(0.05)
        yield b"x"


@pytest.mark.parametrize("how", [hanging, dripping, dripping_headers])
def test_a_server_that_hangs_or_drips_is_given_up_in_time(how: Callable[[Question], Iterator[bytes]]) -> None:
    started = time.monotonic()
    with answering(how) as server, pytest.raises(Unavailable, match=r"no answer of Prometheus|had not answered"):
        asked(server, [("shop", "data")], seconds=0.5)
    assert time.monotonic() - started < 2


def test_what_was_answered_before_it_hangs_is_kept() -> None:
    keys = claims(2, 100)

    def answer(question: Question) -> Reply | Iterator[bytes]:
        return hanging(question) if "min_over_time" in question.query else made_up(keys)(question)

    with answering(answer) as server:
        found = asked(server, keys, seconds=1)
    assert found.highest is not None
    assert len(found.highest.keys) == 200
    assert found.lowest is None
    assert len(found.gaps) == 1
    assert "globalConfig.prometheus_url" in found.gaps[0]


def test_a_connection_that_breaks_is_tried_a_second_time() -> None:
    broken = iter([True])

    def answer(question: Question) -> Reply | Iterator[bytes]:
        return iter([b""]) if next(broken, False) else made_up([("shop", "data")])(question)

    with answering(answer) as server:
        assert asked(server, [("shop", "data")]).now["shop", "data"].used == 60 * GIB


def test_credentials_in_the_address_are_used_and_never_shown() -> None:
    with answering(made_up([("shop", "data")])) as server:
        url = server.url.replace("http://", "http://me:s3cret@")
        metrics = LiveMetrics(HttpTransport(url + "/", {"X-Scope-OrgID": "a"}, query_string="tenant=b&c="), 5)
        metrics.now({"shop": ["data"]})
        assert metrics.source == f"Prometheus at {server.url}"
    assert server.asked[0].headers["Authorization"].startswith("Basic ")
    assert server.asked[0].headers["X-Scope-OrgID"] == "a"
    assert server.asked[0].address == {"tenant": "b", "c": ""} or server.asked[0].address == {"tenant": "b"}


class Unsigned:
    """A transport whose library fails before anything is sent."""

    shown = "http://aps"

    def post(self, path: str, data: Mapping[str, str], timeout: float) -> tuple[int, bytes]:  # noqa: ARG002 (the protocol's)
        raise LookupError("no credentials in AKIA...")


def test_a_library_that_fails_with_an_error_of_its_own_is_told_by_its_type() -> None:
    with pytest.raises(Unavailable) as error:
        LiveMetrics(Unsigned(), 5).now({})
    assert error.value.message == "the question could not be sent to Prometheus (LookupError)"
    assert "credentials" in error.value.remedy


def test_the_last_use_of_very_many_claims_is_not_asked_for_one_by_one() -> None:
    with answering(lambda _: ok([])) as server:
        metrics = LiveMetrics(HttpTransport(server.url), 10)
        assert metrics.last_known(claims(1, 700), NOW) == {}
    assert metrics.queries == 3
    assert metrics.gaps == ["The last use of 200 claims that nothing measures now was not asked for: too many."]


def test_no_claims_no_questions() -> None:
    with answering(lambda _: refused(500, "x", "never asked")) as server:
        assert asked(server, []) == Measured(source=f"Prometheus at {server.url}")
    assert not server.asked


def test_points_go_into_the_grid_as_fast_as_they_are_read() -> None:
    keys = claims(10, 100)
    with answering(made_up(keys)) as server:
        metrics = LiveMetrics(HttpTransport(server.url), 30)
        grid = metrics.daily(in_namespaces(keys), 30, NOW, "max")
    assert len(grid.values) == 30_000
    assert grid.step == timedelta(days=1)
