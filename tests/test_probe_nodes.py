"""What a volume does, told by metrics through the API server where no container can be asked: node_exporter and the kubelet."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contents_world import NOON, objects
from probe_world import ASKED, PG, Told, settings
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._engines.exposition import Metric, metrics
from robusta_volumes._engines.io_probe_metrics import node_told, pod_told
from robusta_volumes._model.kind import POD, VOLUME
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.probe_volume_io import probe_volume_io

MODEL = 'model="Amazon Elastic Block Store"'
ROOT = f'device="nvme0n1",major="259",minor="0",{MODEL},path="pci-0000:00:04.0-nvme-1",serial="vol0123456789abcdef0"'
DATA = f'device="nvme1n1",major="259",minor="3",{MODEL},path="pci-0000:00:1f.0-nvme-1",serial="vol0aaaabbbbccccddd1"'


def exporter(at: float, writes: int, wait: float, *, clock: bool = True) -> str:
    """Write what node_exporter 1.9 tells of two disks of a machine, when one has done so many writes of 8 KiB."""
    counters = {
        "reads_completed_total": 0, "reads_merged_total": 0, "read_bytes_total": 0, "read_time_seconds_total": 0,
        "writes_completed_total": writes, "writes_merged_total": 0, "written_bytes_total": writes * 8192,
        "write_time_seconds_total": writes * wait, "io_now": 2, "io_time_seconds_total": writes * 0.0001,
        "io_time_weighted_seconds_total": writes * wait, "discards_completed_total": 0, "discards_merged_total": 0,
        "discarded_sectors_total": 0, "discard_time_seconds_total": 0, "flush_requests_total": 0,
        "flush_requests_time_seconds_total": 0,
    }  # fmt: skip
    lines = ["# HELP node_disk_info Info of /sys/block/<block_device>.", "# TYPE node_disk_info gauge"]
    lines += [f"node_disk_info{{{ROOT}}} 1", f"node_disk_info{{{DATA}}} 1"]
    for name, value in counters.items():
        lines += [f'node_disk_{name}{{device="nvme1n1"}} {value:g}', f'node_disk_{name}{{device="nvme0n1"}} 0']
    lines += [
        'node_filesystem_size_bytes{device="/dev/nvme0n1p1",fstype="ext4",mountpoint="/",device_error=""} 8.5e+10',
        f"node_pressure_io_waiting_seconds_total {at / 10:.6f}",
        f"node_pressure_io_stalled_seconds_total {at / 20:.6f}",
        *([f"node_time_seconds {at:.3f}"] if clock else []),
    ]
    return "\n".join(lines) + "\n"


def kubelet(at: int, writes: int) -> str:
    """Write what a kubelet's cAdvisor tells of a pod: rows of its container, and of the pod as a whole."""
    about = 'container="{}",device="/dev/nvme1n1",id="/kubepods/x",image="i",name="n",namespace="db",pod="pg-0"'
    lines = []
    for container in ("", "app"):
        said = about.format(container)
        lines += [
            f"container_fs_writes_total{{{said}}} {writes} {at * 1000}",
            f"container_fs_reads_total{{{said}}} 0 {at * 1000}",
            f"container_fs_writes_bytes_total{{{said}}} {writes * 8192} {at * 1000}",
            f"container_fs_reads_bytes_total{{{said}}} 0 {at * 1000}",
            f'container_blkio_device_usage_total{{{said},major="259",minor="3",operation="Write"}} {writes * 8192} {at * 1000}',
        ]
    lines.append(f"container_fs_writes_total{{{about.format('app').replace('pg-0', 'other')}}} 999 {at * 1000}")
    return "\n".join(lines) + "\n"


def in_turn(*texts: str) -> Callable[[], str]:
    """Answer one after the other, and with the last again and again."""
    left = list(texts)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def exporter_pod() -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": "prometheus-node-exporter"}
    ports = [{"name": "http-metrics", "containerPort": 9100}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "exporter-a", "namespace": "monitoring", "labels": labels},
        "spec": {"nodeName": "node-a", "containers": [{"name": "node-exporter", "ports": ports}]},
        "status": {"phase": "Running"},
    }


def world(
    folder: Path, denied: tuple[str, ...] = (), *, exposed: dict[str, Callable[[], str]] | None = None
) -> MemoryCluster:
    """Make a cluster in which the only pod with the claim has no shell."""
    found = MemoryCluster([*objects(PG), exporter_pod()], name="prod", now=NOON, shell=Told(folder, {}), denied=denied)
    claim = next(o for o in found.store.find(VOLUME))
    handle = {"spec": {"csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-0aaaabbbbccccddd1"}}}
    found.store.patch(VOLUME, claim["metadata"]["name"], None, handle)
    found.exposed = (
        exposed
        if exposed is not None
        else {
            "exporter-a": in_turn(exporter(1000, 500, 0.012), exporter(1010, 31_700, 0.012)),
            "node-a": in_turn(kubelet(1000, 100), kubelet(1015, 5716)),
        }
    )
    return found


