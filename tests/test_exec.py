"""Exec over the API server's WebSocket: a real command behind a real server, and every kind of no."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from aiohttp import web
from kubernetes.client import ApiClient, Configuration
from kubernetes.client.api import core_v1_api
from kubernetes.stream import stream

from robusta_volumes._cluster.execute import run
from robusta_volumes._cluster.live import LiveCluster
from robusta_volumes._cluster.live_process import exit_status
from robusta_volumes._cluster.store import Store
from robusta_volumes._engines.hook_script import Said, hook_session, pre_is_over, read_session
from robusta_volumes._model.errors import ClusterError, Invalid, NotAllowed, NotAuthenticated, NotFound, Unavailable
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.kind import POD
from robusta_volumes._sandbox.api_exec import PodExec
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.rbac import Access
from robusta_volumes._sandbox.shell import PodShell

PG = Container("shop", "pg-0", "app")


def pod(name: str, phase: str) -> dict[str, object]:
    meta = {"name": name, "namespace": "shop"}
    spec = {"containers": [{"name": "app"}, {"name": "sidecar"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": {"phase": phase}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pods")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[ApiServer]:
    store, access = Store([pod("pg-0", "Running"), pod("new-0", "Pending")]), Access()
    with ApiServer(store, access=access, routes=PodExec(store, access, PodShell(folder)).routes) as running:
        yield running


@contextmanager
def client(url: str, token: str = "") -> Iterator[ApiClient]:
    configuration = Configuration(host=url)
    configuration.api_key = {"authorization": f"Bearer {token}"}
    api = ApiClient(configuration)
    yield api
    api.rest_client.pool_manager.clear()


@pytest.fixture
def live(server: ApiServer) -> Iterator[LiveCluster]:
    server.access.allow_again()
    with client(server.url, server.token) as api:
        yield LiveCluster(api, "prod")


def test_output_error_and_exit_status_arrive(live: LiveCluster, folder: Path) -> None:
    done = run(live, PG, ["sh", "-c", "pwd; echo $CONTAINER; echo no >&2; exit 3"], 5)
    assert (done.code, done.err, done.why) == (3, "no\n", "exit status 3")
    assert done.out.split() == [str(folder / "shop" / "pg-0"), "app"]
    assert run(live, PG, ["true"], 5).ok


def test_what_is_no_text_and_what_is_large_arrives(live: LiveCluster) -> None:
    script = "printf 'a\\377b'; i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done"
    done = run(live, PG, ["sh", "-c", script], 20)
    assert done.out.startswith("a\ufffdb0123456789\n")
    assert len(done.out) == 3 + 20000 * 11


def test_a_command_reads_what_is_written_to_it_and_is_followed_as_it_speaks(live: LiveCluster) -> None:
    with closing(live.execute(PG, ["sh", "-c", "echo ready; read -r word; echo got $word; exit 4"])) as process:
        assert process.wait(5, "ready\n")
        assert not process.wait(0.2, "got")
        assert not process.ended
        process.write("this\n")
        assert process.wait(5)
        assert (process.out, process.code) == ("ready\ngot this\n", 4)


def test_to_stop_listening_ends_its_input_and_not_the_command(live: LiveCluster, folder: Path) -> None:
    script = "echo ready; read -r word || sleep 0.3; echo ended > log"
    with closing(live.execute(PG, ["sh", "-c", script])) as process:
        assert process.wait(5, "ready")
    log = folder / "shop" / "pg-0" / "log"
    end = time.monotonic() + 5
    while not log.exists():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_hook_goes_through_it_and_post_runs_when_the_connection_is_lost(live: LiveCluster, folder: Path) -> None:
    log = folder / "shop" / "pg-0" / "hooks"
    pre, post = ["sh", "-c", "echo frozen >> hooks"], ["sh", "-c", "echo thawed >> hooks"]
    with closing(live.execute(PG, hook_session(pre, post, 5, 60, "@1"))) as process:
        assert process.wait(5, pre_is_over("@1"))
        assert log.read_text() == "frozen\n"
        process.write("\n")
        assert process.wait(5)
        assert read_session(process.out, "@1") == Said(0, 0)
    with closing(live.execute(PG, hook_session(pre, post, 5, 60, "@2"))) as process:
        assert process.wait(5, pre_is_over("@2"))
    end = time.monotonic() + 5
    while log.read_text().split() != ["frozen", "thawed"] * 2:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_many_threads_share_one_client(live: LiveCluster) -> None:
    """The kubernetes client's own stream swaps a method of the client while it connects: there they get in each other's way."""
    found: dict[int, str] = {}

    def one(number: int) -> None:
        found[number] = run(live, PG, ["sh", "-c", f"sleep 0.1; echo {number}"], 10).out

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    live.find(POD, "shop")
    for thread in threads:
        thread.join()
    assert found == {number: f"{number}\n" for number in range(8)}


def test_a_command_that_is_not_there_says_so_with_the_runtimes_own_words(live: LiveCluster) -> None:
    with closing(live.execute(PG, ["no-such-program"])) as process:
        assert process.wait(5)
        assert process.code is None
        assert 'exec: "no-such-program": executable file not found in $PATH' in process.why


@pytest.mark.parametrize(
    ("where", "kind", "says"),
    [
        (Container("shop", "gone-0", "app"), NotFound, 'pods "gone-0" not found'),
        (Container("shop", "pg-0", "appp"), Invalid, "container appp is not valid for pod pg-0"),
        (Container("shop", "new-0", "app"), Unavailable, 'container not found ("app")'),
    ],
)
def test_a_refusal_of_the_stream_comes_with_its_text(
    live: LiveCluster, where: Container, kind: type[ClusterError], says: str
) -> None:
    with pytest.raises(kind) as error:
        live.execute(where, ["true"])
    assert says in error.value.message


@pytest.mark.parametrize("verb", ["get", "create"])
def test_without_one_of_the_verbs_the_remedy_is_a_role_and_no_rule_for_the_cluster(
    server: ApiServer, live: LiveCluster, verb: str
) -> None:
    server.access.deny([(verb, "pods/exec", None)])
    with pytest.raises(NotAllowed) as error:
        live.execute(PG, ["true"])
    assert "permissions -n shop --allow hooks | kubectl apply -f -" in error.value.remedy
    assert "customClusterRoleRules" not in error.value.remedy


def refused(url: str, token: str) -> ClusterError:
    with client(url, token) as api, pytest.raises(ClusterError) as error:
        LiveCluster(api, deadline=1).execute(PG, ["true"])
    return error.value


def test_a_wrong_token_and_a_server_that_is_not_there(server: ApiServer) -> None:
    assert isinstance(refused(server.url, "no"), NotAuthenticated)
    assert "connection refused" in refused("http://127.0.0.1:1", "no").message


def test_whoever_redirects_is_not_followed_because_he_would_be_shown_the_token(server: ApiServer) -> None:
    async def elsewhere(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": server.url})

    with ApiServer(routes=[web.get("/api/v1/namespaces/shop/pods/pg-0/exec", elsewhere)]) as other:
        before = len(server.requests)
        assert isinstance(refused(other.url, other.token), Unavailable)
        assert len(server.requests) == before


def test_the_sandbox_speaks_as_a_cluster_does_to_the_kubernetes_clients_own_exec(server: ApiServer) -> None:
    server.access.allow_again()
    with client(server.url, server.token) as made:
        api = core_v1_api.CoreV1Api(made)
    ask = {"container": "app", "command": ["echo", "hello"], "stdout": True, "_preload_content": False}
    process = stream(api.connect_get_namespaced_pod_exec, "pg-0", "shop", **ask)
    process.run_forever(timeout=5)
    assert (process.read_stdout(), process.returncode) == ("hello\n", 0)
    process.sock.shutdown()


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("", (None, "")),
        ("no json", (None, "")),
        ("[]", (None, "")),
        ('{"status":"Success"}', (0, "")),
        ('{"status":"Failure","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}', (3, "")),
        (
            '{"status":"Failure","message":"no","details":{"causes":[{"reason":"ExitCode","message":"x"}]}}',
            (None, "no"),
        ),
        ('{"status":"Failure","message":"boom","details":7}', (None, "boom")),
    ],
)
def test_the_last_word_of_the_server_is_read_whatever_it_is(text: str, means: tuple[int | None, str]) -> None:
    assert exit_status(text) == means
