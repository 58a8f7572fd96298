"""Whether a benchmark may run, and what it would do; or all that speaks against it. Pure: facts in, refusals out.

What only the volume itself can say (free space, a link in the way, pressure of I/O on the node) the pod asks before it begins.
"""

from collections.abc import Callable

from robusta_volumes._analysis.benchmark_claim import claim_refusals
from robusta_volumes._analysis.benchmark_wanted import Wanted
from robusta_volumes._analysis.decision import Refusal, Unsure
from robusta_volumes._analysis.room import Growth, beyond_limit_range, beyond_quota
from robusta_volumes._model import kind as k
from robusta_volumes._model.quantity import MIB, gib
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.text import cited, listing, nearest, plain, quoted
from robusta_volumes._model.volume import Claim, Meta
from robusta_volumes._rules.rule import Fix

_COUNT = "persistentvolumeclaims"
_NO_DRIVER = "kubernetes.io/no-provisioner"
_ZONES = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
_LEAST = 64  # MiB: a smaller file lies in every cache
IMAGE = (
    "printf 'FROM debian:bookworm-slim\\nRUN apt-get update && apt-get install -y --no-install-recommends fio\\n' | "
    "docker build -t REGISTRY/fio:3.33 - && docker push REGISTRY/fio:3.33"
)
_UNKNOWN = {
    k.STORAGE_CLASS: "whether the class exists, and whether its volumes go with their claims",
    k.QUOTA: "whether a quota has room for it; the API server refuses it if not",
    k.LIMIT_RANGE: "whether a limit range allows the size; the API server refuses it if not",
    k.NODE: "whether the node or the zone exists",
}


def refusals(wanted: Wanted) -> tuple[Refusal, ...]:
    """Say all that speaks against it."""
    own = claim_refusals(wanted) if wanted.asked.claim else [r for check in _NEW if (r := check(wanted))]
    found = [*own, *(r for check in _ALWAYS if (r := check(wanted)))]
    if not found and wanted.plan.file < _LEAST:
        why = f"A fifth of {gib(wanted.size)} is a file that lies in every cache."
        found.append(Refusal("the claim is too small", why, (Fix("give a larger size, such as size=10Gi"),)))
    return tuple(found)


def unsure(wanted: Wanted) -> tuple[Unsure, ...]:
    """Say what could not be looked at."""
    return tuple(Unsure(lack, text) for kind, text in _UNKNOWN.items() if (lack := wanted.see.lacks(kind)))


def _no_image(wanted: Wanted) -> Refusal | None:
    if wanted.settings.image:
        return None
    why = (
        "There is no official image of fio, and none of somebody else's is run in your cluster unasked. Any image with `fio`, "
        "`sh`, `df` and `tail` will do, such as one that your CI builds."
    )
    build = Fix("build one, and set `volumePerformanceAnalysis.benchmark.image` to it", IMAGE)
    return Refusal("`benchmark.image` is not set", why, (build,))


def _writes_too_little(wanted: Wanted) -> Refusal | None:
    s, file = wanted.settings, wanted.plan.file
    if s.most_written * 1024 >= 2 * file:
        return None
    why = f"The file alone takes {gib(file * MIB)}, and the sections that write come after it."
    fix = f"raise `benchmark.mostWritten` to {2 * -(-file // 1024)} or more, or lower `benchmark.fileSize`"
    return Refusal(f"at most {s.most_written} GiB may be written, which is too little", why, (Fix(fix),))


def _another(wanted: Wanted) -> Refusal | None:
    if not wanted.others:
        return None
    why = "Two at once would measure one another."
    fix = "wait until it is over, about five minutes; what a run left that died is removed when it is an hour old"
    return Refusal(f"benchmark {plain(wanted.others[0])} is under way", why, (Fix(fix),))


