"""What is known of a volume's speed without any metric: mount options, the disk below, and what cannot be measured."""

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import VolumeIo
from robusta_volumes._model.io_series import Operation
from robusta_volumes._model.io_words import iops, number, share
from robusta_volumes._model.kind import CLAIM, IO, IO_METRICS, VOLUME
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, count, listing, plain, quoted
from robusta_volumes._model.times import stamp
from robusta_volumes._model.volume import Claim, StorageClass
from robusta_volumes._rules.class_facts import driver_of
from robusta_volumes._rules.io_fixes import look
from robusta_volumes._rules.io_rule import io_rule
from robusta_volumes._rules.io_seen import idle
from robusta_volumes._rules.rule import Fix, Hit, rule
from robusta_volumes._rules.usage_shared import is_thin

_SLOW = {
    "sync": "each write waits for the media",
    "dirsync": "each change of a folder waits for the media",
    "strictatime": "each read of a file writes its time",
    "atime": "each read of a file may write its time",
}
_RISKY = {"barrier=0", "nobarrier"}


@io_rule(
    "PERF-39",
    Severity.INFO,
    "Mount options make the volume slow, or risk its data",
    advice=True,
    needs=(VOLUME,),
    measured=False,
    fix="Take the option out of the storage class, for new volumes, and out of the volume.",
)
def mount_options(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """One word in a class decides how each write ends: with sync a disk does a tenth of what it could (MOUNT_OPTS)."""
    volume = see.volume_of(claim)
    own = volume.mount_options if volume else ()
    if not io.mounts and not own:
        return None
    options = dict.fromkeys([*io.mounts, *own])
    slow, risky = [o for o in options if o in _SLOW], [o for o in options if o in _RISKY]
    if not slow and not risky:
        return None
    why = [*(f"{o}: {_SLOW[o]}" for o in slow), *(f"{o}: a power cut may cost what was written last" for o in risky)]
    name = quoted(claim.volume_name)
    return Hit(
        f"is mounted with {listing([*slow, *risky], 3)}",
        f"{'; '.join(why)}.",
        (
            Fix(
                "take it out of mountOptions of the volume; pods must mount it anew, and new volumes take those of their class",
                f"kubectl edit pv {name}",
            ),
        ),
    )


@io_rule(
    "PERF-40",
    Severity.INFO,
    "Volume lies on a disk of its node",
    advice=True,
    needs=(VOLUME,),
    measured=False,
    fix="Give what must be fast a disk of its own.",
)
def on_node_disk(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Images, logs and other pods use the same disk: figures include theirs, and their work slows this down (SHARED_ROOT)."""
    volume = see.volume_of(claim)
    if volume is None:
        return None
    folder = volume.source == "hostPath" or "local-path" in f"{volume.maker} {volume.driver}"
    if not folder and not (volume.source == "local" and io.mapped.confidence == "shared"):
        return None
    return Hit(
        f"is a folder on a disk of its node ({plain(volume.backend, 100)})",
        "What is measured there includes the work of others on the node.",
        (Fix("give it a disk of its own: a local volume on a mounted disk, or a class of network disks"),),
    )


@rule(
    "PERF-41",
    Severity.INFO,
    "Thin volumes are never told what was deleted",
    on="StorageClass",
    advice=True,
    of_cluster=True,
    needs=(IO, CLAIM, VOLUME),
    fix="Mount with discard, or run fstrim from time to time (Longhorn: recurring job filesystem-trim).",
)
def no_discard(one: StorageClass, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """What a filesystem deleted stays allocated in a thin pool: it fills, and snapshots and rebuilds copy it (MOUNT_OPTS)."""
    claims = see.by_class.claims.get(one.meta.name, ())
    volumes = [v for c in claims if (v := see.volume_of(c)) and v.volume_mode != "Block"]
    without = [v for v in volumes if "discard" not in v.mount_options]
    if not is_thin(one) or not without:
        return None
    return Hit(
        f"gives thin volumes, {count(len(without), 'one')} of them mounted without discard",
        f"Claims: {listing([c.meta.title for c in claims], 3)}. A job that runs fstrim would do as well; it is not seen here.",
        (Fix("add discard to the class's mountOptions for new volumes, or run fstrim regularly"),),
        claims=tuple(c.meta.key for c in claims),
    )


@rule(
    "PERF-42",
    Severity.MEDIUM,
    "Storage driver is slow to attach, mount or make volumes",
    on="StorageClass",
    needs=(IO_METRICS, CLAIM),
    fix="Look for API throttling, and for the owner of every file being changed at mount.",
)
def slow_driver(one: StorageClass, see: Inventory, limits: Limits) -> Hit | None:
    """Pods start late: this is no slow I/O, and a faster disk changes nothing (CSI_SLOW)."""
    names = {driver_of(one), one.provisioner} - {""}
    here = [
        o for o in see.operations if o.driver.rpartition(":")[2] in names
    ]  # the kubelet writes kubernetes.io/csi:NAME
    slow = [o for o in here if _too_slow(o, limits)]
    failing = [o for o in here if o.failed is not None and o.failed * 100 > limits.io_operations_failed_percent]
    if not slow and not failing:
        return None
    says = [f"{plain(o.method, 60)} takes {number(o.p95)} s" for o in slow]
    says += [f"{share(o.failed)} of {plain(o.method, 60)} fail" for o in failing]
    claims = see.by_class.claims.get(one.meta.name, ())
    return Hit(
        f"has a driver that is slow or fails: {says[0]}",
        f"{'; '.join(says)} (p95, driver {plain(one.provisioner, 80)}).",
        (
            Fix(
                "where mounting is slow, set fsGroupChangePolicy: OnRootMismatch in the pods; where attaching is, look for "
                "throttling by the provider in the driver's log",
                "kubectl get events --all-namespaces --field-selector type=Warning",
            ),
        ),
        claims=tuple(c.meta.key for c in claims),
    )


def _too_slow(o: Operation, limits: Limits) -> bool:
    if o.p95 is None:
        return False
    most = {
        **dict.fromkeys(("nodestagevolume", "nodepublishvolume", "volume_mount"), limits.io_mount_seconds),
        **dict.fromkeys(("controllerpublishvolume", "volume_attach"), limits.io_attach_seconds),
        **dict.fromkeys(("createvolume", "provision", "volume_provision"), limits.io_provision_seconds),
    }
    return o.p95 > most.get(o.method.rpartition("/")[2].lower(), o.p95)


@io_rule(
    "PERF-43",
    Severity.INFO,
    "Nothing that is measured can be told to be this volume's",
    advice=True,
    measured=False,
    needs=(IO_METRICS,),
    fix="Switch on what the report names; or look at the volume live with probe_volume_io.",
)
def not_mapped(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:
    """Metrics name devices, claims name volumes. Without what joins them nothing is known, which is not the same as well.

    Known as MAPPING_NONE, NO_DATA.
    """
    if io.samples >= limits.io_samples or not (io.mapped.how or io.mapped.source):
        return None
    remedy = (Fix(plain(io.mapped.remedy, 300)),) if io.mapped.remedy else ()
    if io.mapped.confidence == "none":
        says, why = (
            "cannot be judged: no metric is known to be its own",
            plain(io.mapped.how, 300) or "No source names it",
        )
    else:
        since = f", since it was attached {stamp(io.mapped.since, see.now)}" if io.mapped.since else ""
        says = f"cannot be judged yet: {count(io.samples, 'sample')} of {limits.io_samples}"
        why = f"{plain(io.mapped.source, 60)} has measured it that often{since}"
    return Hit(says, f"{why}.", (*remedy, look(claim)))


@io_rule(
    "PERF-44",
    Severity.INFO,
    "Volume is idle",
    advice=True,
    fix="Nothing, when that is meant: how fast it would be is not known.",
)
def is_idle(claim: Claim, io: VolumeIo, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Who does nothing cannot be slow, and is not proven to be fast (IDLE)."""
    if not idle(io, limits):
        return None
    done = io.stat("iops").p95 if io.stat("iops").p95 is not None else io.stat("requests").p95
    return Hit(
        "is idle",
        f"p95 {iops(done)}, {code(io.mapped.source or 'unknown')} over {count(io.samples, 'sample')}.",
        (Fix("nothing, when that is meant; to know what it could do run action benchmark_storage_class on its class"),),
    )


RULES = (
    mount_options,
    on_node_disk,
    no_discard,
    slow_driver,
    not_mapped,
    is_idle,
)
