"""The demo as a user starts it: it says what happens, its page shows in a browser, and whatever ends it leaves nothing."""

import base64
import contextlib
import io
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import pytest
from matplotlib.image import imread

from robusta_volumes._sandbox.demo_backups import BACKUPS, RECOVERED
from robusta_volumes._sandbox.demo_contents import CONTENTS
from robusta_volumes._sandbox.demo_data import DATA
from robusta_volumes._sandbox.demo_script import EVENTS
from robusta_volumes._sandbox.demo_snapshots import AFTERWARDS, BY_HAND
from worlds import PATIENCE, ROOT

MARK = "DEMO_OF_TEST"
GONE_SECONDS = 10.0


# --- starting it, and finding what belongs to it


@dataclass
class Started:
    """A demo that runs; ``mark`` stands in the environment of all its processes."""

    process: "subprocess.Popen[str]"
    mark: str
    temporary: Path

    @property
    def lines(self) -> IO[str]:
        """What it prints."""
        assert self.process.stdout is not None
        return self.process.stdout

    def processes(self) -> dict[int, str]:
        """Find everything alive that the demo or one of its children started."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it ended meanwhile, or belongs to somebody else
                if f"{MARK}={self.mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def runners(self) -> list[int]:
        """Find its runners."""
        return [pid for pid, command in self.processes().items() if "robusta.runner.main" in command]

    def wait_until_up(self) -> None:
        """Read what it prints up to where the runner is ready."""
        assert any("The runner is up" in line for line in self.lines)

    def left(self) -> dict[int, str]:
        """Give what is still alive a while after the demo has ended."""
        self.process.wait(PATIENCE)
        deadline = time.monotonic() + GONE_SECONDS
        while (alive := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return alive


def environment(mark: str, temporary: Path) -> dict[str, str]:
    """Give what a user's shell would, and the mark."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "actions"), "TMPDIR": str(temporary), MARK: mark}


def command(folder: Path, *more: str) -> list[str]:
    """Write what the Makefile runs."""
    return [sys.executable, "-m", "robusta_volumes._sandbox.demo", "--out", str(folder / "page"), *more]


def _as_from_a_terminal() -> None:
    """Take Ctrl-C: a test run in the background would hand down that it is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Started]:
    """Start a demo; whatever a test leaves of it is killed."""
    mark, temporary = str(uuid4()), tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        command(tmp_path),
        env=environment(mark, temporary),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=_as_from_a_terminal,  # noqa: PLW1509 (one call into libc)
    )
    started = Started(process, mark, temporary)
    try:
        yield started
    finally:
        process.kill()
        process.wait(PATIENCE)
        started.lines.close()
        for pid in started.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


# --- what it shows


@dataclass
class Played:
    """A demo from its start to its end."""

    code: int
    seconds: float
    said: str
    complained: str
    page: Path


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("demo")
    started = time.monotonic()
    run = subprocess.run(
        command(folder), env=environment("played", folder), capture_output=True, text=True, timeout=150, check=False
    )
    seconds = time.monotonic() - started
    return Played(run.returncode, seconds, run.stdout, run.stderr, folder / "page" / "index.html")


def test_it_ends_well_and_in_time(played: Played) -> None:
    assert (played.code, played.complained) == (0, "")
    assert played.seconds < 100  # 60 on a machine that does nothing else


def test_the_terminal_shows_progress_every_message_and_where_the_page_is(played: Played) -> None:
    first, *_ = played.said.splitlines()
    assert first.startswith("Starting a small cluster")
    snapshots = (f"By hand: {caption}" for caption, _, _ in (*BY_HAND, *AFTERWARDS))
    for caption in (
        "On schedule: the first look at the whole cluster",
        *(caption for _, caption in EVENTS),
        *(f"By hand: {caption}" for caption, _ in DATA),
        *snapshots,
        *(f"By hand: {caption}" for caption, _ in CONTENTS),
        *(f"By hand: {caption}" for caption, _, _ in (*BACKUPS, *RECOVERED)),
    ):
        assert f"→ {caption}\n" in played.said
    assert 'Claim shop/cart-cache cannot bind: storage class "gp33" does not exist' in played.said
    assert 'Snapshots "nightly": what had failed is made; 1 claim cannot be snapshotted' in played.said
    assert "billing/data-billing-0 holds 34.0 MiB in 9 files: 71 % is in pg_wal" in played.said
    assert "Looked at from a pod of our own over a copy, made from a snapshot that was taken for it" in played.said
    assert "billing/old-exports holds 13.0 MiB in 4 files: 100 % is in 2024" in played.said
    assert "Claim erp/ledger-back holds the data of" in played.said
    assert "volumes fill within 14 days, first db/data-pg-0 on " in played.said
    assert played.said.splitlines()[-1].endswith(f"Open {played.page}")


def test_the_page_shows_each_message_once_with_what_led_to_it_and_its_pictures(played: Played) -> None:
    page = played.page.read_text()
    for _, caption in EVENTS:
        assert page.count(caption) == 1
    pictures = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", page)
    assert pictures
    assert all(imread(io.BytesIO(base64.b64decode(one)), format="png").shape[1] >= 600 for one in pictures)
    fetched = r'(?:src|<link[^>]*href)="(?!data:|#)[^"]*"'  # a link in a message is fetched by who clicks it only
    assert re.findall(fetched, page) == []


# --- in a browser


def browse(page: Path, folder: Path, *flags: str) -> "subprocess.CompletedProcess[str]":
    """Open a page in real headless Chromium."""
    fixed = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1000,2400"]
    logged = ["--enable-logging=stderr", "--v=0", f"--user-data-dir={folder / 'profile'}"]
    return subprocess.run(
        ["chromium", *fixed, *logged, *flags, page.as_uri()], capture_output=True, text=True, timeout=60, check=True
    )


def complaints(run: "subprocess.CompletedProcess[str]") -> list[str]:
    """Give what the page wrote to the browser's console."""
    return [line for line in run.stderr.splitlines() if "CONSOLE" in line]


