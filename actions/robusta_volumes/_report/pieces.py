"""Pieces that several pages share: an issue in words, what was not looked at, tables that stay narrow."""

from collections.abc import Iterable, Sequence

from robusta_volumes._analysis.assess import Assessment, Issue
from robusta_volumes._model import kind as k
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.target import Trigger
from robusta_volumes._model.text import listing, plain
from robusta_volumes._model.times import stamp
from robusta_volumes._report.page import File, Table, Text, csv_file
from robusta_volumes._rules.rule import Fix

TEXT_LIMIT = 2900  # characters: a longer section is cut silently by the sink
_WHY, _SENTENCE = 1200, 400  # characters of it for the evidence, and for any other sentence
MARK = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "high",
    Severity.MEDIUM: "medium",
    Severity.LOW: "low",
    Severity.INFO: "info",
}


def short(text: str, width: int) -> str:
    """Shorten to a width, with an ellipsis."""
    return text if len(text) <= width else text[: max(1, width - 1)].rstrip() + "…"


def fenced(todo: str) -> str:
    """Put what is to be pasted into a fence: a rule, or the command below a remedy's first line."""
    says, _, command = todo.partition("\n")
    if says.startswith("- apiGroups"):
        return f"allow it, below `runner.customClusterRoleRules`:\n```{short(todo, 1200)}```"
    return f"{says}\n```{short(command, 1200)}```" if command else says


def _fix(fix: Fix, room: int, start: str = "") -> str:
    """Write one way out in at most ``room`` characters. A command is never shortened: half of one does something else."""
    text = short(fix.text if start else fix.text[:1].upper() + fix.text[1:], _SENTENCE)
    said = f"{start}{text}{' *(destroys data)*' if fix.destroys else ''}"
    if not fix.command:
        return said
    fits = len(said) + len(fix.command) + len(":\n``````") <= room and "```" not in fix.command
    return f"{said}:\n```{fix.command}```" if fits else f"{said} (the command is too long for a message)"


def fix_lines(fixes: Sequence[Fix], room: int = TEXT_LIMIT) -> str:
    """Write the ways out, the command of each in a fence of its own, what destroys marked; those that fit."""
    lines: list[str] = []
    for number, fix in enumerate(fixes):
        line = _fix(fix, room, "*Do this:* " if number == 0 else "")
        if lines and len(line) > room:
            break
        lines.append(line)
        room -= len(line) + 1
    return "\n".join(lines)


def issue_text(issue: Issue, see: Inventory, extra: str = "") -> Text:
    """Write an issue below its title: why, what to do, and the small print."""
    since = f" · since {stamp(issue.hit.since, see.now)}" if issue.hit.since else ""
    small = short(f"`{issue.rule.id}`{' · ' + extra if extra else ''}{since}", _SENTENCE)
    why = short(issue.hit.why, _WHY)
    return Text(f"{why}\n{fix_lines(issue.hit.fixes, TEXT_LIMIT - len(why) - len(small) - 2)}\n{small}")


def brief(issue: Issue) -> str:
    """Write an issue in three lines: title, why, the first command."""
    said = f"*{short(issue.title, _SENTENCE)}*\n{short(issue.hit.why, 260)}"
    return said + "".join(f"\n{_fix(first, TEXT_LIMIT - len(said) - 1)}" for first in issue.hit.fixes[:1])


def _alike(found: Assessment) -> list[list[tuple[Unseen, tuple[str, ...]]]]:
    """Put together what was not seen for one reason that has one remedy; each permission stands alone."""
    groups: dict[tuple[str, str], list[tuple[Unseen, tuple[str, ...]]]] = {}
    for resource, (reason, ids) in sorted(found.unseen.items()):
        shared = reason.remedy and not reason.remedy.startswith("- apiGroups")
        groups.setdefault((reason.why, reason.remedy if shared else resource), []).append((reason, ids))
    return list(groups.values())


