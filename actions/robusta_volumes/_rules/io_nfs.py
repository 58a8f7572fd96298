"""NFS: requests that are lost, servers that are slow, clients that have no slot left."""

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import VolumeIo
from robusta_volumes._model.io_words import iops, share, took
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.io_rule import io_rule
from robusta_volumes._rules.io_seen import below, expected, is_high, reaches, started
from robusta_volumes._rules.rule import Fix, Hit


def _server(claim: Claim, see: Inventory) -> str:
    volume = see.volume_of(claim)
    return f" Data: {code(volume.backend)}." if volume and volume.backend else ""


@io_rule(
    "PERF-29",
    Severity.MEDIUM,
    "NFS requests get lost and are sent again",
    fix="Look at the network between node and server: MTU, loss, load of the server.",
    only=("retransmitted", "timeouts"),
)
def repeated(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """Each repeated request has waited for its timeout first: a little loss makes a file server very slow (NFS_RETRANS)."""
    again, gone = io.stat("retransmitted").p95, io.stat("timeouts")
    timed_out = bool(gone.peak)
    if not timed_out and not (again is not None and again * 100 > limits.io_repeated_percent):
        return None
    bad = timed_out or (again is not None and again * 100 > limits.io_repeated_most_percent)
    lost = (
        f", and some ran into a major timeout (last {io.episode('timeouts').last:%d %b %H:%M} UTC)"
        if (timed_out and io.episode("timeouts").last)
        else ", and some ran into a major timeout"
        if timed_out
        else ""
    )
    return Hit(
        f"sends {share(again)} of its NFS requests again{lost and ', and some time out'}",
        f"Repeated at p95: {share(again)}{lost}. Server and network take {took(io.stat('server_latency').p95)} "
        f"(p95).{_server(claim, see)}",
        (
            Fix("look for loss between node and server: MTU of all hops, errors of the interfaces, firewall"),
            Fix("look at the load of the server; mount with nconnect=4 and NFS 4.1 or later"),
        ),
        started(io.episode("timeouts")),
        severity=Severity.CRITICAL if bad else None,
    )


@io_rule(
    "PERF-30",
    Severity.MEDIUM,
    "NFS server answers late",
    fix="Look at the server: its disks, its CPU, its number of threads.",
    only=("server_latency",),
)
def slow_server(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """No request gets lost, so the time goes by in the server or on its disks (NFS_SERVER_SLOW)."""
    again = io.stat("retransmitted").p95
    if not is_high(io, limits, "server_latency"):
        return None
    if again is not None and not below(again, limits.io_repeated_percent):
        return None
    return Hit(
        f"waits {took(io.stat('server_latency').p95)} for its NFS server",
        f"p95 from request to answer (high from {took(expected(io, limits)[0])}), {share(again)} repeated, "
        f"{iops(io.stat('requests').p95 or io.stat('iops').p95)}.{_server(claim, see)}",
        (Fix("look at the server: disks, CPU, number of its threads (nfsd), other clients"),),
        started(io.episode("slow")),
    )


@io_rule(
    "PERF-31",
    Severity.MEDIUM,
    "NFS requests wait in the client for a slot",
    fix="Mount with more connections (nconnect), or more slots.",
    only=("client_wait",),
)
def no_slot(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """A client sends only so many requests at once. The others wait on the node, and the server looks fast (NFS_CLIENT_SLOTS)."""
    waits, server = io.stat("client_wait").p95, io.stat("server_latency").p95
    if waits is None or server is None or waits <= server:
        return None
    if waits + server < expected(io, limits)[0]:
        return None
    return Hit(
        f"lets its NFS requests wait {took(waits)} before they are sent",
        f"p95; the server then takes {took(server)}.{_server(claim, see)}",
        (Fix("add nconnect=8 to the mountOptions of its class or volume; a pod must mount it anew"),),
        started(io.episode("slow")),
    )


@io_rule(
    "PERF-32",
    Severity.INFO,
    "NFS requests ask for names, not for data",
    advice=True,
    fix="Cache attributes longer, or keep many small files on a disk of the node.",
    only=("meta",),
)
def only_names(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """Many small files cost a request each before a byte is read, and no faster disk shortens the way (NFS_META)."""
    part = io.stat("meta").mean
    if not reaches(part, limits.io_meta_percent):
        return None
    return Hit(
        f"asks its NFS server for names and attributes in {share(part)} of the requests",
        f"{iops(io.stat('requests').mean)} in the mean, all requests.{_server(claim, see)}",
        (Fix("mount with actimeo=60 where files seldom change, use fewer small files, or a block volume for one pod"),),
    )


RULES = (repeated, slow_server, no_slot, only_names)
