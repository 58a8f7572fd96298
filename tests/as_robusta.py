"""What tests need of Robusta's own side: its triggers, the events that they build, and a cluster that its client sees."""

import contextlib
import copy
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kubernetes import client, config
from robusta.core.playbooks.trigger import Trigger
from robusta.integrations.kubernetes.base_triggers import IncomingK8sEventPayload, K8sTriggerEvent
from robusta.integrations.prometheus.models import PrometheusAlert
from robusta.integrations.prometheus.trigger import PrometheusTriggerEvent
from robusta.patch.patch import create_monkey_patches

from robusta_volumes._sandbox.api_server import ApiServer

create_monkey_patches()  # the runner's first step, too: without it no event that lacks eventTime can be read


def posted(body: Mapping[str, Any]) -> Any:
    """Make of what the forwarder posts what Robusta asks its triggers with."""
    return K8sTriggerEvent(k8s_payload=IncomingK8sEventPayload(**copy.deepcopy(body["data"])))


def fired(on: str, body: Mapping[str, Any], **params: object) -> Any:
    """Give the event that this trigger makes of what the forwarder posts; it must fire."""
    trigger, event = Trigger(**{on: params}).get(), posted(body)
    assert trigger.should_fire(event, "playbook", {})
    return trigger.build_execution_event(event, defaultdict(list), {})


def alerted(labels: Mapping[str, str], annotations: Mapping[str, str] | None = None) -> Any:
    """Give the event that Robusta makes of an alert with these labels."""
    alert = PrometheusAlert(
        startsAt="2026-01-01T00:00:00Z",
        endsAt="0001-01-01T00:00:00Z",
        generatorURL="",
        status="firing",
        labels={"alertname": "KubePersistentVolumeFillingUp", **labels},
        annotations=dict(annotations or {}),
    )
    trigger, event = Trigger(on_prometheus_alert={}).get(), PrometheusTriggerEvent(alert=alert)
    assert trigger.should_fire(event, "playbook", {})
    return trigger.build_execution_event(event, defaultdict(list), {})


@contextlib.contextmanager
def seen_by_robusta(server: ApiServer, folder: Path) -> Iterator[ApiServer]:
    """Make a sandbox the cluster of Robusta's Kubernetes client, and not whatever the machine's own kubeconfig names."""
    before = client.Configuration.get_default_copy()
    with server:
        config.load_kube_config(str(server.kubeconfig(folder / "kubeconfig")))
        try:
            yield server
        finally:
            client.Configuration.set_default(before)
