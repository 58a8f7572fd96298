"""What the rules about I/O share: one look per node, the least number of samples, and less certain findings are milder."""

from collections.abc import Callable
from dataclasses import replace
from functools import update_wrapper

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import Mapped, VolumeIo
from robusta_volumes._model.kind import IO, IO_METRICS, Kind
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.severity import Severity
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.binding import users
from robusta_volumes._rules.rule import Check, Hit, Rule, rule

Look = Callable[[Claim, VolumeIo, Inventory, Limits], Hit | None]
_NOTHING = (VolumeIo(Mapped()),)  # without any metric a volume has its class, its options and its place
_HOW = {
    "mapped": "the storage itself does not name it, the device is known by",
    "shared": "others use the device, too:",
    "pod": "it is what its pod does, on whatever device:",
    "live": "it was probed, not measured over time:",
}


def io_rule(
    id: str,  # noqa: A002 (the word that users read and write)
    severity: Severity,
    title: str,
    *,
    fix: str,
    needs: tuple[Kind, ...] = (),
    advice: bool = False,
    measured: bool = True,
    only: tuple[str, ...] = (),
) -> Callable[[Look], Rule]:
    """Make a rule of a look at a claim's I/O on one node; one that is not ``measured`` judges without any samples, too.

    ``only``: words of episodes, and signals that are none, without all of which there is nothing to look at.

    A claim on several nodes is told once: what is worst, with the node's name.
    """

    def make(look: Look) -> Rule:
        def check(claim: Claim, see: Inventory, limits: Limits) -> Hit | None:
            ios = (see.io or {}).get(claim.meta.key, () if measured else _NOTHING)
            found: list[tuple[VolumeIo, Hit]] = []
            for io in ios:  # of ten thousand claims each is put to all rules: no generator, no list of nothing
                if not measured or io.samples >= limits.io_samples:
                    hit = look(claim, io, see, limits)
                    if hit is not None:
                        found.append((io, hit))
            if not found:
                return None
            io, hit = max(found, key=lambda one: severity if one[1].severity is None else one[1].severity)
            where = f" On node {plain(io.mapped.node, 80)}." if len(ios) > 1 and io.mapped.node else ""
            told = replace(hit, why=f"{hit.why}{where}", victims=hit.victims or victims(claim, io, see))
            return _weighed(told, io, severity) if measured else told

        made: Check = update_wrapper(check, look)
        wants = (IO_METRICS if measured else IO, *needs)
        about = "PersistentVolumeClaim"
        return rule(id, severity, title, on=about, fix=fix, needs=wants, advice=advice, only=only)(made)

    return make


def _weighed(hit: Hit, io: VolumeIo, usual: Severity) -> Hit:
    """Lower the severity of what is not certain, and say why."""
    found, why = usual if hit.severity is None else hit.severity, hit.why
    if found > Severity.INFO and io.mapped.confidence != "exact":
        how = _HOW.get(io.mapped.confidence, "it is not certain whose it is:")
        why = f"{why} One step milder: {how} {io.mapped.how or 'what its source says'}."
        found = Severity(found - 1)
    return replace(hit, why=why, severity=found)


def victims(claim: Claim, io: VolumeIo, see: Inventory) -> tuple[str, ...]:
    """Name the pods that use the claim there."""
    pods = (p for p in users(claim, see) if p.node and (p.node == io.mapped.node or not io.mapped.node))
    return tuple(f"Pod {p.meta.title}" for p in pods)
