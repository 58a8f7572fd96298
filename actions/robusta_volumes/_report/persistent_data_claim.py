"""The report on the data of one claim: until when it lasts, why, what to do, and every figure."""

from collections.abc import Sequence

from robusta_volumes._analysis.assess import Issue
from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.kind import POD
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.target import Trigger
from robusta_volumes._model.text import count, listing, plain
from robusta_volumes._model.use_words import (
    day,
    full_on,
    held,
    how_full,
    interval,
    is_full,
    moment,
    percent,
    rate,
    since_changed,
    title_of,
)
from robusta_volumes._report.data_lines import UNTOLD, growth_words, pattern_words, pods_line
from robusta_volumes._report.data_plain import cost_of
from robusta_volumes._report.data_seen import INODES_TOLD, KEY, Row, Seen
from robusta_volumes._report.notices import remedy_text
from robusta_volumes._report.offers import offer_to_grow
from robusta_volumes._report.page import GROW, Block, Button, File, Page, Subject, Table, Text
from robusta_volumes._report.persistent_data import BLIND, gaps, method, next_steps
from robusta_volumes._report.pieces import TEXT_LIMIT, fix_lines, not_looked_at, short
from robusta_volumes._report.volume_contents import ACTION as CONTENTS

_FAR = 180  # days: further is not forecast
_MORE = 3  # other problems
_VALUE = 180
_UNMOUNTED, _UNREPORTED = "mounted by no pod", "reported by nobody"  # as `_analysis/claim_uses` says it


def claim_page(seen: Seen, pictures: Sequence[File] = ()) -> Page:
    """Write the report on the only claim of ``seen``."""
    row = seen.rows[0]
    issues = seen.issues_of.get(row.claim.meta.key, ())
    unmeasured = seen.measured is not None and row.use.use is None and not row.use.why_unknown
    unmeasured = unmeasured or (row.use.use is None and row.use.last is None and row.use.why_unknown == _UNREPORTED)
    blind = seen.failure is not None or unmeasured
    asked = seen.trigger is Trigger.MANUAL
    blocks: list[Block] = [Text(short(claim_verdict(row, seen), TEXT_LIMIT)), *_step(row, seen), *pictures]
    if asked:
        blocks.append(Table(("fact", "value"), _facts(row, seen), "Figures"))
    blocks += [Text(_in_two_lines(issue)) for issue in issues[1 : 1 + _MORE]]
    blocks += [*gaps(seen), *not_looked_at(seen.found)]
    if asked:
        blocks += method(seen)
    if row.grows_to:
        blocks += offer_to_grow(row.claim, row.grows_to, seen.see)
    if issues and row.use.use and row.use.use.used:
        params = {"name": row.claim.meta.name, "namespace": row.claim.meta.namespace, "dry_run": "true"}
        blocks.append(Button("What uses the space", CONTENTS, params))
    return Page(
        title=short(claim_title(row, seen), 240),
        severity=max((issue.severity for issue in issues), default=_without_issue(seen, blind=blind)),
        subject=seen.subject,
        blocks=tuple(blocks),
        key=KEY,
        causes=tuple(issue.rule.id for issue in issues) or (("blind",) if blind else ()),
        identity=issues[0].id if issues else "",
        failure=bool(issues) or seen.unjudged,
        noteworthy=bool(issues) or blind or seen.unjudged,
        knows=1 if row.use.history else 0,  # a size from its growth, not from a rule of thumb
    )


def _without_issue(seen: Seen, *, blind: bool) -> Severity:
    """Say how bad it is where no rule says it."""
    if seen.unjudged:
        return Severity.MEDIUM
    return Severity.LOW if blind else Severity.INFO


def _in_two_lines(issue: Issue) -> str:
    """Write another problem of the claim: its figures stand above."""
    todo = next((fix.text for fix in issue.hit.fixes), "")
    return f"*{short(issue.title, _VALUE)}*\n{short(todo[:1].upper() + todo[1:], 2 * _VALUE)}".rstrip()


def no_claims_page(subject: Subject, *, asked: bool) -> Page:
    """Say that an object has no claim, so no data that could be measured."""
    name = f"{plain(subject.namespace)}/{plain(subject.name)}" if subject.namespace else plain(subject.name)
    return Page(
        title=f"{subject.kind} {name} has no claim: there is no data to look at",
        severity=Severity.INFO,
        subject=subject,
        blocks=(Text("What is measured is what claims hold, while a pod mounts them."),),
        key=KEY,
        causes=("no claim",),
        failure=False,
        noteworthy=asked,
    )


def claim_title(row: Row, seen: Seen) -> str:
    """Say until when the claim lasts."""
    use, name = row.use, title_of(row.use)
    if seen.failure:
        return f"How full {name} is and will be is not known: {plain(seen.failure, 140)}"
    if seen.measured is None:
        return f"{name} has {gib(row.size)}; how full it is was not asked: metrics are off"
    if use.last and use.last.used and (use.use is None or use.use.share is None):
        return f"{name} is not measured now: {held(use.last)}"
    if use.use is None or use.use.share is None:
        why = f"it is {plain(use.why_unknown, 120)}" if use.why_unknown else "nothing measures it"
        return f"How full {name} is cannot be told: {why}"
    return _lasts(use, name, seen)


