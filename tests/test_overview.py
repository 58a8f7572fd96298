"""Many volumes in numbers: a line where there is something to say, and only of what belongs to the target."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.target import Target
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import File, Page
from robusta_volumes._workflows.persistent_volume_actions import persistent_volume_actions

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
DISK = "disk.example.com"


def item(kind: str, name: str, namespace: str = "", group: str = "", **more: Any) -> Object:
    metadata = {"name": name, "namespace": namespace, **more.pop("metadata", {})}
    return {"apiVersion": f"{group}/v1".lstrip("/"), "kind": kind, "metadata": metadata, **more}


def pair(
    name: str,
    class_name: str = "gp3",
    mode: str = "ReadWriteOnce",
    node: str = "",
    status: Any = None,
    asked: str = "1Gi",
) -> list[Object]:
    """Give a bound claim of namespace shop and its volume; one with ``node`` can be used there alone."""
    terms = [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}]
    return [
        item(
            "PersistentVolumeClaim", name, "shop",
            metadata={"creationTimestamp": NOON.isoformat(), "labels": {"app": name}},
            spec={
                "storageClassName": class_name, "volumeName": f"pv-{name}", "accessModes": [mode],
                "resources": {"requests": {"storage": asked}},
            },
            status={"phase": "Bound", "capacity": {"storage": "1Gi"}, "accessModes": [mode], **(status or {})},
        ),
        item(
            "PersistentVolume", f"pv-{name}",
            spec={
                "storageClassName": class_name, "capacity": {"storage": "1Gi"}, "accessModes": [mode],
                "claimRef": {"namespace": "shop", "name": name},
                **({"nodeAffinity": {"required": {"nodeSelectorTerms": terms}}} if node else {}),
                **({"local": {"path": f"/{name}"}} if node else {"csi": {"driver": DISK, "volumeHandle": name}}),
            },
            status={"phase": "Bound"},
        ),
    ]  # fmt: skip


def pod(name: str, node: str, *claims: str) -> Object:
    volumes = [{"name": c, "persistentVolumeClaim": {"claimName": c}} for c in claims]
    return item("Pod", name, "shop", spec={"nodeName": node, "volumes": volumes}, status={"phase": "Running"})


def csi_node(name: str, most: int | None) -> Object:
    limit = {} if most is None else {"allocatable": {"count": most}}
    return item("CSINode", name, group="storage.k8s.io", spec={"drivers": [{"name": DISK, "nodeID": name, **limit}]})


def attached(name: str, node: str, **status: Any) -> Object:
    source = {"persistentVolumeName": f"pv-{name}"}
    spec = {"attacher": DISK, "nodeName": node, "source": source}
    return item("VolumeAttachment", f"va-{name}-{node}", group="storage.k8s.io", spec=spec, status=status)


NODES = [
    item("Node", name, metadata={"labels": {"kubernetes.io/hostname": name}}, status={"conditions": []})
    for name in ("n1", "n2")
]
DEFAULT = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
CLASSES = [
    item("CSIDriver", DISK, group="storage.k8s.io", spec={"attachRequired": True}),
    item(
        "StorageClass", "gp3", group="storage.k8s.io", metadata=DEFAULT, provisioner=DISK, allowVolumeExpansion=True,
        volumeBindingMode="WaitForFirstConsumer",
    ),
    item(
        "StorageClass", "local", group="storage.k8s.io", provisioner="kubernetes.io/no-provisioner",
        volumeBindingMode="WaitForFirstConsumer",
    ),
]  # fmt: skip


def report(*objects: Object, target: Target = Target(), denied: tuple[str, ...] = ()) -> Page:  # noqa: B008 (frozen)
    cluster = MemoryCluster([*NODES, *CLASSES, *objects], now=NOON, denied=denied)
    return persistent_volume_actions(cluster, target, PersistentVolumeActions())


def line(page: Page, name: str) -> str:
    """Give the line of the numbers that starts with a word; "" when there is none."""
    start = f"• *{name}:* "
    found = (one for one in to_markdown(page, files=False).splitlines() if one.startswith(start))
    return next(found, "").removeprefix(start)


def volumes(page: Page) -> set[str]:
    (file,) = (b for b in page.blocks if isinstance(b, File) and b.name == "volumes.csv")
    return {row.split(",")[1] for row in file.content.decode().splitlines()[1:]}


# --- the lines


def test_claims_and_volumes_are_counted_by_phase_and_policy() -> None:
    free = item(
        "PersistentVolume", "free", spec={"persistentVolumeReclaimPolicy": "Delete"}, status={"phase": "Available"}
    )
    page = report(*pair("a"), *pair("b"), free)
    assert line(page, "Claims") == "2 Bound; 2.0 GiB requested"
    assert line(page, "Volumes") == "3: 2 Bound (Retain), 1 Available (Delete)"
    assert line(page, "Capacity") == "2.0 GiB provisioned; gp3 2.0 GiB, (no class) 0.0 GiB"


def test_one_class_in_one_phase_needs_no_picture() -> None:
    def pictures(page: Page) -> list[str]:
        return [b.name for b in page.blocks if isinstance(b, File) and b.name.endswith(".png")]

    assert pictures(report(*pair("a"))) == []
    assert pictures(report(*pair("a"), *pair("b", "local"))) == ["capacity.png"]


def test_what_is_as_usual_has_no_line() -> None:
    page = report(*pair("a"), pod("p", "n1", "a"), attached("a", "n1", attached=True), csi_node("n1", 25))
    for name in ("Pending", "Access", "Resizing", "Attachments", "Attach slots", "Waste", "Advice"):
        assert line(page, name) == "", name


@pytest.mark.parametrize(
    ("mode", "pods", "says"),
    [
        ("ReadWriteOnce", [("p", "n1"), ("q", "n2")], "several pods use shop/a (RWO, 2 pods on 2 nodes)"),
        ("ReadWriteOncePod", [("p", "n1"), ("q", "")], "several pods use shop/a (RWOP, 2 pods on 1 node)"),
        ("ReadWriteMany", [("p", "n1"), ("q", "n2")], ""),
        ("ReadWriteOnce", [("p", "n1")], ""),
    ],
)
def test_several_pods_on_a_claim_for_one_are_named(mode: str, pods: list[tuple[str, str]], says: str) -> None:
    page = report(*pair("a", mode=mode), *(pod(name, node, "a") for name, node in pods))
    assert line(page, "Access") == says


def test_what_grows_is_told_with_its_stage() -> None:
    growing = {"allocatedResourceStatuses": {"storage": "NodeResizePending"}}
    page = report(*pair("a", asked="3Gi", status=growing), *pair("b", asked="2Gi"), *pair("c"))
    assert (
        line(page, "Resizing") == "2 claims: shop/a 1.0 GiB to 3.0 GiB (NodeResizePending), shop/b 1.0 GiB to 2.0 GiB"
    )


def test_attachments_that_are_not_as_they_should_be_are_named() -> None:
    page = report(
        *pair("a"), *pair("b"), *pair("c"),
        attached("a", "n1", attached=True),
        attached("b", "n1", attached=False),
        attached("c", "n2", attached=False, attachError={"message": "quota"}),
    )  # fmt: skip
    assert line(page, "Attachments") == "3, of them 1 refused (shop/c on n2); 1 not attached yet (shop/b on n1)"


@pytest.mark.parametrize(
    ("most", "says"),
    [
        (3, "n1 2 of 3 used, 1 free (disk.example.com)"),
        (2, "n1 2 of 2 used, 0 free (disk.example.com)"),
        (4, ""),
        (None, ""),
    ],
)
def test_attach_slots_are_told_from_60_percent_on(most: int | None, says: str) -> None:
    page = report(*pair("a"), *pair("b"), pod("p", "n1", "a", "b"), csi_node("n1", most), csi_node("n2", 25))
    assert line(page, "Attach slots") == says
    assert any(isinstance(b, File) and b.name == "attach-slots.png" for b in page.blocks) is bool(says)


def test_pending_claims_are_counted_by_cause() -> None:
    def waiting(name: str, class_name: str) -> Object:
        born = (NOON - timedelta(hours=1)).isoformat()
        spec = {"storageClassName": class_name, "resources": {"requests": {"storage": "1Gi"}}}
        meta = {"creationTimestamp": born}
        return item("PersistentVolumeClaim", name, "shop", metadata=meta, spec=spec, status={"phase": "Pending"})

    page = report(waiting("a", "gp33"), waiting("b", "gp33"), waiting("c", "local"))
    assert (
        line(page, "Pending")
        == "3 claims: 2 x storage class does not exist; shop/c (static claim without any free volume)"
    )


def test_waste_that_could_not_be_looked_for_is_no_zero() -> None:
    page = report(*pair("a"), denied=("pods",))
    assert line(page, "Waste") == "unused, left over: could not be looked for"


# --- the file of classes


def classes(page: Page) -> dict[str, dict[str, str]]:
    (file,) = (b for b in page.blocks if isinstance(b, File) and b.name == "classes.csv")
    return {row["class"]: row for row in csv.DictReader(io.StringIO(file.content.decode()))}


def test_a_class_is_told_with_its_driver_and_what_lies_in_it() -> None:
    row = classes(report(*pair("a"), *pair("b")))["gp3"]
    assert (row["CSIDriver object"], row["default"], row["expandable"]) == ("yes", "yes", "yes")
    assert (row["claims"], row["volumes"], row["Bound"], row["Released"]) == ("2", "2", "2", "0")
    assert row["provisioned bytes"] == str(2 * 2**30)


def test_the_room_that_a_driver_declares_is_told_by_place() -> None:
    place = {"matchLabels": {"zone": "a"}}
    room = item(
        "CSIStorageCapacity",
        "x",
        "kube-system",
        "storage.k8s.io",
        storageClassName="gp3",
        capacity="10Gi",
        nodeTopology=place,
    )
    assert classes(report(room))["gp3"]["free room"] == "zone In a: 10.0 GiB"
    assert classes(report())["gp3"]["free room"] == ""
    assert classes(report(denied=("csistoragecapacities.storage.k8s.io",)))["gp3"]["free room"] == "unknown"


def test_a_class_that_only_volumes_name_has_a_row_and_what_may_not_be_read_is_unknown() -> None:
    assert classes(report(*pair("a", "gone")))["gone"]["provisioner"] == "no such class object"
    assert classes(report(*pair("a", "")))["(no class)"]["provisioner"] == ""
    row = classes(report(*pair("a"), denied=("persistentvolumes", "storageclasses.storage.k8s.io")))["gp3"]
    assert (row["provisioner"], row["volumes"], row["claims"]) == ("unknown", "unknown", "1")


# --- what belongs to the target


def test_a_class_has_its_own_claims_and_volumes_and_nothing_else() -> None:
    page = report(*pair("a"), *pair("b", "local"), target=Target("StorageClass", "gp3"))
    assert page.title == "The claim of storage class gp3 is healthy"
    assert volumes(page) == {"a"}
    assert "Looked at: storage class gp3 in the whole cluster." in to_markdown(page)


def test_a_class_can_be_narrowed_by_a_selector() -> None:
    page = report(*pair("a"), *pair("b"), target=Target("StorageClass", "gp3", selector="app=b"))
    assert volumes(page) == {"b"}


def test_a_node_has_what_its_pods_use_what_is_attached_and_what_can_be_used_nowhere_else() -> None:
    objects = [
        *pair("used"), *pair("attached"), *pair("local", "local", node="n1"), *pair("elsewhere"), *pair("unused"),
        pod("p", "n1", "used"), pod("q", "n2", "elsewhere"), attached("attached", "n1", attached=True), csi_node("n1", 25),
    ]  # fmt: skip
    page = report(*objects, target=Target("Node", "n1"))
    assert volumes(page) == {"used", "attached", "local"}
    assert page.subject.node == "n1"
    assert line(page, "Attach slots") == "disk.example.com 2 of 25 used, 23 free"


def test_of_a_class_the_slots_count_all_volumes_of_its_driver() -> None:
    objects = [*pair("a"), *pair("b", "other"), pod("p", "n1", "a", "b"), csi_node("n1", 2)]
    page = report(*objects, target=Target("StorageClass", "gp3"))
    assert line(page, "Attach slots") == "n1 2 of 2 used, 0 free (disk.example.com)"


@pytest.mark.parametrize(
    ("target", "title", "hint"),
    [
        (Target("StorageClass", "gp33"), "Storage class gp33 does not exist", "Did you mean *gp3*?"),
        (Target("Node", "n3"), "Node n3 does not exist", "There: n1, n2."),
    ],
)
def test_a_class_or_node_that_is_not_there_is_said_with_the_nearest(target: Target, title: str, hint: str) -> None:
    page = report(*pair("a"), target=target)
    assert page.title == title
    assert hint in to_markdown(page)


def test_a_node_that_may_not_be_looked_for_is_not_called_missing() -> None:
    page = report(target=Target("Node", "n3"), denied=("nodes",))
    assert page.title == "No volumes on node n3"
    assert "nodes: the runner may not list them" in to_markdown(page)
