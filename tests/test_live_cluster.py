"""The live cluster, against servers on loopback: one that answers as Kubernetes does, one that answers anything."""

import json
import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from kubernetes.client import ApiClient, Configuration

from robusta_volumes._cluster.live import LiveCluster, client_from_kubeconfig
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.errors import (
    AlreadyExists,
    ClusterError,
    Conflict,
    Expired,
    Invalid,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    NotInstalled,
    Unavailable,
)
from robusta_volumes._model.kind import CLAIM, CONFIG_MAP, JOB, SNAPSHOT, VOLUME, Kind
from robusta_volumes._model.plan import Create, Delete, Patch, Step
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_server import ApiServer

TOKEN = "secret-token-of-the-runner"  # noqa: S105 (it opens nothing)
Answer = tuple[int, Mapping[str, str], bytes]
DROP: Answer = (0, {}, b"")
EMPTY: Answer = (200, {}, b'{"kind":"List","items":[]}')
BUSY: Answer = (503, {}, b"busy")


@dataclass
class Scripted:
    """A server that gives prepared answers in turn, the last one for ever, and keeps what it was asked."""

    answers: list[Answer]
    requests: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    url: str = ""

    def next(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        self.requests.append((method, path, headers, json.loads(body) if body else None))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def methods(self) -> list[str]:
        return [request[0] for request in self.requests]


@contextmanager
def scripted(*answers: Answer) -> Iterator[Scripted]:
    script = Scripted(list(answers))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, answer = script.next(self.command, self.path, dict(self.headers), body)
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), "Connection": "close", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PATCH = do_DELETE = _any  # noqa: N815 (the names that http.server looks for)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        script.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield script
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Clock:
    """Time that passes only when somebody sleeps."""

    seconds: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds


@contextmanager
def live(url: str, clock: Clock | None = None, token: str = TOKEN, **options: Any) -> Iterator[LiveCluster]:
    configuration = Configuration(host=url)
    configuration.api_key = {"authorization": f"Bearer {token}"}
    client = ApiClient(configuration)
    time_of = clock or Clock()
    with closing(client.rest_client.pool_manager.connection_from_url(url)):
        yield LiveCluster(client, "test", sleep=time_of.sleep, clock=lambda: time_of.seconds, **options)


@contextmanager
def asked(*answers: Answer, **options: Any) -> Iterator[tuple[LiveCluster, Scripted, Clock]]:
    clock = Clock()
    with scripted(*answers) as script, live(script.url, clock, **options) as cluster:
        yield cluster, script, clock


def ok(answer: Any) -> Answer:
    return 200, {}, json.dumps(answer).encode()


def page(names: str, more: str = "") -> Answer:
    """Give a page of a list as a real server does: items without apiVersion and kind."""
    items = [{"metadata": {"name": name, "managedFields": [{"manager": "x"}]}} for name in names]
    return ok({"kind": "PodList", "apiVersion": "v1", "metadata": {"continue": more}, "items": items})


def gone() -> Answer:
    body = {"kind": "Status", "message": "The provided continue parameter is too old", "reason": "Expired"}
    return 410, {}, json.dumps(body).encode()


def names(found: list[dict[str, Any]]) -> str:
    return "".join(item["metadata"]["name"] for item in found)


def config_map(name: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "1"}}


CREATE = Create(config_map("a"), "why")
PATCH = Patch(CONFIG_MAP, "a", "shop", {"data": {"a": None}}, "why", resource_version="7")
DELETE = Delete(CONFIG_MAP, "a", "shop", "why", uid="u-1", resource_version="7")


def test_a_list_is_read_page_by_page_and_each_item_says_what_it_is() -> None:
    with asked(page("ab", "next/1"), page("c"), page_size=2) as (cluster, script, _):
        found = cluster.find(CLAIM, "shop", labels="a=b,c!=d", fields="x=y")
    selectors = "limit=2&labelSelector=a%3Db%2Cc%21%3Dd&fieldSelector=x%3Dy"
    where = "/api/v1/namespaces/shop/persistentvolumeclaims"
    assert [request[1] for request in script.requests] == [
        f"{where}?{selectors}",
        f"{where}?{selectors}&continue=next%2F1",
    ]
    assert names(found) == "abc"
    assert found[0] == {"metadata": {"name": "a"}, "apiVersion": "v1", "kind": "PersistentVolumeClaim"}


