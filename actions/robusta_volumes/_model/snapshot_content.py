"""The cluster's side of a snapshot: what stays when the VolumeSnapshot goes."""

from dataclasses import dataclass

from robusta_volumes._model.volume import Meta


@dataclass(frozen=True, slots=True)  # a cluster has hundreds of thousands of them
class SnapshotContent:
    """A VolumeSnapshotContent."""

    meta: Meta
    driver: str
    policy: str  # Delete | Retain: what becomes of the backend's snapshot
    snapshot: tuple[str, str]  # (namespace, name) of the VolumeSnapshot that it belongs to
    snapshot_uid: str
    size: int | None
    handle: str = ""  # the backend's name of it
    cut: int | None = None  # when the data was fixed, in nanoseconds since 1970, as the API has it here
