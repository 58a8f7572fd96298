"""What the rules about storage classes share: their driver, who uses them, how they are written anew."""

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CLAIM, VOLUME
from robusta_volumes._model.text import quoted
from robusta_volumes._model.volume import Claim, StorageClass
from robusta_volumes._rules.pending import NO_PROVISIONER
from robusta_volumes._rules.waste import TEMPLATES

# Provisioners inside Kubernetes whose work a CSI driver does today.
_MIGRATED = {
    "kubernetes.io/aws-ebs": "ebs.csi.aws.com",
    "kubernetes.io/azure-disk": "disk.csi.azure.com",
    "kubernetes.io/azure-file": "file.csi.azure.com",
    "kubernetes.io/cinder": "cinder.csi.openstack.org",
    "kubernetes.io/gce-pd": "pd.csi.storage.gke.io",
    "kubernetes.io/portworx-volume": "pxd.portworx.com",
    "kubernetes.io/vsphere-volume": "csi.vsphere.vmware.com",
}
USERS = (CLAIM, VOLUME, *TEMPLATES)


def driver_of(one: StorageClass) -> str:
    """Name the CSI driver that serves a class; "" for volumes made by hand and provisioners that are no CSI driver."""
    name = _MIGRATED.get(one.provisioner, one.provisioner)
    return "" if "/" in name else name


def has_driver(one: StorageClass, see: Inventory) -> bool:
    """Tell whether something can make volumes of a class, as far as that can be seen."""
    name = driver_of(one)
    return one.provisioner != NO_PROVISIONER and (not name or name in see.driver or name in see.nodes_with)


def is_used(one: StorageClass, see: Inventory) -> bool:
    """Tell whether a claim, a volume or a template names the class, or claims get it without naming it."""
    name = one.meta.name
    named = see.by_class.claims.get(name) or see.by_class.volumes.get(name) or name in see.by_class.in_templates
    return one.is_default or bool(named)


def pending_of(one: StorageClass, see: Inventory) -> tuple[Claim, ...]:
    """List the claims that wait for a volume of the class."""
    return tuple(c for c in see.by_class.claims.get(one.meta.name, ()) if c.phase == "Pending" and not c.meta.deleted)


def keys(claims: tuple[Claim, ...]) -> tuple[tuple[str, str], ...]:
    """Name claims as hits do."""
    return tuple(c.meta.key for c in claims)


def rewrite(one: StorageClass, old: str, new: str) -> str:
    """Write a class anew with one line changed: most of its fields cannot be edited, and its volumes do not need it."""
    change = f"s/{old}$/{new}/"
    return f"kubectl get storageclass {quoted(one.meta.name)} -o yaml | sed {quoted(change)} | kubectl replace --force -f -"
