"""Golden pages about backups, word for word: what people get at three in the morning. ``UPDATE_PAGES=1`` writes them anew."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backup_objects import NOON, World, settings
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model import kind as k
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import File, Page, Table, Text
from robusta_volumes._sandbox.other_backups import volsync_source
from robusta_volumes._sandbox.story_backups import backups
from robusta_volumes._workflows.volume_backup_freshness import NOTE, volume_backup_freshness
from robusta_volumes._workflows.volume_backup_management import volume_backup_management

FOLDER = Path(__file__).parent / "pages" / "backups"
DAY = 24.0
TOOLS = tuple(kind.resource for kind in k.BACKUP_KINDS)
OTHERS = tuple(kind.resource for kind in k.BACKUP_KINDS if kind.group != "velero.io")


def report(w: World, target: Target | None = None, **block: Any) -> Page:
    page = volume_backup_management(w.cluster, target or Target(), settings(**block), "robusta")
    assert page
    return page


def claim(name: str, trigger: Trigger = Trigger.MANUAL) -> Target:
    return Target(k.CLAIM.name, name, "shop", trigger=trigger)


SHOP = Target("Namespace", "shop", "shop")


def nights(w: World, number: int = 10, *claims: str) -> None:
    """So many good nights of these claims, the newest ten hours ago."""
    for night in range(number):
        hours = 10 + night * DAY
        name = f"nightly-202603{10 - night:02}020000"
        w.backup(name, hours)
        for one in claims:
            w.upload(one, name, hours)


def velero(w: World) -> World:
    """Velero runs: its server, a node agent, and the schedule."""
    w.absent = OTHERS
    w.pod("velero-0", deploy="velero", name="velero")
    w.pod("node-agent-x7k2p", name="node-agent")
    w.schedule()
    return w


def well() -> World:
    """A shop whose two claims went off-site every night."""
    w = World("orders", "uploads")
    velero(w).location()
    nights(w, 9, "orders", "uploads")
    return w


def hollow() -> World:
    """Velero says Completed, every night; one claim is in it, one lies on NFS, and one failed."""
    w = World("orders", "uploads", "search")
    w.plain_volume("fonts")
    velero(w).location()
    nights(w, 9, "orders")
    for night in range(4, 9):
        w.upload("uploads", f"nightly-202603{10 - night:02}020000", 10 + night * DAY)
    failed = {"message": "unable to connect to kopia repository: connection refused"}
    w.upload("uploads", "nightly-20260310020000", 10, "Failed", status=failed)
    return w


def stuck() -> World:
    """The newest backup has been InProgress for three days, and the location is away."""
    w = World("orders", "uploads")
    velero(w).location("Unavailable", message="AccessDenied: s3://velero-prod")
    for night in range(4, 9):
        name = f"nightly-202603{10 - night:02}020000"
        w.backup(name, 10 + night * DAY, ttl=5 * DAY)
        w.upload("orders", name, 10 + night * DAY)
        w.upload("uploads", name, 10 + night * DAY)
    w.backup("nightly-20260307020000", 10 + 3 * DAY, "InProgress")
    return w


def near() -> World:
    """Snapshots only, of one claim; nobody makes backups."""
    w = World("orders", "uploads")
    w.absent = TOOLS
    w.snapshot("orders", 10)
    return w


def dark() -> World:
    w = well()
    w.denied = (k.VELERO_UPLOAD.resource, k.K8UP_SNAPSHOT.resource)
    w.absent = ()
    return w


def watched(*worlds: World, **block: Any) -> Page:
    """What the watch says last over these looks, each of another night."""
    state = State(MemoryCluster(now=NOON), "robusta")
    state.write(NOTE, {"since": (NOON - timedelta(days=90)).isoformat()})
    pages: list[Page] = []
    for w in worlds:
        pages = volume_backup_freshness(w.cluster, settings(**block), state, "robusta", "p1") or pages
    return pages[0]


def everywhere() -> World:
    """Velero is away, and seven teams wait."""
    w = stuck()
    for number in range(1, 8):
        w.claim("data", f"team-{number}")
        w.claim("logs", f"team-{number}")
    return w


def story(target: Target) -> Page:
    """The shop of the demo: a hollow backup, a stuck one, two that nothing covers, one of K8up and one of VolSync."""
    cluster = MemoryCluster(backups(NOON), now=NOON, name="prod")
    page = volume_backup_management(cluster, target, settings(), "robusta")
    assert page
    return page


PAGES: dict[str, Callable[[], Page]] = {
    "report-well": lambda: report(well()),
    "report-hollow": lambda: report(hollow(), SHOP),
    "report-stuck": lambda: report(stuck()),
    "report-no-tool": lambda: report(near()),
    "report-csi-on-purpose": lambda: report(near(), engine="csi"),
    "report-dark": lambda: report(dark()),
    "claim-well": lambda: report(well(), claim("orders")),
    "claim-failed": lambda: report(hollow(), claim("uploads")),
    "claim-never": lambda: report(hollow(), claim("search")),
    "claim-unable": lambda: report(hollow(), claim("fonts")),
    "alert-well": lambda: report(well(), claim("orders", Trigger.ALERT)),
    "alert-failed": lambda: report(hollow(), claim("uploads", Trigger.ALERT)),
    "story-cluster": lambda: story(Target()),
    "story-namespace": lambda: story(Target("Namespace", "store", "store")),
    "story-stuck": lambda: story(Target(k.CLAIM.name, "ledger-2025", "finance")),
    "story-volsync": lambda: story(Target(k.CLAIM.name, "posts", "blog")),
    "story-k8up": lambda: story(Target(k.CLAIM.name, "contacts", "crm")),
    "fresh-namespace": lambda: watched(hollow()),
    "fresh-cause": lambda: watched(stuck()),
    "fresh-over": lambda: watched(hollow(), well()),
    "fresh-many": lambda: watched(everywhere()),
    "fresh-dark": lambda: watched(dark()),
    "fresh-no-tool": lambda: watched(near()),
    "alert-dark": lambda: report(dark(), claim("orders", Trigger.ALERT)),
}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_reads_as_it_was_agreed(name: str) -> None:
    page = PAGES[name]()
    shown = to_markdown(page)
    golden = FOLDER / f"{name}.md"
    if os.environ.get("UPDATE_PAGES"):
        golden.write_text(shown)
    assert shown == golden.read_text(), f"{golden} differs; look at the change, then UPDATE_PAGES=1"


@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits_a_chat(name: str) -> None:
    page = PAGES[name]()
    assert len(page.title) <= 240
    assert all(len(block.markdown) < 3000 for block in page.blocks if isinstance(block, Text))
    assert all(len(block.headers) == 2 for block in page.blocks if isinstance(block, Table))


@pytest.mark.parametrize("name", PAGES)
def test_no_cell_has_a_tick_in_it_because_slack_writes_the_whole_cell_as_code(name: str) -> None:
    tables = [block for block in PAGES[name]().blocks if isinstance(block, Table)]
    assert [cell for table in tables for row in table.rows for cell in row if "`" in cell] == []


def test_a_namespace_hears_of_its_own_backups_and_of_nothing_that_only_others_have() -> None:
    w = well()
    w.claim("posts", "blog")
    w.backup("hourly-1", 3, schedule="hourly", spec={"includedNamespaces": ["blog"]})
    w.absent = tuple(one for one in OTHERS if one != k.VOLSYNC_SOURCE.resource)
    volsync_source(w.b, "blog", "posts", 8 * DAY * 60, result="Failed")
    here, there = to_markdown(report(w, SHOP)), to_markdown(report(w, Target("Namespace", "blog", "blog")))
    assert ("VolSync" in here, "hourly-1" in here) == (False, False)
    assert ("VolSync" in there, "hourly-1" in there) == (True, True)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wrong_without_a_next_step(name: str) -> None:
    page = PAGES[name]()
    if page.failure:
        assert "*Do this:*" in " ".join(block.markdown for block in page.blocks if isinstance(block, Text))


def test_nobody_left_a_page_behind_that_is_no_longer_made() -> None:
    assert {file.stem for file in FOLDER.glob("*.md")} == set(PAGES)


def test_the_picture_of_the_days_is_there() -> None:
    (picture,) = (b for b in report(hollow()).blocks if isinstance(b, File) and b.name.endswith(".png"))
    assert picture.content.startswith(b"\x89PNG")
