"""RBAC as text to apply: rules below comments that say what for, Roles and ClusterRoles with their bindings."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from robusta_volumes._model.kind import Kind
from robusta_volumes._model.rights import ACCOUNT, HOME

_GROUP = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Rule:
    """One RBAC rule, and the features that need it."""

    kind: Kind
    verbs: tuple[str, ...]
    why: tuple[str, ...]
    names: tuple[str, ...] = ()  # of objects; empty: all

    @property
    def as_data(self) -> dict[str, Any]:
        """Give it as a ClusterRole or Role holds it."""
        rule = {"apiGroups": [self.kind.group], "resources": [self.kind.plural], "verbs": list(self.verbs)}
        return {**rule, "resourceNames": list(self.names)} if self.names else rule


def rule_lines(rule: Rule) -> Iterator[str]:
    """Write one rule as YAML, below a comment that says which feature needs it."""
    yield from (f"# {why}" for why in rule.why)
    yield f"- apiGroups: {json.dumps([rule.kind.group])}"
    yield f"  resources: {json.dumps([rule.kind.plural])}"
    if rule.names:
        yield f"  resourceNames: {json.dumps(list(rule.names))}"
    yield f"  verbs: {json.dumps(list(rule.verbs))}"


def indented(lines: Iterable[str], by: int) -> str:
    """Write lines ``by`` spaces to the right."""
    return "\n".join(" " * by + line if line else "" for line in lines)


def role(name: str, namespace: str, rules: Sequence[Rule], account: str = ACCOUNT, home: str = HOME) -> str:
    """Write a Role and its RoleBinding for the runner's account, ready for kubectl apply."""
    return _pair("Role", name, namespace, rules, (home, account))


def cluster_role(name: str, rules: Sequence[Rule], account: str = ACCOUNT, home: str = HOME) -> str:
    """Write a ClusterRole and its ClusterRoleBinding: for what lies in no namespace, so that no Role can hold it."""
    return _pair("ClusterRole", name, "", rules, (home, account))


def _pair(kind: str, name: str, namespace: str, rules: Sequence[Rule], account: tuple[str, str]) -> str:
    body = indented((line for rule in rules for line in rule_lines(rule)), 0)
    where = f"  namespace: {namespace}\n" if namespace else ""
    labels = "  labels:\n    app.kubernetes.io/managed-by: robusta-volumes\n"
    head = f"apiVersion: {_GROUP}/v1\nkind: {{}}\nmetadata:\n  name: {name}\n{where}{labels}"
    binding = f"""roleRef:
  apiGroup: {_GROUP}
  kind: {kind}
  name: {name}
subjects:
- kind: ServiceAccount
  name: {account[1]}
  namespace: {account[0]}
"""
    return f"{head.format(kind)}rules:\n{body}\n---\n{head.format(kind + 'Binding')}{binding}"
