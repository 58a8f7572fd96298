"""What all volumes of a machine, or all disks of one type on it, do together: each device is counted once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from robusta_volumes._analysis.io_derived import derive, used_ops
from robusta_volumes._analysis.io_episodes import episodes_of
from robusta_volumes._analysis.io_rows import Entry, Floats, Signals, Tables
from robusta_volumes._analysis.io_stats import stats_of
from robusta_volumes._model.io import Declared, Episode, Stats
from robusta_volumes._model.limits import Limits

_WANTED = frozenset({"read_ops", "write_ops", "read_bytes", "write_bytes"})
_PERCENT = 100.0


@dataclass
class Together:
    """What is so of all members of a group; every member gives it."""

    sums: dict[str, Stats] = field(default_factory=dict)  # "iops", "bytes"
    stats: dict[str, Stats] = field(default_factory=dict)
    episodes: dict[str, Episode] = field(default_factory=dict)


@dataclass(frozen=True)
class _Group:
    head: str  # "node" or "pool"
    iops: Declared | None
    bytes: Declared | None
    members: list[int]


def together(
    entries: Sequence[Entry],
    work: tuple[Floats, Floats],
    shares: tuple[Floats, Floats],
    when: tuple[Sequence[datetime], timedelta],
    thresholds: Limits,
) -> tuple[Mapping[int, Together], Mapping[int, Together]]:
    """Give, by entry, what its machine does, and what its pool does.

    ``work`` is what entries do, operations as the provider counts them and bytes, and ``shares`` the same as shares of what
    they may do, which in a pool is the same for all; ``when`` is when columns end, and their step.
    """
    machines, pools = _grouped(entries, "node"), _grouped(entries, "pool")
    found: list[dict[int, Together]] = []
    for groups, percent in ((machines, thresholds.io_machine_percent), (pools, thresholds.io_shared_cap_percent)):
        by_entry: dict[int, Together] = {}
        found.append(by_entry)
        if not groups:
            continue
        rows = [_once(entries, group.members) for group in groups]
        answers = [Together() for _ in groups]
        for at, name in enumerate(("iops", "bytes")):
            sums = np.asarray([_sum(work[at][one]) for one in rows])
            if groups is machines:
                parts = sums / _most([group.iops if name == "iops" else group.bytes for group in groups])
            else:
                parts = np.asarray([_sum(shares[at][one]) for one in rows])
            _describe(answers, (groups[0].head, name), (sums, parts), percent / _PERCENT, when)
        by_entry.update({at: answer for group, answer in zip(groups, answers, strict=True) for at in group.members})
    return found[0], found[1]


def work_of(tables: Tables, entries: Sequence[Entry]) -> tuple[Floats, Floats]:
    """Give what entries do that nothing else is asked of."""
    iops = np.full((len(entries), tables.columns), np.nan)
    rates = iops.copy()
    if entries:
        ranks = max(len(entry.mapped) for entry in entries)
        found = tables.gathered(entries, np.zeros((len(entries), ranks), dtype=np.int64), _WANTED)
        derive(found)
        add_work(found, entries, (iops, rates))
    return iops, rates


def add_work(found: Signals, entries: Sequence[Entry], into: tuple[Floats, Floats]) -> None:
    """Note what entries do: operations as the provider counts them, and bytes."""
    counted = used_ops(found, entries, "iops", "size")
    if counted is not None:
        into[0][:] = counted
    if "bytes" in found:
        into[1][:] = found["bytes"]


def _grouped(entries: Sequence[Entry], head: str) -> list[_Group]:
    groups: dict[tuple[str, str], _Group] = {}
    for at, entry in enumerate(entries):
        limits = entry.limits
        if head == "node":
            name, iops, rate = "", limits.node_iops, limits.node_bytes
        else:
            name, iops, rate = limits.pool, limits.pool_iops, limits.pool_bytes
        if entry.node and (iops or rate):
            groups.setdefault((entry.node, name), _Group(head, iops, rate, [])).members.append(at)
    return list(groups.values())


def _once(entries: Sequence[Entry], members: Sequence[int]) -> list[int]:
    """Of claims that share a device, one speaks."""
    seen = {(entries[at].mapped[0].source, entries[at].mapped[0].key): at for at in reversed(members)}
    return list(seen.values())


def _sum(values: Floats) -> Floats:
    known = np.isfinite(values).any(axis=0)
    return np.where(known, np.nansum(values, axis=0), np.nan)


def _most(limits: Sequence[Declared | None]) -> Floats:
    return np.asarray([[each.value if each and each.value > 0 else np.nan] for each in limits])


def _describe(
    answers: Sequence[Together],
    names: tuple[str, str],
    work: tuple[Floats, Floats],
    least: float,
    when: tuple[Sequence[datetime], timedelta],
) -> None:
    head, name = names
    sums, shares = work
    for answer, total, share in zip(answers, stats_of(sums, *when), stats_of(shares, *when), strict=True):
        if total:
            answer.sums[name] = total
        if share:
            answer.stats[f"{head}_limit_{name}"] = share
    for row, episode in episodes_of(f"{head}_{name}_full", shares >= least, shares, *when).items():
        answers[row].episodes[f"{head}_{name}_full"] = episode
