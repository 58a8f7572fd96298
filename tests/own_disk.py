"""A disk for loads of tests: where we may, a filesystem in a file that nobody else sees mounted; else the disk below a folder."""

import contextlib
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NAME = "a disk (the right to mount a file, or a folder on a block device)"
_SIZE = 128 * 1024**2
_PROGRAMS = ("mkfs.ext4", "unshare", "nsenter", "mount")


@dataclass(frozen=True)
class Disk:
    """Where it is mounted, a folder on it, and what to put before a command that is to see it."""

    mounted: str
    folder: Path
    enter: tuple[str, ...] = ()


def numbers_here() -> set[tuple[int, int]]:
    """List the block devices of this machine by their numbers."""
    lines = [line.split() for line in Path("/proc/diskstats").read_text().splitlines()]
    return {(int(words[0]), int(words[1])) for words in lines}


@contextlib.contextmanager
def own_disk(place: Path) -> Iterator[Disk]:
    """Give a disk; a file that was mounted for it is not mounted any more after."""
    folder = place / "volume"
    folder.mkdir()
    if not _can_mount():
        yield Disk(_below(folder), folder)
        return
    with _mounted(place, folder) as disk:
        yield disk


def is_here() -> bool:
    """Tell whether there can be one."""
    return _can_mount() or bool(_below(Path(tempfile.gettempdir())))


@functools.cache
def _can_mount() -> bool:
    if os.geteuid() or not all(map(shutil.which, _PROGRAMS)) or not Path("/dev/loop-control").exists():
        return False
    with tempfile.TemporaryDirectory() as place, contextlib.suppress(OSError, subprocess.CalledProcessError):
        folder = Path(place) / "volume"
        folder.mkdir()
        with _mounted(Path(place), folder):
            return True
    return False


@contextlib.contextmanager
def _mounted(place: Path, folder: Path) -> Iterator[Disk]:
    """Mount a file in a namespace of its own, which is gone with the process that holds it."""
    image = place / "image"
    image.touch()
    os.truncate(image, _SIZE)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True, capture_output=True)
    hold = 'mount -o loop "$0" "$1" && echo mounted && read -r nothing'
    command = ["unshare", "--mount", "sh", "-c", hold, str(image), str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as holder:
        assert holder.stdout
        if holder.stdout.readline() != "mounted\n":
            raise OSError("it cannot be mounted here")
        yield Disk(str(folder), folder, ("nsenter", f"--mount=/proc/{holder.pid}/ns/mnt"))


def _below(folder: Path) -> str:
    """Give where the disk below a folder is mounted; "" when that is no disk, as of a container's overlay."""
    device = folder.stat().st_dev
    if (os.major(device), os.minor(device)) not in numbers_here():
        return ""
    parents = (folder, *folder.parents)
    return str(next((one for one in parents if one.parent.stat().st_dev != device), Path("/")))
