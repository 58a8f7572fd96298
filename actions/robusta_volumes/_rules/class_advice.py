"""Storage classes: which is the default, what they make, who uses them."""

from datetime import datetime, timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, CSI_DRIVER, CSI_NODE, VOLUME
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, count, listing, plain, quoted
from robusta_volumes._model.times import UTC, ago
from robusta_volumes._model.volume import StorageClass
from robusta_volumes._rules.class_facts import USERS, driver_of, has_driver, is_used, pending_of
from robusta_volumes._rules.pending import NO_PROVISIONER
from robusta_volumes._rules.rule import Fix, Hit, rule

_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_EPOCH = datetime.min.replace(tzinfo=UTC)
# Drivers that can grow their volumes; the last part of the name, since Rook puts its namespace before it.
_CAN_GROW = (
    "ebs.csi.aws.com",
    "pd.csi.storage.gke.io",
    "disk.csi.azure.com",
    "file.csi.azure.com",
    "cinder.csi.openstack.org",
    "csi.vsphere.vmware.com",
    "rbd.csi.ceph.com",
    "cephfs.csi.ceph.com",
    "driver.longhorn.io",
    "topolvm.io",
    "dobs.csi.digitalocean.com",
    "csi.hetzner.cloud",
    "linodebs.csi.linode.com",
)
# Provisioners that were parts of Kubernetes and are none any more.
_REMOVED = {
    f"kubernetes.io/{name}" for name in ("flocker", "glusterfs", "photon-pd", "quobyte", "rbd", "scaleio", "storageos")
}
_EBS = "ebs.csi.aws.com"
_OLD_DISKS = {"gp2": "gp3", "io1": "io2", "standard": "gp3"}


def _mark(name: str, key: str, value: str) -> str:
    patch = f'{{"metadata":{{"annotations":{{"{key}":"{value}"}}}}}}'
    return f"kubectl patch storageclass {quoted(name)} -p {quoted(patch)}"


