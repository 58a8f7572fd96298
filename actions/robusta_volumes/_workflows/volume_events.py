"""What events about volumes are worth: one look for many of them, and a message only for what changed."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from robusta_volumes._analysis.assess import Assessment
from robusta_volumes._analysis.costs import judge
from robusta_volumes._analysis.ledger import Ledger
from robusta_volumes._analysis.noise import hear
from robusta_volumes._analysis.symptoms import Held, Tell, issue_of
from robusta_volumes._cluster.cluster import Cluster
from robusta_volumes._cluster.gather import gather
from robusta_volumes._cluster.state import State
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.target import Target
from robusta_volumes._report.news import with_held
from robusta_volumes._report.page import Page
from robusta_volumes._workflows.around import claim_namespace, look_around, neighbourhood, with_claim
from robusta_volumes._workflows.persistent_volume_actions import concerned, concerning
from robusta_volumes._workflows.remembered import decide, keep_told
from robusta_volumes._workflows.ticks import PROCESS
from robusta_volumes._workflows.volume_news import KEY, gone_from, page_of, symptoms_of, voice_of

_MANY = 4  # namespaces: from more on, one look at all of them is cheaper


def volume_events(
    cluster: Cluster, targets: Sequence[Target], settings: PersistentVolumeActions, state: State
) -> tuple[Page, ...]:
    """Look at what events were about, and give the messages that it is worth.

    Raises ClusterError: when the cluster does not answer or nothing may be read.
    """
    known = [with_claim(cluster, target) for target in targets]
    pages: list[Page] = []
    for together in _grouped(known):
        pages += _look(cluster, together, settings, state)
    return tuple(pages)


def _grouped(targets: Iterable[Target]) -> list[tuple[Target, ...]]:
    """Put together what one look can show: the same kind in the same namespace, or in very many."""

    def place(target: Target) -> tuple[str, str]:
        return target.kind, claim_namespace(target)

    groups = [tuple(some) for _, some in groupby(sorted(targets, key=place), place)]
    if len(groups) <= _MANY:
        return groups
    spread = [g for g in groups if claim_namespace(g[0])]
    wide = [tuple(t for g in some for t in g) for _, some in groupby(spread, lambda g: g[0].kind)]
    return [*wide, *(g for g in groups if not claim_namespace(g[0]))]


def _look(
    cluster: Cluster, targets: Sequence[Target], settings: PersistentVolumeActions, state: State
) -> Iterable[Page]:
    namespaces = {claim_namespace(target) for target in targets} - {""}
    if len(namespaces) > 1:
        see = gather(cluster, kinds=neighbourhood(targets[0].kind), fallback=settings.namespaces)
        namespaces = {name for name in namespaces if see.knows(name)}
    else:
        see = look_around(cluster, *targets)
    found = judge(see, settings)
    tells, held = _decided(targets, namespaces, see, found, settings, state)
    about = _leads(targets, see, found)
    told = [page_of(cluster, t, about.get(issue_of(t.member), targets[0]), see, found, settings) for t in tells]
    keep_told(state, KEY, told)
    pages = [one.page for one in told]
    return [*pages[:-1], *(with_held(page, held) for page in pages[-1:])]


def _decided(
    targets: Sequence[Target],
    namespaces: set[str],
    see: Inventory,
    found: Assessment,
    settings: PersistentVolumeActions,
    state: State,
) -> tuple[tuple[Tell, ...], Held]:
    looks = [symptoms_of(concerning(t, see, found).problems, see, settings) for t in targets]
    volumes = {name for target in targets for name in concerned(target, see)[1]}
    gone = gone_from(found, see, settings, namespaces, volumes)

    def look(ledger: Ledger) -> tuple[Ledger, tuple[tuple[Tell, ...], Held]]:
        after, tells, held = hear(ledger, looks, gone, voice_of(settings), see.now, PROCESS)
        return after, (tells, held)

    return decide(state, KEY, look)


def _leads(targets: Iterable[Target], see: Inventory, found: Assessment) -> dict[str, Target]:
    """Tell from which object's look an issue was heard first: its page is that object's."""
    about: dict[str, Target] = {}
    for target in targets:
        for issue in concerning(target, see, found).problems:
            about.setdefault(issue.id, target)
    return about
