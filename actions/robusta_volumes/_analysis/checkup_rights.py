"""Which permissions our workflows lack, and the exact change that gives them: reading for all, writing by Roles. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from robusta_volumes._model.checkup import Check, Host, Status
from robusta_volumes._model.errors import rbac_rule
from robusta_volumes._model.kind import in_a_role
from robusta_volumes._model.needs import NEEDS, Need
from robusta_volumes._model.rights import READING, role_command
from robusta_volumes._model.text import listing

Answers = Mapping[str, bool | None]  # for each verb whether it is allowed; None where nobody could tell


def needs_of(workflows: Iterable[str]) -> tuple[tuple[str, Need], ...]:
    """List the needs of the workflows that exist and are on, each kind once, with all verbs that any of them wants."""
    seen: dict[tuple[str, bool], tuple[str, Need]] = {}
    for workflow in workflows:
        for need in NEEDS.get(workflow, ()):
            first, old = seen.get((need.kind.resource, need.own), (workflow, need))
            verbs = tuple(dict.fromkeys((*old.verbs, *need.verbs)))
            seen[need.kind.resource, need.own] = first, replace(old, verbs=verbs, allow=old.allow or need.allow)
    return tuple(seen.values())


def permission(workflow: str, need: Need, allowed: Answers, host: Host) -> Check:
    """Judge one need by what is allowed in the whole cluster, or for ``need.own`` in Robusta's namespace."""
    name, refused = _name(workflow, need), _refused(allowed)
    says = f"may not {listing(refused)}: {need.feature}"
    if not refused:
        return _not_refused(name, need, [allowed])
    if need.own:
        return Check("permissions", name, Status.MISSING, says, command=_command(need, host, refused, [host.namespace]))
    if READING & set(refused):
        return Check("permissions", name, Status.MISSING, says, rule=rbac_rule(need.kind, "list"))
    says = f"may not {listing(refused)} everywhere, which is right; where it may was not asked: {need.feature}"
    remedy = f"where you want it: {_command(need, host, refused, ['NAMESPACE'])}"
    if not need.kind.namespaced:
        remedy = "no Role can allow it: do it by hand with kubectl"
    return Check("permissions", name, Status.UNKNOWN, says, remedy)


def permission_inside(workflow: str, need: Need, inside: Mapping[str, Answers], host: Host) -> Check:
    """Judge one need where the runner may look into some namespaces only: ``inside`` holds what each of them allows."""
    name = _name(workflow, need)
    if not in_a_role(need.kind):
        return Check("permissions", name, Status.LOST, need.feature)
    lacking = [namespace for namespace, allowed in inside.items() if _refused(allowed)]
    if not lacking:
        return _not_refused(name, need, inside.values())
    refused = list(dict.fromkeys(verb for allowed in inside.values() for verb in _refused(allowed)))
    says = f"may not {listing(refused)} in {listing(lacking)}: {need.feature}"
    return Check("permissions", name, Status.MISSING, says, command=_command(need, host, refused, lacking))


def permission_in(place: str, need: Need, allowed: Answers, host: Host) -> Check:
    """Judge what is looked at in one namespace alone, by a Role, since the settings ask for it."""
    name, refused = f"volumeBackupManagement: {need.kind.resource} in {place}", _refused(allowed)
    if not refused:
        return _not_refused(name, need, [allowed])
    command = role_command([place], [need.allow], host.account, host.namespace)
    says = f"may not {listing(refused)}: {need.feature}"
    return Check("permissions", name, Status.MISSING, says, command=command)


def _name(workflow: str, need: Need) -> str:
    return f"{workflow}: {need.kind.resource}" + (" in Robusta's namespace" if need.own else "")


def _refused(allowed: Answers) -> list[str]:
    return [verb for verb, answer in allowed.items() if answer is False]


def _not_refused(name: str, need: Need, answers: Iterable[Answers]) -> Check:
    if any(answer is None for allowed in answers for answer in allowed.values()):
        return Check("permissions", name, Status.UNKNOWN, f"could not be asked: {need.feature}", "ask again later")
    return Check("permissions", name, Status.OK, need.feature)


def _command(need: Need, host: Host, refused: Iterable[str], namespaces: list[str]) -> str:
    words = [need.allow] if need.allow and (need.own or not set(refused) <= READING) else []
    return role_command(namespaces, words, host.account, host.namespace)
