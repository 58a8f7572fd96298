"""Golden pages about what is in a volume, word for word. ``UPDATE_PAGES=1`` writes them anew.

What the script would have told is written here, so that no size, disk or clock of this machine is in a page.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contents_world import NOON, objects, pod, settings, snapshot_class
from robusta_volumes._cluster.memory import MemoryCluster
from robusta_volumes._model.asked import VolumeContents
from robusta_volumes._model.errors import NotAllowed, Refused
from robusta_volumes._model.kind import POD
from robusta_volumes._model.ours import INSPECTS
from robusta_volumes._model.plan import Outcome, Step
from robusta_volumes._model.quantity import GIB
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Page, Table, Text
from robusta_volumes._sandbox.csi_storage import CsiStorage
from robusta_volumes._sandbox.shell import PodShell
from robusta_volumes._workflows.volume_contents import volume_contents

HERE = Path(__file__).parent
PAGES = HERE / "pages" / "contents"
ASKED = VolumeContents(name="data-pg-0", namespace="db")
IMAGE = "registry.example/busybox:1.36.1"
PG = pod("data-pg-0", "pg-0")
MIB, AN_HOUR_AGO = 1024**2, int(NOON.timestamp()) - 3600
DF = f"df /dev/nvme1n1 {10 * MIB} {9 * MIB} {MIB} 90% /v"
DFI = "dfi /dev/nvme1n1 655360 26214 629146 4% /v"


def told(
    folders: dict[str, float], files: dict[str, float], *more: str, end: int = 0, old: tuple[int, int] = (0, 0)
) -> list[str]:
    """Write what the script tells of folders and files, given in GiB. A name is written as the script writes it."""
    used = round(sum(size for name, size in folders.items() if "/" not in name) * GIB)
    return [
        f"total {1204 if files else 0} 19 {used} {used} {old[0]} {old[1]} {AN_HOUR_AGO if files else 0}",
        *(f"dir {size * GIB:.0f} 300 {name}" for name, size in folders.items()),
        *(f"file {size * GIB:.0f} {size * GIB:.0f} {AN_HOUR_AGO} ./{name}" for name, size in files.items()),
        *more,
        f"end {end}",
        "done",
    ]


POSTGRES = told(
    {"pg_wal": 5.7, "base": 2.6, "base/16384": 2.5, "pg_stat": 0.1},
    {f"pg_wal/00000001000000A30000004{n}": 0.0156 for n in range(3)}
    | {"base/16384/24601": 1.0, "base/16384/24608": 0.75},
    f"kind {5.7 * GIB:.0f} 365 -",
    f"kind {1.75 * GIB:.0f} 2 .0",
    DF.replace(f"{9 * MIB} {MIB}", f"{int(8.5 * MIB)} {int(1.5 * MIB)}"),
    DFI,
    old=(GIB // 2, 31),
)
UPLOADS = told(
    {"customers": 4.0, "customers/Jane Doe": 3.8, "logs": 2.0},
    {"customers/Jane Doe/passport.pdf": 2.5, "logs/access.log": 2.0, "customers/Jane Doe/salary 2025.xlsx": 1.3},
    f"kind {2.5 * GIB:.0f} 1 .pdf",
    f"kind {2 * GIB:.0f} 1 .log",
)
HOSTILE = told(
    {"<!channel> *now*": 4.0, "a%0Adone%0D": 1.0, "x" * 90 + "/" + "y" * 90: 1.0},
    {"<!channel> *now*/`kubectl delete` | $(reboot)": 3.0, "a%0Adone%0D/<@U123>": 1.0, "</code><script>": 1.0},
)
OPENED = told({"log": 1.0}, {"log/app.log": 1.0}, f"open 1 77 {7 * GIB // 512}", f"open 1 78 {GIB // 512}", DF, DFI)
HIDDEN = told({"data": 3.0}, {"data/one": 3.0}, DF, DFI)
PARTIAL = told({"shard-0": 4.0, "shard-1": 2.0}, {"shard-0/one": 2.0}, "denied 12", end=143)
SHARED = told({"team": 2.0}, {"team/one": 1.0}, f"df nas:/vol1 {9000 * MIB} {4000 * MIB} {5000 * MIB} 45% /v")
EMPTY = told({}, {}, DF.replace(f"{9 * MIB}", "24").replace(f" {MIB} 90%", f" {10 * MIB} 1%"))


class Told(PodShell):
    """A shell that tells what was written down, with the mark that it was asked to use."""

    def __init__(self, root: Path, lines: Sequence[str]) -> None:
        super().__init__(root)
        self.lines = lines

    def here(self, where: Any, command: Sequence[str]) -> list[str]:  # noqa: ARG002 (the same in each pod)
        return ["/usr/bin/printf", "%s\n", *marked(self.lines, command)] if self.lines else ["/no/such/shell"]


def marked(lines: Sequence[str], command: Sequence[str]) -> list[str]:
    return [f"{command[5]} {line}" for line in lines]


def from_pod(folder: Path, lines: Sequence[str], *pods: dict[str, Any], way: str = "auto", **contents: Any) -> Page:
    found = MemoryCluster(objects(*(pods or [PG])), name="prod", now=NOON, shell=Told(folder, lines))
    return volume_contents(found, replace(ASKED, way=way), settings(**contents), IMAGE)


def with_pod(lines: Sequence[str], status: dict[str, Any] | None = None, *pods: dict[str, Any]) -> Page:
    """Look with a pod of our own, which ends at the first pause, or stays in this status."""
    found = MemoryCluster(objects(*pods), name="prod", now=NOON, denied={"pods/exec"} if pods else ())
    logs: dict[tuple[str, str], str] = {}
    found.written = logs

    def pause(_: float) -> None:
        for ours in found.store.find(POD, labels=INSPECTS):
            name = ours["metadata"]["name"]
            logs["db", name] = "\n".join(marked(lines, ours["spec"]["containers"][0]["command"]))
            found.store.patch(POD, name, "db", {"status": status or {"phase": "Succeeded"}})

    return volume_contents(found, ASKED, settings(), IMAGE, pause)


def with_copy(
    folder: Path, lines: Sequence[str], *, way: str = "auto", dry: bool = False, policy: str = "Delete"
) -> Page:
    """Look into a claim for one pod alone, whose pod has no shell: the storage takes a step at each pause, and our pod ends."""
    made = [*objects(PG), snapshot_class(policy=policy)]
    claim = next(o for o in made if o["kind"] == "PersistentVolumeClaim")
    claim["spec"] |= ONE_POD
    claim["status"] |= ONE_POD
    found = MemoryCluster(made, name="prod", now=NOON, shell=Told(folder, []))
    storage, logs = CsiStorage(found.store), dict[tuple[str, str], str]()
    found.written = logs

    def pause(_: float) -> None:
        storage.step()
        for ours in found.store.find(POD, labels=INSPECTS):
            name = ours["metadata"]["name"]
            logs["db", name] = "\n".join(marked(lines, ours["spec"]["containers"][0]["command"]))
            found.store.patch(POD, name, "db", {"status": {"phase": "Succeeded"}})

    return volume_contents(found, replace(ASKED, way=way, dry_run=dry), settings(), IMAGE, pause)


def with_debug(lines: Sequence[str], *, dry: bool = False, denied: Sequence[str] = ()) -> Page:
    """Look from a container that is added, which ends at the first pause."""
    found = MemoryCluster(objects(PG), name="prod", now=NOON, denied=denied)
    logs: dict[tuple[str, str], str] = {}
    found.written = logs

    def pause(_: float) -> None:
        (added,) = found.store.get(POD, "pg-0", "db")["spec"]["ephemeralContainers"]
        logs["db", "pg-0"] = "\n".join(marked(lines, added["command"]))
        ended = {"ephemeralContainerStatuses": [{"name": added["name"], "state": {"terminated": {"exitCode": 0}}}]}
        found.store.patch(POD, "pg-0", "db", {"status": ended})

    return volume_contents(found, replace(ASKED, way="debug", dry_run=dry), settings(), IMAGE, pause)


def waiting(reason: str, message: str) -> dict[str, Any]:
    state = {"waiting": {"reason": reason, "message": message}}
    return {"phase": "Pending", "containerStatuses": [{"name": "look", "state": state}]}


def unscheduled(message: str) -> dict[str, Any]:
    return {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "message": message}]}


def refused_pod(error: Exception) -> Page:
    class Refusing(MemoryCluster):
        def carry_out(self, plan: Sequence[Step]) -> list[Outcome]:
            return [Outcome(step, error=error) for step in plan]  # type: ignore[arg-type]  # a ClusterError

    return volume_contents(Refusing(objects(), name="prod", now=NOON), ASKED, settings(), IMAGE, lambda _: None)


def refused_claim(folder: Path, dry: bool = False, **changed: Any) -> Page:  # noqa: FBT001, FBT002 (as the param)
    made = objects(PG)
    claim = next(o for o in made if o["kind"] == "PersistentVolumeClaim")
    claim["spec"] |= changed.get("spec", {})
    claim["status"] |= changed.get("status", {})
    found = MemoryCluster(made, name="prod", now=NOON, shell=Told(folder, []))
    return volume_contents(found, replace(ASKED, dry_run=dry), settings(), IMAGE)


def plan(*pods: dict[str, Any]) -> Page:
    return volume_contents(MemoryCluster(objects(*pods), now=NOON), replace(ASKED, dry_run=True), settings(), IMAGE)


def not_allowed(folder: Path) -> Page:
    found = MemoryCluster(objects(PG), now=NOON, shell=Told(folder, []), denied={"pods/exec"})
    return volume_contents(found, replace(ASKED, way="exec"), settings(), IMAGE)


CREATE = (
    'pods is forbidden: User "system:serviceaccount:robusta:robusta-runner-service-account" cannot create resource "pods" '
    'in API group "" in the namespace "db"'
)
PSA = (
    'pods "robusta-volumes-look-1a2b3c" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != '
    'false (container "look" must set securityContext.allowPrivilegeEscalation=false)'
)
FULL = "0/3 nodes are available: 1 Insufficient memory, 2 node(s) exceed max volume count."
ONE_POD = {"accessModes": ["ReadWriteOncePod"]}

NAMED: dict[str, Callable[[Path], Page]] = {
    "plan-pod": lambda _: plan(PG),
    "plan-inspector": lambda _: plan(),
    "plan-part": lambda _: plan(pod("data-pg-0", "pg-0", sub_path="pgdata")),
    "plan-refused": lambda folder: refused_claim(folder, True, spec={"volumeMode": "Block"}),  # noqa: FBT003 (dry)
    "found-postgres": lambda folder: from_pod(folder, POSTGRES),
    "found-partial": lambda folder: from_pod(folder, PARTIAL),
    "found-part-of-volume": lambda folder: from_pod(folder, HIDDEN, pod("data-pg-0", "pg-0", sub_path="pgdata")),
    "found-redacted": lambda folder: from_pod(folder, UPLOADS, redactNames=True),
    "found-hostile": lambda folder: from_pod(folder, HOSTILE),
    "found-deleted-open": lambda folder: from_pod(folder, OPENED),
    "found-hidden": lambda folder: from_pod(folder, HIDDEN),
    "found-shared": lambda folder: from_pod(folder, SHARED),
    "found-empty": lambda folder: from_pod(folder, EMPTY),
    "inspector-found": lambda _: with_pod(POSTGRES),
    "inspector-found-after-exec": lambda _: with_pod(POSTGRES, None, PG),
    "inspector-image": lambda _: with_pod([], waiting("ImagePullBackOff", f'Back-off pulling image "{IMAGE}"')),
    "inspector-unscheduled": lambda _: with_pod([], unscheduled(FULL)),
    "inspector-pod-security": lambda _: refused_pod(
        Refused(PSA, "Relax the namespace's pod-security.kubernetes.io/enforce label, or run this elsewhere.")
    ),
    "inspector-not-allowed": lambda _: refused_pod(NotAllowed(CREATE, "")),
    "plan-copy": lambda folder: with_copy(folder, [], way="snapshot", dry=True),
    "found-copy": lambda folder: with_copy(folder, POSTGRES),
    "refused-copy": lambda folder: with_copy(folder, [], way="snapshot", policy="Retain"),
    "plan-debug": lambda _: with_debug([], dry=True),
    "found-debug": lambda _: with_debug(HIDDEN),
    "refused-debug": lambda _: with_debug([], denied=["pods/ephemeralcontainers"]),
    "refused-block": lambda folder: refused_claim(folder, spec={"volumeMode": "Block"}),
    "refused-pending": lambda folder: refused_claim(folder, status={"phase": "Pending"}),
    "refused-one-pod": lambda folder: refused_claim(folder, spec=ONE_POD, status=ONE_POD),
    "refused-no-shell": lambda folder: from_pod(folder, [], way="exec"),
    "refused-not-allowed": not_allowed,
}


@pytest.mark.parametrize("name", NAMED)
def test_the_page_reads_as_it_was_agreed(name: str, tmp_path: Path) -> None:
    page = to_markdown(NAMED[name](tmp_path), files=name == "found-hostile")
    golden = PAGES / f"{name}.md"
    if os.environ.get("UPDATE_PAGES"):
        golden.write_text(page)
    assert page == golden.read_text(), f"{golden} differs; look at the change, then UPDATE_PAGES=1"


def test_there_is_no_golden_page_that_nobody_checks() -> None:
    assert {file.stem for file in PAGES.glob("*")} == set(NAMED)


@pytest.mark.parametrize("name", NAMED)
def test_a_page_fits_a_chat_and_no_trouble_comes_without_a_next_step(name: str, tmp_path: Path) -> None:
    page = NAMED[name](tmp_path)
    assert len(page.title) < 260
    texts = [block.markdown for block in page.blocks if isinstance(block, Text)]
    assert all(len(text) < 3000 and text.count("```") % 2 == 0 for text in texts)
    assert all(len(block.headers) <= 2 for block in page.blocks if isinstance(block, Table))
    if page.failure:
        assert "*Do this:*" in "\n".join(texts)
