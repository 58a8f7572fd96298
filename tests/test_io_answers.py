"""What becomes of a report on I/O when Prometheus does not answer, refuses, is slow, or says that something is missing."""

import json
import math
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from metric_server import MetricServer, Question, Reply, answering, ok, refused
from robusta_volumes._cluster.io_metrics import IoMetrics
from robusta_volumes._cluster.live_io import LiveIo
from robusta_volumes._cluster.live_prometheus import HttpTransport
from robusta_volumes._cluster.prometheus_answers import read_each
from robusta_volumes._model.errors import Invalid, NotAllowed, NotAuthenticated, Unavailable
from robusta_volumes._model.io_scope import EVERYTHING, window
from robusta_volumes._model.io_series import IoMeasured
from robusta_volumes._model.times import UTC

NOW = datetime(2026, 11, 25, 4, 22, tzinfo=UTC)
DAY = window(NOW, 24, coarse=True)
THERE = ["aws_ebs_csi_read_ops_total", "aws_ebs_csi_write_ops_total", "aws_ebs_csi_volume_queue_length"]
Answer = Callable[[Question], Reply | Iterator[bytes]]


def names(question: Question) -> Reply | None:
    """Answer which metrics are there."""
    if "count by (__name__)" not in question.query:
        return None
    return ok([{"metric": {"__name__": name}, "value": [0, "1"]} for name in THERE])


def steps(question: Question, value: str = "5") -> Reply:
    """Answer with one volume that does the same at each step."""
    start, end, step = (int(question.form[name]) for name in ("start", "end", "step"))
    points = [[at, value] for at in range(start, end + 1, step)]
    return ok([{"metric": {"volume_id": "vol-1"}, "values": points}])


def usual(question: Question) -> Reply:
    if (first := names(question)) is not None:
        return first
    return ok([]) if "resets(" in question.query else steps(question)


def read(server: MetricServer, seconds: float = 20) -> IoMeasured:
    metrics: IoMetrics = LiveIo(HttpTransport(server.url), seconds)
    return metrics.read(EVERYTHING, DAY)


def test_a_day_of_a_cluster_is_96_columns_and_one_question_for_each_signal() -> None:
    with answering(usual) as server:
        found = read(server)
    assert list(found.series["ebs"].signals["read_ops"]) == [5.0] * 96
    assert found.queries == {"devices": 1, "ebs": 4}
    assert len(server.asked) == 5
    assert found.window.end == datetime(2026, 11, 25, 4, 20, tzinfo=UTC)
    assert found.source.startswith("Prometheus at http://127.0.0.1")


def test_the_same_reader_asks_once_which_metrics_there_are() -> None:
    with answering(usual) as server:
        asked = LiveIo(HttpTransport(server.url), 20)
        assert asked.present() == {"ebs"}
        asked.read(EVERYTHING, DAY)
        second = asked.read(EVERYTHING, window(NOW, 24))
    assert second.window.columns == 288
    assert second.queries == {"ebs": 4}
    assert len([query for query in server.queries if "count by" in query]) == 1


@pytest.mark.parametrize(
    ("reply", "error", "says"),
    [
        (refused(401, "", ""), NotAuthenticated, "Prometheus asks for credentials (401)"),
        (refused(403, "", ""), NotAllowed, "Prometheus refuses the query (403)"),
        ((200, b"<html>login</html>"), Unavailable, "this is not the address of a Prometheus"),
        (refused(500, "internal", "disk"), Unavailable, "Prometheus answers 500"),
    ],
)
def test_a_prometheus_that_refuses_everything_says_why(reply: Reply, error: type[Exception], says: str) -> None:
    with answering(lambda _: reply) as server, pytest.raises(error, match=re.escape(says)):
        read(server)


def test_nobody_at_home_is_said_at_once() -> None:
    with answering(usual) as server:
        gone = server.url
    with pytest.raises(Unavailable, match="no connection to Prometheus"):
        LiveIo(HttpTransport(gone), 20).read(EVERYTHING, DAY)


def test_a_slow_one_is_waited_for_no_longer_than_allowed_and_what_came_is_kept() -> None:
    def answer(question: Question) -> Reply:
        if "queue_length{" in question.query:
            time.sleep(4)
        return usual(question)

    started = time.monotonic()
    with answering(answer) as server:
        found = read(server, seconds=2)
    assert time.monotonic() - started < 3.5
    assert set(found.series["ebs"].signals) >= {"read_ops", "write_ops"}
    assert "queue" not in found.series["ebs"].signals
    (gap,) = found.gaps
    assert gap.startswith(
        "Not known, or not for all of the time: EBS CSI driver: "
    )  # what would have come after it, too
    assert "EBS CSI driver: queue" in gap
    assert "Prometheus" in gap


def test_one_question_that_is_refused_costs_its_signal_alone() -> None:
    def answer(question: Question) -> Reply:
        if "write_ops_total{" in question.query:
            return refused(500, "internal", "bad block")
        return usual(question)

    with answering(answer) as server:
        found = read(server)
    assert set(found.series["ebs"].signals) == {"read_ops", "queue"}
    (gap,) = found.gaps
    assert gap.startswith("Not known, or not for all of the time: EBS CSI driver: write ops: Prometheus answers 500")