def test_every_page_is_slimmed_before_the_next_one_is_fetched() -> None:
    seen: list[tuple[str, int]] = []
    with asked(page("ab", "1"), page("cd", "2"), page("e")) as (cluster, script, _):

        def slim(item: dict[str, Any]) -> dict[str, Any]:
            seen.append((item["metadata"]["name"], len(script.requests)))
            return {"metadata": {"name": item["kind"]}}

        found = cluster.find(SNAPSHOT, slim=slim)
    assert seen == [("a", 1), ("b", 1), ("c", 2), ("d", 2), ("e", 3)]
    assert {tuple(sorted(item)) for item in found} == {("metadata",)}
    assert found[0]["metadata"]["name"] == "VolumeSnapshot"


def test_without_a_slim_of_its_own_a_list_drops_what_nobody_reads() -> None:
    applied = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "mine": "1"}
    item = {"metadata": {"annotations": applied, "managedFields": []}, "spec": {}}
    with asked(ok({"items": [item, {"spec": {}}]})) as (cluster, _, _):
        found = cluster.find(VOLUME)
    known = {"spec": {}, "apiVersion": "v1", "kind": "PersistentVolume"}
    assert found == [{"metadata": {"annotations": {"mine": "1"}}, **known}, known]


def test_the_token_does_not_follow_a_redirect() -> None:
    with scripted(EMPTY) as elsewhere, asked((307, {"Location": f"{elsewhere.url}/x"}, b"")) as (cluster, _, _):
        with pytest.raises(Unavailable, match="HTTP 307 without a text"):
            cluster.find(CLAIM)
        assert elsewhere.requests == []


def test_a_list_of_nothing_may_be_null() -> None:
    with asked(ok({"kind": "PodList", "items": None})) as (cluster, _, _):
        assert cluster.find(CLAIM) == []


def test_a_list_whose_token_expired_is_read_again_from_the_start() -> None:
    with asked(page("ab", "1"), gone(), page("ab", "2"), page("c")) as (cluster, _, _):
        assert names(cluster.find(CLAIM)) == "abc"


def test_a_list_that_expires_again_and_again_is_given_up() -> None:
    expiring = [page("ab", "1"), gone()] * 3
    with asked(*expiring) as (cluster, script, _), pytest.raises(Expired):
        cluster.find(CLAIM)
    assert len(script.requests) == 6


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, b"<html>please log in</html>"),
        (200, {}, b"[]"),
        (200, {}, b"\xff"),
        (200, {}, b"[" * 100_000),
        (200, {}, b""),
        ok({"kind": "Status", "status": "Success"}),
        ok({"items": [1]}),
        ok({"items": "x"}),
        ok({"items": [], "metadata": "x"}),
        (301, {"Location": "http://127.0.0.1:1/"}, b"moved"),
        (204, {}, b""),
    ],
)
def test_what_is_no_list_is_an_error_and_not_an_empty_list(answer: Answer) -> None:
    with asked(answer) as (cluster, script, _), pytest.raises(Unavailable) as told:
        cluster.find(CLAIM)
    assert len(script.requests) == 1
    assert "not how Kubernetes answers" in told.value.remedy


def test_credentials_go_into_the_header_and_are_asked_for_each_time() -> None:
    tokens = iter(["first", "second"])

    def refresh(configuration: Configuration) -> None:
        configuration.api_key["authorization"] = f"Bearer {next(tokens)}"

    with scripted(EMPTY) as script, live(script.url) as cluster:
        cluster._client.configuration.refresh_api_key_hook = refresh  # noqa: SLF001
        cluster.find(CLAIM)
        cluster.find(CLAIM)
    sent = [{name.lower(): value for name, value in request[2].items()} for request in script.requests]
    assert [headers["authorization"] for headers in sent] == ["Bearer first", "Bearer second"]
    assert sent[0]["accept"] == "application/json"


def test_no_message_and_no_log_line_holds_the_token(caplog: pytest.LogCaptureFixture) -> None:
    echo: Answer = (400, {}, f"you sent: Bearer {TOKEN}".encode())
    told: list[ClusterError] = []
    with caplog.at_level(logging.DEBUG):
        for answers, token in (
            ([echo], TOKEN),
            ([DROP], TOKEN),
            ([EMPTY], f"{TOKEN}\nX: y"),
            ([EMPTY], TOKEN + "\u20ac"),
        ):
            with asked(*answers, token=token) as (cluster, _, _), pytest.raises(ClusterError) as error:
                cluster.find(CLAIM)
            told.append(error.value)
    assert [type(error) for error in told] == [Unavailable, Unavailable, NotAuthenticated, NotAuthenticated]
    assert TOKEN not in caplog.text + "".join(error.message + error.remedy for error in told)


