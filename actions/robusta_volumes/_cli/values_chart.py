"""What we must know of Robusta's own chart: facts that its values and templates decide, and that a copy would lose."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from robusta_volumes._model.warnings import (
    CHART_ACTION,
    CHART_EXCLUDE,
    CHART_PLAYBOOK,
    CHART_SINK,
    CHART_TRIGGER,
)

CHART = "2026-08-16"  # the day of the chart that these facts were read from; Robusta 0.53

# Actions that the chart lets authenticated UI users run. A list: whoever writes `lightActions` replaces all of it.
DEFAULT_LIGHT_ACTIONS = (
    "related_pods",
    "prometheus_enricher",
    "add_silence",
    "delete_pod",
    "delete_silence",
    "get_silences",
    "logs_enricher",
    "pod_events_enricher",
    "deployment_events_enricher",
    "job_events_enricher",
    "job_pod_enricher",
    "get_resource_yaml",
    "node_cpu_enricher",
    "node_disk_analyzer",
    "node_running_pods_enricher",
    "node_allocatable_resources_enricher",
    "node_status_enricher",
    "node_graph_enricher",
    "oomkilled_container_graph_enricher",
    "pod_oom_killer_enricher",
    "oom_killer_enricher",
    "volume_analysis",
    "python_profiler",
    "pod_ps",
    "python_memory",
    "debugger_stack_trace",
    "python_process_inspector",
    "prometheus_alert",
    "alertmanager_alert",
    "create_pvc_snapshot",
    "resource_events_enricher",
    "delete_job",
    "list_resource_names",
    "node_dmesg_enricher",
    "status_enricher",
    "krr_scan",
    "popeye_scan",
    "handle_alertmanager_event",
    "drain",
    "cordon",
    "uncordon",
    "rollout_restart",
    "ask_holmes",
    "prometheus_all_available_metrics",
    "prometheus_get_series",
    "prometheus_get_label_names",
    "holmes_conversation",
    "holmes_issue_chat",
    "holmes_chat",
    "holmes_oauth",
    "list_pods",
    "kubectl_describe",
    "fetch_resource_yaml",
    "fetch_resource_events",
    "fetch_crds",
    "fetch_cr_instances",
)

# What the chart's own ClusterRole lets the runner list already, by resource. VolumeSnapshots only where their CRD was
# there when the chart was rendered, so they are not counted.
ALREADY_ALLOWED = frozenset(
    {
        "persistentvolumeclaims",
        "persistentvolumes",
        "nodes",
        "namespaces",
        "pods",
        "events",
        "deployments.apps",
        "statefulsets.apps",
        "daemonsets.apps",
        "replicasets.apps",
        "jobs.batch",
        "cronjobs.batch",
    }
)

# What the runner itself reads to start and to find the objects that events are about (its read-only mode, cut down to
# what playbooks of ours meet).
RUNNER_READS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("", ("configmaps", "endpoints", "events", "namespaces", "nodes", "persistentvolumeclaims", "persistentvolumes")),
    ("", ("pods", "pods/log", "pods/status", "replicationcontrollers", "serviceaccounts", "services")),
    ("apiextensions.k8s.io", ("customresourcedefinitions",)),
    ("apps", ("daemonsets", "deployments", "replicasets", "statefulsets")),
    ("autoscaling", ("horizontalpodautoscalers",)),
    ("batch", ("cronjobs", "jobs")),
    ("events.k8s.io", ("events",)),
    ("networking.k8s.io", ("ingresses", "networkpolicies")),
    ("policy", ("poddisruptionbudgets",)),
    ("rbac.authorization.k8s.io", ("clusterrolebindings", "clusterroles", "rolebindings", "roles")),
)
RUNNER_STATE = "scheduled-jobs"  # the ConfigMap in Robusta's namespace where its scheduler remembers


@dataclass(frozen=True)
class Chart:
    """What a chart brings by itself, as far as values of the user replace or double it."""

    called: str
    light_actions: tuple[str, ...]
    platform_playbooks: tuple[Any, ...]


STOCK = Chart(
    f"of {CHART}",
    DEFAULT_LIGHT_ACTIONS,
    (
        {
            "name": CHART_PLAYBOOK,
            "triggers": [{CHART_TRIGGER: {"exclude": list(CHART_EXCLUDE)}}],
            "actions": [{CHART_ACTION: {}}],
            "sinks": [CHART_SINK],
        },
    ),
)


def chart_of(values: Mapping[str, Any]) -> Chart | None:
    """Read what ``helm show values`` prints of the chart in use; None when these are not the values of Robusta's chart."""
    light, platform = values.get("lightActions"), values.get("platformPlaybooks")
    if not isinstance(light, list) or not isinstance(platform, list):
        return None
    return Chart("in use", tuple(str(name) for name in light), tuple(platform))
