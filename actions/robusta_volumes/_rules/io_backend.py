"""What the storage below does to a volume: replicas, disks that time out, operations that hang."""

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import VolumeIo
from robusta_volumes._model.io_words import number, share, took
from robusta_volumes._model.kind import METRICS, POD, STORAGE_CLASS, VOLUME
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, quoted
from robusta_volumes._model.use_words import full_on, percent
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.io_rule import io_rule
from robusta_volumes._rules.io_seen import first_up, is_high, reaches, took_words
from robusta_volumes._rules.rule import Fix, Hit
from robusta_volumes._rules.usage_facts import at_least, left, measured, state, volume_size
from robusta_volumes._rules.usage_fixes import grow_fixes

_MILLI = 1000
_LONGHORN = "driver.longhorn.io"


@io_rule(
    "PERF-33",
    Severity.MEDIUM,
    "Volume is rebuilt, or lacks a replica",
    fix="Wait until the rebuild is done, or slow it down; see why the replica went.",
    only=("degraded",),
)
def degraded(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """A rebuild reads a whole replica and writes another one: it takes disk and network from the volume (REPLICA_DEGRADED)."""
    one = io.episode("degraded")
    if not one.share:
        return None
    volume = see.volume_of(claim)
    now = "lacks a replica, or rebuilds one" if one.since else "lacked a replica, or was rebuilt, in between"
    longhorn = volume is not None and volume.driver == _LONGHORN
    command = (
        f"kubectl -n longhorn-system get volumes.longhorn.io {quoted(volume.handle)}" if volume and longhorn else ""
    )
    return Hit(
        now,
        f"In {share(one.share)} of the samples; {took_words(io, limits)}.",
        (
            Fix("wait until it is done; allow fewer rebuilds at once where they hurt", command),
            Fix("see why the replica went: its node, its disk"),
        ),
        one.since,
    )


@io_rule(
    "PERF-34",
    Severity.CRITICAL,
    "Replicas are about to be given up for slowness",
    needs=(VOLUME,),
    fix="Put the replicas on SSD, or fewer of them on each disk.",
)
def replica_timeout(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """Longhorn marks a replica as failed after eight seconds: the rebuild then makes the others slower (LH_TIMEOUT_RISK).

    A slow disk below a volume that is not late itself is medium: other replicas' work may hide it for a while.
    """
    volume = see.volume_of(claim)
    if volume is None or volume.driver != _LONGHORN:
        return None
    peak, below = io.stat("latency").peak, io.stat("backing_write_latency").p95
    late = peak is not None and peak * _MILLI >= limits.io_replica_timeout_ms
    disk = below is not None and below * _MILLI >= limits.io_backing_ms
    if not late and not disk:
        return None
    said = [
        *([f"a mean of {io.step.total_seconds() / 60:.0f} minutes took {took(peak)}"] if late else []),
        *([f"writes take {took(below)} on the slowest disk below (p95)"] if disk else []),
    ]
    return Hit(
        f"may lose replicas: {said[0]}",
        f"{first_up('; '.join(said))}. Longhorn gives a replica up after eight seconds.",
        (
            Fix(
                "put its replicas on SSD, or fewer replicas on each disk",
                f"kubectl -n longhorn-system get replicas.longhorn.io -l longhornvolume={quoted(volume.handle)}",
            ),
        ),
        severity=None if late or is_high(io, limits) else Severity.MEDIUM,
    )


@io_rule(
    "PERF-35",
    Severity.INFO,
    "Storage system writes far more than it is asked to",
    advice=True,
    fix="Turn off bookkeeping that is not needed (Longhorn: the revision counter).",
    only=("amplification",),
)
def amplified(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Each write of a volume costs one on each replica; what is more is metadata, and takes the disks' time (WRITE_AMPL)."""
    times = io.stat("amplification").mean
    if not reaches(times, limits.io_amplified_percent):
        return None
    return Hit(
        f"lies on disks that write {times or 0:.1f} times what the replicas ask for",
        f"In the mean, of all volumes there, on the node of its replicas where it is worst; {number(io.stat('write_ops').mean)} "
        "writes a second are its own.",
        (Fix("turn the revision counter off (Longhorn: setting disable-revision-counter, for new volumes)"),),
    )


@io_rule(
    "PERF-36",
    Severity.MEDIUM,
    "Backend reports operations that hang",
    fix="Look at the backend's own alerts, and ask its support.",
    only=("long_ios",),
)
def hangs(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """The storage itself counted operations that took too long: means hide them, applications do not (LONG_IO)."""
    one = io.episode("long_ios")
    if not one.share:
        return None
    volume = see.volume_of(claim)
    return Hit(
        "has operations that its backend calls too long",
        f"In {share(one.share)} of the samples, up to {number(io.stat('long_ios').peak)} a second; {took_words(io, limits)}.",
        (
            Fix(
                f"look for volume {code(volume.handle or claim.volume_name) if volume else ''} in the backend's alerts and logs"
            ),
        ),
        one.since,
    )


@io_rule(
    "PERF-37",
    Severity.CRITICAL,
    "Filesystem has become read-only",
    needs=(VOLUME, POD),
    fix="Look at the errors, save the data, check the filesystem; then mount it anew.",
)
def read_only(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The kernel stops writes when it meets errors. Reads go on, so applications seem to run (READONLY_FS)."""
    one = io.episode("read_only")
    if one.since is None and "ro" not in io.mounts:
        return None
    volume = see.volume_of(claim)
    wanted = any("Write" in mode for mode in claim.modes_granted or claim.modes_asked)
    mounted = wanted and "ro" in io.mounts and not (volume and "ro" in volume.mount_options)
    if one.since is None and not mounted:
        return None
    how = "its mount has the option ro" if mounted and one.since is None else "its storage system says so"
    return Hit(
        "has a filesystem that takes no writes",
        f"It may be written by its access modes, and {how}.",
        (
            Fix("look for errors of the disk before anything else", _describe(claim)),
            Fix("make sure that a good backup exists, then check the filesystem (fsck) while no pod uses it"),
        ),
        one.since,
    )


def _describe(claim: Claim) -> str:
    return f"kubectl -n {quoted(claim.meta.namespace)} describe pvc {quoted(claim.meta.name)}"


@io_rule(
    "PERF-38",
    Severity.MEDIUM,
    "Filesystem is so full that it is slow, or will be",
    needs=(METRICS, VOLUME, STORAGE_CLASS),
    measured=False,
    fix="Grow the claim, or free space.",
)
def too_full(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """A filesystem without room looks long for each block, and writes fail at the end. The same for inodes (FS_FULL)."""
    use = measured(claim, see)
    if use is None or use.use is None:
        return None
    fullest = max((share for share in (use.use.share, use.use.inode_share) if share is not None), default=None)
    full = at_least(fullest, limits.no_room_percent)
    days = [d for d in (use.full_in, use.inodes_full_in) if d is not None]
    soon = at_least(fullest, limits.full_percent) and bool(days) and min(days) <= limits.fills_soon_days
    if not full and not soon:
        return None
    when = f", full {full_on(use, see.now)}" if soon and use.full_in is not None else ""
    inodes = f" Inodes: {percent(use.use.inode_share)}." if use.use.inode_share is not None else ""
    return Hit(
        f"has a filesystem that is {percent(fullest)} full{when}",
        f"{first_up(left(use))}: {state(use, see)}{inodes}",
        grow_fixes(claim, use, see, limits),
        size=volume_size(claim, see),
        severity=Severity.CRITICAL if full else None,
    )


RULES = (degraded, replica_timeout, amplified, hangs, read_only, too_full)
