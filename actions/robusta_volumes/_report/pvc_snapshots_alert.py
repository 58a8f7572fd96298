"""What an alert's own message is told of snapshots: two lines, since the alert is about something else."""

from dataclasses import replace

from robusta_volumes._analysis.snapshot_cover import Cover
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import code
from robusta_volumes._report.page import Page, Text
from robusta_volumes._report.pieces import TEXT_LIMIT, short
from robusta_volumes._report.pvc_snapshots import KEY, Seen
from robusta_volumes._report.pvc_snapshots_claim import claim_title, verdict
from robusta_volumes._report.pvc_snapshots_files import slot_words

_RESTORE = "`restore_pvc_snapshot` brings it back as a new claim, beside this one."


def alert_page(seen: Seen, cover: Cover) -> Page:
    """Say from when the claim of an alert can be restored, and what is wrong with its snapshots, if anything is."""
    return Page(
        title=short(claim_title(cover, seen.now), 240),
        severity=Severity.HIGH if cover.why else Severity.INFO,
        subject=seen.subject,
        blocks=tuple(Text(short(text, TEXT_LIMIT)) for text in (_says(seen, cover), _unseen(seen)) if text),
        key=KEY,
        causes=("claim",),
        failure=bool(cover.why),
        noteworthy=bool(cover.why),
    )


def in_short(page: Page) -> Page:
    """Leave only the verdict of a page that asks nothing of the reader."""
    return page if page.failure else replace(page, blocks=())


def _says(seen: Seen, cover: Cover) -> str:
    if wrong := verdict(cover, seen.now):
        return wrong
    beat = cover.next
    following = f"Next: {code(beat.schedule.name)} {slot_words(beat)}." if beat else "No schedule is for it."
    return f"{_RESTORE} {following}" if cover.last_good else following


def _unseen(seen: Seen) -> str:
    if not seen.unseen:
        return ""
    kinds = ", ".join(sorted(one.kind.plural for one in seen.unseen.values()))
    return f"*Not looked at:* {kinds}. `pvc_snapshots` by hand gives the rule that allows it."
