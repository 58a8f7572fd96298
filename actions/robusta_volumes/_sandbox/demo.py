"""The demo: real storage events through the real Robusta runner, and the messages that come out.

python -m robusta_volumes._sandbox.demo [--out DIR] [--playbooks DIR]
"""

import argparse
import contextlib
import copy
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.builder import as_change, as_forwarded
from robusta_volumes._sandbox.controllers import Controllers
from robusta_volumes._sandbox.runner import ended_by_signals
from robusta_volumes._sandbox.slack_page import render
from robusta_volumes._sandbox.slack_recorder import RecordedMessage
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._sandbox.terminal import show
from robusta_volumes._sandbox.world import HELM_BLOCK, World, playbooks_of

ROOT = Path(__file__).resolve().parents[3]
MESSAGE_SECONDS = 25.0
ALERT: dict[str, Any] = {
    "receiver": "robusta",
    "status": "firing",
    "version": "4",
    "groupKey": "{}",
    "externalURL": "http://alertmanager:9093",
    "alerts": [
        {
            "status": "firing",
            "labels": {
                "alertname": "KubePersistentVolumeFillingUp",
                "namespace": "db",
                "persistentvolumeclaim": "data-pg-0",
                "severity": "warning",
            },
            "annotations": {
                "summary": "PersistentVolume is filling up.",
                "description": "The PersistentVolume claimed by data-pg-0 in namespace db is expected to fill up within "
                "four days. Currently 12.1% is available.",
            },
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus:9090/graph?g0.expr=kubelet_volume_stats_available_bytes",
            "fingerprint": "sandbox",
        }
    ],
}
SETTINGS = copy.deepcopy(HELM_BLOCK)
SETTINGS["persistentVolumeWorkflows"]["persistentVolumeActions"]["prices"] = {"gp3": 0.08, "efs.csi.aws.com": 0.30}
# What is sent, in order, and what a reader of the page is told about it.
EVENTS = (
    ("class typo", "A Kubernetes Event arrives: the claim names a class that does not exist"),
    ("no class", "A Normal event, which most tools ignore, carries the cause"),
    ("driver missing", "Normal event ExternalProvisioning: the driver of the class is not there"),
    ("pod unschedulable", "Normal event WaitForPodScheduled: the claim is the victim of its pod"),
    ("static mismatch", "A claim that wants a hand-made volume: the nearest misses are named"),
    ("volume taken", "A claim that names a volume of somebody else"),
    ("claim missing", "The scheduler says that a claim is missing: a typo in the pod"),
    ("node gone", "A local volume whose node has left"),
    ("one pod only", "A second pod of a ReadWriteOncePod claim"),
    ("cannot mount", "The kubelet cannot mount a volume"),
    ("quota", "A StatefulSet stops growing: the storage quota is full"),
)


def alert(now: datetime) -> dict[str, Any]:
    """Give the Alertmanager body with a fresh start time: Robusta drops what it has seen."""
    body = copy.deepcopy(ALERT)
    body["alerts"][0]["startsAt"] = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return body


