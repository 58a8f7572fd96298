"""Which claims are to be backed up by the settings, and why each other one is not. Pure."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from robusta_volumes._analysis.backup_optout import has_opted_out, reason_of
from robusta_volumes._model.backup_settings import VolumeBackupManagement
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.label_selector import LabelTest, parse_labels
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Claim

SYSTEM = "kube-system"


class Selection:
    """The choice that the settings make. ``home_namespace`` is Robusta's own."""

    def __init__(self, settings: VolumeBackupManagement, home_namespace: str) -> None:
        """Read the selector once."""
        self.settings = settings
        self.tests: list[LabelTest] = parse_labels(settings.selector)
        self.system = {SYSTEM, home_namespace, settings.verify.namespace}

    def wanted(self, see: Inventory) -> tuple[Claim, ...]:
        """List the claims that are to be backed up."""
        return tuple(claim for claim in see.claims if not self.left_out(claim))

    def left_out(self, claim: Claim) -> str:
        """Say why a claim is not to be backed up; "" when it is."""
        about = claim.meta
        if has_opted_out(claim):
            return f"left out by its annotation: {reason_of(claim)}"
        if about.namespace in self.system and not self._named(about.namespace):
            return f"namespace {plain(about.namespace)} is left out unless it is named"
        if about.deleted:
            return "it is being deleted"
        if claim.phase == "Pending":
            return "it is Pending: there is no data yet"
        if about.owner and about.owner[0] == "Pod":
            return "it lives and goes with its pod"
        return "" if self._chosen(claim) else "the settings do not choose it"

    def _named(self, namespace: str) -> bool:
        """Tell whether the settings name a namespace letter by letter: a pattern does not mean the system's."""
        return namespace in self.settings.namespaces

    def _chosen(self, claim: Claim) -> bool:
        wanted, about = self.settings, claim.meta
        return (
            _any(wanted.namespaces, about.namespace)
            and not (wanted.exclude_namespaces and _any(wanted.exclude_namespaces, about.namespace))
            and _any(wanted.claims, about.name, about.title)
            and _any(wanted.storage_classes, claim.class_name or "")
            and all(test(about.labels) for test in self.tests)
        )


def _any(patterns: Sequence[str], *names: str) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns for name in names)
