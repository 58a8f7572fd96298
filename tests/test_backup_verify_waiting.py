"""Where the class of a claim waits for its first pod, as most clouds' do, a test of its backup brings that pod with it."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked_restores import VerifyBackup
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import NotAllowed
from robusta_volumes._model.plan import Create, Outcome
from robusta_volumes._model.settings import overridden
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._sandbox.pod_runner import PodRunner
from robusta_volumes._workflows.volume_backups_trial import Tools
from robusta_volumes._workflows.volume_backups_verify import verify_volume_backup
from velero_world import VeleroWorld

SCRATCH = "robusta-volumes-verify"


class Waiting:
    """A shop whose class ``fast`` waits for the first pod (or does not), with a backup of ``data`` that holds three files."""

    def __init__(self, folder: Path, *, wait: bool = True) -> None:
        for number in range(3):
            (folder / f"{number}.dat").write_bytes(b"x" * 4096)
        self.on = VeleroWorld(wait=wait)
        self.on.b.add("Namespace", SCRATCH, status={"phase": "Active"})
        self.on.store.take(self.on.b.objects)
        self.on.backup()
        self.on.velero.settle()
        self.cluster: MemoryCluster = MemoryCluster(now=self.on.now)
        self.cluster.store = self.on.store
        self.pods = PodRunner(self.on.store)
        self.cluster.written = self.pods.logs
        self.folder = folder
        self.seen: set[str] = set()  # pods that were there at some time

    def sleep(self, seconds: float) -> None:
        """Let Velero and the kubelet work."""
        self.on.later(seconds=seconds)
        self.cluster._now += timedelta(seconds=seconds)  # noqa: SLF001 (a test's clock)
        self.on.velero.step()
        if any(data and to == f"{SCRATCH}/data" for _, to, data in self.on.filled):
            self.pods.folders[SCRATCH, "data"] = self.folder
        self.pods.step()
        self.seen |= {o["metadata"]["name"] for o in self.on.store.find(k.POD, SCRATCH)}
        time.sleep(0.02 if self.pods.manifests else 0)

    def verify(self, **more: Any) -> Page:
        asked = overridden(VerifyBackup(), {"name": "data", "namespace": "shop", "dry_run": False})
        settings = VolumeBackupManagement(**more)
        tools = Tools(settings.verify, "busybox", sleep=self.sleep)
        return verify_volume_backup(self.cluster, asked, settings, State(self.cluster, "robusta"), tools)

    def left(self) -> list[str]:
        kinds = ((k.VELERO_RESTORE, "velero"), (k.CLAIM, SCRATCH), (k.POD, SCRATCH))
        return [o["metadata"]["name"] for kind, where in kinds for o in self.on.store.find(kind, where)]


@pytest.mark.parametrize("wait", [True, False], ids=["waits for a pod", "at once"])
def test_the_backup_is_proven_and_nothing_stays(tmp_path: Path, *, wait: bool) -> None:
    w = Waiting(tmp_path, wait=wait)
    assert w.verify().title.startswith("The backup of shop/data can be restored: 3 files")
    assert w.left() == []
    assert len(w.seen) == (2 if wait else 1)  # the one that is waited for, and the one that looks


def test_the_pod_that_is_waited_for_asks_for_no_right_and_ends_by_itself(tmp_path: Path) -> None:
    w = Waiting(tmp_path)
    w.verify()
    first, second = w.pods.manifests
    assert first["spec"]["containers"][0]["command"] == ["true"]
    assert first["spec"]["automountServiceAccountToken"] is False
    assert first["spec"]["activeDeadlineSeconds"] == 3600
    assert first["spec"]["securityContext"] == second["spec"]["securityContext"]


class NoPods(MemoryCluster):
    """A namespace that refuses pods."""

    def carry_out(self, plan: Any) -> list[Outcome]:
        """Refuse them."""
        refused = NotAllowed("pods is forbidden: exceeded quota", "raise the quota")
        found = []
        for step in plan:
            pod = isinstance(step, Create) and step.manifest["kind"] == "Pod"
            found += [Outcome(step, error=refused)] if pod else super().carry_out([step])
        return found


def test_where_no_pod_may_be_made_the_test_says_so_at_once_and_nothing_stays(tmp_path: Path) -> None:
    w = Waiting(tmp_path)
    w.cluster = NoPods(now=w.on.now)
    w.cluster.store = w.on.store
    page = w.verify()
    assert "its class waits for a pod, which could not be made: " in page.title
    assert "*Do this:* raise the quota" in to_markdown(page)
    assert w.left() == []
