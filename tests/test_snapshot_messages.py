"""The page for people lists what is said about snapshots: what it lists is said, and what is said is listed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from robusta_volumes._analysis.retention import REASONS
from robusta_volumes._model import kind as k
from robusta_volumes._model.target import Target
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page
from robusta_volumes._sandbox.builder import Builder
from robusta_volumes._workflows.pvc_snapshots import pvc_snapshots
from snapshot_cluster import BOUND as BOUND_BY
from snapshot_world import NOON, Nights, nightly, old_nights, one_night, settings, text
from test_snapshot_actions import create
from test_snapshot_deletion import deleted
from test_snapshot_pages import FOLDER
from test_snapshot_preflight import BOUND, DEFAULT, asked, waiting
from test_snapshot_recovery import slow
from test_snapshot_recovery import world as recovering
from test_snapshot_restore_edges import imported, restore
from test_snapshot_tick import NIGHTLY
from test_snapshot_unknown import denied

PACKAGE = Path(__file__).parents[1] / "actions" / "robusta_volumes"
PAGE = (Path(__file__).parents[1] / "docs" / "pvc-snapshots.md").read_text(encoding="utf-8")


def listed() -> list[str]:
    """Give the messages of the tables: what stands as code in their first columns."""
    part = PAGE.partition("## What each message means")[2].partition("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("| `")]
    return [message for row in rows for message in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


def pattern(message: str) -> re.Pattern[str]:
    """Read a message as the page says: ... is anything, words in capitals are names, numbers stand for others."""
    words = re.escape(message).replace(r"\.\.\.", ".+")
    words = re.sub(r"\b(?:CLAIM|CLASS|DRIVER|QUOTA|VOLUME)\b", r"\\S+?", words)
    return re.compile(re.sub(r"\d+", r"[\\d,]+", words))


def rare() -> Iterator[str]:
    """Say what the kept pages do not hold."""
    w = one_night()
    imported(w)
    yield to_markdown(restore(w, name="imported"))
    yield to_markdown(pvc_snapshots(w.cluster, Target(), NIGHTLY))
    yield text(unserved())
    w, _ = old_nights(12)
    yield to_markdown(pvc_snapshots(w.cluster, Target(), settings(nightly(retentionDays=9), maxDeletePerRun=0)))
    broken = recovering()
    slow(broken, 12)
    yield text(broken.pages)
    yield denied(k.CLAIM)
    yield denied(k.VOLUME, wanted=settings(nightly(drivers=["ebs.*"])))
    yield text(deleted(one_night(), BOUND_BY, since="2026-03-02T06:46:00Z").tick(NIGHTLY))
    for silent in (None, BOUND):
        w = Nights(NOON, ["data"])
        waiting(w, 3, silent)
        yield asked(w, name="data")
    yield asked(Nights(NOON, ["data"]), name="data")
    yield asked(Nights(NOON, ["data"]), name="data", snapshot_class="cis")
    yield asked(Nights(NOON, []))
    w = Nights(NOON, ["data"])
    for name in ("csi", "keep"):
        made = w.cluster.store.get(k.SNAPSHOT_CLASS, "csi")
        if name != "csi":
            w.cluster.store.create({**made, "metadata": {"name": name, **DEFAULT}})
        else:
            w.cluster.store.patch(k.SNAPSHOT_CLASS, name, None, {"metadata": DEFAULT})
    yield asked(w, name="data")
    name = w.cluster.store.find(k.VOLUME)[0]["metadata"]["name"]
    w.cluster.store.patch(k.VOLUME, name, None, {"spec": {"claimRef": {"name": "other"}}})
    yield asked(w, name="data")
    w.cluster.store.delete(k.VOLUME, w.cluster.store.find(k.VOLUME)[0]["metadata"]["name"])
    yield to_markdown(create(w, name="data", namespace="shop"))
    b = Builder(NOON)
    b.claim("shop", "waits", "1Gi", "gp3")
    w.cluster.store.create(b.objects[0])
    yield asked(w, name="waits")
    full = Nights(NOON, ["data"])
    count = f"count/{k.SNAPSHOT.resource}"
    amounts = {"hard": {count: "9"}, "used": {count: "9"}}
    meta = {"name": "snaps", "namespace": "shop"}
    full.cluster.store.create({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "status": amounts})
    yield asked(full, name="data")
    leaves = {**b.objects[0], "metadata": {**b.objects[0]["metadata"], "deletionTimestamp": "2026-03-01T11:00:00Z"}}
    full.cluster = type(full.cluster)([leaves], now=NOON)
    yield asked(full, name="waits")


def unserved() -> list[Page]:
    """Tick while no controller runs, and until the next slot comes before the last one's snapshot is ready."""
    w = Nights(NOON, ["data"])
    w.ready = lambda _: False
    hourly = settings({"name": "nightly", "schedule": "0 * * * *"}, limits={"snapshotMinutes": 600})
    w.tick(hourly)
    said = w.ticks(hourly, hours=1.5)
    for made in w.snapshots():
        status = {"creationTime": made["metadata"]["creationTimestamp"], "readyToUse": False}
        w.cluster.store.patch(k.SNAPSHOT, made["metadata"]["name"], "shop", {"status": status})
    return said + w.ticks(hourly, hours=3)


