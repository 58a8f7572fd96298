"""Logs are looked at only for pods of full or failing volumes, a few, the last lines; only words about disks are told."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from kubernetes.client import ApiClient, Configuration

from data_of import NOW, claim, use
from robusta_volumes._cluster.live import LiveCluster
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.errors import Invalid, NotAllowed
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.target import Target
from robusta_volumes._model.usage import Key, Measured
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._sandbox.api_logs import PodLogs
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._workflows.persistent_data_analysis import persistent_data_analysis

FULL = "token=hunter2\nfsync /data: No space left on device\nretry: no space left on device\n"
SETTINGS = PersistentDataAnalysis()
PG = Container("db", "pg-pod", "c")


def crashed(objects: list[dict[str, Any]], ended: str = "2026-11-23T23:58:00Z") -> list[dict[str, Any]]:
    last = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": ended}}
    objects[-1]["status"]["containerStatuses"] = [{"name": "c", "restartCount": 3, "lastState": last}]
    return objects


def cluster(*claims: list[dict[str, Any]], **more: Any) -> MemoryCluster:
    return MemoryCluster([one for objects in claims for one in objects], now=NOW, **more)


def report(of: Any, shares: dict[Key, float], settings: PersistentDataAnalysis = SETTINGS) -> str:
    measured = Measured(now={key: use(used) for key, used in shares.items()})
    return to_markdown(persistent_data_analysis(of, Target(), settings, lambda _see, _keys: measured))


def test_a_full_volume_whose_pod_says_so_is_an_incident_and_nothing_else_of_the_log_is_told() -> None:
    db = cluster(claim("db/pg"))
    db.written = {("db", "pg-pod"): FULL}
    page = report(db, {("db", "pg"): 100})
    assert '*Its pods:* Container c of pg-pod says "No space left on device" (2 lines).' in page
    assert "hunter2" not in page
    assert db.reads.count("pods/log") == 1


def test_where_there_is_room_and_nothing_ends_no_log_is_looked_at() -> None:
    db = cluster(claim("db/pg"))
    db.written = {("db", "pg-pod"): FULL}
    page = report(db, {("db", "pg"): 50})
    assert "pods/log" not in db.reads
    assert "pods/log" not in page


def test_what_a_container_said_before_it_was_started_again_counts_too() -> None:
    db = cluster(crashed(claim("db/pg")))
    db.written_before = {("db", "pg-pod"): FULL}
    page = report(db, {("db", "pg"): 100})
    assert (
        'was started again 3 times, it ended last 2026-11-23 23:58 UTC, 2 min ago (Error, exit status 1), says "No'
        in page
    )
    assert db.reads.count("pods/log") == 2


def test_a_pod_that_ends_again_and_again_is_asked_whether_its_filesystem_is_read_only() -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}
    db = cluster(crashed(claim("db/pg")), [node])
    db.written = {("db", "pg-pod"): "touch: /data/x: Read-only file system\n"}
    page = report(db, {("db", "pg"): 50})
    assert 'Node n1 runs 1 pod with volumes that says "Read-only file system"' in page


def test_a_refusal_is_said_once_with_the_role_that_allows_it() -> None:
    db = cluster(claim("db/a"), claim("db/b"), claim("shop/c"), denied=["pods/log"])
    page = report(db, {("db", "a"): 100, ("db", "b"): 100, ("shop", "c"): 100})
    assert db.reads.count("pods/log") == 2, "once in each namespace"
    assert page.count("pods/log: the runner may not read them in db, shop") == 1
    assert "python -m robusta_volumes._cli permissions -n db -n shop --allow logs | kubectl apply -f -" in page


@pytest.mark.parametrize(("logs", "reads"), [(0, 0), (2, 2)])
def test_no_more_logs_are_looked_at_than_the_settings_say(logs: int, reads: int) -> None:
    names = [f"c{n}" for n in range(5)]
    db = cluster(*(claim(f"db/{name}") for name in names))
    page = report(db, {("db", name): 100.0 for name in names}, replace(SETTINGS, logs=logs))
    assert db.reads.count("pods/log") == reads
    assert ("no more than 2 are read (persistentDataAnalysis.logs)" in page) == (logs == 2)


# --- a real server


@pytest.fixture
def access() -> Access:
    return Access()


@pytest.fixture
def live(access: Access) -> Iterator[LiveCluster]:
    pods = {("db", "pg-pod"): FULL}
    routes = PodLogs(access, pods, pods).routes
    with ApiServer(Store(claim("db/pg")), access=access, routes=routes) as server:
        yield from connected(server)


def connected(server: ApiServer) -> Iterator[LiveCluster]:
    configuration = Configuration(host=server.url)
    configuration.api_key = {"authorization": f"Bearer {server.token}"}
    client = ApiClient(configuration)
    yield LiveCluster(client)
    client.rest_client.pool_manager.clear()


def test_a_server_gives_the_last_lines_of_now_and_of_before(live: LiveCluster) -> None:
    assert live.logs(PG, 1) == "retry: no space left on device\n"
    assert live.logs(PG, 50, before=True) == FULL
    assert live.logs(PG) == FULL
    with pytest.raises(Invalid, match="previous terminated container"):
        live.logs(Container("db", "other", "c"), 50, before=True)


def test_a_server_that_refuses_says_whom(live: LiveCluster, access: Access) -> None:
    access.deny([("get", "pods/log", None)])
    with pytest.raises(NotAllowed):
        live.logs(PG, 50)
    page = report(live, {("db", "pg"): 100})
    assert "pods/log: the runner may not read them in db; python -m" in page


def test_logs_that_come_slowly_do_not_hold_up_the_report() -> None:
    async def slow(_: web.Request) -> web.Response:
        time.sleep(1.2)  # noqa: ASYNC251 (the server has nothing else to do)
        return web.Response(text="")

    names = ["a", "b", "c", "d"]
    objects = [one for name in names for one in claim(f"db/{name}")]
    route = web.get("/api/v1/namespaces/{namespace}/pods/{pod}/log", slow)
    with ApiServer(Store(objects), routes=[route]) as server:
        for cluster_ in connected(server):
            began = time.monotonic()
            page = report(cluster_, {("db", name): 100.0 for name in names}, replace(SETTINGS, log_seconds=1))
            assert time.monotonic() - began < 4
    assert "the 1 s for them were used up (persistentDataAnalysis.logSeconds)" in page
