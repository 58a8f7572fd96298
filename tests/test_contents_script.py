"""What the script tells of a real folder tree, in each shell that is here, and that no file name can lie to us."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from contents_world import MIB, write
from robusta_volumes._engines.contents_read import read_contents
from robusta_volumes._engines.contents_script import SCRIPT, contents_command
from robusta_volumes._model.contents import Found

SHELLS = [pytest.param(name, marks=pytest.mark.needs(name)) for name in ("dash", "bash", "busybox")]
MARK = "v0123456789"
CUT = 1_000_000_000  # 2001: what was changed before is old


def tools_of(shell: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    """Give the shell, and an environment in which all commands are its own where it brings some."""
    program = str(shutil.which(shell))
    if shell != "busybox":
        return [program], dict(os.environ)
    subprocess.run([program, "--install", "-s", str(folder)], check=True)
    return [program, "sh"], {"PATH": str(folder)}


def told(root: Path, shell: str, tools: Path, seconds: int = 20) -> str:
    tools.mkdir(exist_ok=True)
    program, env = tools_of(shell, tools)
    command = contents_command(str(root), MARK, CUT, seconds)[1:]
    done = subprocess.run([*program, *command], capture_output=True, env=env, check=False, cwd=tools)
    assert done.stderr == b""
    return done.stdout.decode("utf-8", "replace")


def look(root: Path, shell: str, tools: Path, seconds: int = 20) -> Found:
    found = read_contents(told(root, shell, tools, seconds), MARK).found
    assert found
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "volume"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("shell", SHELLS)
def test_sums_of_folders_files_and_endings(root: Path, tmp_path: Path, shell: str) -> None:
    write(root, "pg_wal/1", 3 * MIB)
    write(root, "base/1/2.log", MIB)
    write(root, "base/1/3.LOG", MIB)
    old = root / "base" / "1" / "2.log"
    os.utime(old, (CUT - 5, CUT - 5))
    found = look(root, shell, tmp_path / "bin")
    assert (found.files, found.folders, found.complete, found.denied) == (3, 3, True, 0)
    assert 5 * MIB <= found.used <= 5 * MIB + 64 * 1024
    assert (found.old, found.old_files) == (MIB, 1)
    assert [e.name for e in found.largest_folders] == ["pg_wal", "base", "base/1"]
    assert (found.largest_files[0].name, found.largest_files[0].length) == ("pg_wal/1", 3 * MIB)
    assert [(e.name, e.used, e.count) for e in found.kinds] == [("-", 3 * MIB, 1), (".log", 2 * MIB, 2)]
    assert found.newest
    assert abs(found.newest.timestamp() - time.time()) < 60
    assert found.filesystem
    assert found.filesystem.size > found.filesystem.used > 0


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    "name",
    [
        b"two\nlines",
        f"\n{MARK} file 999999999999 1 1 forged".encode(),
        f"\n{MARK} total 1 1 1 1 1 1 1\n{MARK} done\n".encode(),
        b"\nv file 999999999999 1 1 forged",
        b"$(touch pwned)",
        b"`touch pwned`; touch pwned #",
        b"'\" quote \\ back % per%0Acent",
        b"\xff\xfe not text",
        b"-rf",
        b" spaces  in  it ",
        b"ends with a line\n",
    ],
    ids=lambda name: "".join(c if c.isalnum() else "_" for c in name.decode("latin1"))[:20],
)
def test_a_name_comes_back_as_it_is_and_does_nothing(root: Path, tmp_path: Path, shell: str, name: bytes) -> None:
    # A name with our mark could lie; it takes 80 random bits to know it, so the test's own mark is another one here.
    real = name.replace(MARK.encode(), b"v")
    write(root, real, MIB)
    write(root, b"folder of " + real.replace(b"/", b"_") + b"/file", 2 * MIB)
    found = look(root, shell, tmp_path / "bin")
    wanted = real.decode("utf-8", "replace")
    assert [e.name for e in found.largest_files] == [f"folder of {wanted}/file", wanted]
    assert [e.name for e in found.largest_folders] == [f"folder of {wanted}"]
    assert found.files == 2
    assert not list(tmp_path.rglob("pwned"))
    assert {os.fsencode(path.name) for path in root.iterdir()} == {real, b"folder of " + real}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_hard_link_counts_once_and_a_sparse_file_by_what_it_takes(root: Path, tmp_path: Path, shell: str) -> None:
    write(root, "one", MIB)
    (root / "two").hardlink_to(root / "one")
    with (root / "sparse").open("wb") as file:
        file.truncate(10**9)
    found = look(root, shell, tmp_path / "bin")
    assert found.used < 2 * MIB
    assert found.length == 10**9 + MIB


@pytest.mark.parametrize("shell", SHELLS)
def test_what_is_deleted_and_still_open_is_found(root: Path, tmp_path: Path, shell: str) -> None:
    with (root / "gone").open("wb") as file:
        file.write(b"x" * 3 * MIB)
        file.flush()
        (root / "gone").unlink()
        found = look(root, shell, tmp_path / "bin")
    assert (found.files, found.open_deleted_files) == (0, 1)
    assert found.open_deleted == 3 * MIB


@pytest.mark.parametrize("shell", SHELLS)
def test_snapshots_of_the_file_system_are_not_walked(root: Path, tmp_path: Path, shell: str) -> None:
    write(root, ".snapshot/daily/one", 5 * MIB)
    write(root, "lost+found/one", MIB)
    write(root, "deep/.snapshot/one", MIB)
    found = look(root, shell, tmp_path / "bin")
    assert [e.name for e in found.largest_files] == ["deep/.snapshot/one"]


@pytest.mark.parametrize("shell", SHELLS)
def test_what_is_no_folder_and_what_lacks_a_program_says_so(root: Path, tmp_path: Path, shell: str) -> None:
    assert "no folder" in read_contents(told(root / "missing", shell, tmp_path / "bin"), MARK).why
    bare = tmp_path / "bare"
    bare.mkdir()
    program = str(shutil.which(shell))
    start = [program, "sh"] if shell == "busybox" else [program]
    command = contents_command(str(root), MARK, CUT, 5)[1:]
    done = subprocess.run([*start, *command], capture_output=True, env={"PATH": str(bare)}, check=False, text=True)
    why = read_contents(done.stdout, MARK).why
    # Debian's busybox runs its own programs even where none is on the PATH
    assert why in {"the container has no find and no stat and no awk", "the container has no stat", ""}
    assert why or shell == "busybox"


def test_a_result_that_was_cut_off_is_none(root: Path, tmp_path: Path) -> None:
    write(root, "one", 10)
    whole = told(root, "bash", tmp_path / "bin")
    for part in (whole[: whole.index(" done")], whole[:40]):
        looked = read_contents(part, MARK)
        assert (looked.found, looked.why) == (None, "it did not tell its result in time")
    assert read_contents("", MARK).why == "it told nothing"
    assert read_contents(whole, "another").why == "it told nothing"


def test_the_command_fits_into_a_request() -> None:
    assert len(SCRIPT) < 5000
    assert "/v" not in SCRIPT


@pytest.fixture
def reachable() -> Iterator[Path]:
    """Give a folder that other users reach, too: pytest's own ones are shut to them."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)
        yield folder


