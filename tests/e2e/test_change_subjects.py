"""What an error of a changing action is about: the claim or the namespace that was meant, never a volume that was not."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from robusta.api import ExecutionBaseEvent
from robusta.core.model.events import ExecutionEventBaseParams

from as_robusta import seen_by_robusta
from robusta_volumes._host.params import CreateSnapshotsParams, ExpandParams, PruneSnapshotsParams, SetPolicyParams
from robusta_volumes._host.publish import fingerprint
from robusta_volumes._model.errors import NotAllowed
from robusta_volumes._report.notices import error_page
from robusta_volumes._report.page import Subject
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes.persistent_volume_actions import expand_persistent_volume_claim, set_volume_reclaim_policy
from robusta_volumes.pvc_snapshots import create_pvc_snapshots, prune_pvc_snapshots


@pytest.fixture(scope="module", autouse=True)
def _nothing_may_be_read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    server = ApiServer()
    server.access.deny([("*", "*", None)])
    with seen_by_robusta(server, tmp_path_factory.mktemp("cluster")):
        yield


@pytest.mark.parametrize(
    ("action", "params", "about"),
    [
        (
            create_pvc_snapshots,
            CreateSnapshotsParams(name="orders", namespace="shop"),
            ("PersistentVolumeClaim", "shop", "orders"),
        ),
        (create_pvc_snapshots, CreateSnapshotsParams(namespace="shop"), ("Namespace", "shop", "shop")),
        (prune_pvc_snapshots, PruneSnapshotsParams(), ("Cluster", None, "cluster")),
        (
            expand_persistent_volume_claim,
            ExpandParams(name="orders", namespace="shop", size="2Gi"),
            ("PersistentVolumeClaim", "shop", "orders"),
        ),
        (set_volume_reclaim_policy, SetPolicyParams(name="pv-1", policy="Retain"), ("PersistentVolume", None, "pv-1")),
    ],
)
def test_an_error_is_about_what_was_to_be_changed(
    action: Callable[..., None], params: Any, about: tuple[str, str | None, str]
) -> None:
    event = ExecutionBaseEvent.from_params(ExecutionEventBaseParams())
    event.named_sinks = ["one"]
    action(event, params)
    ((finding,),) = event.sink_findings.values()
    assert finding.title.startswith("Planning the change failed: ")
    kind, namespace, name = about
    assert (finding.subject.namespace, finding.subject.name) == (namespace, name)
    same = error_page(NotAllowed("no"), "Looking", Subject(kind, name, namespace or ""))
    assert finding.fingerprint == fingerprint(same, "")  # Robusta's subjects have no kind for claims
