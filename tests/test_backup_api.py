"""The groups of backup tools over HTTP: there when asked for, and who may write a status."""

from typing import Any

import pytest
import requests

from robusta_volumes._cluster.store import Store
from robusta_volumes._sandbox.api_kinds import K8UP, VELERO, VOLSYNC
from robusta_volumes._sandbox.api_server import ApiServer

VELERO_BACKUPS = "/apis/velero.io/v1/namespaces/velero/backups"
K8UP_BACKUPS = "/apis/k8up.io/v1/namespaces/shop/backups"


def made(api_version: str) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": "Backup", "metadata": {"name": "b"}, "spec": {}}


def test_a_cluster_without_the_tools_serves_none_of_their_groups() -> None:
    with ApiServer(Store()) as server:
        groups = {group["name"] for group in requests.get(f"{server.url}/apis", timeout=5).json()["groups"]}
        assert not groups & {"velero.io", "k8up.io", "volsync.backube"}
        assert requests.get(server.url + VELERO_BACKUPS, timeout=5).status_code == 404


def test_with_them_installed_their_lists_are_empty_and_velero_has_two_versions() -> None:
    with ApiServer(Store(), more=(*VELERO, *K8UP, *VOLSYNC)) as server:
        assert requests.get(server.url + VELERO_BACKUPS, timeout=5).json()["items"] == []
        assert requests.get(server.url + K8UP_BACKUPS, timeout=5).json()["items"] == []
        found = requests.get(f"{server.url}/apis/velero.io", timeout=5).json()
        assert [version["version"] for version in found["versions"]] == ["v1", "v2alpha1"]
        uploads = requests.get(f"{server.url}/apis/velero.io/v2alpha1/datauploads", timeout=5)
        assert uploads.json()["items"] == []


@pytest.mark.parametrize(
    ("path", "api_version", "status"),
    [(VELERO_BACKUPS, "velero.io/v1", {"phase": "Completed"}), (K8UP_BACKUPS, "k8up.io/v1", None)],
    ids=["velero", "k8up"],
)
def test_whoever_makes_a_backup_of_velero_may_write_its_status_and_not_one_of_k8up(
    path: str, api_version: str, status: dict[str, str] | None
) -> None:
    body = {**made(api_version), "status": {"phase": "Completed"}}
    with ApiServer(Store(), more=(*VELERO, *K8UP)) as server:
        assert requests.post(server.url + path, json=body, timeout=5).json().get("status") == status
        assert requests.get(f"{server.url}{path}/b/status", timeout=5).status_code == (404 if status else 200)


def test_a_tool_may_be_installed_while_the_cluster_runs() -> None:
    with ApiServer(Store()) as server:
        assert requests.get(server.url + VELERO_BACKUPS, timeout=5).status_code == 404
        server.install(VELERO)
        assert requests.get(server.url + VELERO_BACKUPS, timeout=5).status_code == 200