def test_reasons_that_are_the_same_are_said_once() -> None:
    def answer(question: Question) -> Reply:
        return names(question) or refused(500, "internal", "bad block")

    with answering(answer) as server:
        found = read(server)
    (gap,) = found.gaps
    assert gap.startswith(
        "Not known, or not for all of the time: EBS CSI driver: read ops, EBS CSI driver: write ops, EBS CSI driver: queue,"
    )
    assert found.series == {}


def test_a_question_that_is_too_large_is_halved_by_time_and_comes_back_whole() -> None:
    def answer(question: Question) -> Reply:
        if question.path.endswith("query_range"):
            length = int(question.form["end"]) - int(question.form["start"])
            if length > 7 * 3600:
                return refused(422, "execution", "query processing would load too many samples into memory")
        return usual(question)

    with answering(answer) as server:
        found = read(server)
    assert found.gaps == ()
    assert list(found.series["ebs"].signals["read_ops"]) == [5.0] * 96
    ranges = [q for q in server.asked if "read_ops" in q.query and "rate(" in q.query and "resets" not in q.query]
    assert len(ranges) == 1 + 2 + 4
    assert found.queries["ebs"] == 4 * 7


def test_what_stays_too_large_is_given_up_after_a_few_halves() -> None:
    def answer(question: Question) -> Reply:
        return names(question) or refused(503, "timeout", "query timed out in expression evaluation")

    with answering(answer) as server:
        found = read(server)
    assert found.series == {}
    assert "query timed out" in found.gaps[0]
    assert len(server.asked) < 200


def test_half_of_the_time_is_kept_where_the_other_half_is_refused() -> None:
    def answer(question: Question) -> Reply:
        if question.path.endswith("query_range") and int(question.form["start"]) < DAY.end.timestamp() - 12 * 3600:
            return refused(422, "execution", "too many samples")
        return usual(question)

    with answering(answer) as server:
        found = read(server)
    values = found.series["ebs"].signals["read_ops"]
    assert [math.isnan(value) for value in (values[0], values[-1])] == [True, False]
    assert "too many samples" in found.gaps[0]


def test_warnings_of_an_answer_are_gaps() -> None:
    def answer(question: Question) -> Reply:
        status, body = usual(question)
        return status, json.dumps({**json.loads(body), "warnings": ["a store did not answer"]}).encode()

    with answering(answer) as server:
        found = read(server)
    assert found.gaps == ('Prometheus says that its answer is not complete: "a store did not answer".',)
    assert list(found.series["ebs"].signals["read_ops"]) == [5.0] * 96


def test_what_is_no_number_is_no_value() -> None:
    with answering(lambda question: names(question) or steps(question, "NaN")) as server:
        found = read(server)
    assert all(math.isnan(value) for value in found.series["ebs"].signals["read_ops"])


def test_rows_of_another_shape_are_an_error_in_words() -> None:
    strange = ok([{"metric": {"volume_id": "vol-1"}, "values": [["x", "y"]] * 2}])
    with answering(lambda question: names(question) or strange) as server:
        found = read(server)
    assert "answers in a shape that its API does not have" in found.gaps[0]


def test_a_server_that_takes_no_pattern_for_names_is_asked_for_each() -> None:
    def answer(question: Question) -> Reply:
        if "__name__" in question.query:
            return refused(400, "bad_data", "name patterns are not allowed")
        if question.query.startswith("count ("):
            there = any(name + "{" in question.query for name in THERE)
            return ok([{"metric": {}, "value": [0, "1"]}] if there else [])
        return usual(question)

    with answering(answer) as server:
        found = read(server)
    assert found.present == {"ebs"}
    assert set(found.series["ebs"].signals) == {"read_ops", "write_ops", "queue"}


def test_a_label_that_cannot_be_one_is_refused_before_anything_is_asked() -> None:
    with answering(usual) as server:
        with pytest.raises(Invalid, match="is no name of a label"):
            LiveIo(HttpTransport(server.url), 5, labels={"a-b": "c"})
        assert server.asked == []


NESTED = {"metric": {"volume_id": 'a{"metric":b'}, "values": [[1, "2"]]}


@pytest.mark.parametrize("spaces", [None, (", ", ": "), (",", ":")])
@pytest.mark.parametrize("rows", [[], [NESTED], [NESTED, {"metric": {}, "values": []}]])
def test_rows_are_read_one_by_one_whatever_is_in_their_labels(
    rows: list[dict[str, object]], spaces: tuple[str, str] | None
) -> None:
    body = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": rows}}, separators=spaces)
    got: list[dict[str, object]] = []
    answer = read_each(200, bytearray(body.encode()), got.append)
    assert (got, answer.rows, answer.warnings) == (rows, [], ())


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9, 0.99])
def test_an_answer_that_breaks_off_is_no_answer(cut: float) -> None:
    data = {"resultType": "matrix", "result": [NESTED] * 20}
    body = json.dumps({"status": "success", "data": data}, separators=(",", ":")).encode()
    with pytest.raises(Unavailable):
        read_each(200, body[: int(len(body) * cut)], lambda _: None)