def _lasts(use: ClaimUse, name: str, seen: Seen) -> str:
    if is_full(use):
        return f"{name} is full: {how_full(use.use)}"
    ends = use.inodes_full_in
    if ends is not None and ends <= _FAR and (use.full_in is None or ends < use.full_in):
        taken = percent(use.use.inode_share if use.use else None)
        return f"{name} is out of inodes on {day(ends, seen.now)} if nothing changes ({taken} taken)"
    if use.full_in is not None and use.full_in <= _FAR:
        return f"{name} is full {full_on(use, seen.now)} if nothing changes"
    if use.pattern in UNTOLD:
        days = count(use.history, "day") if use.history else "none"
        why = (
            "its history is not known: no forecast"
            if seen.no_history
            else f"too little history for a forecast ({days})"
        )
        return f"{name}: {how_full(use.use)} used; {why}"
    issues = seen.issues_of.get(use.key, ())
    if issues:  # it has room; what is wrong with it is something else
        return f"{plain(issues[0].title, 200)} ({how_full(use.use)} used)"
    return f"{name}: {how_full(use.use)} used, not full within {_FAR} days"


def claim_verdict(row: Row, seen: Seen) -> str:
    """Say how full it is, how that changes, since when, and how its inodes are."""
    use = row.use
    if seen.failure:
        return f"{BLIND}\n{remedy_text(seen.failure, TEXT_LIMIT - 200)}"
    if seen.measured is None:
        return "What is used and how it grows is left out: `includeMetrics` is false."
    if use.use is None or use.use.share is None:
        return _last_known(row)
    change = since_changed(use, seen.now)
    parts = [f"{how_full(use.use)} used", growth_words(row), pattern_words(use), change]
    said = ", ".join(part for part in parts if part)
    return f"{said[:1].upper()}{said[1:]}. {_inodes(row, seen)}{_shared(row)}".rstrip() + pods_line(row, seen)


def _last_known(row: Row) -> str:
    if row.use.last and row.use.last.used:
        return "A volume is measured only while a pod mounts it. What it held then, it most likely still holds."
    if row.use.why_unknown == _UNMOUNTED:
        return "A volume is measured only while a pod mounts it; its last use of the last days is not known either."
    if row.use.why_unknown and row.use.why_unknown != _UNREPORTED:
        return "There is no forecast for it. Where its application has figures of its own, alert on those."
    return (
        "No `kubelet_volume_stats_*` of it was found: a volume is measured only while a pod mounts it.\n"
        "*Do this:* where a pod does, let Prometheus scrape the kubelet of its node (job `kubelet`)."
    )


def _inodes(row: Row, seen: Seen) -> str:
    share = row.use.use.inode_share if row.use.use else None
    if share is None:
        return ""
    if share < INODES_TOLD:
        return f"Inodes fine ({percent(share)})."
    ends = row.use.inodes_full_in
    return f"Inodes {percent(share)} taken{f', none left on {day(ends, seen.now)}' if ends is not None else ''}."


def _shared(row: Row) -> str:
    if not row.use.shared_with:
        return ""
    names = listing([plain("/".join(key), 60) for key in row.use.shared_with], 3)
    return f" It shares one filesystem with {names}: the figures are those of all together."


def _step(row: Row, seen: Seen) -> tuple[Block, ...]:
    soon = row.use.full_in is not None and row.use.full_in <= _FAR
    fixes = next_steps(row, seen) if soon or is_full(row.use) or row.claim.meta.key in seen.issues_of else ()
    return (Text(fix_lines(fixes), GROW),) if fixes else ()


def _facts(row: Row, seen: Seen) -> tuple[tuple[str, str], ...]:
    use, claim = row.use, row.claim
    now = use.use
    found = seen.see.storage_class.get(claim.class_name or "")
    expands = "" if found is None else ", can be expanded" if found.expandable else ", cannot be expanded"
    pods = [plain(pod.meta.name, 60) for pod in seen.see.pods_of.get(claim.meta.key, ())]
    cost = cost_of(row, seen)
    grows = rate(use.growth) if use.pattern not in UNTOLD else ""
    facts = [
        ("Size", f"requested {gib(claim.requested)}, provisioned {gib(row.size)}"),
        ("Used", f"{gib(now.used)} of {gib(now.usable)} usable ({percent(now.share)})" if now and now.usable else ""),
        ("Growth", f"{grows} ({count(use.history, 'day')} of history)" if grows else ""),
        ("In the last week", rate(use.growth_week) if grows and rate(use.growth_week) != grows else ""),
        ("Pattern", use.pattern if use.pattern not in UNTOLD else ""),
        ("Full", f"{moment(use.full_in, seen.now)}" if use.full_in is not None else ""),
        ("In four of five cases", interval(use, seen.now)),
        ("Peak", f"{gib(use.peak)} (99 % of the days are below)" if use.peak else ""),
        ("Sudden change", since_changed(use, seen.now)),
        ("Unchanged since", str(use.idle_since or "")),
        ("Size that fits", gib(use.target) if use.target else ""),
        ("Class", f"{plain(claim.class_name or 'none', 60)}{expands}"),
        ("Used by", listing(pods, 3) or ("unknown" if seen.see.lacks(POD) else "no pod")),
        ("Costs a month", f"{seen.prices.written(cost)} (an estimate)" if cost is not None else ""),
    ]
    return tuple((name, short(value, _VALUE)) for name, value in facts if value)
