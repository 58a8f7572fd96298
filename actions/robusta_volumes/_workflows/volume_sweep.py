"""The schedule's look at the whole cluster: the report of each slot, and between them what no event told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from robusta_volumes._analysis.assess import Assessment, Issue
from robusta_volumes._analysis.costs import judge
from robusta_volumes._analysis.ledger import Ledger, settled
from robusta_volumes._analysis.noise import Swept, sweep
from robusta_volumes._analysis.passing import without_passing
from robusta_volumes._analysis.symptoms import Tell, issue_of
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.collector import collector_paused
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.state import State
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.target import Target
from robusta_volumes._report.news import changes_page, with_changes, with_held
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._report.volumes_overview import overview_page
from robusta_volumes._workflows.remembered import decide, is_kept_here_alone, keep_told, ledger_of
from robusta_volumes._workflows.ticks import PROCESS, tick
from robusta_volumes._workflows.volume_news import (
    KEY,
    gone_from,
    page_of,
    symptoms_of,
    target_of,
    voice_of,
    without_unasked,
)

SLOTS = "persistentVolumeActions"  # where the state keeps which slot was served


@dataclass(frozen=True)
class _Looked:
    see: Inventory
    found: Assessment
    said: Swept


@collector_paused()
def volume_sweep(cluster: Cluster, settings: PersistentVolumeActions, state: State) -> tuple[Page, ...]:
    """Give the report when its slot is due, else what is untold when it is time to look again; often that is nothing.

    Raises ClusterError: when the cluster does not answer or nothing may be read.
    """
    pages: list[Page] = []

    def report() -> Page:
        pages.extend(_report(cluster, settings, state))
        return pages[0]

    if tick(state, SLOTS, settings.report_schedule, settings.time_zone, report):
        return tuple(pages)
    ledger = ledger_of(state, KEY)
    if not ledger.baseline:
        return tuple(_report(cluster, settings, state))
    now = int(cluster.now().timestamp())
    every = int(timedelta(minutes=settings.sweep_minutes).total_seconds())
    if ledger.soon or now - ledger.swept >= every:
        return tuple(_changes(cluster, settings, state))
    after = settled(ledger, now, PROCESS)
    if after != ledger or is_kept_here_alone(
        KEY
    ):  # what this process told was sent, or a dead one may not have sent it
        decide(state, KEY, lambda before: (settled(before, now, PROCESS), None))
        if any(one.news for one in (*after.open.values(), *after.over.values()) if one.told and one.by):
            return tuple(_changes(cluster, settings, state))
    return ()


def _look(cluster: Cluster, settings: PersistentVolumeActions, state: State, *, report: bool) -> _Looked:
    see = gather(cluster, fallback=settings.namespaces)
    found = judge(see, settings)
    symptoms = symptoms_of(found.problems, see, settings)
    gone = gone_from(found, see, settings)

    def look(ledger: Ledger) -> tuple[Ledger, Swept]:
        ledger = without_unasked(ledger, settings.choice.judges)
        return sweep(ledger, symptoms, gone, voice_of(settings), see.now, PROCESS, report=report)

    return _Looked(without_passing(see), found, decide(state, KEY, look))


def _report(cluster: Cluster, settings: PersistentVolumeActions, state: State) -> list[Page]:
    begun = cluster.now()
    looked = _look(cluster, settings, state, report=True)
    subject = Subject("Cluster", cluster.name or "cluster")
    took, details = cluster.now() - begun, settings.include_details
    page = overview_page("the cluster", subject, looked.found, looked.see, details=details, took=took)
    page = with_changes(page, looked.said, looked.see.now)
    return [page, *_own(cluster, looked, settings, state)]


def _changes(cluster: Cluster, settings: PersistentVolumeActions, state: State) -> list[Page]:
    looked = _look(cluster, settings, state, report=False)
    said = looked.said
    pages = _own(cluster, looked, settings, state)
    if said.untold or said.ended:
        issues = _issues(said, looked.found)
        pages.append(changes_page(said, issues, cluster.name))
    return [*pages[:-1], *(with_held(page, said.held) for page in pages[-1:])]


def _issues(said: Swept, found: Assessment) -> Sequence[Issue]:
    """Give the issues of what is untold, in its order; of a story one is enough."""
    by_id = {issue.id: issue for issue in found.issues}
    leads = (min((i for m in one.members if (i := issue_of(m)) in by_id), default="") for _, one in said.untold)
    return [by_id[lead] for lead in leads if lead]


def _own(cluster: Cluster, looked: _Looked, settings: PersistentVolumeActions, state: State) -> list[Page]:
    """Make the messages that are about one incident each."""
    by_id = {issue.id: issue for issue in looked.found.issues}
    told = []
    for tell in looked.said.tells:
        issue = by_id.get(_lead(tell, by_id))
        if issue or tell.resolved:
            target = target_of(issue) if issue else Target()
            lead = Tell(tell.cause, tell.incident, issue.id if issue else "", resolved=tell.resolved)
            told.append(page_of(cluster, lead, target, looked.see, looked.found, settings))
    keep_told(state, KEY, told)
    return [one.page for one in told]


def _lead(tell: Tell, by_id: "dict[str, Issue]") -> str:
    there = [by_id[i] for m in tell.incident.members if (i := issue_of(m)) in by_id]
    return min(there, key=lambda issue: (-issue.severity, issue.id)).id if there else ""
