"""What the doctor says: what works, what does not, and the exact change for each gap."""

from collections.abc import Sequence

from robusta_volumes._model.checkup import Check, Status
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code, count, plain
from robusta_volumes._report.page import Block, File, Page, Subject, Table, Text, csv_file
from robusta_volumes._report.pieces import TEXT_LIMIT, short
from robusta_volumes._report.rights import to_paste, to_run

_PARTS = ("settings", "playbooks", "permissions", "kinds", "prometheus", "robusta")
_SHOWN = 12  # gaps inside the message
_REMEDY = 600  # characters: a remedy that is cut helps nobody


def checkup_page(checks: Sequence[Check], cluster: str) -> Page:
    """Say in one sentence whether everything is there, then each gap with its remedy, then the counts."""
    missing = [c for c in checks if c.status == Status.MISSING]
    unknown = [c for c in checks if c.status == Status.UNKNOWN]
    lost = [c for c in checks if c.status == Status.LOST]
    blocks: list[Block] = []
    if missing:
        blocks.append(Text(_gaps(missing)))
    blocks += to_paste(list(dict.fromkeys(c.rule for c in missing if c.rule)))
    blocks += to_run(list(dict.fromkeys(c.command for c in missing if c.command)))
    blocks += [_values(check) for check in missing if check.values]
    if doubts := _doubts(missing, unknown):
        blocks.append(Text(short("*Not certain:*\n" + "\n".join(_line(c) for c in doubts[:_SHOWN]), TEXT_LIMIT)))
    if lost:
        lines = "\n".join(f"• *{plain(c.name)}*: {plain(c.says, 200)}" for c in lost)
        blocks.append(Text(short(f"*Not seen, because no Role can allow it:*\n{lines}", TEXT_LIMIT)))
    rows = []
    for part in _PARTS:
        own = [c for c in checks if c.part == part]
        if own:
            rows.append((part, ", ".join(_counts(own))))
    blocks.append(Table(("part", "state"), tuple(rows), "Looked at"))
    blocks.append(_all(checks))
    return Page(
        title=_title(missing, unknown, lost),
        severity=Severity.MEDIUM if missing else Severity.INFO,
        subject=Subject("Cluster", cluster or "cluster"),
        blocks=tuple(blocks),
        key="RobustaVolumesDoctor",
        causes=tuple(c.name for c in missing),
        failure=bool(missing),
        noteworthy=bool(missing),
    )


def _title(missing: Sequence[Check], unknown: Sequence[Check], lost: Sequence[Check]) -> str:
    if missing:
        first = missing[0]
        return f"robusta-volumes: {count(len(missing), 'thing')} missing. First: {plain(first.name)}, {plain(first.says, 120)}"
    if unknown:
        return f"robusta-volumes is ready, as far as could be seen ({count(len(unknown), 'thing')} not certain)"
    if lost:
        return f"robusta-volumes is ready in the namespaces that it may read ({count(len(lost), 'kind')} not seen)"
    return "robusta-volumes is ready: everything it needs is there"


def _line(check: Check) -> str:
    todo = f" → {plain(check.remedy, _REMEDY)}" if check.remedy else ""
    return f"• *{plain(check.name)}*: {plain(check.says, 200)}{todo}"


def _gaps(missing: Sequence[Check]) -> str:
    lines = [_line(c) for c in missing[:_SHOWN]]
    if len(missing) > _SHOWN:
        lines.append(f"• and {len(missing) - _SHOWN} more in doctor.csv")
    return short("*Missing:*\n" + "\n".join(lines), TEXT_LIMIT)


def _values(check: Check) -> Text:
    lines = [f"{' ' * (len(line) - len(line.lstrip()))}{code(line)[1:-1]}" for line in check.values.splitlines()]
    return Text(f"*Do this about {plain(check.name)}:* add to Robusta's Helm values:\n```{chr(10).join(lines)}```")


def _doubts(missing: Sequence[Check], unknown: Sequence[Check]) -> list[Check]:
    """Leave out whether a kind is served where the permission to ask is missing: that stands above, with its remedy."""
    resources = [c.name.rpartition(": ")[2] for c in missing if c.part == "permissions"]
    refused = {resource.partition(" ")[0].partition(".")[0] for resource in resources}
    return [c for c in unknown if c.part != "kinds" or c.name not in refused]


def _counts(checks: Sequence[Check]) -> list[str]:
    return [f"{n} {status.value}" for status in Status if (n := sum(c.status == status for c in checks))]


def _all(checks: Sequence[Check]) -> File:
    headers = ("part", "what", "state", "says", "remedy", "rule", "command")
    rows = ((c.part, c.name, c.status.value, c.says, c.remedy, c.rule, c.command) for c in checks)
    return csv_file("doctor.csv", headers, rows)
