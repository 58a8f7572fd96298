"""What holds in mode velero whatever happens: edits, deletions, deaths, lost memories, outages, failing volumes, prunes."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st

from backup_world import Velero, settings
from disturbed import Died, Disturbed, die
from robusta_volumes._analysis.slots import last_slot, next_slot
from robusta_volumes._cluster.state import NAME as STATE
from robusta_volumes._cluster.state import State
from robusta_volumes._engines.velero_write import SCHEDULE_NAME
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked_backups import PruneBackups
from robusta_volumes._model.ours import SLOT, slot_of
from robusta_volumes._model.times import UTC, parse_time
from robusta_volumes._sandbox.velero_script import Moving
from robusta_volumes._sandbox.velero_server import VeleroServer
from robusta_volumes._workflows.volume_backup_schedule import volume_backup_schedule
from robusta_volumes._workflows.volume_backups_retain import prune_volume_backups

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CRON = "0 2 * * *"
CLAIMS = ("shop/data", "db/pg")
BLOCKS: tuple[dict[str, Any], ...] = ({}, {"ttl": "60d"}, {"excludeNamespaces": ["test"]}, {"keepLast": 2})
WANTED = [settings(**block) for block in BLOCKS]
Event = tuple[Any, ...]

events: st.SearchStrategy[Event] = st.one_of(
    st.tuples(st.just("tick"), st.integers(1, 300), st.sampled_from(["p1", "p1", "p2"])),
    st.tuples(st.just("nights"), st.integers(1, 3)),
    st.tuples(st.just("nights"), st.integers(1, 3)),
    st.tuples(st.just("night_without_us"), st.integers(0, 90)),
    st.tuples(
        st.just("dies"), st.sampled_from(["Schedule", "Backup", "ConfigMap"]), st.sampled_from(["before", "after"])
    ),
    st.tuples(
        st.just("edits"), st.sampled_from([{"template": {"ttl": "24h0m0s"}}, {"paused": True}, {"paused": False}])
    ),
    st.tuples(st.just("deletes")),
    st.tuples(st.just("makes_anew")),
    st.tuples(st.just("stranger")),
    st.tuples(st.just("forgets")),
    st.tuples(st.just("wants"), st.sampled_from(range(len(WANTED)))),
    st.tuples(st.just("fails"), st.sampled_from(CLAIMS), st.booleans()),
    st.tuples(st.just("outage")),
    st.tuples(st.just("prunes"), st.integers(1, 3)),
)


@dataclass
class Life:
    """A cluster to which the events happen; each promise is looked at after each of them."""

    shown: set[tuple[str, ...]] = field(default_factory=set)
    wanted: int = 0
    lives: int = 0

    def __post_init__(self) -> None:
        w = Velero(START, CLAIMS)
        self.cluster = Disturbed([o for kind in w.cluster.store.kinds() for o in w.cluster.store.find(kind)], now=START)
        self.store = self.cluster.store
        self.store.clock = self.cluster.now
        self.velero = VeleroServer(self.store)

    # --- what happens

    def happen(self, event: Event) -> None:
        name, *rest = event
        getattr(self, name)(*rest)
        self.velero.settle(15)
        slots = Counter(map(self.slot, self.backups()))
        assert max(slots.values(), default=0) <= 1, f"two backups of one slot: {slots}"

    def passes(self, minutes: float) -> None:
        """Time goes by without us."""
        self.cluster._now += timedelta(minutes=minutes)  # noqa: SLF001 (a test's clock)
        self.velero.settle(15)

    def nights(self, number: int) -> None:
        for _ in range(number):
            self.night_without_us(3)
            for minutes in (0, 5, 40):
                self.tick(minutes, "p1")

    def night_without_us(self, minutes: float) -> None:
        """The next slot comes, and so many minutes more."""
        now = self.cluster.now()
        self.passes((next_slot(CRON, "UTC", now) - now) / timedelta(minutes=1) + minutes)

    def tick(self, minutes: float, process: str) -> None:
        self.passes(minutes)
        for _ in range(2):
            self.one_tick(f"{process}-{self.lives}")

    def one_tick(self, process: str) -> None:
        before, good = self.schedule(), self.newest_good()
        try:
            pages = volume_backup_schedule(
                self.cluster, WANTED[self.wanted], State(self.cluster, "robusta"), process, lambda _: None
            )
        except Died:
            self.lives += 1
            self.look_at_schedule(before, died=True)
            return
        self.look_at_schedule(before)
        for page in pages:
            if page.title.startswith("Backups from "):
                self.shown.add(("plan", str(self.wanted)))
            elif page.title.startswith("Backup schedule "):
                self.shown.add(("drift", spec(before), str(self.wanted)))
        self.look_at_deletions(good)

    def dies(self, kind: str, when: str) -> None:
        """The next tick that writes this does not outlive it."""
        self.cluster.disturb(kind, **{when: die})

    def edits(self, change: dict[str, Any]) -> None:
        if self.schedule():
            self.store.patch(k.VELERO_SCHEDULE, SCHEDULE_NAME, "velero", {"spec": change})

    def deletes(self) -> None:
        if self.schedule():
            self.store.delete(k.VELERO_SCHEDULE, SCHEDULE_NAME, "velero")

    def makes_anew(self) -> None:
        """Somebody has the Schedule in a repository, and applies it again."""
        if found := self.schedule():
            self.deletes()
            meta = {key: value for key, value in found["metadata"].items() if key in {"name", "namespace", "labels"}}
            self.store.create({**found, "metadata": meta, "status": {}})

    def stranger(self) -> None:
        """Somebody else makes a Schedule of our name, where there is none."""
        if not self.schedule():
            meta = {"name": SCHEDULE_NAME, "namespace": "velero"}
            spec = {"schedule": "0 5 1 1 *", "template": {"ttl": "1h0m0s"}}
            self.store.create({"apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": meta, "spec": spec})

    def forgets(self) -> None:
        if self.store.find(k.CONFIG_MAP, "robusta"):
            self.store.delete(k.CONFIG_MAP, STATE, "robusta")

    def wants(self, which: int) -> None:
        self.wanted = which

    def fails(self, claim: str, wrong: bool) -> None:  # noqa: FBT001 (drawn by hypothesis)
        namespace, _, name = claim.partition("/")
        self.velero.script.uploads.on(Moving(error="no route" if wrong else ""), namespace=namespace, claim=name)

    def outage(self) -> None:
        (self.velero.restart if self.velero.down else self.velero.stop)()

    def prunes(self, keep: int) -> None:
        good = self.newest_good()
        asked = PruneBackups(keep_last=keep, dry_run=False, confirm=True)
        prune_volume_backups(self.cluster, asked, WANTED[self.wanted])
        self.look_at_deletions(good)

    # --- what is promised

    def look_at_schedule(self, before: Any, *, died: bool = False) -> None:
        after = self.schedule()
        if before and not before["metadata"].get("labels"):
            assert after == before, "a Schedule that is not ours was touched"
        if spec(after) == spec(before):
            return
        told = {("plan", str(self.wanted)), ("drift", spec(before), str(self.wanted))}
        assert self.shown & told, f"changed without a word before: {spec(before)} -> {spec(after)}"
        if not died:
            self.shown -= told

    def look_at_deletions(self, good: dict[str, set[str]]) -> None:
        asked = {o["spec"]["backupName"] for o in self.store.find(k.VELERO_DELETE)}
        for claim, names in good.items():
            assert not names <= asked, f"the last good backup of {claim} is to be deleted"

    # --- what there is

    def schedule(self) -> Any:
        return next(iter(self.store.find(k.VELERO_SCHEDULE)), None)

    def backups(self) -> list[dict[str, Any]]:
        return self.store.find(k.VELERO_BACKUP)

    def slot(self, backup: dict[str, Any]) -> datetime:
        made = parse_time(backup["metadata"]["creationTimestamp"])
        assert made
        return slot_of(backup["metadata"].get("labels", {}).get(SLOT, "")) or last_slot(CRON, "UTC", made)

    def newest_good(self) -> dict[str, set[str]]:
        """Claim -> the backup, or backups of the same time, that hold its newest good copy."""
        found: dict[str, dict[str, set[str]]] = {}
        for o in self.store.find(k.VELERO_UPLOAD):
            if o["status"].get("phase") == "Completed":
                times = found.setdefault(f"{o['spec']['sourceNamespace']}/{o['spec']['sourcePVC']}", {})
                times.setdefault(o["status"]["startTimestamp"], set()).add(
                    o["metadata"]["labels"]["velero.io/backup-name"]
                )
        return {claim: times[max(times)] for claim, times in found.items()}


def spec(schedule: Any) -> str:
    """What a Schedule says; whether it is paused is not ours to say."""
    return (
        "" if schedule is None else repr((schedule["spec"]["schedule"], sorted(schedule["spec"]["template"].items())))
    )


@given(st.lists(events, min_size=3, max_size=25))
@tried(max_examples=40)
def test_no_slot_twice_no_change_without_a_word_no_hand_on_what_is_not_ours_no_last_good_one_gone(
    happens: list[Event],
) -> None:
    life = Life()
    for event in happens:
        life.happen(event)
