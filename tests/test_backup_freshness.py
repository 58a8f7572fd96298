"""The watch over backups speaks once when something begins, once when it is over, and of nothing that cannot be seen."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from backup_objects import NOON, World, settings
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import ClusterError, Unavailable
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.volume_backup_freshness import NOTE, volume_backup_freshness

TOOLS = tuple(kind.resource for kind in k.BACKUP_KINDS)
OTHERS = tuple(kind.resource for kind in k.BACKUP_KINDS if kind.group != "velero.io")
LONG_AGO = {"since": (NOON - timedelta(days=90)).isoformat()}


class Down(MemoryCluster):
    """A cluster that does not answer while ``down``."""

    down = False

    def find(self, *args: Any, **more: Any) -> list[Any]:
        if self.down:
            raise Unavailable("no answer (ConnectTimeout)")
        return super().find(*args, **more)


class Watch:
    """A cluster that is watched since long ago, and whose clock a test moves."""

    def __init__(self, w: World, *, since: dict[str, str] | None = LONG_AGO, **block: Any) -> None:
        self.cluster = Down(w.b.objects, now=NOON, denied=w.denied, absent=w.absent or OTHERS, name="prod")
        self.state = State(self.cluster, "robusta")
        self.settings = settings(**block)
        if since:
            self.state.write(NOTE, since)

    def tick(self, process: str = "p1", **by: float) -> list[Page]:
        self.cluster._now += timedelta(**by)  # noqa: SLF001 (a test's clock)
        return volume_backup_freshness(self.cluster, self.settings, self.state, "robusta", process)

    def titles(self, process: str = "p1", **by: float) -> list[str]:
        return [page.title for page in self.tick(process, **by)]

    def upload(self, claim: str, uid: str, hours: float = 1, name: str = "by-hand") -> None:
        """A good copy that was made so many hours before noon."""
        w = World()
        w.uid[claim] = uid
        made = [w.backup(name, hours, schedule="hand"), w.upload(claim, name, hours)]
        for one in made:
            self.cluster.store.create(one)

    @property
    def now(self) -> datetime:
        return self.cluster.now()


def shop(*lately: str) -> World:
    """Two claims; ``lately`` were saved ten hours ago, the others four days ago."""
    w = World("orders", "uploads")
    w.backup("old", 96)
    w.backup("new", 10)
    for claim in ("orders", "uploads"):
        w.upload(claim, "new" if claim in lately else "old", 10 if claim in lately else 96)
    return w


def test_all_is_well_and_nothing_is_said() -> None:
    assert Watch(shop("orders", "uploads")).titles() == []


def test_a_claim_whose_copy_is_too_old_is_told_once_with_its_age_and_the_next_step() -> None:
    watch = Watch(shop("orders"))
    (page,) = watch.tick()
    assert page.title == "Claim shop/uploads has no good copy within 2 d: the last one, off-site, is 4 d old"
    assert "*Do this:*" in to_markdown(page)
    assert (page.identity, page.subject.namespace) == ("freshness/shop", "shop")
    assert watch.titles(minutes=30) == []
    assert watch.titles(minutes=30) == []


def test_several_claims_of_a_namespace_are_one_message() -> None:
    (page,) = Watch(shop()).tick()
    assert page.title == "2 of 2 claims in namespace shop have no good copy that is new enough"


def test_when_it_is_over_that_is_told_once_by_the_same_fingerprint() -> None:
    w = shop("orders")
    watch = Watch(w)
    (page,) = watch.tick()
    watch.upload("uploads", w.uid["uploads"])
    (over,) = watch.tick(minutes=30)
    assert over.title == "[RESOLVED] Backups of namespace shop: no claim lacks a good copy any more"
    assert (over.identity, over.key, over.failure) == (page.identity, page.key, False)
    assert watch.titles(minutes=30) == []
    assert watch.titles(minutes=30) == []


def test_what_was_over_and_begins_again_is_told_again() -> None:
    w = shop("orders")
    watch = Watch(w)
    watch.tick()
    watch.upload("uploads", w.uid["uploads"])
    watch.tick(minutes=30)
    watch.tick(minutes=30)
    assert watch.titles(hours=60) == ["2 of 2 claims in namespace shop have no good copy that is new enough"]


def test_a_process_that_died_before_its_message_left_says_it_again() -> None:
    watch = Watch(shop("orders"))
    first = watch.titles("p1")
    assert watch.titles("p2", minutes=30) == first
    assert watch.titles("p2", minutes=30) == []


def test_a_claim_that_went_away_ends_it() -> None:
    watch = Watch(shop("orders"))
    watch.tick()
    watch.cluster.store.delete(k.CLAIM, "uploads", "shop")
    (over,) = watch.tick(minutes=30)
    assert "uploads (the claim is gone)" in to_markdown(over)


def test_a_new_claim_has_a_day_and_an_hour() -> None:
    w = shop("orders", "uploads")
    w.claim("fresh", age=20 * 60)
    watch = Watch(w)
    assert watch.titles() == []
    assert watch.titles(hours=6) == ["Claim shop/fresh has no good copy within 2 d: it was never saved"]


def test_what_a_reason_leaves_out_is_not_told() -> None:
    w = shop("orders")
    notes = {"robusta-volumes.dev/backup": "false", "robusta-volumes.dev/backup-reason": "a cache"}
    claim = next(o for o in w.b.objects if o["kind"] == "PersistentVolumeClaim" and o["metadata"]["name"] == "uploads")
    claim["metadata"]["annotations"] = notes
    assert Watch(w).titles() == []


def test_a_cluster_that_was_never_backed_up_gets_two_nights_after_the_installation() -> None:
    w = World("orders", "uploads")
    watch = Watch(w, since=None)
    assert watch.titles() == []
    assert watch.titles(hours=40) == []
    assert len(watch.titles(hours=10)) == 1


def test_many_namespaces_at_once_are_one_message_and_end_as_one() -> None:
    w = World("orders")
    for number in range(12):
        w.claim("data", f"team-{number:02}")
    watch = Watch(w)
    (page,) = watch.tick()
    assert page.title == "13 claims in 13 namespaces have no good copy that is new enough"
    assert "| team-00 | 1: data |" in to_markdown(page)
    assert watch.titles(minutes=30) == []
    for number in range(12):
        watch.cluster.store.delete(k.CLAIM, "data", f"team-{number:02}")
    assert watch.titles(minutes=30) == []  # one is left
    watch.upload("orders", w.uid["orders"])
    (over,) = watch.tick(minutes=30)
    assert over.title == "[RESOLVED] No claim lacks a good copy any more"
    assert over.identity == page.identity
    assert watch.titles(minutes=30) == []


def test_without_any_tool_that_is_one_message_and_no_alarm_for_any_namespace() -> None:
    w = World("orders", "uploads")
    w.absent = TOOLS
    watch = Watch(w)
    (page,) = watch.tick()
    assert page.title == "Nothing in this cluster makes backups: it has no Velero, K8up or VolSync"
    assert "install Velero" in to_markdown(page)
    assert [watch.titles(hours=12) for _ in range(10)] == [[]] * 10
    watch.cluster.absent = frozenset(OTHERS)
    (over,) = watch.tick(hours=1)
    assert over.title == "[RESOLVED] This cluster has a tool that makes backups"
    assert (over.key, over.identity) == (page.key, page.identity)
    assert watch.titles(hours=12) == []


def test_who_wants_snapshots_only_is_watched_by_snapshots() -> None:
    w = World("orders", "uploads")
    w.absent = TOOLS
    w.snapshot("orders", 10)
    (page,) = Watch(w, engine="csi").tick()
    assert page.title == "Claim shop/uploads has no good copy within 2 d: it was never saved"


def test_what_cannot_be_read_is_told_once_per_cause_with_the_rule_and_no_claim_is_blamed() -> None:
    w = shop("orders")
    w.denied = (k.VELERO_UPLOAD.resource,)
    watch = Watch(w)
    (page,) = watch.tick()
    assert page.title == "Whether 2 claims have a good copy cannot be told: datauploads.velero.io cannot be read"
    assert 'resources: ["datauploads"]' in to_markdown(page)
    assert watch.titles(minutes=30) == []
    watch.cluster.denied = frozenset()
    assert watch.titles(minutes=30) == [
        "[RESOLVED] Whether claims have a good copy can be told again",
        "Claim shop/uploads has no good copy within 2 d: the last one, off-site, is 4 d old",
    ]
    assert watch.titles(minutes=30) == []


def test_what_was_told_is_not_over_because_nobody_can_see_it() -> None:
    watch = Watch(shop("orders"))
    watch.tick()
    watch.cluster.denied = frozenset([k.VELERO_UPLOAD.resource])
    assert [title[:7] for title in watch.titles(minutes=30)] == ["Whether"]
    watch.cluster.denied = frozenset()
    assert watch.titles(minutes=30) == ["[RESOLVED] Whether claims have a good copy can be told again"]


def test_a_cluster_that_does_not_answer_is_told_once_and_once_when_it_does() -> None:
    watch = Watch(shop("orders", "uploads"))
    watch.cluster.down = True
    with pytest.raises(ClusterError):
        watch.cluster.find(k.CLAIM)
    first = watch.tick()
    assert [page.identity for page in first] == ["watch"]
    assert watch.titles(minutes=30) == []
    watch.cluster.down = False
    assert watch.titles(minutes=30) == ["[RESOLVED] Looking at backups works again"]
    assert watch.titles(minutes=30) == []


def test_the_last_good_copy_is_told_of_before_it_expires() -> None:
    w = World("orders")
    w.backup("nightly-1", 40, ttl=60)
    w.upload("orders", "nightly-1", 40)
    w.schedule()
    (page,) = Watch(w).tick()
    assert page.title == "The last good copy of shop/orders expires in 20 h, and nothing newer is good"


def test_the_cause_that_is_known_stands_in_the_message() -> None:
    w = shop("orders")
    w.location("Unavailable", message="AccessDenied")
    (page,) = Watch(w).tick()
    assert "Storage location `default` is not available" in to_markdown(page)
