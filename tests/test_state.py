"""What must survive a restart is kept in one ConfigMap."""

import base64
import gzip
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import NAME, State
from robusta_volumes._model.errors import Conflict, NotAllowed
from robusta_volumes._model.kind import CONFIG_MAP
from robusta_volumes._model.plan import Delete, Outcome, Step


class Raced(MemoryCluster):
    """A cluster on which somebody else writes between our read and our write, ``times`` times."""

    def __init__(self, times: int, *, deletes: bool = False) -> None:
        super().__init__()
        self.times = times
        self.deletes = deletes

    def carry_out(self, plan: Sequence[Step]) -> list[Outcome]:
        if self.times:
            self.times -= 1
            if self.deletes and self.store.find(CONFIG_MAP, "robusta"):
                uid = self.store.get(CONFIG_MAP, NAME, "robusta")["metadata"]["uid"]
                super().carry_out([Delete(CONFIG_MAP, NAME, "robusta", "a person tidied up", uid)])
            else:
                other = MemoryCluster()
                other.store = self.store
                state, data = State(other, "robusta"), {f"other{self.times}": base64.b64encode(b"x").decode()}
                other.carry_out([state._step(data, state._there())])  # noqa: SLF001
        return super().carry_out(plan)


class ReadOnly(MemoryCluster):
    """A cluster on which nothing may be written."""

    def carry_out(self, plan: Sequence[Step]) -> list[Outcome]:
        return [Outcome(step, error=NotAllowed("cannot create configmaps")) for step in plan]


def config_map(**data: Any) -> dict[str, Any]:
    about = {"name": NAME, "namespace": "robusta"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "binaryData": data}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=10), JSON, max_size=4))
@settings(max_examples=50)
def test_what_is_written_reads_back_the_same(value: dict[str, Any]) -> None:
    cluster = MemoryCluster()
    State(cluster, "robusta").write("reports", value)
    assert State(cluster, "robusta").read("reports") == value


def test_other_keys_stay_when_one_is_written() -> None:
    state = State(MemoryCluster(), "robusta")
    state.write("a", {"n": 1})
    state.write("b", {"n": 2})
    state.write("a", {"n": 3})
    assert (state.read("a"), state.read("b"), state.read("c")) == ({"n": 3}, {"n": 2}, {})


def test_nothing_written_yet_reads_as_empty() -> None:
    assert State(MemoryCluster(), "robusta").read("a") == {}


def test_the_config_map_says_whose_it_is() -> None:
    cluster = MemoryCluster()
    State(cluster, "robusta").write("a", {})
    labels = cluster.get(CONFIG_MAP, NAME, "robusta")["metadata"]["labels"]
    assert labels == {"app.kubernetes.io/managed-by": "robusta-volumes"}


@pytest.mark.parametrize(
    "packed",
    [
        "",
        "not base64!",
        "ünicode",
        "YWJj",
        base64.b64encode(gzip.compress(b"not json", mtime=0)).decode(),
        base64.b64encode(gzip.compress(b"[1]", mtime=0)).decode(),
        base64.b64encode(gzip.compress(b'{"a": "\xff"}', mtime=0)).decode(),
        base64.b64encode(gzip.compress(b'{"a": 1}', mtime=0)[:-6]).decode(),
        base64.b64encode(gzip.compress(b"{}" * 50, mtime=0)[:12] + b"\xff" * 20).decode(),
        7,
        None,
        {"a": 1},
    ],
)
def test_content_that_somebody_edited_reads_as_empty_and_is_written_over(packed: object) -> None:
    state = State(MemoryCluster([config_map(a=packed)]), "robusta")
    assert state.read("a") == {}
    state.write("a", {"n": 1})
    assert state.read("a") == {"n": 1}


@pytest.mark.parametrize("data", [None, [], "x"])
def test_a_config_map_without_our_data_reads_as_empty(data: object) -> None:
    broken = config_map() | {"binaryData": data}
    assert State(MemoryCluster([broken]), "robusta").read("a") == {}


def test_writers_in_many_threads_lose_nothing() -> None:
    cluster = MemoryCluster()
    start = threading.Barrier(8)

    def write(number: int) -> None:
        start.wait()
        for turn in range(5):
            State(cluster, "robusta").write(f"key{number}", {"turn": turn})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [State(cluster, "robusta").read(f"key{n}") for n in range(8)] == [{"turn": 4}] * 8


def test_what_does_not_change_is_not_written() -> None:
    cluster = MemoryCluster()
    state = State(cluster, "robusta")
    state.write("a", {"n": 1})
    version = cluster.get(CONFIG_MAP, NAME, "robusta")["metadata"]["resourceVersion"]
    state.update("a", dict)
    assert cluster.get(CONFIG_MAP, NAME, "robusta")["metadata"]["resourceVersion"] == version


def test_a_change_is_made_of_what_is_there_and_made_again_when_somebody_else_was_faster() -> None:
    cluster = Raced(0)
    state = State(cluster, "robusta")
    state.write("a", {"n": 1})
    cluster.times, seen = 2, []

    def more(before: dict[str, Any]) -> dict[str, Any]:
        seen.append(before["n"])
        return {"n": before["n"] + 1}

    state.update("a", more)
    assert (state.read("a"), seen) == ({"n": 2}, [1, 1, 1])


def test_counting_in_many_threads_loses_no_count() -> None:
    cluster = MemoryCluster()

    def count() -> None:
        for _ in range(10):
            State(cluster, "robusta").update("a", lambda before: {"n": before.get("n", 0) + 1})

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert State(cluster, "robusta").read("a") == {"n": 60}


@pytest.mark.parametrize("times", [1, 3])
def test_a_write_that_meets_another_one_is_tried_again_and_keeps_both(times: int) -> None:
    cluster = Raced(times)
    State(cluster, "robusta").write("a", {"n": 1})
    data = cluster.get(CONFIG_MAP, NAME, "robusta")["binaryData"]
    assert set(data) == {"a", *(f"other{n}" for n in range(times))}


def test_a_config_map_that_is_deleted_under_us_is_made_again() -> None:
    cluster = Raced(0, deletes=True)
    State(cluster, "robusta").write("a", {"n": 1})
    cluster.times = 1
    State(cluster, "robusta").write("a", {"n": 2})
    assert State(cluster, "robusta").read("a") == {"n": 2}


def test_a_write_that_meets_others_every_time_says_so() -> None:
    with pytest.raises(Conflict):
        State(Raced(100), "robusta").write("a", {"n": 1})


def test_what_may_not_be_read_or_written_is_an_error() -> None:
    with pytest.raises(NotAllowed):
        State(MemoryCluster(denied=["configmaps"]), "robusta").read("a")
    with pytest.raises(NotAllowed):
        State(ReadOnly(), "robusta").write("a", {})
