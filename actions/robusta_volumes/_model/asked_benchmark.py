"""What ``benchmark_storage_class`` is asked for: each param with its default, what it may be, and why."""

from dataclasses import dataclass

from robusta_volumes._model.asked import DRY_RUN, word
from robusta_volumes._model.checks import flag, got
from robusta_volumes._model.declare import setting
from robusta_volumes._model.size import Size
from robusta_volumes._model.size import size as any_size


def size(value: object) -> Size:
    """Read a size. Raises ValueError: when it is none, or says only how much more."""
    found = any_size(value)
    if found.relative:
        raise ValueError(f"must be a size such as 100Gi, {got(value)}")
    return found


@dataclass(frozen=True)
class BenchmarkStorageClass:
    """Try a storage class with fio, on a claim that is made for it and deleted after.

    It takes about three minutes; when it is not over within one run, the next run tells the result.
    """

    name: str = setting("", word, "the storage class; left out: the default one")
    namespace: str = setting("", word, "where the claim and the pod are made; left out: Robusta's own namespace")
    claim: str = setting(
        "", word, "an existing claim of that namespace to try instead, where `benchmark.allowExisting` lets it"
    )
    size: Size | None = setting(
        None,
        size,
        "the size of the claim that is made: that of the real one, since limits of many classes grow with it; left out: "
        "`benchmark.size`",
        "quantity",
    )
    node: str = setting("", word, "the node to run on: each kind of machine has limits of its own")
    zone: str = setting("", word, "the zone to run in")
    dry_run: bool = setting(True, flag, DRY_RUN)
