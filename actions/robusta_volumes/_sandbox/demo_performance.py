"""The demo's act about performance: is a volume slow, why, and what to change. Prometheus' answers are worked out."""

import copy
from collections.abc import Callable
from datetime import datetime
from typing import Any

from robusta_volumes._model.kind import NODE
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.demo_script import alert
from robusta_volumes._sandbox.world import World

Expect = Callable[[str, Callable[[], object], int], None]
_REPORT, _NODE = "volume_performance_analysis", "node-a1"
PERFORMANCE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("A volume at its limit of operations", {"name": "data-kafka-0", "namespace": "shop"}),
    ("A volume that is busy and well", {"name": "data-pg-0", "namespace": "db"}),
    ("The performance of the cluster, the worst first", {}),
    ("Without metrics: what limits and classes say", {"include_io_metrics": "false", "namespace": "shop"}),
)


_TRIED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "How a volume would be looked at from inside its pod",
        "probe_volume_io",
        {"name": "data-billing-0", "namespace": "billing", "dry_run": "true"},
    ),
    ("What a benchmark of a class would do", "benchmark_storage_class", {"name": "gp3"}),
)


def disk_alert(now: datetime, address: str) -> dict[str, Any]:
    """Give the Alertmanager body of the node mixin's alert about a disk: its pod and namespace are the exporter's."""
    body = copy.deepcopy(alert(now))
    one = body["alerts"][0]
    labels = {"alertname": "NodeDiskIOSaturation", "severity": "warning", "device": "nvme1n1", "job": "node-exporter"}
    one["labels"] = {**labels, "instance": f"{address}:9100", "namespace": "monitoring", "pod": "node-exporter-x7k2p"}
    one["fingerprint"] = f"sandbox-disk-{address}"
    one["annotations"] = {
        "summary": "Disk IO queue is high.",
        "description": f"Disk IO queue of nvme1n1 at {address} is high.",
    }
    return body


def performance_act(world: World, expect: Expect) -> None:
    """Play it."""
    for caption, params in PERFORMANCE:
        expect(f"By hand: {caption}", lambda params=params: world.runner.trigger(_REPORT, **params), 1)  # type: ignore[misc]
    nodes = (o for o in world.api.store.find(NODE) if o["metadata"]["name"] == _NODE)
    address = next(nodes)["status"]["addresses"][0]["address"]
    now = datetime.now(UTC)
    expect("An alert about a disk of a node is enriched", lambda: world.runner.send_alerts(disk_alert(now, address)), 1)


def look_act(world: World, expect: Expect) -> None:
    """Play the plans of a look from inside a pod, which is there by now, and of a benchmark: no real disk is behind them."""
    for caption, action, params in _TRIED:
        expect(f"By hand: {caption}", lambda action=action, params=params: world.runner.trigger(action, **params), 1)  # type: ignore[misc]
