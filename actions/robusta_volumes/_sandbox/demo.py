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

from robusta_volumes._cluster.store import Store
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.builder import Object, as_change, as_forwarded
from robusta_volumes._sandbox.controllers import Controllers
from robusta_volumes._sandbox.demo_backups import backups_act
from robusta_volumes._sandbox.demo_contents import contents_act, contents_server
from robusta_volumes._sandbox.demo_data import data_act
from robusta_volumes._sandbox.demo_performance import look_act, performance_act
from robusta_volumes._sandbox.demo_script import BLOCK, BY_HAND, CHANGES, EVENTS, STORM, alert
from robusta_volumes._sandbox.demo_snapshots import snapshots_act
from robusta_volumes._sandbox.io_answers import IoAnswers
from robusta_volumes._sandbox.pod_runner import PodRunner
from robusta_volumes._sandbox.recorded_prometheus import RecordedPrometheus
from robusta_volumes._sandbox.runner import ended_by_signals
from robusta_volumes._sandbox.slack_page import render
from robusta_volumes._sandbox.slack_recorder import RecordedMessage
from robusta_volumes._sandbox.story_io import series_of, shop_io
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._sandbox.story_steps import driver_down, repaired, steps
from robusta_volumes._sandbox.terminal import show
from robusta_volumes._sandbox.world import World, playbooks_of

ROOT = Path(__file__).resolve().parents[3]
MESSAGE_SECONDS = 25.0
# whose first tick is a message; those about snapshots have nothing to say as long as no schedule is set
_SPEAK_AT_ONCE = {
    "persistent_volume_actions",
    "persistent_data_analysis",
    "volumes_digest",
    "volume_performance_analysis",
}
_SPEAK_AT_ONCE |= {"volume_backup_freshness"}  # there is no Velero yet; the schedule leaves that to it


class Demo:
    """Plays the story and collects a caption for each message."""

    def __init__(self, world: World, kubelet: PodRunner) -> None:
        """Play in ``world``, whose pods of ours ``kubelet`` runs."""
        self.world, self.kubelet = world, kubelet
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

    def play(self, objects: list[Object], sent: dict[str, Object], brought: dict[str, list[Object]]) -> None:
        """Let things happen, send what the runner is told of them, ask by hand, and write wrong settings."""
        runner, store = self.world.runner, self.world.api.store
        scheduled = sum(
            "on_schedule" in trigger and bool(_SPEAK_AT_ONCE & {name for action in p["actions"] for name in action})
            for p in self.world.playbooks
            for trigger in p["triggers"]
        )
        self.expect("On schedule: the first look at the whole cluster", lambda: None, scheduled)

        def happen(name: str, post: Callable[[Object], Object]) -> None:
            store.take(brought[name])
            runner.send_event(post(sent[name]))

        def repair() -> None:
            made, change = repaired(datetime.now(UTC))
            store.take(made)
            runner.send_event(change)

        def storm() -> None:
            changed, posted = driver_down(objects, datetime.now(UTC))
            store.take(changed)
            for body in posted * STORM:
                runner.send_event(body)

        for name, caption in EVENTS:
            self.expect(caption, lambda name=name: happen(name, as_forwarded))  # type: ignore[misc]
        for name, caption in (("released", "A volume is Released"), ("failed", "A volume could not be reclaimed")):
            self.expect(f"The volume changes: {caption}", lambda name=name: happen(name, _changed))  # type: ignore[misc]
        gone = "The volume object was deleted under a bound claim"
        self.expect(gone, lambda: happen("lost", lambda volume: as_change("delete", volume)))
        self.expect("Somebody repairs the first claim: the problem is taken back", repair)
        now = datetime.now(UTC)
        self.expect("An alert from Alertmanager is enriched", lambda: runner.send_alerts(alert(now)))
        for caption, params in BY_HAND:
            self.expect(
                f"By hand: {caption}",
                lambda params=params: runner.trigger("persistent_volume_actions", **params),  # type: ignore[misc]
            )
        for caption, action, params in CHANGES:
            self.expect(
                f"By hand: {caption}",
                lambda action=action, params=params: runner.trigger(action, **params),  # type: ignore[misc]
            )
        self.expect(f"A storm: a driver vanishes from a node, and its pods say so {STORM} times each", storm)
        self.expect("By hand: what is missing in this cluster?", lambda: runner.trigger("robusta_volumes_doctor"))
        data_act(self.world, self.expect)
        performance_act(self.world, self.expect)
        snapshots_act(self.world, self.expect)
        contents_act(self.world, self.expect)
        look_act(self.world, self.expect)
        backups_act(self.world, self.kubelet, self.expect)
        self.expect("Somebody writes wrong settings; the next event of any kind tells", lambda: self._spoil(sent))

    def _spoil(self, sent: dict[str, Object]) -> None:
        wrong = copy.deepcopy(BLOCK)
        wrong["persistentVolumeWorkflows"]["pvcSnapshots"]["retentionDays"] = "thirty"
        self.world.settle(wrong)
        self.world.runner.send_event(as_forwarded(sent["no class"]))


def _changed(volume: Object) -> Object:
    return as_change("update", volume, {**volume, "status": {"phase": "Bound"}})


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
    start, brought = steps(objects, sent)
    prometheus = RecordedPrometheus(also=IoAnswers(series_of(shop_io(), objects), time.time).answer)
    prometheus.start()
    with (
        ended_by_signals(),
        contextlib.closing(prometheus),
        contents_server(Store(start)) as (server, kubelet),
        World((), playbooks, workflows=BLOCK, server=server, more={"prometheus_url": prometheus.url}) as world,
        Controllers(world.api.store),
    ):
        print(f"The runner is up after {time.monotonic() - started:.0f} s.", flush=True)
        demo = Demo(world, kubelet)
        demo.play(objects, sent, brought)
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
