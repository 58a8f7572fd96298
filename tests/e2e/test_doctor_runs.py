"""The doctor in the real runner: each gap of a cluster is named, with the change that closes it."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from robusta_volumes._cluster.store import Store
from robusta_volumes._model.times import UTC
from robusta_volumes._model.warnings import CHART_EXCLUDE, CHART_PLAYBOOK, CHART_TRIGGER, WARNINGS
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._sandbox.world import World
from worlds import PLAYBOOKS, WITHOUT_TICKS, next_message, quiet, title, words

SCRAPED = ("kubelet_volume_stats_used_bytes", "kubelet_volume_stats_inodes_used", "kube_persistentvolumeclaim_info")
CHART = {  # the chart's own playbook for warning events; its action is in a package that is not on PyPI
    "name": CHART_PLAYBOOK,
    "triggers": [{CHART_TRIGGER: {"exclude": list(CHART_EXCLUDE)}}],
    "actions": [{"robusta_volumes_leftovers": {}}],
}


class Prometheus(BaseHTTPRequestHandler):
    """Answers which metrics have samples, as the query API does."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        result = [{"metric": {"__name__": name}, "value": [0, "1"]} for name in SCRAPED]
        body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def prometheus() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Prometheus)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def world(prometheus: str) -> Iterator[World]:
    objects, _ = shop(datetime.now(UTC))
    kept = [o for o in objects if not o["kind"].startswith("VolumeSnapshot")]
    server = ApiServer(Store(kept), absent=["snapshot.storage.k8s.io"])
    with World((), [*WITHOUT_TICKS, CHART], server=server) as made:
        made.config["global_config"]["prometheus_url"] = prometheus
        made.runner.configure(made.config)
        made.runner.reload()
        yield made


def test_each_gap_comes_with_its_remedy(world: World) -> None:
    world.api.access.deny([("list", "storageclasses", None), ("get", "resourcequotas", None)])
    text = words(next_message(world, lambda: world.runner.trigger("robusta_volumes_doctor")))
    world.api.access.allow_again()
    assert '- apiGroups: ["storage.k8s.io"]\n  resources: ["storageclasses"]\n  verbs: ["get", "list"]' in text
    assert '- apiGroups: [""]\n  resources: ["resourcequotas"]' in text
    assert "volumesnapshots*: not served, so not used" in text
    assert "install the CRDs of the CSI snapshotter" in text
    assert "node_exporter: node_disk_io_time_seconds_total" in text
    assert "nodeExporter.enabled: true" in text
    assert "kubelet: kubelet_volume_stats_used_bytes" not in text


def test_pasting_what_is_printed_about_the_charts_playbook_ends_the_second_message(world: World) -> None:
    text = words(next_message(world, lambda: world.runner.trigger("robusta_volumes_doctor")))
    assert f"playbook {CHART_PLAYBOOK} reports ProvisioningFailed, FailedBinding, ClaimLost and " in text
    assert "two messages for one thing" in text
    (fence,) = re.findall(r"```(disabledPlaybooks.*?)```", text, re.DOTALL)
    values = yaml.safe_load(fence)
    assert values["disabledPlaybooks"] == [CHART["name"]]
    (copy,) = values["customPlaybooks"]
    assert copy["triggers"] == [{CHART_TRIGGER: {"exclude": [*CHART_EXCLUDE, *WARNINGS]}}]
    pasted = {**CHART, "name": copy["name"], "triggers": copy["triggers"]}
    world.runner.configure({**world.config, "active_playbooks": [*WITHOUT_TICKS, pasted]})
    world.runner.reload()
    text = words(next_message(world, lambda: world.runner.trigger("robusta_volumes_doctor")))
    assert "two messages for one thing" not in text
    world.runner.configure(world.config)
    world.runner.reload()


def test_a_person_who_asks_with_a_name_gets_the_same_answer(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger("robusta_volumes_doctor", name="x", namespace="shop"))
    assert "things missing" in title(message)
    assert message.problems == []


def test_leaving_is_prepared_by_a_list_of_what_is_ours(world: World) -> None:
    message = next_message(world, lambda: world.runner.trigger("robusta_volumes_leftovers"))
    assert title(message) == "Nothing of robusta-volumes is left"


def test_the_state_of_the_schedule_is_ours_and_listed() -> None:
    objects, _ = shop(datetime.now(UTC))
    with World(objects, PLAYBOOKS) as world:
        world.slack.wait_for(1, 30)
        quiet(world)  # until each tick has said what it has to say at once
        message = next_message(world, lambda: world.runner.trigger("robusta_volumes_leftovers"))
        assert "robusta/robusta-volumes-state" in words(message)
