"""What somebody who uninstalls us is told: what is still there, what it holds, how to remove it."""

from collections.abc import Mapping, Sequence

from robusta_volumes._model import kind as k
from robusta_volumes._model.kind import Kind
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import count, plain, quoted
from robusta_volumes._model.volume import Meta
from robusta_volumes._report.page import Block, Page, Subject, Table, Text, csv_file
from robusta_volumes._report.rights import remedies, to_paste, to_run

_SHOWN = 15
# What to know before an object of this kind is removed; the others hold nothing that anybody misses.
_KNOW = {
    k.SNAPSHOT: "destroys restore points",
    k.SNAPSHOT_CONTENT: "destroys restore points",
    k.CLAIM: "destroys data",
    k.VELERO_SCHEDULE: "until then Velero makes backups without us; afterwards nothing does",
    k.VELERO_RESTORE: "what they brought back stays",
    k.VELERO_BACKUP: "destroys backups, here and off-site",
}
_BY_VELERO = (k.VELERO_BACKUP,)


def leftovers_page(
    found: Sequence[tuple[Kind, Meta]], unseen: Mapping[str, tuple[str, str]], cluster: str, label: str
) -> Page:
    """List what carries our label; ``unseen`` holds by resource why it could not be listed, and the remedy."""
    blocks: list[Block] = []
    if found:
        rows = [(kind.name, meta.title) for kind, meta in found]
        more = f" ({_SHOWN} of {len(rows)}, all in leftovers.csv)" if len(rows) > _SHOWN else ""
        blocks.append(Table(("kind", "object"), tuple(rows[:_SHOWN]), f"Ours{more}"))
        blocks.append(Text(_remove(found, label)))
        blocks.append(
            csv_file(
                "leftovers.csv", ("kind", "namespace", "name"), [(kind.name, m.namespace, m.name) for kind, m in found]
            )
        )
    if unseen:
        lines = [f"• {name}: {plain(why, 160)}" for name, (why, _) in sorted(unseen.items())]
        blocks.append(Text("*Not looked at:*\n" + "\n".join(lines)))
        rules, commands = remedies(remedy for _, (_, remedy) in sorted(unseen.items()))
        blocks += [*to_paste(rules), *to_run(commands)]
    title = (
        f"{count(len(found), 'object')} of robusta-volumes in the cluster"
        if found
        else "Nothing of robusta-volumes is left"
    )
    if unseen:
        title += ", as far as could be seen"
    blocks = blocks or [Text(f"No object carries the label `{label}`.")]
    return Page(
        title=title,
        severity=Severity.INFO,
        subject=Subject("Cluster", cluster or "cluster"),
        blocks=tuple(blocks),
        key="RobustaVolumesLeftovers",
        failure=False,
    )


def _remove(found: Sequence[tuple[Kind, Meta]], label: str) -> str:
    lines = []
    for kind in dict.fromkeys(kind for kind, _ in found):
        know = f" *({_KNOW[kind]})*" if kind in _KNOW else ""
        stay = "Backups can stay: they need nothing of ours, and each goes at its time. " if kind in _BY_VELERO else ""
        command = _by_velero(found, label) if kind in _BY_VELERO else _by_kubectl(kind, label)
        lines.append(f"{stay}Remove {kind.plural}{know}:\n```{command}```")
    return "*Do this* when nobody needs them any more:\n" + "\n".join(lines)


def _by_kubectl(kind: Kind, label: str) -> str:
    where = " --all-namespaces" if kind.namespaced else ""
    return f"kubectl delete {kind.resource}{where} -l {quoted(label)}"


def _by_velero(found: Sequence[tuple[Kind, Meta]], label: str) -> str:
    """Ask Velero: of a Backup that is deleted itself the data would stay, and the object would come back."""
    homes = dict.fromkeys(meta.namespace for kind, meta in found if kind in _BY_VELERO)
    return "\n".join(f"velero -n {quoted(home)} backup delete --selector {quoted(label)}" for home in homes)
