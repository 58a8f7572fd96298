"""Runs from Robusta's UI: through a relay on loopback and the real receiver with its own validation to the action."""

import asyncio
import copy
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import WSMsgType, web
from robusta.core.reporting.action_requests import ActionRequestBody, ExternalActionRequest, sign_action_request
from robusta.utils.error_codes import ErrorCodes

from robusta_volumes._cli.values_parts import light_actions
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import CLAIM, CONFIG_MAP, VOLUME
from robusta_volumes._model.needs import CHANGES
from robusta_volumes._model.settings import WORKFLOWS
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.controllers import Controllers
from robusta_volumes._sandbox.slack_recorder import RecordedMessage, SlackRecorder
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._sandbox.world import CLUSTER, global_config
from worlds import PATIENCE, ROOT

ACTION = "persistent_volume_actions"
EXPAND = "expand_persistent_volume_claim"
UNLISTED = "robusta_volumes_doctor"
UPLOADS: dict[str, Any] = {"name": "uploads", "namespace": "shop"}
KEY = global_config()["signing_key"]


class Relay:
    """Takes the place of Robusta's relay: the runner connects to it, and it hands on what people ask for."""

    def __init__(self) -> None:
        self.said: queue.Queue[dict[str, Any]] = queue.Queue()
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._runner: web.WebSocketResponse | None = None
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()), daemon=True)

    def __enter__(self) -> "Relay":  # noqa: PYI034 (typing.Self is new in 3.11)
        self._thread.start()
        assert self._ready.wait(PATIENCE)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application()
        app.add_routes([web.get("/", self._connected)])
        runner = web.AppRunner(app, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"ws://127.0.0.1:{runner.addresses[0][1]}/"
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _connected(self, request: web.Request) -> web.WebSocketResponse:
        self._runner = web.WebSocketResponse()
        await self._runner.prepare(request)
        async for message in self._runner:
            if message.type == WSMsgType.TEXT:
                self.said.put(json.loads(message.data))
        return self._runner

    def send(self, message: dict[str, Any]) -> None:
        """Hand a message to the runner."""
        assert self._runner is not None
        asyncio.run_coroutine_threadsafe(self._runner.send_json(message), self._loop).result(PATIENCE)


@dataclass
class Ui:
    """What a person at the UI has."""

    relay: Relay
    findings: Path
    api: ApiServer
    slack: SlackRecorder

    def ask(self, request: dict[str, Any]) -> Any:
        """Ask, and give the answer."""
        number = str(uuid4())
        self.relay.send({**request, "request_id": number})
        answer = self.relay.said.get(timeout=PATIENCE)
        assert (answer["action"], answer["request_id"]) == ("response", number)
        return Answer(answer["status_code"], answer["data"])

    def written(self) -> list[dict[str, Any]]:
        """Give what the sink has got so far, but for what it is just writing."""
        text = self.findings.read_text() if self.findings.exists() else ""
        return [json.loads(one + "}") for one in text.split("\n}\n")[:-1]]


@dataclass
class Answer:
    """What the receiver sent back."""

    status: int
    data: dict[str, Any]

    @property
    def titles(self) -> list[str]:
        """The titles of the findings in it."""
        return [finding["title"] for finding in self.data["findings"]]

    @property
    def refused(self) -> str:
        """The name of the error for which it was not run; "" when it was."""
        code = self.data.get("error_code")
        return ErrorCodes(code).name if code else ""


@contextmanager
def receiver(folder: Path, api: ApiServer, relay: Relay, slack: SlackRecorder) -> Iterator[Ui]:
    """Start Robusta's receiver and wait until it has introduced itself."""
    findings, log = folder / "findings.json", folder / "receiver.log"
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("KUBE")},
        "PYTHONPATH": os.pathsep.join([str(ROOT / "actions"), str(ROOT / "tests")]),
        "KUBECONFIG": str(api.kubeconfig(folder / "kubeconfig")),
        "WEBSOCKET_RELAY_ADDRESS": relay.url,
        "SLACK_FORWARD_URL": slack.url,
    }
    command = [sys.executable, str(ROOT / "tests" / "ui_receiver.py"), str(findings)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=out, stderr=out)
    try:
        hello = relay.said.get(timeout=PATIENCE)
        assert (hello["action"], hello["cluster_name"]) == ("auth", CLUSTER)
        yield Ui(relay, findings, api, slack)
    except queue.Empty:
        pytest.fail(f"the receiver did not come:\n{log.read_text()}")
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    objects, _ = shop(datetime.now(UTC))
    with (
        ApiServer(Store(objects)) as api,
        Relay() as relay,
        SlackRecorder() as slack,
        Controllers(api.store),
        receiver(tmp_path_factory.mktemp("ui"), api, relay, slack) as made,
    ):
        yield made


