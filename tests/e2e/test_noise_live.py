"""The real runner in a storm, over a restart and after a repair: a handful of right messages, each once."""

import json
import random
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from robusta_volumes._analysis.ledger import from_json
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model.kind import CLAIM
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.builder import Builder, Object, as_change, as_forwarded
from robusta_volumes._sandbox.world import World
from robusta_volumes._workflows.volume_news import KEY
from worlds import PATIENCE, PLAYBOOKS, WITHOUT_TICKS, next_message, quiet, title, watched, words

EVENTS = 2000
EBS = "ebs.csi.aws.com"
NODES = ("node-a1", "node-b1", "node-c1")
TICKS = [p for p in PLAYBOOKS if p["name"] == "VolumeReport"]


# --- a storm


class Storm:
    """A cluster where a driver is gone from three nodes, another was never there, quotas are full, and three typos."""

    def __init__(self) -> None:
        self.b = Builder(datetime.now(UTC))
        self.posts: list[Object] = []
        b = self.b
        b.add("CSIDriver", EBS, api="storage.k8s.io/v1", spec={"attachRequired": True})
        b.storage_class("gp3", EBS, wait=False)
        b.storage_class("san", "csi.san.example.com", wait=False)
        for name in (*NODES, "node-d1"):
            b.node(name, "eu-central-1a")
            drivers = [{"name": EBS, "nodeID": name}] if name == "node-d1" else []
            b.add("CSINode", name, api="storage.k8s.io/v1", spec={"drivers": drivers})
        for n in range(240):
            self._hangs(f"team-{n % 12:02}", f"app-{n}", NODES[n % 3])
        for n in range(60):
            claim = b.claim(f"team-{n % 12:02}", f"san-{n}", "8Gi", "san", age=4)
            self._say(claim, "ExternalProvisioning", "Waiting for a volume to be created", "Normal")
        for space in ("pay", "risk"):
            self._full(space)
        for n in range(3):
            claim = b.claim("shop", f"cart-{n}", "8Gi", "gp33", age=2)
            self._say(claim, "ProvisioningFailed", 'storageclass.storage.k8s.io "gp33" not found')

    def _say(self, about: Object, reason: str, text: str, kind: str = "Warning") -> None:
        self.posts.append(as_forwarded(self.b.event(about, reason, text, type_=kind, age=3)))

    def _hangs(self, namespace: str, name: str, node: str) -> None:
        self.b.bound(namespace, f"data-{name}", "8Gi", "gp3", EBS)
        pod = self.b.pod(namespace, name, [f"data-{name}"], node=node, phase="Pending", age=9)
        text = f"driver name {EBS} not found in the list of registered CSI drivers"
        self._say(pod, "FailedMount", f'MountVolume.MountDevice failed for volume "x" : kubernetes.io/csi: {text}')

    def _full(self, namespace: str) -> None:
        wants = {"storageClassName": "gp3", "resources": {"requests": {"storage": "40Gi"}}}
        template = {"metadata": {"name": "data"}, "spec": wants}
        owner = self.b.workload(
            "StatefulSet", namespace, "db", [], replicas=2, ready=1, volumeClaimTemplates=[template]
        )
        hard, used = {"requests.storage": "50Gi"}, {"requests.storage": "40Gi"}
        self.b.add("ResourceQuota", "storage", namespace, spec={"hard": hard}, status={"hard": hard, "used": used})
        says = "exceeded quota: storage, requested: requests.storage=40Gi, used: requests.storage=40Gi, "
        self._say(
            owner,
            "FailedCreate",
            'create Claim data-db-1 for Pod db-1 in StatefulSet db failed error: persistentvolumeclaims "data-db-1" is '
            f"forbidden: {says}limited: requests.storage=50Gi",
        )