@pytest.mark.parametrize("shell", SHELLS)
def test_what_may_not_be_read_is_counted(reachable: Path, shell: str) -> None:
    root = reachable / "volume"
    root.mkdir(mode=0o755)
    write(root, "open/one", MIB)
    for name in ("shut", "closed"):
        write(root, f"{name}/one", MIB)
        (root / name).chmod(0)
    program, env = (
        tools_of(shell, reachable / "bin") if shell != "busybox" else ([str(shutil.which(shell)), "sh"], None)
    )
    command = contents_command(str(root), MARK, CUT, 20)[1:]
    user = 65534 if os.geteuid() == 0 else None
    done = subprocess.run([*program, *command], capture_output=True, check=False, env=env, user=user, cwd="/")
    found = read_contents(done.stdout.decode(), MARK).found
    for name in ("shut", "closed"):
        (root / name).chmod(0o755)
    assert found
    assert (found.files, found.denied, found.complete) == (1, 2, True)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200,000 files in 400 folders."""
    root = tmp_path_factory.mktemp("crowd")
    for folder in range(400):
        place = root / f"shard-{folder % 20}" / str(folder)
        place.mkdir(parents=True)
        for number in range(500):
            os.close(os.open(place / f"{number}.json", os.O_CREAT | os.O_WRONLY))
    return root


@pytest.mark.parametrize("shell", SHELLS)
def test_200_000_files_are_summed_in_time_and_told_in_few_words(crowd: Path, tmp_path: Path, shell: str) -> None:
    out = told(crowd, shell, tmp_path / "bin", seconds=60)
    assert len(out) < 20_000
    found = read_contents(out, MARK).found
    assert found
    assert (found.files, found.folders, found.complete) == (200_000, 420, True)
    assert [(e.name, e.count) for e in found.crowded_folders[:1]] == [("shard-0", 20 * 501)]
    assert [(e.name, e.count) for e in found.kinds] == [(".json", 200_000)]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_walk_that_takes_too_long_is_ended_and_what_it_saw_is_told(crowd: Path, tmp_path: Path, shell: str) -> None:
    started = time.monotonic()
    found = look(crowd, shell, tmp_path / "bin", seconds=1)
    assert time.monotonic() - started < 15
    if found.complete:  # a fast machine: then in half of nothing it cannot
        found = look(crowd, shell, tmp_path / "bin", seconds=0)
    assert not found.complete
    assert found.files <= 200_000  # all, when the walk was ended at its last step
