"""What rows of answers about I/O mean. Pure: each function takes rows as Prometheus gives them."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from sys import intern

from robusta_volumes._cluster.filling import Rows
from robusta_volumes._cluster.prometheus_answers import Row
from robusta_volumes._model.io_series import Device, IoKey, IoSeries, IoWindow, Mounted, Operation, PodIo

_NAN = float("nan")


def key_by(labels: Sequence[str], skipped: Collection[IoKey] = ()) -> Callable[[Row], IoKey | None]:
    """Make what reads a row's key; a row without its first label is of nothing, and so is one that is skipped."""

    def key(row: Row) -> IoKey | None:
        metric = row["metric"]
        found = tuple(intern(metric.get(label, "")) for label in labels)  # once for all signals
        return found if found[0] and found not in skipped else None

    return key


def rows_of(
    window: IoWindow, labels: Sequence[str], only: Iterable[IoKey] | None = None, skipped: Collection[IoKey] = ()
) -> Rows[IoKey]:
    """Make what one signal's rows are put into; ``only`` None: all but those that are ``skipped``."""
    wanted = None if only is None else frozenset(only)
    return Rows(window.end, window.step, window.columns, key_by(labels, skipped), wanted)


def disks_of(serials: Collection[str], disks: Iterable[Row]) -> frozenset[IoKey]:
    """Name the disks (instance, device) with one of these serial numbers."""
    metrics = (row["metric"] for row in disks)
    return frozenset((m.get("instance", ""), m.get("device", "")) for m in metrics if m.get("serial") in serials)


def together(source: str, window: IoWindow, signals: Mapping[str, Rows[IoKey]]) -> IoSeries | None:
    """Put the signals of one source together: a row each, NaN where one says nothing. None: nothing came."""
    keys = tuple(sorted({key for rows in signals.values() for key in rows.keys()}))  # noqa: SIM118 (no mapping)
    if not keys:
        return None
    values = {name: rows.taken(keys) for name, rows in signals.items() if rows.keys()}
    return IoSeries(source, window, keys, values)


def last_resets(rows: Rows[IoKey]) -> dict[IoKey, int]:
    """Give by key the column in which a counter started again for the last time: where more of that is seen than before."""
    found: dict[IoKey, int] = {}
    for key, line in rows.lines():
        before = 0.0
        for column, value in enumerate(line):
            seen = 0.0 if math.isnan(value) else value
            if seen > before:
                found[key] = column
            before = seen
    return found


def slim(row: Row) -> Row:
    """Keep of a row what is used, each word once for all rows: a large cluster has tens of thousands."""
    return {"metric": {intern(name): intern(value) for name, value in row["metric"].items()}, "value": row["value"]}


def number(row: Row) -> float:
    """Read the value of an instant row."""
    return float(row["value"][1])


def devices(disks: Iterable[Row], mapper: Iterable[Row]) -> tuple[Device, ...]:
    """Put what is known of each device together."""
    names = {(m.get("instance", ""), m.get("device", "")): m for m in (row["metric"] for row in mapper)}
    found: dict[tuple[str, str], Device] = {}
    for metric in (row["metric"] for row in disks):
        place = (str(metric.get("instance", "")), str(metric.get("device", "")))
        above = names.get(place, {})
        found[place] = Device(
            *place,
            numbers=(metric.get("major", ""), metric.get("minor", "")),
            serial=metric.get("serial", ""),
            path=metric.get("path", ""),
            wwn=metric.get("wwn", ""),
            model=metric.get("model", ""),
            rotational={"1": True, "0": False}.get(metric.get("rotational", "")),
            logical_volume=above.get("lv_name", ""),
            mapper_uuid=above.get("uuid", ""),
        )
    for place, above in names.items():  # an exporter that knows device mapper knows the disk, too; but it costs nothing
        if place not in found:
            known = {"logical_volume": above.get("lv_name", ""), "mapper_uuid": above.get("uuid", "")}
            found[place] = Device(*place, **known)
    return tuple(found[place] for place in sorted(found))


def mounted(rows: Iterable[Row]) -> tuple[Mounted, ...]:
    """Read where filesystems are."""
    fields = ("instance", "mountpoint", "device", "fstype")
    return tuple(sorted((Mounted(*(row["metric"].get(name, "") for name in fields)) for row in rows), key=str))


