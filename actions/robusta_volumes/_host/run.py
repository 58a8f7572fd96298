"""What every action does around its workflow: settings, target, cluster, publishing, and errors that say what to do."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from robusta.api import ExecutionBaseEvent, FindingSource, PrometheusKubernetesAlert, ScheduledExecutionEvent
from robusta.core.model.env_vars import INSTALLATION_NAMESPACE

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.live import LiveCluster, default_client
from robusta_volumes._cluster.state import State
from robusta_volumes._host.coalesce import is_new, together
from robusta_volumes._host.own import global_keys
from robusta_volumes._host.params import TargetParams
from robusta_volumes._host.publish import fingerprint, publish, publish_aside
from robusta_volumes._host.spelling import check_names
from robusta_volumes._host.targets import target_of
from robusta_volumes._host.watch import Watch
from robusta_volumes._model.errors import ClusterError, SettingsError
from robusta_volumes._model.renames import RENAMED, Renamed
from robusta_volumes._model.settings import WORKFLOWS, Settings, overridden, param_notices, read_settings, snake
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._report.notices import (
    ERROR,
    error_page,
    renamed_page,
    settings_page,
    switched_off_page,
    wrong_param_page,
)
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._workflows.ticks import PROCESS, tick

# Seconds that a run may take: an event's worker is one of twenty, a person waits, a tick must end before the next one.
BUDGET = {Trigger.EVENT: 30, Trigger.ALERT: 30, Trigger.MANUAL: 120, Trigger.SCHEDULE: 240}
SOURCE = {
    Trigger.EVENT: FindingSource.KUBERNETES_API_SERVER,
    Trigger.ALERT: FindingSource.PROMETHEUS,
    Trigger.MANUAL: FindingSource.MANUAL,
    Trigger.SCHEDULE: FindingSource.SCHEDULER,
}


Report = Callable[[Cluster, Target, Any], Page | None]


def run_report(
    event: ExecutionBaseEvent,
    params: TargetParams,
    key: str,
    report: Report,
    renamed: tuple[Renamed, ...] = RENAMED,
    watch: Watch | None = None,
) -> None:
    """Run one workflow's report for one event and publish it.

    Whatever can be foreseen to go wrong becomes a finding that says what to do. On a schedule the report is given when
    the slot of the workflow's ``report_schedule`` is due. With a ``watch``, of events and ticks only changes are told.
    """
    settings = read_settings(params.workflows, renamed)
    name = cluster_name(event, params)
    if key not in settings.problems:
        _run(event, params, key, (report, watch), getattr(settings, snake(key)), name, renamed)
    # last: the first finding of an event is the one that others enrich
    announce_settings(event, params, settings, key, name, renamed)


def announce_settings(
    event: ExecutionBaseEvent,
    params: TargetParams,
    settings: Settings,
    key: str,
    name: str,
    renamed: tuple[Renamed, ...] = RENAMED,
) -> None:
    """Say once what is wrong with the settings, or old; to a person who runs a workflow that it pauses, each time."""
    if settings.problems:
        asked = trigger_of(event) == Trigger.MANUAL and key in settings.problems
        announce(event, settings_page(dict(settings.problems), name), "settings", asked=asked)
    if settings.notices:
        announce(event, renamed_page(settings.notices, name), "notices", asked=False)
    if old_params := param_notices(WORKFLOWS[key], params.dict(), renamed):
        announce(event, renamed_page(old_params, name), f"notices-{snake(key)}", asked=False)


def run_plain(
    event: ExecutionBaseEvent, params: TargetParams, look: Callable[[Cluster], Page | None], more: float = 0
) -> None:
    """Run what has no target and no settings of its own, and publish its page, if there is one.

    ``more``: seconds that it may take beyond what runs of its kind have.
    """
    trigger = trigger_of(event)
    cluster = connect(cluster_name(event, params), trigger, more)
    target = Target(trigger=Trigger.MANUAL)
    page: Page | None
    try:
        page = look(cluster)
    except ClusterError as error:
        page = error_page(error, "Looking at the cluster", Subject("Cluster", cluster.name or "cluster"))
    if page and (trigger == Trigger.MANUAL or page.noteworthy):
        _publish(event, target, cluster.name, page)


def connect(name: str, trigger: Trigger, more: float = 0) -> Cluster:
    """Use the client that Robusta configured, within the time that this kind of run may take."""
    return LiveCluster(default_client(), name, deadline=BUDGET[trigger] + more)


def _run(
    event: ExecutionBaseEvent,
    params: TargetParams,
    key: str,
    ways: tuple[Report, Watch | None],
    settings: Any,
    name: str,
    renamed: tuple[Renamed, ...],
) -> None:
    trigger, (report, watch) = trigger_of(event), ways
    target: Target | None = None
    wrong: SettingsError | None = None
    try:
        settings = overridden(settings, params.dict(), renamed=renamed)
        target = target_of(event, params)
        check_names(params, global_keys)
    except SettingsError as error:
        wrong = error
    if not settings.enabled:
        if trigger == Trigger.MANUAL:
            publish(event, switched_off_page(key, name), name, SOURCE[trigger])
        return
    if wrong:
        page = wrong_param_page(wrong, snake(key), name)
        announce(event, page, f"params-{snake(key)}", asked=trigger == Trigger.MANUAL)
        return
    if target is None:
        return

    def look(targets: list[Target]) -> None:
        cluster = connect(name, trigger)
        if watch and watch.takes(target):
            pages = watch.pages(targets, settings, State(cluster, INSTALLATION_NAMESPACE))
            _publish_all(event, target, name, pages)
        else:
            page = _guarded(cluster, target, lambda: report(cluster, target, settings), key, settings)
            _publish(event, target, name, page)

    if trigger == Trigger.EVENT:
        sinks = tuple(event.named_sinks or ())  # what one look finds for many events goes where all of them go
        together((key, settings, sinks, target.kind, target.namespace if watch else target.title), target, look)
    else:
        look([target])


def _guarded(
    cluster: Cluster, target: Target, report: Callable[[], Page | None], key: str, settings: Any
) -> Page | None:
    """Get the page; an error of the cluster is a page, too."""
    try:
        if target.trigger != Trigger.SCHEDULE:
            return report()
        state = State(cluster, INSTALLATION_NAMESPACE)
        return tick(state, key, settings.report_schedule, settings.time_zone, report)
    except ClusterError as error:
        subject = Subject(target.kind, target.name or cluster.name or "cluster", target.namespace)
        return error_page(error, f"Looking at {target.title}", subject)


def _publish(event: ExecutionBaseEvent, target: Target, cluster: str, page: Page | None) -> None:
    """Publish always when a person or an alert asked; else when it is worth a message and was not said just now."""
    if page is None:
        return
    if target.trigger in {Trigger.EVENT, Trigger.SCHEDULE} and not page.noteworthy:
        return
    repeats = target.trigger == Trigger.EVENT or page.key == ERROR
    if repeats and target.trigger != Trigger.MANUAL and not is_new(fingerprint(page, cluster)):
        return
    publish(event, page, cluster, SOURCE[target.trigger])


def _publish_all(event: ExecutionBaseEvent, target: Target, cluster: str, pages: Iterable[Page]) -> None:
    """Publish what a watch found: it has decided already what is worth it, but for errors, which come again and again."""
    told = [page for page in pages if page.noteworthy]
    told = [page for page in told if page.key != ERROR or is_new(fingerprint(page, cluster))]
    for page in told[:1]:
        publish(event, page, cluster, SOURCE[target.trigger])
    for page in told[1:]:
        publish_aside(event, page, cluster, SOURCE[target.trigger])


def trigger_of(event: ExecutionBaseEvent) -> Trigger:
    """Tell what started a run."""
    if isinstance(event, PrometheusKubernetesAlert):
        return Trigger.ALERT
    if isinstance(event, ScheduledExecutionEvent):
        return Trigger.SCHEDULE
    return Trigger.EVENT if hasattr(event, "operation") else Trigger.MANUAL


def cluster_name(event: ExecutionBaseEvent, params: TargetParams) -> str:
    """Give the name of the cluster; "" when nobody said."""
    context = event.get_context()
    return str((context.cluster_name if context else "") or params.cluster_name or "")


_announced: set[str] = (
    set()
)  # by this process; the stamp on the cluster follows at the next run, when it surely was sent


def announce(event: ExecutionBaseEvent, page: Page, note: str, *, asked: bool) -> None:
    """Publish what is to be said about the settings, once per content; a person who asked is told each time.

    What a run by hand says is remembered nowhere: its settings may be the caller's own, and it may be unsigned, so it
    must neither write nor silence what the installation's own settings will say.
    """
    trigger, name = trigger_of(event), event.get_context().cluster_name if event.get_context() else ""
    content = hashlib.sha256("\n".join(page.causes).encode()).hexdigest()
    by_hand = trigger == Trigger.MANUAL
    state = State(connect(name, trigger), INSTALLATION_NAMESPACE)
    try:
        stamped = state.read(note).get("announced") == content
        if content in _announced and not stamped and not by_hand:
            state.write(note, {"announced": content, "by": PROCESS})
    except ClusterError:
        stamped = False  # may not be remembered: then once per process
    if asked or not (stamped or content in _announced):
        if not by_hand:
            _announced.add(content)
        publish_aside(event, page, name, SOURCE[trigger])
