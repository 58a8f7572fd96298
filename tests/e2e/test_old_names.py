"""Old names of settings, params and actions: they work, one message says so, and a run by hand writes nothing."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from robusta.api import ExecutionBaseEvent

from as_robusta import alerted, seen_by_robusta
from robusta_volumes._cluster.store import Store
from robusta_volumes._host.params import PersistentVolumeActionsParams, TargetParams, params_of
from robusta_volumes._host.renamed import under_old_name
from robusta_volumes._host.run import run_report
from robusta_volumes._model.kind import CONFIG_MAP
from robusta_volumes._model.renames import Renamed, RenamedAction
from robusta_volumes._model.settings import GROUP, PersistentVolumeActions
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._sandbox.story_shop import shop
from robusta_volumes._workflows.persistent_volume_actions import persistent_volume_actions as report

KEY = "persistentVolumeActions"
CLAIM = {"namespace": "shop", "persistentvolumeclaim": "uploads"}
NUMBERS = itertools.count(2)  # each test its own version: what was told once in a process is not told again


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ApiServer]:
    objects, _ = shop(datetime.now(UTC))
    with seen_by_robusta(ApiServer(Store(objects)), tmp_path) as running:
        yield running


@pytest.fixture
def since() -> str:
    return f"0.{next(NUMBERS)}"


def once(old: str, new: str, since: str) -> list[str]:
    """Write what is told of one old name."""
    gone = f"0.{int(since.split('.')[1]) + 2}"
    return [f"robusta-volumes: 1 old name in use: • {old} is called {new} now; the old name works until version {gone}"]


def alert() -> Any:
    event = alerted(CLAIM)
    event.named_sinks = ["slack"]
    return event


def by_hand() -> Any:
    return ExecutionBaseEvent(named_sinks=["slack"])


def told(event: Any, run: Callable[[Any], None]) -> list[str]:
    """Run for an event, and give the title and the first lines of what is said aside."""
    run(event)
    _, *aside = event.sink_findings["slack"]
    return [f"{f.title}: {f.enrichments[0].blocks[0].text.splitlines()[0]}" for f in aside]


def remembered(server: ApiServer) -> Sequence[str]:
    found = server.store.find(CONFIG_MAP, "robusta")
    return sorted(found[0]["binaryData"]) if found else []


def persistent_volume_actions(event: ExecutionBaseEvent, params: PersistentVolumeActionsParams) -> None:
    """Report, under the name of today."""
    run_report(event, params, KEY, report)


def test_an_action_under_its_old_name_does_the_same_and_tells_once(server: ApiServer, since: str) -> None:
    table = (RenamedAction("volume_report", "persistent_volume_actions", since),)

    def volume_report(event: Any) -> None:
        params = PersistentVolumeActionsParams()
        under_old_name(event, params, "volume_report", persistent_volume_actions, table)

    first = alert()
    assert told(first, volume_report) == once("action volume_report", "persistent_volume_actions", since)
    assert "uploads" in first.sink_findings["slack"][0].title
    for _ in range(2):
        assert told(alert(), volume_report) == []
    assert remembered(server) == ["notices-volume_report"]


@params_of(PersistentVolumeActions, (Renamed(KEY, "showDetails", "includeDetails", "0.2"),))
class OldParams(TargetParams):
    """Params as they are while an old name lives on."""


def test_a_param_under_its_old_name_counts_and_is_told_once(server: ApiServer, since: str) -> None:
    table = (Renamed(KEY, "showDetails", "includeDetails", since),)

    def run(event: Any) -> None:
        run_report(event, OldParams(show_details="false"), KEY, report, table)

    first = alert()
    assert told(first, run) == once("action param show_details", "include_details", since)
    files = [b for e in first.sink_findings["slack"][0].enrichments for b in e.blocks if hasattr(b, "filename")]
    assert files == []  # no details
    assert told(alert(), run) == []
    assert remembered(server) == ["notices-persistent_volume_actions"]


def test_a_setting_under_its_old_name_counts_and_is_told_once(server: ApiServer, since: str) -> None:
    table = (Renamed(KEY, "showDetails", "includeDetails", since),)
    workflows = {GROUP: {KEY: {"showDetails": False}}}

    def run(event: Any) -> None:
        run_report(event, OldParams(workflows=workflows), KEY, report, table)

    assert told(alert(), run) == once(f"workflows.{GROUP}.{KEY}.showDetails", "includeDetails", since)
    assert told(alert(), run) == []
    assert remembered(server) == ["notices"]


def test_a_person_who_uses_an_old_name_is_told_and_nothing_is_written(server: ApiServer, since: str) -> None:
    table = (Renamed(KEY, "showDetails", "includeDetails", since),)

    def run(event: Any) -> None:
        run_report(event, OldParams(name="uploads", namespace="shop", show_details="no"), KEY, report, table)

    for _ in range(3):
        assert len(told(by_hand(), run)) == 1
    assert remembered(server) == []
    assert {seen.method for seen in server.requests} == {"GET"}
    assert len(told(alert(), run)) == 1  # and the installation's own playbooks are told as well
