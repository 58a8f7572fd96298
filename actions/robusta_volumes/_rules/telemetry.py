"""What cannot be known or held of a volume, by its kind: its use, its size. Said once for all volumes of a kind."""

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, POD, STORAGE_CLASS
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, count, listing, plain
from robusta_volumes._model.times import ago
from robusta_volumes._model.use_words import percent
from robusta_volumes._model.volume import Volume
from robusta_volumes._rules.rule import Fix, Hit, rule

# Provisioners and drivers that make a folder in something larger, and nothing that holds it to its size.
_FOLDERS = (
    "rancher.io/local-path",
    "nfs-subdir-external-provisioner",
    "nfs-client-provisioner",
    "microk8s.io/hostpath",
    "minikube-hostpath",
    "docker.io/hostpath",
    "hostpath.csi.k8s.io",
    "nfs.csi.k8s.io",
    "smb.csi.k8s.io",
    "efs.csi.aws.com",
)
_SILENT_DRIVERS = {
    "s3.csi.aws.com": "driver s3.csi.aws.com reports no usage",
    "efs.csi.aws.com": "driver efs.csi.aws.com reports no usage unless it is started with --vol-metrics-opt-in=true",
}


_OWN = 1.1  # times its size: a larger filesystem is not the volume's own, and neither is what is used of it
UNREPORTED = "reported by nobody"  # why it is not known how full a claim is, though a pod mounts it


def size_is_a_wish(volume: Volume) -> str:
    """Say why a volume can grow beyond its size; "" when something holds it."""
    if volume.volume_mode == "Block":
        return ""
    if volume.source == "hostPath":
        return "a hostPath volume is a folder on its node's disk"
    if volume.maker.endswith(_FOLDERS) or volume.driver.endswith(_FOLDERS):
        return f"provisioner {plain(volume.maker or volume.driver, 80)} makes folders in a larger filesystem"
    return "an NFS volume is a folder of its server's filesystem" if volume.source == "nfs" else ""


def usage_is_unknown(volume: Volume) -> str:
    """Say why Kubernetes cannot know how full a volume is; "" when it can."""
    if volume.volume_mode == "Block":
        return "a block volume has no filesystem that could be asked"
    if volume.source == "hostPath":
        return "the kubelet measures no hostPath volume"
    return _SILENT_DRIVERS.get(volume.driver, "")


def silence(volume: Volume) -> str:
    """Say the same in few words, for a list: "on a hostPath volume"; "" when it can be known."""
    if volume.volume_mode == "Block":
        return "on a block volume"
    if volume.source == "hostPath":
        return "on a hostPath volume"
    return f"of driver {volume.driver}, which reports no usage" if volume.driver in _SILENT_DRIVERS else ""


def _silent(same: tuple[Volume, ...], see: Inventory) -> str:
    """Say why none of these volumes is measured: what is known of their kind, or what metrics showed; "" when one is."""
    known = usage_is_unknown(same[0])
    uses = see.uses
    if not uses:
        return known
    found = [uses[v.claim_ref.key] for v in same if v.claim_ref and v.claim_ref.key in uses]
    if any(use.use is not None for use in found):
        return ""
    others = any(use.use is not None for use in uses.values())
    silent = others and any(use.why_unknown == UNREPORTED for use in found)
    return known or (
        f"no metric tells of volumes of {plain(same[0].driver, 80)}, though others are measured" if silent else ""
    )


def _first_of_kind(volume: Volume, see: Inventory) -> tuple[Volume, ...]:
    """List the bound volumes of the same kind, when this is the first of them."""
    same = see.by_class.alike.get((volume.source, volume.driver, volume.volume_mode, volume.maker), ())
    return same if same and same[0] is volume else ()


def _others(same: tuple[Volume, ...]) -> str:
    return f"and {count(len(same) - 1, 'other')} of {plain(same[0].driver)} have" if len(same) > 1 else "has"


