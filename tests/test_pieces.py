"""Pieces of pages fit a chat, whatever the sizes, and say what was not looked at."""

import csv
import io
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robusta_volumes._analysis.assess import Assessment, Issue
from robusta_volumes._model.errors import rbac_rule
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.kind import ALL_KINDS, POD, SNAPSHOT, STORAGE_CLASS, Kind
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.times import UTC
from robusta_volumes._model.volume import Claim, ClaimRef, Condition, Event, Meta, Pod, StorageClass, Volume
from robusta_volumes._report.markdown import to_markdown
from robusta_volumes._report.page import Button, File, Page, Subject, Table, Text, csv_file
from robusta_volumes._report.pieces import brief, fix_lines, issue_table, issue_text, issues_csv, not_looked_at, short
from robusta_volumes._report.volume_facts import event_file, event_table, fact_table, storage_events
from robusta_volumes._rules.catalogue import RULES
from robusta_volumes._rules.rule import Fix, Hit, Rule

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
SEE = Inventory(NOW)
LIMIT = 3000  # characters: what Slack and Robusta take of one block
ROBUSTA_TABLE = 70  # characters: to this the columns of a table are wrapped, PRINTED_TABLE_MAX_WIDTH
LONG = 253  # characters of the longest name in Kubernetes


def never(subject: object, see: Inventory, limits: Limits) -> None:
    """Never fire."""


def issue(hit: Hit, name: str = "data", namespace: str = "shop", title: str = "No such class") -> Issue:
    rule = Rule("PVC-01", Severity.HIGH, title, "PersistentVolumeClaim", (), "Do it", never)
    return Issue(rule, Meta(name, namespace), hit)


def rendered_size(table: Table) -> int:
    """Measure a table as Robusta prints it: columns wrapped to 70 characters together, rows below one another."""
    rows = [table.headers, *table.rows]
    first = max(len(row[0]) for row in rows)
    second = min(max(len(row[1]) for row in rows), ROBUSTA_TABLE - first)
    lines = sum(max(1, len(textwrap.wrap(row[1], second))) for row in rows) + 1
    return lines * (first + second + len("  |  \n"))


def unseen(*found: tuple[Unseen, tuple[str, ...]]) -> Assessment:
    return Assessment((), {reason.kind.resource: (reason, ids) for reason, ids in found})


def denied(kind: Kind) -> Unseen:
    return Unseen(kind, "the runner may not list them", rbac_rule(kind, "list"))


