"""Whether a namespace has room for a larger claim: quotas and limit ranges. Pure."""

from dataclasses import dataclass

from robusta_volumes._analysis.decision import Refusal
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.quantity import as_quantity, gib
from robusta_volumes._model.settings import PersistentVolumeActions
from robusta_volumes._model.text import plain, quoted
from robusta_volumes._model.volume import Claim
from robusta_volumes._rules.rule import Fix

_BYTES = "requests.storage"


@dataclass(frozen=True)
class Growth:
    """What is asked: may this claim have ``wanted`` bytes, as far as can be seen, under these settings."""

    claim: Claim
    wanted: int
    see: Inventory
    settings: PersistentVolumeActions


def beyond_quota(asked: Growth) -> Refusal | None:
    """Say which storage quota has no room for the growth."""
    claim = asked.claim
    keys = (_BYTES, f"{claim.class_name}.storageclass.storage.k8s.io/{_BYTES}")
    more = asked.wanted - (claim.requested or 0)
    for quota in asked.see.quotas_in.get(claim.meta.namespace, ()):
        for key in keys:
            hard, used = quota.hard.get(key), quota.used.get(key)
            if hard is None or used is None or used + more <= hard:
                continue
            change = f'{{"spec":{{"hard":{{"{key}":"{as_quantity(used + more)}"}}}}}}'
            command = (
                f"kubectl -n {quoted(claim.meta.namespace)} patch resourcequota {quoted(quota.meta.name)} "
                f"--type merge -p {quoted(change)}"
            )
            left = max(hard - used, 0)
            least = f"or grow it by at most {gib(left)}" if left else "or delete claims that nothing uses"
            return Refusal(
                f"quota {plain(quota.meta.name)} has no room for {gib(more)} more",
                f"{plain(key)}: {gib(hard)} allowed, {gib(used)} used.",
                (Fix(f"raise {plain(key)}", command), Fix(least)),
            )
    return None


def beyond_limit_range(asked: Growth) -> Refusal | None:
    """Say which limit range forbids a claim of this size; it is asked at every change, not only at the first."""
    claim, wanted = asked.claim, asked.wanted
    for one in asked.see.limit_ranges:
        if one.meta.namespace == claim.meta.namespace and one.most is not None and wanted > one.most:
            command = f"kubectl -n {quoted(claim.meta.namespace)} edit limitrange {quoted(one.meta.name)}"
            return Refusal(
                f"limit range {plain(one.meta.name)} allows claims up to {gib(one.most)}",
                f"It is asked for {gib(wanted)}.",
                (Fix("ask for less, or raise its max", command),),
            )
    return None
