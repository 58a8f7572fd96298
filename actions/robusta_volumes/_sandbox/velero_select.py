"""What a BackupSpec catches, and how the data of each claim is saved, as Velero 1.18 decides (pkg/backup, internal/volumehelper).

Volume policies are read as far as stories need them: the conditions storageClass, pvcLabels, pvcPhase and csi.driver.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import yaml

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.fields import at, block, blocks
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import CLAIM, CONFIG_MAP, NAMESPACE, POD, SNAPSHOT_CLASS, VOLUME
from robusta_volumes._sandbox.csi_hands import Hands

MOVED, SNAPSHOT, FILES, NOT = "moved", "snapshot", "files", ""
_EXCLUDED = "velero.io/exclude-from-backup"
_OPT_IN, _OPT_OUT = "backup.velero.io/backup-volumes", "backup.velero.io/backup-volumes-excludes"
_RESOURCES = {"persistentvolumeclaims": {"pvc", "persistentvolumeclaim"}, "pods": {"po", "pod"}}


@dataclass(frozen=True)
class Chosen:
    """One claim that a backup catches, and how its data is saved."""

    claim: Object
    how: str = NOT
    driver: str = ""
    snapshot_class: str = ""
    pod: Object | None = None
    volume: str = ""  # of that pod
    why: str = ""  # why the data is left out
    error: bool = False  # leaving it out counts as an error


def label_test(selector: Mapping[str, Any] | None) -> Callable[[Object], bool]:
    """Read a LabelSelector; None and {} match everything."""

    def holds(labels: Mapping[str, str], rule: Mapping[str, Any]) -> bool:
        found, values = labels.get(rule["key"]), rule.get("values") or ()
        answers = {"In": found in values, "NotIn": found not in values, "Exists": found is not None}
        return bool(answers.get(rule["operator"], found is None))

    def test(item: Object) -> bool:
        labels, wanted = block(item, "metadata", "labels"), selector or {}
        same = all(labels.get(key) == value for key, value in block(wanted, "matchLabels").items())
        return same and all(holds(labels, rule) for rule in blocks(wanted, "matchExpressions"))

    return test


def wanted_resource(spec: Mapping[str, Any], resource: str) -> bool:
    """Tell whether the filters of a BackupSpec or RestoreSpec let a resource through, old filters or new."""
    names = {resource, "*", *_RESOURCES.get(resource, ())}
    included = {*(spec.get("includedResources") or ()), *(spec.get("includedNamespaceScopedResources") or ())}
    excluded = {*(spec.get("excludedResources") or ()), *(spec.get("excludedNamespaceScopedResources") or ())}
    return (not included or bool(included & names)) and not excluded & names


def wanted_namespace(spec: Mapping[str, Any], name: str) -> bool:
    """Tell whether the filters let a namespace through."""
    included = spec.get("includedNamespaces") or ("*",)
    excluded = spec.get("excludedNamespaces") or ()
    return any(fnmatchcase(name, word) for word in included) and not any(fnmatchcase(name, w) for w in excluded)


def wanted_labels(spec: Mapping[str, Any]) -> Callable[[Object], bool]:
    """Give the test of a spec's label selectors."""
    any_of = [label_test(selector) for selector in spec.get("orLabelSelectors") or ()]
    one = label_test(spec.get("labelSelector"))
    return lambda item: one(item) and (not any_of or any(test(item) for test in any_of))


