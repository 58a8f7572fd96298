"""Where a permission lacks: the rules to paste and the commands to run, each once."""

from collections.abc import Iterable, Sequence

from robusta_volumes._report.page import File, Text
from robusta_volumes._report.pieces import TEXT_LIMIT, short

_RULE = "- apiGroups"


def remedies(given: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Take the remedies of refusals apart: the rules for the ClusterRole, and the commands that make Roles."""
    several = tuple(given)
    rules = [remedy[remedy.index(_RULE) :] for remedy in several if _RULE in remedy]
    commands = [remedy.partition("\n")[2] for remedy in several if _RULE not in remedy]
    return tuple(dict.fromkeys(rules)), tuple(dict.fromkeys(command for command in commands if command))


def to_paste(rules: Sequence[str]) -> tuple[Text | File, ...]:
    """Show the rules that belong into the ClusterRole; as a file when they are many."""
    if not rules:
        return ()
    text = "\n".join(rules)
    where = "*Do this:* add to `runner.customClusterRoleRules` in Robusta's Helm values:"
    if len(text) < TEXT_LIMIT - 200:
        return (Text(f"{where}\n```{text}```"),)
    return Text(f"{where.rstrip(':')} what permissions.yaml holds."), File("permissions.yaml", f"{text}\n".encode())


def to_run(commands: Sequence[str]) -> tuple[Text, ...]:
    """Show the commands; what writes, and what reads in some namespaces only, is allowed by Roles there."""
    if not commands:
        return ()
    text = short("\n".join(commands), TEXT_LIMIT - 200)
    return (Text(f"*Do this:* run, where the package and its extra `cli` are installed:\n```{text}```"),)
