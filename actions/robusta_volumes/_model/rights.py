"""How a refusal is lifted: reading by a rule for the whole cluster, all else by a Role in one namespace, never more."""

import re
from collections.abc import Sequence

from robusta_volumes._model.errors import rbac_rule
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.needs import CHANGES, NEEDS
from robusta_volumes._model.text import quoted

ACCOUNT = "robusta-runner-service-account"  # of a release called robusta, as in Robusta's installation guide
HOME = "robusta"  # the namespace of that account
READING = frozenset({"get", "list", "watch"})
_COMMAND = "python -m robusta_volumes._cli permissions"
_PLACE = "# in Robusta's Helm values, below runner.customClusterRoleRules:"  # a comment: the whole can be pasted
_USER = re.compile(r"system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]+)")


def account_in(message: str) -> tuple[str, str]:
    """Read from a refusal whom it refused: (namespace, name) of the account; the usual one when it does not say."""
    found = _USER.search(message)
    return (found[1], found[2]) if found else (HOME, ACCOUNT)


def role_command(namespaces: Sequence[str], words: Sequence[str] = (), account: str = ACCOUNT, home: str = HOME) -> str:
    """Give the command that makes Roles in these namespaces: they read there, or allow what ``words`` mean."""
    parts = [_COMMAND, *(f"-n {quoted(namespace)}" for namespace in namespaces)]
    parts += [f"--allow {quoted(','.join(words))}"] if words else []
    parts += [f"--account {quoted(account)}"] if account != ACCOUNT else []
    parts += [f"--home {quoted(home)}"] if home != HOME else []
    return f"{' '.join(parts)} | kubectl apply -f -"


def allowing(kind: Kind, verb: str, namespace: str | None = None, user: str = "", word: str = "") -> str:
    """Say what would allow ``user`` what was refused.

    A rule for the ClusterRole only where it reads, and not what we keep in Robusta's own namespace. Otherwise a
    sentence, and below it a command, for one namespace. ``word`` is the one that the action is for, where several allow it.
    """
    seen = _USER.fullmatch(user)
    home, account = seen.groups() if seen else (HOME, ACCOUNT)
    needs = [n for wanted in NEEDS.values() for n in wanted if n.kind.resource == kind.resource]
    own = bool(needs) and all(need.own for need in needs)
    changes = [c.need for c in CHANGES if c.need.kind.resource == kind.resource and verb in c.need.verbs]
    changes.sort(key=lambda need: need.allow != word)
    if verb in READING and not own and not changes:  # to "get" pods/exec runs a command: that is no reading
        return f"{_PLACE}\n{rbac_rule(kind, verb)}"
    if changes and not kind.namespaced:
        by_name = role_command((), [changes[0].allow], account, home).replace(" | ", " --volume NAME | ")
        return f"{kind.resource} lie in no namespace. Allow it for one that you name, by a ClusterRole:\n{by_name}"
    if not kind.namespaced:
        return (
            f"{kind.resource} lie in no namespace, so no Role can allow to {verb} them, and nothing of ours is allowed "
            "that for the whole cluster: do it yourself with kubectl."
        )
    place = home if own else namespace or "NAMESPACE"
    says = f"Allow it in namespace {place} alone, by a Role:"
    given = next((need.allow for need in (*needs, *changes) if need.allow and verb in need.verbs), "")
    if given:
        return f"{says}\n{role_command([place], [given], account, home)}"
    plural, _, subresource = kind.plural.partition("/")
    resource = plural + (f".{kind.group}" if kind.group else "") + (f"/{subresource}" if subresource else "")
    name = f"robusta-volumes-{verb}-{kind.plural.replace('/', '-')}"
    return (
        f"{says}\nkubectl -n {quoted(place)} create role {name} --verb={verb} --resource={resource} && "
        f"kubectl -n {quoted(place)} create rolebinding {name} --role={name} --serviceaccount={home}:{account}"
    )
