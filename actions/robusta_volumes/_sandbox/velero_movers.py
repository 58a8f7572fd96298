"""The node agents of the sandbox's Velero: bytes move, or stop moving, in the objects that stand for one volume each."""

from collections import Counter

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import at
from robusta_volumes._cluster.store import Store
from robusta_volumes._model import kind as k
from robusta_volumes._model.quantity import bytes_of
from robusta_volumes._sandbox import velero_objects as shapes
from robusta_volumes._sandbox.csi_hands import Hands
from robusta_volumes._sandbox.velero_script import Moving, VeleroScript

OVER = {"Completed", "Failed", "Canceled"}
_OPEN = "status.phase!=Completed,status.phase!=Failed,status.phase!=Canceled"
_GIB = 1 << 30
_EMPTY = "volume was empty so no data was upload"
_KINDS = (k.VELERO_UPLOAD, k.VELERO_POD_VOLUME, k.VELERO_DATA_DOWNLOAD, k.VELERO_POD_RESTORE)


def phase_of(item: Object) -> str:
    """Give the phase of any object of Velero; "": nobody has seen it."""
    return str(at(item, "status", "phase") or "")


class NodeAgents:
    """All node agents of the cluster together."""

    def __init__(self, store: Store, namespace: str, script: VeleroScript) -> None:
        self.store, self.namespace, self.script = store, namespace, script
        self.hands = Hands(store, "velero")
        self._turns: Counter[str] = Counter()

    def step(self) -> None:
        """Let each data mover take one turn; without a node agent nobody does."""
        if not self.store.find(k.POD, self.namespace, labels="role=node-agent", fields="status.phase=Running"):
            return
        for kind in _KINDS:
            for item in self.store.find(kind, self.namespace, fields=_OPEN):
                self._move(kind, item)

    def cancel(self, item: Object, why: str) -> None:
        """End one that is not over, as the server asks for it when it starts or has waited too long."""
        if phase_of(item) not in OVER:
            changes = {"phase": "Canceled", "message": why, "completionTimestamp": self.hands.now()}
            self.hands.change(item, {"spec": {"cancel": True}, "status": changes})

    def _move(self, kind: k.Kind, item: Object) -> None:
        if not self._exposed(kind, item):
            return
        key = self._claim(kind, item)
        up = kind in {k.VELERO_UPLOAD, k.VELERO_POD_VOLUME}
        moving = (self.script.uploads if up else self.script.downloads).of(*key)
        if phase_of(item) in {"", "New", "Accepted", "Prepared"}:
            total = self._size(key, moving)
            started = {"phase": "InProgress", "startTimestamp": self.hands.now()}
            self.hands.status(item, **started, progress={"bytesDone": 0, "totalBytes": total})
            return
        turn = self._turns[item["metadata"]["uid"]] = self._turns[item["metadata"]["uid"]] + 1
        self._turn(item, moving, turn, up=up)

    def _turn(self, item: Object, moving: Moving, turn: int, *, up: bool) -> None:
        total = item["status"]["progress"]["totalBytes"]
        share = min(1.0, turn / max(moving.turns, 1))
        if moving.error and share >= 1 / 2:
            ended = {"phase": "Failed", "message": moving.error, "completionTimestamp": self.hands.now()}
            self.hands.status(item, progress={"bytesDone": total // 2, "totalBytes": total}, **ended)
            return
        if moving.stalls_at is not None:
            share = min(share, moving.stalls_at)
        done = {"progress": {"bytesDone": int(total * share), "totalBytes": total}}
        if share < 1:
            self.hands.status(item, **done)
            return
        ended = {"phase": "Completed", "completionTimestamp": self.hands.now()}
        if up:
            ended |= {"message": _EMPTY} if not total else {"snapshotID": shapes.snapshot_id(item["metadata"]["name"])}
        self.hands.status(item, **done, **ended)

    def _exposed(self, kind: k.Kind, item: Object) -> bool:
        """Tell whether the volume can be reached; a claim that waits for its first consumer cannot, until a pod uses it."""
        if kind is not k.VELERO_DATA_DOWNLOAD or phase_of(item) == "InProgress":
            return True
        target = item["spec"]["targetVolume"]
        claim = self.hands.look(k.CLAIM, target["pvc"], target["namespace"])
        if claim is None or not waits_for_pod(self.store, claim):
            return claim is not None
        if phase_of(item) != "Accepted":
            self.hands.status(item, phase="Accepted", acceptedTimestamp=self.hands.now())
        return False

    def _claim(self, kind: k.Kind, item: Object) -> tuple[str, str]:
        spec, notes = item["spec"], item["metadata"].get("annotations") or {}
        if kind is k.VELERO_UPLOAD:
            return spec["sourceNamespace"], spec["sourcePVC"]
        if kind is k.VELERO_DATA_DOWNLOAD:
            return spec["targetVolume"]["namespace"], spec["targetVolume"]["pvc"]
        return spec["pod"]["namespace"], notes.get(shapes.CLAIM_NAME, "")

    def _size(self, key: tuple[str, str], moving: Moving) -> int:
        if moving.size is not None:
            return moving.size
        claim = self.hands.look(k.CLAIM, key[1], key[0])
        capacity = at(claim, "status", "capacity", "storage") or at(claim, "spec", "resources", "requests", "storage")
        return int((bytes_of(capacity) or _GIB) // 2)


def waits_for_pod(store: Store, claim: Object) -> bool:
    """Tell whether a claim's class waits for the first consumer, and no pod uses the claim."""
    name = at(claim, "spec", "storageClassName")
    found = Hands(store, "velero").look(k.STORAGE_CLASS, str(name)) if name else None
    if at(found, "volumeBindingMode") != "WaitForFirstConsumer":
        return False
    meta = claim["metadata"]
    for pod in store.find(k.POD, meta["namespace"]):
        for volume in at(pod, "spec", "volumes") or ():
            if at(volume, "persistentVolumeClaim", "claimName") == meta["name"]:
                return False
    return True
