"""What a backup would catch of a claim, and how its data would be saved: as Velero decides it, and K8up. Pure.

https://velero.io/docs/main/resource-filtering/ and https://velero.io/docs/main/file-system-backup/
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from robusta_volumes._analysis.backup_policy import decide
from robusta_volumes._model import kind as k
from robusta_volumes._model import volume_policy as policies
from robusta_volumes._model.backup import EXCLUDED, K8UP, VELERO, VOLSYNC, Scope
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.requirement import Requirement
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Claim, Pod

_OPT_IN, _OPT_OUT = "backup.velero.io/backup-volumes", "backup.velero.io/backup-volumes-excludes"  # of pods
_K8UP_CHOICE = "k8up.io/backup"
_CLAIMS = frozenset({"*", "pvc", "pvcs", "persistentvolumeclaim", "persistentvolumeclaims"})
_PODS = frozenset({"*", "po", "pod", "pods"})
_NATIVE = frozenset({"awsElasticBlockStore", "gcePersistentDisk", "azureDisk"})  # Velero's own snapshot plugins
DATA_MOVER, SNAPSHOT, FILE_SYSTEM, RESTIC = "data mover", "snapshot", "file-system backup", "restic"


@dataclass(frozen=True)
class Caught:
    """What becomes of one claim in a backup."""

    inside: bool  # the claim itself is in it
    method: str = ""  # how its data is saved; "": it is not
    why: str = ""  # why it is not, for people
    todo: str = ""
    skipped: str = ""  # name of the volume policy that leaves its data out on purpose
    unknown: bool = False  # a volume policy decides, and nobody here can tell what


def in_scope(
    scope: Scope, claim: Claim, see: Inventory, *, engine: str = VELERO, agents: frozenset[str] | None = None
) -> str | None:
    """Give the reason why a backup would not save the data of a claim; None when it would."""
    found = caught(scope, claim, see, engine=engine, agents=agents)
    return None if found.method else found.why


def caught(
    scope: Scope, claim: Claim, see: Inventory, *, engine: str = VELERO, agents: frozenset[str] | None = None
) -> Caught:
    """Decide. ``agents``: the nodes where Velero's node agent runs; None where that is not known."""
    if engine == K8UP:
        return _k8up(scope, claim)
    if engine == VOLSYNC:
        mine = claim.meta.namespace in scope.namespaces and claim.meta.name in scope.claims
        return Caught(inside=mine, method=RESTIC if mine else "", why="" if mine else "it is for another claim")
    why = _outside(scope, claim, see)
    if why:
        return Caught(inside=False, why=why)
    return _by_policy(scope, claim, see, agents) or _by_default(scope, claim, see, agents)


def _by_policy(scope: Scope, claim: Claim, see: Inventory, agents: frozenset[str] | None) -> Caught | None:
    """Decide by the backup's volume policy; None where it says nothing of this claim."""
    if scope.rules is None:
        return None
    wants = decide(scope.rules, claim, see.volume_of(claim), known=_read(see, k.VOLUME))
    if wants.why:
        return Caught(inside=True, why=wants.why, unknown=True)
    if wants.action == policies.SKIP:
        return Caught(inside=True, why=f"the volume policy {plain(scope.policy)} skips it", skipped=scope.policy)
    if wants.action == policies.SNAPSHOT:  # whatever its pods ask for, and whether snapshots are on or off
        return _by_snapshot(replace(scope, snapshots=True), claim, see, "", "")
    return _by_policy_files(scope, claim, see, agents) if wants.action == policies.FILES else None


def _by_default(scope: Scope, claim: Claim, see: Inventory, agents: frozenset[str] | None) -> Caught:
    """Decide by what pods ask for and the backup's switches."""
    pods = see.pods_of.get(claim.meta.key, ())
    asked = [pod for pod in pods if _asks(scope, pod, claim.meta.name)]
    by_files, why_not, todo = _by_files(scope, pods, asked, agents, known=_read(see, k.POD))
    if by_files:
        return Caught(inside=True, method=FILE_SYSTEM)
    if asked:  # Velero takes no snapshot of what is to be read file by file, also when it cannot be read
        return Caught(inside=True, why=f"its files were to be read, but {why_not}", todo=todo)
    return _by_snapshot(scope, claim, see, why_not, todo)


def _by_policy_files(scope: Scope, claim: Claim, see: Inventory, agents: frozenset[str] | None) -> Caught:
    """Decide where a volume policy wants the files to be read: then no snapshot is taken, whatever keeps them from it."""
    pods, all_files = see.pods_of.get(claim.meta.key, ()), replace(scope, by_file_system=True)
    saved, why_not, todo = _by_files(all_files, pods, list(pods), agents, known=_read(see, k.POD))
    if saved:
        return Caught(inside=True, method=FILE_SYSTEM)
    why = f"the volume policy {plain(scope.policy)} has its files read, but {why_not}"
    return Caught(inside=True, why=why, todo=todo)


def _by_snapshot(scope: Scope, claim: Claim, see: Inventory, why_not: str, todo: str) -> Caught:
    """Decide what is not read file by file; ``why_not`` is why, where it was to be."""
    volume = see.volume_of(claim)
    if volume is None:
        gone = "it has no volume" if _read(see, k.VOLUME) else "its volume is not known"
        return Caught(inside=True, why=why_not or gone, todo=todo)
    csi = volume.source == "csi"
    if scope.snapshots and (csi or volume.source in _NATIVE):
        return Caught(inside=True, method=DATA_MOVER if csi and scope.moves_data else SNAPSHOT)
    kind = "snapshots are off" if csi else f"not a CSI volume ({plain(volume.source)})"
    if why_not:
        return Caught(inside=True, why=f"{kind}, and {why_not}", todo=todo)
    return Caught(
        inside=True,
        why=f"{kind}, and file-system backup is off",
        todo="set `defaultVolumesToFsBackup: true` in the backup, or move the data to a CSI volume",
    )