class Demo:
    """Plays the story and collects a caption for each message."""

    def __init__(self, world: World) -> None:
        """Play in ``world``."""
        self.world = world
        self.captions: dict[str, str] = {}
        self.missed: list[str] = []

    def expect(self, caption: str, act: Callable[[], object], messages: int = 1) -> None:
        """Do something, wait for the messages that it leads to, and show them."""
        before = len(self.world.slack.messages)
        print(f"\n→ {caption}", flush=True)
        act()
        if not self._wait_for(before + messages):
            self.missed.append(caption)
        time.sleep(0.15)  # a second message of the same cause belongs to the same caption
        self.take(before, caption)

    def _wait_for(self, count: int) -> bool:
        """Wait for that many messages; False when they do not come. Raises RuntimeError: when the runner has died."""
        deadline = time.monotonic() + MESSAGE_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                self.world.slack.wait_for(count, 0.5)
                return True
            if not self.world.runner.alive:
                raise RuntimeError(f"the runner has died:\n{self.world.runner.tail()}")
        return False

    def take(self, before: int, caption: str) -> None:
        """Show the messages that came since ``before``."""
        for message in self.world.slack.messages[before:]:
            if message.ts not in self.captions:
                self.captions[message.ts] = caption
                show(message)

    def play(self, sent: dict[str, dict[str, Any]]) -> None:
        """Send everything: a tick, events, changes, an alert, runs by hand, wrong settings."""
        runner = self.world.runner
        self.expect("On schedule: the report of the whole cluster, and once a week the digest", lambda: None, 2)
        for name, caption in EVENTS:
            self.expect(caption, lambda name=name: runner.send_event(as_forwarded(sent[name])))  # type: ignore[misc]
        for name, caption in (("released", "A volume is Released"), ("failed", "A volume could not be reclaimed")):
            old = {**sent[name], "status": {"phase": "Bound"}}
            self.expect(
                f"The volume changes: {caption}",
                lambda name=name, old=old: runner.send_event(as_change("update", sent[name], old)),  # type: ignore[misc]
            )
        self.expect(
            "The volume object was deleted under a bound claim",
            lambda: runner.send_event(as_change("delete", sent["lost"])),
        )
        now = datetime.now(UTC)
        self.expect("An alert from Alertmanager is enriched", lambda: runner.send_alerts(alert(now)))
        by_hand = (
            ("a claim, by name and namespace", {"name": "uploads", "namespace": "shop"}),
            ("a namespace", {"namespace": "shop"}),
            ("a storage class", {"kind": "storageclass", "name": "efs"}),
            ("a node", {"kind": "node", "name": "node-a1"}),
            ("a name with a typo", {"name": "uplaods", "namespace": "shop"}),
        )
        for caption, params in by_hand:
            self.expect(
                f"By hand: {caption}",
                lambda params=params: runner.trigger("persistent_volume_actions", **params),  # type: ignore[misc]
            )
        self._change()
        self.expect("By hand: what is missing in this cluster?", lambda: runner.trigger("robusta_volumes_doctor"))
        self.expect("Somebody writes wrong settings; the next event of any kind tells", lambda: self._spoil(sent))

    def _change(self) -> None:
        """Let claims grow and give a volume back: each time the plan, then the change itself."""
        runner, grow, back = self.world.runner, "expand_persistent_volume_claim", "release_persistent_volume"
        grafana = {"name": "grafana", "namespace": "monitoring", "size": "+50%"}
        pg = {"name": "data-pg-0", "namespace": "db", "size": "150Gi"}
        ledger = {"name": "pvc-ledger-2024"}
        runs: tuple[tuple[str, str, dict[str, Any]], ...] = (
            ("How would a claim grow? Without dry_run=false nothing changes", grow, grafana),
            ("Then it grows, and is followed to its end", grow, {**grafana, "dry_run": False}),
            ("A claim whose size something else decides", grow, {**pg, "dry_run": False}),
            ("How would a kept volume be given back to its claim?", back, ledger),
            ("Then it is: only a claim of this name can have it", back, {**ledger, "dry_run": False}),
        )
        for caption, action, params in runs:
            self.expect(
                f"By hand: {caption}",
                lambda action=action, params=params: runner.trigger(action, **params),  # type: ignore[misc]
            )

    def _spoil(self, sent: dict[str, dict[str, Any]]) -> None:
        wrong = copy.deepcopy(SETTINGS)
        wrong["persistentVolumeWorkflows"]["pvcSnapshots"]["retentionDays"] = "thirty"
        self.world.settle(wrong)
        self.world.runner.send_event(as_forwarded(sent["class typo"]))


def write_page(world: World, captions: dict[str, str], out: Path, seconds: float) -> Path:
    """Write what Slack would show."""
    messages: list[RecordedMessage] = world.slack.messages
    notes = (
        f"{len(messages)} messages that the real Robusta runner posted in {seconds:.0f} s; the cluster is the sandbox's.",
        "Above each message stands what was sent to the runner to get it.",
    )
    page = out / "index.html"
    page.write_text(render(messages, "robusta-volumes: what arrives in Slack", notes, captions), encoding="utf-8")
    return page


def main() -> int:
    """Run the demo; 0 when every message arrived within Slack's limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("demo"), help="where index.html goes")
    parser.add_argument("--playbooks", type=Path, default=ROOT / "playbooks", help="the playbooks to enable")
    given = parser.parse_args()
    playbooks = playbooks_of(given.playbooks)
    if not playbooks:
        parser.error(f"there is no playbook in {given.playbooks}")
    try:
        given.out.mkdir(parents=True, exist_ok=True)  # now, not when everything has been played
    except OSError as error:
        parser.error(f"cannot write to {given.out}: {error.strerror}")
    started = time.monotonic()
    objects, sent = shop(datetime.now(UTC))
    print("Starting a small cluster, a recorder in the place of Slack, and the real Robusta runner ...", flush=True)
    with ended_by_signals(), World(objects, playbooks, workflows=SETTINGS) as world, Controllers(world.api.store):
        print(f"The runner is up after {time.monotonic() - started:.0f} s.", flush=True)
        demo = Demo(world)
        demo.play(sent)
        page = write_page(world, demo.captions, given.out, time.monotonic() - started)
        problems = [f"{m.ts}: {p}" for m in world.slack.messages for p in m.problems]
        errors = [line for line in world.runner.tail(4000).splitlines() if "ERROR" in line]
    print(f"\n{len(demo.captions)} messages in {time.monotonic() - started:.0f} s. Open {page}")
    for text in (*(f"no message for: {one}" for one in demo.missed), *problems, *errors):
        print(f"! {text}", file=sys.stderr)
    return 1 if demo.missed or problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.")
        sys.exit(130)
    except RuntimeError as error:  # of the runner; the end of its log says more than our own traceback
        print(f"! {error}", file=sys.stderr)
        sys.exit(1)