@rule(
    "SC-01",
    Severity.LOW,
    "The cluster has no default storage class",
    on="StorageClass",
    advice=True,
    of_cluster=True,
    needs=(CSI_DRIVER, CSI_NODE, VOLUME),
    fix="Mark one class as the default.",
)
def no_default(one: StorageClass, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Charts and people leave the class out, and such claims wait without a word: what waits already is PVC-03."""
    if any(c.is_default for c in see.classes):
        return None
    able = [c for c in see.classes if has_driver(c, see)]
    used = {c.meta.name: len(see.by_class.volumes.get(c.meta.name, ())) for c in able}
    if not able or one is not min(able, key=lambda c: (-used[c.meta.name], c.meta.name)):
        return None  # said once, of the class that most volumes have
    return Hit(
        "could be the default: the cluster has none",
        f"A claim that names no class stays Pending. Classes here: {listing([c.meta.name for c in able], 6)}; "
        f"{one.meta.name} has {count(used[one.meta.name], 'volume')}.",
        (
            Fix(
                "make it the default; claims that wait for a class then take it", _mark(one.meta.name, _DEFAULT, "true")
            ),
        ),
    )


@rule(
    "SC-02",
    Severity.MEDIUM,
    "Several storage classes are marked as the default",
    on="StorageClass",
    advice=True,
    of_cluster=True,
    fix="Keep the mark on one of them.",
)
def several_defaults(one: StorageClass, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The newest of them wins silently: after the next installation claims get another kind of disk."""
    marked = [c for c in see.classes if c.is_default]
    marked.sort(key=lambda c: c.meta.name)
    marked.sort(key=lambda c: c.meta.created or _EPOCH, reverse=True)  # as the API server chooses
    if len(marked) <= 1 or one is not marked[0]:
        return None
    losers = marked[1:]
    return Hit(
        f"wins over {listing([c.meta.name for c in losers], 3)}: {len(marked)} classes are marked as the default",
        f"The newest one counts (created {ago(one.meta.created, see.now)}); claims without a class get it.",
        tuple(
            Fix(
                f"when {one.meta.name} is right, take the mark from {c.meta.name}",
                _mark(c.meta.name, key, "false"),
            )
            for c in losers[:3]
            for key in sorted(
                k for k, v in c.meta.annotations.items() if k.endswith("is-default-class") and v == "true"
            )
        ),
        one.meta.created,
    )


@rule(
    "SC-05",
    Severity.LOW,
    "Storage class forbids expansion, though its driver can do it",
    on="StorageClass",
    advice=True,
    of_cluster=True,
    needs=(*USERS, CSI_DRIVER, CSI_NODE),
    fix="Set allowVolumeExpansion: true in the class.",
)
def expansion_off(one: StorageClass, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """When a volume of it fills up, nobody can grow it before this is set; setting it changes nothing else."""
    name = driver_of(one)
    if one.expandable or not name or not has_driver(one, see) or not is_used(one, see):
        return None
    others = [c.meta.name for c in see.classes if c.expandable and driver_of(c) == name]
    if not others and not name.endswith(_CAN_GROW):
        return None
    number = len(see.by_class.volumes.get(one.meta.name, ()))
    proof = f"Class {others[0]} of the same driver allows it." if others else f"Driver {plain(name)} can do it."
    return Hit(
        f"forbids expansion, though its driver can do it: {count(number, 'volume')} cannot grow",
        proof,
        (
            Fix(
                "allow it",
                f"""kubectl patch storageclass {quoted(one.meta.name)} -p '{{"allowVolumeExpansion":true}}'""",
            ),
        ),
    )


@rule(
    "SC-06",
    Severity.INFO,
    "Storage class is used by nothing",
    on="StorageClass",
    advice=True,
    of_cluster=True,
    needs=USERS,
    fix="Delete it when it is obsolete.",
)
def unused_class(one: StorageClass, see: Inventory, limits: Limits) -> Hit | None:
    """Harmless; but somebody may choose it by mistake, and its driver may be there for its sake alone."""
    if one.meta.created and see.now - one.meta.created < timedelta(days=limits.never_used_days):
        return None
    if see.looked_in is not None or is_used(one, see):
        return None
    return Hit(
        "is used by nothing",
        f"No claim, no volume and no template names it. Provisioner {plain(one.provisioner)}, "
        f"created {ago(one.meta.created, see.now)}.",
        (Fix("delete it when it is obsolete", f"kubectl delete storageclass {quoted(one.meta.name)}"),),
        one.meta.created,
    )


@rule(
    "SC-07",
    Severity.LOW,
    "Storage class names a provisioner of the time before CSI",
    on="StorageClass",
    advice=True,
    of_cluster=True,
    needs=(CLAIM, VOLUME),
    fix="Create a class with the CSI driver's own name, and use that one in manifests.",
)
def old_provisioner(one: StorageClass, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """It works by translation for a few clouds only, without the newer parameters; the others are gone for good."""
    if not one.provisioner.startswith("kubernetes.io/") or one.provisioner == NO_PROVISIONER:
        return None
    name, volumes = driver_of(one), count(len(see.by_class.volumes.get(one.meta.name, ())), "volume")
    if one.provisioner in _REMOVED:
        return Hit(
            f"names {plain(one.provisioner)}, which Kubernetes removed",
            f"Nothing creates a volume for it any more: {count(len(pending_of(one, see)), 'claim')} Pending, {volumes}.",
            (Fix("use a class of a CSI driver; move the data of its volumes there"),),
            one.meta.created,
            severity=Severity.MEDIUM,
        )
    served = f"CSI driver {plain(name)} does its work" if name else "no CSI driver does its work"
    return Hit(
        f"names {plain(one.provisioner)}, a provisioner of the time before CSI",
        f"{served[:1].upper()}{served[1:]}. {volumes} of it; they stay as they are.",
        (
            Fix(
                f"create a new class with provisioner {code(name or 'of your CSI driver')} (that of a class cannot be "
                "edited), and let new claims name it"
            ),
        ),
        one.meta.created,
    )


@rule(
    "SC-08",
    Severity.LOW,
    "Storage class makes disks of an old type, or does not ask for encryption",
    on="StorageClass",
    advice=True,
    of_cluster=True,
    needs=(*USERS, CSI_DRIVER, CSI_NODE),
    fix="Create a class with today's type and encryption; existing disks can be changed one by one.",
)
def old_parameters(one: StorageClass, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Classes are copied from year to year: the older types cost more and are slower than what replaced them."""
    if driver_of(one) != _EBS or not is_used(one, see) or not has_driver(one, see):
        return None
    kind = one.parameters.get("type", "gp3" if one.provisioner == _EBS else "gp2")
    newer = _OLD_DISKS.get(kind)
    plaintext = one.parameters.get("encrypted", "").lower() != "true"
    if not newer and not plaintext:
        return None
    says = [f"makes {plain(kind)} disks, which {newer} replaced"] if newer else []
    if plaintext:
        says.append("does not ask for encryption")
    why = "gp3 costs about a fifth less than gp2 and is at least as fast. " if newer == "gp3" else ""
    if plaintext:
        why += "Its disks are encrypted only where the AWS account encrypts every new disk by itself."
    wanted = " and ".join([*([f"type {newer}"] if newer else []), *(['encrypted "true"'] if plaintext else [])])
    return Hit(
        ", and ".join(says),
        why.strip() or f"{newer} is its successor.",
        (Fix(f"create a class with {wanted} (parameters of a class cannot be edited), and let new claims name it"),),
        one.meta.created,
    )


RULES = (
    no_default,
    several_defaults,
    expansion_off,
    unused_class,
    old_provisioner,
    old_parameters,
)
