"""Nights of the backup schedule with a Velero that works by a script: restarts, double ticks, two days without its server."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._cluster.store import Store
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.settings import read_settings
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.backup_builder import VeleroBuilder
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.velero_script import VeleroScript
from robusta_volumes._sandbox.velero_server import VeleroServer
from robusta_volumes._workflows.volume_backup_schedule import volume_backup_schedule

EBS = "ebs.csi.aws.com"
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def settings(**block: Any) -> VolumeBackupManagement:
    found = read_settings({"persistentVolumeWorkflows": {"volumeBackupManagement": block}})
    assert not found.problems
    return found.volume_backup_management


class Month:
    """A cluster of one claim, Velero, and the tick; an hour goes by with each step."""

    def __init__(self, **block: Any) -> None:
        b = Builder(START)
        b.storage_class("gp3", EBS)
        b.bound("shop", "data", "10Gi", "gp3", EBS)
        b.add("VolumeSnapshotClass", "csi", api="snapshot.storage.k8s.io/v1", driver=EBS, deletionPolicy="Delete")
        VeleroBuilder(b).installed()
        self.settings, self.script = settings(**block), VeleroScript()
        self.now = START
        self.cluster = MemoryCluster(name="prod", now=START)
        self.cluster.store = Store(b.objects, clock=lambda: self.now)
        self.velero = VeleroServer(self.cluster.store, self.script)
        self.said: list[str] = []

    def hours(self, number: int) -> None:
        for hour in range(number):
            self.now += timedelta(hours=1)
            self.cluster._now = self.now  # noqa: SLF001 (a test's clock)
            self.velero.settle()
            for _ in range(2):
                state, process = State(self.cluster, "robusta"), f"p{hour // 50}"  # a restart now and then
                pages = volume_backup_schedule(self.cluster, self.settings, state, process, lambda _: None)
                self.said += [page.title for page in pages]
            self.velero.settle()

    def nights(self) -> list[str]:
        every = self.cluster.store.find(k.VELERO_BACKUP, labels="velero.io/schedule-name=robusta-volumes")
        return sorted(str(o["metadata"]["name"]).rpartition("-")[2][:8] for o in every)


def days(first: int, last: int) -> list[str]:
    return [f"202603{day:02}" for day in range(first, last + 1)]


@pytest.mark.parametrize("mode", ["velero", "ticks"])
def test_each_night_has_one_backup_and_the_plan_is_all_that_is_said(mode: str) -> None:
    m = Month(mode=mode)
    m.hours(24 * 12)
    assert m.nights() == days(3, 13)
    assert len(m.said) == 1
    assert m.said[0].startswith("Backups from 2026-03-03 02:00 UTC on: 1 claim")


@pytest.mark.parametrize("mode", ["velero", "ticks"])
def test_a_server_that_is_away_for_two_days_is_told_of_once_and_when_it_is_back(mode: str) -> None:
    m = Month(mode=mode)
    m.hours(24 * 5)
    m.velero.stop()
    m.hours(48)
    m.velero.restart()
    m.hours(48)
    told = [title for title in m.said[1:] if "missed" not in title]
    assert len(told) == 2, told
    assert (
        told[0]
        == {
            "velero": "Backups: Velero did not make the backup of 02:00 UTC",
            "ticks": "Backups: `robusta-volumes-20260307020000` was not picked up for 60 min: is Velero running?",
        }[mode]
    )
    assert told[1] == "[RESOLVED] Backups: every claim is saved again"
    assert [title for title in m.said if "missed" in title] == (
        [] if mode == "velero" else ["Backups: 1 run was missed"]
    )
    assert len(m.nights()) == len(set(m.nights()))
    assert m.nights()[-1] == "20260310"
