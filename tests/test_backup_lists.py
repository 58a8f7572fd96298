"""Where readVolumeInfos is on, Velero's own list tells what is in a backup: by hand, for a night, and for a restore."""

from typing import Any

import pytest

from backup_world import Velero, settings, text
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked_restores import RestoreBackup
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.volume_backup_schedule import volume_backup_schedule
from robusta_volumes._workflows.volume_backups_restore import restore_volume_backup
from test_volume_infos import ADDRESS, entry, packed

LISTS = settings(readVolumeInfos=True, moveData=False)
NEVER = "Velero does not keep here of which claims"


class Listing(Velero):
    """Velero makes snapshots that leave no trace, and answers who asks for the list of a backup."""

    saved: tuple[str, ...] = ("data", "files")

    def __init__(self, name: str) -> None:
        super().__init__()
        self.cluster.name = name  # what is remembered of a cluster is kept by its name
        self.outcome = lambda _: ""

    def end(self, backup: dict[str, Any], phase: str = "") -> None:
        super().end(backup, phase)
        made = {"status": {"csiVolumeSnapshotsAttempted": 2, "csiVolumeSnapshotsCompleted": 2}}
        self.cluster.store.patch(k.VELERO_BACKUP, backup["metadata"]["name"], "velero", made)

    def serve(self) -> None:
        super().serve()
        for o in self.cluster.store.find(k.VELERO_DOWNLOAD):
            status = {"status": {"phase": "Processed", "downloadURL": ADDRESS}}
            self.cluster.store.patch(k.VELERO_DOWNLOAD, o["metadata"]["name"], "velero", status)
        volumes = {name: self.cluster.get(k.CLAIM, name, "shop")["spec"]["volumeName"] for name in self.saved}
        self.cluster.files = {ADDRESS: packed([entry(name, pvName=volume) for name, volume in volumes.items()])}

    def night(self, wanted: VolumeBackupManagement) -> list[Page]:
        """Let a slot come and its backup end; give what the ticks tell."""
        told = []
        for _ in range(3):
            told += volume_backup_schedule(self.cluster, wanted, self.state, "p", lambda _: self.serve())
            self.serve()
            self.move(minutes=5)
        return told


def test_a_backup_by_hand_is_judged_by_the_list() -> None:
    w = Listing("by-hand")
    page = w.create(LISTS, namespace="shop")
    assert page.title == "Backup of namespace shop is done: data of 2 of 2 claims in it"
    assert "| shop/data | in it, on the same storage (snapshot) |" in text(page)
    assert w.cluster.store.find(k.VELERO_DOWNLOAD) == []


def test_what_the_list_does_not_name_has_no_data_in_it() -> None:
    w = Listing("by-hand-in-part")
    w.saved = ("data",)
    page = w.create(LISTS, namespace="shop")
    assert page.title == "Backup of namespace shop is done, but 1 of 2 claims has no data in it"
    assert "Velero's own list of the volumes in it does not name it" in text(page)


def test_without_the_setting_nothing_is_asked_and_nobody_knows() -> None:
    w = Listing("off")
    page = w.create(settings(moveData=False), namespace="shop")
    assert NEVER in text(page)


@pytest.mark.parametrize("on", [True, False])
def test_a_night_is_judged_by_the_list(*, on: bool) -> None:
    w = Listing(f"night-{on}")
    w.saved = ("data",)
    block: dict[str, Any] = {"mode": "ticks", "namespaces": ["shop"], "backupSchedule": "0 * * * *"}
    wanted = settings(readVolumeInfos=on, moveData=False, **block)
    w.night(wanted)
    w.move(minutes=60)
    w.night(wanted)  # the plan
    w.move(minutes=60)
    said = "\n".join(text(page) for page in w.night(wanted))
    assert len(w.backups()) == 1
    assert ("shop/files" in said and "does not name it" in said) is on
    assert w.cluster.store.find(k.VELERO_DOWNLOAD) == []


@pytest.mark.parametrize("on", [True, False])
def test_a_restore_takes_what_the_list_proves(*, on: bool) -> None:
    w = Listing(f"restore-{on}")
    wanted = settings(readVolumeInfos=on, moveData=False)
    w.create(wanted, namespace="shop")
    page = restore_volume_backup(w.cluster, RestoreBackup("data", "shop", into_namespace="db"), wanted)
    assert ("Plan: " in page.title) is on