@rule(
    "US-08",
    Severity.INFO,
    "The size of a volume is only a wish",
    on="PersistentVolume",
    advice=True,
    of_cluster=True,
    fix="Watch the disk or server behind them; use a driver with quotas where a limit must hold.",
)
def not_held_to_size(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Whatever its claim asks, it can fill all of the disk behind it, and takes its neighbours along."""
    why, same = size_is_a_wish(volume), _first_of_kind(volume, see)
    if not why or not same:
        return None
    over, full = _beyond(same, see), _fullest(same, see)
    return Hit(
        f"{_others(same)} a size that nothing enforces",
        f"{why[:1].upper()}{why[1:]}: it can hold more than its claim asks, until that is full.{full}{over}",
        (Fix("watch the disk or server behind them; where a limit must hold, use a driver that sets quotas"),),
    )


def _fullest(same: tuple[Volume, ...], see: Inventory) -> str:
    """Say how full what lies behind these volumes is, where metrics tell; of several filesystems the fullest."""
    uses = [u for v in same if v.claim_ref and (u := (see.uses or {}).get(v.claim_ref.key)) and u.use]
    shares = [u.use.share for u in uses if u.use and u.use.share is not None]
    return f" What lies behind is {percent(max(shares))} full." if shares else ""


def _beyond(same: tuple[Volume, ...], see: Inventory) -> str:
    """Say which of these volumes hold more than their claims ask, where their use is their own and known."""
    found = []
    for volume in same:
        use = (see.uses or {}).get(volume.claim_ref.key) if volume.claim_ref else None
        now = use.use if use and not use.shared_with else None
        own = now and now.used and now.capacity and volume.capacity and now.capacity <= volume.capacity * _OWN
        if now and own and volume.capacity and (now.used or 0) > volume.capacity:
            found.append(f"{plain(volume.meta.name, 80)} ({gib(now.used)} of {gib(volume.capacity)})")
    return f" More than asked already: {listing(found, 3)}." if found else ""


@rule(
    "US-14",
    Severity.INFO,
    "Nothing reports how full a volume is",
    on="PersistentVolume",
    advice=True,
    of_cluster=True,
    needs=(POD,),
    fix="Watch the disk or server behind them: alerts about volumes never fire for these.",
)
def no_telemetry(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """An alert that can never fire looks like health: of these volumes a full one is noticed by its application only."""
    same = _first_of_kind(volume, see)
    why = _silent(same, see) if same and volume.volume_mode != "Block" else ""
    if not why:
        return None
    if not any(p.phase == "Running" for v in same if v.claim_ref for p in see.pods_of.get(v.claim_ref.key, ())):
        return None
    return Hit(
        f"{_others(same)} no usage figures",
        f"{why[:1].upper()}{why[1:]}; KubePersistentVolumeFillingUp and the like never fire for it.",
        (Fix("watch the disk or server behind them instead"),),
    )


@rule(
    "US-15",
    Severity.INFO,
    "How full a block volume is, only its application knows",
    on="PersistentVolume",
    advice=True,
    of_cluster=True,
    fix="Ask the application (database, virtual machine) for its own figures, and alert on those.",
)
def block_volume(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The kubelet reports its size and a use of 0: what shows it as empty is wrong."""
    same = _first_of_kind(volume, see)
    if volume.volume_mode != "Block" or not same:
        return None
    return Hit(
        f"{_others(same)} volumeMode Block: Kubernetes cannot know how full",
        "The kubelet reports its size and a use of 0, whatever is on it.",
        (Fix("ask the application (database, virtual machine) for its own figures, and alert on those"),),
    )


@rule(
    "PV-17",
    Severity.LOW,
    "Class of the volume does not exist",
    on="PersistentVolume",
    of_cluster=True,
    needs=(STORAGE_CLASS, CLAIM),
    fix="Create the class again, with the same provisioner.",
)
def class_is_gone(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """It cannot grow, and its driver may lack what it needs to delete it. A volume that people made needs no class."""
    if not volume.class_name or volume.class_name in see.storage_class or volume.meta.deleted:
        return None
    claim = see.claim_of(volume)
    grows = claim and claim.requested and claim.capacity and claim.requested > claim.capacity and claim.phase == "Bound"
    maker = volume.maker or (volume.driver if volume.source == "csi" else "")
    fix = Fix(f"create class {code(volume.class_name)} again" + (f", with provisioner {plain(maker)}" if maker else ""))
    if grows and claim:
        return Hit(
            f"cannot grow: its class {plain(volume.class_name)} does not exist",
            f"Claim {claim.meta.title} asks for more than it has; whether that is allowed stands in the class.",
            (Fix(f"{fix.text}, with allowVolumeExpansion: true"),),
            claim.asked_at,
            claims=(claim.meta.key,),
            size=volume.capacity,
            severity=Severity.HIGH,
        )
    same = see.by_class.made.get(volume.class_name, ())
    if not same or same[0] is not volume:
        return None
    more = f" (and of {count(len(same) - 1, 'other volume')})" if len(same) > 1 else ""
    return Hit(
        f"was made by class {plain(volume.class_name)}, which does not exist",
        f"So it cannot be expanded, and what it costs cannot be told{more}. Made {ago(volume.meta.created, see.now)}.",
        (fix,),
        volume.meta.created,
        size=volume.capacity,
    )


RULES = (not_held_to_size, no_telemetry, block_volume, class_is_gone)
