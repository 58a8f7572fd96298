"""The embedded API server answers what a real one was recorded to answer, to real clients over HTTP."""

import http.client
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from robusta_volumes._cluster.store import Store, load
from robusta_volumes._model.kind import CLAIM, CONFIG_MAP, NAMESPACE, QUOTA, SNAPSHOT, VOLUME, Kind
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.rbac import Access

RECORDED = Path(__file__).parent / "clusters"
NOBODY = "system:serviceaccount:shop:nobody"
CORE = "/api/v1"
CLAIMS = f"{CORE}/namespaces/shop/persistentvolumeclaims"
SNAPSHOTS = "/apis/snapshot.storage.k8s.io/v1/namespaces/{}/volumesnapshots"
REVIEWS = "/apis/authorization.k8s.io/v1"
MERGE = "application/merge-patch+json"
OBJECTS = load(RECORDED / "after")


def refused(name: str) -> Any:
    return json.loads((RECORDED / "refused" / f"{name}.json").read_text())


def claim(name: str, size: str = "1Gi", **spec: Any) -> dict[str, Any]:
    given = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **spec}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": given}


def snapshot(name: str, **source: str) -> dict[str, Any]:
    metadata = {"name": name}
    api_version = f"{SNAPSHOT.group}/v1"
    return {"apiVersion": api_version, "kind": "VolumeSnapshot", "metadata": metadata, "spec": {"source": source}}


def size_change(size: str) -> dict[str, Any]:
    return {"spec": {"resources": {"requests": {"storage": size}}}}


class Client:
    """Speaks plain HTTP to the server, with its token."""

    def __init__(self, server: ApiServer) -> None:
        self.server = server
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer {server.token}"

    def __call__(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> requests.Response:
        data = None if body is None else json.dumps(body)
        url = self.server.url + path
        return self.http.request(method, url, data=data, headers={"Content-Type": kind}, timeout=5)

    def get(self, path: str) -> Any:
        return self("GET", path).json()


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with ApiServer(Store(OBJECTS)) as running:
        yield running


@pytest.fixture
def ask(server: ApiServer) -> Client:
    return Client(server)


def test_refused_requests_get_the_recorded_bodies(ask: Client) -> None:
    good = SNAPSHOTS.format("shop") + "/orders-good"
    tight = f"{CORE}/namespaces/tight/persistentvolumeclaims"
    old_claim = {"persistentVolumeClaimName": "data-orders-db-0"}
    answers = {
        "already-exists": ask("POST", SNAPSHOTS.format("shop"), snapshot("orders-good", **old_claim)),
        "bad-quantity": ask("POST", CLAIMS, claim("odd", "ten gigs")),
        "delete-uid-precondition": ask(
            "DELETE", good, {"preconditions": {"uid": "00000000-0000-0000-0000-000000000000"}}
        ),
        "delete-rv-precondition": ask("DELETE", good, {"preconditions": {"resourceVersion": "1"}}),
        "expand-not-allowed": ask("PATCH", f"{CLAIMS}/fixed", size_change("2Gi"), MERGE),
        "object-not-found": ask("GET", f"{CLAIMS}/ghost"),
        "namespace-not-found": ask("GET", f"{CORE}/namespaces/nowhere/persistentvolumeclaims/ghost"),
        "quota-pvc": ask("POST", tight, claim("more", "2Gi", storageClassName="csi-hp")),
        "quota-snapshot": ask(
            "POST", SNAPSHOTS.format("tight"), snapshot("q2", persistentVolumeClaimName="data-too-big-0")
        ),
        "shrink": ask("PATCH", f"{CLAIMS}/data-orders-db-1", size_change("512Mi"), MERGE),
        "snapshot-two-sources": ask(
            "POST",
            SNAPSHOTS.format("shop"),
            snapshot("two", persistentVolumeClaimName="a", volumeSnapshotContentName="b"),
        ),
    }
    assert {name: answer.json() for name, answer in answers.items()} == {name: refused(name) for name in answers}
    assert {name: answer.status_code for name, answer in answers.items()} == {
        name: refused(name)["code"] for name in answers
    }


def test_a_version_or_a_crd_that_is_absent_answers_plain_text() -> None:
    with ApiServer(Store(), absent=["snapshot.storage.k8s.io"]) as server:
        ask = Client(server)
        absent = ask("GET", SNAPSHOTS.format("shop"))
        old = ask("GET", "/apis/storage.k8s.io/v1beta1/storageclasses")
        unknown = ask("GET", f"{CORE}/frobnicators")
        groups = [group["name"] for group in ask.get("/apis")["groups"]]
    assert (absent.status_code, absent.text) == (404, (RECORDED / "refused" / "crd-absent.json").read_text())
    assert absent.headers["Content-Type"].startswith("text/plain")
    assert (old.status_code, old.text) == (404, "404 page not found\n")
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "NotFound")
    assert "snapshot.storage.k8s.io" not in groups
    assert "storage.k8s.io" in groups


