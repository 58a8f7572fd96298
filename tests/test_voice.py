"""How much is said: the settings about messages, with what is allowed in the answer to a wrong one."""

import pytest

from robusta_volumes._model.settings import read_settings
from robusta_volumes._model.severity import Severity


def read(**values: object) -> tuple[object, list[str]]:
    block = {"persistentVolumeWorkflows": {"persistentVolumeActions": values}}
    found = read_settings(block)
    return found.persistent_volume_actions, [str(e) for errors in found.problems.values() for e in errors]


def test_ten_messages_in_ten_minutes_from_medium_on_and_a_look_every_hour_unless_said_otherwise() -> None:
    settings = read_settings({}).persistent_volume_actions
    assert (settings.max_messages, settings.least, settings.sweep_minutes) == (10, Severity.MEDIUM, 60)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"maxMessages": -1}, "maxMessages must be at least 0 messages, got -1"),
        ({"maxMessages": "many"}, 'maxMessages must be a whole number of messages, got "many"'),
        ({"sweepMinutes": 5}, "sweepMinutes must be at least 10 minutes, got 5"),
        ({"sweepMinutes": 5000}, "sweepMinutes must be at most 1440 minutes, got 5000"),
        ({"messageSeverity": "info"}, 'messageSeverity must be one of critical, high, medium, low, got "info"'),
        ({"messageSeverity": 3}, "messageSeverity must be one of critical, high, medium, low, got 3"),
    ],
)
def test_what_cannot_be_used_is_answered_with_what_can(values: dict[str, object], says: str) -> None:
    _, problems = read(**values)
    assert problems == [f"workflows.persistentVolumeWorkflows.persistentVolumeActions.{says}"]


def test_a_severity_is_read_however_it_is_written() -> None:
    settings, problems = read(messageSeverity=" High ", maxMessages="0")
    assert problems == []
    assert (settings.least, settings.max_messages) == (Severity.HIGH, 0)  # type: ignore[attr-defined]  # the settings
