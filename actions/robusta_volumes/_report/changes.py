"""Pages about changes: the plan, why there is none, what the API server said to it, and how things are now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from robusta_volumes._analysis.decision import Change, Decision
from robusta_volumes._model.errors import ClusterError, NotAllowed, Unavailable
from robusta_volumes._model.needs import CHANGES
from robusta_volumes._model.rbac import Rule, cluster_role, role
from robusta_volumes._model.rights import account_in
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import plain
from robusta_volumes._report.page import Block, Button, Page, Subject, Table, Text
from robusta_volumes._report.pieces import TEXT_LIMIT, fix_lines, short
from robusta_volumes._report.refused import in_title, quote_of
from robusta_volumes._rules.rule import Fix

_TITLE = 220
_SURE = "Nothing was changed."


@dataclass(frozen=True)
class Act:
    """One run of one action, in words. ``params`` are those that repeat it, but for dry_run and force."""

    action: str
    subject: Subject
    params: Mapping[str, str]
    plan: str  # "grow claim shop/uploads from 100.0 GiB to 150.0 GiB"
    undone: str  # "Claim shop/uploads was not grown"
    go: str  # the button that carries it out
    where: str = ""  # the namespace where the change is made, if that is not the subject's


def plan_page(act: Act, found: Decision) -> Page:
    """Show what would be done, and how to have it done."""
    first, *notes = found.notes or ("",)
    by_hand = f", or by hand:\n```{found.command}```" if found.command else "."
    lines = [
        f"Nothing was changed yet. {first}".rstrip(),
        f"*Do this:* carry it out with `dry_run=false`{by_hand}",
        *(f"• {short(note, 400)}" for note in notes),
    ]
    button = Button(act.go, act.action, {**act.params, "dry_run": "false"})
    blocks: tuple[Block, ...] = (
        Text(short("\n".join(lines), TEXT_LIMIT)),
        change_table(found.changes),
        *not_sure(found),
        button,
    )
    return _page(act, f"Plan: {act.plan}", blocks, "plan", Severity.INFO)


def refused_page(act: Act, found: Decision) -> Page:
    """Say why it is not done, and what can be done instead."""
    first, *more = found.refusals
    text = f"{_SURE} {short(first.why, 600)}"
    blocks: list[Block] = [Text(f"{text}\n{fix_lines(first.fixes, TEXT_LIMIT - len(text) - 1)}")]
    for other in more:
        said = f"*Also: {short(other.says, 200)}.* {short(other.why, 400)}"
        blocks.append(Text(f"{said}\n{fix_lines(other.fixes, TEXT_LIMIT - len(said) - 1)}"))
    blocks += not_sure(found)
    if found.by_force:
        blocks.append(
            Button("Show the plan all the same", act.action, {**act.params, "dry_run": "true", "force": "true"})
        )
    return _page(act, f"{act.undone}: {first.says}", blocks, "refused", Severity.LOW)


def nothing_page(act: Act, says: str) -> Page:
    """Say that everything is as it was asked for already."""
    return _page(act, says, (Text("There is nothing to do."),), "nothing", Severity.INFO)


def failed_page(act: Act, error: ClusterError) -> Page:
    """Say what the API server answered instead of doing it."""
    if isinstance(error, NotAllowed):
        return _page(
            act, f"{act.undone}: the runner may not do it", _permission(act, error), "NotAllowed", Severity.LOW
        )
    sure = not isinstance(error, Unavailable)
    title = f"{act.undone}: {in_title(error)}" if sure else f"It is not known whether this was done: {act.plan}"
    text = f"{_said(error) if sure else plain(error.message, 300)}\n*Do this:* {short(error.remedy or 'look at it again.', 1500)}"
    return _page(act, title, (Text(text),), type(error).__name__, Severity.MEDIUM)


def _said(error: ClusterError) -> str:
    return f"{_SURE} {quote_of(error)}".rstrip()


def done_page(act: Act, title: str, changes: Sequence[Change], says: str, fixes: Sequence[Fix] = ()) -> Page:
    """Tell how it was before and how it is now."""
    todo = f"\n{fix_lines(fixes, TEXT_LIMIT - len(says) - 1)}" if fixes else ""
    table = (change_table(changes, "Before → now"),) if changes else ()
    return _page(act, title, (Text(f"{says}{todo}"), *table), "done", Severity.INFO)


def change_table(changes: Sequence[Change], title: str = "Now → then") -> Table:
    """Show each thing with both of its values."""
    return Table(("what", title), tuple((c.what, f"{c.before} → {c.after}") for c in changes), title)


def not_sure(found: Decision) -> tuple[Text, ...]:
    """Say what could not be looked at, what is therefore not known, and the rule that would let it be seen."""
    lines = [
        f"• {one.unseen.kind.plural}: {short(one.unseen.why, 160)}. Not known: {one.unknown}" for one in found.unsure
    ]
    rules = [one.unseen.remedy for one in found.unsure if one.unseen.remedy.startswith("- apiGroups")]
    if not lines:
        return ()
    text = "*Not looked at:*\n" + "\n".join(lines)
    if rules:
        fenced = "\n".join(dict.fromkeys(rules))
        text += f"\nTo see them, add to `runner.customClusterRoleRules`:\n```{fenced}```"
    return (Text(text),)


def _permission(act: Act, error: NotAllowed) -> tuple[Text, ...]:
    """Give the Role, or for what lies in no namespace the ClusterRole held to this one object, that would allow it."""
    change = next(c for c in CHANGES if c.action == act.action)
    home, account = account_in(error.message)
    kind = change.need.kind
    name = f"robusta-volumes-{change.need.allow}"
    why = (f"{change.need.feature} ({change.action})",)
    if kind.namespaced:
        namespace = act.where or act.subject.namespace
        text = role(name, namespace, [Rule(kind, change.need.verbs, why)], account, home)
        where = f"in namespace {plain(namespace)}"
    else:
        own = act.params["name"]
        text = cluster_role(name, [Rule(kind, change.need.verbs, why, (own,))], account, home)
        where = f"on volume {plain(own)}"
    says = f"{_SURE} It needs {' and '.join(change.need.verbs)} on {kind.plural} {where}: {plain(error.message, 200)}"
    return (Text(f"{says}\n*Do this:* apply it (`kubectl apply -f -`), then run it again:\n```{text}```"),)


def _page(act: Act, title: str, blocks: Sequence[Block], cause: str, severity: Severity) -> Page:
    return Page(
        title=short(title, _TITLE + 40),
        severity=severity,
        subject=act.subject,
        blocks=tuple(blocks),
        key="PersistentVolumeChange",
        causes=(act.action, cause),
        failure=severity > Severity.INFO,
    )
