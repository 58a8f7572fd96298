"""What Velero itself wrote down of each volume in a backup: the list beside the backup's data, ``<backup>-volumeinfo.json.gz``.

https://github.com/velero-io/velero/blob/main/internal/volume/volumes_information.go (since Velero 1.13)
"""

from datetime import datetime
from typing import NamedTuple


class VolumeInfo(NamedTuple):
    """One volume of a backup. Texts are foreign, and harmless already."""

    namespace: str
    claim: str
    volume: str  # name of the PersistentVolume; "": it is not said
    elsewhere: bool = False  # its data was moved, or read file by file: objects in the cluster tell of that
    skipped: bool = False
    result: str = ""  # succeeded | failed; "": Velero before 1.15 writes none
    why: str = ""
    cut_at: datetime | None = None
    size: int | None = None  # bytes
    made: bool = False  # the storage gave the snapshot a handle
