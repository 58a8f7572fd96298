"""The garbage collector is quiet while a cluster is read, and never stays off."""

import gc

import pytest

from robusta_volumes._cluster.collector import collector_paused


def test_it_is_off_while_something_is_read_and_on_afterwards() -> None:
    with collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_last_of_two_readers_turns_it_on() -> None:
    with collector_paused():
        with collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_failure_turns_it_on_too() -> None:
    with pytest.raises(ValueError, match="away"), collector_paused():
        raise ValueError("away")
    assert gc.isenabled()


def test_where_somebody_turned_it_off_it_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
