"""The block ``persistentDataAnalysis``: what is asked of metrics, what counts as soon, and how contents are looked at."""

import re
from dataclasses import dataclass, replace

from robusta_volumes._model.checks import cron, days, flag, got, limits, names, text, time_zone, whole
from robusta_volumes._model.declare import block_of, setting
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.prices import Prices, currency, prices
from robusta_volumes._model.rule_choice import RuleChoice, Severities, rules, severities

_OBJECT = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_IMAGE = re.compile(r"([a-zA-Z0-9][-a-zA-Z0-9._:/@]{0,500})?")


def _history(value: object) -> int:
    return whole(
        value, "days", 3, 90
    )  # a rate needs three points; the forecast compares 435 pairs of 30 days, 4005 of 90


def _horizon(value: object) -> int:
    return whole(value, "days", 1, 180)  # nothing is forecast further than half a year


def _batch(value: object) -> int:
    return whole(value, "claims", 50, 10_000)


def _percent(value: object) -> int:
    return whole(value, "percent", 50, 95)


def _seconds(value: object) -> int:
    return whole(value, "seconds", 5, 280)  # Robusta gives an inspector pod, and an action, about five minutes


def _gib(value: object) -> int:
    return whole(value, "GiB", 0, 65_536)  # 0: no copies; the largest volume of any cloud is 64 TiB


def _copy_seconds(value: object) -> int:
    return whole(value, "seconds", 10, 280)  # as one look


def _logs(value: object) -> int:
    return whole(value, "logs", 0, 50)  # each is a request through the API server to a kubelet


def _lines(value: object) -> int:
    return whole(value, "lines", 5, 1000)  # what came long before the end is history


def _log_seconds(value: object) -> int:
    return whole(value, "seconds", 1, 60)  # somebody may wait for the report


def _pods(value: object) -> int:
    return whole(value, "pods", 1, 100)  # one node attaches about so many volumes


def image(value: object) -> str:
    """Read the name of an image. Raises ValueError: when it is none."""
    found = text(value).strip()
    if _IMAGE.fullmatch(found):
        return found
    raise ValueError(f"must be an image such as registry.example.com/busybox:1.36 or busybox@sha256:..., {got(value)}")


def pull_secrets(value: object) -> tuple[str, ...]:
    """Read names of Secrets. Raises ValueError: when one is none."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise ValueError(f"must be a list of names of Secrets, {got(value)}")  # noqa: TRY004 (one kind of error for all)
    found = tuple(str(item).strip() for item in items if str(item).strip())
    for name in found:
        if not _OBJECT.fullmatch(name):
            raise ValueError(f"must be a list of names of Secrets, {got(name)} is none")
    return found


@dataclass(frozen=True)
class Contents:
    """How ``volume_contents`` looks into a volume."""

    image: str = setting(
        "",
        image,
        "image of the pod that looks where no running pod can, by tag or digest; empty: busybox, from IMAGE_REGISTRY",
        "image",
    )
    pull_secrets: tuple[str, ...] = setting(
        (), pull_secrets, "Secrets to pull that image with, in the claim's namespace", "names"
    )
    seconds: int = setting(60, _seconds, "how long one look may take; what was seen until then is told", "seconds")
    pods_at_once: int = setting(
        3,
        _pods,
        "how many pods of ours may look at once: each reads all of a volume, which storage and nodes feel",
        "pods",
    )
    copy_size: int = setting(
        100,
        _gib,
        "the largest claim that is looked at in a copy: until it is removed, the copy takes as much room",
        "GiB",
    )
    copy_seconds: int = setting(
        90,
        _copy_seconds,
        "how long a snapshot may take to be ready, and the copy made from it to be mounted",
        "seconds",
    )
    redact_names: bool = setting(False, flag, "true leaves names of files and folders out of messages; sizes stay")
    old_days: int = setting(90, days, "what was last changed longer ago counts as old data", "days")
    system_namespaces: bool = setting(False, flag, "true looks into volumes of kube-system and the like, too")


CONTENTS = Contents()
_contents_block = block_of(CONTENTS)


def contents(value: object) -> Contents:
    """Read the block ``contents``.

    Raises ValueError: with the key that cannot be used, and what is allowed.
    """
    return value if isinstance(value, Contents) else _contents_block(value)


@dataclass(frozen=True)
class PersistentDataAnalysis:
    """Usage, growth and forecast."""

    enabled: bool = setting(True, flag, "false silences every trigger of this workflow")
    include_metrics: bool = setting(
        True, flag, "false asks no metrics: the report then says what the API alone knows, sizes and classes"
    )
    report_schedule: str = setting("30 7 * * *", cron, "when the scheduled report of the whole cluster is due", "cron")
    time_zone: str = setting("UTC", time_zone, "the zone that reportSchedule is written in", "IANA zone")
    namespaces: tuple[str, ...] = setting(
        (), names, "namespaces to read when reading the whole cluster is not allowed", "names"
    )
    history_days: int = setting(
        30, _history, "how far back growth is looked at; more asks more of Prometheus, less sees no monthly job", "days"
    )
    horizon_days: int = setting(
        14, _horizon, "what fills within so many days is in the verdict, and a problem (limits.fillsDays)", "days"
    )
    size_days: int = setting(90, _horizon, "how long the advised size of a claim should last", "days")
    grow_percent: int = setting(75, _percent, "how full a claim of the advised size should be at its peak", "percent")
    batch_size: int = setting(
        2500, _batch, "claims in one question about history; it is halved by itself where that is too much", "claims"
    )
    metrics_seconds: int = setting(
        120, _seconds, "how long metrics may take; the report then says what it has and what is missing", "seconds"
    )
    kubelet_fallback: bool = setting(
        False,
        flag,
        "true asks the kubelets where no Prometheus answers; it needs get on nodes/proxy, which is more than reading",
    )
    logs: int = setting(
        6,
        _logs,
        "how many logs of pods with full or failing volumes are looked at for a report; 0: none. It needs get on pods/log",
        "logs",
    )
    log_lines: int = setting(
        50, _lines, "of each so many lines from its end: a container that cannot write says so last", "lines"
    )
    log_seconds: int = setting(
        10, _log_seconds, "how long all of them may take; what was read until then counts", "seconds"
    )
    contents: Contents = setting(CONTENTS, contents, "how a look into a volume is made, and how long it may take")
    prices: Prices = setting(
        Prices(),
        prices,
        "what a GiB costs in a month, by storage class or driver; none: those of persistentVolumeActions",
    )
    currency: str = setting("USD", currency, "what the prices are in")
    limits: Limits = setting(Limits(), limits, "thresholds to override by name")
    severities: Severities = setting(
        Severities(), severities, "severities to override, by rule id or prefix; an id counts before its prefix"
    )
    select: tuple[str, ...] = setting((), rules, "the rules that judge; none named: all", "rule ids or prefixes")
    ignore: tuple[str, ...] = setting((), rules, "rules that never judge; counts before select", "rule ids or prefixes")

    @property
    def choice(self) -> RuleChoice:
        """Which rules judge, and how bad they are."""
        return RuleChoice(self.select, self.ignore, self.severities)

    @property
    def thresholds(self) -> Limits:
        """The limits, with the horizon as that from which on a date is a problem, where they say nothing else."""
        if self.limits.fills_days != Limits.fills_days:
            return self.limits
        return replace(self.limits, fills_days=self.horizon_days)
