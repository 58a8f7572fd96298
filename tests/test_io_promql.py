"""The questions about I/O, judged by promtool: each is understood, and says what it should on series of one minute's scrapes."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from robusta_volumes._cluster import io_promql as ask
from robusta_volumes._cluster import io_sources
from robusta_volumes._cluster.promql import Group, labelled

pytestmark = pytest.mark.needs("promtool")
SOURCES = {source.name: source for source in io_sources.SERIES}
FIVE, QUARTER, HOUR = timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1)
LABELS = labelled({"cluster": "a{b}"})
_PARTS = 100_000
NASTY = ["plain", "a.b|c", 'quo"te', "{n}", "}", "\\d"]


def series(source: str, signal: str, way: int = 0, rate: timedelta = FIVE, where: Group = ()) -> str:
    """Write the question for one signal, said in the first way or a later one."""
    return ask.series(SOURCES[source], signal, SOURCES[source].signals[signal][way], rate, where)


def every() -> list[str]:
    """Write each question that there is."""
    where = (*ask.one_of("volume_id", NASTY), *ask.on("instance", NASTY), *LABELS)
    made = [
        ask.series(source, signal, term, FIVE, where)
        for source in io_sources.SERIES
        for signal, terms in source.signals.items()
        for term in terms
    ]
    made += [ask.resets(source, FIVE, where) for source in io_sources.SERIES if source.counter]
    made += [ask.per_io(metric, HOUR, where) for metric in io_sources.LATENCY.values()]
    made += [query for kind in io_sources.CALLS for query in ask.calls(kind, HOUR, where)]
    made += [ask.handles(name, where) for name in io_sources.HANDLES]
    made += [ask.disks(where), ask.mapped_disks(where), ask.mounted(where), ask.names_of_nodes(LABELS)]
    made += [ask.pod_ops(HOUR, where), ask.pod_bytes(HOUR, where), ask.pressure(HOUR, where)]
    made += [ask.present(sorted(io_sources.NAMES), LABELS), ask.exists("node_disk_info", LABELS)]
    made += [ask.with_claims(ask.pod_ops(HOUR, where), LABELS)]
    return made


def test_promtool_understands_each_question(tmp_path: Path) -> None:
    rules = [{"record": f"r{n}", "expr": expression} for n, expression in enumerate(every())]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "io", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{len(rules)} rules found" in done.stdout


def test_braces_stand_around_selectors_alone_and_each_has_the_labels() -> None:
    for query in every():
        selectors = re.findall(r"\{[^{}]*\}", query)
        assert query.count("{") == query.count("}") == len(selectors)
        assert all('cluster="a\\x7bb\\x7d"' in one for one in selectors)


@dataclass(frozen=True)
class Case:
    """Series as promtool writes them, a question, and its answer an hour later."""

    given: Mapping[str, str]
    query: str
    answer: Mapping[str, float] = field(default_factory=dict)


V = '{volume_id="v", instance_id="i"}'
DISK = '{instance="a:9100", device="sda"}'
POD = 'namespace="n", pod="p"'
LH = '{volume="v", node="n1"}'
NFS = 'instance="a", export="s:/p", protocol="tcp", mountaddr="s"'
CASES: dict[str, Case] = {
    "a counter is what it goes up by in a second": Case(
        {f"aws_ebs_csi_read_ops_total{V}": "0+6000x60"}, series("ebs", "read_ops"), {'{volume_id="v"}': 100}
    ),
    "an idle volume is 0 and not nothing": Case(
        {f"aws_ebs_csi_read_ops_total{V}": "5x60"}, series("ebs", "read_ops"), {'{volume_id="v"}': 0}
    ),
    "a volume that is not measured is nothing and not 0": Case({}, series("ebs", "read_ops")),
    "throttling is a share of time, never more than all of it": Case(
        {f"aws_ebs_csi_exceeded_iops_seconds_total{V}": "0+63x60"},
        series("ebs", "iops_throttled"),
        {'{volume_id="v"}': 1},
    ),
    "what two scrapers bring of one volume counts once": Case(
        {
            'aws_ebs_csi_write_ops_total{volume_id="v", instance_id="i", job="a"}': "0+600x60",
            'aws_ebs_csi_write_ops_total{volume_id="v", instance_id="i", job="b"}': "7+600x60",
        },
        series("ebs", "write_ops"),
        {'{volume_id="v"}': 10},
    ),
    "a volume at two machines is both of them": Case(
        {
            'aws_ebs_csi_write_ops_total{volume_id="v", instance_id="i"}': "0+600x60",
            'aws_ebs_csi_write_ops_total{volume_id="v", instance_id="j"}': "0+1200x60",
        },
        series("ebs", "write_ops"),
        {'{volume_id="v"}': 30},
    ),
    "Ceph's nanoseconds are seconds": Case(
        {'ceph_rbd_read_latency_sum{pool="p", namespace="", image="i"}': "0+60000000000x60"},
        series("ceph", "read_seconds", rate=QUARTER),
        {'{pool="p", image="i"}': 1},
    ),
    "Mayastor's microseconds are seconds, over a quarter of an hour": Case(
        {
            'volume_read_latency_us{pv_name="v"}': " ".join(
                ["0x4", *(f"{n}x4" for n in range(300000000, 3600000001, 300000000))]
            )
        },
        series("mayastor", "read_seconds"),
        {'{pv_name="v"}': 1},
    ),
    "a latency that a gauge holds is weighted by the operations": Case(
        # 100 operations of 1 ms in each odd minute, 300 of 5 ms in each even one: (0.1 + 1.5) / 2 seconds per second
        {
            f"longhorn_volume_read_iops{LH}": " ".join(["100 300"] * 31),
            f"longhorn_volume_read_latency{LH}": " ".join(["1000000 5000000"] * 31),
        },
        series("longhorn", "read_seconds", rate=FIVE),
        {'{volume="v"}': 0.8},
    ),
    "a replica that was missing at any time is a missing one": Case(
        {
            'longhorn_volume_robustness{volume="v", state="degraded"}': "0x57 1 0x9",
            'longhorn_volume_robustness{volume="v", state="healthy"}': "1x57 0 1x9",
        },
        series("longhorn", "degraded"),
        {'{volume="v"}': 1},
    ),
    "Portworx says its operations by gauges where it has no counters": Case(
        {'px_volume_read_iops{volumename="v"}': "40x60"}, series("portworx", "read_ops", 1), {'{volumename="v"}': 40}
    ),
    "reads, writes and flushes that take too long are one number": Case(
        {
            'px_volume_num_long_reads{volumename="v"}': "0+6x60",
            'px_volume_num_long_writes{volumename="v"}': "0+60x60",
            'px_volume_num_long_flushes{volumename="v"}': "0+0x60",
        },
        series("portworx", "long_ios"),
        {'{volumename="v"}': 1.1},
    ),
    "a loop device is no disk": Case(
        {'node_disk_reads_completed_total{instance="a", device="loop3"}': "0+60x60"}, series("diskstats", "read_ops")
    ),
    "a counter that started again goes on from there": Case(
        {f"node_disk_writes_completed_total{DISK}": "900000+60x56 0+60x9"},
        series("diskstats", "write_ops"),
        {'{instance="a:9100", device="sda"}': 0.8},
    ),
    "and is told": Case(
        {f"node_disk_writes_completed_total{DISK}": "900000+60x56 0+60x9"},
        ask.resets(SOURCES["diskstats"], FIVE, ()),
        {'{instance="a:9100", device="sda"}': 1},
    ),
    "one that did not is not": Case(
        {f"node_disk_writes_completed_total{DISK}": "0+60x60"}, ask.resets(SOURCES["diskstats"], FIVE, ())
    ),
    "of an NFS mount all calls are added up": Case(
        {
            f'node_mountstats_nfs_operations_requests_total{{{NFS}, operation="READ"}}': "0+60x60",
            f'node_mountstats_nfs_operations_requests_total{{{NFS}, operation="GETATTR"}}': "0+120x60",
        },
        series("nfs", "requests"),
        {'{instance="a", export="s:/p"}': 3},
    ),
    "and its metadata apart": Case(
        {
            f'node_mountstats_nfs_operations_requests_total{{{NFS}, operation="READ"}}': "0+60x60",
            f'node_mountstats_nfs_operations_requests_total{{{NFS}, operation="GETATTR"}}': "0+120x60",
            f'node_mountstats_nfs_operations_requests_total{{{NFS}, operation="LOOKUP"}}': "0+60x60",
        },
        series("nfs", "meta_requests"),
        {'{instance="a", export="s:/p"}': 3},
    ),
    "containers of a pod are added up, and what the pod's own group counts again is not": Case(
        {
            f'container_fs_reads_total{{{POD}, container="a", device="/dev/sda"}}': "0+60x60",
            f'container_fs_reads_total{{{POD}, container="b", device="/dev/sda"}}': "0+120x60",
            f'container_fs_reads_total{{{POD}, container="", device="/dev/sda"}}': "0+180x60",
        },
        series("cadvisor", "read_ops"),
        {'{namespace="n", pod="p"}': 3},
    ),
    "the container that waits most speaks for its pod": Case(
        {
            f'container_pressure_io_waiting_seconds_total{{{POD}, container="a"}}': "0+6x60",
            f'container_pressure_io_waiting_seconds_total{{{POD}, container="b"}}': "0+30x60",
        },
        series("psi", "pressure_some"),
        {'{namespace="n", pod="p"}': 0.5},
    ),
    "pods without claims are left out": Case(
        {
            f'container_pressure_io_waiting_seconds_total{{{POD}, container="a"}}': "0+6x60",
            'container_pressure_io_waiting_seconds_total{namespace="n", pod="q", container="a"}': "0+6x60",
            f'kube_pod_spec_volumes_persistentvolumeclaims_info{{{POD}, persistentvolumeclaim="c"}}': "1x60",
        },
        ask.with_claims(series("psi", "pressure_some"), ()),
        {'{namespace="n", pod="p"}': 0.1},
    ),
    "single operations have their percentiles": Case(
        {
            'aws_ebs_csi_read_io_latency_seconds_bucket{volume_id="v", le="0.001"}': "0+50x60",
            'aws_ebs_csi_read_io_latency_seconds_bucket{volume_id="v", le="0.003"}': "0+100x60",
            'aws_ebs_csi_read_io_latency_seconds_bucket{volume_id="v", le="+Inf"}': "0+100x60",
        },
        ask.per_io(io_sources.LATENCY["read"], HOUR, ()),
        {
            '{volume_id="v", q="50"}': 0.001,
            '{volume_id="v", q="95"}': 0.0028,
            '{volume_id="v", q="99"}': 0.00296,
        },
    ),
    "calls that failed are counted in an hour": Case(
        {
            'csi_operations_seconds_count{driver_name="d", method_name="m", grpc_status_code="OK"}': "0+3x60",
            'csi_operations_seconds_count{driver_name="d", method_name="m", grpc_status_code="Internal"}': "0+1x60",
        },
        ask.calls(io_sources.CALLS[0], HOUR, ())[2],
        {'{driver_name="d", method_name="m"}': 60},
    ),
}


def samples(query: str, answer: Mapping[str, float]) -> dict[str, object]:
    # whole numbers are compared, so that nothing depends on a last digit
    found = [{"labels": labels, "value": round(value * _PARTS)} for labels, value in answer.items()]
    return {"expr": f"round(({query}) * {_PARTS:d})", "eval_time": "1h", "exp_samples": found}


def test_the_questions_say_what_they_should(tmp_path: Path) -> None:
    tests = [
        {
            "name": name,
            "interval": "1m",
            "input_series": [{"series": series_, "values": values} for series_, values in case.given.items()],
            "promql_expr_test": [samples(case.query, case.answer)],
        }
        for name, case in CASES.items()
    ]
    file = tmp_path / "tests.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [], "evaluation_interval": "1m", "tests": tests}, width=1000))
    done = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