def look(found: MemoryCluster) -> tuple[Page, list[float]]:
    slept: list[float] = []
    return probe_volume_io(found, ASKED, settings(), slept.append), slept


def test_where_no_container_has_a_shell_metrics_of_the_node_tell_the_same(tmp_path: Path) -> None:
    page, slept = look(world(tmp_path))
    assert page.title == (
        "Claim db/data-pg-0: slow now: 3,120 writes/s, 12 ms each, 37 in flight; this pod does 12 % of the device's I/O"
    )
    said = to_markdown(page)
    assert "its device is `nvme1n1`: serial `vol0aaaabbbbccccddd1` of `node_disk_info`" in said
    assert "and the metrics of the kubelet about pod `pg-0`" in said
    assert "Tried before: pod pg-0, container app: there is no shell in it." in said
    assert "| node waits for I/O | 10 %, all tasks 5.0 % |" in said.replace("5 %", "5.0 %")
    assert slept == [10]


def test_without_node_exporter_the_kubelet_still_says_what_the_pod_does(tmp_path: Path) -> None:
    page, _ = look(world(tmp_path, exposed={"node-a": in_turn(kubelet(1000, 100), kubelet(1015, 5716))}))
    assert page.title == "Claim db/data-pg-0: its pod does 374 operations/s, 2.9 MiB/s; how long they take is not known"


def test_when_the_kubelet_has_not_measured_again_it_is_asked_once_more(tmp_path: Path) -> None:
    late = in_turn(kubelet(1000, 100), kubelet(1000, 100), kubelet(1015, 5716))
    page, slept = look(world(tmp_path, exposed={"node-a": late}))
    assert "its pod does 374 operations/s" in page.title
    assert slept == [10, 15]
    never = {"node-a": in_turn(kubelet(1000, 100))}
    assert look(world(tmp_path, exposed=never))[0].title.startswith("Nobody can tell")


def test_each_step_that_is_refused_is_named_with_exactly_what_would_allow_it(tmp_path: Path) -> None:
    page, slept = look(world(tmp_path, denied=("pods/exec", "pods/proxy", "nodes/proxy")))
    said = to_markdown(page)
    assert page.title == "Nobody can tell what claim db/data-pg-0 does: the runner lacks the right to look there"
    assert "permissions -n db --allow probe | kubectl apply -f -" in said
    assert "permissions -n monitoring --allow exporter | kubectl apply -f -" in said
    assert '- apiGroups: [""]\n  resources: ["nodes/proxy"]\n  verbs: ["get"]\n# this is not only reading' in said
    assert slept == []


def test_where_nobody_runs_node_exporter_it_is_said(tmp_path: Path) -> None:
    found = world(tmp_path, denied=("nodes/proxy",))
    found.store.delete(POD, "exporter-a", "monitoring")
    assert "node_exporter on node node-a: no node_exporter runs there" in to_markdown(look(found)[0])


def test_a_volume_that_cannot_be_told_among_the_disks_is_not_guessed(tmp_path: Path) -> None:
    found = world(tmp_path, denied=("nodes/proxy",))
    name = found.store.find(VOLUME)[0]["metadata"]["name"]
    found.store.patch(VOLUME, name, None, {"spec": {"csi": {"volumeHandle": "vol-0ffffffffffffffff"}}})
    page, _ = look(found)
    assert page.title.startswith("Nobody can tell")
    assert "• node_exporter: " in to_markdown(page)


@pytest.mark.parametrize(
    ("line", "metric"),
    [
        ('a{x="1"} 2', Metric("a", {"x": "1"}, 2)),
        ("a 2.5e+3", Metric("a", {}, 2500)),
        (
            'a{x="b\\"} 7",y="c\\\\d\\ne"} 1 1700000000500',
            Metric("a", {"x": 'b"} 7', "y": "c\\d\ne"}, 1, 1_700_000_000.5),
        ),
        ("# TYPE a counter", None),
        ("b 1", None),
        ("a one", None),
        ("a{ 1", None),
        ("", None),
    ],
)
def test_a_line_of_metrics_is_read_or_left_out(line: str, metric: Metric | None) -> None:
    assert list(metrics(line, {"a"})) == ([metric] if metric else [])


def test_an_exporter_without_disks_or_clock_and_a_kubelet_without_the_pod_tell_nothing() -> None:
    assert node_told(exporter(1, 1, 1, clock=False), "i") is None
    assert node_told("node_time_seconds 1\n", "i") is None
    assert pod_told(kubelet(1, 1), "db", "pg-1") is None
    assert pod_told(kubelet(1, 1).replace(" 1000\n", "\n"), "db", "pg-0") is None


def test_counters_up_to_the_first_that_is_missing_are_those_of_an_old_kernel() -> None:
    text = "\n".join(line for line in exporter(1, 5, 1).splitlines() if "flush" not in line and "discard" not in line)
    told = node_told(text, "i")
    assert told
    assert len(told.disks["nvme1n1"].counters) == 11
