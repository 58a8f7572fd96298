"""What the watch over backups says: a namespace whose claims lack a good copy, that it is over, and that nothing can be seen."""

from collections.abc import Collection, Sequence
from datetime import datetime

from robusta_volumes._analysis.backup_cover import ClaimCover
from robusta_volumes._analysis.backup_health import Trouble
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.inventory import Unseen
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, listing, plain
from robusta_volumes._model.times import span
from robusta_volumes._report import notices
from robusta_volumes._report.page import Block, Page, Subject, Table, Text
from robusta_volumes._report.pieces import TEXT_LIMIT, short
from robusta_volumes._report.volume_backups import bad_table, ways_out
from robusta_volumes._report.volume_backups_files import claims_csv
from robusta_volumes._report.volume_backups_more import not_looked_at
from robusta_volumes._report.volume_backups_words import command, expires, last_good, where

KEY = "VolumeBackups"
_OVER, _SPACES, _CAUSES = 6, 10, 2


def namespace_page(
    namespace: str, claims: Sequence[ClaimCover], names: Collection[str], causes: Sequence[Trouble], now: datetime
) -> Page:
    """Tell which of the claims of a namespace, those of these names, lack a good copy, why, and what to do."""
    bad = [one for one in claims if one.verdict.bad and one.key[1] in names]
    going = [one for one in claims if one.expiring and not one.verdict.bad and one.key[1] in names]
    texts = (_causes(causes), _todo(bad), _going(going, now))
    return Page(
        title=short(_title(namespace, claims, bad, going, now), 240),
        severity=Severity.HIGH if bad else Severity.MEDIUM,
        subject=Subject("Namespace", namespace, namespace),
        blocks=(
            *bad_table(bad, now),
            *(Text(short(text, TEXT_LIMIT)) for text in texts if text),
            claims_csv([*bad, *going], now),
        ),
        key=KEY,
        identity=f"freshness/{namespace}",
    )


def _title(
    namespace: str,
    claims: Sequence[ClaimCover],
    bad: Sequence[ClaimCover],
    going: Sequence[ClaimCover],
    now: datetime,
) -> str:
    if len(bad) == 1:
        one = bad[0]
        good = one.last_good
        age = (
            f"the last one, {where(good)}, is {span(now - good.cut_at)} old"
            if good and good.cut_at
            else "it was never saved"
        )
        return f"Claim {plain(one.title)} has no good copy within {span(one.within)}: {age}"
    if bad:
        return f"{len(bad)} of {count(len(claims), 'claim')} in namespace {plain(namespace)} have no good copy that is new enough"
    if len(going) == 1 and going[0].expiring and going[0].expiring.expires:
        goes = expires(going[0].expiring.expires, now)
        return f"The last good copy of {plain(going[0].title)} {goes}, and nothing newer is good"
    return f"The last good copies of {count(len(going), 'claim')} in namespace {plain(namespace)} expire soon"


def _todo(bad: Sequence[ClaimCover]) -> str:
    lines = [f"{'• ' if number else '*Do this:* '}{line}" for number, line in enumerate(ways_out(bad))]
    return "\n".join(lines)


def _going(going: Sequence[ClaimCover], now: datetime) -> str:
    lines = [
        f"• {plain(one.title)}: its last copy {where(one.expiring)} {expires(one.expiring.expires, now)}"
        for one in going[:_SPACES]
        if one.expiring and one.expiring.expires
    ]
    if not lines:
        return ""
    return "\n".join(["*Expires before it is replaced:*", *lines, "*Do this:* run `create_volume_backups` before that"])


def _causes(causes: Sequence[Trouble]) -> str:
    """Name what keeps backups from being made, where it is known: it is the cause more often than not."""
    lines = [f"• {one.sentence[:1].upper()}{one.sentence[1:]}." + _do(one.todo) for one in causes[:_CAUSES]]
    return "\n".join(["*What keeps backups from being made:*", *lines]) if lines else ""


def _do(todo: str) -> str:
    return f" *Do this:* {command(todo)}" if todo else ""


