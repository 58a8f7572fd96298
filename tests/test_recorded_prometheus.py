"""The recorded answers are those of a real Prometheus, for each question that we ask.

UPDATE_RECORDED=1 writes them anew.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from prometheus_real import back_fill, running
from robusta_volumes._cluster import promql
from robusta_volumes._cluster.live_metrics import LiveMetrics
from robusta_volumes._cluster.live_prometheus import HttpTransport, LivePrometheus
from robusta_volumes._cluster.metric_batches import in_namespaces
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.recorded_prometheus import (
    FILE,
    NOW,
    PRESENT,
    RANGE,
    RecordedPrometheus,
    kind_of,
    packed,
    unpacked,
)
from robusta_volumes._sandbox.story_usage import usage

pytestmark = pytest.mark.needs("prometheus")
CLAIMS = [(told.namespace, told.name) for told in usage()]
Row = dict[str, Any]
Key = tuple[tuple[str, str], ...]


@dataclass
class Overheard:
    """A transport that keeps what is asked and answered."""

    inner: HttpTransport
    heard: list[tuple[str, dict[str, str], list[Row]]] = field(default_factory=list)

    @property
    def shown(self) -> str:
        return self.inner.shown

    def post(self, path: str, data: Mapping[str, str], timeout: float) -> tuple[int, bytes | bytearray]:
        status, body = self.inner.post(path, data, timeout)
        self.heard.append((path, dict(data), json.loads(body)["data"]["result"]))
        return status, body


@pytest.fixture(scope="module")
def end() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def heard(end: datetime, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, dict[str, str], list[Row]]]:
    """Ask a real one everything."""
    folder = tmp_path_factory.mktemp("prometheus")
    back_fill(folder, end, strangers=False)
    with running(folder) as url:
        listening = Overheard(HttpTransport(url))
        metrics = LiveMetrics(listening, 60)
        metrics.now(in_namespaces(CLAIMS))
        metrics.now({})
        for days in (30, 7):
            for which in ("max", "min"):
                metrics.daily(in_namespaces(CLAIMS), days, end, which)
            metrics.daily_inodes(CLAIMS, days, end)
        metrics.hourly(CLAIMS, 14, end)
        metrics.hourly([("db", "data-pg-0"), ("shop", "uploads")], 2, end)
        metrics.last_known(CLAIMS, end)
        metrics.last_known([("shop", "old-catalog")], end)
        metrics.hourly_cost()
        LivePrometheus(listening).present([*promql.NOW, "node_load1"])
        for metric in promql.NOW:
            listening.post("/api/v1/query", {"query": promql.plain(metric, promql.within(["db"]))}, 10)
    if os.environ.get("UPDATE_RECORDED"):
        FILE.write_text(recorded(listening.heard, end.timestamp()), encoding="utf-8")
    return listening.heard


@pytest.fixture(scope="module")
def replay() -> Iterator[HttpTransport]:
    server = RecordedPrometheus()
    server.start()
    yield HttpTransport(server.url)
    server.close()


def kind(form: Mapping[str, str], end: float) -> str:
    """Name a question; one of long ago by how many days."""
    return kind_of(form["query"], (end - float(form.get("time", end))) / 86_400) + (RANGE if "step" in form else "")


def recorded(heard: list[tuple[str, dict[str, str], list[Row]]], end: float) -> str:
    """Keep the longest answer of each kind, one row a line."""
    kept: dict[str, list[Row]] = {}
    for _, form, rows in heard:
        lines = [kept_row(form, row) for row in rows]
        if len(json.dumps(lines)) > len(json.dumps(kept.get(kind(form, end), []))):
            kept[kind(form, end)] = lines
    single = {name.removeprefix("kubelet_volume_stats_") for name in promql.NOW} | {PRESENT}
    parts = [
        f"{json.dumps(name)}: [\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]"
        for name, rows in sorted(kept.items())
        if name not in single  # these are in the answer about all of now
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def kept_row(form: Mapping[str, str], row: Row) -> Row:
    if "values" not in row:
        at = {"back": round(float(form["time"]) - float(row["value"][1]))} if row["metric"].get("what") == "at" else {}
        return {"metric": row["metric"], **(at or {"value": row["value"][1]})}
    start, end, step = (int(form[name]) for name in ("start", "end", "step"))
    found = {int(at): int(float(value)) for at, value in row["values"]}
    return {"metric": row["metric"], **packed([found.get(at) for at in range(start, end + 1, step)])}


def comparable(rows: list[Row]) -> dict[Key, list[tuple[float, float]]]:
    """Give rows by their labels; the time of an instant is that of asking, and tells nothing."""
    return {
        tuple(sorted(row["metric"].items())): [(float(at), float(value)) for at, value in row["values"]]
        if "values" in row
        else [(0.0, float(row["value"][1]))]
        for row in rows
    }


def test_each_answer_is_that_of_a_real_prometheus(
    heard: list[tuple[str, dict[str, str], list[Row]]], replay: HttpTransport, end: datetime
) -> None:
    kinds = set()
    for path, form, real in heard:
        _, body = replay.post(path, form, 10)
        same, word = comparable(json.loads(body)["data"]["result"]), kind(form, end.timestamp())
        if word == PRESENT:  # how many series there are is nobody's question
            assert same.keys() == comparable(real).keys()
        else:
            assert same == comparable(real), form["query"]
        kinds.add(word)
    assert len(kinds) == 5 + 1 + 1 + 1 + 1 + 5 + 3  # plain ones, now, health, costs, present, by time, last known
    assert NOW in kinds


def test_what_is_recorded_is_small() -> None:
    assert FILE.stat().st_size < 200_000


def test_values_come_back_from_their_differences() -> None:
    for values in ([4096, 8192, None, 4096], [1, 2, 5], [None, 7]):
        assert unpacked(**packed(values)) == values  # type: ignore[arg-type]  # lists of either
