"""Golden pages about performance: what a report says, word for word. ``UPDATE_PAGES=1`` writes them anew."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from performance_world import NOW, SOURCE, asking, story, told
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.errors import NotAuthenticated
from robusta_volumes._model.io_scope import IoScope
from robusta_volumes._model.io_series import IoMeasured, IoWindow
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page, Table, Text
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._workflows.volume_performance_analysis import volume_performance_analysis

HERE = Path(__file__).parent
PAGES = HERE / "pages" / "performance"
PVC = "PersistentVolumeClaim"
OFF = VolumePerformanceAnalysis(include_io_metrics=False)
KAFKA = Target(PVC, "data-kafka-0", "shop")
TARGETS = {
    "cluster": Target(),
    "namespace": Target("Namespace", "shop", "shop"),
    "node": Target("Node", "node-a1"),
    "class": Target("StorageClass", "gp3"),
    "claim-at-its-limit": KAFKA,
    "claim-healthy": Target(PVC, "data-pg-0", "db"),
    "claim-idle": Target(PVC, "data-pg-2", "db"),
    "claim-near-its-limit": Target(PVC, "data-clickhouse-0", "analytics"),
    "claim-not-measured": Target(PVC, "data-search-0", "shop"),
    "claim-shared": Target(PVC, "uploads", "shop"),
    "claim-missing": Target(PVC, "data-kafka-9", "shop"),
    "claim-pending": Target(PVC, "cart-cache", "shop"),
    "alert": replace(KAFKA, trigger=Trigger.ALERT),
    "alert-node": Target("Node", "node-a1", trigger=Trigger.ALERT),
}


def refused(_: IoScope, __: IoWindow) -> IoMeasured:
    raise NotAuthenticated(f"Prometheus at {SOURCE} asks for credentials", "set `globalConfig.prometheus_auth`")


def never(_: IoScope, __: IoWindow) -> IoMeasured:
    message = "metrics were asked"
    raise AssertionError(message)


def nothing(_: IoScope, window: IoWindow) -> IoMeasured:
    return IoMeasured(window, source=SOURCE)


def denied() -> Page:
    objects, _ = shop(NOW)
    cluster = MemoryCluster(
        objects, name="prod", now=NOW, denied=["storageclasses.storage.k8s.io", "volumeattachments.storage.k8s.io"]
    )
    return volume_performance_analysis(cluster, KAFKA, VolumePerformanceAnalysis(), asking(story()))


OTHERS: Mapping[str, Callable[[], Page]] = {
    "off-cluster": lambda: told(Target(), OFF, never),
    "off-claim": lambda: told(KAFKA, OFF, never),
    "refused-cluster": lambda: told(Target(), ask=refused),
    "refused-claim": lambda: told(KAFKA, ask=refused),
    "nothing-measured": lambda: told(Target(), ask=nothing),
    "nothing-measured-claim": lambda: told(KAFKA, ask=nothing),
    "unseen": denied,
}
NAMES = (*TARGETS, *OTHERS)


def page_of(name: str) -> Page:
    return told(TARGETS[name]) if name in TARGETS else OTHERS[name]()


@pytest.mark.parametrize("name", NAMES)
def test_the_page_reads_as_it_was_agreed(name: str) -> None:
    page = to_markdown(page_of(name), files=name == "namespace")
    golden = PAGES / f"{name}.md"
    if os.environ.get("UPDATE_PAGES"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(page)
    assert page == golden.read_text(), f"{golden} differs; look at the change, then UPDATE_PAGES=1"


def test_there_is_no_golden_page_that_nobody_checks() -> None:
    assert {file.stem for file in PAGES.glob("*.md")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_a_chat_and_says_what_to_do(name: str) -> None:
    page = page_of(name)
    assert len(page.title) < 260
    for block in page.blocks:
        if isinstance(block, Text):
            assert len(block.markdown) < 3000
            assert block.markdown.count("```") % 2 == 0
        if isinstance(block, Table):
            assert len(block.headers) <= 2
    if page.failure:
        assert "*Do this:*" in to_markdown(page, files=False)
