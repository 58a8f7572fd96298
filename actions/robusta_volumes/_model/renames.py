"""What got another name: the old one works, with a notice, for two minor versions, and is then gone."""

from collections.abc import Iterable
from dataclasses import dataclass

KEPT = 2  # minor versions in which an old name works: time for whoever upgrades every second one


@dataclass(frozen=True)
class Renamed:
    """A Helm key, and with it the action param, that got another name in version ``since``."""

    workflow: str
    old: str
    new: str
    since: str

    @property
    def gone_in(self) -> str:
        """The version in which the old name is gone."""
        return _gone_in(self.since)


@dataclass(frozen=True)
class RenamedAction:
    """An action that got another name in version ``since``."""

    old: str
    new: str
    since: str

    @property
    def gone_in(self) -> str:
        """The version in which the old name is gone."""
        return _gone_in(self.since)

    @property
    def notice(self) -> str:
        """The sentence about it."""
        return notice(f"action {self.old}", self.new, self)


RENAMED: tuple[Renamed, ...] = ()
# Beside each entry stands, in the action's own module, an action with the old name that calls `under_old_name`.
RENAMED_ACTIONS: tuple[RenamedAction, ...] = ()


def notice(old: str, new: str, one: Renamed | RenamedAction) -> str:
    """Say what the old name is, what the new one is, and how long the old one works."""
    return f"{old} is called {new} now; the old name works until version {one.gone_in}"


def overdue(renamed: Iterable[Renamed | RenamedAction], version: str) -> tuple[str, ...]:
    """Give the old names that are to be gone in ``version`` and are still there."""
    return tuple(one.old for one in renamed if _numbers(one.gone_in) <= _numbers(version))


def _gone_in(since: str) -> str:
    major, minor = _numbers(since)
    return f"{major}.{minor + KEPT}"


def _numbers(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)
