"""What uses the space in a volume: looked at from a pod that has it, else from one of our own that only reads."""

from dataclasses import dataclass, replace
from datetime import timedelta

from robusta_volumes._analysis.contents_hints import hints
from robusta_volumes._analysis.contents_ladder import ways
from robusta_volumes._analysis.contents_names import hidden, without_names
from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.fields import at
from robusta_volumes._cluster.read_holders import holders_of
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import VolumeContents, check_given
from robusta_volumes._model.contents import Exec, Found, Looked, Ways
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.errors import ClusterError, NotFound
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Claim
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._report.persistent_volume_actions import missing_page
from robusta_volumes._report.volume_contents import About, contents_page, plan_page, unseen_page
from robusta_volumes._workflows.volume_contents_exec import look_in_container


@dataclass
class _Tried:
    """What was tried in vain: where, why not, and what would help."""

    lines: list[str]
    remedy: ClusterError | None = None

    def add(self, where: str, why: str, error: ClusterError | None = None) -> None:
        self.lines.append(f"{where}: {why}")
        self.remedy = self.remedy or error


def volume_contents(
    cluster: Cluster,
    asked: VolumeContents,
    settings: PersistentDataAnalysis,
) -> Page:
    """Look, and tell; or tell how it would be looked at, or why it cannot be.

    Raises SettingsError: when it is not said into which claim. ClusterError: when claim or pods cannot be read.
    """
    check_given(asked, "name", "namespace")
    try:
        claim = read.claim(cluster.get(k.CLAIM, asked.name, asked.namespace))
    except NotFound:
        known = [str(at(o, "metadata", "name")) for o in cluster.find(k.CLAIM, asked.namespace)]
        return missing_page(Subject(k.CLAIM.name, asked.name, asked.namespace), "Claim", known, asked=True)
    about = About(claim, cluster.name, cluster.now(), settings.contents.old_days)
    way = _ways(cluster, claim, asked, settings)
    if way.why:
        return unseen_page(about, way.why, way.todo)
    if asked.dry_run:
        return plan_page(about, way)
    return _look(cluster, about, way, settings)


def _ways(cluster: Cluster, claim: Claim, asked: VolumeContents, settings: PersistentDataAnalysis) -> Ways:
    holders = holders_of(cluster, claim)
    found = ways(claim, holders, system=settings.contents.system_namespaces)
    if asked.way == "exec":
        found = replace(found, inspector=None, no_inspector="only `way: exec` was asked for")
    if asked.way == "pod":
        found = replace(found, execs=(), no_exec="only `way: pod` was asked for")
    return found


def _look(cluster: Cluster, about: About, way: Ways, settings: PersistentDataAnalysis) -> Page:
    tried = _Tried([])
    if way.no_exec:
        tried.add("a running pod", way.no_exec)
    for one in way.execs:
        looked = _exec(cluster, about, one, settings, tried)
        if looked.found:
            return _told(about, looked.found, one, settings, tried)
    return unseen_page(about, "", "", tried.lines, tried.remedy)


def _exec(cluster: Cluster, about: About, way: Exec, settings: PersistentDataAnalysis, tried: _Tried) -> Looked:
    where = f"pod {plain(way.pod)}, container {plain(way.container)}"
    old = about.now - timedelta(days=settings.contents.old_days)
    try:
        looked = look_in_container(cluster, way, old, settings.contents.seconds)
    except ClusterError as error:
        looked = Looked(why=plain(error.message))
        tried.add(where, looked.why, error)
    else:
        if looked.why:
            tried.add(where, plain(looked.why))
    return looked


def _told(about: About, found: Found, way: Exec, settings: PersistentDataAnalysis, tried: _Tried) -> Page:
    known = hints(found)
    if settings.contents.redact_names:
        known = tuple(replace(one, name=hidden(one.name)) for one in known)
        found = without_names(found)
    return contents_page(about, found, known, way, settings.contents.seconds, tried.lines)
