"""Golden pages about data: what a report says, word for word. ``UPDATE_PAGES=1`` writes them anew."""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from data_world import NOW, SOURCE, STORY, answers, cluster_of, line, measured, never, shop, story, use
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.errors import NotAuthenticated
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.prices import prices
from robusta_volumes._model.quantity import GIB
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._model.usage import Key, Measured, Use
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page, Table, Text
from robusta_volumes._workflows.persistent_data_analysis import persistent_data_analysis

HERE = Path(__file__).parent
PAGES = HERE / "pages" / "data"
PVC = "PersistentVolumeClaim"
SETTINGS = PersistentDataAnalysis(prices=prices({"gp3": 0.08}))
OFF = PersistentDataAnalysis(include_metrics=False)
CACHE = Target(PVC, "cache", "shop")
LAST = {("shop", "cache"): Use(5 * GIB, at=NOW - timedelta(days=9))}
DATABASE = Target(PVC, "data-pg-0", "db")
TARGETS = {
    "cluster": Target(),
    "namespace": Target("Namespace", "shop", "shop"),
    "class": Target("StorageClass", "nfs"),
    "claim-fills": DATABASE,
    "claim-full": Target(PVC, "spool", "mail"),
    "claim-sawtooth": Target(PVC, "cache", "shop"),
    "claim-inodes": Target(PVC, "thumbs", "shop"),
    "claim-step": Target(PVC, "uploads", "shop"),
    "claim-too-large": Target(PVC, "warehouse", "shop"),
    "claim-shared": Target(PVC, "share-a", "team"),
    "claim-block": Target(PVC, "disk", "vm"),
    "claim-unmounted": Target(PVC, "unmounted", "shop"),
    "claim-fresh": Target(PVC, "fresh", "new"),
    "alert": replace(DATABASE, trigger=Trigger.ALERT),
}


def told(target: Target) -> Page:
    b, found = story()
    return persistent_data_analysis(cluster_of(b), target, SETTINGS, answers(found))


def refused(_: Inventory, __: Collection[Key]) -> Measured:
    raise NotAuthenticated(f"{SOURCE} asks for credentials", "set `globalConfig.prometheus_auth`")


def quiet() -> Measured:
    """Nothing fills: and a gap in what was asked."""
    history = {("db", "data-pg-0"): line(20, 0.01), ("shop", "uploads"): line(10, 0.01)}
    sizes = {("db", "data-pg-0"): 100.0, ("shop", "uploads"): 50.0}
    gap = "The history of 1 claim did not come: the server gave up (503); ask for fewer at once with `batchSize`."
    return measured(history, sizes, gaps=(gap,), last_known={("shop", "cache"): Use(5 * GIB)})


def two_fill() -> Measured:
    history = {("db", "data-pg-0"): line(27, 2.1), ("shop", "uploads"): line(8, 1.3)}
    return measured(history, {("db", "data-pg-0"): 100.0, ("shop", "uploads"): 50.0})


def two_days() -> Measured:
    history = {key: row[-2:] for key, row in STORY.items() if key[0] in {"db", "shop"}}
    return measured(history, dict.fromkeys(history, 500.0))


def nothing(target: Target) -> Page:
    return persistent_data_analysis(
        cluster_of(shop()), target, SETTINGS, answers(Measured(source=SOURCE, queries=4, seconds=0.1))
    )


def unseen() -> Page:
    """Metrics answer; of the API server pods and classes may not be read."""
    b, found = story()
    cluster = MemoryCluster(b.objects, name="prod", now=NOW, denied=["pods", "storageclasses.storage.k8s.io"])
    return persistent_data_analysis(cluster, TARGETS["alert"], SETTINGS, answers(found))


def off(target: Target) -> Page:
    recorded = MemoryCluster.from_dump(HERE / "clusters" / "after", name="recorded")
    return persistent_data_analysis(recorded, target, OFF, never)


OTHERS: Mapping[str, Callable[[], Page]] = {
    "off-cluster": lambda: off(Target()),
    "off-claim": lambda: off(Target(PVC, "uploads", "shop")),
    "refused-cluster": lambda: persistent_data_analysis(cluster_of(shop()), Target(), SETTINGS, refused),
    "refused-alert": lambda: persistent_data_analysis(cluster_of(shop()), TARGETS["alert"], SETTINGS, refused),
    "nothing-measured": lambda: nothing(Target()),
    "alert-nothing-measured": lambda: nothing(TARGETS["alert"]),
    "alert-unseen": unseen,
    "two-days": lambda: persistent_data_analysis(cluster_of(shop()), Target(), SETTINGS, answers(two_days())),
    "two-fill": lambda: persistent_data_analysis(cluster_of(shop()), Target(), SETTINGS, answers(two_fill())),
    "quiet": lambda: persistent_data_analysis(cluster_of(shop()), Target(), SETTINGS, answers(quiet())),
    "last-known": lambda: persistent_data_analysis(
        cluster_of(shop()), CACHE, SETTINGS, answers(replace(quiet(), gaps=(), last_known=LAST))
    ),
    "no-history": lambda: persistent_data_analysis(
        cluster_of(shop()),
        DATABASE,
        SETTINGS,
        answers(Measured(now={("db", "data-pg-0"): use(50, 100)}, source=SOURCE)),
    ),
}
NAMES = (*TARGETS, *OTHERS)


def page_of(name: str) -> Page:
    return told(TARGETS[name]) if name in TARGETS else OTHERS[name]()


@pytest.mark.parametrize("name", NAMES)
def test_the_page_reads_as_it_was_agreed(name: str) -> None:
    page = to_markdown(page_of(name), files=name == "namespace")
    golden = PAGES / f"{name}.md"
    if os.environ.get("UPDATE_PAGES"):
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
