"""The same counters as in a container, read from what node_exporter and the kubelet's cAdvisor tell at one moment."""

import math
from collections.abc import Mapping

from robusta_volumes._engines.exposition import Metric, metrics
from robusta_volumes._model.io_probe import DISK_FIELDS, Disk, Numbers, Stall
from robusta_volumes._model.io_probe_nodes import NodeTold, PodTold, numbers_in
from robusta_volumes._model.io_series import Device, Mounted

_SECTOR, _MS, _US = 512, 1000, 1_000_000
_LEAST_FIELDS = 11
# Names of node_exporter in the order of /proc/diskstats, and by what to multiply them to have its units.
_DISK: Mapping[str, tuple[int, float]] = {
    "node_disk_reads_completed_total": (0, 1),
    "node_disk_reads_merged_total": (1, 1),
    "node_disk_read_bytes_total": (2, 1 / _SECTOR),
    "node_disk_read_time_seconds_total": (3, _MS),
    "node_disk_writes_completed_total": (4, 1),
    "node_disk_writes_merged_total": (5, 1),
    "node_disk_written_bytes_total": (6, 1 / _SECTOR),
    "node_disk_write_time_seconds_total": (7, _MS),
    "node_disk_io_now": (8, 1),
    "node_disk_io_time_seconds_total": (9, _MS),
    "node_disk_io_time_weighted_seconds_total": (10, _MS),
    "node_disk_discards_completed_total": (11, 1),
    "node_disk_discards_merged_total": (12, 1),
    "node_disk_discarded_sectors_total": (13, 1),
    "node_disk_discard_time_seconds_total": (14, _MS),
    "node_disk_flush_requests_total": (15, 1),
    "node_disk_flush_requests_time_seconds_total": (16, _MS),
}
_INFO, _MAPPER, _FILESYSTEM, _TIME = (
    "node_disk_info",
    "node_disk_device_mapper_info",
    "node_filesystem_size_bytes",
    "node_time_seconds",
)
_WAITING, _STALLED = "node_pressure_io_waiting_seconds_total", "node_pressure_io_stalled_seconds_total"
_NAMES = frozenset({*_DISK, _INFO, _MAPPER, _FILESYSTEM, _TIME, _WAITING, _STALLED})
_OWN: Mapping[str, int] = {
    "container_fs_reads_total": 0,
    "container_fs_writes_total": 1,
    "container_fs_reads_bytes_total": 2,
    "container_fs_writes_bytes_total": 3,
}
_USAGE = "container_blkio_device_usage_total"


def node_told(text: str, instance: str) -> NodeTold | None:
    """Read node_exporter; None when it does not tell of disks."""
    counters: dict[str, dict[int, int]] = {}
    about: dict[str, list[Metric]] = {}
    for metric in metrics(text, _NAMES):
        if metric.name in _DISK:
            place, unit = _DISK[metric.name]
            if math.isfinite(metric.value):
                counters.setdefault(metric.labels.get("device", ""), {})[place] = round(metric.value * unit)
        else:
            about.setdefault(metric.name, []).append(metric)
    disks = {name: disk for name, told in counters.items() if (disk := _disk(name, told))}
    clock = about.get(_TIME)
    if not disks or not clock:
        return None
    return NodeTold(clock[0].value, disks, _devices(about, instance), _mounted(about, instance), _stall(about))


def _disk(name: str, told: Mapping[int, int]) -> Disk | None:
    """Put the counters into the order of diskstats, up to the first that is missing."""
    number = next((place for place in range(DISK_FIELDS) if place not in told), DISK_FIELDS)
    number = next((size for size in (17, 15, _LEAST_FIELDS) if size <= number), 0)
    return Disk(name, tuple(told[place] for place in range(number))) if number else None


def _devices(about: Mapping[str, list[Metric]], instance: str) -> tuple[Device, ...]:
    mapper = {m.labels.get("device", ""): m.labels for m in about.get(_MAPPER, ())}
    found = []
    for one in about.get(_INFO, ()):
        said = one.labels
        name = said.get("device", "")
        found.append(
            Device(
                instance,
                name,
                (said.get("major", ""), said.get("minor", "")),
                said.get("serial", ""),
                said.get("path", ""),
                said.get("wwn", ""),
                said.get("model", ""),
                logical_volume=mapper.get(name, {}).get("lv_name", ""),
                mapper_uuid=mapper.get(name, {}).get("uuid", ""),
            )
        )
    return tuple(found)


def _mounted(about: Mapping[str, list[Metric]], instance: str) -> tuple[Mounted, ...]:
    return tuple(
        Mounted(instance, m.labels.get("mountpoint", ""), m.labels.get("device", ""), m.labels.get("fstype", ""))
        for m in about.get(_FILESYSTEM, ())
    )


def _stall(about: Mapping[str, list[Metric]]) -> Stall | None:
    some, full = about.get(_WAITING), about.get(_STALLED)
    if not some:
        return None
    return Stall(round(some[0].value * _US), round(full[0].value * _US) if full else None)


def pod_told(text: str, namespace: str, pod: str) -> PodTold | None:
    """Read cAdvisor, whose containers are added up; None when it does not tell of the pod's I/O, or not when it measured."""
    did: dict[str, list[int | None]] = {}
    numbers: dict[str, Numbers] = {}
    times = []
    for metric in metrics(text, {*_OWN, _USAGE}, f'pod="{pod}"'):
        said = metric.labels
        if said.get("namespace") != namespace or said.get("pod") != pod or not said.get("container"):
            continue  # a row without a container is the sum of the pod
        name = said.get("device", "")
        if at := numbers_in((said.get("major", ""), said.get("minor", ""))):
            numbers[name] = at
        if metric.at is not None:
            times.append(metric.at)
        if metric.name in _OWN:
            counts = did.setdefault(name, [None, None, None, None])
            place = _OWN[metric.name]
            counts[place] = (counts[place] or 0) + round(metric.value)
    if not times or not (did or numbers):
        return None
    return PodTold(max(times), {name: tuple(counts) for name, counts in did.items()}, numbers)
