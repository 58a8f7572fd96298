"""Velero's list of the volumes in a backup, as it lies in the bucket: gzip, JSON, one entry per volume. Pure."""

import json
import zlib
from collections.abc import Mapping
from typing import Any

from robusta_volumes._cluster.fields import at, block
from robusta_volumes._model.quantity import MIB, number_of
from robusta_volumes._model.text import plain
from robusta_volumes._model.times import parse_time
from robusta_volumes._model.volume_infos import VolumeInfo

_MAGIC, _GZIP = b"\x1f\x8b", 31  # 31: zlib is to expect the head of gzip
_TEXT = 200  # characters of a reason that are kept


def read_volume_infos(body: bytes, most: int) -> tuple[VolumeInfo, ...]:
    """Read the list; what is not known in it is passed over. ``most``: bytes that it may have when it is unpacked.

    Raises ValueError: when it is no such list, with the reason for people.
    """
    try:
        found = json.loads(_unpacked(body, most))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise ValueError("it is no JSON") from None
    entries = found.get("volumeInfos") if isinstance(found, dict) else found
    if entries is None and found is None:
        return ()  # Go writes an empty list so
    if not isinstance(entries, list):
        raise ValueError("it is no list of volumes")  # noqa: TRY004 (the caller has one error to catch)
    return tuple(_info(entry) for entry in entries if isinstance(entry, dict))


def _unpacked(body: bytes, most: int) -> bytes:
    if not body.startswith(_MAGIC):  # a proxy on the way may have unpacked it
        return body
    unpack = zlib.decompressobj(_GZIP)
    try:
        text = unpack.decompress(body, most + 1)
    except zlib.error:
        raise ValueError("it is damaged: it cannot be unpacked") from None
    if len(text) > most:
        raise ValueError(f"it is larger than {most // MIB} MiB when it is unpacked")
    if not unpack.eof:
        raise ValueError("it is damaged: its end is missing")
    return text


def _info(entry: Mapping[str, Any]) -> VolumeInfo:
    method, snapshot = entry.get("backupMethod"), block(entry, "csiSnapshotInfo") or block(entry, "nativeSnapshotInfo")
    return VolumeInfo(
        str(entry.get("pvcNamespace") or ""),
        str(entry.get("pvcName") or ""),
        str(entry.get("pvName") or ""),
        method == "PodVolumeBackup" or entry.get("snapshotDataMoved") is True,
        entry.get("skipped") is True,
        str(entry.get("result") or "").lower(),
        plain(entry.get("skippedReason") or "", _TEXT),
        parse_time(entry.get("startTimestamp")),
        number_of(at(entry, "csiSnapshotInfo", "size")) or None,
        bool(snapshot.get("snapshotHandle")),
    )
