"""What could be lost is told to who asks, and never to whom an event or an alert wakes."""

from datetime import datetime
from typing import Any

import pytest

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._model.times import UTC
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.persistent_volume_actions import persistent_volume_actions

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CLAIM = "PersistentVolumeClaim"


def database(replicas: int = 1) -> list[dict[str, Any]]:
    """Give a healthy StatefulSet whose volumes have policy Delete."""
    made: list[dict[str, Any]] = [
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": {"namespace": "shop", "name": "db"},
            "spec": {"replicas": replicas, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]},
        }
    ]
    for n in range(replicas):
        claim = {"namespace": "shop", "name": f"data-db-{n}"}
        named = [{"name": "data", "persistentVolumeClaim": {"claimName": claim["name"]}}]
        made += [
            {
                "apiVersion": "v1",
                "kind": CLAIM,
                "metadata": claim,
                "spec": {"volumeName": f"vol-{n}"},
                "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}},
            },
            {
                "apiVersion": "v1",
                "kind": "PersistentVolume",
                "metadata": {"name": f"vol-{n}"},
                "spec": {"persistentVolumeReclaimPolicy": "Delete", "claimRef": claim},
                "status": {"phase": "Bound"},
            },
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"namespace": "shop", "name": f"db-{n}"},
                "spec": {"nodeName": "worker-1", "volumes": named},
                "status": {"phase": "Running"},
            },
        ]
    return made


def report(target: Target, objects: list[dict[str, Any]]) -> Page:
    return persistent_volume_actions(MemoryCluster(objects, now=NOW), target, PersistentVolumeActions())


def test_by_hand_a_healthy_claim_is_healthy_and_the_advice_stands_below() -> None:
    page = report(Target(CLAIM, "data-db-0", "shop"), database())
    assert page.title == "Claim shop/data-db-0 is Bound: 1.0 GiB, no problem found"
    assert (page.failure, page.severity) == (False, Severity.INFO)
    assert "*Advice:* *Claim shop/data-db-0 loses its data for good when it is deleted" in to_markdown(page)


@pytest.mark.parametrize("trigger", [Trigger.EVENT, Trigger.ALERT])
def test_an_event_or_an_alert_is_not_answered_with_advice(trigger: Trigger) -> None:
    page = report(Target(CLAIM, "data-db-0", "shop", trigger=trigger), database())
    assert not page.noteworthy
    assert "Advice" not in to_markdown(page)


def test_a_second_replica_is_told_with_the_first_ones_advice_and_has_none_of_its_own() -> None:
    page = to_markdown(report(Target(CLAIM, "data-db-1", "shop"), database(3)))
    assert page.count("*Advice:*") == 1
    assert "(StatefulSet db, 3 claims, 3.0 GiB)" in page


def test_the_report_of_everything_is_well_and_names_each_set_once() -> None:
    page = report(Target(), database(3))
    assert page.title.startswith("All 3 claims of")
    assert not page.noteworthy
    line = "• *Advice:* nothing of it is broken: important data goes when its claim goes (shop/data-db-0)"
    assert line in to_markdown(page, files=False).splitlines()
