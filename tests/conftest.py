"""Tests that need a program or the schemas are left out, by name, where they are absent; in CI they run and fail."""

import os
import shutil
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import crds
import moved_clock
import own_disk

# A machine that is busy with something else makes examples slowly: that says nothing about what they are examples of.
settings.register_profile("house", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("house")


LEFT_OUT = pytest.StashKey[dict[str, str]]()


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}


def _is_here(thing: str) -> bool:
    special = {crds.NAME: crds.folder, moved_clock.NAME: moved_clock.can_be_moved, own_disk.NAME: own_disk.is_here}
    return bool(special[thing]()) if thing in special else shutil.which(thing) is not None


def _lacks(item: pytest.Item) -> str:
    """Name the things of which the test wants one, when none of them is here; "" when it lacks nothing."""
    wanted = [marker.args for marker in item.iter_markers("needs")]
    return next((" or ".join(things) for things in wanted if not any(map(_is_here, things))), "")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    without = {} if _in_ci() else {item: lacks for item in items if (lacks := _lacks(item))}
    items[:] = [item for item in items if item not in without]
    config.hook.pytest_deselected(items=list(without))
    config.stash[LEFT_OUT].update({item.nodeid: lacks for item, lacks in without.items()})


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what this worker of pytest-xdist left out to the process that prints."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["left_out"] = session.config.stash[LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[LEFT_OUT].update(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for name, lacks in config.stash[LEFT_OUT].items():
        terminalreporter.write_line(f"left out: {name} needs {lacks}")
