"""The demo's act about data: how full, how fast, until when. Prometheus' answers are recorded ones."""

from collections.abc import Callable
from typing import Any

from robusta_volumes._sandbox.world import World

Expect = Callable[[str, Callable[[], object], int], None]
_REPORT = "persistent_data_analysis"
DATA: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "A claim that was grown five days ago, and is full again soon",
        {"name": "data-clickhouse-0", "namespace": "analytics"},
    ),
    ("A claim of which a large part went in a day", {"name": "data-search-0", "namespace": "shop"}),
    ("The data of a namespace", {"namespace": "monitoring"}),
    ("A claim that nothing measures any more", {"name": "old-catalog", "namespace": "shop"}),
    ("Without metrics: what the API alone knows", {"include_metrics": "false"}),
)


def data_act(world: World, expect: Expect) -> None:
    """Play it."""
    for caption, params in DATA:
        expect(f"By hand: {caption}", lambda params=params: world.runner.trigger(_REPORT, **params), 1)  # type: ignore[misc]
