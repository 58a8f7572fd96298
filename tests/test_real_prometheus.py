"""Each of our questions, asked of a real Prometheus that has the story of the shop in it, and the numbers of its answer."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from prometheus_real import BLOCK, ODD, back_fill, running
from robusta_volumes._cluster import promql
from robusta_volumes._cluster.live_metrics import LiveMetrics
from robusta_volumes._cluster.live_prometheus import HttpTransport, LivePrometheus
from robusta_volumes._cluster.metric_batches import in_namespaces
from robusta_volumes._cluster.metric_questions import Questions
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.times import UTC
from robusta_volumes._model.usage import Grid, Key
from robusta_volumes._sandbox.story_usage import SHARED, usage
from robusta_volumes._workflows.measure import Asked, measure

pytestmark = pytest.mark.needs("prometheus")
GIB = 2**30
CLAIMS = [(told.namespace, told.name) for told in (*usage(), BLOCK)]
SCOPE = in_namespaces(CLAIMS)
PG = ("db", "data-pg-0")


@pytest.fixture(scope="module")
def end() -> datetime:
    """Give the hour at which the story ends."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def url(end: datetime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    back_fill(folder, end)
    with running(folder) as address:
        yield address


def metrics(url: str, labels: Mapping[str, str] | None = ODD, **options: Any) -> LiveMetrics:
    return LiveMetrics(HttpTransport(url), 60, labels=labels, **options)


def gib(grid: Grid | None, key: Key, last: int = 0) -> list[float]:
    """Give a row in GiB, or its last columns."""
    assert grid is not None
    row = grid.keys.index(key)
    values = grid.values[row * grid.columns : (row + 1) * grid.columns]
    return [round(value / GIB, 1) for value in values[-last:]]


def test_what_is_measured_now_is_answered_in_one_question_and_one_for_health(url: str) -> None:
    asked = metrics(url)
    found = asked.now(SCOPE)
    use = found[PG]
    assert asked.queries == 2
    assert (round((use.used or 0) / GIB, 1), round((use.usable or 0) / GIB, 1), use.capacity) == (89, 98, 100 * GIB)
    assert round(use.share or 0, 3) == 0.908
    assert found["monitoring", "grafana"].inode_share == pytest.approx(0.928, abs=0.001)
    assert [key for key, one in found.items() if one.abnormal] == [("shop", "data-search-1")]
    assert len(found) == len(CLAIMS) - 2  # two are mounted by nobody


def test_a_block_volume_has_a_size_and_no_use(url: str) -> None:
    use = metrics(url).now({})["vault", "raw"]
    assert (use.capacity, use.used, use.usable, use.share) == (10 * GIB, 0, None, None)


def test_claims_of_a_shared_filesystem_show_all_of_it_once_for_all_nodes(url: str) -> None:
    found = metrics(url).now({"media": SCOPE["media"], "shop": SCOPE["shop"]})
    shared = [found[key] for key in (("shop", "uploads"), ("media", "originals"), ("media", "renders"))]
    assert {use.capacity for use in shared} == {int(SHARED * GIB)}
    assert {use.used for use in shared} == {760 * GIB}
    assert {use.inode_share for use in shared} == {None}  # a filesystem without a table of inodes
    assert all(namespace in {"media", "shop"} for namespace, _ in found)


def test_the_history_goes_on_where_the_pod_moved_to_another_node(url: str, end: datetime) -> None:
    highest = metrics(url).daily(SCOPE, 30, end, "max")
    assert gib(highest, PG)[:2] == [64.9, 65.4]
    assert gib(highest, PG, 12) == [73.9, 74.4, 74.9, 75.4, 75.9, 76.4, 78.5, 80.6, 82.7, 84.8, 86.9, 89.0]


def test_the_lowest_of_a_day_is_another_answer(url: str, end: datetime) -> None:
    asked = metrics(url)
    key = ("shop", "data-kafka-0")
    highest, lowest = (asked.daily({"shop": SCOPE["shop"]}, 4, end, which) for which in ("max", "min"))
    assert max(gib(highest, key)) > 40
    assert min(gib(lowest, key)) < 19
    assert asked.queries == 2


def test_days_without_samples_are_gaps(url: str, end: datetime) -> None:
    grid = metrics(url).daily({"monitoring": SCOPE["monitoring"]}, 14, end, "max")
    row = [repr(value) for value in gib(grid, ("monitoring", "data-loki-2"))]
    assert row == [
        "56.4",
        "57.6",
        "nan",
        "nan",
        "61.2",
        "62.4",
        "63.6",
        "64.8",
        "66.0",
        "67.2",
        "68.4",
        "69.6",
        "70.8",
        "72.0",
    ]