def _node_missing(wanted: Wanted) -> Refusal | None:
    name = wanted.asked.node
    if not name or wanted.see.lacks(k.NODE):
        return None
    node = wanted.see.node.get(name)
    if node is None:
        near = nearest(name, tuple(wanted.see.node), most=1) or sorted(wanted.see.node)[:4]
        return Refusal(f"there is no node {cited(name)}", "", (Fix(f"give node={listing(near)}"),))
    if node.ready and node.schedulable:
        return None
    state = "is cordoned" if node.ready else "is not ready"
    return Refusal(f"node {plain(name)} {state}", "No pod is started there.", (Fix("give another node, or none"),))


def _zone_missing(wanted: Wanted) -> Refusal | None:
    zone = wanted.asked.zone
    if not zone or wanted.see.lacks(k.NODE):
        return None
    zones = sorted({n.meta.labels[key] for n in wanted.see.nodes for key in _ZONES if key in n.meta.labels})
    if zone in zones:
        return None
    fix = f"give zone={listing(zones, 4)}" if zones else "leave zone out: the nodes name none"
    return Refusal(f"no node is in zone {cited(zone)}", "", (Fix(fix),))


def _class_missing(wanted: Wanted) -> Refusal | None:
    see, name = wanted.see, wanted.class_name
    if name and (see.lacks(k.STORAGE_CLASS) or name in see.storage_class):
        return None
    here = sorted(c.meta.name for c in see.classes)
    if not name:
        fix = Fix(f"give name={listing(here, 4)}" if here else "give the name of a storage class")
        return Refusal("no storage class is named", "The cluster has no default one that can be seen.", (fix,))
    near = nearest(name, here, most=1)
    fix = Fix(f"give name={near[0]}" if near else f"give name={listing(here, 4)}" if here else "create it")
    return Refusal(f"storage class {cited(name)} does not exist", "", (fix,))


def _no_driver(wanted: Wanted) -> Refusal | None:
    chosen = wanted.storage_class
    if chosen is None or chosen.provisioner != _NO_DRIVER:
        return None
    why = "Its volumes are made by hand: a claim of ours would take one of them, and leave it used up (Released)."
    fix = "try a claim of yours: claim=NAME, with `benchmark.allowExisting: true`"
    return Refusal(f"class {plain(chosen.meta.name)} makes no volumes", why, (Fix(fix),))


def _no_room(wanted: Wanted) -> Refusal | None:
    growth = _growth(wanted)
    if full := beyond_quota(growth):
        return full
    for quota in wanted.see.quotas_in.get(wanted.namespace, ()):
        for key in (_COUNT, f"{wanted.class_name}.storageclass.storage.k8s.io/{_COUNT}"):
            hard, used = quota.hard.get(key), quota.used.get(key)
            if hard is not None and used is not None and used >= hard:
                says = f"quota {plain(quota.meta.name)} allows no further claim"
                return Refusal(says, f"{plain(key)}: {hard} allowed, {used} used.", (Fix(f"raise {plain(key)}"),))
    return None


def _wrong_size(wanted: Wanted) -> Refusal | None:
    if found := beyond_limit_range(_growth(wanted)):
        return found
    for one in wanted.see.limit_ranges:
        if one.meta.namespace == wanted.namespace and one.refuses(wanted.size):
            says = f"limit range {plain(one.meta.name)} allows no claim below {gib(one.least)}"
            look = f"kubectl -n {quoted(wanted.namespace)} describe limitrange {quoted(one.meta.name)}"
            return Refusal(says, f"It is asked for {gib(wanted.size)}.", (Fix("give a larger size", look),))
    return None


def _growth(wanted: Wanted) -> Growth:
    meta = Meta("benchmark", wanted.namespace)
    new = Claim(meta, "Pending", wanted.class_name, "", None, None, ("ReadWriteOnce",), (), "Filesystem")
    return Growth(new, wanted.size, wanted.see, PersistentVolumeActions())


Check = Callable[[Wanted], Refusal | None]
_ALWAYS: tuple[Check, ...] = (_no_image, _another, _node_missing, _zone_missing, _writes_too_little)
_NEW: tuple[Check, ...] = (_class_missing, _no_driver, _no_room, _wrong_size)
