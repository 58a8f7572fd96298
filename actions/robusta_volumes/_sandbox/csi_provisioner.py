"""The provisioner of the sandbox: claims that are restored or made for a benchmark get their volume, or are told why not.

Written after external-provisioner 6.3. Other claims are left as they are: stories hold claims that are Pending on purpose.
"""

from collections import Counter
from uuid import NAMESPACE_URL, uuid5

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import at, blocks
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import CLAIM, POD, SNAPSHOT, STORAGE_CLASS, VOLUME
from robusta_volumes._model.ours import BENCHMARKS
from robusta_volumes._sandbox.csi_hands import IN_USE, RESTORING, Hands
from robusta_volumes._sandbox.csi_script import Behaviour, CsiScript
from robusta_volumes._sandbox.csi_source import source_problem

_WAITING = (
    "Waiting for a volume to be created either by the external provisioner '{}' or manually by the system administrator."
    " If volume creation is delayed, please verify that the provisioner is running and correctly registered."
)


class Provisioner:
    """Kubernetes' volume controller and the provisioners of all drivers that are installed."""

    def __init__(self, store: Store, script: CsiScript) -> None:
        self.store = store
        self.script = script
        self.cluster = Hands(store, "persistentvolume-controller")
        self._of_driver: dict[str, Hands] = {}
        self._turns: Counter[str] = Counter()

    def step(self) -> None:
        """Look at every claim that is restored from a snapshot, or made for a benchmark, and has no volume yet."""
        waiting = "status.phase!=Bound,status.phase!=Lost,metadata.deletionTimestamp="
        restored = self.store.find(CLAIM, fields=f"{waiting},spec.dataSource.kind={SNAPSHOT.name}")
        for claim in (*restored, *self.store.find(CLAIM, labels=BENCHMARKS, fields=waiting)):
            self._look_at(claim)

    def _look_at(self, claim: Object) -> None:
        claim = self.cluster.status(self.cluster.protect(claim, IN_USE), phase="Pending")
        name = at(claim, "spec", "storageClassName")
        if not name:
            text = "no persistent volumes available for this claim and no storage class is set"
            self.cluster.event(claim, "Normal", "FailedBinding", text)
            return
        found = self.cluster.look(STORAGE_CLASS, name)
        if found is None:
            text = f'storageclass.storage.k8s.io "{name}" not found'
            self.cluster.event(claim, "Warning", "ProvisioningFailed", text)
            return
        notes = {f"volume.{part}kubernetes.io/storage-provisioner": found["provisioner"] for part in ("", "beta.")}
        if found.get("volumeBindingMode") == "WaitForFirstConsumer":
            consumer = self._consumer(claim)
            if consumer is None:
                text = "waiting for first consumer to be created before binding"
                self.cluster.event(claim, "Normal", "WaitForFirstConsumer", text)
                return
            notes["volume.kubernetes.io/selected-node"] = str(at(consumer, "spec", "nodeName") or "node")
        claim = self.cluster.annotate(claim, notes)
        self.cluster.event(claim, "Normal", "ExternalProvisioning", _WAITING.format(found["provisioner"]))
        behaviour = self._behaviour(claim)
        if self.script.runs(found["provisioner"]) and not behaviour.silent:
            self._provision(claim, found, behaviour)

    def _behaviour(self, claim: Object) -> Behaviour:
        meta = claim["metadata"]
        return self.script.restores.of(meta["namespace"], meta["name"], claim["spec"]["storageClassName"])

    def _consumer(self, claim: Object) -> Object | None:
        name = claim["metadata"]["name"]
        for pod in self.store.find(POD, claim["metadata"]["namespace"]):
            if any(at(v, "persistentVolumeClaim", "claimName") == name for v in blocks(pod, "spec", "volumes")):
                return pod
        return None

    def _provision(self, claim: Object, storage_class: Object, behaviour: Behaviour) -> None:
        meta, driver = claim["metadata"], storage_class["provisioner"]
        hands = self._of_driver.setdefault(driver, Hands(self.store, driver))
        text = f'External provisioner is provisioning volume for claim "{meta["namespace"]}/{meta["name"]}"'
        hands.event(claim, "Normal", "Provisioning", text)
        name = at(claim, "spec", "dataSource", "name")
        if name and (problem := source_problem(hands, claim, storage_class)):
            text = f"error getting handle for DataSource Type VolumeSnapshot by Name {name}: {problem}"
            hands.event(claim, "Warning", "ProvisioningFailed", text)
            return
        snapshot = hands.protect(self.store.get(SNAPSHOT, name, meta["namespace"]), RESTORING) if name else None
        self._turns[meta["uid"]] += 1
        stage = behaviour.stage(self._turns[meta["uid"]])
        if stage == "error":
            hands.event(claim, "Warning", "ProvisioningFailed", behaviour.error)
        elif stage == "ready":
            volume = self._bind(claim, storage_class)
            hands.event(claim, "Normal", "ProvisioningSucceeded", f"Successfully provisioned volume {volume}")
            if snapshot and not behaviour.leaks:
                hands.release(snapshot, RESTORING)

    def _bind(self, claim: Object, storage_class: Object) -> str:
        """Make the volume and bind it; gives its name."""
        meta, spec, driver = claim["metadata"], claim["spec"], storage_class["provisioner"]
        name, size = f"pvc-{meta['uid']}", spec["resources"]["requests"]["storage"]
        owner = {key: meta[key] for key in ("name", "namespace", "uid", "resourceVersion")}
        volume = {
            "apiVersion": VOLUME.api_version,
            "kind": VOLUME.name,
            "metadata": {
                "name": name,
                "annotations": {"pv.kubernetes.io/provisioned-by": driver},
                "finalizers": ["external-provisioner.volume.kubernetes.io/finalizer", "kubernetes.io/pv-protection"],
            },
            "spec": {
                "accessModes": spec["accessModes"],
                "capacity": {"storage": size},
                "claimRef": {"apiVersion": CLAIM.api_version, "kind": CLAIM.name, **owner},
                "csi": {"driver": driver, "volumeHandle": str(uuid5(NAMESPACE_URL, meta["uid"]))},
                "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
                "storageClassName": spec["storageClassName"],
                "volumeMode": spec.get("volumeMode", "Filesystem"),
            },
            "status": {"phase": "Bound", "lastPhaseTransitionTime": self.cluster.now()},
        }
        self.store.create(volume)
        notes = {f"pv.kubernetes.io/{word}": "yes" for word in ("bind-completed", "bound-by-controller")}
        status = {"phase": "Bound", "accessModes": spec["accessModes"], "capacity": {"storage": size}}
        changes = {"metadata": {"annotations": notes}, "spec": {"volumeName": name}, "status": status}
        self.cluster.change(claim, changes)
        return name