class Selection:
    """What one backup catches in a cluster."""

    def __init__(self, store: Store, namespace: str, spec: Mapping[str, Any]) -> None:
        self.store, self.spec = store, spec
        self._look = Hands(store, "velero").look
        self._labels = wanted_labels(spec)
        self._policies = self._read_policies(namespace)
        found = store.find(POD, namespace, labels="role=node-agent", fields="status.phase=Running")
        self._agents = {str(at(pod, "spec", "nodeName")) for pod in found}

    def chosen(self) -> list[Chosen]:
        """Give every claim that is caught."""
        if not wanted_resource(self.spec, "persistentvolumeclaims"):
            return []
        left_out = {o["metadata"]["name"] for o in self.store.find(NAMESPACE, labels=f"{_EXCLUDED}=true")}
        claims = [c for c in self.store.find(CLAIM) if wanted_namespace(self.spec, c["metadata"]["namespace"])]
        kept = [
            (claim, self._mounts(claim))
            for claim in claims
            if claim["metadata"]["namespace"] not in left_out
            and block(claim, "metadata", "labels").get(_EXCLUDED) != "true"
        ]
        return [
            self._choose(claim, mounts)
            for claim, mounts in kept
            if self._labels(claim) or any(self._caught(pod) for pod, _ in mounts)
        ]

    def _caught(self, pod: Object) -> bool:
        return wanted_resource(self.spec, "pods") and self._labels(pod)

    def _mounts(self, claim: Object) -> list[tuple[Object, str]]:
        """Give the pods that use a claim, with their name for it."""
        meta = claim["metadata"]
        return [
            (pod, volume["name"])
            for pod in self.store.find(POD, meta["namespace"])
            for volume in blocks(pod, "spec", "volumes")
            if at(volume, "persistentVolumeClaim", "claimName") == meta["name"]
        ]

    def _choose(self, claim: Object, mounts: list[tuple[Object, str]]) -> Chosen:
        volume = self._look(VOLUME, str(at(claim, "spec", "volumeName") or "-"))
        action = self._policy(claim, volume)
        if action == "skip":
            return Chosen(claim, why="matched action is 'skip' in chosen resource policies")
        if action == "fs-backup" or (not action and any(self._by_files(pod, name) for pod, name in mounts)):
            return self._files(claim, volume, mounts)
        if self.spec.get("snapshotVolumes") is False:
            return Chosen(claim, why="not satisfy the criteria for VolumePolicy or the legacy snapshot way")
        return self._snapshot(claim, volume)

    def _by_files(self, pod: Object, volume: str) -> bool:
        notes = block(pod, "metadata", "annotations")
        if self.spec.get("defaultVolumesToFsBackup"):
            return volume not in str(notes.get(_OPT_OUT, "")).split(",")
        return volume in str(notes.get(_OPT_IN, "")).split(",")

    def _files(self, claim: Object, volume: Object | None, mounts: list[tuple[Object, str]]) -> Chosen:
        if volume and at(volume, "spec", "hostPath"):
            return Chosen(claim, why="a hostPath volume is not supported for pod volume backup")
        caught = [(pod, name) for pod, name in mounts if self._caught(pod)]
        running = [(pod, name) for pod, name in caught if at(pod, "status", "phase") == "Running"]
        if not running:
            why = f"pod is not in the expected status, name={mounts[0][0]['metadata']['name']}" if mounts else "no pod"
            return Chosen(claim, why=why if caught else "no pod of the backup mounts it")
        pod, name = running[0]
        node = str(at(pod, "spec", "nodeName"))
        if node not in self._agents:
            return Chosen(claim, why=f"daemonset pod not found in running state in node {node}", error=True)
        return Chosen(claim, FILES, pod=pod, volume=name)

    def _snapshot(self, claim: Object, volume: Object | None) -> Chosen:
        meta = claim["metadata"]
        key = f"{meta['namespace']}/{meta['name']}"
        if not at(claim, "spec", "storageClassName"):
            return Chosen(claim, why=f"Cannot snapshot PVC {key}, PVC has no storage class.", error=True)
        if volume is None:
            return Chosen(claim, why=f"PVC {key} has no volume backing this claim", error=True)
        driver = str(at(volume, "spec", "csi", "driver") or "")
        if not driver:
            return Chosen(claim, why=f"PV {volume['metadata']['name']} is not a CSI volume")
        classes = [c["metadata"]["name"] for c in self.store.find(SNAPSHOT_CLASS) if c.get("driver") == driver]
        if not classes:
            return Chosen(claim, why=f"failed to get VolumeSnapshotClass for provisioner {driver}", error=True)
        return Chosen(claim, MOVED if self.spec.get("snapshotMoveData") else SNAPSHOT, driver, classes[0])

    def _read_policies(self, namespace: str) -> list[Mapping[str, Any]]:
        name = at(self.spec, "resourcePolicy", "name")
        found = self._look(CONFIG_MAP, str(name), namespace) if name else None
        texts: Iterable[str] = (found or {}).get("data", {}).values()
        return [policy for text in texts for policy in yaml.safe_load(text).get("volumePolicies", ())]

    def _policy(self, claim: Object, volume: Object | None) -> str:
        """Give the action of the first policy that fits; "" when none does."""
        labels = block(claim, "metadata", "labels")
        for policy in self._policies:
            conditions = policy.get("conditions") or {}
            driver = at(conditions, "csi", "driver")
            fits = (
                at(claim, "spec", "storageClassName") in conditions.get("storageClass", [None])
                or "storageClass" not in conditions,
                at(claim, "status", "phase") in conditions.get("pvcPhase", ()) or "pvcPhase" not in conditions,
                all(labels.get(key) == value for key, value in conditions.get("pvcLabels", {}).items()),
                driver is None or at(volume, "spec", "csi", "driver") == driver,
            )
            if all(fits):
                return str(policy["action"]["type"])
        return ""
