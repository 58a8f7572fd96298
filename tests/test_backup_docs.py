"""The page about backups: its settings are read, its commands are taken, and its messages are those that people get."""

import re
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from robusta_volumes._cli.reference_actions import ASKED
from robusta_volumes._cli.reference_settings import PLACE, settings_page
from robusta_volumes._model.backup_settings import VERIFY
from robusta_volumes._model.settings import camel, overridden, read_settings

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "volume-backup-management.md").read_text()
GOLDEN = "\n".join(file.read_text() for file in (ROOT / "tests" / "pages" / "backups").glob("*.md"))
READS = {"volume_backup_management", "volume_backup_freshness"}


def test_the_block_on_the_page_is_nightly_keeps_thirty_days_and_tests_once_a_week() -> None:
    (body,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    found = read_settings(yaml.safe_load(body)["globalConfig"]["workflows"])
    assert not found.problems
    wanted = found.volume_backup_management
    assert (wanted.backup_schedule, wanted.ttl, wanted.verify.schedule) == (
        "0 2 * * *",
        timedelta(days=30),
        "0 5 * * 0",
    )
    assert not wanted.selects


@pytest.mark.parametrize("line", re.findall(r"`robusta playbooks trigger ([^`]+)`", PAGE))
def test_every_command_on_the_page_is_taken(line: str) -> None:
    action, *given = line.split()
    params = dict(one.split("=", 1) for one in given)
    if action in READS:
        assert set(params) <= {"name", "namespace", "kind", "selector"}
    else:
        overridden(ASKED[action](), params)  # raises where a value cannot be read
        assert set(params) <= {field.name for field in fields(ASKED[action])}


@pytest.mark.parametrize(
    "says",
    [
        "have no data in it",
        "could not be seen",
        "Nothing in this cluster makes backups",
        "has no good copy",
        "The last good copy goes soon, and nothing newer is good",
        "No copy was ever restored to see",
        "Not looked at, so not known",
        "Only on the same storage",
        "is on and has finished nothing for two intervals",
        "have no good copy that is new enough",
        "no claim lacks a good copy any more",
        "have a good copy cannot be told",
    ],
)
def test_the_page_explains_the_messages_that_people_get_in_their_own_words(says: str) -> None:
    assert says in PAGE
    assert says in GOLDEN


def test_a_block_inside_the_settings_is_described_key_by_key() -> None:
    page = settings_page(ROOT)[PLACE].decode()
    section = page.split("Its block `verify`:")[1].split("## ")[0]
    assert all(f"| `{camel(one.name)}` |" in section for one in fields(VERIFY))
    assert "| `verify` | `verify` | see below |" in page
