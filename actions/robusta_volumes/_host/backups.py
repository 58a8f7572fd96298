"""Run a test of a backup: by hand as any change, by a schedule as a tick; with the image that this installation can pull."""

import threading
from typing import Any

from robusta.api import ExecutionBaseEvent
from robusta.core.model.env_vars import IMAGE_REGISTRY, INSTALLATION_NAMESPACE

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.state import State
from robusta_volumes._host.change import run_change
from robusta_volumes._host.contents import image_of
from robusta_volumes._host.params import TargetParams
from robusta_volumes._host.run import trigger_of
from robusta_volumes._host.tick import run_tick
from robusta_volumes._model.asked_restores import VerifyBackup
from robusta_volumes._model.kind import CLAIM
from robusta_volumes._model.target import Trigger
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.volume_backups_trial import Tools
from robusta_volumes._workflows.volume_backups_verify import verify_volume_backup
from robusta_volumes._workflows.volume_backups_verify_tick import verify_tick

_KEY, _ACTION = "volumeBackupManagement", "verify_volume_backup"
_one = threading.Lock()  # what somebody asked for and the ticks share one note: both would go on with the same test
_LOOK = 240.0  # seconds beyond the usual: a restore that is followed, and a pod that counts files


def run_verify(event: ExecutionBaseEvent, params: TargetParams) -> None:
    """Test the backup of one claim, or go on with what the schedule of tests says is due."""
    if trigger_of(event) == Trigger.SCHEDULE:
        run_tick(event, params, _KEY, _tick)
    else:
        run_change(event, params, _KEY, _ACTION, VerifyBackup(), _by_hand, CLAIM.name, more=lambda _: _LOOK)


def _tools(settings: Any) -> Tools:
    return Tools(settings.verify, image_of(IMAGE_REGISTRY), limits=settings.limits)


def _tick(cluster: Cluster, settings: Any, state: State) -> list[Page]:
    if not _one.acquire(blocking=False):
        return []  # somebody waits for a test and follows it; what is due comes with a later tick
    try:
        return verify_tick(cluster, settings, state, _tools(settings))
    finally:
        _one.release()


def _by_hand(cluster: Cluster, asked: VerifyBackup, settings: Any) -> Page:
    with _one:
        return verify_volume_backup(cluster, asked, settings, State(cluster, INSTALLATION_NAMESPACE), _tools(settings))
