"""Permissions as text to paste or apply: a fragment for Helm values, Roles with their bindings, and the page about them."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from robusta_volumes._cli.permissions_rules import (
    WIDE,
    cluster_rules,
    granted_rules,
    reading_rules,
    volume_rules,
)
from robusta_volumes._cli.reference_markdown import fence, page, table
from robusta_volumes._cli.values_chart import ALREADY_ALLOWED, CHART
from robusta_volumes._model.kind import in_a_role
from robusta_volumes._model.needs import CHANGES, LOOKS, NEEDS
from robusta_volumes._model.rbac import Rule, cluster_role, indented, role, rule_lines
from robusta_volumes._model.rights import ACCOUNT, HOME

PLACE = Path("docs/permissions.md")
_ALL = """# CAUTION: this lets the runner change EVERY PersistentVolume of the cluster: what becomes of its data, and whose it is.
# Volumes lie in no namespace, so no Role can allow less. With --volume NAME (repeatable) it holds for those only.
"""
_SOME = """# This lets the runner change what becomes of the data of the volumes that are named here, and whose they are.
"""


def rules_fragment(rules: Sequence[Rule], key: str = "customClusterRoleRules") -> str:
    """Write rules as Helm values."""
    body = indented((line for rule in rules for line in rule_lines(rule)), 2)
    return f"runner:\n  {key}:\n{body}\n"


def permissions(
    workflows: Collection[str] = (),
    namespaces: Sequence[str] = (),
    allow: Sequence[str] = (),
    account: str = ACCOUNT,
    home: str = HOME,
    volumes: Sequence[str] = (),
) -> str:
    """Give what is to be pasted or applied.

    Without namespaces the cluster rules, as Helm values; with namespaces Roles that read there, or with ``allow`` Roles
    that allow just that. What lies in no namespace is allowed by a ClusterRole, for ``volumes`` only when they are named.

    Raises ValueError: for unknown workflows and words, and when there is nothing to allow.
    """
    unknown = [w for w in workflows if w not in NEEDS]
    if unknown:
        raise ValueError(f"there is no workflow {unknown[0]}; there are: {', '.join(NEEDS)}")
    wide, narrow = [w for w in allow if w in WIDE], [w for w in allow if w not in WIDE]
    if volumes and not wide:
        raise ValueError(f"--volume names what --allow {WIDE[0]} is held to: give both")
    if narrow and not namespaces:
        raise ValueError("--allow wants a namespace (-n): what writes is never allowed for the whole cluster")
    if wide and not narrow and namespaces:
        raise ValueError(f"--allow {wide[0]} knows no namespace, volumes lie in none: hold it to some with --volume")
    parts = [changing_volumes(volumes, account, home)] if wide else []
    if not namespaces:
        return parts[0] if parts else rules_fragment(cluster_rules(workflows))
    rules = granted_rules(narrow, workflows) if narrow else reading_rules(workflows)
    if not rules:
        raise ValueError(f"nothing that {', '.join(workflows or NEEDS)} does needs {', '.join(narrow)}")
    name = "robusta-volumes-" + ("-".join(narrow) if narrow else "read")
    parts += [role(name, namespace, rules, account, home) for namespace in namespaces]
    return "---\n".join(parts)


def changing_volumes(names: Sequence[str] = (), account: str = ACCOUNT, home: str = HOME) -> str:
    """Write the ClusterRole that lets the runner change volumes, below a warning that says how much that is."""
    return (_SOME if names else _ALL) + cluster_role("robusta-volumes-change", volume_rules(names), account, home)


_INTRO = """Reports of robusta-volumes read; the one thing that they write is their own memory, a ConfigMap in Robusta's
namespace. Reading rules go for the whole cluster into `runner.customClusterRoleRules` of the Robusta chart. What writes is never
among them: it is allowed by Roles, namespace by namespace, and only when you [ask for it](#what-changes-something). Each
rule may be left out; then the report says what it could not look at, and which rule would let it."""
_CHANGES = """## What changes something

Some actions change something, and only when a person runs them; `pvc_snapshot_schedule` does what your `schedules` say, and
without one nothing. Without these permissions they still show the plan, and what you can do yourself. The stock chart lets the
runner change claims and volumes of the whole cluster already; [helm-values/with-writing.yaml](../helm-values/with-writing.yaml)
takes that away, so that only what follows is allowed.

To grow claims, a Role per namespace:

```sh
python -m robusta_volumes._cli permissions -n shop -n db --allow expand | kubectl apply -f -
```

To take snapshots and to delete our own old ones, a Role in each namespace that a schedule covers:

```sh
python -m robusta_volumes._cli permissions -n shop -n db --allow snapshots | kubectl apply -f -
```

To restore snapshots into new claims, a Role in each namespace where that may happen:

```sh
python -m robusta_volumes._cli permissions -n shop --allow restore | kubectl apply -f -
```

To let the data report look what pods with full or failing volumes say of their disks, a Role in each namespace where it may.
It changes nothing, but a log can hold more than that; of a log only words such as "No space left on device" are ever told:

```sh
python -m robusta_volumes._cli permissions -n shop -n db --allow logs | kubectl apply -f -
```

To look at a volume's I/O without metrics, a Role in each namespace where a command may run in pods for it (`probe_volume_io`). It
reads the kernel's counters; RBAC cannot allow one command alone. Where pods have no shell, node_exporter tells: a Role where it
runs. Whoever has that can read from every port of the pods there:

```sh
python -m robusta_volumes._cli permissions -n shop -n db --allow probe | kubectl apply -f -
python -m robusta_volumes._cli permissions -n monitoring --allow exporter | kubectl apply -f -
```

To let the backup report read the volume policies that Velero's backups name, where the chart's own rule for ConfigMaps was
taken away. A Role in Velero's namespace; without it, claims that such a policy decides about are not known:

```sh
python -m robusta_volumes._cli permissions -n velero --allow backup-policies | kubectl apply -f -
```

With `readVolumeInfos: true` the tick `volume_backup_freshness` asks Velero which claims it snapshotted without moving their
data. It makes a DownloadRequest, reads the answer and takes the request back; no backup is changed by it. Whoever may make
such requests can read every file of every backup, though: a Role in Velero's namespace, for those who want it:

```sh
python -m robusta_volumes._cli permissions -n velero --allow backup-lists | kubectl apply -f -
```

Volumes lie in no namespace, so that changing one takes a ClusterRole. **It is the only rule of ours that writes beyond a
namespace.** It allows `patch` on volumes and nothing else, it is in no values file, and you can hold it to volumes by name.
Whoever may patch a volume decides whose data it is: give it for as long as it is needed.

```sh
python -m robusta_volumes._cli permissions --allow volumes --volume pvc-ledger-2024 | kubectl apply -f -
```

Without `--volume` it holds for every volume of the cluster:"""
_NAMESPACES = """## Some namespaces only

The chart knows no runner that is bound to namespaces: it always binds its ClusterRole to the whole cluster. Where your
platform replaces that binding, give the runner these Roles:

```sh
python -m robusta_volumes._cli permissions -n shop -n db | kubectl apply -f -
```

and name the same namespaces in `globalConfig.workflows.persistentVolumeWorkflows.persistentVolumeActions.namespaces`.
What is about the whole cluster cannot be allowed by a Role, and is then named under "Not looked at" in each report:"""
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
    lost = [(f"`{r.kind.resource}`", "; ".join(r.why)) for r in rules if not in_a_role(r.kind)]
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
            _CHANGES + "\n\n" + _change_table() + "\n\n" + fence(changing_volumes(), "yaml"),
            _NAMESPACES + "\n\n" + table(("resource", "what is lost"), lost),
            _READ_ONLY + "\n\n" + fence(own, "yaml"),
        ).encode()
    }


def _change_table() -> str:
    rows = [
        (f"`{c.action}`", f"`{c.need.allow}`", ", ".join(c.need.verbs), f"`{c.need.kind.resource}`")
        for c in (*CHANGES, *LOOKS)
    ]
    return table(("action", "--allow", "verbs", "resource"), rows)
