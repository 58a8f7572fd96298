"""What the actions that make and delete backups are asked for: each param with its default, what it may be, and why."""

from dataclasses import dataclass
from datetime import timedelta

from robusta_volumes._model.asked import word
from robusta_volumes._model.checks import duration, flag, whole
from robusta_volumes._model.declare import setting
from robusta_volumes._model.label_selector import selector as label_selector

_HOUR, _LONGEST = timedelta(hours=1), timedelta(days=3650)


def _seconds(value: object) -> int:
    return whole(value, "seconds", 0, 90)  # a person's run ends after 120


def _ttl(value: object) -> timedelta | None:
    if value is None or value == "" or isinstance(value, timedelta):
        return value or None  # type: ignore[return-value]  # "" and None both mean: by the settings
    return duration(value, _HOUR, _LONGEST)


def _most(value: object) -> int:
    return whole(value, "backups", 1, 1000)


@dataclass(frozen=True)
class CreateBackups:
    """Back up a claim, a namespace or what a selector chooses, now: through Velero, or by snapshots where it is not there."""

    name: str = setting("", word, "the claim; without it all Bound claims of the namespace or the selector")
    namespace: str = setting("", word, "where the claims are")
    selector: str = setting("", label_selector, "label selector on claims, as kubectl takes it", "selector")
    ttl: timedelta | None = setting(None, _ttl, "how long Velero keeps it; left out: `ttl` of the settings", "duration")
    allow_label_patch: bool = setting(
        False,
        flag,
        "true puts a label on the claim that `name` names, so that Velero can select it alone; a deployment tool may take "
        "that label away again. false saves all claims of its namespace",
    )
    wait: int = setting(20, _seconds, "how long to wait for data to be moved; it goes on after that", "seconds")
    dry_run: bool = setting(False, flag, "true shows what would be saved, what else, and what would not; makes nothing")


@dataclass(frozen=True)
class BackupTick:
    """Do what `backupSchedule` says; it takes no params of its own, and a playbook of ours runs it."""


@dataclass(frozen=True)
class PruneBackups:
    """Delete backups of ours that `keepLast` no longer keeps, with their data, by asking Velero to."""

    keep_last: int = setting(
        0,
        lambda value: whole(value, "backups", 0, 1000),
        "keep so many good ones; 0: `keepLast` of the settings",
        "backups",
    )
    by_hand: bool = setting(False, flag, "true counts those made by hand, too, each that selects the same for itself")
    most: int = setting(20, _most, "delete at most so many in one run", "backups")
    confirm: bool = setting(
        False, flag, "true deletes though more than half of the good ones go, or the clock seems wrong"
    )
    dry_run: bool = setting(True, flag, "true shows the plan and changes nothing; false carries it out")