def _read(see: Inventory, kind: k.Kind) -> bool:
    """Tell whether a kind was asked for and could be read: only then what is not there is missing."""
    return not see.lacks(kind) and kind.resource not in see.skipped


def _outside(scope: Scope, claim: Claim, see: Inventory) -> str:
    """Say why the claim itself is not in the backup; "" when it is."""
    space = claim.meta.namespace
    if (scope.namespaces and not _any(scope.namespaces, space)) or _any(scope.without_namespaces, space):
        return f"namespace {plain(space)} is not in its backup"
    if not has_resource(scope, _CLAIMS):
        return "its backup leaves out persistentvolumeclaims"
    if claim.meta.labels.get(EXCLUDED) == "true":
        return f"its label {EXCLUDED} leaves it out"
    if not fits(scope, claim.meta.labels) and not _brought(scope, claim, see):
        return "its labels do not fit the backup's selector"
    return ""


def _brought(scope: Scope, claim: Claim, see: Inventory) -> bool:
    """Tell whether a pod that the backup selects brings its claim with it, whatever the claim's labels are."""
    pods = see.pods_of.get(claim.meta.key, ()) if has_resource(scope, _PODS) else ()
    return any(fits(scope, pod.meta.labels) for pod in pods)


def has_resource(scope: Scope, names: frozenset[str]) -> bool:
    """Tell whether objects of a kind, by all the names it goes by, are in the backup."""
    included = {name.lower().partition(".")[0] for name in scope.resources}
    excluded = {name.lower().partition(".")[0] for name in scope.without_resources}
    return not (names & excluded) and (not included or bool(names & included))


def fits(scope: Scope, labels: Mapping[str, str]) -> bool:
    """Tell whether an object with these labels is selected."""
    if scope.any_labels:
        return any(matches(one, labels) for one in scope.any_labels)
    return matches(scope.labels, labels)


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Tell whether a LabelSelector selects an object with these labels; an empty one selects everything."""
    wanted, terms = selector.get("matchLabels"), selector.get("matchExpressions")
    if isinstance(wanted, Mapping) and any(labels.get(str(key)) != str(value) for key, value in wanted.items()):
        return False
    parts = [term for term in terms if isinstance(term, Mapping)] if isinstance(terms, list | tuple) else []
    return all(_holds(term, labels) for term in parts)


def _holds(term: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    values = tuple(str(value) for value in term.get("values") or ())
    return Requirement(str(term.get("key")), str(term.get("operator")), values).holds(labels)


def _by_files(
    scope: Scope, pods: tuple[Pod, ...], asked: list[Pod], agents: frozenset[str] | None, *, known: bool
) -> tuple[bool, str, str]:
    """Tell whether the files are read through a running pod; if they were to be and are not, why, and what to do.

    ``asked`` are those of the claim's pods whose files of it are to be read.
    """
    if not scope.by_file_system and not asked:
        return False, "", ""
    if not has_resource(scope, _PODS):
        return False, "file-system backup needs pods, which its backup leaves out", "add pods to the backup's resources"
    if not known:
        return False, "its pods could not be read", ""
    running = [pod for pod in asked if pod.phase == "Running" and fits(scope, pod.meta.labels)]
    if not running:
        opted_out = scope.by_file_system and pods and not asked
        why = f"its pod leaves it out by {_OPT_OUT}" if opted_out else "no running pod mounts it"
        return False, why, "" if opted_out else "back it up while a pod runs, or move the data to a CSI volume"
    if agents is not None and not any(pod.node in agents for pod in running):
        return False, f"no node agent runs on {plain(running[0].node)}", "let Velero's node agent run on every node"
    return True, "", ""


def _asks(scope: Scope, pod: Pod, claim: str) -> bool:
    name = dict(zip(pod.claims, pod.volumes, strict=False)).get(claim, "")
    noted = pod.meta.annotations
    if scope.by_file_system:
        return not (name and name in _names(noted.get(_OPT_OUT, "")))
    return bool(name) and name in _names(noted.get(_OPT_IN, ""))


def _names(written: str) -> set[str]:
    return {name.strip() for name in written.split(",")}


def _k8up(scope: Scope, claim: Claim) -> Caught:
    if scope.namespaces and claim.meta.namespace not in scope.namespaces:
        return Caught(inside=False, why=f"namespace {plain(claim.meta.namespace)} is not in its backup")
    choice = claim.meta.annotations.get(_K8UP_CHOICE)
    if choice == "false":
        return Caught(inside=False, why=f'its annotation {_K8UP_CHOICE}: "false" leaves it out')
    if not fits(scope, claim.meta.labels):
        return Caught(inside=False, why="its labels do not fit the backup's selector")
    modes = set(claim.modes_granted or claim.modes_asked)
    if choice is None and not modes & {"ReadWriteOnce", "ReadWriteMany"}:
        return Caught(inside=False, why="K8up saves claims that are ReadWriteOnce or ReadWriteMany")
    return Caught(inside=True, method=RESTIC)


def _any(patterns: tuple[str, ...], name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
