"""The volume policies that backups and schedules of Velero name: ConfigMaps in its namespace become rules."""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any

import yaml

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.fields import at, block, blocks
from robusta_volumes._model.backup import Backup, BackupSchedule, Scope
from robusta_volumes._model.errors import ClusterError, NotAllowed, NotAuthenticated, NotFound
from robusta_volumes._model.inventory import Unseen
from robusta_volumes._model.kind import CONFIG_MAP
from robusta_volumes._model.quantity import parse_quantity
from robusta_volumes._model.rights import account_in, role_command
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume_policy import ACTIONS, Conditions, PolicyRule, VolumePolicy

ALLOW = "backup-policies"  # the word that allows to read them
_MOST = 50  # policies that one look reads: a cluster has one or two
_FILTERS = ("includeExcludePolicy", "clusterScopedFilterPolicy", "namespacedFilterPolicies")
_KNOWN = {"version", "volumePolicies", *_FILTERS}
Key = tuple[str, str]


def with_policies(
    cluster: Cluster,
    backups: Sequence[Backup],
    schedules: Sequence[BackupSchedule],
    unseen: MutableMapping[str, Unseen],
) -> tuple[list[Backup], list[BackupSchedule]]:
    """Give backups and schedules what the policies say that they name; what may not be read is added to ``unseen``.

    It is today's policy: which one counted when an older backup was made, Velero does not keep.

    Raises NotAuthenticated: when the credentials are not accepted.
    """
    places = [*((one.namespace, one.scope) for one in schedules), *((one.namespace, one.scope) for one in backups)]
    named = [(space, scope.policy) for space, scope in places if scope.policy]
    found: dict[Key, VolumePolicy] = {}
    for key in list(dict.fromkeys(named))[:_MOST]:
        found[key] = _policy(cluster, key, unseen)

    def ruled(space: str, scope: Scope) -> Scope:
        known = found.get((space, scope.policy)) or VolumePolicy(scope.policy, why="too many policies are named")
        return replace(scope, rules=known) if scope.policy else scope

    if not named:
        return list(backups), list(schedules)
    return (
        [replace(one, scope=ruled(one.namespace, one.scope)) if one.scope.policy else one for one in backups],
        [replace(one, scope=ruled(one.namespace, one.scope)) if one.scope.policy else one for one in schedules],
    )


def _policy(cluster: Cluster, key: Key, unseen: MutableMapping[str, Unseen]) -> VolumePolicy:
    namespace, name = key
    try:
        return read_policy(name, cluster.get(CONFIG_MAP, name, namespace))
    except NotAuthenticated:
        raise
    except NotFound:
        return VolumePolicy(name, why="it does not exist")
    except NotAllowed as error:
        home, account = account_in(error.message)
        command = role_command([namespace], [ALLOW], account, home)
        remedy = f"Allow it in namespace {namespace} alone, by a Role:\n{command}"
        why = f"the runner may not read {plain(name)}, a volume policy of Velero, in namespace {plain(namespace)}"
        unseen.setdefault(CONFIG_MAP.resource, Unseen(CONFIG_MAP, why, remedy))
        return VolumePolicy(name, why="the runner may not read it")
    except ClusterError as error:
        return VolumePolicy(name, why=plain(error, 200))


def read_policy(name: str, o: Mapping[str, Any]) -> VolumePolicy:
    """Read the ConfigMap. One that Velero itself would refuse is not judged: nobody knows what it was meant to say."""
    data = block(o, "data")
    if len(data) != 1:
        return VolumePolicy(name, why="it must have exactly one key")
    try:
        text = yaml.safe_load(str(next(iter(data.values()))))
    except (yaml.YAMLError, ValueError, RecursionError):
        return VolumePolicy(name, why="it is no YAML")
    if not isinstance(text, dict) or str(text.get("version")) != "v1":
        return VolumePolicy(name, why="its version is not v1")
    rules = tuple(_rule(entry) for entry in blocks(text, "volumePolicies"))
    if any(rule is None for rule in rules) or not isinstance(text.get("volumePolicies") or [], list):
        return VolumePolicy(name, why="one of its entries cannot be understood")
    filters = any(text.get(key) for key in _FILTERS) or not _KNOWN.issuperset(map(str, text))
    return VolumePolicy(name, tuple(rule for rule in rules if rule), filters=filters)


def _rule(entry: Mapping[str, Any]) -> PolicyRule | None:
    action, wanted = at(entry, "action", "type"), block(entry, "conditions")
    if action not in ACTIONS:
        return None
    bounds, strange = _bounds(wanted.get("capacity")), [key for key in wanted if key not in _READS]
    strange += [key for key, read in _READS.items() if wanted.get(key) is not None and not read(wanted[key])]
    csi, nfs = wanted.get("csi"), wanted.get("nfs")
    return PolicyRule(
        str(action),
        Conditions(
            least=bounds[0] if bounds else 0,
            most=bounds[1] if bounds else 0,
            classes=_texts(wanted.get("storageClass")),
            csi=_text(csi.get("driver")) if isinstance(csi, dict) else None,
            csi_attributes=bool(at(csi, "volumeAttributes")),
            nfs=(_text(nfs.get("server")), _text(nfs.get("path"))) if isinstance(nfs, dict) else None,
            types=_texts(wanted.get("volumeTypes")),
            labels={str(key): _text(value) for key, value in block(wanted, "pvcLabels").items()},
            phases=_texts(wanted.get("pvcPhase")),
            volume_mode=_text(wanted.get("pvcVolumeMode")),
            access_modes=_texts(wanted.get("pvcAccessModes")),
            strange=tuple(plain(key, 60) for key in strange),
        ),
    )


def _bounds(value: object) -> tuple[int, int] | None:
    """Read "10Gi,100Gi", ",5Gi" or "100Gi,"; None when it is written otherwise."""
    parts = [part.strip() for part in _text(value).split(",")] if value else ["", ""]
    if len(parts) != len(("least", "most")):
        return None
    try:
        least, most = (parse_quantity(part) if part else 0 for part in parts)
    except ValueError:
        return None
    return (least, most) if most >= least or not most else None


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_text(item) for item in value) if isinstance(value, list) else ()


def _list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str | int | float) for item in value)


def _block(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str | int | float) for item in value.values())


def _source(value: object) -> bool:
    return isinstance(value, dict) and set(value) <= {"driver", "volumeAttributes", "server", "path"}


# What a condition must look like to be understood.
_READS = {
    "capacity": lambda value: _bounds(value) is not None,
    "storageClass": _list,
    "csi": _source,
    "nfs": _source,
    "volumeTypes": _list,
    "pvcLabels": _block,
    "pvcPhase": _list,
    "pvcVolumeMode": lambda value: isinstance(value, str),
    "pvcAccessModes": _list,
}
