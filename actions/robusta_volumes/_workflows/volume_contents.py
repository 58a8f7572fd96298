"""What uses the space in a volume: looked at from a pod that has it, else from one of our own that only reads."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from robusta_volumes._analysis.contents_hints import hints
from robusta_volumes._analysis.contents_ladder import ways
from robusta_volumes._analysis.contents_names import hidden, without_names
from robusta_volumes._cluster import read
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.fields import at
from robusta_volumes._cluster.read_holders import holders_of
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import VolumeContents, check_given
from robusta_volumes._model.contents import Exec, Found, Inspector, Looked, Ways
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.errors import ClusterError, NotAllowed, NotFound
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Claim
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._report.persistent_volume_actions import missing_page
from robusta_volumes._report.volume_contents import About, contents_page
from robusta_volumes._report.volume_contents_plan import plan_page, unseen_page
from robusta_volumes._workflows.volume_contents_exec import look_in_container
from robusta_volumes._workflows.volume_contents_pod import Kit, look_with_pod

_UID_RANGE = "openshift.io/sa.scc.uid-range"


def volume_contents(
    cluster: Cluster,
    asked: VolumeContents,
    settings: PersistentDataAnalysis,
    image: str = "",
    sleep: Callable[[float], None] = time.sleep,
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
    contents = settings.contents
    kit = Kit(contents.image or image, contents.pull_secrets, contents.seconds, contents.pods_at_once)
    return _Looking(cluster, about, settings, kit).page(way, sleep)


def _ways(cluster: Cluster, claim: Claim, asked: VolumeContents, settings: PersistentDataAnalysis) -> Ways:
    """Find the ways, of which what was asked for is left."""
    holders = holders_of(cluster, claim)
    system = settings.contents.system_namespaces
    found = ways(claim, holders, _attached(cluster, claim), system=system, own_user=_own_user(cluster, claim))
    if asked.way == "exec":
        found = replace(found, inspector=None, no_inspector="")
    if asked.way == "pod":
        found = replace(found, execs=(), no_exec="")
    return found


def _attached(cluster: Cluster, claim: Claim) -> str:
    """Name the node that the volume is attached to; "" when it is none, or may not be known."""
    try:
        found = cluster.find(k.ATTACHMENT, slim=read.attachment)
    except ClusterError:
        return ""
    return next((a.node for a in found if a.volume_name == claim.volume_name and a.attached), "")


def _own_user(cluster: Cluster, claim: Claim) -> bool:
    """Tell whether we choose the user of a pod: OpenShift gives each namespace its own range, and refuses any other."""
    try:
        namespace = cluster.get(k.NAMESPACE, claim.meta.namespace)
    except ClusterError:
        return True
    return _UID_RANGE not in (at(namespace, "metadata", "annotations") or {})


class _Looking:
    """One run: the ways are tried in turn. ``tried`` is what was in vain, ``remedy`` and ``todo`` what would help."""

    def __init__(self, cluster: Cluster, about: About, settings: PersistentDataAnalysis, kit: Kit) -> None:
        self._cluster, self._about, self._settings, self._kit = cluster, about, settings, kit
        self._old = about.now - timedelta(days=settings.contents.old_days)
        self.tried: list[str] = []
        self.remedy: ClusterError | None = None
        self.todo = ""

    def page(self, way: Ways, sleep: Callable[[float], None]) -> Page:
        """Look until one way works."""
        if way.no_exec:
            self.tried.append(f"a running pod: {way.no_exec}")
        for one in way.execs:
            where = f"pod {plain(one.pod)}, container {plain(one.container)}"
            found = self._try(where, partial(look_in_container, self._cluster, one, self._old, self._kit.seconds))
            if found:
                return self._told(found, one)
        if way.inspector:
            look = partial(look_with_pod, self._cluster, way.inspector, self._kit, self._old, sleep)
            if found := self._try("a pod of our own", look):
                return self._told(found, way.inspector)
        elif way.no_inspector:
            self.tried.append(f"a pod of our own: {way.no_inspector}")
        return unseen_page(self._about, "", self.todo, self.tried, self.remedy)

    def _try(self, where: str, look: Callable[[], Looked]) -> Found | None:
        try:
            looked = look()
        except ClusterError as error:
            looked = Looked(why=error.message)
            self.todo = ""  # what lifts this error helps more
            self.remedy = error if self.remedy is None or isinstance(error, NotAllowed) else self.remedy
        if not looked.found:
            self.tried.append(f"{where}: {plain(looked.why)}")
            self.todo = looked.todo or self.todo
        return looked.found

    def _told(self, found: Found, way: Exec | Inspector) -> Page:
        known = hints(found)
        if self._settings.contents.redact_names:
            known = tuple(replace(one, name=hidden(one.name)) for one in known)
            found = without_names(found)
        return contents_page(self._about, found, known, way, self._kit.seconds, self.tried)
