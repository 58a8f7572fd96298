"""The shop, its I/O, and whoever answers about it: what tests of reports on performance share."""

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from urllib.parse import urlsplit

from robusta_volumes._cluster.live_io import LiveIo
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.target import Target
from robusta_volumes._report.page import Page
from robusta_volumes._sandbox.io_answers import IoAnswers
from robusta_volumes._sandbox.story_io import series_of, shop_io
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._workflows.io_ask import Ask
from robusta_volumes._workflows.volume_performance_analysis import volume_performance_analysis

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=timezone.utc)
SOURCE = "http://prometheus.monitoring:9090"


class Story:
    """A transport at whose other end the story is told."""

    shown = SOURCE

    def __init__(self, answers: IoAnswers) -> None:
        self.asked: list[str] = []
        self._answers = answers

    def post(self, path: str, data: Mapping[str, str], timeout: float) -> tuple[int, bytes]:
        assert urlsplit(path).path.startswith("/api/v1/query")
        assert timeout > 0
        self.asked.append(data["query"])
        rows = self._answers.answer(data) or []
        kind = "matrix" if "step" in data else "vector"
        return 200, json.dumps({"status": "success", "data": {"resultType": kind, "result": rows}}).encode()


def story() -> Story:
    """Tell the story of the shop."""
    objects, _ = shop(NOW)
    return Story(IoAnswers(series_of(shop_io(), objects), NOW.timestamp))


def asking(transport: Story) -> Ask:
    """Ask over this transport."""
    return LiveIo(transport, 60, clock=lambda: 0.0).read


def told(target: Target, settings: VolumePerformanceAnalysis | None = None, ask: Ask | None = None) -> Page:
    """Report on the shop."""
    objects, _ = shop(NOW)
    cluster = MemoryCluster(objects, name="prod", now=NOW)
    return volume_performance_analysis(cluster, target, settings or VolumePerformanceAnalysis(), ask or asking(story()))
