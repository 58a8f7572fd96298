"""That nothing in a cluster makes backups is told once, whichever of the two ticks looks first, and by no alert again."""

from datetime import timedelta

import pytest

from backup_objects import NOON, World, settings
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model import kind as k
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._workflows.volume_backup_freshness import volume_backup_freshness
from robusta_volumes._workflows.volume_backup_management import volume_backup_management
from robusta_volumes._workflows.volume_backup_schedule import volume_backup_schedule

TOOLS = frozenset(kind.resource for kind in k.BACKUP_KINDS)
OTHERS = frozenset(kind.resource for kind in k.BACKUP_KINDS if kind.group != "velero.io")
NOTHING = "Nothing in this cluster makes backups: it has no Velero, K8up or VolSync"
NO_VELERO = "Backups are not made: Velero is not installed here"
HERE = "[RESOLVED] This cluster has a tool that makes backups"


class Installation:
    """A cluster without any tool, and both ticks of ours: every five minutes, and every half hour."""

    def __init__(self, *on: str, absent: frozenset[str] = TOOLS, process: str = "p1") -> None:
        self.on, self.process = on, process
        w = World("orders", "uploads")
        w.location()
        w.pod("velero-1", deploy="velero")
        w.pod("node-agent-1", name="node-agent")
        self.cluster = MemoryCluster(w.b.objects, now=NOON, absent=absent, name="prod")
        self.settings = settings()

    def run(self, hours: float) -> list[str]:
        """Let time pass; give the titles of what was said."""
        said, state = [], State(self.cluster, "robusta")
        for number in range(int(hours * 12)):
            for name in self.on:
                if name == "schedule":
                    said += volume_backup_schedule(self.cluster, self.settings, state, self.process, lambda _: None)
                elif number % 6 == 0:
                    said += volume_backup_freshness(self.cluster, self.settings, state, "robusta", self.process)
            self.cluster._now += timedelta(minutes=5)  # noqa: SLF001 (a test's clock)
        return [page.title for page in said]


@pytest.mark.parametrize("on", [("schedule", "watch"), ("watch", "schedule")], ids=["schedule first", "watch first"])
def test_both_ticks_together_say_it_once_whichever_is_first(on: tuple[str, str]) -> None:
    here = Installation(*on)
    assert here.run(72) == [NOTHING]


@pytest.mark.parametrize(("on", "says"), [("schedule", NO_VELERO), ("watch", NOTHING)])
def test_either_alone_says_it(on: str, says: str) -> None:
    assert Installation(on).run(72) == [says]


def test_the_schedule_says_that_velero_is_missing_where_another_tool_is_there() -> None:
    assert Installation("schedule", "watch", absent=TOOLS - {k.K8UP_BACKUP.resource}).run(24) == [NO_VELERO]


def test_what_the_schedule_said_alone_the_watch_does_not_say_again_when_it_is_switched_on() -> None:
    here = Installation("schedule")
    assert here.run(2) == [NO_VELERO]
    here.on = ("schedule", "watch")
    assert here.run(24) == []


def test_when_velero_is_installed_that_is_told_once_and_nobody_is_blamed_for_what_never_was() -> None:
    here = Installation("schedule", "watch")
    assert here.run(72) == [NOTHING]
    here.cluster.absent = OTHERS
    said = here.run(6)
    assert said == [HERE]


def test_it_is_told_again_when_velero_is_taken_away_again() -> None:
    here = Installation("schedule", "watch")
    here.run(2)
    here.cluster.absent = OTHERS
    here.run(2)
    here.cluster.absent = TOOLS
    assert here.run(24) == [NOTHING]


def test_a_restart_before_the_message_was_sent_says_it_again() -> None:
    here = Installation("watch", "schedule")
    assert here.run(0.1) == [NOTHING]
    here.process = "p2"
    here.cluster._now += timedelta(minutes=25)  # noqa: SLF001 (a test's clock)
    assert here.run(24) == [NOTHING]


def test_an_alert_about_a_volume_does_not_repeat_it() -> None:
    here = Installation("watch")
    target = Target(k.CLAIM.name, "orders", "shop", trigger=Trigger.ALERT)
    assert volume_backup_management(here.cluster, target, here.settings, "robusta") is None
    asked = volume_backup_management(here.cluster, Target(k.CLAIM.name, "orders", "shop"), here.settings, "robusta")
    assert asked
    assert asked.title == NOTHING
