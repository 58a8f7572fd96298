"""Each source of I/O metrics, asked of a real Prometheus that has its series: the right keys, in seconds, bytes and shares."""

import math
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from io_objects import KEY, attachment, csi, inventory, pod
from io_objects import node as machine
from io_prometheus import Series, alternating, back_fill, counter, gauge, info, restarted
from prometheus_real import running
from robusta_volumes._analysis.io_mapping import mapped
from robusta_volumes._analysis.io_places import scope_of
from robusta_volumes._cluster.live_io import LiveIo
from robusta_volumes._cluster.live_prometheus import HttpTransport
from robusta_volumes._model.io_scope import EVERYTHING, SOURCES, IoScope, window
from robusta_volumes._model.io_series import Device, IoKey, IoMeasured, IoSeries, Mounted
from robusta_volumes._model.times import UTC

pytestmark = pytest.mark.needs("prometheus")
MIB, MS, US, NS = 2**20, 1e-3, 1e6, 1e9
BLUE, RED = {"cluster": "blue {1}"}, {"cluster": "red"}
A, B = "10.0.0.7:9100", "[fd00::8]:9100"
CLAIM = IoScope(
    everything=False,
    handles=("vol-0a0a0a0a", "pvc-lh"),
    volumes=("pvc-ms", "pvc-px"),
    images=("csi-vol-1",),
    addresses=("10.0.0.7",),
    nodes=("node-a",),
    pods=(("shop", "pg-0"),),
    drivers=("ebs.csi.aws.com",),
)


NODES = frozenset({"diskstats", "nfs", "cadvisor"})


def rates(prefix: str, labels: Mapping[str, str], **per_second: float) -> list[Series]:
    return [counter(prefix + name, rate, **labels) for name, rate in per_second.items()]


def ebs() -> Iterator[Series]:
    one = {"volume_id": "vol-0a0a0a0a", "instance_id": "i-1"}
    yield from rates(
        "aws_ebs_csi_",
        one,
        read_ops_total=100,
        write_ops_total=200,
        read_bytes_total=4 * MIB,
        write_bytes_total=8 * MIB,
        read_seconds_total=0.2,
        write_seconds_total=1.0,
        exceeded_iops_seconds_total=0.25,
        exceeded_tp_seconds_total=0,
        ec2_exceeded_iops_seconds_total=0,
        ec2_exceeded_tp_seconds_total=0.5,
    )
    yield alternating("aws_ebs_csi_volume_queue_length", (1, 3), **one)
    for edge, share in (("0.001", 0.50), ("0.002", 0.90), ("0.004", 1.0), ("+Inf", 1.0)):
        yield counter("aws_ebs_csi_read_io_latency_seconds_bucket", 100 * share, le=edge, **one)
    # the same target is scraped by a second job, and the volume is attached twice: once counts what is the same, both what is not
    yield counter("aws_ebs_csi_read_ops_total", 100, job="again", **one)
    yield counter("aws_ebs_csi_read_ops_total", 7, volume_id="vol-0b", instance_id="i-1")
    yield counter("aws_ebs_csi_read_ops_total", 5, volume_id="vol-0b", instance_id="i-2")
    yield restarted("aws_ebs_csi_write_ops_total", 3, 3000, volume_id="vol-0b", instance_id="i-1")