WORDS = st.integers(0, 6000).map(lambda size: ("many words " * (size // 11 + 1))[:size])
COMMANDS = st.integers(0, 6000).map(lambda size: ("kubectl delete pvc x\n" * (size // 21 + 1))[:size]) | st.just(
    "echo ```"
)
FIXES = st.lists(st.builds(Fix, WORDS, COMMANDS, st.booleans()), max_size=6).map(tuple)


@given(why=WORDS, fixes=FIXES, extra=WORDS, since=st.booleans())
@settings(max_examples=80)
def test_an_issue_fits_a_block_and_closes_every_fence_whatever_its_size(
    *, why: str, fixes: tuple[Fix, ...], extra: str, since: bool
) -> None:
    one = issue(Hit(why[:500], why, fixes, since=NOW - timedelta(days=2) if since else None))
    for text in (issue_text(one, SEE, extra).markdown, brief(one)):
        assert len(text) < LIMIT
        assert text.count("```") % 2 == 0


@given(FIXES)
@settings(max_examples=50)
def test_a_command_is_given_whole_or_not_at_all(fixes: tuple[Fix, ...]) -> None:
    fenced = fix_lines(fixes).split("```")[1::2]
    assert set(fenced) <= {fix.command for fix in fixes}


def test_an_issue_says_why_then_what_to_do_then_the_small_print() -> None:
    make = Fix("create the class", "kubectl apply -f class.yaml")
    drop = Fix("delete the claim", "kubectl delete pvc data", destroys=True)
    one = issue(Hit("waits", "No class is called csi-hq.", (make, drop), since=NOW - timedelta(minutes=7)))
    assert issue_text(one, SEE, "asked 10.0 GiB, RWO").markdown.splitlines() == [
        "No class is called csi-hq.",
        "*Do this:* create the class:",
        "```kubectl apply -f class.yaml```",
        "Delete the claim *(destroys data)*:",
        "```kubectl delete pvc data```",
        "`PVC-01` · asked 10.0 GiB, RWO · since 11:53 UTC",
    ]


def test_a_brief_issue_is_its_title_why_and_the_first_way_out() -> None:
    one = issue(Hit("waits", "No class is called csi-hq.", (Fix("create the class", "make it"), Fix("or not"))))
    assert brief(one) == "*Claim shop/data waits*\nNo class is called csi-hq.\nCreate the class:\n```make it```"


def test_a_command_that_no_message_can_hold_is_left_out_and_that_is_said() -> None:
    line = "*Do this:* delete them (the command is too long for a message)"
    assert fix_lines([Fix("delete them", "kubectl delete pvc " + "x" * LIMIT)]) == line
    assert fix_lines([Fix("delete them", "echo '```'")]) == line


def test_nothing_is_said_where_everything_was_looked_at() -> None:
    assert not_looked_at(unseen()) == ()


def test_what_was_not_looked_at_is_named_with_why_the_rules_and_the_permission_to_give() -> None:
    (text,) = not_looked_at(unseen((denied(POD), ("PVC-04", "US-01")), (denied(STORAGE_CLASS), ())), "shop")
    assert isinstance(text, Text)
    assert text.markdown == (
        "*Not looked at in shop:* pods: the runner may not list them (rules PVC-04, US-01);"
        " storageclasses: the runner may not list them\n"
        "To see them, add to `runner.customClusterRoleRules`:\n"
        f"```{rbac_rule(POD, 'list')}\n{rbac_rule(STORAGE_CLASS, 'list')}```"
    )


def test_what_the_cluster_does_not_serve_needs_no_permission() -> None:
    (text,) = not_looked_at(unseen((Unseen(SNAPSHOT, "this cluster does not serve them", ""), ("SF-01",))))
    assert isinstance(text, Text)
    assert text.markdown == "*Not looked at:* volumesnapshots: this cluster does not serve them (rules SF-01)"


def test_advice_that_is_no_permission_does_not_stand_among_the_permissions() -> None:
    (text,) = not_looked_at(unseen((Unseen(POD, "no answer", "Look at the API server."), ())))
    assert isinstance(text, Text)
    assert "Look at the API server." in text.markdown
    assert "customClusterRoleRules" not in text.markdown


def test_permissions_that_no_message_can_hold_become_a_file() -> None:
    text, file = not_looked_at(unseen(*((denied(kind), ("PV-01", "PV-02", "PV-03")) for kind in ALL_KINDS)))
    assert isinstance(text, Text)
    assert isinstance(file, File)
    assert text.markdown.endswith("add what is in permissions.yaml to `runner.customClusterRoleRules`.")
    assert file.content.decode() == "".join(
        f"{rbac_rule(k, 'list')}\n" for k in sorted(ALL_KINDS, key=lambda k: k.resource)
    )


@given(
    st.lists(st.tuples(st.sampled_from(ALL_KINDS), WORDS, WORDS | st.none()), max_size=30),
    st.lists(st.text(max_size=9)),
)
@settings(max_examples=50)
def test_what_was_not_looked_at_fits_a_block_whatever_its_size(
    kinds: Sequence[tuple[Kind, str, str | None]], ids: list[str]
) -> None:
    reasons = [Unseen(kind, why, rbac_rule(kind, "list") if remedy is None else remedy) for kind, why, remedy in kinds]
    found = [(reason, tuple(ids)) for reason in reasons]
    for block in not_looked_at(unseen(*found)):
        if isinstance(block, Text):
            assert len(block.markdown) < LIMIT
            assert block.markdown.count("```") in {0, 2}


@pytest.mark.parametrize("number", [0, 1, 12, 13, 500])
def test_a_table_of_issues_has_two_columns_and_fits_a_block(number: int) -> None:
    title = max((rule.title for rule in RULES.values()), key=len)
    issues = [issue(Hit("is odd", "why"), f"{n}-{'x' * LONG}", "n" * 63, title) for n in range(number)]
    table = issue_table(issues, 12)
    assert {len(row) for row in (table.headers, *table.rows)} == {2}
    assert len(table.rows) == min(number, 12)
    assert rendered_size(table) < LIMIT
    assert table.title == (
        "Problems (12 of " + f"{number}, all in issues.csv)" if number > 12 else f"Problems ({number})"
    )


def test_the_csv_holds_all_issues_with_all_that_is_known() -> None:
    fixes = (Fix("look"), Fix("delete it", "kubectl delete pvc data"))
    file = issues_csv([issue(Hit("waits", "a, b", fixes, size=5)), issue(Hit("is odd", "c"))])
    first, second = csv.DictReader(io.StringIO(file.content.decode()))
    assert (first["rule"], first["do this"], first["command"], first["bytes"]) == (
        "PVC-01", "look; delete it", "kubectl delete pvc data", "5",
    )  # fmt: skip
    assert second["bytes"] == ""


def test_no_cell_of_a_csv_is_run_by_a_spreadsheet() -> None:
    cells = ["=1+1", "+1+1", "-x", "@a", "\t=1", "\r=1", "a\r\nb", "-5", "+1.5", None, 7]
    _, written = csv.reader(io.StringIO(csv_file("a.csv", ["h"], [cells]).content.decode(), newline=""))
    assert written == ["'=1+1", "'+1+1", "'-x", "'@a", "'\t=1", "'\n=1", "a\nb", "-5", "+1.5", "", "7"]


def test_a_csv_takes_text_that_cannot_be_encoded() -> None:
    assert csv_file("a.csv", ["a"], [["\ud800"]]).content == b"a\n?\n"


@pytest.mark.parametrize(
    ("text", "width", "words"), [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("a bcd", 3, "a…"), ("abc", 1, "a…")]
)
def test_short_cuts_with_an_ellipsis(text: str, width: int, words: str) -> None:
    assert short(text, width) == words


ABOUT = Subject("PersistentVolumeClaim", "x", "n")


def volume_and_claim(size: int) -> tuple[Claim, Volume, Inventory]:
    """A claim and its volume whose every text is as long as Kubernetes allows, or longer."""
    name = "x" * min(size, LONG)
    text = "`<!channel>` | much to say " * size
    about = Meta(
        name, "n" * min(size, 63), "1", created=NOW - timedelta(days=9), labels={"topology.kubernetes.io/zone": "z"}
    )
    conditions = tuple(Condition(f"Resizing{n}", "because", text, NOW) for n in range(min(size, 8)))
    modes = ("ReadWriteOnce",)
    claim = Claim(about, "Bound", name, name, 2**30, 2**30, modes, modes, "Filesystem", conditions)
    ref = ClaimRef(about.namespace, name, "1")
    volume = Volume(
        replace(about, namespace=""), "Bound", "", text, NOW, name, 2**30, modes, "Filesystem", "Delete",
        ref, "csi", name, f"{name} {text}",
    )  # fmt: skip
    pod = Pod(about, name, "Running", (name,), ready=True, waiting="", started=NOW)
    pods = tuple(replace(pod, meta=replace(about, name=f"{n}{name}")) for n in range(min(size, 9)))
    event = Event("PersistentVolumeClaim", about.namespace, name, "1", "Warning", f"Reason{text}", text, 1, None, NOW)
    events = tuple(replace(event, count=n, last=NOW - timedelta(minutes=n)) for n in range(size))
    classes = (StorageClass(Meta(name), "p", "Immediate", "Delete", expandable=True, is_default=False),)
    return claim, volume, replace(SEE, claims=(claim,), volumes=(volume,), pods=pods, events=events, classes=classes)


@pytest.mark.parametrize("size", [1, 5, 80, 300])
def test_tables_of_facts_and_events_have_two_columns_and_no_markup(size: int) -> None:
    claim, volume, see = volume_and_claim(size)
    events = storage_events(ABOUT, claim, volume, see)
    for table in (fact_table(claim, volume, see), event_table(events, see)):
        assert {len(row) for row in (table.headers, *table.rows)} == {2}
        assert max(len(row[0]) for row in table.rows) <= 44
        assert not [cell for row in table.rows for cell in row if set(cell) & set("`<>|\n")]


def test_tables_of_facts_and_events_fit_a_block_with_names_as_long_as_people_give_them() -> None:
    claim, volume, see = volume_and_claim(60)
    assert rendered_size(fact_table(claim, volume, see)) < LIMIT
    assert rendered_size(event_table(storage_events(ABOUT, claim, volume, see), see)) < LIMIT


def test_events_are_the_newest_fifty_and_all_of_them_are_in_the_file() -> None:
    claim, volume, see = volume_and_claim(80)
    events = storage_events(ABOUT, claim, volume, see)
    assert [event.count for event in events] == list(range(50))
    assert len(list(csv.reader(io.StringIO(event_file(events).content.decode())))) == 51


def test_events_that_say_the_same_are_one_row_with_how_often_and_when_last() -> None:
    claim, _, _ = volume_and_claim(1)
    late = Event("Pod", "shop", "web-0", "1", "Warning", "FailedMount", "no such folder", 4, None, NOW)
    early = replace(late, name="web-1", count=1, last=NOW - timedelta(minutes=5))
    other = replace(late, reason="FailedAttachVolume", message="in use", count=1, last=NOW - timedelta(minutes=9))
    table = event_table((late, early, other), replace(SEE, claims=(claim,)))
    assert table.rows == (
        ("FailedMount 5x, 0 s ago", "no such folder"),
        ("FailedAttachVolume, 9 min ago", "in use"),
    )
    assert table.title == "Last storage events"


def test_a_page_as_markdown_shows_every_block() -> None:
    blocks = (
        Text("*Look*"),
        Table(("a", "b"), (("1|2", "3"),), "Facts"),
        File("a.csv", b"x,y\n"),
        File("a.png", b"\x89PNG"),
        Button("Fix", "do_it", {"name": "data"}),
    )
    page = Page("Claim shop/data waits", Severity.HIGH, Subject("PersistentVolumeClaim", "data", "shop"), blocks, "Key")
    written = to_markdown(page)
    for part in (
        "# Claim shop/data waits",
        "severity: high · subject: PersistentVolumeClaim shop/data · key: Key",
        "| 1\\|2 | 3 |",
        "[file a.csv]\n```\nx,y\n```",
        "[file a.png]",
        "[ Fix ] do_it {'name': 'data'}",
    ):
        assert part in written
    assert "x,y" not in to_markdown(page, files=False)
