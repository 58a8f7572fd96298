"""Who else works on the device of a claim, and how much of the work there is the claim's own."""

from collections.abc import Mapping

from robusta_volumes._analysis.io_rows import Entry
from robusta_volumes._model.inventory import Inventory, Key
from robusta_volumes._model.io import Mapped, Neighbour
from robusta_volumes._model.io_series import IoMeasured, PodIo

_Place = tuple[str, str]  # (node, device) or (node, "major:minor")


class Around:
    """Pods by the device they work on, and pressure by node."""

    def __init__(self, see: Inventory, measured: IoMeasured, mapped: Mapping[Key, tuple[Mapped, ...]]) -> None:
        """Index them."""
        self._see = see
        self._pods: dict[_Place, list[PodIo]] = {}
        for pod in measured.pods:
            places = {(pod.node, base(pod.device))} if pod.device else set[_Place]()
            if any(pod.numbers):
                places.add((pod.node, ":".join(pod.numbers)))
            for place in places:
                self._pods.setdefault(place, []).append(pod)
        self._numbers = {(host(d.instance), d.device): ":".join(d.numbers) for d in measured.devices if any(d.numbers)}
        self._pressure = {host(instance): value for instance, value in measured.node_pressure.items()}
        self._claims: dict[_Place, set[Key]] = {}
        for claim, ones in mapped.items():
            for one in ones:
                if one.device:
                    self._claims.setdefault((one.node, base(one.device)), set()).add(claim)

    def pressure(self, node: str) -> float | None:
        """Give the share of time in which some task of a node waited for I/O."""
        seen = self._see.node.get(node)
        return self._pressure.get(node, self._pressure.get(seen.address) if seen and seen.address else None)

    def neighbours(
        self, entry: Entry, ops: float | None, rate: float | None
    ) -> tuple[tuple[Neighbour, ...], float | None]:
        """Give the other pods on the device, busiest first, and the claim's own share of the work.

        ``ops`` and ``rate`` (bytes) are what was measured of the device: what no pod answers for is work, too.
        """
        if not self._pods:
            return (), None
        device = next((one.device for one in entry.mapped if one.device), "")
        if not device:
            return (), None
        found = {(pod.namespace, pod.pod): pod for pod in self._on(entry.node, base(device))}
        if not found:
            return (), None
        users = {pod.meta.key for pod in self._see.pods_of.get(entry.claim, ())}
        by_ops = all(pod.ops is not None for pod in found.values())
        works = {key: (pod.ops if by_ops else pod.bytes) or 0.0 for key, pod in found.items()}
        total = max(sum(works.values()), (ops if by_ops else rate) or 0.0)
        if total <= 0:
            return (), None
        others = [
            Neighbour(*key, found[key].ops, found[key].bytes, work / total, self._claim(entry.node, base(device), key))
            for key, work in sorted(works.items(), key=lambda each: (-each[1], each[0]))
            if key not in users and work > 0
        ]
        own = [works[key] for key in works if key in users]
        return tuple(others), min(1.0, sum(own) / total) if own else None

    def _on(self, node: str, device: str) -> list[PodIo]:
        seen = self._see.node.get(node)
        numbers = self._numbers.get((seen.address if seen else node, device)) or self._numbers.get((node, device), "")
        places = [numbers, device] if numbers else [device]
        names = [node, seen.address] if seen and seen.address else [node]  # metrics name a node by one or the other
        return [pod for name in names for place in places for pod in self._pods.get((name, place), ())]

    def _claim(self, node: str, device: str, pod: Key) -> str:
        there = self._claims.get((node, device), set())
        named = (name for name in sorted(claim for space, claim in there if space == pod[0]))
        return next(
            (name for name in named if pod in {p.meta.key for p in self._see.pods_of.get((pod[0], name), ())}), ""
        )


def host(instance: str) -> str:
    """Give the address of an instance without its port: "10.0.0.7:9100" and "[fd00::7]:9100"."""
    head, colon, port = instance.rpartition(":")
    return (head if colon and port.isdigit() else instance).strip("[]")


def base(device: str) -> str:
    """Give a device's name as the kernel has it: "/dev/nvme1n1" is nvme1n1."""
    return device.removeprefix("/dev/")
