"""Ask Velero for its lists of the volumes in backups: a DownloadRequest in its namespace, and a file from where backups lie.

It is asked by the tick alone, and where ``readVolumeInfos: true`` says so: a report only reads. A list never changes once its
backup is over, so each is read once in the life of a runner.
"""

import time
import uuid
from collections.abc import Callable, Iterable

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.read_volume_infos import read_volume_infos
from robusta_volumes._engines.velero_download import answer, infos_request
from robusta_volumes._model.backup import Backup, BackupsSeen
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.errors import ClusterError, Invalid, NotAllowed, NotFound, Refused, Unavailable
from robusta_volumes._model.inventory import Unseen
from robusta_volumes._model.kind import VELERO_DOWNLOAD
from robusta_volumes._model.plan import Create, Delete
from robusta_volumes._model.quantity import MIB
from robusta_volumes._model.rights import account_in, role_command
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume_infos import VolumeInfo
from robusta_volumes._workflows.volume_backups_infos import Memory

ALLOW = "backup-lists"  # the word that allows to ask for them
_PAUSE = 0.5  # seconds between two looks whether Velero has answered
_WHY = "asks Velero where the list of a backup's volumes lies"
_OLD = "it has none: Velero before 1.13 writes none"


def ask_velero(
    cluster: Cluster,
    settings: VolumeBackupManagement,
    seen: BackupsSeen,
    wanted: Iterable[Backup],
    memory: Memory,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Read the lists of ``wanted`` that are not remembered yet, at most so many, and remember them, or why that failed."""
    unread = [backup for backup in wanted if backup.uid not in memory.lists]
    memory.failed, memory.unseen = {}, {}
    asking = _Asking(cluster, settings, seen, memory, sleep)
    for number, backup in enumerate(unread):
        if number >= settings.limits.volume_info_backups and not asking.over:
            break
        asking.one(backup)


class _Asking:
    """The requests of one look. ``over``: why no further one is made."""

    def __init__(
        self,
        cluster: Cluster,
        settings: VolumeBackupManagement,
        seen: BackupsSeen,
        memory: Memory,
        sleep: Callable[[float], None],
    ) -> None:
        self.cluster, self.memory, self.sleep = cluster, memory, sleep
        self.most = settings.limits.volume_info_mib * MIB
        self.seconds = settings.limits.volume_info_seconds
        self.authorities = {(one.namespace, one.name): one.authority for one in seen.locations}
        self.over = ""

    def one(self, backup: Backup) -> None:
        """Read the list of one backup, or note why it could not be read."""
        if self.over:
            self.memory.failed[backup.uid] = self.over
            return
        try:
            self.memory.lists[backup.uid] = self._infos(backup)
        except NotAllowed as error:  # then the others may not be asked for, either
            self.over = "the runner may not ask Velero for its list of volumes (downloadrequests)"
            self.memory.unseen[VELERO_DOWNLOAD.resource] = _unseen(backup, error)
            self.memory.failed[backup.uid] = self.over
        except ClusterError as error:
            self.memory.failed[backup.uid] = f"its list of volumes cannot be read: {plain(error, 200)}"
            if isinstance(error, Unavailable):  # nor is there time to wait for the others
                self.over = self.memory.failed[backup.uid]

    def _infos(self, backup: Backup) -> tuple[VolumeInfo, ...]:
        """Ask, wait, fetch and read; the request is taken back in all cases, by Velero itself where we may not."""
        (made,) = self.cluster.carry_out([Create(infos_request(backup, uuid.uuid4().hex), _WHY)])
        if made.answer is None:
            raise made.error or Unavailable("Velero could not be asked")
        name, uid = str(made.answer["metadata"]["name"]), str(made.answer["metadata"].get("uid") or "")
        try:
            body = self._fetched(backup, self._signed(name, backup.namespace))
        finally:
            self.cluster.carry_out([Delete(VELERO_DOWNLOAD, name, backup.namespace, "its answer was read", uid)])
        try:
            return read_volume_infos(body, self.most)
        except ValueError as error:
            raise Invalid(str(error)) from None

    def _signed(self, name: str, namespace: str) -> str:
        """Wait for the signed address. Raises ClusterError: when Velero refuses, or is silent for too long."""
        left = float(self.seconds)
        while True:
            url, refused = answer(self.cluster.get(VELERO_DOWNLOAD, name, namespace))
            if url:
                return url
            if refused:
                raise Refused(plain(refused, 200))
            if left <= 0:
                raise Unavailable(f"Velero has not answered for {self.seconds} s")
            self.sleep(min(_PAUSE, left))
            left -= _PAUSE

    def _fetched(self, backup: Backup, url: str) -> bytes:
        authority = self.authorities.get((backup.namespace, backup.location), "")
        try:
            return self.cluster.download(url, self.most, authority, self.seconds)
        except NotFound:
            raise NotFound(_OLD) from None


def _unseen(backup: Backup, error: NotAllowed) -> Unseen:
    home, account = account_in(error.message)
    command = role_command([backup.namespace], [ALLOW], account, home)
    why = f"the runner may not ask for files of backups in namespace {plain(backup.namespace)}"
    return Unseen(VELERO_DOWNLOAD, why, f"Allow it in namespace {backup.namespace} alone, by a Role:\n{command}")