def test_credentials_that_cannot_be_read_are_an_error_of_ours(tmp_path: Path) -> None:
    def refresh(_: Configuration) -> None:
        (tmp_path / "no-token").read_text()

    with live("http://127.0.0.1:1") as cluster:
        cluster._client.configuration.refresh_api_key_hook = refresh  # noqa: SLF001
        with pytest.raises(NotAuthenticated, match="FileNotFoundError"):
            cluster.find(CLAIM)


def test_a_busy_server_is_asked_again_after_growing_waits() -> None:
    with asked(BUSY, (429, {}, b""), (500, {}, b""), DROP, page("a")) as (cluster, script, clock):
        assert names(cluster.find(CLAIM)) == "a"
    assert len(script.requests) == 5
    assert [low <= pause <= 2 * low for low, pause in zip((0.25, 0.5, 1, 2), clock.pauses, strict=True)] == [True] * 4


def test_retry_after_is_honoured_and_urllib3_does_not_sleep_by_itself() -> None:
    started = time.monotonic()
    with asked((429, {"Retry-After": "40"}, b""), page("a")) as (cluster, _, clock):
        assert names(cluster.find(CLAIM)) == "a"
    assert 40 <= clock.seconds < 41
    assert time.monotonic() - started < 10


def test_nothing_waits_beyond_the_deadline() -> None:
    with asked((429, {"Retry-After": "40"}, b""), deadline=30) as (cluster, script, clock):
        with pytest.raises(Unavailable, match="HTTP 429"):
            cluster.find(CLAIM)
        assert (len(script.requests), clock.seconds) == (1, 0)
        clock.seconds = 31
        with pytest.raises(Unavailable, match="no time left of 30 s: list persistentvolumeclaims was not tried"):
            cluster.find(CLAIM)
    assert len(script.requests) == 1


def test_a_slow_answer_ends_with_the_deadline() -> None:
    with ApiServer() as server, live(server.url) as cluster:
        server.faults.slow(5)
        client = cluster._client  # noqa: SLF001
        started = time.monotonic()
        with pytest.raises(Unavailable, match="no answer in time"):
            LiveCluster(client, deadline=0.3).find(CLAIM)
        assert time.monotonic() - started < 3


def test_an_answer_that_trickles_ends_with_the_deadline() -> None:
    clock = Clock()
    with scripted(page("a")) as script, live(script.url) as cluster:
        ticks = iter([0.0, 1.0, 1.0, 99.0])
        hasty = LiveCluster(cluster._client, deadline=9, sleep=clock.sleep, clock=lambda: next(ticks, 99.0))  # noqa: SLF001
        with pytest.raises(Unavailable, match="no answer in time"):
            hasty.find(CLAIM)


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    clock = Clock()
    with live("http://admin:hunter2@127.0.0.1:1", clock) as cluster, pytest.raises(Unavailable) as told:
        cluster.get(VOLUME, "a")
    assert str(told.value) == "http://127.0.0.1:1: connection refused"
    assert len(clock.pauses) == 4


def test_a_name_that_does_not_resolve_and_a_port_that_speaks_no_tls_are_told_apart() -> None:
    with live("http://nowhere.invalid:80") as cluster, pytest.raises(Unavailable, match="cannot be resolved"):
        cluster.find(CLAIM)
    tls = pytest.raises(Unavailable, match=r"https://127.0.0.1:\d+: TLS fails")
    with scripted(EMPTY) as script, live(script.url.replace("http", "https")) as cluster, tls:
        cluster.find(CLAIM)


@pytest.mark.parametrize("step", [CREATE, PATCH, DELETE])
@pytest.mark.parametrize("trouble", [DROP, BUSY, (500, {"Retry-After": "1"}, b""), (503, {"Retry-After": "1"}, b"")])
def test_a_write_that_may_have_happened_is_not_repeated(trouble: Answer, step: Step) -> None:
    with asked(trouble) as (cluster, script, _):
        outcome = cluster.carry_out([step])[0]
    assert len(script.requests) == 1
    assert isinstance(outcome.error, Unavailable)
    assert "not known whether this write happened" in outcome.error.remedy


@pytest.mark.parametrize("step", [CREATE, PATCH, DELETE])
def test_a_write_that_was_turned_away_at_the_door_is_repeated(step: Step) -> None:
    with asked((429, {"Retry-After": "1"}, b""), ok({"kind": "ConfigMap"})) as (cluster, script, clock):
        assert cluster.carry_out([step])[0].answer == {"kind": "ConfigMap"}
    assert len(script.requests) == 2
    assert 1 <= clock.seconds < 2


