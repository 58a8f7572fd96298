"""What we make ourselves for a while is nobody's trouble: no rule, no sweep and no data report is about it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data_of import NOW, claim, use
from restore_world import settings
from robusta_volumes._analysis.costs import judge
from robusta_volumes._analysis.passing import passing, without_passing
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model import kind as k
from robusta_volumes._model import ours
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.target import Target
from robusta_volumes._model.usage import Measured
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._workflows.persistent_data_analysis import persistent_data_analysis
from robusta_volumes._workflows.volume_events import volume_events
from robusta_volumes._workflows.volume_sweep import volume_sweep
from test_backup_verify import SCRATCH, verify, world

OF_TEST = {ours.MANAGED_BY: ours.OURS, ours.VERIFIES: "true"}
OF_LOOK = {ours.MANAGED_BY: ours.OURS, ours.INSPECTS: "0123456789ab"}
RESTORED = {"velero.io/restore-name": "data-0123456789-verify"}


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (OF_TEST, True),
        (OF_LOOK, True),
        ({ours.MANAGED_BY: ours.OURS, ours.BENCHMARKS: "20260301t120000000000z-0123456789ab"}, True),
        (RESTORED, True),
        ({}, False),
        ({ours.VERIFIES: "true"}, False),  # somebody copied one label
        ({"velero.io/restore-name": "data-0123456789"}, False),  # what a person had restored
        ({"velero.io/restore-name": "my-verify"}, False),
    ],
)
def test_what_passes_is_known_by_its_labels(labels: dict[str, str], *, expected: bool) -> None:
    assert ours.is_passing(labels) is expected


def pending(labels: dict[str, str]) -> MemoryCluster:
    """A claim that has been Pending for a day, since its class does not exist."""
    b = Builder(NOW - timedelta(days=1))
    b.add("Namespace", "shop", status={"phase": "Active"})
    b.claim("shop", "stuck", "10Gi", "csi-hq", metadata={"labels": labels})
    return MemoryCluster(b.objects, now=NOW)


@pytest.mark.parametrize("labels", [OF_TEST, OF_LOOK, RESTORED], ids=["of a test", "of a look", "of a restore test"])
def test_one_that_stays_pending_is_told_by_no_event_and_no_sweep(labels: dict[str, str]) -> None:
    for own, told in (({}, True), (labels, False)):
        found, target = PersistentVolumeActions(), Target("PersistentVolumeClaim", "stuck", "shop")
        cluster = pending(own)
        assert any(issue.meta.name == "stuck" for issue in judge(gather(cluster), found).issues) is told
        later = MemoryCluster(cluster.store.find(k.NAMESPACE), now=NOW)
        assert volume_sweep(later, found, State(later, "robusta"))  # the first report, of nothing
        later.store.take(cluster.store.find(k.CLAIM))
        assert bool(volume_events(later, (target,), found, State(later, "robusta"))) is told
        first = volume_sweep(cluster, found, State(cluster, "robusta"))
        assert any("stuck" in to_markdown(page) for page in first) is told


def test_the_data_report_leaves_it_out() -> None:
    mine, test = claim("shop/mine"), claim("shop/mine-verify-ab")
    test[0]["metadata"]["labels"] = OF_TEST
    cluster = MemoryCluster([*mine, *test], now=NOW)
    measured = Measured(now={("shop", "mine"): use(60), ("shop", "mine-verify-ab"): use(99)})
    page = persistent_data_analysis(cluster, Target(), PersistentDataAnalysis(), lambda _see, _keys: measured)
    assert "mine-verify-ab" not in to_markdown(page)
    assert "shop/mine" in to_markdown(page)


def test_its_pod_and_its_volume_go_with_it_and_others_stay() -> None:
    mine, test = claim("shop/mine"), claim("shop/scratch")
    test[0]["metadata"]["labels"] = OF_LOOK
    test[2]["metadata"]["labels"] = OF_LOOK
    see = gather(MemoryCluster([*mine, *test], now=NOW))
    kinds = sorted(kind for kind, _, _ in passing(see))
    assert kinds == ["PersistentVolume", "PersistentVolumeClaim", "Pod"]
    left = without_passing(see)
    assert [c.meta.name for c in left.claims] == ["mine"]
    assert [v.meta.name for v in left.volumes] == ["pv-mine"]


def test_what_a_test_restores_is_known_while_it_lasts(tmp_path: Path) -> None:
    w = world(tmp_path)
    w.finish = lambda: w.restored("WaitingForPluginOperations")
    verify(w, dry_run=False)
    (restored,) = w.cluster.find(k.CLAIM, SCRATCH)
    labels: dict[str, Any] = restored["metadata"]["labels"]
    assert ours.is_passing(labels)
    assert settings().verify.namespace == SCRATCH