def test_questions_that_are_cut_bring_the_same_as_one(url: str, end: datetime) -> None:
    whole, cut = (metrics(url, batch=batch) for batch in (2500, 5))
    assert whole.now(SCOPE).keys() == cut.now(SCOPE).keys()
    one, many = (asked.daily(SCOPE, 30, end, "max") for asked in (whole, cut))
    assert one.keys == many.keys
    assert repr(one.values) == repr(many.values)
    assert cut.queries > whole.queries


def test_by_the_hour_come_use_and_the_size_with_the_mark_of_a_resize(url: str, end: datetime) -> None:
    asked = metrics(url)
    key = ("analytics", "data-clickhouse-0")
    used, capacity = asked.hourly([key, PG], 14, end)
    assert (used.columns, used.keys, asked.queries) == (336, (key, PG), 2)
    sizes = gib(capacity, key)
    assert (sizes[0], sizes[-1]) == (200, 250)
    assert [column for column in range(1, 336) if sizes[column] != sizes[column - 1]] == [336 - 5 * 24]
    assert gib(used, PG, 2) == [88.9, 89.0]


def test_inodes_have_a_history_of_their_own(url: str, end: datetime) -> None:
    grid = metrics(url).daily_inodes([("monitoring", "grafana")], 5, end)
    assert grid.keys == (("monitoring", "grafana"),)
    assert list(grid.values) == [292_000, 295_000, 298_000, 301_000, 304_000]


def test_what_nobody_mounts_was_last_measured_some_days_ago(url: str, end: datetime) -> None:
    asked = metrics(url)
    found = asked.last_known([("shop", "old-catalog"), ("shop", "import-2023"), ("shop", "never")], end)
    assert asked.queries == 3
    assert {name: use.used for (_, name), use in found.items()} == {"old-catalog": 33 * GIB, "import-2023": 122 * GIB}
    ages = {name: (end - use.at) / timedelta(days=1) for (_, name), use in found.items() if use.at}
    assert ages == pytest.approx({"old-catalog": 8.2, "import-2023": 20.5}, abs=0.05)


def test_costs_are_those_of_a_gib_and_have_no_labels_of_the_kubelet(url: str) -> None:
    assert metrics(url, None).hourly_cost() == {"pv-1": 0.0001}


def test_a_neighbour_with_the_same_names_is_told_apart_by_labels(url: str) -> None:
    assert metrics(url, None).now({"db": SCOPE["db"]})[PG].used == 400 * GIB  # two clusters in one Prometheus
    assert metrics(url, ODD).now({"db": SCOPE["db"]})[PG].used == 89 * GIB
    assert list(metrics(url, {"cluster": "red"}).now({})) == [PG]


def test_the_report_is_the_same_as_its_questions(url: str, end: datetime) -> None:
    found = measure(metrics(url), CLAIMS, Asked(), end)
    assert found.source == f"Prometheus at {url}"
    assert found.queries == 8  # now, health, max, min, 2 by the hour, inodes, costs
    assert not found.gaps
    assert {name for _, name in found.last_known} == {"old-catalog", "import-2023"}


def test_its_own_limits_make_our_questions_smaller(end: datetime, tmp_path: Path) -> None:
    back_fill(tmp_path, end)
    with running(tmp_path, "--query.max-samples=60000") as small:
        asked = metrics(small)
        asked.now(SCOPE)
        assert len(asked.daily(SCOPE, 30, end, "max").keys) == len(CLAIMS)
        assert asked.gaps == []


def test_an_empty_one_measures_nothing(tmp_path: Path, end: datetime) -> None:
    with running(tmp_path) as empty:
        found = measure(metrics(empty), CLAIMS, Asked(), end)
    assert (len(found.now), found.gaps, len(found.unasked)) == (0, (), 0)


def test_the_doctor_finds_which_metrics_are_there(url: str) -> None:
    names = {promql.USED, promql.CAPACITY, "node_disk_io_time_seconds_total"}
    assert LivePrometheus(HttpTransport(url)).present(names) == {promql.USED, promql.CAPACITY}


NASTY = [
    "plain",
    "a.b",
    'quo"te',
    "back\\slash",
    "{n}",
    "}",
    "a|b",
    "new\nline",
    "$(x)",
    "[a-z]+",
    "ünï",
    "\x7f",
    "\ud800",
]


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("at_all", [1, 40])
def test_a_real_parser_takes_whatever_name_we_are_given(url: str, name: str, at_all: int) -> None:
    asked = Questions(HttpTransport(url), 10)
    group = (*promql.within([name, "x"], [name]), ("cluster", "=", name))
    groups = promql.groups([(f"{name}-{n}", f"{name}{n}") for n in range(at_all)])
    for query in (
        promql.now(group),
        promql.abnormal(group),
        promql.daily(promql.USED, "max", groups),
        promql.hourly(promql.USED, groups),
        promql.last_known(7, groups),
        promql.cost(group),
    ):
        try:
            assert asked.ask(query, 5) == []
        except ClusterError as error:
            raise AssertionError(f"{query}: {error}") from error
