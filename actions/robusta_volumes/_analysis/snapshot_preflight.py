"""Whether a claim can be snapshotted, with which class, and what to do when not. Pure, asked before anything is made."""

from dataclasses import dataclass

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.text import code, nearest, plain
from robusta_volumes._model.volume import Claim, Named

_DEFAULT = "snapshot.storage.kubernetes.io/is-default-class"


@dataclass(frozen=True)
class Preflight:
    """The verdict on one claim: the class to use, or ``why`` not and what ``todo``."""

    claim: Claim
    class_name: str = ""
    why: str = ""
    todo: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether a snapshot can be taken."""
        return not self.why


def preflight(claim: Claim, see: Inventory, class_name: str = "") -> Preflight:
    """Judge one claim; ``class_name`` is the class that the user named, "" for the driver's own.

    The controller checks the driver of a class only when it picks the class itself: a class of another driver is met with an
    "invalid volume id" or with silence for ever (external-snapshotter issue 1484).
    """

    def no(why: str, todo: str) -> Preflight:
        return Preflight(claim, why=why, todo=todo)

    if claim.meta.deleted:
        return no("it is being deleted", "nothing; or keep its data by setting its volume's policy to Retain")
    if claim.phase != "Bound":
        return no(
            f"it is {claim.phase}, not Bound", "bind it first: it has no data yet" if claim.phase == "Pending" else ""
        )
    volume = see.volume_of(claim)
    if volume is None:
        return no("its volume was not seen", "look at the claim's own report")
    ref = volume.claim_ref
    if ref is None or ref.key != claim.meta.key or (ref.uid and claim.meta.uid and ref.uid != claim.meta.uid):
        return no(f"its volume {plain(volume.meta.name)} belongs to another claim", "look at the claim's own report")
    if volume.source != "csi":
        return no(
            f"its volume is {plain(volume.source)}, not CSI",
            "back up the files instead, or move the data to a CSI class",
        )
    return _with_class(claim, see, volume.driver, class_name)


def _with_class(claim: Claim, see: Inventory, driver: str, class_name: str) -> Preflight:
    fitting = [c for c in see.snapshot_classes if c.driver == driver]
    if class_name:
        chosen = see.snapshot_class.get(class_name)
        use = (
            f"use class {code(fitting[0].meta.name)}" if fitting else f"create a VolumeSnapshotClass for {code(driver)}"
        )
        if chosen is None:
            near = nearest(class_name, [c.meta.name for c in see.snapshot_classes], most=1)
            todo = f"use class {code(near[0])}" if near else use
            return Preflight(claim, why=f'snapshot class "{plain(class_name)}" does not exist', todo=todo)
        if chosen.driver != driver:
            why = f"class {plain(class_name)} is for {plain(chosen.driver)}, the volume is on {plain(driver)}"
            return Preflight(claim, why=why, todo=use)
        return Preflight(claim, chosen.meta.name)
    defaults = [c for c in fitting if _is_default(c)]
    if len(defaults) == 1 or (not defaults and len(fitting) == 1):
        return Preflight(claim, (defaults or fitting)[0].meta.name)
    if not fitting:
        return Preflight(
            claim,
            why=f"no snapshot class is for driver {plain(driver)}",
            todo=f"create a VolumeSnapshotClass for {code(driver)}",
        )
    names = plain(", ".join(sorted(c.meta.name for c in defaults or fitting)))
    what = "are the default" if defaults else "fit and none is the default"
    return Preflight(
        claim,
        why=f"several snapshot classes {what} for driver {plain(driver)}: {names}",
        todo=f"name one (`snapshotClass` of the schedule, `snapshot_class` by hand), or let one alone carry `{_DEFAULT}`",
    )


def _is_default(found: Named) -> bool:
    return found.meta.annotations.get(_DEFAULT) == "true"
