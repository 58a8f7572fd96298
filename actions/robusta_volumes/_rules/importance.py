"""Which data nobody would like to lose, as far as its objects tell: a StatefulSet's, a database's, or very much of it."""

import re
from dataclasses import dataclass

from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.limits import Limits
from robusta_volumes._model.quantity import GIB, gib
from robusta_volumes._model.text import count, plain
from robusta_volumes._model.volume import Claim, Volume
from robusta_volumes._rules.origins import OPERATORS

_DATABASE = re.compile(
    r"postgres|mysql|mariadb|percona|mongo|cassandra|scylla|clickhouse|cockroach|couch|elasticsearch|opensearch|etcd"
    r"|influx|kafka|neo4j|oracle|rabbitmq|redis|sqlserver|mssql|timescale|victoria|zookeeper"
)
_LABELS = ("app.kubernetes.io/name", "app.kubernetes.io/component", "app", "k8s-app", "name")


@dataclass(frozen=True)
class Data:
    """Claims that hold one thing's data, with their volumes; ``why`` says what makes it important."""

    pairs: tuple[tuple[Claim, Volume], ...]
    of: str  # "StatefulSet orders-db", or ""
    why: str

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(claim.capacity or volume.capacity or 0 for claim, volume in self.pairs)

    @property
    def others(self) -> tuple[tuple[str, str], ...]:
        """The claims beside the first."""
        return tuple(claim.meta.key for claim, _ in self.pairs[1:])

    @property
    def of_what(self) -> str:
        """Say in brackets what it is: "StatefulSet orders-db, 3 claims, 30.0 GiB"."""
        parts = [self.of, count(len(self.pairs), "claim")] if self.of else []
        return ", ".join([*parts, gib(self.size)])


def important(claim: Claim, see: Inventory, limits: Limits) -> Data | None:
    """Tell what important data a claim stands for: told once for each StatefulSet, of its first claim."""
    volume = see.volume_of(claim)
    if claim.phase != "Bound" or claim.meta.deleted or volume is None or (claim.meta.owner or ("",))[0] == "Pod":
        return None  # an ephemeral volume is meant to go with its pod
    key = (claim.meta.namespace, claim.meta.name.rpartition("-")[0])
    owner = see.set_of_prefix.get(key) if claim.meta.name.rpartition("-")[2].isdigit() else None
    if owner:
        group = see.claims_of_set.get(owner.meta.key, ())
        pairs = tuple((c, v) for c in group if c.phase == "Bound" and not c.meta.deleted and (v := see.volume_of(c)))
        told = f"StatefulSet {owner.meta.name}"
        return Data(pairs, told, f"it belongs to {told}") if pairs and pairs[0][0] is claim else None
    base = _database(claim, see)
    if base:
        return Data(((claim, volume),), "", f"it looks like a database's ({plain(base)})")
    size = claim.capacity or volume.capacity or 0
    return (
        Data(((claim, volume),), "", f"it has {gib(size)}")
        if size >= limits.important_gib * GIB and see.pods_of.get(claim.meta.key)
        else None
    )


def _database(claim: Claim, see: Inventory) -> str:
    """Name the database that a claim, or the pods that use it, speak of; "" when they speak of none."""
    pods = see.pods_of.get(claim.meta.key, ())
    for key, name in OPERATORS.items():
        if key in claim.meta.labels:
            return name
    words = [claim.meta.name, *(claim.meta.labels.get(key, "") for key in _LABELS)]
    words += [image for pod in pods for image in pod.images]
    words += [pod.meta.labels.get(key, "") for pod in pods for key in _LABELS]
    return next((word for word in words if _DATABASE.search(word.lower())), "")
