"""What a volume does now: the kernel's counters read twice, from a container on each node that has it."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from robusta_volumes._analysis.io_probe_ladder import looks
from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.fields import at
from robusta_volumes._cluster.in_time import in_time
from robusta_volumes._cluster.read_holders import holders_of
from robusta_volumes._cluster.read_nodes import node
from robusta_volumes._cluster.read_pods import pod as read_pod
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import check_given
from robusta_volumes._model.asked_performance import ProbeVolumeIo
from robusta_volumes._model.errors import ClusterError, NotFound, SettingsError
from robusta_volumes._model.io_probe_row import Look, ProbeRow
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Claim
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._report.persistent_volume_actions import missing_page
from robusta_volumes._report.probe_volume_io import About, off_page, plan_page, probe_page
from robusta_volumes._workflows.probe_volume_io_exec import probe_in_container
from robusta_volumes._workflows.probe_volume_io_nodes import probe_by_metrics
from robusta_volumes._workflows.probe_volume_io_seen import family_of

_AT_ONCE = 16  # nodes, or claims of a pod
_TRIES = 3  # containers of one node
_REST = 45.0  # seconds beside the windows: to connect, and for what answers late


def probe_volume_io(
    cluster: Cluster,
    asked: ProbeVolumeIo,
    settings: VolumePerformanceAnalysis,
    sleep: Callable[[float], None] = time.sleep,
) -> Page:
    """Look, and tell; or tell how it would be looked at, or why it cannot be.

    Raises SettingsError: when neither a claim nor a pod is named. ClusterError: when claim or pods cannot be read.
    """
    check_given(asked, "namespace")
    if not (asked.name or asked.pod):
        raise SettingsError("action param name", "is needed: the claim; or give pod, for all claims of that pod")
    subject = (
        Subject(k.CLAIM.name, asked.name, asked.namespace) if asked.name else Subject("Pod", asked.pod, asked.namespace)
    )
    try:
        claims = _claims(cluster, asked)
    except NotFound:
        kind = k.CLAIM if asked.name else k.POD
        known = [str(at(o, "metadata", "name")) for o in cluster.find(kind, asked.namespace)]
        return missing_page(subject, "Claim" if asked.name else "Pod", known, asked=True)
    if asked.name:
        subject = replace(subject, labels=dict(claims[0].meta.labels))
    about = About(subject, cluster.name, cluster.now(), settings.probe.seconds, settings.limits)
    if not settings.include_io_metrics:
        return off_page(about)
    found = [look for claim in claims for look in _looks(cluster, claim, asked.pod)]
    about = replace(about, left_out=max(0, len(found) - _AT_ONCE))
    found = found[:_AT_ONCE]
    if asked.dry_run:
        return plan_page(about, found)
    families = {claim.meta.key: family_of(cluster, claim, settings) for claim in claims}
    rows = _rows(cluster, found, settings.probe.seconds, sleep)
    return probe_page(about, [(row, families[row.look.claim.meta.key]) for row in rows])


def seconds_beyond(settings: VolumePerformanceAnalysis) -> float:
    """Give the seconds that a look may take beyond what a run by hand has."""
    return settings.probe.seconds * (_TRIES + 1) + _REST


def _claims(cluster: Cluster, asked: ProbeVolumeIo) -> list[Claim]:
    """Read the claim, or those of the pod. Raises NotFound: when what is named is not there, or has none."""
    if asked.name:
        return [read.claim(cluster.get(k.CLAIM, asked.name, asked.namespace))]
    found = read_pod(cluster.get(k.POD, asked.pod, asked.namespace))
    claims = []
    for name in found.claims:
        with suppress(NotFound):
            claims.append(read.claim(cluster.get(k.CLAIM, name, asked.namespace)))
    if not claims:
        raise SettingsError("action param pod", f"{plain(asked.pod)} has no claim: name one that has")
    return claims


def _looks(cluster: Cluster, claim: Claim, pod: str) -> list[Look]:
    holders = holders_of(cluster, claim)
    nodes = {h.node for h in holders if h.node and not h.over}
    return looks(claim, holders, lost=_lost(cluster, nodes), pod=pod)


def _lost(cluster: Cluster, nodes: set[str]) -> set[str]:
    """Find the nodes that are known not to answer."""
    lost = set()
    for name in sorted(nodes):
        with suppress(ClusterError):  # not seen is not known
            if not node(cluster.get(k.NODE, name)).ready:
                lost.add(name)
    return lost


def _rows(cluster: Cluster, found: Sequence[Look], seconds: int, sleep: Callable[[float], None]) -> list[ProbeRow]:
    jobs = [partial(_row, cluster, look, seconds, sleep) for look in found]
    rows = in_time(jobs, seconds * (_TRIES + 1) + _REST, _AT_ONCE)
    return [
        row if isinstance(row, ProbeRow) else ProbeRow(look, tried=("no answer in time" if row is None else str(row),))
        for look, row in zip(found, rows, strict=True)
    ]


def _row(cluster: Cluster, look: Look, seconds: int, sleep: Callable[[float], None]) -> ProbeRow:
    """Look from one container after the other, until one tells; then at the metrics of the node."""
    row = ProbeRow(look, todo=look.todo, tried=(f"a running pod: {look.why}",) if look.why else ())
    for way in look.execs[:_TRIES]:
        row = probe_in_container(cluster, row, way, seconds)
        if row.io:
            break
    if row.known or not look.node or (row.io and row.io.mount and row.io.mount.anonymous):
        return row
    return probe_by_metrics(cluster, row, seconds, sleep)
