"""Snapshots are asked for several at a time, never more than the settings say: storage throttles or refuses a crowd."""

import threading
from typing import Any

import pytest

from robusta_volumes._model.asked import CreateSnapshots
from robusta_volumes._model.plan import Create, Outcome
from robusta_volumes._workflows.pvc_snapshots_create import create_pvc_snapshots
from snapshot_world import NIGHT, NOON, Nights, Refusing, nightly, settings

CLAIMS = [f"data-{number:02}" for number in range(15)]  # a multiple of what is tried below: every round is full


class Crowded(Refusing):
    """A cluster that answers a creation only when as many as expected are there, and counts how many there were."""

    def expect(self, number: int) -> None:
        self.together = threading.Barrier(number)
        self.lock, self.now_in, self.most = threading.Lock(), 0, 0

    def carry_out(self, plan: Any) -> list[Outcome]:
        if not (isinstance(plan[0], Create) and plan[0].manifest["kind"] == "VolumeSnapshot"):
            return super().carry_out(plan)
        with self.lock:
            self.now_in += 1
            self.most = max(self.most, self.now_in)
        self.together.wait(timeout=20)  # broken, and the test with it, when fewer come together
        with self.lock:
            made = super().carry_out(plan)
            self.now_in -= 1
        return made


def crowded(number: int) -> tuple[Nights, Crowded]:
    w = Nights(NOON, CLAIMS)
    cluster = Crowded([o for kind in w.cluster.store.kinds() for o in w.cluster.store.find(kind)], now=NOON)
    cluster.expect(number)
    w.cluster = cluster
    return w, cluster


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_tick_asks_for_as_many_at_once_as_max_parallel_says(number: int) -> None:
    w, cluster = crowded(number)
    wanted = settings(nightly(maxParallel=number))
    w.tick(wanted)
    w.at(NIGHT)
    w.tick(wanted)
    assert (len(w.slots()), cluster.most) == (len(CLAIMS), number)


def test_by_hand_it_is_five() -> None:
    w, cluster = crowded(5)
    create_pvc_snapshots(w.cluster, CreateSnapshots(namespace="shop"), settings(), lambda _: w.controller())
    assert (len(w.snapshots()), cluster.most) == (len(CLAIMS), 5)
