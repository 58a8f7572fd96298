"""What `volumes.csv` knows of each claim and volume."""

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._analysis.assess import assess
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.times import UTC
from robusta_volumes._report.volumes_table import volumes_csv

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
HOUR_AGO = (NOON - timedelta(hours=1)).isoformat()


def item(kind: str, name: str, namespace: str = "", group: str = "", **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, **more.pop("metadata", {})}
    return {"apiVersion": f"{group}/v1".lstrip("/"), "kind": kind, "metadata": metadata, **more}


CLAIM = item(
    "PersistentVolumeClaim",
    "data",
    "shop",
    metadata={"deletionTimestamp": HOUR_AGO, "finalizers": ["kubernetes.io/pvc-protection"]},
    spec={"volumeName": "pvc-1", "resources": {"requests": {"storage": "20Gi"}}},
    status={
        "phase": "Bound",
        "capacity": {"storage": "10Gi"},
        "conditions": [{"type": "FileSystemResizePending", "status": "True", "message": "waits for a pod to start"}],
        "allocatedResourceStatuses": {"storage": "NodeResizePending"},
    },
)
VOLUME = item(
    "PersistentVolume",
    "pvc-1",
    metadata={"labels": {"topology.kubernetes.io/zone": "eu-1a"}},
    spec={
        "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"},
        "claimRef": {"namespace": "shop", "name": "data"},
        "nodeAffinity": {
            "required": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "topology.ebs.csi.aws.com/zone", "operator": "In", "values": [zone]}]}
                    for zone in ("eu-1a", "eu-1b")
                ]
            }
        },
    },
    status={"phase": "Bound"},
)
ATTACHMENTS = [
    item(
        "VolumeAttachment",
        f"csi-{node}",
        group="storage.k8s.io",
        spec={"attacher": "ebs.csi.aws.com", "nodeName": node, "source": {"persistentVolumeName": "pvc-1"}},
        status={"attached": attached},
    )
    for node, attached in (("n1", True), ("n2", False))
]
LEFT = item("PersistentVolume", "left", metadata={"deletionTimestamp": HOUR_AGO}, status={"phase": "Released"})


def rows(see: Inventory) -> dict[str, dict[str, str]]:
    """Read the file back, by volume."""
    content = volumes_csv(see, assess(see, Limits())).content.decode()
    return {row["volume"]: row for row in csv.DictReader(io.StringIO(content))}


def seen(*denied: str) -> Inventory:
    return gather(MemoryCluster([CLAIM, VOLUME, LEFT, *ATTACHMENTS], now=NOON, denied=denied))


def test_a_row_tells_where_a_volume_can_be_used_and_where_it_is_attached() -> None:
    row = rows(seen())["pvc-1"]
    assert row["zone"] == "eu-1a eu-1b"
    assert row["only on nodes with"] == (
        "topology.ebs.csi.aws.com/zone In eu-1a or topology.ebs.csi.aws.com/zone In eu-1b"
    )
    assert row["attached to"] == "n1, n2 (not yet)"


def test_a_row_tells_what_is_going_on_conditions_resize_and_deletion() -> None:
    found = rows(seen())
    assert found["pvc-1"]["conditions"] == "FileSystemResizePending: waits for a pod to start"
    assert found["pvc-1"]["resize"] == "NodeResizePending"
    assert (found["pvc-1"]["claim deleted"], found["pvc-1"]["volume deleted"]) == (HOUR_AGO, "")
    assert (found["left"]["claim deleted"], found["left"]["volume deleted"]) == ("", HOUR_AGO)
    assert (found["left"]["zone"], found["left"]["attached to"]) == ("", "")


def test_what_may_not_be_read_is_unknown_and_no_empty_cell() -> None:
    row = rows(seen("pods", "volumeattachments.storage.k8s.io"))["pvc-1"]
    assert (row["pods@nodes"], row["attached to"]) == ("unknown", "unknown")


def test_a_volume_that_may_not_be_read_is_named_and_what_only_it_tells_is_unknown() -> None:
    row = rows(seen("persistentvolumes"))["pvc-1"]
    assert (row["claim"], row["requested bytes"], row["attached to"]) == ("data", str(20 * 2**30), "n1, n2 (not yet)")
    assert {row[name] for name in ("volume phase", "provisioned bytes", "driver", "zone")} == {"unknown"}


def test_a_claim_that_may_not_be_read_is_named_and_what_only_it_tells_is_unknown() -> None:
    row = rows(seen("persistentvolumeclaims"))["pvc-1"]
    assert (row["namespace"], row["claim"], row["driver"]) == ("shop", "data", "ebs.csi.aws.com")
    assert {row[name] for name in ("claim phase", "requested bytes", "conditions", "claim deleted")} == {"unknown"}
    assert row["pods@nodes"] == "", "pods were seen: none uses it"


def test_without_any_volume_there_is_a_head_and_no_row() -> None:
    see = replace(seen(), claims=(), volumes=())
    assert volumes_csv(see, assess(see, Limits())).content.decode().splitlines() == ["namespace,claim"]