@pytest.fixture(scope="module")
def said() -> list[str]:
    kept = [file.read_text(encoding="utf-8") for file in sorted(FOLDER.glob("*.md"))]
    return [*kept, *rare(), "\n".join(REASONS)]


def written() -> Iterator[str]:
    """Give the texts in the code, for what comes of pods that no page here has; a number stands for what is filled in."""
    for folder in ("_analysis", "_report", "_workflows"):
        for file in sorted((PACKAGE / folder).glob("*snapshot*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                    yield _filled(node, "7")


@pytest.mark.parametrize("message", listed())
def test_what_is_listed_is_said(message: str, said: list[str]) -> None:
    assert any(pattern(message).search(page) for page in (*said, *written()))


def test_every_title_is_listed(said: list[str]) -> None:
    known = [pattern(message) for message in listed()]
    titles = [page.splitlines()[0] for page in said if page.startswith("# ")]
    assert len(titles) > 50
    assert [title for title in titles if not any(one.search(title) for one in known)] == []


def test_every_reason_why_one_stays_or_goes_is_listed() -> None:
    assert set(REASONS) <= set(listed())


def test_every_reason_why_a_claim_cannot_be_snapshotted_is_listed() -> None:
    """What the code may say is taken from the code: the texts of ``why`` and of the verdicts."""
    known = [pattern(message) for message in listed()]
    assert [why for why in verdicts() if not any(one.search(why) for one in known)] == []


def verdicts() -> Iterator[str]:
    """Read the reasons from the source; what is filled in is a word, or a number where a number stands."""
    for module in ("snapshot_preflight", "snapshot_signs"):
        tree = ast.parse((PACKAGE / "_analysis" / f"{module}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "no":
                yield _filled(node.args[0])
            why = node.value if isinstance(node, ast.keyword) and node.arg == "why" else None
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "why":
                why = node.value
            if isinstance(why, ast.JoinedStr | ast.Constant):
                yield _filled(why)


def _filled(node: ast.expr, blank: str = "word") -> str:
    words = {
        "what": "are the default",
        "hard": "10",
        "used": "9",
        "claim.phase": "Pending",
        "volume.source": "hostPath",
    }
    if not isinstance(node, ast.JoinedStr):
        return str(ast.literal_eval(node))
    parts = (ast.unparse(part) if isinstance(part, ast.FormattedValue) else part for part in node.values)
    return "".join(
        next((text for name, text in words.items() if name in part), blank) if isinstance(part, str) else _filled(part)
        for part in parts
    )
