"""Parameters of classes and volumes: only those that say how fast and of what kind a volume is. Pure.

Any other may be a credential, or name a secret: it is not read at all.
"""

from collections.abc import Mapping
from typing import Any

from robusta_volumes._cluster.fields import mapping

_QOS = {  # ceph-csi
    f"{bound}{what}"
    for bound in ("base", "max")
    for what in ("iops", "readiops", "writeiops", "bps", "readbps", "writebps")
} | {f"{what}pergib" for what in ("iops", "readiops", "writeiops", "bps", "readbps", "writebps")}
_HARMLESS = frozenset(
    {
        "allowautoiopspergbincrease",
        "basevolsizebytes",
        "cachingmode",
        "datapool",
        "devicepath",
        "diskiopsreadwrite",
        "diskmbpsreadwrite",
        "diskuuid",
        "enablebursting",
        "enableperformanceplus",
        "encrypted",
        "fstype",
        "imagename",
        "iops",
        "iopspergb",
        "lun",
        "numberofreplicas",
        "perfprofile",
        "pool",
        "provisioned-iops-on-create",
        "provisioned-throughput-on-create",
        "radosnamespace",
        "replication-type",
        "requestedsizegib",
        "server",
        "share",
        "sku",
        "skuname",
        "storageaccounttype",
        "subdir",
        "throughput",
        "type",
        *_QOS,
    }
)


def harmless(given: object) -> Mapping[str, str]:
    """Keep what cannot hold a secret; keys in lower case, as the drivers read them."""
    found: Mapping[str, Any] = mapping(given)
    return {key.lower(): value for key, value in found.items() if key.lower() in _HARMLESS}
