"""Golden pages about benchmarks, word for word. ``UPDATE_PAGES=1`` writes them anew.

What fio would have measured is written here, so that no disk of this machine is in a page.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmark_world import ASKED, World, answer
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.asked_benchmark import BenchmarkStorageClass
from robusta_volumes._model.errors import NotAllowed
from robusta_volumes._model.plan import Delete, Outcome, Step
from robusta_volumes._model.size import size
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import File, Page, Table, Text

PAGES = Path(__file__).parent / "pages" / "benchmark"
AS_SET: dict[str, Any] = {"size": 10, "seconds": 15, "mostWritten": 20}
CLAIM = BenchmarkStorageClass(claim="data-pg-0", namespace="db", dry_run=False)


class Holding(MemoryCluster):
    """Lets nothing be deleted."""

    def carry_out(self, plan: Sequence[Step]) -> list[Outcome]:
        """Write; deleting is refused."""
        if any(isinstance(step, Delete) for step in plan):
            return [
                Outcome(step, error=NotAllowed('pods "x" is forbidden: cannot delete', "Allow it.")) for step in plan
            ]
        return super().carry_out(plan)


def first(world: World) -> Page:
    return world.run(**AS_SET)


def slower(world: World) -> Page:
    world.run(**AS_SET)
    world.later(days=7)
    world.fio(answer(0.4))
    return world.run(**AS_SET)


def partial(world: World) -> Page:
    world.fio(answer(without=["sync_write_4k", "bw_write_1m_qd16"]))
    return world.run(**AS_SET)


def in_claim(world: World) -> Page:
    folder = world.folder / "pg"
    folder.mkdir()
    world.kubelet.folders["db", "data-pg-0"] = folder
    (world.folder / "bin" / "df").write_text("#!/bin/sh\necho head; echo /dev/x 9000000 100000 8900000 2% /v\n")
    (world.folder / "bin" / "df").chmod(0o755)
    return world.run(CLAIM, allowExisting=True, existingPressure=99, **AS_SET)


def running(world: World) -> Page:
    world.kubelet.slow = True
    return world.run(follow=4.0, **AS_SET)


def pending(world: World) -> Page:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/2 nodes: 2 node(s) exceed max volume count"}
    world.kubelet.stuck = {"phase": "Pending", "conditions": [condition]}
    return world.run(follow=300.0, **AS_SET)


CASES: dict[str, Callable[[World], Page]] = {
    "plan": lambda w: w.run(replace(ASKED, size=size("100Gi"), node="node-a"), **AS_SET),
    "plan-claim": lambda w: w.run(replace(CLAIM, dry_run=True), allowExisting=True, **AS_SET),
    "no-image": lambda w: w.run(ASKED, image=""),
    "result": first,
    "slower": slower,
    "partial": partial,
    "in-claim": in_claim,
    "running": running,
    "pending": pending,
    "no-such-claim": lambda w: w.run(replace(CLAIM, claim="data-pg-1")),
}


@pytest.mark.parametrize("case", CASES)
def test_a_page_reads_as_it_did(case: str, tmp_path: Path) -> None:
    world = World(tmp_path)
    world.fio()
    try:
        page = CASES[case](world)
    finally:
        world.kubelet.close()
    _same(page, case)


def test_the_page_of_what_would_not_go_reads_as_it_did(tmp_path: Path) -> None:
    world = World(tmp_path, kind=Holding)
    world.fio()
    _same(world.run(**AS_SET), "left")


def _same(page: Page, case: str) -> None:
    shown = replace(page, blocks=tuple(b for b in page.blocks if not isinstance(b, File) or b.name.endswith(".csv")))
    text, file = to_markdown(shown), PAGES / f"{case}.md"
    if os.environ.get("UPDATE_PAGES"):
        PAGES.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()
    for block in page.blocks:
        assert not isinstance(block, Text) or len(block.markdown) <= 3000
        assert not isinstance(block, Table) or len(block.headers) == 2
