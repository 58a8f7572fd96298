"""Two runners at once: two processes with one API server, each ticking at the same moments."""

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import SNAPSHOT
from robusta_volumes._model.ours import SLOT, slot_text
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._sandbox.csi_script import CsiScript
from robusta_volumes._sandbox.csi_storage import CsiStorage
from snapshot_runner import PATIENCE, START, TICKS, runner

CLAIMS = [f"data-{n}" for n in range(6)]
DRIVER = "hostpath.csi.k8s.io"
Afternoon = tuple[ApiServer, list[list[str]]]


@pytest.fixture(scope="module")
def after() -> Iterator[Afternoon]:
    """Both runners' afternoon: the server as they left it, and what each of them said."""
    b = Builder(START - timedelta(days=1))
    for namespace in ("shop", "robusta"):
        b.add("Namespace", namespace)
    b.storage_class("fast", DRIVER)
    for name in CLAIMS:
        b.bound("shop", name, "1Gi", "fast", DRIVER)
    b.add("VolumeSnapshotClass", "drop", api="snapshot.storage.k8s.io/v1", driver=DRIVER, deletionPolicy="Delete")
    spawn = multiprocessing.get_context("spawn")
    barrier, said = spawn.Barrier(3), spawn.Queue()
    times = iter(TICKS)
    clock = [next(times)]
    with ApiServer(Store(b.objects, finalizers=True, clock=lambda: clock[0])) as server:
        storage = CsiStorage(server.store, CsiScript())
        both = [spawn.Process(target=runner, args=(server.url, name, barrier, said)) for name in ("p1", "p2")]
        for one in both:
            one.start()
        for _ in TICKS:
            barrier.wait(PATIENCE)
            barrier.wait(PATIENCE)
            storage.step()
            clock[0] = next(times, clock[0])
            barrier.wait(PATIENCE)
        told = [said.get(timeout=PATIENCE) for _ in both]
        for one in both:
            one.join(PATIENCE)
        yield server, told


def written(server: ApiServer, method: str) -> list[int]:
    """List how the server answered the requests of this method about snapshots."""
    return [seen.status for seen in server.requests if seen.method == method and "/volumesnapshots" in seen.path]


def test_every_claim_has_one_snapshot_for_each_of_the_last_slots(after: Afternoon) -> None:
    server, _ = after
    found = Counter(
        (o["spec"]["source"]["persistentVolumeClaimName"], o["metadata"]["labels"][SLOT])
        for o in server.store.find(SNAPSHOT)
    )
    last = [slot_text(START.replace(hour=hour, minute=0)) for hour in (14, 15)]
    assert found == Counter((claim, slot) for claim in CLAIMS for slot in last)


def test_each_slot_was_made_once_though_both_asked_for_it(after: Afternoon) -> None:
    server, _ = after
    answers = Counter(written(server, "POST"))
    assert answers[201] == len(CLAIMS) * 4
    assert answers[409] > 0  # both saw that nothing was there, and the name let one of them through


def test_each_old_one_was_deleted_once(after: Afternoon) -> None:
    server, _ = after
    answers = Counter(written(server, "DELETE"))
    assert answers[200] == len(CLAIMS) * 2
    assert set(answers) <= {200, 404, 409}


def test_of_each_other_they_say_nothing(after: Afternoon) -> None:
    """The plan of the first deletion is published by both, with one identity; being second is no trouble."""
    _, told = after
    assert {title.partition(":")[0] for titles in told for title in titles} == {'Snapshots "hourly"'}
    assert {title for titles in told for title in titles if "will be deleted" not in title} == set()