def not_looked_at(found: Assessment, scope: str = "") -> tuple[Text | File, ...]:
    """Say what could not be seen, why, and the exact change that would let it be seen."""
    lines, rules = [], []
    for group in _alike(found):
        reason = group[0][0]
        ids = tuple(dict.fromkeys(one for _, own in group for one in own))
        for_rules = f" (rules {listing(ids, 4)})" if ids else ""
        is_rule = reason.remedy.startswith("- apiGroups")
        todo = f"; {short(reason.remedy, 160)}" if reason.remedy and not is_rule else ""
        kinds = ", ".join(one.kind.plural for one, _ in group)
        lines.append(f"{kinds}: {short(reason.why, 160)}{todo}{for_rules}")
        if is_rule:
            rules.append(reason.remedy)
    if not lines:
        return ()
    text = f"*Not looked at{' in ' + plain(scope) if scope else ''}:* " + "; ".join(lines)
    if not rules:
        return (Text(short(text, TEXT_LIMIT)),)
    fenced = "\n".join(dict.fromkeys(rules))
    remedy = f"\nTo see them, add to `runner.customClusterRoleRules`:\n```{fenced}```"
    if len(text) + len(remedy) <= TEXT_LIMIT:
        return (Text(text + remedy),)
    remedy = "\nTo see them, add what is in permissions.yaml to `runner.customClusterRoleRules`."
    return Text(short(text, TEXT_LIMIT - len(remedy)) + remedy), File("permissions.yaml", f"{fenced}\n".encode())


# What an event or an alert does not read, by one kind of each sort.
_LEFT_OUT = (
    (k.ATTACHMENT, "attachments"),
    (k.CSI_NODE, "CSI nodes"),
    (k.CSI_DRIVER, "CSI drivers"),
    (k.DEPLOYMENT, "workloads"),
    (k.LIMIT_RANGE, "limit ranges"),
    (k.SNAPSHOT, "snapshots"),
)


def not_read(see: Inventory, trigger: Trigger) -> tuple[Text, ...]:
    """Say what a run that an event or an alert started leaves out, so that nobody takes it for well."""
    names = [words for kind, words in _LEFT_OUT if kind.resource in see.skipped]
    when = {Trigger.EVENT: "on an event", Trigger.ALERT: "for an alert"}.get(trigger)
    if not (names and when):
        return ()
    again = "Run `persistent_volume_actions` by hand to look at them, too."
    return (Text(f"*Not read {when}:* {', '.join(names)}. {again}"),)


def issue_table(issues: Sequence[Issue], most: int, name: str = "Problems", told: int = 0) -> Table:
    """List issues: which object, what problem; two columns, since Slack shows wider tables as files only.

    The first that were ``told`` already are left out.
    """
    shown = issues[told : told + most]
    rows = [(short(f"{MARK[i.severity]}: {i.meta.title}", 44), i.rule.title) for i in shown]
    of = len(issues) - told
    title = f"{name} ({len(shown)} of {of}, all in issues.csv)" if of > len(shown) else f"{name} ({of})"
    return Table(("object", "problem"), tuple(rows), title)


def issues_csv(issues: Iterable[Issue], currency: str = "") -> File:
    """Write all issues with everything that is known of them; ``currency``: where there are prices, what it costs."""
    headers = (
        "severity", "rule", "kind", "namespace", "name", "problem", "evidence", "do this", "command", "bytes", "since",
        *([f"{currency} per month"] if currency else []),
    )  # fmt: skip
    return csv_file(
        "issues.csv",
        headers,
        (
            (
                MARK[i.severity],
                i.rule.id,
                i.rule.on,
                i.meta.namespace,
                i.meta.name,
                i.hit.says,
                i.hit.why,
                "; ".join(f.text for f in i.hit.fixes),
                next((f.command for f in i.hit.fixes if f.command), ""),
                i.hit.size if i.hit.size is not None else "",
                i.hit.since.isoformat() if i.hit.since else "",
                *([f"{i.hit.cost:.2f}" if i.hit.cost is not None else ""] if currency else []),
            )
            for i in issues
        ),
    )