def test_a_wrong_token_is_refused_and_none_is_refused_where_that_is_asked(server: ApiServer) -> None:
    wrong = requests.get(server.url + CLAIMS, headers={"Authorization": "Bearer nonsense"}, timeout=5)
    assert (wrong.status_code, wrong.json()) == (401, refused("unauthorized"))
    assert requests.get(server.url + CLAIMS, timeout=5).status_code == 200
    with ApiServer(anonymous=False) as strict:
        assert requests.get(strict.url + CLAIMS, timeout=5).json() == refused("unauthorized")


def test_what_was_denied_is_forbidden_in_the_recorded_words() -> None:
    access = Access(user=NOBODY)
    access.deny([("list", "persistentvolumes", None), ("create", "volumesnapshots.snapshot.storage.k8s.io", "shop")])
    with ApiServer(Store(OBJECTS), access=access) as server:
        ask = Client(server)
        volumes = ask("GET", f"{CORE}/persistentvolumes")
        made = ask("POST", SNAPSHOTS.format("shop"), snapshot("x", persistentVolumeClaimName="uploads"))
        elsewhere = ask("POST", SNAPSHOTS.format("t1"), snapshot("x", persistentVolumeClaimName="dyn"))
        review = {"spec": {"resourceAttributes": {"verb": "list", "resource": "persistentvolumes"}}}
        asked = ask("POST", f"{REVIEWS}/selfsubjectaccessreviews", review)
    assert (volumes.status_code, volumes.json()) == (403, refused("rbac-list-pv"))
    assert (made.status_code, made.json()) == (403, refused("rbac-create-snapshot"))
    assert elsewhere.status_code == 201
    assert (asked.status_code, asked.json()["status"]) == (201, {"allowed": False})


def test_rules_decide_what_is_allowed_and_are_told_to_the_one_who_asks() -> None:
    rules = [
        {"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"], "namespaces": ["robusta"]},
        {"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"], "resourceNames": ["vm"]},
    ]
    with ApiServer(Store(OBJECTS), access=Access(rules=rules)) as server:
        ask = Client(server)
        answers = {
            path: ask("GET", CORE + path).status_code
            for path in (
                "/persistentvolumeclaims",
                "/configmaps",
                "/namespaces/robusta/configmaps",
                "/namespaces/shop/configmaps",
                "/nodes/vm/proxy/stats/summary",
                "/nodes/other/proxy/stats/summary",
            )
        }
        delete = ask("DELETE", f"{CLAIMS}/uploads").json()["message"]
        told = ask("POST", f"{REVIEWS}/selfsubjectrulesreviews", {"spec": {"namespace": "shop"}}).json()["status"]
    assert list(answers.values()) == [200, 403, 200, 403, 404, 403]
    assert delete.startswith('persistentvolumeclaims "uploads" is forbidden: User ')
    assert delete.endswith('cannot delete resource "persistentvolumeclaims" in API group "" in the namespace "shop"')
    assert [rule["resources"] for rule in told["resourceRules"]] == [["persistentvolumeclaims"], ["nodes/proxy"]]
    assert told["incomplete"] is False


