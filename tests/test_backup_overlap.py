"""Two runners at once, and one that dies between two writes: the Schedule and each backup are there once, and nobody cries."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from backup_world import Refusing, Velero, settings
from disturbed import Died, Disturbed, die
from robusta_volumes._engines.velero_write import SCHEDULE_NAME
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import Unavailable
from robusta_volumes._model.times import UTC

WANTED = settings()
FIRST, SECOND, THIRD = (datetime(2026, 3, day, 2, 1, tzinfo=UTC) for day in (2, 3, 4))
NIGHT = "robusta-volumes-202603{:02}020000"


class Cluster(Disturbed, Refusing):
    """One that is disturbed, or refuses."""


def told() -> Velero:
    """A cluster in which people were told of the plan, at its second slot."""
    w = Velero()
    w.cluster = Cluster([o for kind in w.cluster.store.kinds() for o in w.cluster.store.find(kind)], now=w.now)
    w.tick(WANTED)
    w.at(FIRST)
    assert len(w.tick(WANTED)) == 1
    w.move(minutes=5)
    w.tick(WANTED)
    w.at(SECOND)
    return w


def disturb(w: Velero, kind: str, **what: Callable[[], object]) -> None:
    assert isinstance(w.cluster, Cluster)
    w.cluster.disturb(kind, **what)


def schedule(w: Velero) -> Any:
    return w.cluster.get(k.VELERO_SCHEDULE, SCHEDULE_NAME, "velero")


def test_a_schedule_that_another_runner_made_a_moment_ago_is_taken_for_made() -> None:
    w = told()
    disturb(w, "Schedule", before=lambda: w.tick(WANTED, "p2"))
    assert w.tick(WANTED, "p1") == []
    w.serve()
    w.move(minutes=5)
    assert w.tick(WANTED, "p1") == []
    assert w.names() == [NIGHT.format(3)]


def test_a_schedule_that_somebody_else_made_a_moment_ago_is_left_alone_and_told_of() -> None:
    w = told()
    made = {
        "apiVersion": "velero.io/v1",
        "kind": "Schedule",
        "metadata": {"name": SCHEDULE_NAME, "namespace": "velero"},
    }
    spec = {"schedule": "@daily", "template": {}}
    disturb(w, "Schedule", before=lambda: w.cluster.store.create({**made, "spec": spec}))
    w.tick(WANTED)
    w.move(minutes=5)
    w.tick(WANTED)
    assert [page.title for page in w.pages[1:]] == [
        "Backups are not made: a Schedule robusta-volumes is there that is not ours"
    ]
    assert (schedule(w)["spec"], w.names()) == (spec, [])


@pytest.mark.parametrize("kind", ["Schedule", "Backup", "ConfigMap"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_runner_that_dies_around_a_write_loses_no_night_and_makes_none_twice(kind: str, when: str) -> None:
    w = told()
    disturb(w, kind, **{when: die})
    with pytest.raises(Died):
        w.tick(WANTED, "p1")
    for _ in range(3):
        w.serve()
        w.move(minutes=5)
        w.tick(WANTED, "p2")
    assert w.names() == [NIGHT.format(3)]
    assert schedule(w)
    assert [page.title for page in w.pages[1:]] == []


def test_a_schedule_that_somebody_makes_anew_right_after_its_slot_was_served_makes_no_second_backup() -> None:
    w = told()
    w.tick(WANTED)
    w.serve()
    w.move(minutes=5)
    w.tick(WANTED)
    w.at(THIRD)
    w.velero_night(THIRD)
    w.serve()
    there = schedule(w)
    w.cluster.store.delete(k.VELERO_SCHEDULE, SCHEDULE_NAME, "velero")
    w.move(minutes=1)
    meta = {key: there["metadata"][key] for key in ("name", "namespace", "labels", "annotations")}
    meta["creationTimestamp"] = w.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    w.cluster.store.take([{**there, "metadata": meta}])
    w.move(minutes=1)
    assert w.tick(WANTED) == []
    assert w.names() == [NIGHT.format(3), "robusta-volumes-20260304020100"]


def test_the_first_night_is_made_when_the_answer_to_the_schedule_was_lost() -> None:
    w = told()
    w.cluster.refuse = lambda o: Unavailable("no answer in time") if o["kind"] == "Schedule" else None
    (page,) = w.tick(WANTED)
    assert page.title == "Backups: no answer in time"
    w.cluster.refuse = lambda _: None
    w.move(minutes=5)
    assert [page.title for page in w.tick(WANTED)] == ["[RESOLVED] Backups: every claim is saved again"]
    assert w.names() == [NIGHT.format(3)]


def test_what_another_runner_changed_back_a_moment_ago_is_no_trouble() -> None:
    w = told()
    w.tick(WANTED)
    w.serve()
    w.cluster.store.patch(k.VELERO_SCHEDULE, SCHEDULE_NAME, "velero", {"spec": {"template": {"ttl": "24h0m0s"}}})
    w.move(minutes=5)
    assert len(w.tick(WANTED)) == 1
    w.move(minutes=5)
    w.tick(WANTED)
    w.at(THIRD)
    w.velero_night(THIRD - timedelta(minutes=1))
    w.serve()
    disturb(w, "Schedule", before=lambda: w.tick(WANTED, "p2"))
    assert w.tick(WANTED, "p1") == []
    assert schedule(w)["spec"]["template"]["ttl"] == "720h0m0s"
    w.move(minutes=5)
    assert w.tick(WANTED, "p1") == []


def test_a_backup_that_velero_takes_up_after_a_day_is_not_said_to_run_for_a_day() -> None:
    w = told()
    w.tick(WANTED)
    w.move(minutes=5)
    (page,) = w.tick(WANTED)
    assert "was not picked up" in page.title
    w.move(days=1, hours=10)
    w.cluster.store.patch(k.VELERO_BACKUP, NIGHT.format(3), "velero", {"status": {"phase": "Queued"}})
    w.velero_night(w.now)
    assert w.tick(WANTED) == []


def test_one_that_waits_in_the_queue_for_half_a_day_is_told_of_in_its_own_words() -> None:
    w = told()
    w.tick(WANTED)
    w.cluster.store.patch(k.VELERO_BACKUP, NIGHT.format(3), "velero", {"status": {"phase": "Queued"}})
    w.move(minutes=30)
    assert w.tick(WANTED) == []
    w.move(hours=12)
    (page,) = w.tick(WANTED)
    assert page.title == f"Backups: `{NIGHT.format(3)}` waits in Velero's queue for 12 h"
