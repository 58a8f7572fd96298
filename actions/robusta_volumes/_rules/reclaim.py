"""Volumes whose claim is gone: kept, or meant to be deleted and still there."""

from datetime import timedelta

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.kind import CSI_DRIVER
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import cited, code, listing, plain, quoted
from robusta_volumes._model.times import ago, span
from robusta_volumes._model.volume import Event, Volume
from robusta_volumes._rules.commands import GIVE_BACK, patch_volume
from robusta_volumes._rules.driver_pods import controller_state
from robusta_volumes._rules.rule import Fix, Hit, rule
from robusta_volumes._rules.volumes import gone_hosts, owner_key, owner_name

_A_MOMENT = timedelta(minutes=1)  # the event of the failure itself is no further try
_REFUSED = {"VolumeFailedDelete", "VolumeFailedRecycle"}


def _refusals(volume: Volume, see: Inventory) -> list[Event]:
    """List the events that say why a volume was not deleted or wiped, newest first."""
    return [e for e in see.events_of("PersistentVolume", "", volume.meta.name, volume.meta.uid) if e.reason in _REFUSED]


@rule(
    "PV-01",
    Severity.CRITICAL,
    "Volume could not be reclaimed",
    on="PersistentVolume",
    fix="Repair what refused the deletion, or set policy Retain and delete volume and backend by hand.",
)
def reclaim_failed(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """The claim is gone and the backend refused. Kubernetes tries again by itself; until that works the disk is paid."""
    if volume.phase != "Failed":
        return None
    event = next((e for e in _refusals(volume, see) if e.message), None)
    said = cited(volume.message or (event.message if event else "") or volume.reason or "no message", 220)
    when = f" {ago(volume.phase_since, see.now)}" if volume.phase_since else ""
    again = event and event.last and (volume.phase_since is None or event.last - volume.phase_since > _A_MOMENT)
    tried = f" Last tried {ago(event.last, see.now)}." if event and again else ""
    return Hit(
        f"could not be reclaimed: {gib(volume.capacity)} of {owner_name(volume)} is left over",
        f"Its claim is gone; policy {volume.reclaim_policy} failed{when}: {said}. "
        f"The data is still on {code(volume.backend)}.{tried}",
        (
            Fix(
                "repair what refuses (is it still attached, has it snapshots, may the driver delete?); it is tried again",
                f"kubectl describe pv {quoted(volume.meta.name)}",
            ),
            Fix(
                "or keep it safe from a later deletion first",
                patch_volume(volume.meta.name, {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}),
            ),
            Fix(
                f"when the data on {plain(volume.backend)} is deleted or not needed, remove the object",
                f"kubectl delete pv {quoted(volume.meta.name)}",
                destroys=True,
            ),
        ),
        volume.phase_since,
        claims=owner_key(volume),
        size=volume.capacity,
    )


@rule(
    "PV-03",
    Severity.MEDIUM,
    "Volume is Released and keeps its data",
    on="PersistentVolume",
    fix="Give it back to a claim of the same name, or back it up and delete volume and backend.",
)
def released_and_kept(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:  # noqa: ARG001
    """Policy Retain keeps data whose claim is gone. Nothing cleans it up or looks after it, and the disk is paid."""
    if volume.phase != "Released" or volume.reclaim_policy != "Retain":
        return None
    since = f"{span(see.now - volume.phase_since)} ago" if volume.phase_since else "at an unknown time"
    return Hit(
        f"is Released: {gib(volume.capacity)} of {owner_name(volume)} is kept but unreachable",
        f"The claim was deleted {since}; policy Retain keeps the data. Nothing will clean it up or "
        "pay attention to it.",
        (
            Fix(
                f"to give it back, re-create claim {owner_name(volume)}, then (not the whole claimRef: that would offer "
                "the data to any claim of the class)",
                patch_volume(volume.meta.name, GIVE_BACK),
            ),
            Fix(
                f"to give it up, back it up, then delete the volume and its backend ({plain(volume.backend)})",
                f"kubectl delete pv {quoted(volume.meta.name)}",
                destroys=True,
            ),
        ),
        volume.phase_since,
        claims=owner_key(volume),
        size=volume.capacity,
    )


@rule(
    "PV-04",
    Severity.HIGH,
    "Volume is Released and its deletion does not finish",
    on="PersistentVolume",
    needs=(CSI_DRIVER,),
    fix="Restore the provisioner; never strip finalizers first.",
)
def released_not_deleted(volume: Volume, see: Inventory, limits: Limits) -> Hit | None:
    """Policy Delete should have removed it within seconds; somebody who should delete it is not there or refuses."""
    if volume.phase != "Released" or volume.reclaim_policy != "Delete":
        return None
    events = _refusals(volume, see)
    if volume.phase_since is None and not events:
        return None  # before Kubernetes 1.28 a volume does not say since when: then only a refusal tells
    if volume.phase_since and see.now - volume.phase_since < timedelta(minutes=limits.deleting_minutes):
        return None
    gone = volume.source == "csi" and volume.driver not in see.driver
    hosts = gone_hosts(volume, see)
    cause = f"Driver {plain(volume.driver)} is not installed any more." if gone else "Its driver has not deleted it."
    if hosts:
        cause = f"It lies on node {listing(hosts, 2)}, which is gone: nobody can delete it there."
    elif not gone:
        cause += controller_state(volume.driver, see)
    said = f" Last event: {cited(events[0].message, 200)}." if events else ""
    return Hit(
        f"should be deleted but is not: {gib(volume.capacity)} of {owner_name(volume)}",
        f"Released {ago(volume.phase_since, see.now)} with policy Delete. {cause}{said}",
        (
            Fix(
                f"bring node {listing(hosts, 2)} back; when it will not come, the data is lost: delete the object alone",
                f"kubectl delete pv {quoted(volume.meta.name)}",
                destroys=True,
            )
            if hosts
            else Fix(
                "bring the driver's controller back; it then deletes the volume by itself. Leave the finalizers "
                "alone; see",
                f"kubectl describe pv {quoted(volume.meta.name)}",
            ),
        ),
        volume.phase_since,
        claims=owner_key(volume),
        size=volume.capacity,
    )


RULES = (reclaim_failed, released_and_kept, released_not_deleted)
