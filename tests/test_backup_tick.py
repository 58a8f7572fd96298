"""The tick of the backup schedule: told before it is done, each night once, judged per claim, and a word only on change."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

import crds
from backup_world import NOON, Velero, settings, text
from robusta_volumes._cluster.state import NAME as STATE
from robusta_volumes._engines.velero_write import SCHEDULE_NAME
from robusta_volumes._model import kind as k
from robusta_volumes._model.errors import NotAllowed, Refused, SettingsError
from robusta_volumes._model.times import UTC
from robusta_volumes._report.page import Button

TICKS = settings(mode="ticks")
VELERO = settings()
FIRST, SECOND, THIRD = (datetime(2026, 3, day, 2, 1, tzinfo=UTC) for day in (2, 3, 4))
NIGHT = "robusta-volumes-202603{:02}020000"


def told(wanted: Any = TICKS, **world: Any) -> Velero:
    """A cluster in which people were told of the plan at the first slot."""
    w = Velero(**world)
    assert w.tick(wanted) == []
    w.at(FIRST)
    (page,) = w.tick(wanted)
    assert page.title.startswith("Backups from 2026-03-03 02:00 UTC on: ")
    w.move(minutes=5)
    assert w.tick(wanted) == []
    w.at(SECOND)
    return w


def schedule(w: Velero) -> Any:
    return w.cluster.get(k.VELERO_SCHEDULE, SCHEDULE_NAME, "velero")


# --- the plan comes first


@pytest.mark.parametrize("wanted", [TICKS, VELERO], ids=["ticks", "velero"])
def test_the_first_slot_publishes_the_plan_and_the_next_one_carries_it_out(wanted: Any) -> None:
    w = told(wanted)
    assert w.backups() == []
    assert w.cluster.store.find(k.VELERO_SCHEDULE) == []
    assert w.tick(wanted) == []
    assert w.names() == [NIGHT.format(3)]
    assert len(w.cluster.store.find(k.VELERO_SCHEDULE)) == (wanted is VELERO)


def test_the_plan_says_which_claims_by_what_how_much_a_night_and_how_to_object() -> None:
    w = Velero()
    w.tick(VELERO)
    w.at(FIRST)
    (page,) = w.tick(VELERO)
    assert page.title == "Backups from 2026-03-03 02:00 UTC on: 3 claims, at most 30.0 GiB a night"
    said = text(page)
    assert "at `0 2 * * *` UTC, by Velero, kept for 30d." in said
    assert "| shop/data | data mover, 10.0 GiB |" in said
    assert "set `enabled: false` there" in said


def test_a_change_of_retention_is_published_first_and_a_change_of_the_hour_is_no_such_change() -> None:
    w = told()
    w.tick(TICKS)
    w.serve()
    shorter = settings(mode="ticks", ttl="7d")
    w.at(THIRD)
    (page,) = w.tick(shorter)
    assert "kept for 7d" in text(page)
    assert w.names() == [NIGHT.format(3)]
    w.move(days=1)
    assert w.tick(shorter) == []
    assert w.names() == [NIGHT.format(3), NIGHT.format(5)]
    w.serve()
    w.move(hours=3)
    w.tick(settings(mode="ticks", ttl="7d", backupSchedule="0 6 * * *"))
    w.at(datetime(2026, 3, 5, 6, 1, tzinfo=UTC))
    w.tick(settings(mode="ticks", ttl="7d", backupSchedule="0 6 * * *"))
    assert len(w.names()) == 3


def test_a_runner_that_died_before_the_plan_was_sent_sends_it_again_and_waits_a_slot_more() -> None:
    w = Velero()
    w.tick(TICKS)
    w.at(FIRST)
    assert len(w.tick(TICKS, "p1")) == 1
    w.at(SECOND)
    assert len(w.tick(TICKS, "p2")) == 1
    assert w.backups() == []
    w.at(THIRD)
    w.tick(TICKS, "p2")
    assert w.names() == [NIGHT.format(4)]


# --- exactly once


def test_double_ticks_two_runners_and_a_restart_make_one() -> None:
    w = told()
    for process in ("p1", "p1", "p2", "p1", "p3"):
        w.tick(TICKS, process)
        w.move(seconds=10)
    assert w.names() == [NIGHT.format(3)]


def test_with_its_memory_lost_the_tick_finds_what_it_made_and_goes_on() -> None:
    w = told()
    w.tick(TICKS)
    w.serve()
    w.cluster.store.delete(k.CONFIG_MAP, STATE, "robusta")
    w.move(minutes=5)
    assert w.tick(TICKS, "p2") == []
    assert len(w.names()) == 1
    w.at(THIRD)
    assert w.tick(TICKS, "p2") == []
    assert w.names() == [NIGHT.format(3), NIGHT.format(4)]


@given(st.lists(st.tuples(st.integers(1, 700), st.sampled_from(["p1", "p2"])), min_size=5, max_size=25))
@given_settings(max_examples=25, deadline=None)
def test_however_the_ticks_fall_no_slot_has_two_backups(steps: list[tuple[int, str]]) -> None:
    w = Velero(claims=("shop/data",))
    for minutes, process in steps:
        w.move(minutes=minutes)
        w.tick(TICKS, process)
        w.tick(TICKS, process)
        w.serve()
    slots = [o["metadata"]["labels"]["robusta-volumes.dev/slot"] for o in w.backups()]
    assert len(slots) == len(set(slots))


def test_a_clock_change_neither_doubles_nor_skips_a_night() -> None:
    zone = settings(mode="ticks", timeZone="Europe/Paris", backupSchedule="30 2 * * *")
    w = Velero(datetime(2026, 3, 27, 12, 0, tzinfo=UTC), ("shop/data",))
    for _ in range(5 * 24 * 4):
        w.move(minutes=15)
        w.tick(zone)
        w.serve()
    assert w.names() == [
        f"robusta-volumes-{at}00" for at in ("202603290130", "202603300030", "202603310030", "202604010030")
    ]


def test_slots_missed_while_the_runner_was_away_are_told_and_only_the_newest_is_served() -> None:
    w = told()
    w.tick(TICKS)
    w.serve()
    w.at(SECOND + timedelta(days=3))
    (page,) = w.tick(TICKS)
    assert page.title == "Backups: 2 runs were missed"
    assert w.names() == [NIGHT.format(3), NIGHT.format(6)]


# --- the Schedule object


@pytest.mark.needs(crds.NAME)
def test_the_schedule_says_what_the_settings_say_and_is_what_velero_takes() -> None:
    wanted = settings(timeZone="Europe/Paris", excludeNamespaces=["test"], ttl="14d", storageLocation="")
    w = told_in_paris(wanted)
    made = schedule(w)
    assert crds.problems({key: value for key, value in made.items() if key != "status"}) == []
    assert made["spec"]["schedule"] == "CRON_TZ=Europe/Paris 0 2 * * *"
    assert made["spec"]["template"] == {
        "includedNamespaces": ["*"],
        "excludedNamespaces": ["kube-system", "robusta", "robusta-volumes-verify", "test"],
        "includedResources": ["persistentvolumeclaims", "persistentvolumes"],
        "ttl": "336h0m0s",
        "snapshotMoveData": True,
        "snapshotVolumes": True,
        "defaultVolumesToFsBackup": False,
    }


def told_in_paris(wanted: Any) -> Velero:
    w = Velero()
    w.tick(wanted)
    for hours in (14, 15, 38):
        w.at(NOON + timedelta(hours=hours))
        w.tick(wanted)
    return w


def kept() -> Velero:
    """A cluster whose Schedule was made, and whose first night is over."""
    w = told(VELERO)
    w.tick(VELERO)
    w.serve()
    w.move(minutes=5)
    assert w.tick(VELERO) == []
    return w


def test_what_somebody_changed_is_shown_and_changed_back_at_the_next_slot() -> None:
    w = kept()
    w.cluster.store.patch(k.VELERO_SCHEDULE, SCHEDULE_NAME, "velero", {"spec": {"template": {"ttl": "24h0m0s"}}})
    w.move(minutes=5)
    (page,) = w.tick(VELERO)
    assert page.title == "Backup schedule differs from the settings: it is changed at 2026-03-04 02:00 UTC"
    assert "| ttl | 24h0m0s → 720h0m0s |" in text(page)
    w.move(minutes=5)
    assert w.tick(VELERO) == []
    assert schedule(w)["spec"]["template"]["ttl"] == "24h0m0s"
    w.at(THIRD)
    w.velero_night(THIRD - timedelta(minutes=1))
    w.tick(VELERO)
    assert schedule(w)["spec"]["template"]["ttl"] == "720h0m0s"
    assert len(w.names()) == 2


def test_one_that_somebody_deleted_is_told_of_and_made_again_with_its_slot() -> None:
    w = kept()
    w.cluster.store.delete(k.VELERO_SCHEDULE, SCHEDULE_NAME, "velero")
    (page,) = w.tick(VELERO)
    assert page.title == "Backup schedule is gone: it is made again at 2026-03-04 02:00 UTC"
    w.move(minutes=5)
    w.tick(VELERO)
    w.at(THIRD)
    w.tick(VELERO)
    assert schedule(w)
    assert w.names() == [NIGHT.format(3), NIGHT.format(4)]


def test_one_that_somebody_paused_stays_paused_and_is_told_of() -> None:
    w = kept()
    w.cluster.store.patch(k.VELERO_SCHEDULE, SCHEDULE_NAME, "velero", {"spec": {"paused": True}})
    w.move(minutes=5)
    (page,) = w.tick(VELERO)
    assert page.title == "Backups: somebody has paused the Schedule `robusta-volumes`: no backup is made"
    assert schedule(w)["spec"]["paused"] is True


def test_a_schedule_of_that_name_that_is_not_ours_is_left_alone() -> None:
    w = Velero()
    made = {
        "apiVersion": "velero.io/v1",
        "kind": "Schedule",
        "metadata": {"name": SCHEDULE_NAME, "namespace": "velero"},
    }
    w.cluster.store.create({**made, "spec": {"schedule": "@daily", "template": {}}})
    before = schedule(w)
    (page,) = w.tick(VELERO)
    assert page.title == "Backups are not made: a Schedule robusta-volumes is there that is not ours"
    for _ in range(4):
        w.move(hours=20)
        assert w.tick(VELERO) == []
    assert schedule(w) == before


def test_velero_that_makes_nothing_is_told_of_once_and_again_when_it_does() -> None:
    w = kept()
    w.at(THIRD + timedelta(minutes=20))
    (page,) = w.tick(VELERO)
    assert page.title == "Backups: Velero did not make the backup of 02:00 UTC"
    for _ in range(20):
        w.move(hours=2)
        assert w.tick(VELERO) == []
    w.velero_night(w.now)
    w.serve()
    (page,) = w.tick(VELERO)
    assert page.title == "[RESOLVED] Backups: every claim is saved again"


# --- what cannot be selected


@pytest.mark.parametrize(("key", "value"), [("claims", ["shop/data"]), ("storageClasses", ["gp3"])])
def test_what_a_schedule_of_velero_cannot_select_is_a_settings_message_that_names_mode_ticks(
    key: str, value: Any
) -> None:
    w = Velero()
    (page,) = w.tick(settings(**{key: value}))
    assert f"volumeBackupManagement.{key} cannot be used in mode velero" in page.title + text(page)
    assert "mode: ticks" in page.title
    for _ in range(4):
        w.move(hours=20)
        assert w.tick(settings(**{key: value})) == []
    assert w.cluster.store.find(k.VELERO_SCHEDULE) == []


def test_mode_ticks_saves_the_namespaces_that_hold_the_chosen_claims_and_tells_what_else_is_caught() -> None:
    wanted = settings(mode="ticks", claims=["shop/data"])
    w = Velero()
    w.tick(wanted)
    w.at(FIRST)
    (page,) = w.tick(wanted)
    assert "*Also in it*, since Velero selects by namespace and label: shop/files." in text(page)
    w.move(minutes=5)
    w.tick(wanted)
    w.at(SECOND)
    w.tick(wanted)
    assert w.backups()[0]["spec"]["includedNamespaces"] == ["shop"]


def test_patterns_of_namespaces_become_those_that_there_are() -> None:
    wanted = settings(namespaces=["sh*"])
    w = Velero()
    w.tick(wanted)
    w.at(FIRST)
    (page,) = w.tick(wanted)
    assert "Velero gets the namespaces that `sh*` means today" in text(page)
    w.move(minutes=5)
    w.tick(wanted)
    w.at(SECOND)
    w.tick(wanted)
    assert schedule(w)["spec"]["template"]["includedNamespaces"] == ["shop"]


def test_a_claim_that_opted_out_and_is_caught_all_the_same_is_told_of() -> None:
    w = Velero()
    notes = {"robusta-volumes.dev/backup": "false", "robusta-volumes.dev/backup-reason": "scratch"}
    w.cluster.store.patch(k.CLAIM, "files", "shop", {"metadata": {"annotations": notes}})
    w.tick(VELERO)
    w.at(FIRST)
    (page,) = w.tick(VELERO)
    assert page.title == "Backups from 2026-03-03 02:00 UTC on: 2 claims, at most 20.0 GiB a night"
    assert "1 claim opted out by annotation (shop/files), which Velero does not know" in text(page)


# --- once per cause


def night_after_night(w: Velero, wanted: Any, nights: int) -> list[str]:
    said = []
    for _ in range(nights * 12):
        w.move(hours=2)
        said += [page.title for page in w.tick(wanted)]
    return said


@pytest.mark.parametrize(
    ("world", "says"),
    [
        ({"installed": False, "absent": ["backups.velero.io"]}, "Backups are not made: Velero is not installed here"),
        ({"denied": ["backups.velero.io"]}, "Backups are not made: the runner may not list backups"),
        ({"installed": False}, "no BackupStorageLocation shows in which namespace it runs"),
    ],
    ids=["not installed", "not allowed", "no location"],
)
@pytest.mark.parametrize("wanted", [TICKS, VELERO], ids=["ticks", "velero"])
def test_without_velero_or_permission_it_is_said_once_and_nothing_else_is_made(
    world: Any, says: str, wanted: Any
) -> None:
    w = Velero(**world)
    said = night_after_night(w, wanted, 5)
    assert len(said) == 1
    assert says in said[0]
    assert w.cluster.store.find(k.SNAPSHOT) == []  # never instead of a backup


def test_the_right_to_write_is_asked_for_before_and_told_once() -> None:
    w = Velero()
    w.cluster.forbidden = frozenset({("create", k.VELERO_SCHEDULE.resource)})
    said = night_after_night(w, VELERO, 5)
    assert said == ["Backups are not made: the runner may not create schedules.velero.io in velero"]
    w.cluster.forbidden = frozenset()
    said = night_after_night(w, VELERO, 3)
    assert said[0] == "[RESOLVED] Backups can be made again"
    assert schedule(w)


def test_a_location_that_is_away_is_told_once_and_when_it_is_back() -> None:
    w = told()
    w.tick(TICKS)
    w.serve()
    w.cluster.store.patch(k.VELERO_LOCATION, "default", "velero", {"status": {"phase": "Unavailable"}})
    assert night_after_night(w, TICKS, 2) == ["Backups are not made: storage location `default` is not available"]
    w.cluster.store.patch(k.VELERO_LOCATION, "default", "velero", {"status": {"phase": "Available"}})
    assert night_after_night(w, TICKS, 1)[0] == "[RESOLVED] Backups can be made again"


def test_a_creation_that_is_refused_is_told_tried_again_and_told_when_it_works() -> None:
    w = told()
    w.cluster.refuse = lambda o: Refused("admission webhook denied it", "Ask.") if o["kind"] == "Backup" else None
    (page,) = w.tick(TICKS)
    assert page.title == "Backups: admission webhook denied it"
    w.move(minutes=5)
    assert w.tick(TICKS) == []
    w.cluster.refuse = lambda _: None
    w.move(minutes=5)
    (page,) = w.tick(TICKS)
    assert page.title == "[RESOLVED] Backups: every claim is saved again"
    assert w.names() == [NIGHT.format(3)]


# --- what became of it


def test_a_night_that_is_well_says_nothing() -> None:
    w = told()
    w.tick(TICKS)
    w.serve()
    assert night_after_night(w, TICKS, 1) == []


def test_a_claim_without_data_in_a_completed_backup_is_told_and_told_when_it_is_over() -> None:
    w = told()
    w.outcome = lambda claim: "" if claim["metadata"]["name"] == "files" else "Completed"
    w.tick(TICKS)
    w.serve()
    w.move(minutes=5)
    (page,) = w.tick(TICKS)
    assert page.title == "Backups: data of 2 of 3 claims saved, 1 without data"
    why = "nothing was begun to save it"
    assert f"| shop/files | {why} · last good: none of ours |" in text(page)
    w.move(minutes=5)
    assert w.tick(TICKS) == []
    w.outcome = lambda _: "Completed"
    w.at(THIRD)
    assert w.tick(TICKS) == []
    w.serve()
    w.move(minutes=5)
    (over,) = w.tick(TICKS)
    assert over.title == "[RESOLVED] Backups: every claim is saved again"
    assert (over.key, over.identity, over.subject) == (page.key, page.identity, page.subject)


def test_beside_a_claim_that_failed_stands_its_last_good_copy() -> None:
    w = told()
    w.tick(TICKS)
    w.serve()
    w.at(THIRD)
    w.outcome = lambda claim: "Failed" if claim["metadata"]["name"] == "data" else "Completed"
    w.tick(TICKS)
    w.serve()
    w.move(minutes=5)
    (page,) = w.tick(TICKS)
    assert "connection reset by peer · last good: 2026-03-03 02:01 UTC, 24 h ago |" in text(page)


def test_one_that_failed_as_a_whole_says_why_once() -> None:
    w = told()
    w.phase = "Failed"
    w.tick(TICKS)
    w.serve()
    w.move(minutes=5)
    (page,) = w.tick(TICKS)
    assert page.title == f"Backups: `{NIGHT.format(3)}` failed, and no reason is given"


def test_one_that_is_not_picked_up_is_told_after_two_minutes() -> None:
    w = told()
    assert w.tick(TICKS) == []
    w.move(minutes=5)
    (page,) = w.tick(TICKS)
    assert page.title == f"Backups: `{NIGHT.format(3)}` was not picked up for 5 min: is Velero running?"
    w.serve()
    w.move(minutes=5)
    assert [page.title for page in w.tick(TICKS)] == ["[RESOLVED] Backups: every claim is saved again"]


def test_one_whose_bytes_stand_still_between_looks_is_stalled_and_one_that_moves_is_not() -> None:
    w = told()
    w.tick(TICKS)
    moved = w.begin()
    for _ in range(6):
        w.move(minutes=5)
        moved(1 << 20)
        assert w.tick(TICKS) == []
    for _ in range(3):
        w.move(minutes=5)
        found = w.tick(TICKS)
    assert [page.title for page in found] == [
        f"Backups: `{NIGHT.format(3)}` stands still: no byte was moved for 15 min (so far 6.0 MiB)"
    ]
    assert "velero.io/backup-name=robusta-volumes-20260303020000" in text(*found)


def test_one_that_runs_longer_than_velero_allows_is_told() -> None:
    w = told()
    w.tick(TICKS)
    moved = w.begin()
    said = []
    for _ in range(90):
        w.move(minutes=5)
        moved(1 << 20)
        said += [page.title for page in w.tick(TICKS)]
    assert said == [
        f"Backups: `{NIGHT.format(3)}` runs for 6 h, longer than Velero lets data be moved; while it does, no other one starts"
    ]


def test_one_that_waits_for_slow_snapshots_as_long_as_its_spec_allows_does_not_stand_still() -> None:
    w = told()
    w.tick(TICKS)
    (made,) = w.names()
    w.cluster.store.patch(k.VELERO_BACKUP, made, "velero", {"spec": {"csiSnapshotTimeout": "1h10m0s"}})
    w.begin()
    said = []
    for _ in range(16):
        w.move(minutes=5)
        said += [(w.now, page.title) for page in w.tick(TICKS)]
    ((when, title),) = said
    assert title == f"Backups: `{NIGHT.format(3)}` stands still: no byte was moved for 75 min (so far 0.0 GiB)"
    assert when - SECOND == timedelta(minutes=80)  # what is seen at the first look began then


def test_while_one_is_not_over_no_other_is_begun() -> None:
    w = told()
    w.tick(TICKS)
    w.begin()
    w.at(THIRD)
    w.tick(TICKS)
    assert len(w.names()) == 1


# --- keepLast


def test_the_tick_asks_velero_to_delete_what_is_too_many() -> None:
    wanted = settings(mode="ticks", keepLast=3)
    w = told(wanted)
    for _ in range(5):
        w.tick(wanted)
        w.serve()
        w.move(minutes=5)
        w.tick(wanted)
        w.velero_deletes()
        w.move(hours=23, minutes=55)
    assert w.names() == [NIGHT.format(day) for day in (5, 6, 7)]
    assert [page.title for page in w.pages[1:]] == []


# --- engine csi


def test_by_snapshots_only_when_that_is_chosen_and_each_message_says_what_they_are_not() -> None:
    wanted = settings(engine="csi")
    w = told(wanted)
    assert w.tick(wanted) == []
    assert len(w.cluster.store.find(k.SNAPSHOT)) == 3
    assert w.backups() == []
    w.move(hours=3)
    (page,) = w.tick(wanted)
    assert "A snapshot on the same storage is not a backup" in text(page)


def test_a_simulated_month_makes_one_backup_a_night_and_says_one_thing() -> None:
    w = Velero(claims=("shop/data",))
    for _ in range(30 * 24):
        w.move(hours=1)
        w.tick(TICKS)
        w.tick(TICKS, "p1")
        w.serve()
    assert w.names() == [NIGHT.format(day) for day in range(3, 32)]
    assert len(w.pages) == 1


def test_a_look_with_nothing_to_do_reads_neither_claims_nor_volumes_nor_what_was_moved() -> None:
    w = kept()
    w.cluster.reads.clear()
    w.move(minutes=5)
    assert w.tick(VELERO) == []
    assert set(w.cluster.reads) == {
        "configmaps",
        "backups.velero.io",
        "schedules.velero.io",
        "backupstoragelocations.velero.io",
        "deletebackuprequests.velero.io",
        "pods",
    }


# --- by hand


def month(nights: int) -> Velero:
    w = told()
    for _ in range(nights):
        w.tick(TICKS)
        w.serve()
        w.move(days=1)
    return w


def test_a_prune_shows_the_plan_and_then_asks_velero_which_alone_deletes_the_data() -> None:
    w = month(6)
    page = w.prune(keep_last=4)
    assert page.title == "Prune of backups: would delete 2 of 6 backups (dry run)"
    assert w.cluster.store.find(k.VELERO_DELETE) == []
    (button,) = [b for b in page.blocks if isinstance(b, Button)]
    assert button.params == {"keep_last": "4", "dry_run": "false"}
    page = w.prune(keep_last=4, dry_run=False)
    assert page.title == "Prune of backups: deletion of 2 backups asked for"
    assert [o["spec"]["backupName"] for o in w.cluster.store.find(k.VELERO_DELETE)] == [
        NIGHT.format(3),
        NIGHT.format(4),
    ]
    assert len(w.names()) == 6
    assert w.prune(keep_last=4).title == "Prune of backups: would delete 0 of 6 backups (dry run)"


def test_a_prune_of_more_than_half_wants_a_confirmation_and_says_how() -> None:
    w = month(6)
    page = w.prune(keep_last=2, dry_run=False)
    assert page.title == "Prune of backups: would delete 4 of 6 backups, refused"
    assert "4 of the 6 good ones of the schedule would go; that looks like a mistake" in text(page).lower()
    assert "prune_volume_backups keep_last=2 confirm=true dry_run=false" in text(page)
    assert w.cluster.store.find(k.VELERO_DELETE) == []
    assert w.prune(keep_last=2, dry_run=False, confirm=True, most=3).title.endswith("deletion of 3 backups asked for")


def test_a_prune_without_permission_or_sight_deletes_nothing() -> None:
    w = month(6)
    w.cluster.forbidden = frozenset({("create", k.VELERO_DELETE.resource)})
    page = w.prune(keep_last=4, dry_run=False)
    assert page.title == ("No backup was deleted: the runner may not create deletebackuprequests.velero.io in velero")
    w.cluster.denied = frozenset({k.VELERO_UPLOAD.resource})
    with pytest.raises(NotAllowed, match="the runner may not list datauploads"):
        w.prune(keep_last=4, dry_run=False)
    assert w.cluster.store.find(k.VELERO_DELETE) == []


def test_a_prune_without_a_number_asks_for_one() -> None:
    with pytest.raises(SettingsError, match="how many good backups are to stay"):
        Velero().prune()
