"""Permissions as text to paste or apply: a fragment for Helm values, Roles with their bindings, and the page about them."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from robusta_volumes._cli.permissions_rules import Rule, cluster_rules, granted_rules, reading_rules
from robusta_volumes._cli.reference_markdown import fence, page, table
from robusta_volumes._cli.values_chart import ALREADY_ALLOWED, CHART
from robusta_volumes._model.needs import NEEDS
from robusta_volumes._model.rights import ACCOUNT, HOME

PLACE = Path("docs/permissions.md")


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


def rules_fragment(rules: Sequence[Rule], key: str = "customClusterRoleRules") -> str:
    """Write rules as Helm values."""
    body = indented((line for rule in rules for line in rule_lines(rule)), 2)
    return f"runner:\n  {key}:\n{body}\n"


def role(name: str, namespace: str, rules: Sequence[Rule], account: str = ACCOUNT, home: str = HOME) -> str:
    """Write a Role and its RoleBinding for the runner's account, ready for kubectl apply."""
    body = indented((line for rule in rules for line in rule_lines(rule)), 0)
    labels = "  labels:\n    app.kubernetes.io/managed-by: robusta-volumes\n"
    head = (
        f"apiVersion: rbac.authorization.k8s.io/v1\nkind: {{}}\nmetadata:\n  name: {name}\n  namespace: {namespace}\n"
    )
    binding = f"""roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {name}
subjects:
- kind: ServiceAccount
  name: {account}
  namespace: {home}
"""
    return f"{head.format('Role')}{labels}rules:\n{body}\n---\n{head.format('RoleBinding')}{labels}{binding}"


def permissions(
    workflows: Collection[str] = (),
    namespaces: Sequence[str] = (),
    allow: Sequence[str] = (),
    account: str = ACCOUNT,
    home: str = HOME,
) -> str:
    """Give what is to be pasted or applied.

    Without namespaces the cluster rules, as Helm values; with namespaces Roles that read there, or with ``allow`` Roles
    that allow just that.

    Raises ValueError: for unknown workflows and words, and when there is nothing to allow.
    """
    unknown = [w for w in workflows if w not in NEEDS]
    if unknown:
        raise ValueError(f"there is no workflow {unknown[0]}; there are: {', '.join(NEEDS)}")
    if allow and not namespaces:
        raise ValueError("--allow wants a namespace (-n): what writes is never allowed for the whole cluster")
    if not namespaces:
        return rules_fragment(cluster_rules(workflows))
    rules = granted_rules(allow, workflows) if allow else reading_rules(workflows)
    if not rules:
        raise ValueError(f"nothing that {', '.join(workflows or NEEDS)} does needs {', '.join(allow)}")
    name = "robusta-volumes-" + ("-".join(allow) if allow else "read")
    return "---\n".join(role(name, namespace, rules, account, home) for namespace in namespaces)


_INTRO = """robusta-volumes reads; the one thing that it writes is its own memory, a ConfigMap in Robusta's namespace.
Reading rules go for the whole cluster into `runner.customClusterRoleRules` of the Robusta chart. What writes would never
be among them: it is allowed by Roles, namespace by namespace. Each rule may be left out; then the report says what it could
not look at, and which rule would let it."""
_NAMESPACES = """## Some namespaces only

The chart knows no runner that is bound to namespaces: it always binds its ClusterRole to the whole cluster. Where your
platform replaces that binding, give the runner these Roles:

```sh
python -m robusta_volumes._cli permissions -n shop -n db | kubectl apply -f -
```

and name the same namespaces in `globalConfig.workflows.persistentVolumeWorkflows.persistentVolumeActions.namespaces`.
What lies in no namespace cannot be allowed by a Role, and is then named under "Not looked at" in each report:"""
_READ_ONLY = """## Robusta's own read-only mode

`runner.overrideClusterRoles` replaces all of the chart's rules and makes it ignore `runner.customClusterRoleRules`, so ours
must stand there: [helm-values/read-only.yaml](../helm-values/read-only.yaml) holds both. All reports stay complete. What is
lost is writing ConfigMaps in Robusta's namespace, and with it the memory of what was announced (a report may then be repeated
after a restart) and Robusta's own scheduler: the runner does not even start when it can neither find nor make the ConfigMap
`scheduled-jobs`. One Role gives back just these two; apply it before the upgrade:

```sh
python -m robusta_volumes._cli permissions -n robusta --allow state,scheduler | kubectl apply -f -
```"""


def permissions_page(root: Path) -> Mapping[Path, bytes]:  # noqa: ARG001 (every page gets the root)
    """Write the page from the needs."""
    rules = cluster_rules()
    rows = [
        (
            f"`{rule.kind.resource}`",
            ", ".join(rule.verbs),
            "; ".join(rule.why),
            "yes" if rule.kind.resource in ALREADY_ALLOWED else "no",
        )
        for rule in rules
    ]
    headers = ("resource", "verbs", "what for (workflow)", f"chart of {CHART} allows it already")
    lost = [(f"`{r.kind.resource}`", "; ".join(r.why)) for r in rules if not r.kind.namespaced]
    own = permissions(namespaces=[HOME], allow=["state", "scheduler"])
    return {
        PLACE: page(
            "Permissions",
            _INTRO,
            "## For the whole cluster\n\nReading only: `get`, `list`.\n\n" + table(headers, rows),
            "To paste (also in [helm-values/rbac.yaml](../helm-values/rbac.yaml)):\n\n"
            + fence(rules_fragment(rules), "yaml"),
            "## In Robusta's namespace\n\nThe ConfigMap `robusta-volumes-state`. The chart allows this already: reading "
            "and patching by its ClusterRole, creating by the Role in its own namespace.",
            _NAMESPACES + "\n\n" + table(("resource", "what is lost"), lost),
            _READ_ONLY + "\n\n" + fence(own, "yaml"),
        ).encode()
    }