def vendors() -> Iterator[Series]:
    image = {"pool": "rbd", "namespace": "", "image": "csi-vol-1"}
    yield from rates("ceph_rbd_", image, read_ops=50, write_ops=10, read_bytes=MIB, write_bytes=2 * MIB)
    yield from rates("ceph_rbd_", image, read_latency_sum=50 * 0.003 * NS, write_latency_sum=10 * 0.02 * NS)
    lh = {"volume": "pvc-lh", "node": "node-a", "pvc": "data", "pvc_namespace": "shop"}
    # busy at each other scrape only, and slow when busy: what is quiet must not count
    yield alternating("longhorn_volume_read_iops", (0, 200), **lh)
    yield alternating("longhorn_volume_read_latency", (0, 0.005 * NS), **lh)
    yield gauge("longhorn_volume_write_iops", 20, **lh)
    yield gauge("longhorn_volume_write_latency", 0.01 * NS, **lh)
    yield gauge("longhorn_volume_read_throughput", 3 * MIB, **lh)
    yield gauge("longhorn_volume_write_throughput", 5 * MIB, **lh)
    yield gauge("longhorn_volume_robustness", 1, state="degraded", **lh)
    yield gauge("longhorn_volume_robustness", 0, state="healthy", **lh)
    yield gauge("longhorn_volume_file_system_read_only", 0, **lh)
    for node, writes, took in (("node-a", 44, 0.02), ("node-b", 22, 0.15)):  # 20 are asked for on each
        yield gauge("longhorn_replica_info", 1, volume="pvc-lh", replica=f"r-{node}", node=node)
        yield gauge("longhorn_disk_write_iops", writes, disk="d1", node=node)
        yield gauge("longhorn_disk_write_latency", took * NS, disk="d1", node=node)
    ms = {"pv_name": "pvc-ms", "node": "node-a"}
    yield from rates("volume_", ms, num_read_ops=30, num_write_ops=60, bytes_read=MIB, bytes_written=MIB)
    yield from rates("volume_", ms, read_latency_us=30 * 0.004 * US, write_latency_us=60 * 0.001 * US)
    px = {"volumename": "pvc-px", "volume": "123", "node": "node-a"}
    yield gauge("px_volume_read_iops", 40, **px)
    yield from rates("px_volume_", px, writes_total=80, written_bytes_total=2 * MIB, dev_write_seconds_total=0.4)
    yield gauge("px_volume_readthroughput", MIB, **px)
    yield gauge("px_volume_read_latency_seconds", 0.002, **px)
    yield gauge("px_volume_depth_io", 4, **px)
    yield gauge("px_volume_replication_status", 2, **px)
    yield from rates("px_volume_num_long_", px, reads=0.01, writes=0.02, flushes=0.03)


def node() -> Iterator[Series]:
    for cluster, per_second in ((BLUE, 300.0), (RED, 1.0)):
        disk = {"instance": A, "device": "nvme1n1", **cluster}
        yield from rates(
            "node_disk_",
            disk,
            reads_completed_total=per_second,
            writes_completed_total=100,
            read_bytes_total=5 * MIB,
            written_bytes_total=6 * MIB,
            read_time_seconds_total=0.6,
            write_time_seconds_total=0.5,
            writes_merged_total=25,
            flush_requests_total=10,
            flush_requests_time_seconds_total=0.05,
            io_time_seconds_total=0.9,
            io_time_weighted_seconds_total=2.5,
        )
    yield counter("node_disk_writes_completed_total", 9, instance=A, device="loop0", **BLUE)
    # detached 50 minutes ago; another volume came under the same name half an hour later
    yield counter("node_disk_writes_completed_total", 9, 0, 3000, instance=B, device="sdb", **BLUE)
    yield counter("node_disk_writes_completed_total", 2, 1200, instance=B, device="sdb", **BLUE)
    yield restarted("node_disk_writes_completed_total", 4, 3650, instance=B, device="sdc", **BLUE)
    yield info(
        "node_disk_info",
        instance=A,
        device="nvme1n1",
        major="259",
        minor="3",
        serial="vol0c0c0c0c",
        path="pci-0000:00:1f.0-nvme-1",
        wwn="nvme.1d0f",
        model="Amazon Elastic Block Store",
        rotational="0",
        **BLUE,
    )
    yield info("node_disk_info", instance=A, device="dm-0", major="253", minor="0", **BLUE)
    yield info("node_disk_info", instance=A, device="nvme2n1", serial="vol0a0a0a0a", **BLUE)
    yield counter("node_disk_writes_completed_total", 200, instance=A, device="nvme2n1", **BLUE)
    yield info(
        "node_disk_device_mapper_info", instance=A, device="dm-0", name="vg-lv", lv_name="pvc-9", uuid="LVM-1", **BLUE
    )
    yield info("node_uname_info", instance=A, nodename="node-a", **BLUE)
    yield info("node_uname_info", instance=B, nodename="node-b", **BLUE)
    yield gauge(
        "node_filesystem_size_bytes", 1, instance=A, device="/dev/nvme0n1p1", mountpoint="/", fstype="ext4", **BLUE
    )
    yield gauge("node_filesystem_size_bytes", 1, instance=A, device="tmpfs", mountpoint="/run", fstype="tmpfs", **BLUE)
    yield counter("node_pressure_io_waiting_seconds_total", 0.125, instance=A, **BLUE)
    yield info(
        "csiaddons_volume_node_device_info",
        node="node-a",
        volume_handle="vol-0a0a0a0a",
        driver="d",
        device="/dev/nvme2n1",
        **BLUE,
    )
    for kind, count, slow in (
        ("READ", 40.0, 0.004),
        ("WRITE", 20.0, 0.01),
        ("GETATTR", 10.0, 0.001),
        ("COMMIT", 5.0, 0.02),
    ):
        call = {
            "instance": A,
            "export": "10.9.9.9:/data",
            "protocol": "tcp",
            "mountaddr": "10.9.9.9",
            "operation": kind,
        }
        yield from rates(
            "node_mountstats_nfs_operations_",
            {**call, **BLUE},
            requests_total=count,
            transmissions_total=count * 1.02,
            major_timeouts_total=0.001,
            request_time_seconds_total=count * slow,
            response_time_seconds_total=count * slow / 2,
            queue_time_seconds_total=count * slow / 4,
        )
    mount = {"instance": A, "export": "10.9.9.9:/data", "protocol": "tcp", "mountaddr": "10.9.9.9", **BLUE}
    yield from rates("node_mountstats_nfs_", mount, total_read_bytes_total=MIB, total_write_bytes_total=3 * MIB)


