"""Words that all pages about backups share: the last good copy of a claim, one copy, one backup."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from robusta_volumes._analysis.backup_cover import BackupCover, ClaimCover, Missing
from robusta_volumes._model.backup import Backup, Copy, Phase, Proof
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.text import code, count, plain
from robusta_volumes._model.times import ago, span

KEY = "VolumeBackupsReport"
_COMMAND = re.compile(r"\b(?:kubectl|velero) [^;]+")
TOOLS = {"velero": "Velero", "csi": "snapshot", "k8up": "K8up", "volsync": "VolSync"}
SETUP = "https://velero.io/docs/main/basic-install/"


def tool(engine: str) -> str:
    """Write a tool's name as it writes itself."""
    return TOOLS.get(engine, plain(engine))


def where(copy: Copy) -> str:
    """Say where a copy lies."""
    return "off-site" if copy.proof is Proof.MOVED else "same storage"


def last_good(cover: ClaimCover, now: datetime) -> str:
    """Say how old the last good copy is, and where: "7 h ago, off-site"; "never"."""
    good, offsite = cover.last_good, cover.last_offsite
    if good is None:
        return "never"
    said = f"{age(good, now)}, {where(good)}"
    if offsite and offsite is not good:
        said += f" (off-site {age(offsite, now)})"
    return said


def age(copy: Copy, now: datetime) -> str:
    """Say how old a copy is."""
    return f"{span(now - copy.cut_at)} ago" if copy.cut_at else "at a time that is not known"


def expires(when: datetime, now: datetime) -> str:
    """Write when something goes: "expires in 21 d"; "expired 2 d ago" for what its tool has not removed yet."""
    return f"expires in {span(when - now)}" if when > now else f"expired {span(now - when)} ago"


def of_copy(copy: Copy, now: datetime) -> str:
    """Say what one copy is: "off-site, data mover, 10.0 GiB; expires in 29 d"."""
    parts = [copy.proof.value]
    if copy.method and copy.proof.good:
        parts.append(copy.method)
    size = copy.total if copy.total is not None else copy.done
    if size is not None and copy.proof.good:
        parts.append(gib(size))
    said = ", ".join(parts)
    if copy.why:
        said += f": {plain(copy.why, 160)}"
    if copy.expires and copy.proof.good:
        said += f"; {expires(copy.expires, now)}"
    if copy.proven:
        said += f"; restored to see {ago(copy.proven, now)}"
    return said


def phase(backup: Backup) -> str:
    """Give the phase in its tool's own word, as people find it there."""
    return plain(backup.phase_text) or backup.phase.value


def held(cover: BackupCover) -> str:
    """Say how many claims' data is in a backup: "4 of 7 claims"."""
    if cover.foreign:
        return f"{cover.covered} of {count(cover.of, 'claim')} of another cluster"
    if not cover.of:
        return "no claim is in it"
    if cover.unknown == cover.of:
        return f"not known of {count(cover.of, 'claim')}"
    unknown = f" ({cover.unknown} not known)" if cover.unknown else ""
    return f"{cover.covered} of {count(cover.of, 'claim')}{unknown}"


def took(backup: Backup) -> timedelta | None:
    """Give how long a backup took; None while it runs."""
    return backup.ended - backup.started if backup.ended and backup.started else None


def of_backup(cover: BackupCover, now: datetime) -> str:
    """Say how one backup went: "4 of 7 claims · 30.0 GiB · 12 min · 1 error · expires in 29 d"."""
    one = cover.backup
    parts = [held(cover)]
    parts += [gib(cover.size)] if cover.size else []
    length = took(one)
    parts += [span(length)] if length is not None else []
    parts += [count(one.errors, "error")] if one.errors else []
    parts += [count(one.warnings, "warning")] if one.warnings else []
    parts += [expires(one.expires, now)] if one.expires else []
    if one.why:
        parts.append(plain(one.why, 120))
    return " · ".join(parts)


def incomplete(cover: BackupCover, missing: Sequence[Missing]) -> bool:
    """Tell whether a backup that its tool calls done surely lacks data of these claims."""
    lacks = [one for one in missing if one.proof not in (Proof.UNKNOWN, Proof.RUNNING)]
    return cover.newest and cover.backup.phase in (Phase.DONE, Phase.PARTIAL) and bool(lacks) and not cover.foreign


def command(todo: str) -> str:
    """Write the commands in a next step as such."""
    return todo if "`" in todo else _COMMAND.sub(lambda found: code(found[0]), todo)
