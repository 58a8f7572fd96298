"""What becomes of claims that were deleted: they go when no pod uses them, and their volume is released or goes, too."""

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import at, blocks
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import CLAIM, POD, VOLUME
from robusta_volumes._sandbox.csi_hands import IN_USE, Hands
from robusta_volumes._sandbox.csi_script import CsiScript

_OF_VOLUME = ("external-provisioner.volume.kubernetes.io/finalizer", "kubernetes.io/pv-protection")
_DONE = {"Succeeded", "Failed"}


class Reclaimer:
    """Kubernetes' protection of claims in use, and the provisioners' deleting of volumes."""

    def __init__(self, store: Store, script: CsiScript) -> None:
        self.store = store
        self.script = script
        self.hands = Hands(store, "persistentvolume-controller")

    def step(self) -> None:
        """Look at every claim that was deleted."""
        for claim in self.store.find(CLAIM, fields="metadata.deletionTimestamp!="):
            if not self._in_use(claim):
                self.hands.release(claim, IN_USE)
                meta = claim["metadata"]
                if self.hands.look(CLAIM, meta["name"], meta["namespace"]) is None:
                    self._reclaim(claim)

    def _in_use(self, claim: Object) -> bool:
        name = claim["metadata"]["name"]
        pods = self.store.find(POD, claim["metadata"]["namespace"])
        running = (pod for pod in pods if at(pod, "status", "phase") not in _DONE)
        volumes = (volume for pod in running for volume in blocks(pod, "spec", "volumes"))
        return any(at(volume, "persistentVolumeClaim", "claimName") == name for volume in volumes)

    def _reclaim(self, claim: Object) -> None:
        volume = self.hands.look(VOLUME, str(at(claim, "spec", "volumeName") or ""))
        if volume is None or at(volume, "spec", "claimRef", "uid") != claim["metadata"]["uid"]:
            return
        volume = self.hands.status(volume, phase="Released", lastPhaseTransitionTime=self.hands.now())
        driver = str(at(volume, "spec", "csi", "driver") or "")
        if at(volume, "spec", "persistentVolumeReclaimPolicy") == "Delete" and driver and self.script.runs(driver):
            volume = self.hands.release(volume, *_OF_VOLUME)
            self.store.delete(VOLUME, volume["metadata"]["name"])
