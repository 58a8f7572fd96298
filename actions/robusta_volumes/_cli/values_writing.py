"""The commands that allow what changes something, word by word, from the same table as the rules."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from robusta_volumes._cli.permissions_rules import Needs, writes
from robusta_volumes._cluster.backups import USUAL
from robusta_volumes._model.backup_settings import VERIFY
from robusta_volumes._model.needs import CHANGES, NEEDS, Change, Need
from robusta_volumes._model.rights import HOME, role_command

SHOWN = "shop"  # the namespace in examples
# What is not done where claims are: with Velero, and where backups are tested (`verify.namespace`).
PLACES = {
    "backups": USUAL,
    "backup-restore": USUAL,
    "backup-test": USUAL,
    "test-namespace": VERIFY.namespace,
    "exporter": "monitoring",
    "benchmark": HOME,  # where its claim is made when nobody says where
}


@dataclass(frozen=True)
class Allowance:
    """A word for ``--allow``: what becomes possible, and the command. What lies in a namespace is allowed in that one only."""

    word: str
    features: tuple[str, ...]
    namespaced: bool

    @property
    def place(self) -> str:
        """The namespace that the example names."""
        return PLACES.get(self.word, SHOWN)

    @property
    def command(self) -> str:
        """Give the command with a namespace, or the name of an object, to be replaced."""
        if self.namespaced:
            return role_command([self.place], [self.word])
        return role_command((), [self.word]).replace(" | ", " --volume NAME | ")


def allowances(changes: Iterable[Change] = CHANGES, needs: Needs = NEEDS) -> tuple[Allowance, ...]:
    """List the words for all that writes, but for what stays in Robusta's own namespace."""
    found: dict[str, Allowance] = {}
    for need in _writing(changes, needs):
        old = found.get(need.allow, Allowance(need.allow, (), need.kind.namespaced))
        features = tuple(dict.fromkeys((*old.features, need.feature)))
        found[need.allow] = Allowance(need.allow, features, old.namespaced and need.kind.namespaced)
    return tuple(found.values())


def comment(given: Sequence[Allowance]) -> str:
    """Write the commands as comments for a values file, what each allows above it."""
    lines = []
    for one in given:
        where = f"in namespace {one.place}" if one.namespaced else "for volumes that you name: they lie in no namespace"
        lines.append(f"# {'; '.join(one.features)} ({where}):")
        lines.append(f"#   {one.command}")
    return "\n".join(lines)


def _writing(changes: Iterable[Change], needs: Needs) -> Iterator[Need]:
    yield from (change.need for change in changes)
    yield from (need for wanted in needs.values() for need in wanted if writes(need) and not need.own)