def test_lists_are_typed_and_only_items_of_crds_repeat_their_kind(ask: Client) -> None:
    claims, snapshots = ask.get(f"{CORE}/persistentvolumeclaims"), ask.get(SNAPSHOTS.format("shop"))
    assert (claims["kind"], claims["apiVersion"], len(claims["items"])) == ("PersistentVolumeClaimList", "v1", 24)
    assert "kind" not in claims["items"][0]
    assert ask.get(f"{CLAIMS}/uploads")["kind"] == "PersistentVolumeClaim"
    assert (snapshots["kind"], snapshots["items"][0]["kind"]) == ("VolumeSnapshotList", "VolumeSnapshot")


def test_a_long_list_comes_in_consistent_pages(server: ApiServer, ask: Client) -> None:
    path = f"{CORE}/persistentvolumeclaims?limit=10"
    first = ask.get(path)
    server.store.delete(CLAIM, "restored", "t1")
    pages, token = [first], first["metadata"]["continue"]
    while token:
        pages.append(ask.get(f"{path}&continue={token}"))
        token = pages[-1]["metadata"].get("continue")
    names = [item["metadata"]["name"] for page in pages for item in page["items"]]
    assert [page["metadata"].get("remainingItemCount") for page in pages] == [14, 4, None]
    assert (len(names), len(set(names)), "restored" in names) == (24, 24, True)
    assert len({page["metadata"]["resourceVersion"] for page in pages}) == 1


def test_an_expired_token_is_answered_with_one_for_the_rest() -> None:
    volumes = [
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": {}} for name in "abc"
    ]
    with ApiServer(Store(volumes)) as server:
        ask = Client(server)
        path = f"{CORE}/persistentvolumes?limit=1"
        token = ask.get(path)["metadata"]["continue"]
        server.expire_tokens()
        late = ask("GET", f"{path}&continue={token}")
        rest = ask.get(f"{CORE}/persistentvolumes?continue={late.json()['metadata']['continue']}")
        broken = ask("GET", f"{path}&continue=nonsense")
    assert (late.status_code, late.json()) == (410, refused("continue-expired"))
    assert [item["metadata"]["name"] for item in rest["items"]] == ["b", "c"]
    assert (broken.status_code, broken.json()["reason"]) == (400, "BadRequest")


def test_selectors_select_and_only_on_fields_that_a_real_server_knows(ask: Client) -> None:
    events = ask.get(f"{CORE}/namespaces/broken/events?fieldSelector=involvedObject.name=class-typo")
    running = ask.get(f"{CORE}/pods?fieldSelector=status.phase=Running,spec.nodeName=vm")
    mirror = ask.get("/apis/events.k8s.io/v1/namespaces/broken/events?fieldSelector=regarding.name=class-typo")
    claims = ask("GET", f"{CORE}/persistentvolumeclaims?fieldSelector=spec.volumeName=pv1")
    snapshots = ask("GET", "/apis/snapshot.storage.k8s.io/v1/volumesnapshots?fieldSelector=status.readyToUse=true")
    label = ask("GET", f"{CORE}/pods?labelSelector=a%20b")
    assert {event["involvedObject"]["name"] for event in events["items"]} == {"class-typo"}
    assert 0 < len(running["items"]) < 11
    assert [event["note"] for event in mirror["items"]] == [event["message"] for event in events["items"]]
    assert (claims.status_code, claims.json()["message"]) == (
        400,
        '"spec.volumeName" is not a known field selector: only "metadata.name", "metadata.namespace"',
    )
    assert snapshots.json()["message"] == "field label not supported: status.readyToUse"
    assert label.status_code == 400


def test_discovery_says_what_is_served(ask: Client) -> None:
    assert ask.get("/version")["gitVersion"] == "v1.36.2"
    assert ask("GET", "/healthz").text == ask("GET", "/readyz").text == "ok"
    assert ask.get("/api")["versions"] == ["v1"]
    core = {resource["name"]: resource for resource in ask.get(CORE)["resources"]}
    assert core["persistentvolumes"]["namespaced"] is False
    assert "persistentvolumeclaims/status" in core
    assert ask.get("/apis/storage.k8s.io")["preferredVersion"]["version"] == "v1"
    assert ask.get("/apis/snapshot.storage.k8s.io/v1")["groupVersion"] == "snapshot.storage.k8s.io/v1"
    assert ask("GET", "/apis/velero.io/v1").status_code == 404


