"""The weekly message: what is open, new and fixed, what is not protected, what is wasted, and that the rest is well."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from robusta_volumes._analysis.assess import Assessment, Issue, tally
from robusta_volumes._analysis.claim_uses import Uses
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, listing
from robusta_volumes._model.times import ago
from robusta_volumes._model.use_words import full_on, how_full, is_full, title_of
from robusta_volumes._report.overview_lines import waste_line
from robusta_volumes._report.page import File, Page, Subject, Text
from robusta_volumes._report.pieces import MARK, issues_csv, not_looked_at, short

LINES = 20  # of the message: a week fits on a phone
_OPEN, _NEW, _FIXED, _NEXT = 5, 3, 3, 3  # named each; all are in the file
_NO_SNAPSHOT = "SF-02"


@dataclass(frozen=True)
class Before:
    """What the last digest said: the identities of the problems that were open, and when; None: this is the first one."""

    open: frozenset[str]
    titles: dict[str, str]
    when: datetime


def identity(issue: Issue) -> str:
    """Tell an issue from all others, also next week."""
    return "/".join((issue.rule.id, *issue.object))


@dataclass(frozen=True)
class Filling:
    """What is known of how claims fill up: ``uses``, or ``why`` nothing is."""

    uses: Uses | None = None
    why: str = "metrics were not asked"
    horizon: int = 14  # days


def digest_page(found: Assessment, see: Inventory, before: Before | None, filling: Filling) -> Page:
    """Write the digest: at most 20 lines, and a file with every problem."""
    problems = found.problems
    new, fixed = changes(problems, before, found.judged)
    lines = [_verdict(problems, new, fixed, before, see)]
    lines += [f"• {_mark(issue, new)}{short(issue.title, 160)} `{issue.rule.id}`" for issue in problems[:_OPEN]]
    if len(problems) > _OPEN:
        lines.append(f"• and {len(problems) - _OPEN} more in issues.csv")
    if fixed:
        lines.append(f"*Fixed:* {listing([short(title, 90) for title in fixed], _FIXED)}.")
    lines += [*_waste(found), *_unprotected(found, see), _fills_next(filling, see), _well(see, problems)]
    blocks: list[Text | File] = [Text("\n".join(lines[:LINES]))]
    if problems:
        blocks.append(issues_csv(problems, found.prices.currency if found.prices else ""))
    blocks += not_looked_at(found)
    return Page(
        title=_title(problems, new, fixed, see, before),
        severity=problems[0].severity if problems else Severity.INFO,
        subject=Subject("Cluster", see.cluster or "cluster"),
        blocks=tuple(blocks),
        key="VolumesDigest",
        causes=("digest", see.now.strftime("%G-W%V")),
        failure=False,
    )


def changes(
    problems: Sequence[Issue], before: Before | None, judged: Collection[str]
) -> tuple[frozenset[str], tuple[str, ...]]:
    """Give the identities that are new, and the titles of what is fixed.

    What could not be judged now is not fixed, nor is what only became something else: its object still has a problem.
    """
    if before is None:
        return frozenset(), ()
    now = {identity(issue) for issue in problems}
    still = {"/".join(issue.object) for issue in problems}
    gone = sorted(
        one for one in before.open - now if one.partition("/")[0] in judged and one.partition("/")[2] not in still
    )
    return frozenset(now - before.open), tuple(before.titles.get(one, one) for one in gone)


def _title(
    problems: Sequence[Issue], new: Collection[str], fixed: Collection[str], see: Inventory, before: Before | None
) -> str:
    if not problems:
        return f"Volumes this week: no problem open{_fixed_words(fixed)}, {count(len(see.claims), 'claim')}"
    news = f", {len(new)} new" if before else ""
    return f"Volumes this week: {count(len(problems), 'problem')} open{news}{_fixed_words(fixed)}"


def _fixed_words(fixed: Collection[str]) -> str:
    return f", {len(fixed)} fixed" if fixed else ""


def _verdict(
    problems: Sequence[Issue], new: Collection[str], fixed: Collection[str], before: Before | None, see: Inventory
) -> str:
    open_now = f"{tally(problems)} open" if problems else "Nothing is open"
    if before is None:
        return f"{open_now}. This is the first digest: the next one says what is new and what was fixed."
    since = f"since the last digest, {ago(before.when, see.now)}"
    return f"{open_now}; {len(new)} new and {len(fixed)} fixed {since}."


def _mark(issue: Issue, new: Collection[str]) -> str:
    return f"{MARK[issue.severity]}, new: " if identity(issue) in new else f"{MARK[issue.severity]}: "


def _waste(found: Assessment) -> list[str]:
    line = waste_line(found)
    return [f"*Waste:* {line}."] if line else []


def _unprotected(found: Assessment, see: Inventory) -> list[str]:
    """Say which claims have no recent snapshot; other kinds of backup are not looked at yet, and that is said."""
    if _NO_SNAPSHOT not in found.judged:
        return ["*Protection:* not known, snapshots could not be looked at."]
    lacking = [issue for issue in found.issues if issue.rule.id == _NO_SNAPSHOT]
    if not lacking:
        return []
    names = listing([issue.meta.title for issue in lacking], 3)
    claims = f"{len(lacking)} of {count(len(see.claims), 'claim')}"
    return [f"*No recent snapshot:* {claims}: {names} (backups of other tools are not looked at)."]


def _fills_next(filling: Filling, see: Inventory) -> str:
    """Say which claims are full, or will be within the horizon, and of how many that is known."""
    uses = filling.uses
    if uses is None:
        return f"*What fills next:* not known: {short(filling.why, 160)}."
    if not uses.coverage.measured:
        return "*What fills next:* not known: no metric tells how full the claims are."
    known = f"{uses.coverage.measured} of {count(uses.coverage.claims, 'claim')} measured"
    leads = [use for use in uses.by_claim.values() if use.leads and use.use is not None]
    full = [use for use in leads if is_full(use)]
    soon = [u for u in leads if u.full_in is not None and u.full_in <= filling.horizon and not is_full(u)]
    told = [f"{title_of(use)} is full ({how_full(use.use)})" for use in sorted(full, key=lambda use: use.key)]
    told += [f"{title_of(u)} {full_on(u, see.now)}" for u in sorted(soon, key=lambda u: (u.full_in or 0, u.key))]
    if not told:
        return f"*What fills next:* nothing within {filling.horizon} days ({known})."
    return f"*What fills next:* {listing(told, _NEXT)} ({known})."


def _well(see: Inventory, problems: Sequence[Issue]) -> str:
    bad = {issue.object for issue in problems}
    claims = sum(("PersistentVolumeClaim", *c.meta.key) not in bad for c in see.claims)
    volumes = sum(("PersistentVolume", "", v.meta.name) not in bad for v in see.volumes)
    return f"*Quietly well:* {claims} of {count(len(see.claims), 'claim')}, {volumes} of {count(len(see.volumes), 'volume')}."
