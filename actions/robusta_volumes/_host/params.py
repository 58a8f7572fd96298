"""The params of our actions, generated from the settings: one field per setting, taken raw.

Robusta merges all of `globalConfig` into an action's params and tells nobody in chat when they do not validate. So every
field takes anything, and what is wrong is found, and said, inside the action.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic.v1 import Extra, Field, create_model
from robusta.api import ActionParams

from robusta_volumes._model.asked import (
    CreateSnapshots,
    Expand,
    PruneSnapshots,
    Release,
    RestoreSnapshot,
    SetPolicy,
    VolumeContents,
)
from robusta_volumes._model.asked_backups import CreateBackups, PruneBackups
from robusta_volumes._model.asked_benchmark import BenchmarkStorageClass
from robusta_volumes._model.asked_performance import ProbeVolumeIo
from robusta_volumes._model.asked_restores import RestoreBackup, VerifyBackup
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.renames import RENAMED, Renamed
from robusta_volumes._model.settings import PersistentVolumeActions, old_params
from robusta_volumes._model.snapshot_schedule import PvcSnapshots

_T = TypeVar("_T", bound="TargetParams")


class TargetParams(ActionParams):
    """Which object, and the Helm block.

    :var kind: what to report on: pvc, pv, pod, deployment, statefulset, daemonset, job, cronjob, namespace, storageclass, node
        or cluster; may be left out for the first two, a namespace and the cluster
    :var name: name of the object
    :var namespace: namespace of the object; alone: report on the whole namespace
    :var selector: label selector on claims, as kubectl takes it
    :var workflows: the Helm block, filled from globalConfig.workflows
    :var cluster_name: filled from globalConfig
    """

    kind: Any = None
    name: Any = None
    namespace: Any = None
    selector: Any = None
    workflows: Any = None
    cluster_name: Any = None

    class Config:
        """Keep what nobody asked for: a misspelt param is among it."""

        extra = Extra.allow

    def post_initialization(self) -> None:
        """Do nothing: validation happens inside the action."""


def params_of(settings: type[Any], renamed: tuple[Renamed, ...] = RENAMED) -> Callable[[type[_T]], type[_T]]:
    """Add one raw field per setting to a params class, and one per old name of a setting."""

    def add(cls: type[_T]) -> type[_T]:
        known = {
            one.name: (Any, Field(None, description=one.metadata["why"]))
            for one in dataclasses.fields(settings)
            if one.metadata
        }
        old_names = old_params(settings, renamed)
        known |= {old: (Any, Field(None, description=f"now called {new}")) for old, new in old_names.items()}
        made: type[_T] = create_model(  # type: ignore[call-overload]  # pydantic cannot type generated fields
            cls.__name__, __base__=cls, __module__=cls.__module__, **known
        )
        made.__doc__ = cls.__doc__
        return made

    return add


@params_of(PersistentVolumeActions)
class PersistentVolumeActionsParams(TargetParams):
    """Params of persistent_volume_actions."""


@params_of(Expand)
class ExpandParams(TargetParams):
    """Params of expand_persistent_volume_claim."""


@params_of(SetPolicy)
class SetPolicyParams(TargetParams):
    """Params of set_volume_reclaim_policy."""


@params_of(Release)
class ReleaseParams(TargetParams):
    """Params of release_persistent_volume."""


class DigestParams(TargetParams):
    """Params of volumes_digest: it is about the whole cluster."""


@params_of(PersistentDataAnalysis)
class PersistentDataAnalysisParams(TargetParams):
    """Params of persistent_data_analysis."""


@params_of(PvcSnapshots)
class PvcSnapshotsParams(TargetParams):
    """Params of pvc_snapshots."""


@params_of(RestoreSnapshot)
class RestoreSnapshotParams(TargetParams):
    """Params of restore_pvc_snapshot."""


@params_of(CreateSnapshots)
class CreateSnapshotsParams(TargetParams):
    """Params of create_pvc_snapshots."""


@params_of(PruneSnapshots)
class PruneSnapshotsParams(TargetParams):
    """Params of prune_pvc_snapshots."""


@params_of(VolumeContents)
class VolumeContentsParams(TargetParams):
    """Params of volume_contents."""


@params_of(VolumePerformanceAnalysis)
class VolumePerformanceAnalysisParams(TargetParams):
    """Params of volume_performance_analysis."""


@params_of(VolumeBackupManagement)
class VolumeBackupManagementParams(TargetParams):
    """Params of volume_backup_management."""


@params_of(RestoreBackup)
class RestoreBackupParams(TargetParams):
    """Params of restore_volume_backup."""


@params_of(VerifyBackup)
class VerifyBackupParams(TargetParams):
    """Params of verify_volume_backup."""


@params_of(ProbeVolumeIo)
class ProbeVolumeIoParams(TargetParams):
    """Params of probe_volume_io."""


@params_of(BenchmarkStorageClass)
class BenchmarkStorageClassParams(TargetParams):
    """Params of benchmark_storage_class."""


class BackupFreshnessParams(TargetParams):
    """Params of volume_backup_freshness: everything stands in the settings."""


@params_of(CreateBackups)
class CreateBackupsParams(TargetParams):
    """Params of create_volume_backups."""


@params_of(PruneBackups)
class PruneBackupsParams(TargetParams):
    """Params of prune_volume_backups."""


class BackupScheduleParams(TargetParams):
    """Params of volume_backup_schedule: everything stands in the settings."""


class SnapshotScheduleParams(TargetParams):
    """Params of pvc_snapshot_schedule: everything stands in the settings."""


class DoctorParams(TargetParams):
    """Params of robusta_volumes_doctor: it looks at everything."""