def test_kinds_of_crds_are_served_when_told_or_when_there_are_objects() -> None:
    backup = {"apiVersion": "velero.io/v1", "kind": "Backup", "metadata": {"name": "b", "namespace": "velero"}}
    with ApiServer(Store([backup]), more=[Kind("velero.io", "v1", "Schedule", "schedules")]) as server:
        ask = Client(server)
        assert ask.get("/apis/velero.io/v1/backups")["items"][0]["metadata"]["name"] == "b"
        assert ask.get("/apis/velero.io/v1/namespaces/velero/schedules")["items"] == []


@pytest.mark.parametrize("path", ["services", "secrets", "replicationcontrollers", "limitranges"])
def test_kinds_without_objects_are_empty_lists(ask: Client, path: str) -> None:
    assert ask.get(f"{CORE}/{path}")["items"] == []


def test_a_claim_is_made_with_defaults_counted_against_the_quota_and_deleted(server: ApiServer, ask: Client) -> None:
    tight = f"{CORE}/namespaces/tight/persistentvolumeclaims"
    made = ask("POST", tight, claim("small", "1Gi", storageClassName="csi-hp"))
    used = server.store.get(QUOTA, "storage", "tight")["status"]["used"]
    grown = ask("PATCH", f"{tight}/small", size_change("2Gi"), MERGE)
    gone = ask("DELETE", f"{tight}/small", {"preconditions": {"uid": made.json()["metadata"]["uid"]}})
    assert (made.status_code, made.json()["status"]) == (201, {"phase": "Pending"})
    assert (made.json()["spec"]["volumeMode"], made.json()["metadata"]["namespace"]) == ("Filesystem", "tight")
    assert (used["requests.storage"], used["persistentvolumeclaims"]) == ("3Gi", "2")
    assert "spec is immutable after creation except resources.requests" in grown.json()["message"]
    assert (gone.status_code, gone.json()["kind"]) == (200, "PersistentVolumeClaim")
    assert server.store.get(QUOTA, "storage", "tight")["status"]["used"]["requests.storage"] == "2Gi"


def test_a_bound_claim_grows_and_its_status_is_not_for_the_writer(server: ApiServer, ask: Client) -> None:
    changes = size_change("3Gi") | {"status": {"phase": "Lost"}}
    grown = ask("PATCH", f"{CLAIMS}/data-orders-db-1", changes, "application/strategic-merge-patch+json").json()
    ask("PATCH", f"{CLAIMS}/data-orders-db-1/status", {"status": {"capacity": {"storage": "3Gi"}}, "spec": {}}, MERGE)
    kept = server.store.get(CLAIM, "data-orders-db-1", "shop")
    assert (grown["spec"]["resources"]["requests"]["storage"], grown["status"]["phase"]) == ("3Gi", "Bound")
    assert (kept["status"]["capacity"]["storage"], kept["spec"]) == ("3Gi", grown["spec"])


def test_growth_beyond_the_quota_is_refused_by_the_difference(ask: Client) -> None:
    grown = ask("PATCH", f"{CORE}/namespaces/tight/persistentvolumeclaims/data-too-big-0", size_change("4Gi"), MERGE)
    assert grown.status_code == 403
    assert "requested: csi-hp.storageclass.storage.k8s.io/requests.storage=2Gi,requests.storage=2Gi" in grown.text


