"""Where claims are in use, and what to ask metrics for about them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from robusta_volumes._model.inventory import Inventory, Key
from robusta_volumes._model.io_scope import IoScope
from robusta_volumes._model.volume import Attachment, Claim, Pod, Volume

T = TypeVar("T", str, Key)
_UUID = 36  # characters


@dataclass(frozen=True)
class Place:
    """One claim on one node; without a node it is in use nowhere."""

    claim: Claim
    volume: Volume | None
    node: str = ""
    pods: tuple[Pod, ...] = ()  # that run there with it, by name
    attachment: Attachment | None = None

    @property
    def since(self) -> datetime | None:
        """Since when its device is its own: before, the same name was another's.

        An attachment outlives the pods that use it; where none is seen, the first of those pods is what is known.
        """
        if self.attachment and self.attachment.attached and self.attachment.meta.created:
            return self.attachment.meta.created
        return min((pod.started for pod in self.pods if pod.started), default=None)

    @property
    def handle(self) -> str:
        """What its driver calls it."""
        return handle_of(self.volume) if self.volume else ""

    @property
    def driver(self) -> str:
        """Who serves it."""
        return self.volume.driver if self.volume else self.claim.provisioner


def handle_of(volume: Volume) -> str:
    """Give a volume's identity as metrics and disks know it: of "aws://eu-west-1a/vol-0abc" the end."""
    return volume.handle.rpartition("/")[2] if volume.handle.startswith("aws://") else volume.handle


def image_of(volume: Volume) -> str:
    """Name a volume's image in Ceph: volumes that ceph-csi made before 2.0 do not say it, but their handle ends with it."""
    if named := volume.attributes.get("imagename"):
        return named
    return f"csi-vol-{volume.handle[-_UUID:]}" if "rbd.csi.ceph.com" in volume.driver else ""


def places_of(see: Inventory, claim: Claim) -> tuple[Place, ...]:
    """Give the nodes on which a claim is in use: where pods with it run; without any, where it is attached."""
    volume = see.volume_of(claim)
    attached = {a.node: a for a in see.attachments_of.get(volume.meta.name, ()) if a.attached} if volume else {}
    by_node: dict[str, list[Pod]] = {}
    for pod in see.pods_of.get(claim.meta.key, ()):
        if pod.phase == "Running" and pod.node:
            by_node.setdefault(pod.node, []).append(pod)
    for node in () if by_node else attached:
        by_node.setdefault(node, [])
    return tuple(
        Place(claim, volume, node, tuple(sorted(pods, key=lambda p: p.meta.name)), attached.get(node))
        for node, pods in sorted(by_node.items())
    ) or (Place(claim, volume),)


def scope_of(see: Inventory, claims: Collection[Key] | None = None, nodes: Collection[str] = ()) -> IoScope:
    """Say what to ask for: these claims, all that is on these nodes, or (nothing given) the whole cluster."""
    if claims is None and not nodes:
        return _of_all(see)
    places = [place for key in sorted(claims or ()) if (c := see.claim.get(key)) for place in places_of(see, c)]
    here = {pod.meta.key: pod for node in sorted(nodes) for pod in see.pods_on.get(node, ())}
    for pod in here.values():
        found = (see.claim.get((pod.meta.namespace, name)) for name in pod.claims)
        places += [place for claim in found if claim for place in places_of(see, claim) if place.node == pod.node]
    volumes = [place.volume for place in places if place.volume]
    named = {place.node for place in places if place.node} | set(nodes)
    known = [see.node[name] for name in named if name in see.node]
    return IoScope(
        everything=False,
        handles=_sorted(handle_of(v) for v in volumes),
        volumes=_sorted(v.meta.name for v in volumes),
        images=_sorted(image_of(v) for v in volumes),
        addresses=_sorted(node.address for node in known),
        nodes=_sorted([*named, *(node.meta.labels.get("kubernetes.io/hostname", "") for node in known)]),
        pods=_sorted([*(p.meta.key for place in places for p in place.pods), *here]),
        drivers=_sorted(v.driver for v in volumes if v.source == "csi"),
    )


def _of_all(see: Inventory) -> IoScope:
    """Name what is in use in the whole cluster: only that is missed where nothing measures it."""
    pods = [pod for pod in see.pods if pod.claims and pod.phase == "Running"]
    claims = {
        key: see.claim[key] for pod in pods for name in pod.claims if (key := (pod.meta.namespace, name)) in see.claim
    }
    volumes = [volume for claim in claims.values() if (volume := see.volume_of(claim))]
    return IoScope(
        handles=_sorted(handle_of(v) for v in volumes),
        volumes=_sorted(v.meta.name for v in volumes),
        images=_sorted(image_of(v) for v in volumes),
        pods=_sorted(pod.meta.key for pod in pods),
    )


def _sorted(given: Iterable[T]) -> tuple[T, ...]:
    """Give each once, in order; an empty name is none."""
    return tuple(sorted(set(given) - {""}))
