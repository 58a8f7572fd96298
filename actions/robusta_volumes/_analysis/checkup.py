"""What is missing for our workflows in a cluster, and the exact change that would bring it. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from robusta_volumes._analysis.overlap import overlaps
from robusta_volumes._model.checkup import Check, Host, Playbook, Status
from robusta_volumes._model.needs import CHANGES, Need
from robusta_volumes._model.renames import RENAMED_ACTIONS, RenamedAction
from robusta_volumes._model.text import listing

TESTED = ((0, 53),)  # minor versions of Robusta that our end-to-end tests run
ACTIONS: Mapping[str, tuple[str, ...]] = {"persistentVolumeActions": ("persistent_volume_actions",)}
# metric -> (whose it is, what it is for, how to get it)
METRICS: Mapping[str, tuple[str, str, str]] = {
    "kubelet_volume_stats_used_bytes": (
        "kubelet",
        "how full volumes are",
        "scrape the kubelets (kube-prometheus-stack: kubelet.enabled: true)",
    ),
    "kubelet_volume_stats_inodes_used": (
        "kubelet",
        "inodes",
        "scrape the kubelets (kube-prometheus-stack: kubelet.enabled: true)",
    ),
    "kube_persistentvolumeclaim_info": (
        "kube-state-metrics",
        "which claim uses which volume",
        "enable kube-state-metrics (kube-prometheus-stack: kubeStateMetrics.enabled: true)",
    ),
    "node_disk_io_time_seconds_total": (
        "node_exporter",
        "device load",
        "enable the node exporter (kube-prometheus-stack: nodeExporter.enabled: true)",
    ),
    "container_fs_writes_total": (
        "cAdvisor",
        "I/O per pod",
        "scrape cAdvisor (kube-prometheus-stack: kubelet.serviceMonitor.cAdvisor: true)",
    ),
}


def kinds(needs: Iterable[Need], served: Mapping[str, bool | None]) -> tuple[Check, ...]:
    """Judge which kinds the API server serves, by resource name."""
    found = []
    for need in needs:
        kind = need.kind
        state = served.get(kind.resource)
        says = f"{kind.api_version}: {need.feature}"
        if state is None:
            remedy = "give the permission to get it, then ask again"
            found.append(Check("kinds", kind.plural, Status.UNKNOWN, f"could not be told: {says}", remedy))
        elif state:
            found.append(Check("kinds", kind.plural, Status.OK, says))
        elif need.without == "-":
            found.append(Check("kinds", kind.plural, Status.OK, f"not served, and not needed: {says}"))
        elif need.without:
            found.append(Check("kinds", kind.plural, Status.MISSING, f"not served: {says}", need.without))
        else:
            remedy = "install the CRDs of the CSI snapshotter" if "snapshot" in kind.group else "upgrade Kubernetes"
            found.append(Check("kinds", kind.plural, Status.MISSING, f"not served, so not used: {says}", remedy))
    return tuple(found)


def metrics(seen: Collection[str] | None, url: str, why: str) -> tuple[Check, ...]:
    """Judge Prometheus: ``seen`` are the names of METRICS that have samples, None when it did not answer."""
    if seen is None:
        remedy = "set `globalConfig.prometheus_url` to where Prometheus listens inside the cluster"
        status = Status.UNKNOWN if url else Status.MISSING
        return (Check("prometheus", "reachable", status, why or "no Prometheus was found", remedy),)
    found = [Check("prometheus", "reachable", Status.OK, url)]
    for name, (whose, what, remedy) in METRICS.items():
        status = Status.OK if name in seen else Status.MISSING
        found.append(Check("prometheus", f"{whose}: {name}", status, what, "" if name in seen else remedy))
    return tuple(found)


def settings(host: Host) -> tuple[Check, ...]:
    """Judge the Helm block: whether it is there, in the effective place, and valid."""
    found = []
    if host.block_given:
        found.append(Check("settings", "globalConfig.workflows", Status.OK, "the block is in the effective place"))
    else:
        says = "nothing stands below globalConfig.workflows, so the defaults hold"
        remedy = (
            "put the block `workflows` below `globalConfig` if you wrote it elsewhere: the chart ignores other places"
        )
        found.append(Check("settings", "globalConfig.workflows", Status.UNKNOWN, says, remedy))
    for key, errors in host.problems.items():
        found += [Check("settings", key or e.path, Status.MISSING, str(e), "correct it and upgrade") for e in errors]
    found += [Check("settings", key, Status.OK, "switched off (enabled: false)") for key in host.switched_off]
    return tuple(found)


def playbooks(
    host: Host,
    everything: Mapping[str, tuple[str, ...]] = ACTIONS,
    renamed: Sequence[RenamedAction] = RENAMED_ACTIONS,
) -> tuple[Check, ...]:
    """Judge whether our playbooks are enabled, and which of the others tell the same story twice."""
    if host.active is None:
        return (
            Check(
                "playbooks",
                "active playbooks",
                Status.UNKNOWN,
                "the runner's configuration cannot be read",
                "look at its log",
            ),
        )
    found = [*_old_names(host.active, renamed)]
    host = _with_new_names(host, renamed)
    active = host.active or ()
    for workflow, actions in everything.items():
        if workflow in host.switched_off:
            continue
        ours = [p for p in active if set(actions) & set(p.actions)]
        triggers = sorted({t for p in ours for t in p.triggers})
        if ours:
            found.append(Check("playbooks", workflow, Status.OK, f"started by {listing(triggers, 8)}"))
        else:
            file = f"playbooks/{actions[0]}.yaml"
            says = "no playbook starts it: it answers only when run by hand"
            found.append(
                Check("playbooks", workflow, Status.MISSING, says, f"add the entries of {file} to `customPlaybooks`")
            )
    return (*found, *_overlaps(active), *_buttons(host))


def _old_names(active: Iterable[Playbook], renamed: Iterable[RenamedAction]) -> list[Check]:
    named = {name for playbook in active for name in playbook.actions}
    remedy = "write the new name in your playbooks"
    return [Check("playbooks", one.old, Status.UNKNOWN, one.notice, remedy) for one in renamed if one.old in named]


def _with_new_names(host: Host, renamed: Iterable[RenamedAction]) -> Host:
    """Read playbooks and light actions as if they were written today."""
    new = {one.old: one.new for one in renamed}
    active = tuple(replace(p, actions=tuple(new.get(a, a) for a in p.actions)) for p in host.active or ())
    listed = None if host.light_actions is None else tuple(new.get(a, a) for a in host.light_actions)
    return replace(host, active=active, light_actions=listed)


def _overlaps(active: Sequence[Playbook]) -> list[Check]:
    ours = {name for names in ACTIONS.values() for name in names}
    return [
        Check("playbooks", "overlap", Status.MISSING, found.says, found.remedy, values=found.values)
        for found in overlaps(active, ours)
    ]


def _buttons(host: Host) -> list[Check]:
    if host.light_actions is None:
        return []
    unsafe = list(dict.fromkeys(change.action for change in CHANGES if change.action in host.light_actions))
    if unsafe:
        says = f"whoever is signed in to the UI may run {listing(unsafe)} without a signature"
        remedy = "take out of `lightActions` what changes something"
        return [Check("playbooks", "lightActions", Status.MISSING, says, remedy)]
    missing = [name for names in ACTIONS.values() for name in names if name not in host.light_actions]
    if not missing:
        return [Check("playbooks", "lightActions", Status.OK, "people may run our reports from the UI")]
    says = f"the UI cannot run {listing(missing)} without a signature"
    remedy = "add it to `lightActions`; the list replaces the chart's own, so copy that first"
    return [Check("playbooks", "lightActions", Status.UNKNOWN, says, remedy)]


def version(host: Host) -> tuple[Check, ...]:
    """Judge Robusta's version against those that were tested."""
    numbers = tuple(int(part) for part in host.version.split(".")[:2] if part.isdigit())
    tested = ", ".join(f"{major}.{minor}" for major, minor in TESTED)
    if len(numbers) < 2:  # noqa: PLR2004 (major and minor)
        return (Check("robusta", "version", Status.UNKNOWN, "could not be found out", f"tested with {tested}"),)
    if numbers in TESTED:
        return (Check("robusta", "version", Status.OK, f"{host.version}, tested"),)
    return (
        Check(
            "robusta", "version", Status.UNKNOWN, f"{host.version} was not tested; {tested} was", "tell us how it goes"
        ),
    )


def signing(host: Host) -> tuple[Check, ...]:
    """Judge whether signed requests can be told from others: what is not in lightActions runs with a signature only."""
    if host.signing_key:
        return (Check("robusta", "signing_key", Status.OK, "set: signed requests and buttons work"),)
    if host.signing_key is None:
        says = "the runner's configuration cannot be read"
        return (Check("robusta", "signing_key", Status.UNKNOWN, says, "look at its log"),)
    says = "not set: what is not in `lightActions` cannot be run from the UI, and messages have no buttons"
    remedy = "set `globalConfig.signing_key` to a random UUID, as `robusta gen-config` does"
    return (Check("robusta", "signing_key", Status.MISSING, says, remedy),)
