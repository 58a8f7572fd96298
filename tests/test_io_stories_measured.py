"""Stories through a real Prometheus: written as each source's own counters and gauges, asked, mapped, judged and reported."""

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from io_prometheus import SCRAPE, Series, back_fill, info
from io_stories import STORIES
from io_story_world import ADDRESS, END, INSTANCE, NODE, Story, Vol, _as_device, _objects, _speaks, key_of
from prometheus_real import running
from robusta_volumes._analysis.io_cause import CAUSES, HEALTHY, IDLE
from robusta_volumes._cluster import io_sources
from robusta_volumes._cluster.io_source import Source, Term
from robusta_volumes._cluster.live_io import LiveIo
from robusta_volumes._cluster.live_prometheus import HttpTransport
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.target import Target
from robusta_volumes._workflows.volume_performance_analysis import volume_performance_analysis

pytestmark = pytest.mark.needs("prometheus")
STEP, COLUMNS = 300, 288  # seconds, of a day
_CALLS = "node_mountstats_nfs_operations_"
NAMES = (
    "gp3 asked for 5,200 IOPS all day",
    "gp3 in a batch of four hours, seen by its node only",
    "gp3 read for a backup of six hours",
    "gp2 of 100 GiB after noon",
    "m5.large, and the driver says so",
    "EBS answers in 14 ms at 100 IOPS",
    "Ceph answers in 45 ms at 35 IOPS",
    "etcd on gp3",
    "NFS over a lossy path",
    "NFS server with slow disks",
    "a folder beside an ETL job",
    "a database on st1",
    "NVMe busy all day",
    "gp3 at 85 % of its limit",
    "nobody uses it",
    "the counter began anew at noon",
    "moved here four hours ago",
)
CHOSEN = {story.name: story for story in STORIES if story.name in NAMES}
SOURCES = {source.name: source for source in io_sources.SERIES}


def level(values: Sequence[float], back: int) -> float:
    """Give what it was so many seconds before the end; after it all goes on as at last."""
    column = COLUMNS - 1 - math.floor(max(back, 0) / STEP)
    return values[column] if column >= 0 else values[0]


def grown(metric: str, values: Sequence[float], labels: dict[str, str], reset: int | None = None) -> Series:
    """Give a counter that grows by so much a second in each step; it began anew in the column ``reset``."""
    total, points = 0.0, {}
    for back in range(STEP * COLUMNS, -1800 - SCRAPE, -SCRAPE):
        now = level(values, back)
        if reset is not None and COLUMNS - 1 - back // STEP == reset and back % STEP == STEP - SCRAPE:
            total = 0.0
        total += 0.0 if math.isnan(now) else now * SCRAPE
        points[back] = None if math.isnan(now) else total
    return Series(metric, labels, points.get)


def held(metric: str, values: Sequence[float], labels: dict[str, str]) -> Series:
    """Give a gauge that is so much in each step."""
    return Series(metric, labels, lambda back: None if math.isnan(level(values, back)) else level(values, back))


def said(source: Source, vol: Vol, labels: dict[str, str]) -> Iterator[Series]:
    """Write a volume as its source does."""
    labels = {**dict(zip(source.key, key_of(vol), strict=True)), **dict.fromkeys(source.across, "1"), **labels}
    for signal, terms in source.signals.items():
        if signal in vol.row and _speaks(source.name, signal):
            yield term_of(terms[0], vol.row[signal], labels, vol.reset)


def term_of(term: Term, values: Sequence[float], labels: dict[str, str], reset: int | None) -> Series:
    scaled = [value / term.scale for value in values]
    return grown(term.metric, scaled, labels, reset) if term.how == "rate" else held(term.metric, scaled, labels)


def nfs(vol: Vol, labels: dict[str, str]) -> Iterator[Series]:
    """Write an export by its operations; what no operation is told of is one more."""
    row = vol.row
    labels = {
        **dict(zip(("instance", "export"), key_of(vol), strict=True)),
        "protocol": "tcp",
        "mountaddr": "10.0.0.9",
        **labels,
    }
    others = [
        a - b - c - d
        for a, b, c, d in zip(row["requests"], row["read_ops"], row["write_ops"], row["meta_requests"], strict=True)
    ]
    for operation, requests in (
        ("READ", row["read_ops"]),
        ("WRITE", row["write_ops"]),
        ("GETATTR", row["meta_requests"]),
        ("FSSTAT", others),
    ):
        yield grown(f"{_CALLS}requests_total", [max(0.0, one) for one in requests], {**labels, "operation": operation})
    for operation, signal in (("READ", "read_seconds"), ("WRITE", "write_seconds")):
        yield grown(f"{_CALLS}request_time_seconds_total", row[signal], {**labels, "operation": operation})
    for name, signal in (
        ("transmissions_total", "transmissions"),
        ("major_timeouts_total", "timeouts"),
        ("response_time_seconds_total", "server_seconds"),
        ("queue_time_seconds_total", "queued_seconds"),
    ):
        yield grown(f"{_CALLS}{name}", row[signal], {**labels, "operation": "READ"})
    for name, signal in (("read", "read_bytes"), ("write", "write_bytes")):
        yield grown(f"node_mountstats_nfs_total_{name}_bytes_total", row[signal], labels)


def written(story: Story, label: str) -> Iterator[Series]:
    """Write a story: its volumes, the disks of its node, what its pods wait for, and who else works there."""
    more = {"story": label}
    yield info(io_sources.FILESYSTEM, instance=INSTANCE, mountpoint="/", device="/dev/sda1", fstype="ext4", **more)
    for vol in story.vols:
        yield from nfs(vol, more) if vol.source == "nfs" else said(SOURCES[vol.source], vol, more)
        disk = _as_device(vol)
        major, minor = disk.numbers
        names = {"device": disk.device, "serial": disk.serial, "path": disk.path, "major": major, "minor": minor}
        yield info(io_sources.DISK_INFO, instance=INSTANCE, **names, **more)
        for signal, values in vol.pressure.items():
            for term in SOURCES["psi"].signals[signal]:
                if term.how == "rate":
                    yield grown(
                        term.metric,
                        values,
                        {"namespace": "shop", "pod": f"pod-{vol.name}", "container": "main", **more},
                    )
    for pod in story.pods:
        labels = {
            "node": NODE,
            "instance": f"{ADDRESS}:10250",
            "namespace": pod.namespace,
            "pod": pod.pod,
            "device": pod.device,
        }
        for metric in io_sources.POD_OPS:
            yield grown(metric, [(pod.ops or 0.0) / 2] * COLUMNS, {**labels, "container": "main", **more})


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("prometheus")
    told = [series for number, name in enumerate(NAMES) for series in written(CHOSEN[name], str(number))]
    back_fill(folder, told, END, 24)
    with running(folder) as address:
        yield address


@pytest.mark.parametrize("name", NAMES)
def test_a_story_that_a_prometheus_tells_is_judged_rightly(url: str, name: str) -> None:
    story = CHOSEN[name]
    live = LiveIo(HttpTransport(url), 60, labels={"story": str(NAMES.index(name))})
    target = Target("PersistentVolumeClaim", story.vols[0].name, "shop")
    page = volume_performance_analysis(
        MemoryCluster(_objects(story), now=END + timedelta(seconds=30)), target, VolumePerformanceAnalysis(), live.read
    )
    if story.truth in (HEALTHY, IDLE):
        assert not page.failure, page.title
        assert f" is {story.truth}" in page.title
    else:
        assert page.failure, page.title
        assert CAUSES[page.causes[0]] == story.truth, page.title