def test_a_write_is_tried_again_when_nobody_listened() -> None:
    clock = Clock()
    with live("http://127.0.0.1:1", clock) as cluster:
        error = cluster.carry_out([CREATE])[0].error
    assert len(clock.pauses) == 4
    assert error is not None
    assert "not known" not in error.remedy


def test_each_step_is_written_as_the_api_wants_it() -> None:
    frozen = Create(MappingProxyType(config_map("a")), "why")
    backup = Create(
        {"apiVersion": "velero.io/v1", "kind": "Backup", "metadata": {"name": "b", "namespace": "v"}}, "why"
    )
    with asked(ok({})) as (cluster, script, _):
        cluster.carry_out([frozen, backup, PATCH, DELETE])
    sent = [(method, path, headers["Content-Type"], body) for method, path, headers, body in script.requests]
    here = "/api/v1/namespaces/shop/configmaps"
    assert sent[0] == ("POST", here, "application/json", config_map("a"))
    assert sent[1][:2] == ("POST", "/apis/velero.io/v1/namespaces/v/backups")
    changes = {"data": {"a": None}, "metadata": {"resourceVersion": "7"}}
    assert sent[2] == ("PATCH", f"{here}/a", "application/merge-patch+json", changes)
    held_to = {"uid": "u-1", "resourceVersion": "7"}
    options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": held_to}
    assert sent[3] == ("DELETE", f"{here}/a", "application/json", {**options, "propagationPolicy": "Background"})


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_step_that_names_no_object_never_reaches_the_server(name: str) -> None:
    steps: list[Step] = [
        Delete(CONFIG_MAP, name, "shop", "why", uid="u"),
        Delete(CONFIG_MAP, "a", name, "why", uid="u"),
        Delete(CONFIG_MAP, "a", None, "why", uid="u"),
        Delete(CONFIG_MAP, "a", "shop", "why", uid=""),
        Create({"kind": "ConfigMap", "metadata": {"name": "a"}}, "why"),
    ]
    with asked(ok({})) as (cluster, script, _):
        outcomes = cluster.carry_out(steps)
    assert [type(outcome.error) for outcome in outcomes] == [Invalid] * 5
    assert script.requests == []


def test_a_name_cannot_leave_its_place_in_the_path() -> None:
    with asked(ok({})) as (cluster, script, _):
        cluster.get(VOLUME, "../a?b#c%2F")
    assert script.requests[0][1] == "/api/v1/persistentvolumes/..%2Fa%3Fb%23c%252F"


def test_asking_for_a_permission_names_group_subresource_and_namespace() -> None:
    proxy = Kind("", "v1", "Node", "nodes/proxy", namespaced=False)
    with asked(BUSY, ok({"status": {"allowed": True}}), ok({"status": {"allowed": False}})) as (cluster, script, _):
        assert cluster.allowed("create", SNAPSHOT, "shop") is True
        assert cluster.allowed("get", proxy) is False
    assert script.requests[0][1] == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    specs = [request[3]["spec"]["resourceAttributes"] for request in script.requests]
    snapshot = {"verb": "create", "group": SNAPSHOT.group, "resource": "volumesnapshots", "namespace": "shop"}
    assert specs == [snapshot, snapshot, {"verb": "get", "resource": "nodes", "subresource": "proxy"}]


@pytest.mark.parametrize("answer", [{}, {"status": {}}, {"status": {"allowed": "yes"}}])
def test_a_review_without_a_verdict_is_no_permission_and_no_refusal(answer: dict[str, Any]) -> None:
    with asked(ok(answer)) as (cluster, _, _), pytest.raises(Unavailable):
        cluster.allowed("list", CLAIM)


def test_a_kubeconfig_that_cannot_be_used_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("{")
    for file in ("missing", "broken"):
        with pytest.raises(NotAuthenticated, match=f"{file}: "):
            client_from_kubeconfig(tmp_path / file)


@pytest.fixture
def server() -> Iterator[ApiServer]:
    store = Store([config_map(name) for name in "abcdefg"])
    with ApiServer(store, absent=[SNAPSHOT]) as running:
        yield running


@pytest.fixture
def cluster(server: ApiServer) -> Iterator[LiveCluster]:
    with live(server.url, token=server.token, page_size=3) as connected:
        yield connected


