"""What a volume policy of Velero says: a ConfigMap that a backup names, which decides how each volume's data is saved.

https://velero.io/docs/main/resource-filtering/#resource-policies
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

SKIP, FILES, SNAPSHOT, CUSTOM = "skip", "fs-backup", "snapshot", "custom"
ACTIONS = (SKIP, FILES, SNAPSHOT, CUSTOM)


@dataclass(frozen=True)
class Conditions:
    """What must all hold of a volume; what is left out holds always."""

    least: int = 0  # bytes of the volume's capacity
    most: int = 0  # bytes; 0: no bound
    classes: tuple[str, ...] = ()
    csi: str | None = None  # the driver; "": any
    csi_attributes: bool = False  # attributes of the driver are asked for, which are not read here
    nfs: tuple[str, str] | None = None  # server and path; "": any
    types: tuple[str, ...] = ()  # as a volume names its source: nfs, hostPath, csi
    labels: Mapping[str, str] = field(default_factory=dict)  # of the claim
    phases: tuple[str, ...] = ()
    volume_mode: str = ""
    access_modes: tuple[str, ...] = ()  # exactly these
    strange: tuple[str, ...] = ()  # conditions that are not known here


@dataclass(frozen=True)
class PolicyRule:
    """One entry: the action for the volumes of which the conditions hold."""

    action: str
    conditions: Conditions = Conditions()


@dataclass(frozen=True)
class VolumePolicy:
    """All of one ConfigMap; the first rule that fits counts."""

    name: str
    rules: tuple[PolicyRule, ...] = ()
    why: str = ""  # why it cannot be judged at all
    filters: bool = False  # it also chooses which resources are backed up, which is not judged here
