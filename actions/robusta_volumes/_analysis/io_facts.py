"""What was measured, as facts of volumes: statistics, episodes, credit, neighbours; computed for many rows at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from robusta_volumes._analysis.io_around import Around
from robusta_volumes._analysis.io_credit import credits_of
from robusta_volumes._analysis.io_derived import add_shares, derive
from robusta_volumes._analysis.io_devices import other_disks, told_by_devices
from robusta_volumes._analysis.io_episodes import conditions, episodes_of
from robusta_volumes._analysis.io_history import histories
from robusta_volumes._analysis.io_machine import Together, add_work, together, work_of
from robusta_volumes._analysis.io_rows import OF_PODS, Entry, Floats, Ints, Signals, Tables, entries_of, firsts_of
from robusta_volumes._analysis.io_stats import stats_of
from robusta_volumes._model.inventory import Inventory, Key
from robusta_volumes._model.io import Credit, Episode, IoLimits, Mapped, Stats, VolumeIo
from robusta_volumes._model.io_series import IoMeasured
from robusta_volumes._model.limits import Limits

_VALUES = 100_000  # of one signal in one block: some forty such matrices are alive at once, 32 MiB
_NOBODY = Together()


def volume_ios(
    see: Inventory,
    measured: IoMeasured,
    mapped: Mapping[Key, tuple[Mapped, ...]],
    limits: Mapping[Key, Mapping[str, IoLimits]],
    thresholds: Limits,
) -> Mapping[Key, tuple[VolumeIo, ...]]:
    """Say what is known of each claim's I/O, one answer per node; ``limits`` is by claim and node.

    Several `Mapped` of one node, best first, speak for one answer: the later ones fill in what the first does not measure.
    """
    entries = told_by_devices(entries_of(see, mapped, limits), measured, see)
    firsts = firsts_of(entries, measured, measured.series)
    window = measured.window
    ends = [window.start + column * window.step for column in range(window.columns)]
    tables = Tables(measured.series, window)
    others = other_disks(entries, measured, see)
    work = work_of(tables, others)
    height = max(1, _VALUES // max(1, window.columns))
    blocks = [
        _Block(tables, entries[start : start + height], firsts[start : start + height], ends, measured, thresholds)
        for start in range(0, len(entries), height)
    ]
    every = [*entries, *others]
    done = _joined([*(block.work for block in blocks), work])
    pooled = any(entry.limits.pool for entry in entries)  # else nobody asks for shares
    unshared = np.full_like(work[0], np.nan), np.full_like(work[1], np.nan)
    shares = _joined([*(block.shares for block in blocks), unshared]) if pooled else done
    when = ends, window.step
    machines, pools = together(every, done, shares, when, thresholds)
    around = Around(see, measured, mapped)
    found: dict[Key, list[VolumeIo]] = {key: [] for key in mapped}
    places = ((block, at) for block in blocks for at in range(len(block.entries)))
    for number, (block, at) in enumerate(places):
        groups = machines.get(number, _NOBODY), pools.get(number, _NOBODY)
        found[block.entries[at].claim].append(_assembled(see, measured, around, block, at, groups))
    return {key: tuple(ios) for key, ios in found.items()}


def _joined(parts: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    return np.concatenate([one for one, _ in parts]), np.concatenate([other for _, other in parts])


class _Block:
    """What was computed of some entries."""

    def __init__(
        self,
        tables: Tables,
        entries: Sequence[Entry],
        firsts: Ints,
        ends: Sequence[datetime],
        measured: IoMeasured,
        thresholds: Limits,
    ) -> None:
        self.entries = entries
        step = measured.window.step
        found = tables.gathered(entries, firsts)
        self.samples, starts = _counted(found, len(entries))
        self.starts = [ends[first] - step for first in starts]
        self.stats: list[dict[str, Stats]] = [{} for _ in entries]
        self.episodes: list[dict[str, Episode]] = [{} for _ in entries]
        derive(found)
        nothing = np.full((len(entries), tables.columns), np.nan)
        self.work = nothing.copy(), nothing.copy()
        add_work(found, entries, self.work)
        burst = credits_of(found, entries, step, thresholds)
        self.credit: Sequence[Credit | None] = burst.left if burst else [None] * len(entries)
        add_shares(found, entries, burst.empty if burst else {}, thresholds)
        self.shares = found.get("limit_iops", nothing), found.get("limit_bytes", nothing)
        for signal, values in found.items():
            if signal.endswith("_seconds"):
                continue  # a step on the way to a latency, and no figure for anybody
            for row, stats in enumerate(stats_of(values, ends, step)):
                if stats is not None:
                    self.stats[row][signal] = stats
        for word, (so, known) in conditions(found, entries, burst.bound if burst else None, thresholds).items():
            for row, episode in episodes_of(word, so, known, ends, step).items():
                self.episodes[row][word] = episode
        self.expected = {e.limits.family: thresholds.high_latency(e.limits.family) for e in entries}
        self.history = histories(measured, entries, thresholds)


def _counted(found: Signals, rows: int) -> tuple[list[int], list[int]]:
    """Count, of each row, the columns in which its I/O was measured, and give the first one; what pods wait for is no I/O."""
    measured = [values for signal, values in found.items() if signal not in OF_PODS]
    if not measured:
        return [0] * rows, [0] * rows
    seen = np.any([np.isfinite(values) for values in measured], axis=0)
    return seen.sum(axis=1).tolist(), seen.argmax(axis=1).tolist()


def _assembled(
    see: Inventory,
    measured: IoMeasured,
    around: Around,
    block: _Block,
    at: int,
    groups: tuple[Together, Together],
) -> VolumeIo:
    entry, stats, samples = block.entries[at], block.stats[at], block.samples[at]
    machine, pool = groups
    own = stats.get("iops"), stats.get("bytes")
    neighbours, share = around.neighbours(entry, *(each.mean if each else None for each in own))
    stats.update(machine.stats if samples else {})
    stats.update(pool.stats if samples else {})
    episodes = block.episodes[at]
    episodes.update(machine.episodes if samples else {})
    episodes.update(pool.episodes if samples else {})
    claim = see.claim.get(entry.claim)
    volume = see.volume_of(claim) if claim else None
    return VolumeIo(
        mapped=entry.mapped[0],
        limits=entry.limits,
        stats=stats,
        episodes=episodes,
        per_io=next((measured.per_io[one.key] for one in entry.mapped if one.key in measured.per_io), {}),
        credit=block.credit[at],
        neighbours=neighbours,
        own_share=share,
        node_pressure=around.pressure(entry.node),
        window=(block.starts[at], measured.window.end) if samples else None,
        samples=samples,
        step=measured.window.step,
        expected=block.expected[entry.limits.family],
        mounts=volume.mount_options if volume else (),
        also=entry.mapped[1:],
        machine=machine.sums,
        history=block.history[at],
    )
