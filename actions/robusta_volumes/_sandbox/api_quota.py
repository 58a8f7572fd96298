"""ResourceQuotas: what claims and snapshots use, and what is refused because it would be too much."""

from collections.abc import Iterable, Mapping

from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.kind import CLAIM, QUOTA, Kind
from robusta_volumes._model.quantity import as_quantity, bytes_of
from robusta_volumes._sandbox.api_status import StatusError, forbidden

_OF_CLASS = ".storageclass.storage.k8s.io/"
_BYTES = "requests.storage"


def usage(kind: Kind, item: Object) -> dict[str, int]:
    """Tell what one object counts against each quota key."""
    used = {f"count/{kind.resource}": 1}
    if kind.resource == CLAIM.resource:
        spec = item.get("spec") or {}
        size = bytes_of(((spec.get("resources") or {}).get("requests") or {}).get("storage")) or 0
        used |= {CLAIM.plural: 1, _BYTES: size}
        if name := spec.get("storageClassName"):
            used |= {f"{name}{_OF_CLASS}{CLAIM.plural}": 1, f"{name}{_OF_CLASS}{_BYTES}": size}
    return used


def check_quota(store: Store, kind: Kind, old: Object | None, new: Object) -> None:
    """Refuse what a quota of the namespace does not allow; only growth is ever refused.

    Raises StatusError: 403, naming requested, used and limited as the quota admission does.
    """
    namespace = new["metadata"].get("namespace")
    if not namespace:
        return
    before = usage(kind, old) if old else {}
    grown = {key: size - before.get(key, 0) for key, size in usage(kind, new).items() if size > before.get(key, 0)}
    for quota in store.find(QUOTA, namespace):
        hard = (quota.get("spec") or {}).get("hard") or {}
        keys = sorted(key for key in grown if key in hard)
        if not keys:
            continue
        used = _total(store, kind, namespace)
        over = [key for key in keys if used.get(key, 0) + grown[key] > (bytes_of(hard[key]) or 0)]
        if over:
            raise _exceeded(quota, kind, new, over, {"requested": grown, "used": used})


def count_usage(store: Store, kind: Kind, namespace: str | None) -> None:
    """Write what is used now into the quotas of a namespace, as quota admission and its controller do."""
    if not namespace:
        return
    for quota in store.find(QUOTA, namespace):
        hard = (quota.get("spec") or {}).get("hard") or {}
        total = _total(store, kind, namespace)
        ours = [key for key in hard if key in total or _concerns(key, kind)]
        used = {key: _written(key, total.get(key, 0)) for key in ours}
        if used:
            changes = {"status": {"hard": hard, "used": used}}
            store.patch(QUOTA, quota["metadata"]["name"], namespace, changes)


def _concerns(key: str, kind: Kind) -> bool:
    """Tell whether a key counts objects of this kind even when there are none."""
    if key == f"count/{kind.resource}":
        return True
    return kind.resource == CLAIM.resource and (key in {CLAIM.plural, _BYTES} or _OF_CLASS in key)


def _total(store: Store, kind: Kind, namespace: str) -> dict[str, int]:
    total: dict[str, int] = {}
    for item in store.find(kind, namespace):
        for key, size in usage(kind, item).items():
            total[key] = total.get(key, 0) + size
    return total


def _exceeded(
    quota: Object, kind: Kind, new: Object, over: Iterable[str], counted: Mapping[str, Mapping[str, int]]
) -> StatusError:
    keys = list(over)
    told = {word: [f"{key}={_written(key, sizes.get(key, 0))}" for key in keys] for word, sizes in counted.items()}
    told["limited"] = [f"{key}={quota['spec']['hard'][key]}" for key in keys]
    words = ", ".join(f"{word}: {','.join(parts)}" for word, parts in told.items())
    return forbidden(kind, new["metadata"]["name"], f"exceeded quota: {quota['metadata']['name']}, {words}")


def _written(key: str, amount: int) -> str:
    return as_quantity(amount) if key.endswith(_BYTES) else str(amount)