@pytest.fixture(scope="module")
def stormed() -> Iterator[tuple[World, float]]:
    """Let 2,000 events arrive as fast as the runner takes them; give the world, and the seconds until it was quiet."""
    storm = Storm()
    posts = (storm.posts * (EVENTS // len(storm.posts) + 1))[:EVENTS]
    random.Random(4).shuffle(posts)  # noqa: S311 (the same storm each time)
    with World(watched(storm.b.objects), WITHOUT_TICKS) as world:
        begun = time.monotonic()
        with ThreadPoolExecutor(4) as senders:
            list(senders.map(world.runner.send_event, posts))
        quiet(world, 6.0)
        yield world, time.monotonic() - begun - 6.0


def test_two_thousand_events_give_a_handful_of_messages_within_a_minute(stormed: tuple[World, float]) -> None:
    world, seconds = stormed
    titles = sorted(title(m) for m in world.slack.messages)
    print(f"\n{EVENTS} events, {len(titles)} messages, {len(world.api.requests)} requests, {seconds:.0f} s")  # noqa: T201 (the figures, for whoever runs it with -s)
    assert seconds < 60
    assert len(titles) <= 10
    gone = [t for t in titles if t.startswith(f"CSI driver {EBS} does not answer on node node-")]
    assert [t.partition(": ")[2] for t in gone] == ["80 volumes of 80 workloads cannot mount"] * 3
    assert [t for t in titles if t.startswith("CSI driver csi.san.example.com is not installed: 60 claims")]
    assert len([t for t in titles if t.startswith("Storage quota storage in namespace ")]) == 2
    assert len([t for t in titles if t.endswith('cannot bind: storage class "gp33" does not exist')]) == 3
    assert len(titles) == 9


def test_the_victims_travel_as_a_file_and_no_message_broke_a_limit(stormed: tuple[World, float]) -> None:
    world, _ = stormed
    story = next(m for m in world.slack.messages if "node-a1" in title(m))
    victims = next(file for file in story.files if file.name == "victims.csv")
    assert len(victims.contents.decode().splitlines()) == 81
    assert [p for m in world.slack.messages for p in m.problems] == []
    assert "Traceback" not in world.runner.log.read_text()
    assert world.runner.alive


def test_the_eleventh_message_waits_and_is_counted(stormed: tuple[World, float]) -> None:
    world, _ = stormed
    b = Builder(datetime.now(UTC))
    claims = [b.claim("late", f"c{n}", "8Gi", "gp33", age=1) for n in range(3)]
    posts = [as_forwarded(b.event(c, "ProvisioningFailed", 'storageclass "gp33" not found')) for c in claims]
    world.api.store.take(b.objects)

    def send() -> None:
        for body in posts:
            world.runner.send_event(body)

    tenth = next_message(world, send)
    assert title(tenth).startswith("Claim late/c")
    assert len(quiet(world, 3.0)) == 10
    cluster = MemoryCluster()
    cluster.store = world.api.store
    ledger = from_json(State(cluster, "robusta").read(KEY))
    untold = {one.title for one in ledger.open.values() if one.news}
    assert len(untold) == 2
    assert ledger.soon  # the next tick tells them
    assert "PVC-05" in ledger.held or "at least" in words(tenth)


# --- the whole life of a problem


def findings(file: Path) -> list[dict[str, Any]]:
    """Read what Robusta's file sink wrote: one JSON object after the other."""
    text, found, reader = file.read_text() if file.exists() else "", [], json.JSONDecoder()
    while text.strip():
        value, end = reader.raw_decode(text.lstrip())
        found.append(value.get("Finding", value))
        text = text.lstrip()[end:]
    return found


def field(finding: Mapping[str, Any], name: str) -> Any:
    return finding[name] if name in finding else finding["attributes"][name]


def unsure(world: World) -> list[str]:
    """List what was told and is not yet known to have been sent."""
    cluster = MemoryCluster()
    cluster.store = world.api.store
    state = State(cluster, "robusta")
    ledger = from_json(state.read(KEY))
    left = [f"{one.title} of {one.by}" for one in (*ledger.open.values(), *ledger.over.values()) if one.by]
    left += [] if ledger.baseline else ["the first look"]
    return left + ([] if state.read("persistentVolumeActions").get("announced") else ["the report"])


def wait_until_sure(world: World) -> None:
    deadline = time.monotonic() + 2 * PATIENCE
    while left := unsure(world):
        assert time.monotonic() < deadline, f"{left}\n{world.runner.tail()}"
        time.sleep(0.3)


def often(config: dict[str, Any]) -> None:
    """Let the schedule tick every two seconds."""
    for playbook in config["active_playbooks"]:
        for trigger in playbook["triggers"]:
            if "on_schedule" in trigger:
                trigger["on_schedule"]["fixed_delay_repeat"]["seconds_delay"] = 2


def test_a_problem_from_the_first_report_over_a_restart_to_its_end(tmp_path: Path) -> None:
    b = Builder(datetime.now(UTC))
    b.add("CSIDriver", EBS, api="storage.k8s.io/v1", spec={"attachRequired": True})
    b.storage_class("gp3", EBS, wait=False)
    old = b.claim("shop", "old", "8Gi", "gp33", age=3000)
    world = World(b.objects, json.loads(json.dumps([*WITHOUT_TICKS, *TICKS])))
    often(world.config)
    written = tmp_path / "findings.json"
    world.config["sinks_config"].append({"file_sink": {"name": "file", "file_name": str(written), "default": True}})
    with world:
        world.slack.wait_for(1, PATIENCE)
        assert "This is the first look at this cluster. The 1 issue of today" in words(world.slack.messages[0])
        event = as_forwarded(b.event(old, "ProvisioningFailed", 'storageclass "gp33" not found'))
        world.runner.send_event(event)
        assert len(quiet(world, 3.0)) == 1  # old problems are not announced one by one

        new = Builder(datetime.now(UTC))
        cart = new.claim("shop", "cart", "8Gi", "gp33", age=1)
        body = as_forwarded(new.event(cart, "ProvisioningFailed", 'storageclass "gp33" not found', age=1))
        world.api.store.take(new.objects)
        problem = next_message(world, lambda: world.runner.send_event(body))
        assert title(problem) == 'Claim shop/cart cannot bind: storage class "gp33" does not exist'

        wait_until_sure(world)
        world.runner.stop()
        world.runner.start()
        for again in (event, body, body):
            world.runner.send_event(again)
        assert len(quiet(world, 6.0)) == 2  # a restart repeats nothing

        world.api.store.delete(CLAIM, "cart", "shop")
        mended = Builder(datetime.now(UTC))
        mended.bound("shop", "cart", "8Gi", "gp3", EBS, age=0.1)
        world.api.store.take(mended.objects)
        volume = next(o for o in mended.objects if o["kind"] == "PersistentVolume")
        change = as_change("update", volume, {**volume, "status": {"phase": "Pending"}})
        end = next_message(world, lambda: world.runner.send_event(change))
        assert end.text.startswith("[RESOLVED] Resolved: Claim shop/cart cannot bind")
        assert "It is no longer found" in words(end)
        assert len(quiet(world, 3.0)) == 3
    told = [f for f in findings(written) if "shop/cart" in json.dumps(f) and "cannot bind" in str(field(f, "title"))]
    assert [str(field(f, "title")).startswith("[RESOLVED]") for f in told] == [False, True]
    assert len({field(f, "fingerprint") for f in told}) == 1
    assert [field(f, "failure") for f in told] == [True, False]
