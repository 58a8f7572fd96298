"""The preflight: what will not work in this cluster, and why. Reads only, and asks the API server what it would allow."""

from collections.abc import Collection
from typing import Protocol

from robusta_volumes._analysis import checkup
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._model.checkup import Check, Host
from robusta_volumes._model.errors import ClusterError, NotFound, NotInstalled
from robusta_volumes._model.needs import NEEDS, Need
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
    needs = checkup.needs_of(key for key in NEEDS if key not in host.switched_off)
    served = {need.kind.resource: _served(cluster, need, host) for _, need in needs}
    for workflow, need in needs:
        if served[need.kind.resource] is not False:  # nobody needs rights on what is not there
            checks.append(checkup.permission(workflow, need, _allowed(cluster, need, host)))
    checks += checkup.kinds((need for _, need in needs), served)
    checks += _metrics(metrics, host)
    checks += checkup.version(host)
    return checkup_page(checks, cluster.name)


def _served(cluster: Cluster, need: Need, host: Host) -> bool | None:
    """Tell whether the API server knows a kind; None when that cannot be told."""
    try:
        cluster.get(need.kind, _NOBODY, host.namespace if need.kind.namespaced else None)
    except NotInstalled:
        return False
    except NotFound:
        return True
    except ClusterError:
        return None  # RBAC answers before it looks, so a refusal does not tell whether the kind is there
    return True


def _allowed(cluster: Cluster, need: Need, host: Host) -> dict[str, bool | None]:
    found: dict[str, bool | None] = {}
    for verb in need.verbs:
        try:
            found[verb] = cluster.allowed(verb, need.kind, host.namespace if need.own else None)
        except ClusterError:
            found[verb] = None
    return found


def _metrics(metrics: Metrics | None, host: Host) -> tuple[Check, ...]:
    if metrics is None:
        return checkup.metrics(None, host.prometheus_url, "no Prometheus was found")
    try:
        return checkup.metrics(metrics.present(tuple(checkup.METRICS)), host.prometheus_url, "")
    except ClusterError as error:
        return checkup.metrics(None, host.prometheus_url, f"{host.prometheus_url} does not answer: {error}")