def kubelet() -> Iterator[Series]:
    at = {"node": "node-a", "instance": "10.0.0.7:10250", "namespace": "shop", **BLUE}
    for container, share in (("pg", 0.75), ("sidecar", 0.25), ("", 1.0)):  # "": the pod's own group, all of it again
        of = {**at, "pod": "pg-0", "container": container}
        yield from rates(
            "container_fs_", {**of, "device": "/dev/nvme1n1"}, reads_total=80 * share, writes_total=40 * share
        )
        numbers = {"device": "/dev/nvme1n1", "major": "259", "minor": "3"}
        for direction, moved in (("Read", 4 * MIB), ("Write", 2 * MIB), ("Discard", MIB)):
            yield counter("container_blkio_device_usage_total", moved * share, operation=direction, **of, **numbers)
        yield counter("container_pressure_io_waiting_seconds_total", 0.4 * share, **of)
        yield counter("container_pressure_io_stalled_seconds_total", 0.2 * share, **of)
        yield counter("container_pressure_memory_waiting_seconds_total", 0.13 * share, **of)
        yield counter("container_cpu_cfs_periods_total", 10, **of)
        yield counter("container_cpu_cfs_throttled_periods_total", 3 * share, **of)
    other = {**at, "pod": "batch", "container": "main", "node": ""}  # of this one only the address is known
    yield counter(
        "container_blkio_device_usage_total", MIB, operation="Write", major="8", minor="0", device="", **other
    )
    call = {"driver_name": "ebs.csi.aws.com", "method_name": "/csi.v1.Node/NodePublishVolume", **BLUE}
    for edge, share in (("1", 0.5), ("10", 1.0), ("+Inf", 1.0)):
        yield counter("csi_operations_seconds_bucket", 0.01 * share, le=edge, grpc_status_code="OK", **call)
    yield counter("csi_operations_seconds_count", 0.009, grpc_status_code="OK", **call)
    yield counter("csi_operations_seconds_count", 0.001, grpc_status_code="DeadlineExceeded", **call)


