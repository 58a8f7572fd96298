"""What the demo sends and asks, in order, and what a reader of its page is told about it."""

import copy
from datetime import datetime
from typing import Any

from robusta_volumes._sandbox.world import HELM_BLOCK

ALERT: dict[str, Any] = {
    "receiver": "robusta",
    "status": "firing",
    "version": "4",
    "groupKey": "{}",
    "externalURL": "http://alertmanager:9093",
    "alerts": [
        {
            "status": "firing",
            "labels": {
                "alertname": "KubePersistentVolumeFillingUp",
                "severity": "warning",
            },
            "annotations": {
                "summary": "PersistentVolume is filling up.",
            },
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus:9090/graph?g0.expr=kubelet_volume_stats_available_bytes",
        }
    ],
}
# What is sent, in order, and what a reader of the page is told about it.
EVENTS = (
    ("class typo", "A Kubernetes Event arrives: the claim names a class that does not exist"),
    ("no class", "A Normal event, which most tools ignore, carries the cause"),
    ("driver missing", "Normal event ExternalProvisioning: the driver of the class is not there"),
    ("pod unschedulable", "Normal event WaitForPodScheduled: the claim is the victim of its pod"),
    ("static mismatch", "A claim that wants a hand-made volume: the nearest misses are named"),
    ("volume taken", "A claim that names a volume of somebody else"),
    ("claim missing", "The scheduler says that a claim is missing: a typo in the pod"),
    ("node gone", "A local volume whose node has left"),
    ("one pod only", "A second pod of a ReadWriteOncePod claim"),
    ("cannot mount", "The kubelet cannot mount a volume"),
    ("quota", "A StatefulSet stops growing: the storage quota is full"),
)


BY_HAND = (
    ("a claim, by name and namespace", {"name": "uploads", "namespace": "shop"}),
    ("a namespace", {"namespace": "shop"}),
    ("a storage class", {"kind": "storageclass", "name": "efs"}),
    ("a node", {"kind": "node", "name": "node-a1"}),
    ("a name with a typo", {"name": "uplaods", "namespace": "shop"}),
)
_GROW, _BACK = "expand_persistent_volume_claim", "release_persistent_volume"
_GRAFANA = {"name": "grafana", "namespace": "monitoring", "size": "+50%"}
_PG = {"name": "data-pg-0", "namespace": "db", "size": "150Gi"}
_LEDGER = {"name": "pvc-ledger-2024"}
# Claims grow and a volume is given back: each time the plan, then the change itself.
CHANGES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("How would a claim grow? Without dry_run=false nothing changes", _GROW, _GRAFANA),
    ("Then it grows, and is followed to its end", _GROW, {**_GRAFANA, "dry_run": False}),
    ("A claim whose size something else decides", _GROW, {**_PG, "dry_run": False}),
    ("How would a kept volume be given back to its claim?", _BACK, _LEDGER),
    ("Then it is: only a claim of this name can have it", _BACK, {**_LEDGER, "dry_run": False}),
)
STORM = 20  # times that each event of the storm is sent
# In half a minute more happens here than elsewhere in a day: the usual ten messages would not show all of it.
BLOCK = copy.deepcopy(HELM_BLOCK)
BLOCK["persistentVolumeWorkflows"]["persistentVolumeActions"]["maxMessages"] = 100
BLOCK["persistentVolumeWorkflows"]["persistentVolumeActions"]["prices"] = {"gp3": 0.08, "efs.csi.aws.com": 0.30}
BLOCK["persistentVolumeWorkflows"]["volumePerformanceAnalysis"]["benchmark"] = {"image": "registry.local/fio:3.33"}


def alert(now: datetime, namespace: str = "db", claim: str = "data-pg-0") -> dict[str, Any]:
    """Give the Alertmanager body about a claim, with a fresh start time: Robusta drops what it has seen."""
    body = copy.deepcopy(ALERT)
    one = body["alerts"][0]
    one["startsAt"] = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    one["labels"] |= {"namespace": namespace, "persistentvolumeclaim": claim}
    one["fingerprint"] = f"sandbox-{namespace}-{claim}"
    one["annotations"]["description"] = (
        f"The PersistentVolume claimed by {claim} in namespace {namespace} is expected to fill up within four days. "
        "Currently 12.1% is available."
    )
    return body
