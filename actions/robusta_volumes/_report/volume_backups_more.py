"""What a report on backups says beyond the verdict: schedules, gaps, what expires, what was proven, and the newest backups."""

from collections.abc import Mapping, Sequence

from robusta_volumes._analysis.backup_cover import ClaimCover, Verdict
from robusta_volumes._analysis.backup_health import Trouble
from robusta_volumes._model.inventory import Unseen
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, listing, plain
from robusta_volumes._model.times import ago
from robusta_volumes._report.page import Block, Table, Text
from robusta_volumes._report.pieces import short
from robusta_volumes._report.rights import remedies, to_paste, to_run
from robusta_volumes._report.volume_backups_seen import Seen
from robusta_volumes._report.volume_backups_words import command, expires, of_backup, phase, where

_FEW, _BACKUPS, _SPACES = 3, 5, 6


def health(troubles: Sequence[Trouble]) -> str:
    """Tell what is wrong with the tools themselves, worst first."""
    if not troubles:
        return ""
    lines = [short(f"• {one.sentence[:1].upper()}{one.sentence[1:]}.{_todo(one.todo)}", 600) for one in troubles[:_FEW]]
    more = len(troubles) - _FEW
    lines += [f"• and {more} more"] if more > 0 else []
    bad = any(one.severity >= Severity.HIGH for one in troubles)
    return f"*{'What keeps backups from being made' if bad else 'To look at'}:*\n" + "\n".join(lines)


def _todo(todo: str) -> str:
    return f" *Do this:* {command(todo)}" if todo else ""


def gaps(seen: Seen) -> str:
    """Tell of the claims that no schedule of any tool saves, namespace by namespace."""
    found: dict[str, list[ClaimCover]] = {}
    for one in seen.bad:
        if not one.covered:
            found.setdefault(one.key[0], []).append(one)
    if not found:
        return ""
    total = sum(len(theirs) for theirs in found.values())
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    lines = [
        f"• {plain(space)}: {listing([plain(c.key[1]) for c in theirs], _FEW)}" for space, theirs in ordered[:_SPACES]
    ]
    lines += [f"• and {count(len(ordered) - _SPACES, 'other namespace')}"] if len(ordered) > _SPACES else []
    head = f"*No schedule saves the data of {count(total, 'claim')} in {count(len(found), 'namespace')}:*"
    return "\n".join([head, *lines])


def expiring(seen: Seen) -> str:
    """Tell of last good copies that go soon, before they do."""
    found = [(one, one.expiring) for one in seen.claims if one.expiring and one.expiring.expires]
    if not found:
        return ""
    ordered = sorted(found, key=lambda pair: (pair[1].expires or seen.now, pair[0].key))
    lines = [
        f"• {plain(one.title)}: its last copy {where(copy)} {expires(copy.expires, seen.now)}"
        for one, copy in ordered[:_FEW]
        if copy.expires
    ]
    lines += [f"• and {count(len(ordered) - _FEW, 'other claim')}"] if len(ordered) > _FEW else []
    todo = "*Do this:* make a new backup before that: `create_volume_backups`"
    return "\n".join(["*The last good copy goes soon, and nothing newer is good:*", *lines, todo])


def not_known(seen: Seen) -> str:
    """Say of which claims it is not known, and why; what the runner may not read is told with its rule."""
    if seen.unseen:
        return ""
    found: dict[tuple[str, str], list[str]] = {}
    for one in seen.unknown:
        found.setdefault((one.why, one.todo), []).append(plain(one.title))
    lines = [f"• {listing(names, _FEW)}: {plain(why, 300)}" for (why, _), names in list(found.items())[:_FEW]]
    lines += [f"• and {len(found) - _FEW} other reasons, in claims.csv"] if len(found) > _FEW else []
    lines += [f"*Do this:* {command(todo)}" for todo in dict.fromkeys(todo for _, todo in found) if todo]
    return "\n".join(["*Not known:*", *lines]) if found else ""


def near(seen: Seen) -> str:
    """Tell of the claims whose only good copies lie on the same storage."""
    found = [one for one in seen.claims if one.verdict is Verdict.FRESH and one.last_offsite is None]
    if not found:
        return ""
    has = "has" if len(found) == 1 else "have"
    names = listing([plain(one.title) for one in found], _FEW)
    return (
        f"*Only on the same storage:* {count(len(found), 'claim')} {has} snapshots and no copy off-site ({names}): "
        "what destroys the storage destroys both."
    )


def left_out(seen: Seen) -> str:
    """Count what is left out, by reason, so that nobody takes it for saved."""
    found: dict[str, list[str]] = {}
    for one in seen.having(Verdict.LEFT_OUT):
        found.setdefault(one.why, []).append(plain(one.title))
    if not found:
        return ""
    lines = [f"• {listing(names, _FEW)}: {why}" for why, names in list(found.items())[:_FEW]]
    lines += [f"• and {len(found) - _FEW} other reasons, in claims.csv"] if len(found) > _FEW else []
    return f"*Left out ({sum(map(len, found.values()))}):*\n" + "\n".join(lines)


def proven(seen: Seen) -> str:
    """Tell which claims a restore has proven."""
    wanted = [one for one in seen.wanted if one.last_good]
    if not wanted:
        return ""
    done = [one for one in wanted if one.proven]
    if not done:
        return (
            "No copy was ever restored to see: `verify_volume_backup` restores one into a claim of its own and looks."
        )
    newest = max(done, key=lambda one: one.proven or seen.now)
    return (
        f"Proven by a restore: {len(done)} of {count(len(wanted), 'claim')}, last {plain(newest.title)} "
        f"({ago(newest.proven, seen.now)})."
    )


def backups_table(seen: Seen) -> Sequence[Block]:
    """Show the newest backups; all are in the file."""
    if not seen.backups:
        return ()
    rows = tuple(
        (
            short(f"{plain(cover.backup.name, 60)}: {phase(cover.backup)}, {ago(cover.backup.when, seen.now)}", 120),
            short(of_backup(cover, seen.now), 200),
        )
        for cover in seen.backups[:_BACKUPS]
    )
    many = len(seen.backups) > _BACKUPS
    title = f"Backups (the newest {_BACKUPS} of {len(seen.backups)}, all in backups.csv)" if many else "Backups"
    return (Table(("backup", "holds the data of"), rows, title),)


def not_looked_at(unseen: Mapping[str, Unseen]) -> tuple[Block, ...]:
    """Say what could not be read, by its full name since several tools have backups, and the rules that let it be read."""
    if not unseen:
        return ()
    lines = [f"• {name}: {plain(one.why, 160)}" for name, one in sorted(unseen.items())]
    rules, commands = remedies(one.remedy for _, one in sorted(unseen.items()) if one.remedy)
    return (Text("*Not looked at, so not known:*\n" + "\n".join(lines)), *to_paste(rules), *to_run(commands))