def request(action: str = ACTION, age: float = 0, sinks: list[str] | None = None, **params: object) -> dict[str, Any]:
    """Write what the UI sends: an action and a name and a namespace."""
    body = ActionRequestBody(
        account_id="sandbox",
        cluster_name=CLUSTER,
        action_name=action,
        timestamp=int(time.time() - age),
        action_params=params,
        sinks=sinks,
        origin="ui",
    )
    written: dict[str, Any] = ExternalActionRequest(body=body, no_sinks=True).dict()
    return written


def signed(written: dict[str, Any], key: str = KEY) -> dict[str, Any]:
    """Sign a request, as the command line does."""
    return {**written, "signature": sign_action_request(ActionRequestBody(**written["body"]), key)}


# --- without a signature: what stands in lightActions, and nothing else


def test_an_unsigned_run_of_a_listed_action_runs_with_just_name_and_namespace(ui: Ui) -> None:
    answer = ui.ask(request(**UPLOADS))
    assert (answer.status, answer.data["success"]) == (200, True)
    (finding,) = answer.data["findings"]
    assert finding["title"].startswith("Claim shop/uploads is Bound: 200.0 GiB")
    assert (finding["subject_name"], finding["subject_namespace"]) == ("uploads", "shop")
    assert (finding["source"], finding["cluster"], finding["account_id"]) == ("manual", CLUSTER, "sandbox")
    (evidence,) = finding["evidence"]
    assert {"markdown", "table"} <= {one["type"] for one in json.loads(evidence["data"])}


def test_an_unsigned_run_of_an_action_that_is_not_listed_is_refused(ui: Ui) -> None:
    for action in (UNLISTED, *(change.action for change in CHANGES), "no_such_action", f"{ACTION} ", ACTION.upper()):
        answer = ui.ask(request(action))
        assert (answer.status, answer.refused) == (500, "UNAUTHORIZED_LIGHT_ACTION")
        assert "findings" not in answer.data


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"namespace": "monitoring"}, "of namespace monitoring are healthy"),
        ({"name": "nfs-tmp"}, "Volume nfs-tmp could not be reclaimed"),
        ({"name": "uplods", "namespace": "shop"}, "Claim shop/uplods does not exist"),
        ({"name": "uploads", "namespace": "shop", "kind": ""}, "Claim shop/uploads is Bound"),
        ({"name": ["uploads"], "namespace": "shop"}, "action param name must be text, got"),
        ({"name": "uploads", "namespace": "shop", "no_such_param": {"a": [1]}}, "Claim shop/uploads is Bound"),
        ({}, "storage problems in the cluster"),
    ],
)
def test_whatever_the_ui_sends_the_answer_is_one_finding(ui: Ui, params: dict[str, Any], says: str) -> None:
    answer = ui.ask(request(**params))
    assert (answer.status, answer.data["success"]) == (200, True)
    (title,) = answer.titles
    assert says in title


