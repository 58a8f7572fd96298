"""All that a page about backups is written from, and what it counts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from robusta_volumes._analysis.backup_cover import BackupCover, ClaimCover, Missing, Verdict
from robusta_volumes._analysis.backup_health import Trouble
from robusta_volumes._model.backup import VELERO, Copy
from robusta_volumes._model.inventory import Unseen
from robusta_volumes._model.severity import Severity
from robusta_volumes._report.page import Subject
from robusta_volumes._report.volume_backups_words import incomplete

_RANK = {Verdict.NEVER: 0, Verdict.OLD: 1, Verdict.UNKNOWN: 2, Verdict.NEW: 3, Verdict.FRESH: 4, Verdict.LEFT_OUT: 5}


# What is wrong with the tool as a whole, so with each of its backups.
_WHOLE = {"server", "node agent", "location"}


def causes_of(
    troubles: Iterable[Trouble], claims: Sequence[ClaimCover], lines: Collection[str] = ()
) -> tuple[Trouble, ...]:
    """Give what may keep these claims from being saved: what is wrong with the tool, or with the backup that was to do it.

    ``lines``: what is to save them next, as troubles call it.
    """
    tried = [one.newest for one in claims if one.newest]
    names = {name for copy in tried for name in (copy.backup, copy.owner) if name}
    velero = len(tried) < len(claims) or any(copy.engine == VELERO for copy in tried)
    return tuple(
        one
        for one in troubles
        if one.severity >= Severity.HIGH
        and ((one.kind in _WHOLE and velero) or one.subject.rpartition("/")[2] in names or one.subject in lines)
    )


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
    lines: frozenset[str] = frozenset()  # what is to save the one claim, as troubles call it

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
        return next((cover for cover in self.backups if incomplete(cover, self.lacks(cover))), None)

    def lacks(self, cover: BackupCover) -> tuple[Missing, ...]:
        """Give the claims whose data a backup lacks; what is left out on purpose is not missed."""
        left_out = {one.key for one in self.having(Verdict.LEFT_OUT)}
        return tuple(one for one in cover.missing if one.key not in left_out)

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
