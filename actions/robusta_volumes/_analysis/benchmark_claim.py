"""What speaks against trying an existing claim: somebody uses it, or would lose data. Pure."""

from collections.abc import Callable

from robusta_volumes._analysis.benchmark_wanted import Wanted
from robusta_volumes._analysis.decision import Refusal
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.rule import Fix

_ONE_POD, _ALL = "ReadWriteOncePod", 100
_WRITABLE = {"ReadWriteOnce", "ReadWriteMany", _ONE_POD}
_INSTEAD = Fix("try the class instead: leave claim out, and give the size of this one")


def claim_refusals(wanted: Wanted) -> list[Refusal]:
    """Say all that speaks against it; nothing is written into a claim that somebody did not allow."""
    if not wanted.settings.allow_existing:
        why = "fio slows down whoever uses the volume, and writes a file of its own beside the data."
        fix = Fix("set `volumePerformanceAnalysis.benchmark.allowWanted: true` if it is meant")
        return [Refusal("existing claims are not tried", why, (_INSTEAD, fix))]
    claim = wanted.claim
    if claim is None:
        return []  # said before
    return [r for check in _CHECKS if (r := check(wanted, claim))]


def _not_usable(_: Wanted, claim: Claim) -> Refusal | None:
    if claim.volume_mode == "Block":
        why = "Its data has no files: whatever is written there destroys it."
        return Refusal("it is a raw block device", why, (_INSTEAD,))
    if claim.meta.deleted:
        return Refusal("the claim is being deleted", "", (_INSTEAD,))
    if claim.phase != "Bound":
        return Refusal(f"the claim is {plain(claim.phase)}", "There is no volume to try.", (_INSTEAD,))
    if not set(claim.modes_granted or claim.modes_asked) & _WRITABLE:
        return Refusal("it can only be read", "The file that fio works on has to be written first.", (_INSTEAD,))
    return None


def _one_pod(wanted: Wanted, claim: Claim) -> Refusal | None:
    using = [h for h in wanted.holders if not h.over]
    if not using or _ONE_POD not in (claim.modes_granted or claim.modes_asked):
        return None
    why = f"Its access mode is {_ONE_POD}."
    return Refusal(f"only one pod may have it, and pod {plain(using[0].pod)} does", why, (_INSTEAD,))


def _windows(wanted: Wanted, _: Claim) -> Refusal | None:
    if any(h.windows for h in wanted.holders):
        return Refusal("a Windows pod uses it", "The pod with fio runs on Linux.", (_INSTEAD,))
    return None


def _elsewhere(wanted: Wanted, _: Claim) -> Refusal | None:
    asked = wanted.asked.node
    if not asked or not wanted.held or asked == wanted.held:
        return None
    why = "A volume of this access mode is on one node at a time."
    fix = Fix(f"leave node out, or give node={plain(wanted.held)}")
    return Refusal(f"the volume is on node {plain(wanted.held)}, not on {plain(asked)}", why, (fix,))


def _full(wanted: Wanted, claim: Claim) -> Refusal | None:
    known = (wanted.see.uses or {}).get(claim.meta.key)
    share = known.use.share if known and known.use else None
    most = wanted.settings.most_full
    if share is None or share * _ALL <= most:
        return None
    why = f"A filesystem that is more than {most} % full is not written to (`benchmark.mostFull`)."
    return Refusal(f"it is {share * _ALL:.0f} % full", why, (_INSTEAD,))


def _busy(wanted: Wanted, _: Claim) -> Refusal | None:
    """Leave alone what is at work: the benchmark would hurt it, and would measure it, too."""
    most, waits = wanted.settings.existing_busy, wanted.settings.existing_pressure
    later = Fix("run it when it is quiet")
    for io in wanted.ios or ():
        share = max((now for name in ("limit_iops", "limit_bytes") if (now := io.stat(name).now)), default=0.0)
        if share * _ALL > most:
            why = f"More than {most} % is left alone (`benchmark.existingBusy`)."
            return Refusal(f"it uses {share * _ALL:.0f} % of its limit just now", why, (later, _INSTEAD))
        if (pressure := io.stat("pressure_some").now or 0.0) * _ALL > waits:
            why = f"More than {waits} % is left alone (`benchmark.existingPressure`)."
            return Refusal(f"its pod waits for I/O {pressure * _ALL:.0f} % of the time", why, (later, _INSTEAD))
    return None


_CHECKS: tuple[Callable[[Wanted, Claim], Refusal | None], ...] = (
    _not_usable,
    _one_pod,
    _windows,
    _elsewhere,
    _full,
    _busy,
)
