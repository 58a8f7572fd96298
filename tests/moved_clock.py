"""A clock that a test moves for a process which has no idea: the real runner lives through a month in a minute."""

import mmap
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from robusta_volumes._model.times import UTC

COMPILER = "cc"
NAME = "a clock to move"  # what a test needs: Linux, and a compiler
_SOURCE = Path(__file__).with_suffix(".c")


def can_be_moved() -> bool:
    """Tell whether this machine can do it."""
    return sys.platform == "linux" and shutil.which(COMPILER) is not None


class MovedClock:
    """The time of day as of whoever has ``env`` in its environment; moved here, it is moved there at once."""

    def __init__(self, seconds: mmap.mmap, env: dict[str, str], start: datetime) -> None:
        self._seconds, self.env = seconds, env
        self.set(start)

    @property
    def ahead(self) -> timedelta:
        """How far it is ahead of the real clock."""
        return timedelta(seconds=struct.unpack("l", self._seconds[:])[0])

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def set(self, time: datetime) -> None:
        """Set it; it goes on from there by itself."""
        ahead = time - datetime.now(UTC)
        self._seconds[:] = struct.pack("l", round(ahead.total_seconds()))


@contextmanager
def moved_clock(folder: Path, start: datetime) -> Iterator[MovedClock]:
    """Build it below a folder, and set it."""
    library, seconds = folder / "moved_clock.so", folder / "seconds"
    subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-o", str(library), str(_SOURCE), "-ldl"], check=True)
    seconds.write_bytes(struct.pack("l", 0))
    with seconds.open("r+b") as file, mmap.mmap(file.fileno(), 0) as shared:
        yield MovedClock(shared, {"LD_PRELOAD": str(library), "MOVED_CLOCK": str(seconds)}, start)
