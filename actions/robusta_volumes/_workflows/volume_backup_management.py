"""Report on backups: of the cluster, a namespace, a selection, or the history of one claim."""

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.gather import gather
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.target import Target
from robusta_volumes._model.text import count
from robusta_volumes._report.page import Page, Subject, Text

_TOOLS = {"Velero": k.VELERO_BACKUP, "K8up": k.K8UP_BACKUP, "VolSync": k.VOLSYNC_SOURCE}


def volume_backup_management(
    cluster: Cluster,
    target: Target,
    settings: VolumeBackupManagement,
    home: str = "",  # noqa: ARG001 (the namespace that a schedule leaves out)
) -> Page:
    """Report which backup tools there are.

    Raises ClusterError: when the cluster does not answer.
    """
    see = gather(cluster, namespace=target.namespace or None, kinds=(k.CLAIM,), fallback=settings.read_namespaces)
    lines = []
    for tool, kind in _TOOLS.items():
        try:
            lines.append(f"{tool}: {count(len(cluster.find(kind)), 'object')}")
        except ClusterError as error:
            lines.append(f"{tool}: {error}")
    return Page(
        title=f"Backups: {count(len(see.claims), 'claim')}",
        severity=Severity.INFO,
        subject=Subject("Cluster", cluster.name or "cluster"),
        blocks=(Text("\n".join(lines)),),
        key="VolumeBackupsReport",
        causes=("report",),
        failure=False,
        noteworthy=False,
    )