def test_config_maps_are_made_replaced_patched_and_deleted(ask: Client) -> None:
    path = f"{CORE}/namespaces/shop/configmaps"
    made = ask("POST", path, {"metadata": {"name": "state"}, "data": {"a": "1"}}).json()
    ask("PATCH", f"{path}/state", [{"op": "add", "path": "/data/b", "value": "2"}], "application/json-patch+json")
    stale = ask("PUT", f"{path}/state", made)
    del made["metadata"]["resourceVersion"]
    replaced = ask("PUT", f"{path}/state", made)
    huge = ask("PATCH", f"{path}/state", {"data": {"c": "x" * (1024 * 1024 + 1)}}, MERGE)
    deleted = ask("DELETE", f"{path}/state").json()
    assert made["kind"] == "ConfigMap"
    assert (stale.status_code, stale.json()["details"]) == (409, {"name": "state", "kind": "configmaps"})
    assert replaced.json()["data"] == {"a": "1"}
    assert huge.json()["message"] == 'ConfigMap "state" is invalid: []: Too long: may not be more than 1048576 bytes'
    assert (deleted["status"], deleted["details"]["kind"]) == ("Success", "configmaps")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (
            claim("Bad_Name"),
            422,
            'PersistentVolumeClaim "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name"',
        ),
        (
            claim("x") | {"metadata": {"name": "x", "labels": {"a": "v" * 64}}},
            422,
            f'PersistentVolumeClaim "x" is invalid: metadata.labels: Invalid value: "{"v" * 64}": must be no more',
        ),
        (
            {"metadata": {"name": "x"}, "spec": {}},
            422,
            'PersistentVolumeClaim "x" is invalid: [spec.accessModes: Required value: at least 1 access mode',
        ),
        ({"metadata": {}}, 422, 'PersistentVolumeClaim "" is invalid: metadata.name: Required value: name or'),
        (claim("x") | {"metadata": {"name": "x", "namespace": "t1"}}, 400, "the namespace of the provided object does"),
        (claim("x") | {"kind": "Pod"}, 400, "the API version in the data (v1) does not match"),
        ("no object", 400, "the object provided is unrecognized"),
    ],
)
def test_a_malformed_claim_is_told_what_is_wrong(ask: Client, body: Any, code: int, message: str) -> None:
    answer = ask("POST", CLAIMS, body)
    assert (answer.status_code, answer.json()["code"]) == (code, code)
    assert answer.json()["message"].startswith(message)


def test_nothing_is_made_in_a_namespace_that_is_not_there(ask: Client) -> None:
    answer = ask("POST", f"{CORE}/namespaces/nowhere/persistentvolumeclaims", claim("x"))
    assert (answer.status_code, answer.json()["message"]) == (404, 'namespaces "nowhere" not found')
    assert answer.json()["details"] == {"name": "nowhere", "kind": "namespaces"}


def test_a_dry_run_is_checked_but_keeps_nothing(server: ApiServer, ask: Client) -> None:
    assert ask("POST", f"{CLAIMS}?dryRun=All", claim("x")).status_code == 201
    assert ask("POST", f"{CLAIMS}?dryRun=All", claim("uploads")).status_code == 409
    assert ask("DELETE", f"{CLAIMS}/uploads?dryRun=All").status_code == 200
    assert {"x", "uploads"} & {item["metadata"]["name"] for item in server.store.find(CLAIM, "shop")} == {"uploads"}


def test_other_formats_and_methods_are_refused(ask: Client) -> None:
    apply = ask("PATCH", f"{CLAIMS}/uploads", {}, "application/apply-patch+yaml")
    strategic = ask("PATCH", SNAPSHOTS.format("shop") + "/orders-good", {}, "application/strategic-merge-patch+json")
    assert (apply.status_code, apply.json()["reason"]) == (415, "UnsupportedMediaType")
    assert strategic.status_code == 415
    assert ask("DELETE", CLAIMS).json()["reason"] == "MethodNotAllowed"
    assert ask("GET", f"{CORE}/pods?watch=true").text == ""


def test_trouble_comes_on_demand_and_ends(server: ApiServer, ask: Client) -> None:
    path = f"{CORE}/persistentvolumes"
    server.faults.too_many(retry_after=7, path="persistentvolumes")
    busy = ask("GET", path)
    server.faults.broken(method="GET", path="persistentvolumes$")
    broken, other = ask("GET", path), ask("GET", f"{CORE}/nodes")
    server.faults.slow(0.3, times=1)
    begun = time.monotonic()
    slow = ask("GET", path)
    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "7")
    assert (broken.status_code, broken.json()["reason"]) == (500, "InternalError")
    assert (other.status_code, slow.status_code) == (200, 200)
    assert time.monotonic() - begun >= 0.3
    assert [seen.status for seen in server.requests] == [429, 500, 200, 200]


