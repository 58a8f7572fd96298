"""The claims of a backup as rows: how each is saved or what became of it, and the ways out of what is wrong, each once."""

from collections.abc import Sequence

from robusta_volumes._analysis.backup_preflight import BackupPlan
from robusta_volumes._analysis.backup_runs import BackupCover
from robusta_volumes._model.backup import Proof
from robusta_volumes._model.quantity import gib
from robusta_volumes._model.text import count, plain
from robusta_volumes._report.pieces import short

IN_IT, NOT_KNOWN = "in it", "not known"
Row = tuple[str, str, str]  # the claim, what is said of it, what to do; "" for what is well


def plan_rows(plan: BackupPlan) -> list[Row]:
    """Write the claims of a plan: how each is saved, or why not and what to do."""
    saved = [(claim.meta.title, f"{how.method}, {gib(claim.capacity)}", "") for claim, how in plan.claims if how.method]
    return [(claim.meta.title, how.why, how.todo or " ") for claim, how in plan.not_saved] + saved


def cover_rows(plan: BackupPlan, cover: BackupCover) -> list[Row]:
    """Write what became of the claims that a backup was for; the third part is "" for what is well or under way."""
    missing = {one.key: one for one in cover.missing}
    rows: list[Row] = []
    for claim, how in plan.claims:
        one = missing.get(claim.meta.key)
        if one is None and how.method:
            where = "on the same storage" if how.method == "snapshot" else "off-site"
            rows.append((claim.meta.title, f"{IN_IT}, {where} ({how.method})", ""))
        elif one is None:
            rows.append((claim.meta.title, f"not in it: {how.why}", how.todo or " "))
        elif one.proof in (Proof.RUNNING, Proof.UNKNOWN):
            word = "not in it yet" if one.proof is Proof.RUNNING else NOT_KNOWN
            rows.append((claim.meta.title, f"{word}: {plain(one.why, 160)}" if one.why else word, ""))
        else:
            look = f"see why: `velero backup describe {cover.backup.name} --details`"
            rows.append((claim.meta.title, f"{one.proof.value}: {plain(one.why, 160)}", one.todo or how.todo or look))
    return rows


def ways_out(rows: Sequence[Row], first: str = "*Do this:* ") -> list[str]:
    """Say each way out once, with the claim or the number of claims that it helps."""
    found: dict[str, list[str]] = {}
    for name, _, todo in rows:
        if todo.strip():
            found.setdefault(todo, []).append(name)
    lines = [
        f"{plain(names[0]) if len(names) == 1 else count(len(names), 'claim')}: {todo}" for todo, names in found.items()
    ]
    return [f"{'• ' if number else first}{short(line, 400)}" for number, line in enumerate(lines[:5])]
