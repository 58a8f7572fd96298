"""Golden pages of live looks at I/O, word for word. ``UPDATE_PAGES=1`` writes them anew."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from contents_world import PATH
from io_probe_text import NFS, POD_MOUNTS, pair
from probe_world import ASKED, BEFORE, BUSY, IDLE, OTHERS, PG, SLOW, Told, after, cluster, on_node, probe
from robusta_volumes._model.asked_performance import ProbeVolumeIo
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import File, Page
from test_probe_nodes import look as look_from_nodes
from test_probe_nodes import world

PAGES = Path(__file__).parent / "pages" / "probe"
ON_NFS = POD_MOUNTS.replace("/mnt/nfs", PATH).replace("259:3 /", "8:0 /")
QUIET = "0 0 0 0 0 0 0 0"


def nfs(read: str) -> dict[str, str]:
    text = NFS.replace("/mnt/nfs", PATH).format(read=read, write=QUIET, getattr=QUIET)
    return {"mountstats": text, "cgpsi": BEFORE["cgpsi"]}


LOSING = pair(nfs("100 100 0 0 0 10 300 320"), nfs("900 960 2 0 0 110 20300 20520"), mounts=ON_NFS)
CEPH = pair(BEFORE, after(0, 0, 0, stall=45), mounts=POD_MOUNTS.replace("/ceph", PATH).replace("259:3 /", "8:0 /"))


def told(text: str) -> Callable[[Path], Page]:
    return lambda folder: probe(cluster(Told(folder, {"pg-0": text})))


def several(folder: Path) -> Page:
    shell = Told(folder, {"pg-0": BUSY, "pg-1": SLOW})
    return probe(cluster(shell, PG, on_node("pg-1", "node-b"), on_node("pg-2", "node-c")))


CASES: dict[str, Callable[[Path], Page]] = {
    "busy": told(BUSY),
    "slow": told(SLOW),
    "others": told(OTHERS),
    "idle": told(IDLE),
    "nfs": told(LOSING),
    "ceph": told(CEPH),
    "nodes": several,
    "pod": lambda folder: probe(cluster(Told(folder, {"pg-0": BUSY})), ProbeVolumeIo(namespace="db", pod="pg-0")),
    "plan": lambda folder: probe(cluster(Told(folder, {})), replace(ASKED, dry_run=True)),
    "off": lambda folder: probe(cluster(Told(folder, {})), includeIOMetrics=False),
    "no-shell": lambda folder: probe(cluster(Told(folder, {}))),
    "refused": lambda folder: look_from_nodes(world(folder, ("pods/exec", "pods/proxy", "nodes/proxy")))[0],
    "metrics": lambda folder: look_from_nodes(world(folder))[0],
}


@pytest.mark.parametrize("name", CASES)
def test_a_page_reads_as_it_was_approved(name: str, tmp_path: Path) -> None:
    page = CASES[name](tmp_path)
    blocks = tuple(
        b for b in page.blocks if not (isinstance(b, File) and b.name == "probe.txt")
    )  # what the kernel wrote
    shown, golden = to_markdown(replace(page, blocks=blocks)), PAGES / f"{name}.md"
    if os.environ.get("UPDATE_PAGES"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(shown)
    assert shown == golden.read_text(), f"{golden} differs; look at the change, then UPDATE_PAGES=1"


def test_there_is_no_golden_page_that_nobody_checks() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == set(CASES)