def test_a_server_that_went_away_drops_every_connection_until_it_comes_back(server: ApiServer) -> None:
    def nodes() -> int:
        with closing(http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=5)) as connection:
            connection.request("GET", f"{CORE}/nodes")
            return connection.getresponse().status

    server.faults.drop(times=1)
    with pytest.raises(ConnectionError):
        nodes()
    assert nodes() == 200
    server.faults.go_away()
    for _ in range(2):
        with pytest.raises(ConnectionError):
            nodes()
    server.faults.come_back()
    assert nodes() == 200
    assert [seen.status for seen in server.requests] == [0, 200, 0, 0, 200]


def test_the_official_client_reads_and_writes(server: ApiServer, tmp_path: Path) -> None:
    from kubernetes import client, config  # noqa: PLC0415 (slow to import, and wanted here only)

    api_client = config.new_client_from_config(config_file=str(server.kubeconfig(tmp_path / "kubeconfig")))
    core, custom = client.CoreV1Api(api_client), client.CustomObjectsApi(api_client)
    assert len(core.list_persistent_volume_claim_for_all_namespaces(limit=5).items) == 5
    assert core.read_node("vm").kind == "Node"
    core.create_namespaced_config_map("shop", client.V1ConfigMap(metadata={"name": "s"}, data={"a": "1"}))
    assert core.patch_namespaced_config_map("s", "shop", {"data": {"b": "2"}}).data == {"a": "1", "b": "2"}
    core.replace_namespaced_config_map("s", "shop", client.V1ConfigMap(metadata={"name": "s"}, data={}))
    assert core.delete_namespaced_config_map("s", "shop").status == "Success"
    core.patch_namespaced_persistent_volume_claim("data-orders-db-1", "shop", size_change("2Gi"))
    core.create_namespaced_persistent_volume_claim("shop", claim("new"))
    core.delete_namespaced_persistent_volume_claim("new", "shop")
    where = ("snapshot.storage.k8s.io", "v1", "shop", "volumesnapshots")
    custom.create_namespaced_custom_object(*where, snapshot("mine", persistentVolumeClaimName="uploads"))
    custom.patch_namespaced_custom_object(*where, "mine", {"metadata": {"labels": {"a": "b"}}})
    mine = custom.list_namespaced_custom_object(*where, label_selector="a=b")["items"]
    custom.delete_namespaced_custom_object(*where, "mine", body=client.V1DeleteOptions())
    with pytest.raises(client.ApiException, match="Not Found"):
        custom.get_namespaced_custom_object(*where, "mine")
    assert [item["metadata"]["name"] for item in mine] == ["mine"]
    assert server.store.find(CONFIG_MAP) == []


@pytest.mark.needs("kubectl")
def test_kubectl_reads_and_writes(server: ApiServer, tmp_path: Path) -> None:
    program = [str(shutil.which("kubectl")), "--kubeconfig", str(server.kubeconfig(tmp_path / "kubeconfig"))]

    def kubectl(*words: str) -> str:
        command = [*program, "--cache-dir", str(tmp_path / "cache"), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout

    assert "data-orders-db-0" in kubectl("get", "pvc", "-A")
    assert "ProvisioningFailed" in kubectl("describe", "pvc", "-n", "broken", "class-typo")
    assert "deleted" in kubectl("delete", "volumesnapshot", "-n", "shop", "orders-good")
    assert server.store.find(SNAPSHOT, "shop", fields="metadata.name=orders-good") == []


def test_namespaces_and_volumes_are_found_where_they_are(ask: Client, server: ApiServer) -> None:
    volume = server.store.find(VOLUME)[0]["metadata"]["name"]
    assert ask.get(f"{CORE}/persistentvolumes/{volume}")["metadata"]["name"] == volume
    assert ask.get(f"{CORE}/namespaces/shop")["kind"] == NAMESPACE.name
    assert ask("POST", f"{CORE}/persistentvolumeclaims", claim("x")).status_code == 404
