"""Volumes of plugins and settings that Kubernetes gave up."""

import re

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CSI_DRIVER, NODE
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, listing, plain
from robusta_volumes._model.volume import Volume
from robusta_volumes._rules.commands import patch_volume
from robusta_volumes._rules.rule import Fix, Hit, rule

_VERSION = re.compile(r"^v?(\d+)\.(\d+)")
# plugin -> minor version of Kubernetes 1.x that does not serve it any more
_REMOVED = {
    "photonPersistentDisk": 16,
    "scaleIO": 22,
    "flocker": 25,
    "quobyte": 25,
    "storageos": 25,
    "glusterfs": 26,
    "cephfs": 31,
    "rbd": 31,
}
_MIGRATED = {
    "awsElasticBlockStore": "ebs.csi.aws.com",
    "azureDisk": "disk.csi.azure.com",
    "azureFile": "file.csi.azure.com",
    "cinder": "cinder.csi.openstack.org",
    "gcePersistentDisk": "pd.csi.storage.gke.io",
    "portworxVolume": "pxd.portworx.com",
    "vsphereVolume": "csi.vsphere.vmware.com",
}
_MIGRATED_TO = "pv.kubernetes.io/migrated-to"
_OLD_CLASS = "volume.beta.kubernetes.io/storage-class"
_OLD_OPTIONS = "volume.beta.kubernetes.io/mount-options"
_OLD_ZONE = "failure-domain.beta.kubernetes.io/"


def _minor(see: Inventory) -> int | None:
    """Read the newest minor version of the nodes: the control plane is at least as new."""
    found = [m for n in see.nodes if (m := _VERSION.match(n.version))]
    return max((int(m.group(2)) for m in found if m.group(1) == "1"), default=None)


def _claims(volume: Volume) -> tuple[tuple[str, str], ...]:
    return (volume.claim_ref.key,) if volume.claim_ref else ()


@rule(
    "PV-14",
    Severity.CRITICAL,
    "Volume uses a plugin that Kubernetes removed",
    on="PersistentVolume",
    needs=(NODE,),
    fix="Move the data to a CSI volume, before the upgrade that removes the plugin.",
)
def removed_plugin(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """From that version on no node can mount it: a running pod keeps it until its next restart, then never again."""
    flex = volume.source == "flexVolume"
    if volume.source not in _REMOVED and not flex:
        return None
    here = _minor(see)
    gone = not flex and here is not None and here >= _REMOVED[volume.source]
    if flex:
        says, severity = "uses flexVolume, which is deprecated", Severity.LOW
    elif gone:
        says = f"cannot be mounted: Kubernetes 1.{_REMOVED[volume.source]} removed {volume.source}"
        severity = Severity.CRITICAL
    else:
        says = f"cannot be mounted after an upgrade to Kubernetes 1.{_REMOVED[volume.source]}, which removed {volume.source}"
        severity = Severity.MEDIUM
    runs = f"Nodes run 1.{here}" if here is not None else "The nodes do not say which version they run"
    return Hit(
        says,
        f"{runs}. {gib(volume.capacity)} on {code(volume.backend)}, {volume.phase}.",
        (Fix("copy the data to a volume of a CSI driver" + ("" if gone else " before upgrading")),),
        claims=_claims(volume),
        size=volume.capacity,
        severity=severity,
    )


@rule(
    "PV-15",
    Severity.MEDIUM,
    "In-tree volume that only its CSI driver can serve",
    on="PersistentVolume",
    needs=(CSI_DRIVER,),
    fix="Install the CSI driver; in the long run re-create the volume as a CSI volume.",
)
def served_by_migration(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Kubernetes hands in-tree volumes to a CSI driver; without that driver nothing can attach or delete them."""
    driver = volume.meta.annotations.get(_MIGRATED_TO) or _MIGRATED.get(volume.source, "")
    if not driver or volume.source == "csi":
        return None
    here = driver in see.driver
    return Hit(
        f"is served by CSI driver {plain(driver)}" + ("" if here else ", which is not installed"),
        f"It is an in-tree {volume.source} volume, {volume.phase}; "
        + ("that works by migration only." if here else "no node can attach it, and nothing can delete it.")
        + f" Drivers here: {listing(sorted(see.driver), 6) or 'none'}.",
        (
            Fix(
                "re-create it as a CSI volume at the next opportunity: set Retain, then a new volume with the same disk"
            )
            if here
            else Fix(f"install the driver {code(driver)}"),
        ),
        claims=_claims(volume),
        size=volume.capacity,
        severity=None if here else Severity.CRITICAL,
    )


@rule(
    "PV-16",
    Severity.LOW,
    "Volume uses settings that Kubernetes gave up",
    on="PersistentVolume",
    fix="Replace them with their successors; the API server only warns.",
)
def old_settings(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The old words still work or are silently passed over, until an upgrade or a new node does not know them."""
    found: list[str] = []
    fixes: list[Fix] = []
    if volume.reclaim_policy == "Recycle":
        found.append("policy Recycle")
        keep = {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}
        fixes.append(Fix("Recycle wipes the data when its claim goes; keep it", patch_volume(volume.meta.name, keep)))
    if _OLD_CLASS in volume.meta.annotations:
        found.append(f"annotation {_OLD_CLASS}")
        fixes.append(Fix("write the class to spec.storageClassName, in what creates the volume"))
    if _OLD_OPTIONS in volume.meta.annotations:
        found.append(f"annotation {_OLD_OPTIONS}")
        fixes.append(Fix("write them to spec.mountOptions, in what creates the volume"))
    zones = sorted({r.key for term in volume.node_affinity for r in term if r.key.startswith(_OLD_ZONE)})
    if zones:
        found.append(f"label {listing(zones, 2)} in its node affinity")
        fixes.append(Fix("new nodes may lack that label: re-create the volume with topology.kubernetes.io/zone"))
    if not found:
        return None
    return Hit(
        f"uses {' and '.join(found)}",
        "It works as long as this version of Kubernetes passes it over.",
        tuple(fixes),
        claims=_claims(volume),
    )


RULES = (removed_plugin, served_by_migration, old_settings)