@pytest.fixture(scope="module")
def end() -> datetime:
    """Give the moment at which the story ends."""
    now = datetime.now(UTC)
    return now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)


@pytest.fixture(scope="module")
def url(end: datetime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    plain = [Series(one.metric, {**one.labels, **BLUE}, one.value) for one in (*ebs(), *vendors())]
    back_fill(folder, [*plain, *node(), *kubelet()], end)
    with running(folder) as address:
        yield address


def asked(url: str, **more: Any) -> LiveIo:
    return LiveIo(HttpTransport(url), 60, **{"labels": BLUE, **more})


@pytest.fixture(scope="module")
def everything(url: str, end: datetime) -> IoMeasured:
    """Give what the whole cluster is measured to do in two hours, in steps of five minutes."""
    return asked(url).read(EVERYTHING, window(end, 2))


@pytest.fixture(scope="module")
def claim(url: str, end: datetime) -> IoMeasured:
    """Give what is measured of one claim's pods and volumes."""
    return asked(url).read(CLAIM, window(end, 2))


def last(series: IoSeries, key: IoKey) -> dict[str, float]:
    """Give the values of a row's last column."""
    place = (series.keys.index(key) + 1) * series.window.columns - 1
    return {signal: values[place] for signal, values in series.signals.items() if not math.isnan(values[place])}


def line(series: IoSeries, key: IoKey, signal: str) -> list[float]:
    row, columns = series.keys.index(key), series.window.columns
    return list(series.signals[signal][row * columns : (row + 1) * columns])


EXPECTED: dict[str, tuple[IoKey, dict[str, float]]] = {
    "ebs": (
        ("vol-0a0a0a0a",),
        {
            "read_ops": 100,
            "write_ops": 200,
            "read_bytes": 4 * MIB,
            "write_bytes": 8 * MIB,
            "read_seconds": 0.2,
            "write_seconds": 1.0,
            "queue": 2,
            "iops_throttled": 0.25,
            "bytes_throttled": 0,
            "node_iops_throttled": 0,
            "node_bytes_throttled": 0.5,
        },
    ),
    "ceph": (
        ("rbd", "", "csi-vol-1"),
        {
            "read_ops": 50,
            "write_ops": 10,
            "read_bytes": MIB,
            "write_bytes": 2 * MIB,
            "read_seconds": 50 * 0.003,
            "write_seconds": 10 * 0.02,
        },
    ),
    "longhorn": (
        ("pvc-lh",),
        {
            "read_ops": 100,
            "write_ops": 20,
            "read_bytes": 3 * MIB,
            "write_bytes": 5 * MIB,
            "read_seconds": 100 * 0.005,  # weighted: 5 ms each, although every other sample says 0
            "write_seconds": 20 * 0.01,
            "degraded": 1,
            "read_only": 0,
            "backing_write_latency": 0.15,  # of the worse node
            "amplification": 2.2,
        },
    ),
    "mayastor": (
        ("pvc-ms",),
        {
            "read_ops": 30,
            "write_ops": 60,
            "read_bytes": MIB,
            "write_bytes": MIB,
            "read_seconds": 30 * 0.004,
            "write_seconds": 60 * 0.001,
        },
    ),
    "portworx": (
        ("pvc-px",),
        {
            "read_ops": 40,
            "write_ops": 80,
            "read_bytes": MIB,
            "write_bytes": 2 * MIB,
            "read_seconds": 40 * 0.002,
            "write_seconds": 0.4,
            "queue": 4,
            "long_ios": 0.06,
            "degraded": 1,
        },
    ),
    "diskstats": (
        (A, "nvme1n1"),
        {
            "read_ops": 300,
            "write_ops": 100,
            "read_bytes": 5 * MIB,
            "write_bytes": 6 * MIB,
            "read_seconds": 0.6,
            "write_seconds": 0.5,
            "merged_writes": 25,
            "flushes": 10,
            "flush_seconds": 0.05,
            "busy": 0.9,
            "queue": 2.5,
        },
    ),
    "nfs": (
        (A, "10.9.9.9:/data"),
        {
            "read_ops": 40,
            "write_ops": 20,
            "flushes": 5,
            "meta_requests": 10,
            "requests": 75,
            "transmissions": 76.5,
            "timeouts": 0.004,
            "read_seconds": 0.16,
            "write_seconds": 0.2,
            "flush_seconds": 0.1,
            "server_seconds": 0.235,
            "queued_seconds": 0.1175,
            "read_bytes": MIB,
            "write_bytes": 3 * MIB,
        },
    ),
    "cadvisor": (
        ("shop", "pg-0"),
        {"read_ops": 80, "write_ops": 40, "read_bytes": 4 * MIB, "write_bytes": 2 * MIB},
    ),
    "psi": (
        ("shop", "pg-0"),
        {"pressure_some": 0.3, "pressure_full": 0.15, "memory_pressure": 0.0975, "cpu_throttled": 0.225},
    ),
}


@pytest.mark.parametrize("source", sorted(EXPECTED))
def test_a_source_says_it_in_seconds_bytes_and_shares(everything: IoMeasured, source: str) -> None:
    key, values = EXPECTED[source]
    assert last(everything.series[source], key) == pytest.approx(values, rel=0.02, abs=1e-9)


@pytest.mark.parametrize("source", sorted(EXPECTED))
def test_one_claim_brings_the_same_as_the_cluster_and_nothing_of_others(claim: IoMeasured, source: str) -> None:
    key, values = EXPECTED[source]
    disks = [(A, "nvme1n1"), (A, "nvme2n1")]
    assert list(claim.series[source].keys) == (disks if source == "diskstats" else [key])
    assert last(claim.series[source], key) == pytest.approx(values, rel=0.02, abs=1e-9)


def test_every_source_is_present_and_none_needs_more_than_25_questions(
    everything: IoMeasured, claim: IoMeasured
) -> None:
    assert everything.present == set(SOURCES)
    for found in (everything, claim):
        assert found.gaps == ()
        assert set(found.queries) == set(SOURCES)
        assert max(found.queries.values()) <= 25
        assert len(found.asked) <= sum(found.queries.values())
        assert all("cluster=" in query for _, query in found.asked)


def test_every_selector_has_the_additional_labels(everything: IoMeasured) -> None:
    for _, query in everything.asked:
        assert query.count("{") == query.count('cluster="blue \\x7b1\\x7d"')
        assert query.count("{") == query.count("}")


def test_a_neighbouring_cluster_is_told_apart_by_labels(url: str, end: datetime) -> None:
    red = asked(url, labels=RED).read(EVERYTHING, window(end, 1))
    assert red.present == {"diskstats"}
    assert last(red.series["diskstats"], (A, "nvme1n1"))["read_ops"] == pytest.approx(1, rel=0.02)


def test_a_volume_on_two_machines_is_the_sum_and_a_target_scraped_twice_is_not(everything: IoMeasured) -> None:
    series = everything.series["ebs"]
    assert last(series, ("vol-0b",))["read_ops"] == pytest.approx(12, rel=0.02)
    assert last(series, ("vol-0a0a0a0a",))["read_ops"] == pytest.approx(100, rel=0.02)


def test_what_a_source_does_not_say_is_no_zero(everything: IoMeasured) -> None:
    assert "read_seconds" not in last(everything.series["ebs"], ("vol-0b",))


def test_a_counter_that_started_again_is_told_with_its_column(everything: IoMeasured) -> None:
    at = {key: everything.window.start + column * everything.window.step for key, column in everything.resets.items()}
    ends = {key: (everything.window.end - moment) / timedelta(minutes=1) for key, moment in at.items()}
    assert ends == {("diskstats", (B, "sdc")): 60, ("diskstats", (B, "sdb")): 20}


def test_silence_between_two_attachments_is_no_value(everything: IoMeasured) -> None:
    found = line(everything.series["diskstats"], (B, "sdb"), "write_ops")
    minutes = {back: found[-1 - back // 5] for back in (60, 40, 30, 10, 0)}
    assert [math.isnan(value) for value in minutes.values()] == [False, True, True, False, False]
    assert minutes[0] == pytest.approx(2, rel=0.02)


def test_of_a_cluster_a_disk_is_left_out_when_its_driver_says_it_all(everything: IoMeasured) -> None:
    assert [key for key in everything.series["diskstats"].keys if key[0] == A] == [(A, "nvme1n1")]


def test_loop_devices_and_filesystems_in_memory_are_left_out(everything: IoMeasured) -> None:
    assert (A, "loop0") not in everything.series["diskstats"].keys
    assert everything.mounted == (Mounted(A, "/", "/dev/nvme0n1p1", "ext4"),)


def test_devices_have_serial_numbers_and_what_device_mapper_makes_of_them(everything: IoMeasured) -> None:
    assert everything.devices == (
        Device(A, "dm-0", ("253", "0"), logical_volume="pvc-9", mapper_uuid="LVM-1"),
        Device(
            A,
            "nvme1n1",
            ("259", "3"),
            "vol0c0c0c0c",
            "pci-0000:00:1f.0-nvme-1",
            "nvme.1d0f",
            "Amazon Elastic Block Store",
            rotational=False,
        ),
        Device(A, "nvme2n1", serial="vol0a0a0a0a"),
    )
    assert everything.nodes == {A: "node-a", B: "node-b"}
    assert everything.handles == {("node-a", "vol-0a0a0a0a"): "nvme2n1"}
    assert everything.node_pressure == pytest.approx({A: 0.125})


def test_what_pods_do_on_a_device_has_its_name_and_its_numbers(everything: IoMeasured) -> None:
    named, nameless = everything.pods
    assert (named.node, named.namespace, named.pod) == ("node-a", "shop", "pg-0")
    assert (named.device, named.numbers) == ("nvme1n1", ("259", "3"))
    assert (named.ops, named.bytes) == pytest.approx((120, 6 * MIB))
    assert (nameless.node, nameless.pod, nameless.device, nameless.numbers) == ("node-a", "batch", "", ("8", "0"))
    assert nameless.ops is None
    assert nameless.bytes == pytest.approx(MIB)


def test_calls_to_a_driver_have_a_duration_a_rate_and_failures(claim: IoMeasured) -> None:
    (call,) = claim.operations
    assert (call.driver, call.method) == ("ebs.csi.aws.com", "/csi.v1.Node/NodePublishVolume")
    assert (call.p95, call.rate, call.failed) == pytest.approx((9.1, 36, 0.1))


def test_single_operations_have_percentiles_where_there_is_a_histogram(
    claim: IoMeasured, everything: IoMeasured
) -> None:
    assert claim.per_io == {
        ("vol-0a0a0a0a",): pytest.approx({"read p50": 1 * MS, "read p95": 3 * MS, "read p99": 3.8 * MS}, rel=0.02)
    }
    assert everything.per_io == {}  # of a whole cluster that is too much


def test_the_week_by_the_hour_is_asked_for_of_a_claim_alone(claim: IoMeasured, everything: IoMeasured) -> None:
    assert everything.heat == {}
    week = claim.heat["ebs"]
    assert (week.window.columns, week.window.step) == (168, timedelta(hours=1))
    assert set(week.signals) == {"read_ops", "write_ops", "read_seconds", "write_seconds"}
    hours = [value for value in line(week, ("vol-0a0a0a0a",), "read_ops") if not math.isnan(value)]
    assert hours[1:] == pytest.approx([100] * len(hours[1:]), rel=0.03)
    assert len(hours) >= 3


def test_pods_without_claims_are_not_asked_for_where_it_is_known_which_those_are(tmp_path: Path, end: datetime) -> None:
    claims = "kube_pod_spec_volumes_persistentvolumeclaims_info"
    known = [info(claims, namespace="shop", pod="pg-0", volume=v, persistentvolumeclaim=v, **BLUE) for v in ("a", "b")]
    back_fill(
        tmp_path,
        [*kubelet(), *known, counter("container_fs_writes_total", 9, namespace="n", pod="p", container="c")],
        end,
    )
    with running(tmp_path) as small:
        found = asked(small).read(EVERYTHING, window(end, 1, coarse=True))
    assert {name: one.keys for name, one in found.series.items()} == dict.fromkeys(
        ("cadvisor", "psi"), (("shop", "pg-0"),)
    )
    assert [pod.pod for pod in found.pods] == ["pg-0"]
    assert last(found.series["psi"], ("shop", "pg-0")) == pytest.approx(EXPECTED["psi"][1], rel=0.02)


@pytest.mark.parametrize(("volumes", "also"), [(("pv-1",), frozenset()), (("pv-1", "pv-2"), NODES)])
def test_nodes_are_not_asked_about_disks_when_storage_speaks_for_all_volumes(
    url: str, end: datetime, volumes: tuple[str, ...], also: frozenset[str]
) -> None:
    scope = IoScope(handles=("vol-0a0a0a0a",), volumes=volumes)
    found = asked(url).read(scope, window(end, 1, coarse=True))
    assert NODES & set(found.series) == also
    assert {"ebs", "psi"} <= set(found.series)


def test_pods_of_others_are_left_out_of_a_cluster_where_the_scope_names_some(url: str, end: datetime) -> None:
    found = asked(url).read(IoScope(pods=(("shop", "nobody"),)), window(end, 1, coarse=True))
    assert "cadvisor" not in found.series
    assert found.series["ebs"].window.columns == 4


def test_a_server_with_small_limits_is_asked_for_halves(tmp_path: Path, url: str, end: datetime) -> None:
    back_fill(tmp_path, [Series(one.metric, {**one.labels, **BLUE}, one.value) for one in ebs()], end)
    with running(tmp_path, "--query.max-samples=120") as small:
        found = asked(small).read(EVERYTHING, window(end, 3))
    whole = asked(url).read(EVERYTHING, window(end, 3))
    assert found.gaps == ()
    assert repr(found.series["ebs"]) == repr(whole.series["ebs"])
    assert found.queries["ebs"] > whole.queries["ebs"]


def test_a_prometheus_without_any_of_it_has_nothing_and_no_gaps(tmp_path: Path, end: datetime) -> None:
    with running(tmp_path) as empty:
        found = asked(empty).read(EVERYTHING, window(end, 2))
    assert (found.present, found.series, found.gaps) == (frozenset(), {}, ())
    assert sum(found.queries.values()) == 1


def test_a_claim_is_found_in_what_a_real_prometheus_says(claim: IoMeasured, everything: IoMeasured) -> None:
    moved = attachment()  # five hours ago
    see = inventory(csi("ebs.csi.aws.com", "vol-0a0a0a0a"), [pod("pg-0", node="node-a")], [moved], [machine("node-a")])
    assert scope_of(see, [KEY]).handles == ("vol-0a0a0a0a",)
    assert [(one.source, one.key, one.device, one.confidence) for one in mapped(see, claim)[KEY]] == [
        ("ebs", ("vol-0a0a0a0a",), "", "exact"),
        ("diskstats", (A, "nvme2n1"), "nvme2n1", "mapped"),
        ("cadvisor", ("shop", "pg-0"), "", "pod"),
    ]
    assert [one.source for one in mapped(see, everything)[KEY]] == ["ebs", "cadvisor"]


def test_a_claim_whose_driver_says_nothing_is_found_by_its_serial_number(everything: IoMeasured) -> None:
    see = inventory(csi("ebs.csi.aws.com", "vol-0c0c0c0c"), [pod("pg-0", node="node-a")], [], [machine("node-a")])
    one = mapped(see, everything)[KEY][0]
    assert (one.key, one.how) == ((A, "nvme1n1"), "serial `vol0c0c0c0c` of `node_disk_info`")
    assert last(everything.series["diskstats"], one.key)["read_ops"] == pytest.approx(300, rel=0.02)
