"""What the runner knows of itself: its version, its configuration file, its Prometheus."""

import os
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml
from pydantic.v1 import ValidationError
from robusta.core.model.base_params import PrometheusParams
from robusta.core.model.env_vars import (
    INSTALLATION_NAMESPACE,
    PLAYBOOKS_CONFIG_FILE_PATH,
    RUNNER_SERVICE_ACCOUNT,
    RUNNER_VERSION,
)
from robusta.integrations.prometheus.utils import PrometheusDiscovery

from robusta_volumes._analysis.overlap import playbook_of
from robusta_volumes._cluster.live_prometheus import shown
from robusta_volumes._model.checkup import Host
from robusta_volumes._model.settings import WORKFLOWS, read_settings, snake


def host_of(workflows: object) -> Host:
    """Gather what the doctor needs to know of the process that it runs in."""
    settings = read_settings(workflows)
    config, backups = _config(), settings.volume_backup_management
    return Host(
        version=_version(),
        namespace=INSTALLATION_NAMESPACE,
        account=RUNNER_SERVICE_ACCOUNT,
        namespaces=settings.persistent_volume_actions.namespaces,
        block_given=workflows is not None,
        problems=settings.problems,
        switched_off=tuple(key for key in WORKFLOWS if not getattr(settings, snake(key)).enabled),
        active=None if config is None else tuple(playbook_of(p) for p in config.get("active_playbooks") or ()),
        light_actions=None if config is None else tuple(str(a) for a in config.get("light_actions") or ()),
        signing_key=None if config is None else bool((config.get("global_config") or {}).get("signing_key")),
        prometheus_url=_prometheus_url(config),
        reads_lists=backups.enabled and backups.read_volume_infos,
        velero=backups.velero_namespace,
    )


def global_config() -> dict[str, Any]:
    """Give `globalConfig` as the runner's file has it; empty when that cannot be read."""
    found = (_config() or {}).get("global_config")
    return found if isinstance(found, dict) else {}


def global_keys() -> frozenset[str] | None:
    """Name the keys of globalConfig; None when the runner's configuration file cannot be read."""
    config = _config()
    return None if config is None else frozenset(config.get("global_config") or {})


def _version() -> str:
    try:
        return version("robusta-api")
    except PackageNotFoundError:
        return str(RUNNER_VERSION)  # "unknown" unless the image says it


def _config() -> dict[str, Any] | None:
    """Read the runner's configuration file, as it was given; None when that is not possible."""
    try:
        found = yaml.safe_load(Path(PLAYBOOKS_CONFIG_FILE_PATH or os.devnull).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return None
    return found if isinstance(found, dict) else None


def _prometheus_params(config: Mapping[str, Any]) -> PrometheusParams | None:
    try:
        return PrometheusParams(**config)
    except ValidationError:
        return None  # Robusta's own keys are wrong: its log says which


def _prometheus_url(config: Mapping[str, Any] | None) -> str:
    params = _prometheus_params((config or {}).get("global_config") or {})
    if params and params.prometheus_url:
        return shown(str(params.prometheus_url))  # people will read it
    found = PrometheusDiscovery.find_prometheus_url()
    return shown(str(found)) if found else ""
