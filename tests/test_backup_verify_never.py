"""What can never be tested does not use up the tries of a slot: it is left out, and told once for each cause."""

from datetime import timedelta
from pathlib import Path

import pytest

from restore_world import VeleroWorld, settings
from robusta_volumes._analysis.decision import Refusal
from robusta_volumes._model import kind as k
from robusta_volumes._model.backup import Copy, Proof
from robusta_volumes._model.severity import Severity
from robusta_volumes._report.backup_verify_left import left_out_page
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.volume_backups_verify_tick import verify_tick
from test_backup_verify import SCRATCH, made, tools, world

MANY = 12  # more than a slot tries
DAILY = settings(verify={"schedule": "0 4 * * *"})


def saved(w: VeleroWorld, number: int, size: str = "1Gi", class_name: str = "gp3", prefix: str = "a") -> VeleroWorld:
    """Add claims whose data was moved last night; their names come before the others."""
    known = len(w.b.objects)
    for i in range(number):
        w.velero.upload(w.backup, w.b.bound("shop", f"{prefix}{i:02}", size, class_name, "ebs.csi.aws.com"))
    w.cluster.store.take(w.b.objects[known:])
    return w


def slot(w: VeleroWorld, process: str = "p") -> list[Page]:
    """Let the next slot come."""
    if not w.state.read("backups.verify"):
        verify_tick(w.cluster, DAILY, w.state, tools(w), "p")
    w.cluster._now += timedelta(days=1)  # noqa: SLF001 (a test's clock)
    return verify_tick(w.cluster, DAILY, w.state, tools(w), process)


def test_many_large_ones_are_left_out_and_told_once_and_the_next_is_tested(tmp_path: Path) -> None:
    w = saved(world(tmp_path), MANY, "100Gi")
    (page,) = slot(w)
    assert page.title == "12 claims are left out of restore tests"
    assert page.severity is Severity.LOW
    assert "| shop/a00 | 100.0 GiB is more than tests may restore (50.0 GiB) |" in to_markdown(page)
    assert "*Do this:* raise `verify.maxSize`" in to_markdown(page)
    (restore,) = w.cluster.find(k.VELERO_RESTORE)
    assert restore["spec"]["labelSelector"] == {"matchLabels": {"app": "pg"}}
    titles = [page.title for _ in range(3) for page in slot(w)]
    assert not any("left out" in title for title in titles)


def test_another_cause_is_told_when_it_comes(tmp_path: Path) -> None:
    w = saved(world(tmp_path), 1, "100Gi")
    assert len(slot(w)) == 1
    w.b.storage_class("kept", "ebs.csi.aws.com", policy="Retain")
    w.cluster.store.take(w.b.objects[-1:])
    saved(w, 1, class_name="kept", prefix="b")
    said = [page for _ in range(2) for page in slot(w)]
    (page,) = [one for one in said if "left out" in one.title]
    assert "| shop/b00 | class kept keeps volumes whose claim is gone (Retain) |" in to_markdown(page)


def test_when_none_can_ever_be_tested_that_is_told_once(tmp_path: Path) -> None:
    w = world(tmp_path, reclaim="Retain")
    (page,) = slot(w)
    assert page.title == "No backup can be tested: 2 claims are left out"
    assert slot(w) == []
    assert made(w) == []


def test_the_namespace_for_tests_is_looked_at_once_in_a_slot(tmp_path: Path) -> None:
    w = saved(world(tmp_path), MANY)
    w.cluster.store.create({**w.claims["data"], "metadata": {"name": "somebody", "namespace": SCRATCH}})
    verify_tick(w.cluster, DAILY, w.state, tools(w), "p")
    w.cluster.reads.clear()
    (page,) = slot(w)
    assert page.title.endswith(f"namespace {SCRATCH} is not empty: claim somebody")
    assert w.cluster.reads.count("pods") == 2  # there, and those of Velero


def test_what_was_told_by_a_process_that_died_before_it_was_sent_is_told_again_and_then_no_more(tmp_path: Path) -> None:
    w = world(tmp_path, reclaim="Retain")
    (page,) = slot(w, "dies")
    (again,) = verify_tick(w.cluster, DAILY, w.state, tools(w), "lives")
    assert again == page
    assert verify_tick(w.cluster, DAILY, w.state, tools(w), "lives") == []
    assert verify_tick(w.cluster, DAILY, w.state, tools(w), "next") == []
    assert slot(w, "next") == []


def test_it_is_told_once_where_a_slot_comes_right_after_it(tmp_path: Path) -> None:
    w = world(tmp_path, reclaim="Retain")
    assert len(slot(w, "dies")) == 1
    assert len(slot(w, "lives")) == 1
    assert slot(w, "lives") == []
    assert slot(w, "next") == []


def test_a_cause_that_is_gone_meanwhile_is_not_told_again(tmp_path: Path) -> None:
    w = saved(world(tmp_path), 1, "100Gi")
    assert len(slot(w, "dies")) == 1
    w.cluster.store.delete(k.CLAIM, "a00", "shop")
    pages = verify_tick(w.cluster, DAILY, w.state, tools(w), "lives")
    assert not any("left out" in page.title for page in pages)
    assert "left_news" not in w.state.read("backups.verify")


@pytest.mark.parametrize(
    ("engines", "title"),
    [
        (("velero",), "No backup can be tested: 1 claim is left out"),
        (("csi",), "No snapshot can be tested: 1 claim is left out"),
        (("csi", "velero"), "No backup or snapshot can be tested: 2 claims are left out"),
    ],
)
def test_what_cannot_be_tested_is_called_what_it_is(engines: tuple[str, ...], title: str) -> None:
    why = Refusal("it is a raw block device", "")
    left = [(Copy(engine, "shop", f"c{i}", "", Proof.MOVED, None), why) for i, engine in enumerate(engines)]
    assert left_out_page(left, 0, "prod").title == title
    assert "are left out of restore tests" in left_out_page([*left, *left], 3, "prod").title