def pixels(picture: Path) -> Any:
    """Read a screenshot as rows of colours."""
    read = imread(picture)
    return (read[:, :, :3] * 255).astype(int)


@pytest.mark.needs("chromium")
def test_a_browser_shows_it_without_a_complaint(played: Played, tmp_path: Path) -> None:
    run = browse(played.page, tmp_path, f"--screenshot={tmp_path / 'page.png'}")
    assert complaints(run) == []
    shown = pixels(tmp_path / "page.png")
    assert shown.shape[:2] == (2400, 1000)
    colours = {tuple(colour) for colour in shown[::3, ::3].reshape(-1, 3).tolist()}
    assert len(colours) > 50  # text, severities and a chart; an empty page has one
    rows = (shown.max(axis=1) != shown.min(axis=1)).any(axis=1)
    assert rows.mean() > 0.5  # the greater part of the page's height is written on


@pytest.mark.needs("chromium")
def test_a_page_with_mistakes_would_be_noticed(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.html"
    wrong.write_text("<img src='data:image/png;base64,x'><script>console.error('a mistake')</script>")
    run = browse(wrong, tmp_path, f"--screenshot={tmp_path / 'wrong.png'}")
    assert "a mistake" in "".join(complaints(run))
    assert len({tuple(c) for c in pixels(tmp_path / "wrong.png")[::3, ::3].reshape(-1, 3).tolist()}) < 50


# --- what ends it


ENDS = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.name)
def test_ended_at_any_moment_of_its_start_it_leaves_nothing_running(demo: Started, end: signal.Signals) -> None:
    moment = random.uniform(0.2, 4.5)  # noqa: S311 (any moment; the message names it)
    time.sleep(moment)
    demo.process.send_signal(end)
    assert demo.left() == {}, f"after {moment:.2f} s"
    assert demo.process.returncode != 0


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.name)
def test_ended_while_it_plays_it_leaves_nothing_running(demo: Started, end: signal.Signals) -> None:
    demo.wait_until_up()
    assert len(demo.runners()) == 1
    time.sleep(random.uniform(0.0, 2.0))  # noqa: S311 (any moment)
    demo.process.send_signal(end)
    assert demo.left() == {}
    if end == signal.SIGKILL:
        return
    assert list(demo.temporary.iterdir()) == []
    assert demo.process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[end]
    if end == signal.SIGINT:
        assert demo.lines.read().splitlines()[-1] == "Stopped; nothing is left running."


def test_an_error_in_the_middle_of_it_leaves_nothing_running(demo: Started) -> None:
    demo.wait_until_up()
    assert len(demo.runners()) == 1
    demo.lines.close()  # as `make demo | head` does: what it prints next raises BrokenPipeError
    assert demo.left() == {}
    assert demo.process.returncode != 0
    assert list(demo.temporary.iterdir()) == []


def test_a_runner_that_dies_under_it_is_told_and_leaves_nothing_running(demo: Started) -> None:
    demo.wait_until_up()
    (runner,) = demo.runners()
    os.kill(runner, signal.SIGKILL)
    said = demo.lines.read()
    assert demo.left() == {}
    assert demo.process.returncode == 1
    assert "! the runner has died:" in said
    assert "Traceback" not in said


def test_a_runner_that_cannot_start_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    broken = shutil.copytree(ROOT / "playbooks", tmp_path / "playbooks")
    master = broken / "persistent_volume_actions.yaml"
    master.write_text(master.read_text().replace("- persistent_volume_actions:", "- no_such_action:"))
    mark = str(uuid4())
    run = subprocess.run(
        command(tmp_path, "--playbooks", str(broken)),
        env=environment(mark, tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr.startswith("! the runner did not start:")
    assert "Action no_such_action not found" in run.stderr


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--playbooks", "/dev/null"], "there is no playbook in /dev/null"),
        (["--out", "/dev/null/page"], "cannot write to /dev/null/page"),
    ],
)
def test_a_folder_that_cannot_be_used_is_told_before_anything_starts(
    tmp_path: Path, flags: list[str], says: str
) -> None:
    run = subprocess.run(
        command(tmp_path, *flags), env=environment("told", tmp_path), capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert says in run.stderr
