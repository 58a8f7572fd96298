"""All that a page about backups is written from, and what it counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from robusta_volumes._analysis.backup_cover import BackupCover, ClaimCover, Verdict
from robusta_volumes._analysis.backup_health import Trouble
from robusta_volumes._model.backup import Copy
from robusta_volumes._model.inventory import Unseen
from robusta_volumes._model.severity import Severity
from robusta_volumes._report.page import Subject
from robusta_volumes._report.volume_backups_words import incomplete

_RANK = {Verdict.NEVER: 0, Verdict.OLD: 1, Verdict.UNKNOWN: 2, Verdict.NEW: 3, Verdict.FRESH: 4, Verdict.LEFT_OUT: 5}


@dataclass(frozen=True)
class Seen:
    """One look at backups, as far as a page is about it."""

    subject: Subject
    scope: str  # "" for the whole cluster, else "namespace shop"
    now: datetime
    claims: tuple[ClaimCover, ...] = ()
    backups: tuple[BackupCover, ...] = ()  # newest first
    copies: tuple[Copy, ...] = ()  # of these claims
    troubles: tuple[Trouble, ...] = ()
    unseen: Mapping[str, Unseen] = field(default_factory=dict)
    next: datetime | None = None  # slot of our own schedule
    every: timedelta | None = None

    @property
    def wanted(self) -> tuple[ClaimCover, ...]:
        """The claims that are to have a good copy."""
        return tuple(one for one in self.claims if one.verdict is not Verdict.LEFT_OUT)

    @property
    def bad(self) -> tuple[ClaimCover, ...]:
        """Those that lack one; those that never had one come first."""
        found = [one for one in self.claims if one.verdict.bad]
        return tuple(sorted(found, key=lambda one: (_RANK[one.verdict], one.key)))

    @property
    def unknown(self) -> tuple[ClaimCover, ...]:
        """Those of which nobody can tell."""
        return self.having(Verdict.UNKNOWN)

    def having(self, verdict: Verdict) -> tuple[ClaimCover, ...]:
        """Those with a verdict."""
        return tuple(one for one in self.claims if one.verdict is verdict)

    @property
    def hollow(self) -> BackupCover | None:
        """The newest backup that its tool calls done and that lacks data all the same."""
        return next((cover for cover in self.backups if incomplete(cover)), None)

    @property
    def high(self) -> tuple[Trouble, ...]:
        """What keeps backups from being made."""
        return tuple(one for one in self.troubles if one.severity >= Severity.HIGH)

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        if self.bad or self.high:
            return Severity.HIGH
        if self.unknown or self.hollow or any(one.expires_soon for one in self.claims):
            return Severity.MEDIUM
        return Severity.INFO