def well_page(namespace: str, names: Sequence[str], claims: Sequence[ClaimCover], now: datetime) -> Page:
    """Tell that every claim of a namespace has a good copy again."""
    there = {one.key[1]: one for one in claims}
    said = [
        f"{plain(name)} ({last_good(there[name], now) if name in there else 'the claim is gone'})" for name in names
    ]
    return Page(
        title=f"[RESOLVED] Backups of namespace {plain(namespace)}: no claim lacks a good copy any more",
        severity=Severity.INFO,
        subject=Subject("Namespace", namespace, namespace),
        blocks=(Text(short(f"Over for {listing(said, _OVER)}.", TEXT_LIMIT)),),
        key=KEY,
        identity=f"freshness/{namespace}",
        failure=False,
    )


def many_page(claims: Sequence[ClaimCover], causes: Sequence[Trouble], cluster: str, now: datetime) -> Page:
    """Tell of many namespaces at once: that has one cause, and is one message."""
    bad = [one for one in claims if one.verdict.bad or one.expires_soon]
    spaces: dict[str, list[ClaimCover]] = {}
    for one in bad:
        spaces.setdefault(one.key[0], []).append(one)
    ordered = sorted(spaces.items(), key=lambda item: (-len(item[1]), item[0]))
    rows = tuple(
        (short(plain(space), 44), f"{len(theirs)}: {listing([plain(c.key[1]) for c in theirs], 3)}")
        for space, theirs in ordered[:_SPACES]
    )
    title = f"Namespaces ({_SPACES} of {len(ordered)}, all in claims.csv)" if len(ordered) > _SPACES else ""
    blocks: list[Block] = [Text(text) for text in (_causes(causes),) if text]
    blocks += [Table(("namespace", "claims without"), rows, title), Text(short(_todo(bad), TEXT_LIMIT))]
    return Page(
        title=f"{count(len(bad), 'claim')} in {len(ordered)} namespaces have no good copy that is new enough",
        severity=Severity.HIGH,
        subject=Subject("Cluster", cluster or "cluster"),
        blocks=(*blocks, claims_csv(bad, now)),
        key=KEY,
        identity="freshness",
    )


def many_over_page(cluster: str) -> Page:
    """Tell that no namespace has such claims any more."""
    return _over(
        "No claim lacks a good copy any more", "Every claim that lacked one has it again.", "freshness", cluster
    )


def dark_page(unseen: Sequence[Unseen], claims: int, cluster: str) -> Page:
    """Tell that nobody can tell, why, and the rule that lets it be told."""
    kinds = listing([one.kind.resource for one in unseen], 3)
    whose = "1 claim has" if claims == 1 else f"{count(claims, 'claim')} have"
    says = "What is not seen is neither good nor missing: nothing is said of these claims until it can be read."
    return Page(
        title=short(f"Whether {whose} a good copy cannot be told: {kinds} cannot be read", 240),
        severity=Severity.MEDIUM,
        subject=Subject("Cluster", cluster or "cluster"),
        blocks=(Text(says), *not_looked_at({one.kind.resource: one for one in unseen})),
        key=KEY,
        identity="dark",
    )


def light_page(cluster: str) -> Page:
    """Tell that it can be told again."""
    return _over("Whether claims have a good copy can be told again", "All of it can be read again.", "dark", cluster)


def tool_page(cluster: str) -> Page:
    """Tell that a tool that makes backups is there now."""
    says = "Claims are watched from now on."
    return _over("This cluster has a tool that makes backups", says, "no backup tool", cluster)


def blind_page(error: ClusterError, cluster: str) -> Page:
    """Tell that backups are not watched, and why."""
    says = "Nobody watches whether claims have a good copy until this is repaired; then it goes on by itself."
    return notices.blind_page(error, "Looking at backups", says, KEY, "watch", cluster)


def sighted_page(cluster: str) -> Page:
    """Tell that backups are watched again."""
    return _over(
        "Looking at backups works again", "Whether claims have a good copy is watched again.", "watch", cluster
    )


def _over(title: str, says: str, identity: str, cluster: str) -> Page:
    return notices.over_page(title, says, KEY, identity, cluster)