def test_an_unsigned_run_writes_nothing_whatever_settings_come_with_it(ui: Ui) -> None:
    workflows = {"persistentVolumeWorkflows": {"pvcSnapshots": {"retentionDays": "attacker"}}}
    ui.api.requests.clear()
    for _ in range(3):
        titles = ui.ask(request(**UPLOADS, workflows=workflows)).titles
        assert [t for t in titles if t.endswith('retentionDays must be a whole number of days, got "attacker"')]
    written = {seen.path.split("?")[0] for seen in ui.api.requests if seen.method != "GET"}
    assert {path.rpartition("/")[2] for path in written} <= {"selfsubjectaccessreviews"}
    assert [o["metadata"]["name"] for o in ui.api.store.find(CONFIG_MAP, "robusta")] == []


@pytest.mark.parametrize("action", light_actions())
@pytest.mark.parametrize("key", list(WORKFLOWS))
def test_no_light_action_writes_whatever_settings_come_with_it(ui: Ui, action: str, key: str) -> None:
    ui.api.requests.clear()
    for _ in range(2):
        workflows = {"persistentVolumeWorkflows": {key: {"enabled": "attacker"}}}
        assert ui.ask(signed(request(action, workflows=workflows))).data["success"]
    assert ui.api.requests
    written = {seen.path.split("?")[0].rpartition("/")[2] for seen in ui.api.requests if seen.method != "GET"}
    assert written <= {"selfsubjectaccessreviews"}


def test_a_request_that_lay_around_too_long_is_refused(ui: Ui) -> None:
    assert ui.ask(request(age=2 * 3600, **UPLOADS)).refused == "ILLEGAL_TIMESTAMP"


# --- with a signature


def test_a_signed_run_is_accepted_whether_listed_or_not(ui: Ui) -> None:
    answer = ui.ask(signed(request(**UPLOADS)))
    assert answer.titles[0].startswith("Claim shop/uploads is Bound")
    answer = ui.ask(signed(request(UNLISTED)))
    assert (answer.status, answer.data["success"], len(answer.titles)) == (200, True, 1)


def test_a_wrong_signature_is_refused_though_the_action_is_listed(ui: Ui) -> None:
    answer = ui.ask(signed(request(**UPLOADS), key="another key"))
    assert (answer.status, answer.refused) == (500, "SIGNATURE_MISMATCH")
    assert "findings" not in answer.data


def test_a_request_that_was_changed_after_it_was_signed_is_refused(ui: Ui) -> None:
    written = signed(request(**UPLOADS))
    written["body"]["action_params"]["namespace"] = "payments"
    assert ui.ask(written).refused == "SIGNATURE_MISMATCH"


# --- where the finding goes


def test_what_a_person_asks_for_at_the_ui_reaches_the_sinks_too_unless_it_was_only_for_the_screen(ui: Ui) -> None:
    ui.ask(request(**UPLOADS))
    before = ui.written()
    assert len(ui.ask({**request(**UPLOADS), "no_sinks": False}).titles) == 1
    assert [one["title"] for one in ui.written()[len(before) :]] == ui.ask(request(**UPLOADS)).titles
    ui.ask({**request(sinks=["file"], name="nfs-tmp"), "no_sinks": False})
    assert "nfs-tmp" in ui.written()[-1]["title"]
    assert len(ui.written()) == len(before) + 2


def test_without_a_request_id_nobody_waits_and_the_finding_goes_to_the_sinks(ui: Ui) -> None:
    before = len(ui.written())
    ui.relay.send({**request(namespace="payments"), "no_sinks": False})
    deadline = time.monotonic() + PATIENCE
    while len(ui.written()) == before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "namespace payments" in ui.written()[-1]["title"]
    assert ui.relay.said.empty()


# --- a click on a button in Slack arrives the same way


def clicked(written: dict[str, Any]) -> dict[str, Any]:
    """Write what the relay sends for a click: Slack's own message around the request."""
    user = {"username": "mia", "name": "mia", "team_id": "T1"}
    return {"actions": [{"value": json.dumps(written)}], "user": user, "channel": {"name": "storage-alerts"}}


