"""Golden pages: what a report says of a recorded cluster, word for word. ``UPDATE_PAGES=1`` writes them anew."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page, Table, Text
from robusta_volumes._workflows.persistent_volume_actions import persistent_volume_actions

HERE = Path(__file__).parent
SETTINGS = PersistentVolumeActions()
PVC, PV = "PersistentVolumeClaim", "PersistentVolume"

# name of the page -> (state of the recorded cluster, what was asked)
PAGES = {
    "cluster": ("after", Target()),
    "namespace-shop": ("after", Target("Namespace", "shop", "shop")),
    "namespace-tight": ("before", Target("Namespace", "tight", "tight")),
    "storage-class": ("after", Target("StorageClass", "csi-hp")),
    "node": ("before", Target("Node", "vm")),
    "missing-class": ("before", Target("StorageClass", "csi-hpp")),
    "class-typo": ("before", Target(PVC, "class-typo", "broken")),
    "no-class": ("before", Target(PVC, "no-class", "broken")),
    "driver-missing": ("before", Target(PVC, "driver-missing", "broken")),
    "waits-for-pod": ("before", Target(PVC, "waits-for-pod", "broken")),
    "pod-cannot-schedule": ("before", Target(PVC, "pod-cannot-schedule", "broken")),
    "static-no-match": ("before", Target(PVC, "static-no-match", "broken")),
    "volume-taken": ("before", Target(PVC, "volume-taken", "broken")),
    "data-on-gone-node": ("before", Target(PVC, "data-on-gone-node", "broken")),
    "missing-folder": ("before", Target(PVC, "missing-folder", "broken")),
    "only-one-pod": ("before", Target(PVC, "only-one-pod", "broken")),
    "pod-refers-to-nothing": ("before", Target("Pod", "refers-to-nothing", "broken")),
    "statefulset-too-big": ("before", Target("StatefulSet", "too-big", "tight")),
    "lost": ("after", Target(PVC, "lost", "broken")),
    "will-be-released": ("after", Target(PV, "will-be-released")),
    "will-fail": ("after", Target(PV, "will-fail")),
    "uploads-terminating": ("after", Target(PVC, "uploads", "shop")),
    "nobody-uses-me": ("after", Target(PVC, "nobody-uses-me", "shop")),
    "healthy-claim": ("before", Target(PVC, "uploads", "shop")),
    "healthy-volume": ("before", Target(PV, "pv1")),
    "alert-data-orders-db-0": ("before", Target(PVC, "data-orders-db-0", "shop", trigger=Trigger.ALERT)),
    "event-class-typo": ("before", Target(PVC, "class-typo", "broken", trigger=Trigger.EVENT)),
    "unseen-claim": ("before", Target(PVC, "uploads", "shop")),
    "unseen-claims": ("before", Target("Namespace", "shop", "shop")),
    "unseen-volumes": ("before", Target("Namespace", "shop", "shop")),
    "missing-claim": ("before", Target(PVC, "upload", "shop")),
    "missing-volume": ("before", Target(PV, "pv2")),
    "missing-namespace": ("before", Target("Namespace", "shopp", "shopp")),
}

# name of the page -> what could not be read
DENIED = {
    "unseen-claim": frozenset({"persistentvolumeclaims"}),
    "unseen-claims": frozenset({"persistentvolumeclaims"}),
    "unseen-volumes": frozenset({"persistentvolumes"}),
}


def page_of(name: str, **more: object) -> Page:
    state, target = PAGES[name]
    cluster = MemoryCluster.from_dump(HERE / "clusters" / state, name="recorded")
    cluster.denied = DENIED.get(name, frozenset())
    for attribute, value in more.items():
        setattr(cluster, attribute, value)
    return persistent_volume_actions(cluster, target, SETTINGS)


@pytest.mark.parametrize("name", PAGES)
def test_the_page_reads_as_it_was_agreed(name: str) -> None:
    page = to_markdown(page_of(name), files=name != "cluster")
    golden = HERE / "pages" / f"{name}.md"
    if os.environ.get("UPDATE_PAGES"):
        golden.write_text(page)
    assert page == golden.read_text(), f"{golden} differs; look at the change, then UPDATE_PAGES=1"


def test_there_is_no_golden_page_that_nobody_checks() -> None:
    assert {file.stem for file in (HERE / "pages").glob("*.md")} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_chat(name: str) -> None:
    page = page_of(name)
    assert len(page.title) < 260
    for block in page.blocks:
        if isinstance(block, Text):
            assert len(block.markdown) < 3000
            assert block.markdown.count("```") % 2 == 0
        if isinstance(block, Table):
            assert len(block.headers) <= 2


@pytest.mark.parametrize("name", [n for n, (_, t) in PAGES.items() if t.kind in {PVC, PV}])
def test_an_issue_never_comes_without_a_next_step(name: str) -> None:
    page = page_of(name)
    if page.failure:
        first = page.blocks[0]
        assert isinstance(first, Text)
        assert "*Do this:*" in first.markdown


def test_what_may_not_be_read_is_unknown_and_never_well() -> None:
    denied = frozenset({"storageclasses.storage.k8s.io", "pods"})
    page = to_markdown(page_of("class-typo", denied=denied), files=False)
    assert "storageclasses: the runner may not list them" in page
    assert "no problem found" not in page
    assert 'resources: ["pods"]' in page


def test_an_offline_dump_tells_ages_as_of_the_time_when_it_was_taken() -> None:
    cluster = MemoryCluster.from_dump(HERE / "clusters" / "before")
    page = persistent_volume_actions(cluster, Target(PVC, "class-typo", "broken"), SETTINGS)
    assert "Pending for 99 s" in to_markdown(page)
    later = MemoryCluster.from_dump(HERE / "clusters" / "before", now=cluster.now() + timedelta(days=3))
    page = persistent_volume_actions(later, Target(PVC, "class-typo", "broken"), SETTINGS)
    assert "Pending for 3 d" in to_markdown(page)
