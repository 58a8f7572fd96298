"""What holds of the verdict on backups whatever the copies are."""

import random
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backup_objects import NOON, World, settings
from robusta_volumes._analysis.backup_cover import ClaimCover, Judged, Verdict, judge
from robusta_volumes._cluster.gather import gather
from robusta_volumes._model.backup import K8UP, VELERO, VOLSYNC, Backup, BackupsSeen, Copy, Phase, Proof, Scope
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.restore_point import Point, State

SETTINGS = settings()
_WORLD = World("orders", age=20 * 24 * 60)
SEE: Inventory = gather(_WORLD.cluster)
UID = _WORLD.uid["orders"]
MADE = NOON - timedelta(days=20)
WITHIN = timedelta(hours=49)
SLOTS = Scope(moves_data=True)

hours = st.integers(-2, 40 * 24).map(lambda h: NOON - timedelta(hours=h))
bad = st.sampled_from([Proof.RUNNING, Proof.FAILED, Proof.SKIPPED, Proof.METADATA, Proof.UNKNOWN])
good = st.sampled_from([Proof.MOVED, Proof.SNAPSHOT])


def copies(
    proof: st.SearchStrategy[Proof], uid: st.SearchStrategy[str], engine: str = VELERO
) -> st.SearchStrategy[Copy]:
    return st.builds(
        Copy,
        st.just(engine),
        st.just("shop"),
        st.just("orders"),
        uid,
        proof,
        hours,
        backup=st.sampled_from(["", "b1", "b2"]),
        backup_uid=st.sampled_from(["", "u1", "u2"]),
        name=st.text("abc", min_size=1, max_size=3),
        expires=st.none() | hours,
    )


def backups(name: str, uid: str) -> st.SearchStrategy[Backup]:
    return st.builds(
        lambda phase, when: Backup(VELERO, "velero", name, uid, phase, created=when, started=when, scope=SLOTS),
        st.sampled_from(Phase),
        hours,
    )


some_backups = st.tuples(backups("b1", "u1"), backups("b2", "u2"))
mine, theirs = st.just(UID), st.sampled_from(["another", ""])
any_copy = copies(bad | good, mine | theirs)


def verdict(found: list[Copy], runs: tuple[Backup, ...] = (), points: tuple[Point, ...] = ()) -> ClaimCover:
    (one,) = judged(found, runs, points).claims
    return one


def judged(found: list[Copy], runs: tuple[Backup, ...] = (), points: tuple[Point, ...] = ()) -> Judged:
    seen = BackupsSeen("velero", backups=runs, copies=tuple(found))
    return judge(SEE, seen, points, SETTINGS, "robusta")


@given(st.lists(any_copy), some_backups, copies(good, mine))
def test_a_claim_with_a_good_copy_that_is_new_enough_is_fresh_whatever_else_there_is(
    rest: list[Copy], runs: tuple[Backup, ...], one: Copy
) -> None:
    young = one._replace(cut_at=NOON - WITHIN)
    assert verdict([*rest, young], runs).verdict is Verdict.FRESH


@given(st.lists(any_copy), some_backups, st.randoms(use_true_random=False))
def test_the_order_in_which_copies_and_backups_come_changes_nothing(
    found: list[Copy], runs: tuple[Backup, ...], luck: random.Random
) -> None:
    other, later = list(found), list(runs)
    luck.shuffle(other)
    luck.shuffle(later)
    assert judged(other, tuple(later)) == judged(found, runs)


@given(st.lists(copies(good, mine)), st.lists(copies(bad, mine)))
def test_copies_that_failed_never_displace_good_ones(fine: list[Copy], failed: list[Copy]) -> None:
    alone, beside = verdict(fine), verdict([*failed, *fine])
    assert (beside.last_good, beside.last_offsite) == (alone.last_good, alone.last_offsite)


@given(st.lists(copies(good, theirs)), st.lists(copies(bad | good, mine)))
def test_a_copy_of_another_claim_never_counts(foreign: list[Copy], own: list[Copy]) -> None:
    assert verdict([*foreign, *own]) == verdict(own)


@given(st.lists(copies(good, st.just(""), K8UP) | copies(good, st.just(""), VOLSYNC)))
def test_a_copy_without_uid_that_was_cut_before_the_claim_was_made_never_counts(found: list[Copy]) -> None:
    old = [copy._replace(cut_at=MADE - timedelta(hours=1)) for copy in found]
    assert verdict(old).last_good is None


@given(st.lists(any_copy), some_backups)
def test_what_is_called_fresh_has_a_good_copy_and_what_is_called_never_has_none(
    found: list[Copy], runs: tuple[Backup, ...]
) -> None:
    one = verdict(found, runs)
    last = one.last_good
    if one.verdict is Verdict.FRESH:
        assert last
        assert last.cut_at
        assert last.proof.good
        assert NOON - last.cut_at <= WITHIN
    if one.verdict is Verdict.OLD:
        assert last
        assert one.why
        assert one.todo
    if one.verdict is Verdict.NEVER:
        assert not any(copy.proof.good and copy.claim_uid == UID for copy in found)


@given(st.lists(any_copy), some_backups)
def test_a_backup_never_covers_more_than_it_was_to_save_and_lists_what_is_missing(
    found: list[Copy], runs: tuple[Backup, ...]
) -> None:
    for run in judged(found, runs).backups:
        assert 0 <= run.covered <= run.of
        assert 0 <= run.unknown <= run.of - run.covered
        assert not any(one.proof.good for one in run.missing)


@given(st.sampled_from(State), st.integers(0, 100), st.sampled_from([UID, "", "another"]))
def test_only_a_ready_snapshot_of_this_claim_is_a_copy(state: State, age: int, uid: str) -> None:
    cut: datetime = NOON - timedelta(hours=age)
    point = Point("csi", "shop", "orders", uid, "s", "su", state, cut, cut)
    found = verdict([], points=(point,))
    counts = state is State.READY and uid != "another"
    assert (found.last_good is not None) is counts
    assert found.last_offsite is None
