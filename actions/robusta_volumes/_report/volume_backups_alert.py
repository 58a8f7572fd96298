"""What an alert's own message is told of backups: a line or two, since the alert is about something else."""

from dataclasses import replace

from robusta_volumes._analysis.backup_cover import ClaimCover
from robusta_volumes._report.page import Page, Text
from robusta_volumes._report.pieces import TEXT_LIMIT, short
from robusta_volumes._report.volume_backups_claim import claim_title, severity, verdict
from robusta_volumes._report.volume_backups_seen import Seen
from robusta_volumes._report.volume_backups_words import KEY

_RESTORE = "`restore_volume_backup` brings it back beside this claim, never over it."


def alert_page(seen: Seen, cover: ClaimCover) -> Page:
    """Say which copy there is of the claim of an alert, and what is wrong with its backups, if anything is."""
    texts = (_says(cover), _unseen(seen))
    return Page(
        title=short(claim_title(cover, seen.now), 240),
        severity=severity(cover),
        subject=seen.subject,
        blocks=tuple(Text(short(text, TEXT_LIMIT)) for text in texts if text),
        key=KEY,
        causes=("claim",),
        failure=cover.verdict.bad,
        noteworthy=cover.verdict.bad,
    )


def in_short(page: Page) -> Page:
    """Leave only the verdict of a page that asks nothing of the reader here."""
    return replace(page, blocks=())


def _says(cover: ClaimCover) -> str:
    if cover.verdict.bad:
        return verdict(cover)
    return _RESTORE if cover.last_good else ""


def _unseen(seen: Seen) -> str:
    if not seen.unseen:
        return ""
    kinds = ", ".join(sorted(one.kind.resource for one in seen.unseen.values()))
    return f"*Not looked at:* {kinds}. `volume_backup_management` by hand gives the rule that allows it."
