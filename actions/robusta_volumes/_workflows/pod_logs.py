"""Read the last lines of a few logs: of pods whose volume is full, or seems to fail. Only what they say of disks is kept."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._model.claim_use import ClaimUse
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.disk_words import Signs, joined, signs_in
from robusta_volumes._model.errors import ClusterError, Invalid, NotAllowed, NotFound
from robusta_volumes._model.in_pod import Container
from robusta_volumes._model.inventory import Inventory, Unseen
from robusta_volumes._model.kind import EVENT, POD_LOG
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.pod_container import PodContainer
from robusta_volumes._model.rights import account_in, role_command
from robusta_volumes._model.text import listing, plain
from robusta_volumes._model.usage import Key
from robusta_volumes._model.volume import Pod
from robusta_volumes._rules.health import disk_event
from robusta_volumes._rules.joins import alive
from robusta_volumes._rules.pod_trouble import failed, suffering
from robusta_volumes._rules.usage_facts import at_least

Uses = Mapping[Key, ClaimUse]


@dataclass
class _Reading:
    """What was read so far, and what stops the rest."""

    cluster: Cluster
    settings: PersistentDataAnalysis
    started: float = field(default_factory=time.monotonic)
    reads: int = 0
    said: dict[tuple[Key, str], Signs] = field(default_factory=dict)  # by pod and container
    refused: dict[str, NotAllowed] = field(default_factory=dict)  # by namespace
    broken: str = ""  # why nothing more is asked

    def read(self, pod: Pod, one: PodContainer, *, again: bool) -> None:
        """Read what a container said before it was started again, and what it says since then."""
        where = Container(pod.meta.namespace, pod.meta.name, one.name)
        for before in (True, False) if again else (False,):
            if not self._may(where.namespace):
                return
            self.reads += 1
            try:
                found = signs_in(self.cluster.logs(where, self.settings.log_lines, before=before))
            except NotAllowed as error:
                self.refused[where.namespace] = error
            except (NotFound, Invalid):
                continue  # it is gone, or has not begun
            except ClusterError as error:
                self.broken = plain(error, 120)
            else:
                key = (pod.meta.key, one.name)
                self.said[key] = joined(self.said.get(key, ()), found)

    def _may(self, namespace: str) -> bool:
        if not self.broken and self.reads >= self.settings.logs:
            self.broken = f"no more than {self.settings.logs} are read (persistentDataAnalysis.logs)"
        elif not self.broken and time.monotonic() - self.started > self.settings.log_seconds:
            self.broken = f"the {self.settings.log_seconds} s for them were used up (persistentDataAnalysis.logSeconds)"
        return not self.broken and namespace not in self.refused

    @property
    def unseen(self) -> Unseen | None:
        """Say which logs were not looked at, and what would let them be; None when all were."""
        if not self.refused:
            return (
                Unseen(POD_LOG, f"of some pods with full or failing volumes: {self.broken}", "")
                if self.broken
                else None
            )
        home, account = account_in(str(next(iter(self.refused.values()))))
        names = sorted(self.refused)
        remedy = role_command(names, ["logs"], account, home)
        return Unseen(POD_LOG, f"the runner may not read them in {listing([plain(n, 60) for n in names], 3)}", remedy)


def with_logs(
    cluster: Cluster, see: Inventory, about: Iterable[Key], uses: Uses | None, settings: PersistentDataAnalysis
) -> Inventory:
    """Look into the logs of pods that mount one of the claims ``about``, where that claim is full or seems to fail.

    So many logs as the settings say, for so many seconds. What may not be read is said once, in ``unseen``.
    """
    wanted = _wanted(see, frozenset(about), uses or {}, settings.limits) if settings.logs else []
    reading = _Reading(cluster, settings)
    for pod in wanted:
        ended = failed(pod, see, settings.limits)
        for one in sorted(pod.containers, key=lambda c: c not in ended):
            reading.read(pod, one, again=one in ended)
    unseen = {**see.unseen, POD_LOG.resource: reading.unseen} if reading.unseen else see.unseen
    if not reading.said:
        return replace(see, unseen=unseen) if reading.unseen else see
    return replace(see, pods=tuple(_told(pod, reading.said) for pod in see.pods), unseen=unseen)


def _told(pod: Pod, said: Mapping[tuple[Key, str], Signs]) -> Pod:
    if not any((pod.meta.key, c.name) in said for c in pod.containers):
        return pod
    return replace(pod, containers=tuple(replace(c, said=said.get((pod.meta.key, c.name))) for c in pod.containers))


def _wanted(see: Inventory, about: frozenset[Key], uses: Uses, limits: Limits) -> Sequence[Pod]:
    """Choose the pods: those of full claims, of nodes and volumes that fail, and those that end again and again."""
    found: list[tuple[int, Key, Pod]] = []
    ill = {
        node.meta.name
        for node in see.nodes
        if node.troubles or (not see.lacks(EVENT) and disk_event(node, see, limits))
    }
    for claim in see.claims:
        if claim.meta.key not in about:
            continue
        use = uses.get(claim.meta.key)
        full = bool(use and use.use and at_least(use.use.share, limits.no_room_percent))
        hurt = suffering(claim, see, limits)
        for pod in see.pods_of.get(claim.meta.key, ()):
            if not (pod.node and pod.containers and alive(pod)):
                continue
            down = pod in hurt
            fails = pod.node in ill or bool(pod.health or claim.health)
            if full or fails or failed(pod, see, limits):
                found.append((2 * (not full) + (not down), pod.meta.key, pod))
    found.sort(key=lambda one: one[:2])
    return list({pod.meta.key: pod for _, _, pod in found}.values())
