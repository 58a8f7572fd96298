"""What pods tell of the disks below them: that they do not work, were started again, or that a write was refused."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from robusta_volumes._model.disk_words import IO_ERROR, NO_SPACE, READ_ONLY, Signs, joined
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.pod_container import PodContainer
from robusta_volumes._model.text import count, listing, plain
from robusta_volumes._model.times import ago
from robusta_volumes._model.volume import Claim, Pod
from robusta_volumes._rules.binding import users

FULL, FAILING = frozenset({NO_SPACE}), frozenset({READ_ONLY, IO_ERROR})
_OTHER_REASONS = {"OOMKilled", "Completed"}  # memory, and a job that is done
_TOLD = 2  # pods whose evidence is spelt out


def not_ready(claim: Claim, see: Inventory) -> tuple[Pod, ...]:
    """List the pods that mount a claim and do not work: not ready, though they run."""
    return tuple(p for p in _placed(claim, see) if not p.ready)


def suffering(claim: Claim, see: Inventory, limits: Limits) -> tuple[Pod, ...]:
    """List the pods that a full claim hurts: not ready, or started again of late, or they say that there is no space."""
    return tuple(p for p in _placed(claim, see) if not p.ready or failed(p, see, limits) or complaints(p, FULL))


def _placed(claim: Claim, see: Inventory) -> tuple[Pod, ...]:
    return tuple(p for p in users(claim, see) if p.node and p.phase == "Running")


def failed(pod: Pod, see: Inventory, limits: Limits) -> tuple[PodContainer, ...]:
    """List the containers of a pod that mount a claim and ended of late, for a reason that may be their disk."""
    recent = timedelta(minutes=limits.restart_minutes)
    return tuple(
        c
        for c in pod.containers
        if c.restarts and c.ended and see.now - c.ended <= recent and c.code != 0 and c.reason not in _OTHER_REASONS
    )


def complaints(pod: Pod, words: frozenset[str]) -> Signs:
    """Count what the containers of a pod say of their disks; a root that is read-only on purpose is no evidence."""
    return joined(*(_said(c, words) for c in pod.containers if c.left or c.said))


def complains(pod: Pod, words: frozenset[str]) -> str:
    """Name the first container of a pod that says one of the words; "" when none does."""
    return next((c.name for c in pod.containers if _said(c, words)), "")


def _said(container: PodContainer, words: frozenset[str]) -> Signs:
    wanted = words - {READ_ONLY} if container.locked else words
    return tuple(one for one in joined(container.left, container.said or ()) if one[0] in wanted)


def evidence(pods: Sequence[Pod], see: Inventory, limits: Limits, words: frozenset[str]) -> str:
    """Say of pods what ended and what their containers say, in short sentences; "" when nothing is known."""
    told = [said for pod in pods for said in _about(pod, see, limits, words)]
    more = f" And {len(told) - _TOLD} more." if len(told) > _TOLD else ""
    return " ".join(told[:_TOLD]) + more


def _about(pod: Pod, see: Inventory, limits: Limits, words: frozenset[str]) -> Iterator[str]:
    ended = failed(pod, see, limits)
    for one in pod.containers:
        again, disk = one in ended, _said(one, words)
        if not again and not disk:
            continue
        parts = [_again(one, see)] if again else []
        parts += [" and ".join(f'says "{sign}" ({count(lines, "line")})' for sign, lines in disk)] if disk else []
        yield f"Container {plain(one.name, 60)} of {plain(pod.meta.name, 80)} {', '.join(parts)}."


def _again(one: PodContainer, see: Inventory) -> str:
    code = f"exit status {one.code}" if one.code is not None else ""
    why = listing([part for part in (plain(one.reason, 40), code) if part])
    times = "once" if one.restarts == 1 else f"{one.restarts:,} times"
    return f"was started again {times}, it ended last {ago(one.ended, see.now)}" + (f" ({why})" if why else "")
