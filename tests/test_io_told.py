"""What the demo's Prometheus says about I/O is what a real one says with the same story in it."""

import math
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from prometheus_real import running
from robusta_volumes._cluster.live_io import LiveIo
from robusta_volumes._cluster.live_prometheus import HttpTransport
from robusta_volumes._model.io_scope import EBS, EVERYTHING, IoScope
from robusta_volumes._model.io_series import IoMeasured, IoWindow
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.io_answers import IoAnswers
from robusta_volumes._sandbox.recorded_prometheus import RecordedPrometheus
from robusta_volumes._sandbox.story_io import Series, shop_io

pytestmark = pytest.mark.needs("prometheus")
STEP = 60  # seconds between scrapes
HOURS = 8
SERIES: Series = {
    (metric, f"vol-{number}"): rate for number, one in enumerate(shop_io()[:3]) for metric, rate in one.rates().items()
}
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


def told(end: datetime) -> Iterator[str]:
    """Write the story as the driver's counters and its gauge, up to a moment."""
    stop = int(end.timestamp())
    for (metric, handle), rate in sorted(SERIES.items()):
        total = 0.0
        for at in range(stop - HOURS * 3600, stop + 1, STEP):
            value = rate((stop - at) / 3600)
            total += value * STEP
            name = f'{metric}{{volume_id="{handle}",instance_id="i-1",instance="10.0.0.1:3302"}}'
            yield f"{name} {value if metric.endswith('length') else total} {at}"
    yield "# EOF\n"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "samples.txt").write_text("\n".join(told(NOW)))
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=720h"]
    subprocess.run(
        [*command, str(folder / "samples.txt"), str(folder / "data")], check=True, capture_output=True, timeout=120
    )
    with running(folder) as url:
        yield url


@pytest.fixture(scope="module")
def told_of() -> Iterator[str]:
    server = RecordedPrometheus(also=IoAnswers(SERIES, NOW.timestamp).answer)
    server.start()
    yield server.url
    server.close()


def asked(url: str, scope: IoScope, step: int) -> IoMeasured:
    window = IoWindow(NOW, timedelta(minutes=step), 6 * 60 // step, timedelta(minutes=step))
    return LiveIo(HttpTransport(url), 30).read(scope, window)


@pytest.mark.parametrize(("scope", "step"), [(EVERYTHING, 15), (IoScope(everything=False, handles=("vol-0",)), 5)])
def test_the_same_volumes_do_the_same(real: str, told_of: str, scope: IoScope, step: int) -> None:
    first, second = asked(real, scope, step).series[EBS], asked(told_of, scope, step).series[EBS]
    assert sorted(first.keys) == sorted(second.keys)
    assert first.signals.keys() == second.signals.keys()
    assert len(first.signals) == 11
    columns = first.window.columns
    for name, values in first.signals.items():
        for row, key in enumerate(first.keys):
            at = second.keys.index(key)
            mine = values[row * columns : (row + 1) * columns]
            theirs = second.signals[name][at * columns : (at + 1) * columns]
            off = [
                (a, b) for a, b in zip(mine, theirs, strict=True) if not math.isclose(a, b, rel_tol=0.05, abs_tol=0.01)
            ]
            assert len(off) <= columns // 20, (
                name,
                key,
                off[:5],
            )  # where the story turns, a mean of fewer moments differs


def test_what_the_story_has_not_is_left_to_others() -> None:
    answers = IoAnswers(SERIES, time.time)
    assert answers.answer({"query": 'max by (namespace) (kubelet_volume_stats_used_bytes{namespace="db"})'}) is None
    assert answers.answer({"query": 'count by (__name__) ({__name__=~"kubelet_volume_stats_used_bytes"})'}) is None
