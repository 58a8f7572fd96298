"""Look again for what Velero made for a test after that was given up: its Restore is gone by then, so a note names it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.state import State
from robusta_volumes._model.errors import ClusterError
from robusta_volumes._model.times import parse_time
from robusta_volumes._model.trial import Abandoned, Trial, read_as, written
from robusta_volumes._workflows.volume_backups_sweep import come_since, sweep

AFTER = (
    "backups.verify.after"  # in the state: tests that were ended while Velero may have been restoring, by their Restore
)


def remember(state: State, trial: Trial, now: datetime) -> None:
    """Note a test before its own note goes, so that no death in between loses it."""
    state.update(AFTER, lambda there: {**there, trial.restore: {"trial": written(trial), "ended": now.isoformat()}})


def come_afterwards(cluster: Cluster, state: State, within: timedelta) -> tuple[Abandoned, ...]:
    """Take away what came since; the last look at a test is the first one that could look after ``within``."""
    found = []
    for name, note in state.read(AFTER).items():
        told: Mapping[str, Any] = note if isinstance(note, Mapping) else {}
        trial, ended = read_as(Trial, told.get("trial")), parse_time(told.get("ended"))
        if trial is None or ended is None:
            _forget(state, name)
            continue
        try:
            if come_since(cluster, trial):
                found.append(Abandoned(trial, sweep(cluster, trial), given_up=True))
        except ClusterError:
            continue  # the next tick looks
        if cluster.now() > ended + within and not (found and found[-1].trial == trial and found[-1].left):
            _forget(state, name)
    return tuple(found)


def _forget(state: State, name: str) -> None:
    state.update(AFTER, lambda there: {key: value for key, value in there.items() if key != name})
