"""The preflight: what will not work in this cluster, and why. Reads only, and asks the API server what it would allow."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import Protocol

from robusta_volumes._analysis import checkup
from robusta_volumes._analysis.checkup_rights import needs_of, permission, permission_in, permission_inside
from robusta_volumes._cluster import read_velero
from robusta_volumes._cluster.backups import USUAL, velero_namespace
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.state import NAME as STATE
from robusta_volumes._model.checkup import Check, Host, Status
from robusta_volumes._model.errors import ClusterError, NotFound, NotInstalled
from robusta_volumes._model.kind import CLAIM, CONFIG_MAP, VELERO_LOCATION, in_a_role
from robusta_volumes._model.needs import NEEDS, Need
from robusta_volumes._model.needs_backups import BACKUP_LOOKS
from robusta_volumes._report.checkup import checkup_page
from robusta_volumes._report.page import Page

_NOBODY = "robusta-volumes-doctor"  # a name that no object has: asking for it tells whether the kind is served


class Metrics(Protocol):
    """What the doctor asks of Prometheus."""

    def present(self, names: Collection[str]) -> set[str]:
        """Give those of ``names`` that have samples. Raises ClusterError: when Prometheus does not answer."""
        ...


def robusta_volumes_doctor(cluster: Cluster, host: Host, metrics: Metrics | None) -> Page:
    """Look at settings, playbooks, permissions, kinds, Prometheus and Robusta's version.

    Raises ClusterError: when the API server does not answer at all.
    """
    checks = [*checkup.settings(host), *checkup.playbooks(host)]
    needs = needs_of(key for key in NEEDS if key not in host.switched_off)
    scoped = host.namespaces if host.namespaces and _may(cluster, "list", Need(CLAIM, (), "")) is False else ()
    served = {need.kind.resource: _served(cluster, need, host, scoped) for _, need in needs}
    rights = _rights(cluster, [n for n in needs if served[n[1].kind.resource] is not False], host, scoped)
    checks += [*rights, *_lists(cluster, host)]
    lost = {check.name for check in rights if check.status == Status.LOST}
    checks += checkup.kinds((n for w, n in needs if f"{w}: {n.kind.resource}" not in lost), served)
    checks += _metrics(metrics, host)
    checks += checkup.version(host)
    checks += checkup.signing(host)
    return checkup_page(checks, cluster.name)


def _served(cluster: Cluster, need: Need, host: Host, scoped: tuple[str, ...]) -> bool | None:
    """Tell whether the API server knows a kind; None when that cannot be told."""
    place = (*scoped, host.namespace)[0] if not need.own else host.namespace
    name = STATE if need.own else _NOBODY
    try:
        cluster.get(need.kind, name, place if need.kind.namespaced else None)
    except NotInstalled:
        return False
    except NotFound:
        return True
    except ClusterError:
        return None  # RBAC answers before it looks, so a refusal does not tell whether the kind is there
    return True


def _rights(
    cluster: Cluster, needs: Iterable[tuple[str, Need]], host: Host, scoped: tuple[str, ...]
) -> tuple[Check, ...]:
    """Ask for each need what is allowed: everywhere, and where that is not meant to be, in the namespaces to read."""
    found = []
    for workflow, need in needs:
        allowed = {verb: _may(cluster, verb, need, host.namespace if need.own else None) for verb in need.verbs}
        if scoped and not need.own and False in allowed.values():
            places = scoped if in_a_role(need.kind) else ()
            inside = {place: {verb: _may(cluster, verb, need, place) for verb in need.verbs} for place in places}
            found.append(permission_inside(workflow, need, inside, host))
        else:
            found.append(permission(workflow, need, allowed, host))
    return tuple(found)


def _lists(cluster: Cluster, host: Host) -> Iterable[Check]:
    """Ask for what readVolumeInfos needs where Velero is, its volume policies among it; nothing where it is switched off."""
    if not host.reads_lists:
        return
    place = host.velero or USUAL
    if not host.velero:
        with suppress(ClusterError):
            place = velero_namespace(cluster.find(VELERO_LOCATION, slim=read_velero.location), []) or USUAL
    for need in dict.fromkeys(change.need for change in BACKUP_LOOKS):
        allowed = {verb: _may(cluster, verb, need, place) for verb in need.verbs}
        yield permission_in(place, need, allowed, host)


def _may(cluster: Cluster, verb: str, need: Need, namespace: str | None = None) -> bool | None:
    """Ask for one verb. The one object that is ours is asked for by name, as its Role has it; what it creates has none."""
    name = STATE if need.own and need.kind == CONFIG_MAP and verb != "create" else ""
    try:
        return cluster.allowed(verb, need.kind, namespace, name)
    except ClusterError:
        return None


def _metrics(metrics: Metrics | None, host: Host) -> tuple[Check, ...]:
    if metrics is None:
        return checkup.metrics(None, host.prometheus_url, "no Prometheus was found")
    try:
        return checkup.metrics(metrics.present(tuple(checkup.METRICS)), host.prometheus_url, "")
    except ClusterError as error:
        return checkup.metrics(None, host.prometheus_url, f"{host.prometheus_url} does not answer: {error}")