def host(instance: str) -> str:
    """Give the machine of an ``instance`` label: "10.0.0.7:9100" and "[fd00::7]:9100" without what follows."""
    if instance.startswith("["):
        return instance[1:].partition("]")[0]
    return instance.rpartition(":")[0] if instance.count(":") == 1 else instance


def pods(ops: Iterable[Row], moved: Iterable[Row]) -> tuple[PodIo, ...]:
    """Put operations (by the name of the device) and bytes (by name and numbers) of pods together."""
    found: dict[tuple[str, str, str, str], PodIo] = {}
    nameless: list[PodIo] = []
    for metric, value in ((row["metric"], number(row)) for row in moved):
        numbers = (metric.get("major", ""), metric.get("minor", ""))
        place = _place(metric)
        one = PodIo(*place, numbers=numbers, bytes=value)
        if place[3] and place not in found:
            found[place] = one
        else:
            nameless.append(one)
    for metric, value in ((row["metric"], number(row)) for row in ops):
        place = _place(metric)
        before = found.get(place)
        numbers, moved_bytes = (before.numbers, before.bytes) if before else (("", ""), None)
        found[place] = PodIo(*place, numbers=numbers, ops=value, bytes=moved_bytes)
    return (*(found[place] for place in sorted(found)), *nameless)


def on_nodes(given: Iterable[PodIo], nodes: Mapping[str, str]) -> tuple[PodIo, ...]:
    """Name the nodes of pods of which only an address is known."""
    names = {host(instance): name for instance, name in nodes.items()}
    return tuple(replace(pod, node=names[pod.node]) if pod.node in names else pod for pod in given)


def _place(metric: Mapping[str, str]) -> tuple[str, str, str, str]:
    node = metric.get("node") or host(metric.get("instance", ""))
    return node, metric.get("namespace", ""), metric.get("pod", ""), metric.get("device", "").removeprefix("/dev/")


def operations(
    kind: tuple[str, str, str, str, str], slow: Iterable[Row], often: Iterable[Row], bad: Iterable[Row]
) -> tuple[Operation, ...]:
    """Put what is known of each call together; calls that nobody made in that time are left out."""
    _, driver, method, _, _ = kind
    p95, rate, failed = (
        {(row["metric"].get(driver, ""), row["metric"].get(method, "")): number(row) for row in rows}
        for rows in (slow, often, bad)
    )
    return tuple(
        Operation(
            name.partition(":")[2] or name if name.startswith("kubernetes.io/csi") else name,
            call,
            p95[name, call] if math.isfinite(p95.get((name, call), _NAN)) else None,
            count,
            min(1.0, failed.get((name, call), 0.0) / count),
        )
        for (name, call), count in sorted(rate.items())
        if count > 0
    )


def per_io(direction: str, rows: Iterable[Row]) -> dict[IoKey, dict[str, float]]:
    """Read quantiles by volume: "read p95" -> seconds; nothing where there was no I/O."""
    found: dict[IoKey, dict[str, float]] = {}
    for row in rows:
        metric, value = row["metric"], number(row)
        if math.isfinite(value) and metric.get("volume_id"):
            found.setdefault((metric["volume_id"],), {})[f"{direction} p{metric['q']}"] = value
    return found


def pressures(rows: Iterable[Row]) -> dict[str, float]:
    """Read how much of the time tasks on nodes waited."""
    return {row["metric"].get("instance", ""): number(row) for row in rows if math.isfinite(number(row))}


def handles(rows: Iterable[Row]) -> dict[tuple[str, str], str]:
    """Read which device a volume is on a node, as an exporter of devices says it."""
    metrics = (row["metric"] for row in rows)
    return {
        (metric["node"], metric["volume_handle"]): metric.get("device", "").removeprefix("/dev/")
        for metric in metrics
        if metric.get("node") and metric.get("volume_handle")
    }


def nodes(rows: Iterable[Row]) -> dict[str, str]:
    """Read on which node each exporter runs."""
    metrics = (row["metric"] for row in rows)
    return {m["instance"]: m["nodename"] for m in metrics if m.get("instance") and m.get("nodename")}
