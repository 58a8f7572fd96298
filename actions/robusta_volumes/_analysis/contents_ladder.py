"""How the contents of a claim can be looked at: from a container that has it, else from a pod of our own, else not. Pure."""

from collections.abc import Collection, Sequence

from robusta_volumes._model.contents import Debug, Exec, Inspector, Ways
from robusta_volumes._model.holder import Holder
from robusta_volumes._model.text import code, plain
from robusta_volumes._model.volume import Claim

_ONE_POD = "ReadWriteOncePod"
_ONE_NODE = {"ReadWriteOnce", _ONE_POD}
_NOBODY = 65534  # the user that owns nothing
SYSTEM = frozenset({"kube-system", "kube-public", "kube-node-lease"})
_TRIES = 3  # containers


def ways(
    claim: Claim,
    holders: Sequence[Holder],
    attached: str = "",
    *,
    lost: Collection[str] = (),
    system: bool = False,
    own_user: bool = True,
) -> Ways:
    """Decide. ``attached``: the node to which the volume is attached; ``lost``: the nodes that do not answer.

    ``own_user``: we say as whom the pod runs. On OpenShift the namespace says that; there a user of ours would be refused.
    """
    using = [h for h in holders if not h.over and not h.deleted]
    why, todo = _refusal(claim, using, system=system)
    if why:
        return Ways(why=why, todo=todo)
    execs, no_exec = execs_of(using, lost)
    node, no_pod = _place(claim, using, attached)
    if node in lost:
        no_pod = f"the volume is held by node {plain(node)}, which does not answer"
    inspector = None if no_pod else inspector_of(claim, holders, node, own_user=own_user)
    return Ways(execs, inspector, no_exec=no_exec, no_inspector=no_pod)


def _refusal(claim: Claim, using: Collection[Holder], *, system: bool) -> tuple[str, str]:
    if claim.meta.namespace in SYSTEM and not system:
        todo = "set `contents.systemNamespaces: true` if it is meant"
        return f"{claim.meta.namespace} is the cluster's own namespace, where nothing of ours runs", todo
    if claim.volume_mode == "Block":
        return "it is a raw block device: there are no files", "ask the application that writes to it"
    if claim.meta.deleted:
        return "the claim is being deleted", "look at what holds it: `persistent_volume_actions` tells"
    if claim.phase != "Bound":
        why = f"it is {plain(claim.phase)}: there is no volume to look into"
        return why, "see why with `persistent_volume_actions`; a pod of ours would have a volume made for nothing"
    if any(h.windows for h in using):
        return "a Windows pod uses it, which has none of the commands", "look there: `Get-ChildItem -Recurse`"
    return "", ""


def execs_of(using: Sequence[Holder], lost: Collection[str]) -> tuple[tuple[Exec, ...], str]:
    """List the containers that can be asked, or say why there are none: whole views first, then ready pods."""
    fit = [h for h in using if h.container and (h.path or h.device) and h.running and h.phase == "Running"]
    if fit and all(h.node in lost for h in fit):
        return (), f"pod {code(fit[0].pod)} is on node {plain(fit[0].node)}, which does not answer"
    fit = [h for h in fit if h.node not in lost]
    fit.sort(key=lambda h: (bool(h.sub_path), not h.ready, h.pod, h.container, h.path))
    found: dict[tuple[str, str], Exec] = {}
    for h in fit:
        found.setdefault((h.pod, h.container), Exec(h.namespace, h.pod, h.container, h.path or h.device, h.sub_path))
    if found:
        return tuple(found.values())[:_TRIES], ""
    if not using:
        return (), "no pod uses it"
    return (), f"pod {code(using[0].pod)} mounts it, but no container of it runs"


def debug_of(holders: Sequence[Holder], *, lost: Collection[str] = (), own_user: bool = True) -> Debug | str:
    """Choose the pod to which a container can be added, or say why there is none. It sees the whole volume, read-only."""
    fit = [h for h in holders if h.phase == "Running" and not h.deleted and h.node not in lost and h.volume]
    if not fit:
        return "no pod that uses it runs on a node that answers"
    h = min(fit, key=lambda h: (not h.ready, h.pod, h.container, h.path))
    return Debug(h.namespace, h.pod, h.volume, (h.user or _NOBODY) if own_user else None)


def _place(claim: Claim, using: Sequence[Holder], attached: str) -> tuple[str, str]:
    """Choose the node of a pod of ours; "" when any will do. The second is why there can be none."""
    modes = set(claim.modes_granted or claim.modes_asked)
    if _ONE_POD in modes and using:
        return "", f"only one pod may have it, and pod {plain(using[0].pod)} does"
    if not modes <= _ONE_NODE:
        return "", ""
    nodes = [h.node for h in using if h.node]
    return (nodes[0] if nodes else attached), ""


def inspector_of(claim: Claim, holders: Sequence[Holder], node: str, *, own_user: bool) -> Inspector:
    """Describe the pod: it runs as whoever owns the files, as far as that is known, and never as root."""
    users = [h.user for h in holders if h.user]
    groups = dict.fromkeys(h.group for h in holders if h.group is not None)
    user = (users[0] if users else _NOBODY) if own_user else None
    return Inspector(claim.meta.namespace, claim.meta.name, claim.meta.uid, node, user, tuple(groups))
