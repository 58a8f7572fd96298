"""Whose I/O is asked for, and the names of what may answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from robusta_volumes._model.io_series import IoWindow
from robusta_volumes._model.times import UTC
from robusta_volumes._model.usage import Key

EBS, CEPH, LONGHORN, MAYASTOR, PORTWORX = "ebs", "ceph", "longhorn", "mayastor", "portworx"
DISKSTATS, NFS, CADVISOR, PSI = "diskstats", "nfs", "cadvisor", "psi"
OPERATIONS, DEVICES = "operations", "devices"  # not series: how long calls to drivers take, and which device is what

SOURCES: Mapping[str, str] = {  # best first, as people know them
    EBS: "EBS CSI driver",
    CEPH: "Ceph manager",
    LONGHORN: "Longhorn manager",
    MAYASTOR: "Mayastor exporter",
    PORTWORX: "Portworx",
    DISKSTATS: "node_exporter, disks",
    NFS: "node_exporter, NFS mounts",
    CADVISOR: "cAdvisor, per pod",
    PSI: "pressure, per pod",
    OPERATIONS: "calls to CSI drivers",
    DEVICES: "which device is what",
}


@dataclass(frozen=True)
class IoScope:
    """What is asked for: everything, or what one of the names below selects. An empty field selects nothing of its kind.

    Of everything, ``pods`` still says whose rows are kept of what is measured by the pod; none named: all. Where storage itself
    speaks for all ``volumes`` that are named, nodes and pods are not asked what they do on disks.
    """

    everything: bool = True
    handles: tuple[str, ...] = ()  # of volumes, as their driver names them
    volumes: tuple[str, ...] = ()  # PersistentVolumes
    images: tuple[str, ...] = ()  # of Ceph
    addresses: tuple[str, ...] = ()  # of nodes
    nodes: tuple[str, ...] = ()
    pods: tuple[Key, ...] = ()
    drivers: tuple[str, ...] = ()
    again: bool = False  # a second look, in finer steps: neither the week before nor counters that started again


EVERYTHING = IoScope()

_FINE, _COARSE = timedelta(minutes=5), timedelta(minutes=15)


def window(now: datetime, hours: int, *, coarse: bool = False) -> IoWindow:
    """Give the steps of the last hours; ``coarse`` ones of a quarter of an hour, for a whole cluster.

    The last ends at a full five minutes: the same question within them is answered from a cache.
    """
    step, fine = _COARSE if coarse else _FINE, _FINE.total_seconds()
    end = datetime.fromtimestamp(now.timestamp() // fine * fine, UTC)
    return IoWindow(end, step, int(timedelta(hours=hours) / step), step)
