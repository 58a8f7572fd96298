"""What the end-to-end tests share: the recorded cluster as a world, and words to ask a message for."""

import json
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from robusta_volumes._analysis.ledger import Ledger, to_json
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import NAME, State
from robusta_volumes._cluster.store import load, shift_times
from robusta_volumes._model.kind import CONFIG_MAP
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.backup_builder import VeleroBuilder
from robusta_volumes._sandbox.builder import Builder, Object
from robusta_volumes._sandbox.slack_recorder import RecordedMessage
from robusta_volumes._sandbox.world import World, playbooks_of
from robusta_volumes._workflows.volume_news import KEY

ROOT = Path(__file__).resolve().parents[1]
RECORDED = ROOT / "tests" / "clusters"
PLAYBOOKS = playbooks_of(ROOT / "playbooks")
# Without the schedules: their reports would stand between the messages of the other triggers.
WITHOUT_TICKS = [p for p in PLAYBOOKS if not any("on_schedule" in trigger for trigger in p["triggers"])]
PATIENCE = 30.0
EBS = "ebs.csi.aws.com"


def recorded(state: str) -> list[Object]:
    """Load a recorded cluster as if it had been recorded this very minute."""

    return shift_times(load(RECORDED / state), to=datetime.now(UTC))


def forwarded() -> list[dict[str, Any]]:
    """Read what the forwarder posted while the recorded cluster went from `before` to `after`."""
    lines = (RECORDED / "forwarder-events.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def watched(objects: Iterable[Object]) -> list[Object]:
    """Add what is remembered of a cluster whose first report was made when all was well: everything is news."""
    cluster = MemoryCluster()
    known = Ledger(baseline=1, swept=int(datetime.now(UTC).timestamp()), reported=1)
    State(cluster, "robusta").write(KEY, to_json(known))
    memory = cluster.get(CONFIG_MAP, NAME, "robusta")
    return [*objects, {**memory, "metadata": {"name": NAME, "namespace": "robusta"}}]


def forget(world: World) -> None:
    """Bring back what `watched` remembers, so that a test can say again what an earlier one said."""
    world.api.store.take([o for o in watched([]) if o["kind"] == "ConfigMap"])


def words(message: RecordedMessage) -> str:
    """Give all text of a message."""
    blocks = [*message.blocks, *(b for a in message.attachments for b in a.get("blocks", ()))]
    texts = [(b.get("text") or {}).get("text") or "" for b in blocks]
    return "\n".join([message.text, *texts])


def next_message(world: World, act: Callable[[], object]) -> RecordedMessage:
    """Do something and give the message that it leads to."""
    before = len(world.slack.messages)
    act()
    world.slack.wait_for(before + 1, PATIENCE)
    return world.slack.messages[before]


def quiet(world: World, seconds: float = 3.0) -> list[RecordedMessage]:
    """Wait until no message has come for a while; give all."""
    last, since = len(world.slack.messages), time.monotonic()
    while time.monotonic() - since < seconds:
        time.sleep(0.1)
        if len(world.slack.messages) != last:
            last, since = len(world.slack.messages), time.monotonic()
    return world.slack.messages


def title(message: RecordedMessage) -> str:
    """Give the finding's title: the second line of the first block."""
    text: str = message.blocks[0]["text"]["text"]
    return text.split("\n", 1)[1]


def velero_shop(now: datetime) -> Builder:
    """A namespace with two claims that can be snapshotted, and a Velero whose storage is there."""
    b = Builder(now)
    b.add("Namespace", "shop", status={"phase": "Active"})
    b.storage_class("gp3", EBS)
    for name in ("data", "files"):
        b.bound("shop", name, "10Gi", "gp3", EBS)
    b.add("VolumeSnapshotClass", "csi", api="snapshot.storage.k8s.io/v1", driver=EBS, deletionPolicy="Delete")
    VeleroBuilder(b).installed()
    return b
