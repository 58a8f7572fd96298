"""Who waits, and for whom: tasks that stall, others on the device, and what only looks like storage."""

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import Neighbour, VolumeIo
from robusta_volumes._model.io_words import iops, share
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import plain, quoted
from robusta_volumes._model.times import span
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.binding import users
from robusta_volumes._rules.io_fixes import describe_node, look
from robusta_volumes._rules.io_rule import io_rule
from robusta_volumes._rules.io_seen import below, idle, is_high, lasted, load_words, reaches, started, took_words
from robusta_volumes._rules.rule import Fix, Hit


@io_rule(
    "PERF-14",
    Severity.MEDIUM,
    "Pod waits for I/O",
    fix="See what else this report names; where the volume is idle, look at the container's own disk and its memory.",
    only=("stalled", "badly_stalled"),
)
def stalls(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """Pressure is the proof that people feel it: tasks did nothing but wait. It is of the pod, whatever it waits for.

    Known as PSI_POD.
    """
    some, hard = io.episode("stalled"), io.episode("badly_stalled")
    bad = lasted(hard, limits.io_stall_minutes)
    if not bad and not lasted(some, limits.io_stall_minutes):
        return None
    if not is_high(io, limits) and _for_another(claim, io, see, limits):
        return None
    rest = idle(io, limits)
    culprit = " The volume itself is idle: it waits for its root disk, an emptyDir or memory." if rest else ""
    full = io.stat("pressure_full").p95
    alone = f", all tasks {share(full)}" if full is not None else ""
    return Hit(
        f"has a pod that waits for I/O {share(io.stat('pressure_some').p95)} of the time",
        f"p95 of the time that some task waits{alone}; {span(max(some.longest, hard.longest))} in one piece; "
        f"{load_words(io)}.{culprit}",
        (
            Fix("look at logs, caches and emptyDirs of the pod, and at its memory limit")
            if rest
            else Fix("follow what this report names as the cause; where it names none, look while it happens"),
            look(claim),
        ),
        started(some, hard),
        severity=Severity.CRITICAL if bad else None,
    )


def _for_another(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> bool:
    """Tell whether another claim of the same pods is late: then it is told there."""
    pods = (p for p in users(claim, see) if p.node == io.mapped.node)
    others = {(p.meta.namespace, name) for p in pods for name in p.claims if name != claim.meta.name}
    return any(
        is_high(one, limits)
        for key in others
        for one in (see.io or {}).get(key, ())
        if one.mapped.node == io.mapped.node
    )


@io_rule(
    "PERF-15",
    Severity.INFO,
    "Volume is busy, and nobody waits for it",
    advice=True,
    fix="Nothing.",
    only=("pressure_some",),
)
def busy_and_fine(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Busy only means one operation in flight. Disks do many at once: 100 % is no sign of trouble (PSI_LOW_BUSY_DISK)."""
    busy, waits = io.stat("busy").p95, io.stat("pressure_some").p95
    if not reaches(busy, limits.io_very_busy_percent) or not below(waits, limits.io_no_stall_percent):
        return None
    return Hit(
        f"is busy {share(busy)} of the time, and its pod hardly waits",
        f"Some task waits {share(waits)} of the time (p95); {took_words(io, limits)}.",
        (Fix("nothing: do not buy a faster volume for this"),),
    )


@io_rule(
    "PERF-16",
    Severity.MEDIUM,
    "Node waits for I/O that is not this volume's",
    fix="Find what on the node does the I/O, and move it.",
)
def node_waits(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """When others fill a node's disks, a pod that does little waits with them (NODE_IO_PRESSURE)."""
    if not reaches(io.node_pressure, limits.io_node_stall_percent) or not below(io.own_share, limits.io_own_percent):
        return None
    return Hit(
        f"lies on a node that waits for I/O {share(io.node_pressure)} of the time",
        f"This claim does {share(io.own_share)} of the operations on its device.",
        (Fix("move what does the I/O to another node"), describe_node(io)),
    )


def loudest(claim: Claim, io: VolumeIo) -> Neighbour | None:
    """Give the other pod that does most on the device; pods of the claim itself are no neighbours."""
    others = (n for n in io.neighbours if (n.namespace, n.claim) != claim.meta.key)
    return max(others, key=lambda n: n.share or 0.0, default=None)


@io_rule(
    "PERF-17",
    Severity.MEDIUM,
    "Another pod takes most of the device",
    fix="Give the neighbour, or this claim, a volume of its own, or keep their pods apart.",
)
def neighbour(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """One device serves all that lie on it in turn: the loudest sets the pace for all (NOISY_NEIGHBOUR)."""
    other = loudest(claim, io)
    if other is None or not reaches(other.share, limits.io_neighbour_percent) or not is_high(io, limits):
        return None
    name = plain(f"{other.namespace}/{other.pod}", 140)
    through = f" through claim {plain(other.claim, 80)}" if other.claim else ""
    return Hit(
        f"waits behind pod {name}, which does {share(other.share)} of what is done on its device",
        f"It does {iops(other.ops) if other.ops is not None else share(other.share)} there{through}, this claim "
        f"{share(io.own_share) if io.own_share is not None else 'the rest'}; {took_words(io, limits)}.",
        (
            Fix(
                "give one of the two a volume of its own, or keep them apart (podAntiAffinity)",
                f"kubectl -n {quoted(other.namespace)} get pod {quoted(other.pod)} -o wide",
            ),
            Fix("or limit what the neighbour may do, where the storage can (QoS of Ceph RBD)"),
        ),
        started(io.episode("slow")),
        claims=((other.namespace, other.claim),) if other.claim else (),
    )


@io_rule(
    "PERF-18",
    Severity.INFO,
    "Pod is short of CPU, not of storage",
    advice=True,
    fix="Raise the pod's CPU limit.",
    only=("cpu_throttled",),
)
def short_of_cpu(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """A pod whose CPU is cut short asks its volume for little and seems to wait for it (CPU_STARVED)."""
    cut, busy = io.stat("cpu_throttled").p95, io.stat("busy").p95
    if not reaches(cut, limits.io_cpu_throttled_percent) or not below(busy, limits.io_cpu_busy_percent):
        return None
    return Hit(
        f"is used by a pod whose CPU is cut short in {share(cut)} of its periods",
        f"The device is busy {share(busy)} of the time only (p95).",
        (Fix("raise the CPU limit of the pod, or take it away"),),
    )


@io_rule(
    "PERF-19",
    Severity.INFO,
    "Pod is short of memory, and reads its files again and again",
    advice=True,
    fix="Raise the pod's memory limit.",
    only=("memory_pressure",),
)
def short_of_memory(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Pages that do not fit are thrown away and read anew: it looks like a slow disk (MEM_RECLAIM)."""
    waits, reads = io.stat("memory_pressure").p95, io.stat("read_ops")
    if not reaches(waits, limits.io_memory_percent) or not reads.mean or idle(io, limits):
        return None
    return Hit(
        f"is used by a pod that waits for memory {share(waits)} of the time",
        f"It reads {iops(reads.p95)} at the 95th percentile, and may read the same pages again.",
        (Fix("raise the memory limit of the pod"),),
    )


RULES = (stalls, busy_and_fine, node_waits, neighbour, short_of_cpu, short_of_memory)
