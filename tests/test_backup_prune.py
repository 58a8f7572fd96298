"""Which backups go: the newest good ones stay, and whatever holds the last good copy of any claim, there or gone."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from robusta_volumes._analysis.backup_prune import BackupPrune, confirmed, plan_backup_prune
from robusta_volumes._model.backup import Backup, BackupsSeen, Copy, Phase, Proof, Scope
from robusta_volumes._model.times import UTC

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
OURS = "robusta-volumes"
MOVES = Scope(moves_data=True)


def backup(days: int, **more: Any) -> Backup:
    when = NOW - timedelta(days=days)
    given = {"phase": Phase.DONE, "created": when, "started": when, "ended": when + timedelta(minutes=5), **more}
    given = {"schedule": OURS, "ours": True, "scope": MOVES, **given}
    name = given.pop("name", f"b{days}")
    return Backup("velero", "velero", name, f"uid-{name}", **given)


def copy(of: Backup, claim: str = "data", proof: Proof = Proof.MOVED, **more: Any) -> Copy:
    return Copy("velero", "shop", claim, f"uid-{claim}", proof, of.when, of.name, of.uid, total=10, **more)


def plan(backups: list[Backup], copies: list[Copy], keep: int = 2, **more: Any) -> BackupPrune:
    seen = BackupsSeen("velero", tuple(backups), tuple(copies), deleting=more.pop("deleting", frozenset()))
    return confirmed(plan_backup_prune(seen, OURS, keep, NOW, **more))


def gone(found: BackupPrune) -> list[str]:
    return [one.name for one in found.removed]


def reasons(found: BackupPrune) -> dict[str, str]:
    return {point.name: found.why(index) for index, point in enumerate(found.plan.points)}


def test_so_many_good_ones_stay_and_the_older_go_oldest_first() -> None:
    nights = [backup(day) for day in (1, 2, 3, 4)]
    found = plan(nights, [copy(night) for night in nights])
    assert gone(found) == ["b4", "b3"]
    assert reasons(found)["b1"] == "holds the last good copy of shop/data"


def test_without_a_number_nothing_goes() -> None:
    nights = [backup(day) for day in (1, 2, 3, 4)]
    assert gone(plan(nights, [copy(night) for night in nights], keep=0)) == []


def test_one_that_holds_the_last_good_copy_of_a_claim_stays_however_old_and_says_of_which() -> None:
    nights = [backup(day) for day in (1, 2, 3, 20)]
    copies = [copy(night) for night in nights] + [copy(nights[3], "gone")]
    found = plan(nights, copies)
    assert gone(found) == ["b3"]
    assert reasons(found)["b20"] == "holds the last good copy of shop/gone"


def test_a_completed_one_with_nothing_in_it_is_not_counted_as_good() -> None:
    nights = [backup(day) for day in (1, 2, 3, 4)]
    found = plan(nights, [copy(nights[0]), copy(nights[1]), copy(nights[3])], keep=3)
    assert gone(found) == ["b3"]
    assert reasons(found)["b3"] == "failed, and a newer one is good"
    assert gone(plan(nights, [copy(nights[2]), copy(nights[3])])) == []  # it may be all that tells what went wrong


def test_a_copy_that_failed_in_a_newer_backup_does_not_free_the_older_one() -> None:
    nights = [backup(day) for day in (1, 2, 3)]
    copies = [copy(night, "files") for night in nights]
    copies += [copy(nights[0], proof=Proof.FAILED), copy(nights[1], proof=Proof.METADATA), copy(nights[2])]
    assert gone(plan(nights, copies, keep=1)) == ["b2"]


def test_what_others_made_what_is_held_runs_is_being_deleted_or_came_from_a_bucket_stays() -> None:
    nights = [
        backup(1),
        backup(2),
        backup(3),
        backup(10, ours=False, name="theirs"),
        backup(11, held=True, name="held"),
        backup(12, phase=Phase.RUNNING, ended=None, name="runs"),
        backup(13, name="asked"),
        backup(14, created=NOW - timedelta(days=1), name="synced"),
    ]
    found = plan(nights, [copy(night) for night in nights], keep=1, deleting=frozenset({"asked"}))
    assert gone(found) == ["b3", "b2"]
    assert reasons(found)["held"] == "held by its label"
    assert reasons(found)["asked"] == "is being deleted already"
    assert reasons(found)["synced"] == "not made by robusta-volumes"
    assert "theirs" not in reasons(found)


def test_what_nobody_can_look_into_stays() -> None:
    nights = [backup(day, scope=Scope(), snapshots_made=3, snapshots_tried=3) for day in (1, 2, 3)]
    assert gone(plan(nights, [], keep=1)) == []


def test_those_made_by_hand_count_only_when_asked_for_and_each_selection_by_itself() -> None:
    shop = [backup(day, schedule="", scope=Scope(("shop",), moves_data=True)) for day in (1, 2)]
    other = [backup(day, schedule="", scope=Scope(("db",), moves_data=True)) for day in (5, 6)]
    copies = [copy(one) for one in shop] + [copy(one, "pg") for one in other]
    assert gone(plan([*shop, *other], copies, keep=1)) == []
    assert gone(plan([*shop, *other], copies, keep=1, by_hand=True)) == ["b6", "b2"]


def test_more_than_half_at_once_looks_like_a_mistake() -> None:
    nights = [backup(day) for day in range(1, 11)]
    seen = BackupsSeen("velero", tuple(nights), tuple(copy(night) for night in nights))
    assert plan_backup_prune(seen, OURS, 3, NOW).plan.refused_for == "half"


PROOFS = st.sampled_from([Proof.MOVED, Proof.SNAPSHOT, Proof.FAILED, Proof.METADATA, Proof.RUNNING, Proof.UNKNOWN])
PHASES = st.sampled_from([Phase.DONE, Phase.PARTIAL, Phase.FAILED, Phase.REFUSED, Phase.RUNNING, Phase.UNOBSERVED])


@st.composite
def clusters(draw: st.DrawFn) -> tuple[list[Backup], list[Copy]]:
    backups, copies = [], []
    for number in range(draw(st.integers(0, 8))):
        phase = draw(PHASES)
        one = backup(
            draw(st.integers(0, 60)),
            name=f"n{number}",
            phase=phase,
            ours=draw(st.booleans()) or draw(st.booleans()),
            held=draw(st.integers(0, 9)) == 0,
            schedule=draw(st.sampled_from([OURS, OURS, ""])),
        )
        backups.append(one)
        copies += [copy(one, claim, draw(PROOFS)) for claim in draw(st.sets(st.sampled_from("abc")))]
    return backups, copies


@given(
    cluster=clusters(),
    keep=st.integers(0, 4),
    by_hand=st.booleans(),
    shuffle=st.randoms(use_true_random=False),
)
def test_no_claim_ever_loses_its_last_good_copy(
    cluster: tuple[list[Backup], list[Copy]], keep: int, *, by_hand: bool, shuffle: Any
) -> None:
    backups, copies = cluster
    found = plan(backups, copies, keep, by_hand=by_hand)
    removed = {one.uid for one in found.removed}
    for claim in {one.claim_uid for one in copies}:
        good = [one for one in copies if one.claim_uid == claim and one.proof.good]
        if good:
            newest = max(one.cut_at for one in good if one.cut_at)
            kept = [one for one in good if one.backup_uid not in removed]
            assert kept
            assert max(one.cut_at for one in kept if one.cut_at) == newest
    shuffle.shuffle(backups)
    shuffle.shuffle(copies)
    assert gone(plan(backups, copies, keep, by_hand=by_hand)) == gone(found)
    left = [one for one in backups if one.uid not in removed]
    again = plan(left, [one for one in copies if one.backup_uid not in removed], keep, by_hand=by_hand)
    assert gone(again) == []
