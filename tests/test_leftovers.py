"""Leaving: whatever is ours is listed, and nothing is removed."""

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._workflows.leftovers import leftovers

LABELS = {"app.kubernetes.io/managed-by": "robusta-volumes"}


def test_the_state_that_we_keep_is_found() -> None:
    cluster = MemoryCluster(name="prod")
    State(cluster, "robusta").write("settings", {"announced": "x"})
    page = to_markdown(leftovers(cluster))
    assert "1 object of robusta-volumes in the cluster" in page
    assert "robusta/robusta-volumes-state" in page
    assert "kubectl delete configmaps --all-namespaces -l app.kubernetes.io/managed-by=robusta-volumes" in page


def test_what_holds_data_is_marked() -> None:
    snapshot = {
        "apiVersion": "snapshot.storage.k8s.io/v1",
        "kind": "VolumeSnapshot",
        "metadata": {"name": "nightly-1", "namespace": "shop", "labels": LABELS},
    }
    page = to_markdown(leftovers(MemoryCluster([snapshot])))
    assert "Remove volumesnapshots *(destroys restore points)*" in page


def test_objects_of_others_are_left_out() -> None:
    other = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "shop", "labels": {}}}
    assert leftovers(MemoryCluster([other])).title == "Nothing of robusta-volumes is left"


def test_what_may_not_be_listed_is_said() -> None:
    page = to_markdown(leftovers(MemoryCluster(denied=["configmaps"])))
    assert "as far as could be seen" in page
    assert "configmaps: cannot list configmaps" in page


def test_a_cluster_without_snapshots_has_none_of_ours() -> None:
    absent = ["volumesnapshots.snapshot.storage.k8s.io", "volumesnapshotcontents.snapshot.storage.k8s.io"]
    assert leftovers(MemoryCluster(absent=absent)).title == "Nothing of robusta-volumes is left"