def test_a_click_in_slack_runs_a_listed_action_and_no_other(ui: Ui) -> None:
    number = str(uuid4())
    for action, status in ((ACTION, 200), (UNLISTED, 500)):
        params = UPLOADS if action == ACTION else {}
        ui.relay.send(clicked({**request(action, age=86_400, **params), "request_id": number}))
        answer = ui.relay.said.get(timeout=PATIENCE)
        assert (answer["request_id"], answer["status_code"]) == (number, status)
    assert Answer(500, answer["data"]).refused == "UNAUTHORIZED_LIGHT_ACTION"


# --- buttons of ours: the report, the plan, the change


def buttons(message: RecordedMessage) -> dict[str, Any]:
    """Give what a click on each button of a message sends, by its text."""
    rows = [block for block in message.blocks if block.get("type") == "actions"]
    found = [element for row in rows for element in row["elements"]]
    return {one["text"]["text"]: json.loads(one["value"]) for one in found if "value" in one}


def in_slack(ui: Ui, message: dict[str, Any]) -> RecordedMessage:
    """Hand a message to the runner and give what then arrives in Slack."""
    before = len(ui.slack.messages)
    ui.relay.send(message)
    ui.slack.wait_for(before + 1, PATIENCE)
    return ui.slack.messages[before]


def test_two_clicks_give_a_kept_volume_back_the_first_only_shows_the_plan(ui: Ui) -> None:
    def claim_ref() -> dict[str, Any]:
        spec: dict[str, Any] = ui.api.store.get(VOLUME, "pvc-ledger-2024")["spec"]
        return dict(spec["claimRef"])

    report = in_slack(ui, {**request(sinks=["slack"], name="pvc-ledger-2024"), "no_sinks": False})
    assert report.text.startswith("Volume pvc-ledger-2024 is Released")
    assert report.problems == []
    assert set(buttons(report)) == {"Give back"}
    plan = in_slack(ui, clicked(buttons(report)["Give back"]))
    assert plan.text == "Plan: give volume pvc-ledger-2024 back to claim payments/ledger-2024"
    assert claim_ref()["uid"] == "gone-1"
    done = in_slack(ui, clicked(buttons(plan)["Give back now"]))
    assert done.text == "Volume pvc-ledger-2024 is Available again, for claim payments/ledger-2024 alone"
    assert "uid" not in claim_ref()
    assert [one.problems for one in (plan, done)] == [[], []]


def test_a_click_whose_signature_is_gone_or_whose_params_were_changed_changes_nothing(ui: Ui) -> None:
    before = ui.api.store.get(CLAIM, "grafana", "monitoring")
    plan = in_slack(
        ui,
        {
            **signed(request(EXPAND, sinks=["slack"], name="grafana", namespace="monitoring", size="9Gi")),
            "no_sinks": False,
        },
    )
    value = buttons(plan)["Grow to 9.0 GiB now"]
    greedy = copy.deepcopy(value)
    greedy["body"]["action_params"]["size"] = "900Gi"
    for message, why in (({**value, "signature": ""}, "UNAUTHORIZED_LIGHT_ACTION"), (greedy, "SIGNATURE_MISMATCH")):
        ui.relay.send(clicked({**message, "request_id": "click"}))
        answer = ui.relay.said.get(timeout=PATIENCE)
        assert Answer(answer["status_code"], answer["data"]).refused == why
    assert ui.api.store.get(CLAIM, "grafana", "monitoring") == before


def test_a_sink_that_shows_no_buttons_gets_the_same_message_without(ui: Ui) -> None:
    ui.ask({**request(sinks=["file"], name="pvc-ledger-2024"), "no_sinks": False})
    assert "pvc-ledger-2024" in ui.written()[-1]["title"]
    assert "callback" not in json.dumps(ui.written()[-1]).lower()
