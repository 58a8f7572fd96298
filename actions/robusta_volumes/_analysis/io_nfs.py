"""Which NFS export a claim is."""

from collections.abc import Iterator

from robusta_volumes._analysis.io_disks import Disks
from robusta_volumes._analysis.io_places import Place


def exports_of(place: Place, disks: Disks) -> Iterator[str]:
    """Give the exports that a volume may be mounted from, as ``server:/path``, the most exact first."""
    volume = place.volume
    if volume is None:
        return
    for folder in (volume.meta.name,):
        mount = disks.by_folder.get((place.node, folder))
        if mount and mount.fstype.startswith("nfs"):
            yield mount.device.rstrip("/")
    if volume.source == "nfs":
        yield volume.handle.rstrip("/")
    server, share = volume.attributes.get("server", ""), volume.attributes.get("share", "")
    if server and share:
        base = f"{server}:/{share.strip('/')}".rstrip("/")
        if below := volume.attributes.get("subdir", "").strip("/"):
            yield f"{base}/{below}"
        yield base
    if volume.driver == "efs.csi.aws.com":
        system, _, path = volume.handle.partition(":")
        path = path.partition(":")[0].strip("/")
        yield from (
            export
            for node, export in disks.exports
            if node == place.node
            and export.startswith(f"{system}.efs.")
            and export.rpartition(":")[2].strip("/") == path
        )
