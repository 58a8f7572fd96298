"""What is told of claims whose backups a schedule never tests: which, why, and what would change that."""

from collections.abc import Sequence

from robusta_volumes._analysis.decision import Refusal
from robusta_volumes._model.backup import CSI, Copy
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, plain
from robusta_volumes._report.backup_verify import KEY
from robusta_volumes._report.page import Block, Page, Subject, Table, Text, csv_file
from robusta_volumes._report.pieces import TEXT_LIMIT, fix_lines, short

_SHOWN = 10  # claims in the message; all are in the file


def left_out_page(left: Sequence[tuple[Copy, Refusal]], others: int, cluster: str) -> Page:
    """Name the claims that are left out, each way out once. ``others``: so many can be tested."""
    number = f"{count(len(left), 'claim')} {'is' if len(left) == 1 else 'are'} left out"
    title = f"{number} of restore tests" if others else f"{_none(left)} can be tested: {number}"
    goes_on = f"The other {count(others, 'claim')} {'is' if others == 1 else 'are'} tested in turn." if others else ""
    text = f"Copies of them are made all the same, but nobody knows whether they can be restored. {goes_on}".rstrip()
    fixes = dict.fromkeys(fix for _, why in left for fix in why.fixes)
    rows = [(f"{copy.namespace}/{copy.claim}", plain(why.says)) for copy, why in left]
    over = len(rows) > _SHOWN
    shown = tuple((short(plain(name), 44), short(why, 200)) for name, why in rows[:_SHOWN])
    blocks: list[Block] = [
        Text(f"{text}\n{fix_lines(list(fixes), TEXT_LIMIT - len(text) - 1)}"),
        Table(("claim", "why"), shown, f"Left out ({_SHOWN} of {len(rows)}, all in claims.csv)" if over else ""),
    ]
    return Page(
        title=title,
        severity=Severity.LOW,
        subject=Subject("Cluster", cluster or "cluster"),
        blocks=(*blocks, *([csv_file("claims.csv", ("claim", "why"), rows)] if over else [])),
        key=KEY,
        causes=("left out",),
        failure=True,
    )


def _none(left: Sequence[tuple[Copy, Refusal]]) -> str:
    """Say of what there is none: of what these claims have."""
    snapshots = {copy.engine == CSI for copy, _ in left}
    return "No backup or snapshot" if len(snapshots) > 1 else "No snapshot" if True in snapshots else "No backup"
