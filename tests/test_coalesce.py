"""Many events about one object become few looks at it, and none of them is lost; the same message is not said twice."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import count, pairwise
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some

from robusta_volumes._host import coalesce
from robusta_volumes._host.coalesce import REPEAT_AFTER_SECONDS, is_new, together

later = count(10**6, 60).__next__  # a clock by which a minute passes with every look at it
ACTIONS = Path(__file__).resolve().parents[1] / "actions"
PATIENCE = 10.0


def started(*targets: Callable[[], None]) -> list[threading.Thread]:
    """Start a thread each: a runner's workers."""
    threads = [threading.Thread(target=target, daemon=True) for target in targets]
    for thread in threads:
        thread.start()
    return threads


def ended(threads: list[threading.Thread]) -> bool:
    """Wait until all have ended."""
    for thread in threads:
        thread.join(PATIENCE)
    return not any(thread.is_alive() for thread in threads)


class SlowLook:
    """A look at the cluster that takes as long as the test wants."""

    def __init__(self) -> None:
        self.items: list[list[int]] = []
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)

    def __call__(self, items: list[int]) -> None:
        self.items.append(items)
        self.begun.release()
        assert self.may_end.acquire(timeout=PATIENCE)


def alive(threads: list[threading.Thread], wanted: int) -> bool:
    """Wait until so many threads are left."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if sum(thread.is_alive() for thread in threads) == wanted:
            return True
        time.sleep(0.01)
    return False


def test_it_needs_nothing_of_robusta() -> None:
    code = "import sys; import robusta_volumes._host.coalesce; print('robusta' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ACTIONS,
        env={"PYTHONPATH": str(ACTIONS)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "False\n"


def test_a_look_happens_at_once_and_each_time_when_nothing_else_runs() -> None:
    looks: list[list[int]] = []
    group = uuid4()
    for n in range(3):
        together(uuid4(), n, looks.append)
    for n in range(3, 5):
        together(group, n, looks.append)
    assert looks == [[0], [1], [2], [3], [4]]


def test_a_storm_during_a_look_leads_to_one_more_look_at_all_of_it_and_one_thread_waits() -> None:
    group, look = uuid4(), SlowLook()
    first = started(lambda: together(group, 0, look))
    assert look.begun.acquire(timeout=PATIENCE)
    others = started(*[lambda n=n: together(group, n, look) for n in range(1, 21)])
    assert alive(others, 1)  # the other workers of the runner are given back at once
    look.may_end.release()
    assert ended(first)  # and so is the first: what it found is sent now, not after the storm
    assert look.begun.acquire(timeout=PATIENCE)
    look.may_end.release()
    assert ended(others)
    assert [sorted(items) for items in look.items] == [[0], [*range(1, 21)]]


def test_what_comes_during_the_second_look_leads_to_a_third() -> None:
    group, look = uuid4(), SlowLook()
    threads = started(lambda: together(group, 0, look))
    for n in (1, 2):
        assert look.begun.acquire(timeout=PATIENCE)
        threads += started(lambda n=n: together(group, n, look))  # type: ignore[misc]
        while not coalesce._groups[group].awaited:  # noqa: SLF001
            time.sleep(0.001)
        look.may_end.release()
    assert look.begun.acquire(timeout=PATIENCE)
    look.may_end.release()
    assert ended(threads)
    assert look.items == [[0], [1], [2]]


def test_nothing_that_happened_stays_unseen_and_nothing_is_seen_twice() -> None:
    group, lock = uuid4(), threading.Lock()
    seen: list[int] = []
    at_once, most, looks = 0, 0, 0

    def look(items: list[int]) -> None:
        nonlocal at_once, most, looks
        with lock:
            at_once += 1
            looks += 1
            most = max(most, at_once)
        time.sleep(0.0005)
        with lock:
            seen.extend(items)
            at_once -= 1

    def worker(number: int) -> None:
        for n in range(50):
            together(group, number * 50 + n, look, later)

    assert ended(started(*[lambda n=n: worker(n) for n in range(8)]))
    assert sorted(seen) == [*range(400)]
    assert most == 1
    assert looks < 400


def test_the_fourth_look_at_one_place_within_ten_seconds_waits_and_takes_along_what_comes_meanwhile() -> None:
    ahead = 0.0

    def clock() -> float:
        return time.monotonic() + ahead

    group, looks = uuid4(), list[list[int]]()
    for n in range(3):
        together(group, n, looks.append, clock)
    ahead = 9.5
    begun = time.monotonic()
    storm = started(*[lambda n=n: together(group, n, looks.append, clock) for n in range(3, 8)])
    together(uuid4(), 99, looks.append, clock)  # another place is not held up
    assert time.monotonic() - begun < 0.4
    assert ended(storm)
    assert time.monotonic() - begun >= 0.4
    assert looks[:4] == [[0], [1], [2], [99]]
    assert [sorted(items) for items in looks[4:]] == [[3, 4, 5, 6, 7]]


def test_in_a_storm_everywhere_some_threads_stay_free() -> None:
    groups = [uuid4() for _ in range(coalesce._PATIENT + 3)]  # noqa: SLF001
    looks: list[int] = []
    for group in groups:
        for _ in range(3):
            together(group, 0, lambda _: None)
    threads = started(*[lambda g=g: together(g, 1, looks.extend) for g in groups])
    assert alive(threads, coalesce._PATIENT)  # noqa: SLF001
    assert looks == [1, 1, 1]


def test_places_where_nothing_happens_any_more_are_forgotten() -> None:
    for n in range(coalesce._PLACES + 50):  # noqa: SLF001
        together(uuid4(), n, lambda _: None, later)
    assert len(coalesce._groups) <= coalesce._PLACES + 1  # noqa: SLF001


def test_different_groups_are_looked_at_side_by_side() -> None:
    both = threading.Barrier(2)
    met: list[int] = []

    def look(_: list[int]) -> None:
        met.append(both.wait(PATIENCE))

    groups = uuid4(), uuid4()
    assert ended(started(*[lambda g=g: together(g, 0, look) for g in groups]))
    assert sorted(met) == [0, 1]


@pytest.mark.parametrize("error", [ValueError("the code is wrong"), SystemExit(1)])
def test_a_look_that_fails_says_so_and_does_not_block_the_next_one(error: BaseException) -> None:
    group, looks = uuid4(), list[list[str]]()

    def fail(_: list[str]) -> None:
        raise error

    with pytest.raises(type(error)):
        together(group, "before", fail)
    together(group, "after", looks.append)
    assert looks == [["after"]]


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 5.0  # a machine that has just started

    def __call__(self) -> float:
        return self.now


def test_the_same_message_is_said_again_after_an_hour_and_not_before() -> None:
    fingerprint, clock = str(uuid4()), Clock()
    assert is_new(fingerprint, clock)
    assert not is_new(fingerprint, clock)
    clock.now += REPEAT_AFTER_SECONDS - 0.1
    assert not is_new(fingerprint, clock)
    clock.now += 0.1
    assert is_new(fingerprint, clock)  # not put off by the repetitions in between
    assert not is_new(fingerprint, clock)


def test_another_message_is_new_at_once() -> None:
    clock = Clock()
    assert [is_new(str(uuid4()), clock) for _ in range(3)] == [True, True, True]


@given(some.lists(some.integers(0, 2 * REPEAT_AFTER_SECONDS), max_size=12))
def test_two_tellings_of_a_message_are_an_hour_apart_and_silence_is_never_longer(pauses: list[int]) -> None:
    fingerprint, clock = str(uuid4()), Clock()
    told: list[float] = []
    for pause in pauses:
        clock.now += pause
        if is_new(fingerprint, clock):
            told.append(clock.now)
        assert clock.now - told[-1] < REPEAT_AFTER_SECONDS
    assert all(later - earlier >= REPEAT_AFTER_SECONDS for earlier, later in pairwise(told))


def test_in_a_storm_of_different_messages_memory_stays_bounded_and_nothing_is_kept_from_being_said() -> None:
    clock = Clock()
    storm = [str(uuid4()) for _ in range(25_000)]
    assert all(is_new(one, clock) for one in storm)
    assert not is_new(storm[-1], clock)
    assert is_new(storm[0], clock)  # forgotten to make room: said twice rather than not at all
