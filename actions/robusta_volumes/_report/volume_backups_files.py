"""The files of a report on backups: one row per claim, per backup, per copy. What is not known says so; it is never 0."""

from collections.abc import Iterable
from datetime import datetime

from robusta_volumes._analysis.backup_cover import BackupCover, ClaimCover
from robusta_volumes._model.backup import Copy
from robusta_volumes._model.times import UTC, span
from robusta_volumes._report.page import File, csv_file
from robusta_volumes._report.volume_backups_words import phase, took, where

MOST_ROWS = 20_000  # in one file: a spreadsheet and a chat still take it


def _time(when: datetime | None) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if when else ""


def _first(rows: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return [row for row, _ in zip(rows, range(MOST_ROWS), strict=False)]


def claims_csv(claims: Iterable[ClaimCover], now: datetime) -> File:
    """Write one row per claim."""
    headers = (
        "namespace", "claim", "state", "last good copy", "age", "where", "last copy off-site", "allowed age",
        "newest attempt", "came to", "expires", "proven by a restore", "tools", "why", "do this",
    )  # fmt: skip
    return csv_file("claims.csv", headers, _first(_claim(one, now) for one in claims))


def _claim(one: ClaimCover, now: datetime) -> tuple[object, ...]:
    good, offsite, newest = one.last_good, one.last_offsite, one.newest
    return (
        *one.key,
        one.verdict.value,
        _time(good.cut_at) if good else "never",
        span(now - good.cut_at) if good and good.cut_at else "",
        where(good) if good else "",
        _time(offsite.cut_at) if offsite else "never",
        span(one.within),
        _time(newest.cut_at) if newest else "",
        newest.proof.value if newest else "",
        _time(good.expires) if good else "",
        _time(one.proven),
        " ".join(one.engines),
        one.why,
        one.todo,
    )


def backups_csv(backups: Iterable[BackupCover], now: datetime) -> File:
    """Write one row per backup."""
    headers = (
        "tool", "namespace", "backup", "schedule", "phase", "started", "age", "seconds", "claims with data", "of claims",
        "not known", "bytes", "errors", "warnings", "expires", "location", "of another cluster", "why", "without data",
    )  # fmt: skip
    return csv_file("backups.csv", headers, _first(_backup(one, now) for one in backups))


def _backup(cover: BackupCover, now: datetime) -> tuple[object, ...]:
    one, length = cover.backup, took(cover.backup)
    return (
        one.engine,
        one.namespace,
        one.name,
        one.schedule,
        phase(one),
        _time(one.when),
        span(now - one.when) if one.when else "",
        int(length.total_seconds()) if length is not None else "",
        cover.covered,
        cover.of,
        cover.unknown,
        cover.size or "",
        one.errors,
        one.warnings,
        _time(one.expires),
        one.location,
        "yes" if cover.foreign else "",
        one.why,
        "; ".join(f"{lack.title}: {lack.why}" for lack in cover.missing),
    )


def copies_csv(copies: Iterable[Copy]) -> File:
    """Write one row per copy of a claim."""
    headers = (
        "tool", "backup", "object", "state", "method", "cut", "ended", "bytes done", "bytes", "expires", "made by",
        "proven by a restore", "why",
    )  # fmt: skip
    rows = (
        (
            copy.engine, copy.backup, copy.name, copy.proof.value, copy.method, _time(copy.cut_at), _time(copy.ended),
            "" if copy.done is None else copy.done, "unknown" if copy.total is None else copy.total, _time(copy.expires),
            copy.owner, _time(copy.proven), copy.why,
        )
        for copy in copies
    )  # fmt: skip
    return csv_file("copies.csv", headers, _first(rows))
