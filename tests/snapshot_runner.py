"""A runner that ticks in a process of its own: a module that such a process can import."""

from datetime import datetime, timedelta
from threading import BrokenBarrierError
from typing import Any

from kubernetes.client import ApiClient, Configuration

from robusta_volumes._cluster.live import LiveCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model.times import UTC
from robusta_volumes._workflows.pvc_snapshot_schedule import pvc_snapshot_schedule
from snapshot_world import settings

START = datetime(2026, 3, 1, 11, 30, tzinfo=UTC)
TICKS = [START + timedelta(minutes=20 * n) for n in range(14)]  # four hours, three ticks in each
HOURLY = settings({"name": "hourly", "schedule": "0 * * * *", "maxParallel": 4, "keepLast": 2})
PATIENCE = 60


class At(LiveCluster):
    """A live cluster whose clock is set."""

    moment = START

    def now(self) -> datetime:
        """Give the time that was set."""
        return self.moment


def runner(url: str, process: str, barrier: Any, said: Any) -> None:
    """Tick at each moment, as soon as the other runner does; runs in a process of its own."""
    cluster = At(ApiClient(Configuration(host=url)))
    titles: list[str] = []
    try:
        for moment in TICKS:
            cluster.moment = moment
            barrier.wait(PATIENCE)
            pages = pvc_snapshot_schedule(cluster, HOURLY, State(cluster, "robusta"), process, lambda _: None)
            titles += [page.title for page in pages]
            barrier.wait(PATIENCE)  # the storage works between two moments
            barrier.wait(PATIENCE)
    except BrokenBarrierError:
        titles.append("the other runner went away")
    said.put(titles)
