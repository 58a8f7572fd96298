"""May a snapshot be tested by restoring it beside its claim, and which snapshots are there to test? Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from robusta_volumes._analysis.backup_restore import FILES
from robusta_volumes._analysis.backup_tally import NO_TIME, copies_of
from robusta_volumes._analysis.backup_verify import keeps_volume, raw_block, too_large
from robusta_volumes._analysis.decision import Decision, Refusal
from robusta_volumes._analysis.snapshot_restore import Restore, chosen_class
from robusta_volumes._model import ours
from robusta_volumes._model.backup import Backup, Copy, Proof
from robusta_volumes._model.backup_settings import Verify
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.restore_point import Point
from robusta_volumes._model.rights import role_command
from robusta_volumes._model.text import plain, quoted
from robusta_volumes._rules.rule import Fix

WORD = "snapshot-test"  # after --allow
SAME_STORAGE = "A snapshot that can be restored is still on the same storage: what destroys that destroys it, too."


@dataclass(frozen=True)
class SnapshotTest:
    """A test of a snapshot: what is restored, and the plan, or what speaks against it."""

    wanted: Restore
    found: Decision
    lacks_right: bool = False  # that is what speaks against it, so no other of its namespace can be tested either


def newest_ready(points: Iterable[Point], see: Inventory, backups: Iterable[Backup]) -> list[Copy]:
    """Give the newest good snapshot of each claim that is there, whoever made it, with the newest proof of any of its own.

    What a backup tool made for itself goes with its backup, so it is none while one of ``backups`` is under way.
    """
    found: dict[tuple[str, str], Copy] = {}
    for one in copies_of(points, backups):
        claim = see.claim.get(one.claim_key)
        if claim is None or claim.meta.deleted or (one.claim_uid and one.claim_uid != claim.meta.uid):
            continue
        if one.proof is not Proof.SNAPSHOT:
            continue
        old = found.get(one.claim_key)
        newer = one if old is None or (one.cut_at or NO_TIME) > (old.cut_at or NO_TIME) else old
        proofs = [when for when in (one.proven, old.proven if old else None) if when]
        found[one.claim_key] = newer._replace(claim_uid=claim.meta.uid, proven=max(proofs, default=None))
    return list(found.values())


def one_for_each(backups: Iterable[Copy], snapshots: Iterable[Copy]) -> list[Copy]:
    """Choose what is tested of each claim: a backup that can be, else a snapshot, else the backup that cannot."""
    of_backup = {c.claim_uid: c for c in backups}
    of_snapshot = {c.claim_uid: c for c in snapshots}
    fit = {uid: c for uid, c in of_backup.items() if c.method != FILES}
    return list({**of_backup, **of_snapshot, **fit}.values())


def without(see: Inventory, namespace: str, name: str) -> Inventory:
    """Leave the claim of a test out of what was seen: that it is there already is told in other words than of a restore."""
    return replace(see, claims=tuple(c for c in see.claims if c.meta.key != (namespace, name)))


def refusals(asked: Restore, see: Inventory, verify: Verify) -> tuple[Refusal, ...]:
    """Say what speaks against a test beside what speaks against any restore; ``see`` has the claims of other tests in it."""
    found = (
        _there(asked, see),
        raw_block(asked.mode),
        too_large(asked.size, verify),
        keeps_volume(asked.see, chosen_class(asked), of_snapshot=True),
    )
    return tuple(one for one in found if one)


def may_not(verb: str, resource: str, namespace: str) -> Refusal:
    """Say that the runner lacks a right, with the command that gives all that a test needs."""
    why = "A test makes nothing that it may not take away again, so all of its rights are looked at before."
    fix = Fix("allow it in that namespace alone", role_command([namespace], [WORD]))
    return Refusal(f"the runner may not {verb} {resource} in {plain(namespace)}", why, (fix,))


def _there(asked: Restore, see: Inventory) -> Refusal | None:
    there = see.claim.get((asked.point.namespace, asked.name))
    if there is None:
        return None
    look = f"kubectl -n {quoted(asked.point.namespace)} get pvc {quoted(asked.name)}"
    if there.meta.labels.get(ours.VERIFIES) == "true":
        why = "It is what an earlier test has left; once its time is over, the tick takes it away (`BackupVerify`)."
        return Refusal(f"claim {plain(asked.name)} of another test is still there", why, (Fix("wait, or look", look),))
    why = "A test never goes into a claim that is there: it may hold data."
    return Refusal(f"there is a claim {plain(asked.name)} that no test has made", why, (Fix("look whose it is", look),))
