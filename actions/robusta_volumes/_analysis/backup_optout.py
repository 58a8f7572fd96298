"""Claims that opted out of backups by their annotation: what is said of them when somebody asks for a backup by hand. Pure."""

from collections.abc import Iterable, Sequence

from robusta_volumes._model import ours
from robusta_volumes._model.text import listing, plain
from robusta_volumes._model.volume import Claim

_NAMED = 3  # that a sentence names
_LABEL = "the label `velero.io/exclude-from-backup=true` keeps a claim out"


def has_opted_out(claim: Claim) -> bool:
    """Tell whether somebody took a claim out of all backups."""
    return claim.meta.annotations.get(ours.BACKUP_CHOICE) == "false"


def reason_of(claim: Claim) -> str:
    """Give the reason that stands beside it."""
    reason = claim.meta.annotations.get(ours.BACKUP_REASON, "")
    return plain(reason, 160) if reason else "no reason is given"


def named_note(claims: Sequence[Claim]) -> tuple[str, ...]:
    """Say that a claim which was named had opted out: whoever names it means it."""
    return tuple(
        f"It has opted out of backups by its annotation ({reason_of(claim)}); since it was named, it is saved all the same."
        for claim in claims
        if has_opted_out(claim)
    )


def left_out_notes(out: Sequence[Claim], caught: Iterable[Claim] = ()) -> tuple[str, ...]:
    """Name those that are left out, with their reasons. ``caught`` are the claims that Velero saves beside the wanted ones."""
    if not out:
        return ()
    names = listing([f"{plain(claim.meta.title)} ({reason_of(claim)})" for claim in out], _NAMED)
    notes = [f"Left out, since opted out by annotation: {names}."]
    keys = {claim.meta.key for claim in caught}
    inside = [plain(claim.meta.title) for claim in out if claim.meta.key in keys]
    if inside:
        notes.append(
            f"Velero does not know that annotation, and selects by namespace and label: it saves {listing(inside, _NAMED)} "
            f"all the same; {_LABEL}."
        )
    return tuple(notes)
