"""Which rule of a volume policy fits a claim, as Velero decides it: the first one whose conditions all hold. Pure.

https://velero.io/docs/main/resource-filtering/#resource-policies
"""

from collections.abc import Iterator
from dataclasses import dataclass

from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Claim, Volume
from robusta_volumes._model.volume_policy import CUSTOM, Conditions, VolumePolicy


@dataclass(frozen=True)
class Decision:
    """What a policy wants of one claim: an action, "" for nothing; or ``why`` nobody here can tell."""

    action: str = ""
    why: str = ""


def decide(policy: VolumePolicy, claim: Claim, volume: Volume | None, *, known: bool) -> Decision:
    """Decide. ``known``: volumes were read, so that one which is None is not there."""
    name = plain(policy.name, 80)
    if policy.why:
        return Decision(why=f"the volume policy {name} decides, and it cannot be judged: {plain(policy.why)}")
    for rule in policy.rules:
        tests = dict(_tests(rule.conditions, claim, volume, known=known))
        if False in tests.values():
            continue
        unsure = [what for what, holds in tests.items() if holds is None]
        if unsure:
            return Decision(why=f"the volume policy {name} asks for {', '.join(unsure)}, which cannot be judged here")
        if rule.action == CUSTOM:
            return Decision(why=f"the volume policy {name} hands it to a plugin, which leaves no record that is known")
        return Decision(rule.action)
    if policy.filters:
        return Decision(why=f"the volume policy {name} also chooses resources, which is not judged here")
    return Decision()


def _tests(
    wanted: Conditions, claim: Claim, volume: Volume | None, *, known: bool
) -> Iterator[tuple[str, bool | None]]:
    """Give of each condition whether it holds; None where nobody can tell."""
    for strange in wanted.strange:
        yield strange, None
    if wanted.labels:
        yield "pvcLabels", all(claim.meta.labels.get(key) == value for key, value in wanted.labels.items())
    if wanted.phases:
        yield "pvcPhase", claim.phase in wanted.phases
    if wanted.volume_mode:
        yield "pvcVolumeMode", claim.volume_mode == wanted.volume_mode
    if wanted.access_modes:
        modes = claim.modes_asked
        yield (
            "pvcAccessModes",
            len(modes) == len(wanted.access_modes) and set(modes) == set(wanted.access_modes),
        )
    for what, holds in _of_volume(wanted, volume):
        yield what, holds if volume or known else None


def _of_volume(wanted: Conditions, volume: Volume | None) -> Iterator[tuple[str, bool | None]]:
    if wanted.least or wanted.most:
        yield "capacity", _fits(wanted, volume.capacity if volume else 0)
    if wanted.classes:
        yield "storageClass", volume is not None and volume.class_name in wanted.classes
    if wanted.types:
        yield "volumeTypes", volume is not None and volume.source in wanted.types
    if wanted.nfs is not None:
        yield "nfs", volume is not None and volume.source == "nfs" and _lies_at(wanted.nfs, volume.backend)
    if wanted.csi is not None:
        theirs = volume is not None and volume.source == "csi" and wanted.csi in ("", volume.driver)
        yield "csi", None if theirs and wanted.csi_attributes and wanted.csi else theirs


def _fits(wanted: Conditions, capacity: int | None) -> bool | None:
    if capacity is None:
        return None
    return wanted.least <= capacity and (not wanted.most or capacity <= wanted.most)


def _lies_at(wanted: tuple[str, str], backend: str) -> bool:
    """Compare with "nfs 10.0.0.7:/export", as a volume says where its data lies; an address of IPv6 has colons, too."""
    server, _, path = backend.removeprefix("nfs ").rpartition(":/")
    return wanted[0] in ("", server) and wanted[1] in ("", f"/{path}")