def test_a_kubeconfig_is_all_that_is_needed(server: ApiServer, tmp_path: Path) -> None:
    client = client_from_kubeconfig(server.kubeconfig(tmp_path / "config"), "sandbox")
    with closing(client.rest_client.pool_manager.connection_from_url(server.url)):
        cluster = LiveCluster(client, "prod")
        assert names(cluster.find(CONFIG_MAP)) == "abcdefg"
        assert (cluster.name, cluster.now().tzinfo) == ("prod", UTC)


def test_connections_are_given_back_and_used_again(cluster: LiveCluster, server: ApiServer) -> None:
    for _ in range(3):
        cluster.find(CONFIG_MAP)
        cluster.carry_out([CREATE])  # refused: it exists
    pool = cluster._client.rest_client.pool_manager.connection_from_url(server.url)  # noqa: SLF001
    assert (pool.num_requests, pool.num_connections) == (12, 1)


def test_a_plan_is_carried_out_in_order_and_a_refusal_does_not_stop_it(cluster: LiveCluster) -> None:
    found = cluster.get(CONFIG_MAP, "a", "shop")["metadata"]
    version, uid = found["resourceVersion"], found["uid"]
    plan: list[Step] = [
        Create(config_map("new"), "why"),
        CREATE,
        Patch(CONFIG_MAP, "b", "shop", {"data": {"a": None, "b": "2"}}, "why"),
        Patch(CONFIG_MAP, "a", "shop", {"data": {"a": "2"}}, "why", resource_version=str(int(version) + 90)),
        Delete(CONFIG_MAP, "a", "shop", "why", uid="another"),
        Delete(CONFIG_MAP, "ghost", "shop", "why", uid="another"),
        Delete(CONFIG_MAP, "a", "shop", "why", uid=uid, resource_version=version),
        Create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "A!", "namespace": "shop"}}, "why"),
    ]
    outcomes = cluster.carry_out(plan)
    assert [outcome.step for outcome in outcomes] == plan
    failures = [type(outcome.error) for outcome in outcomes if outcome.error]
    assert failures[:4] == [AlreadyExists, Conflict, Conflict, NotFound]
    assert (outcomes[2].answer or {})["data"] == {"b": "2"}
    assert names(cluster.find(CONFIG_MAP)).startswith("bcdefgnew")


def test_what_a_cluster_lacks_or_forbids_comes_with_a_remedy(cluster: LiveCluster, server: ApiServer) -> None:
    server.access.deny([("list", "persistentvolumes", None)])
    with pytest.raises(NotInstalled, match=r"volumesnapshots.snapshot.storage.k8s.io .* is not served here"):
        cluster.find(SNAPSHOT)
    with pytest.raises(NotAllowed) as told:
        cluster.find(VOLUME)
    assert 'resources: ["persistentvolumes"]' in told.value.remedy
    assert not cluster.allowed("list", VOLUME)
    assert cluster.allowed("create", JOB, "shop")


def test_a_wrong_token_is_not_authenticated(server: ApiServer) -> None:
    with live(server.url, token="wrong") as stranger, pytest.raises(NotAuthenticated):  # noqa: S106
        stranger.find(CLAIM)


def test_trouble_that_passes_is_not_noticed(cluster: LiveCluster, server: ApiServer) -> None:
    server.faults.too_many(retry_after=2)
    server.faults.broken()
    server.faults.drop(path="continue=")
    assert names(cluster.find(CONFIG_MAP)) == "abcdefg"


def test_tokens_that_expire_in_the_middle_of_a_list_cost_a_second_reading(
    cluster: LiveCluster, server: ApiServer
) -> None:
    met: list[str] = []

    def expiring(item: dict[str, Any]) -> dict[str, Any]:
        met.append(item["metadata"]["name"])
        if len(met) == 3:
            server.expire_tokens()
        return item

    assert names(cluster.find(CONFIG_MAP, slim=expiring)) == "abcdefg"
    assert "".join(met) == "abcabcdefg"
    assert [seen.status for seen in server.requests] == [200, 410, 200, 200, 200]


def test_a_server_that_goes_away_and_comes_back(cluster: LiveCluster, server: ApiServer) -> None:
    server.faults.go_away()
    with pytest.raises(Unavailable, match=f"{server.url}: the connection broke off"):
        cluster.find(CONFIG_MAP)
    assert len(server.requests) == 5
    server.faults.come_back()
    assert names(cluster.find(CONFIG_MAP)) == "abcdefg"
