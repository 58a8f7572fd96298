"""What uses the space in a volume: looked at from a pod that has it, else from one of our own that only reads."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
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
from robusta_volumes._cluster.read_nodes import node
from robusta_volumes._model import kind as k
from robusta_volumes._model.asked import VolumeContents, check_given
from robusta_volumes._model.contents import Copy, Debug, Found, Inspector, Looked, Way, Ways
from robusta_volumes._model.data_settings import Contents, PersistentDataAnalysis
from robusta_volumes._model.errors import ClusterError, NotAllowed, NotFound
from robusta_volumes._model.text import plain
from robusta_volumes._model.volume import Claim
from robusta_volumes._report.page import Page, Subject
from robusta_volumes._report.persistent_volume_actions import missing_page
from robusta_volumes._report.volume_contents import About, contents_page
from robusta_volumes._report.volume_contents_plan import A_COPY, ADDED, plan_page, unseen_page
from robusta_volumes._workflows.volume_contents_copy import copy_of, look_with_copy, sweep_copies
from robusta_volumes._workflows.volume_contents_debug import debug_in, look_with_debug
from robusta_volumes._workflows.volume_contents_exec import look_in_container
from robusta_volumes._workflows.volume_contents_pod import Kit, look_with_pod

_Attempt = tuple[str, Callable[[], Looked] | None, Way | None]
_REST = 60.0  # seconds for a pod to start and for what follows the walk, beside what a run by hand has anyway
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
    sweep_copies(cluster, asked.namespace)
    contents = settings.contents
    kit = Kit(contents.image or image, contents.pull_secrets, contents.seconds, contents.pods_at_once)
    return _Looking(cluster, about, settings, kit).page(way, sleep)


def seconds_beyond(contents: Contents, way: str) -> float:
    """Give the seconds that a look may take beyond what a run by hand has; those of a copy only where one may be made.

    ``way`` is as it was given: without one, or with one that is none, a copy may be what it comes to.
    """
    copied = contents.copy_size > 0 and way.strip().lower() not in {"exec", "pod", "debug"}
    return contents.seconds + _REST + (2.0 * contents.copy_seconds if copied else 0.0)


def _ways(cluster: Cluster, claim: Claim, asked: VolumeContents, settings: PersistentDataAnalysis) -> Ways:
    """Find the ways, of which what was asked for is left."""
    holders = holders_of(cluster, claim)
    system = settings.contents.system_namespaces
    attached, own_user = _attached(cluster, claim), _own_user(cluster, claim)
    lost = _lost(cluster, {h.node for h in holders if h.node and not h.over} | {attached})
    found = ways(claim, holders, attached, lost=lost, system=system, own_user=own_user)
    if asked.way in {"exec", "snapshot", "debug"}:
        found = replace(found, inspector=None, no_inspector="")
    if asked.way in {"pod", "snapshot", "debug"}:
        found = replace(found, execs=(), no_exec="")
    if asked.way == "debug" and not found.why:
        debug = debug_in(cluster, claim.meta.namespace, holders, lost, own_user=own_user)
        if isinstance(debug, Debug):
            return replace(found, debug=debug)
        return replace(found, no_debug=debug.why, todo=debug.todo)
    if found.why or not (asked.way == "snapshot" or (asked.way == "auto" and found.no_inspector)):
        return found
    copy = copy_of(cluster, claim, holders, settings, own_user=own_user)
    if isinstance(copy, Copy):
        return replace(found, copy=copy)
    return replace(found, no_copy=copy.why, todo=copy.todo)


def _lost(cluster: Cluster, nodes: Iterable[str]) -> set[str]:
    """Find the nodes that are known not to answer."""
    lost = set()
    for name in nodes:
        with suppress(ClusterError):  # not seen is not known
            if name and not node(cluster.get(k.NODE, name)).ready:
                lost.add(name)
    return lost


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
        self.left: tuple[str, ...] = ()

    def page(self, way: Ways, sleep: Callable[[float], None]) -> Page:
        """Look until one way works."""
        for where, look, one in self._attempts(way, sleep):
            if look is None or one is None:
                self.tried.append(where)
            elif found := self._try(where, look):
                return self._told(found, replace(one, left=self.left) if isinstance(one, Copy | Inspector) else one)
        return unseen_page(self._about, "", self.todo or way.todo, self.tried, self.remedy)

    def _attempts(self, way: Ways, sleep: Callable[[float], None]) -> Iterator[_Attempt]:
        """Give each way in turn: what it is called, what looks, and from where; or only why it is none."""
        cluster, kit, old = self._cluster, self._kit, self._old
        if way.no_exec:
            yield f"a running pod: {way.no_exec}", None, None
        for one in way.execs:
            where = f"pod {plain(one.pod)}, container {plain(one.container)}"
            yield where, partial(look_in_container, cluster, one, old, kit.seconds), one
        if way.inspector:
            yield "a pod of our own", partial(look_with_pod, cluster, way.inspector, kit, old, sleep), way.inspector
        if way.no_inspector:
            yield f"a pod of our own: {way.no_inspector}", None, None
        if way.copy:
            patient = replace(kit, start=self._settings.contents.copy_seconds)
            yield "a copy", partial(look_with_copy, cluster, way.copy, patient, old, sleep), way.copy
        if way.no_copy:
            yield f"{A_COPY}{plain(way.no_copy)}", None, None
        if way.debug:
            yield "an added container", partial(look_with_debug, cluster, way.debug, kit, old, sleep), way.debug
        if way.no_debug:
            yield f"{ADDED}{plain(way.no_debug)}", None, None

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
        self.left = looked.left
        if looked.left and not looked.found:
            self.tried.insert(-1, f"left behind: {', '.join(looked.left)}")  # the last is the verdict
        return looked.found

    def _told(self, found: Found, way: Way) -> Page:
        known = hints(found)
        if self._settings.contents.redact_names:
            known = tuple(replace(one, name=hidden(one.name)) for one in known)
            found = without_names(found)
        return contents_page(self._about, found, known, way, self._kit.seconds, self.tried)
