"""Which questions about I/O are asked, and what becomes of their rows. Pure: nothing is sent here."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from robusta_volumes._cluster import io_promql as ask
from robusta_volumes._cluster import io_rows, io_sources
from robusta_volumes._cluster.filling import Rows, rounded
from robusta_volumes._cluster.io_source import Source
from robusta_volumes._cluster.io_sources_nodes import NODES
from robusta_volumes._cluster.io_sources_volumes import VOLUMES
from robusta_volumes._cluster.prometheus_answers import Row
from robusta_volumes._cluster.promql import Group
from robusta_volumes._model.io_scope import (
    CADVISOR,
    CEPH,
    DEVICES,
    DISKSTATS,
    EBS,
    LONGHORN,
    MAYASTOR,
    OPERATIONS,
    PORTWORX,
    PSI,
    SOURCES,
    IoScope,
)
from robusta_volumes._model.io_series import IoKey, IoWindow

LEAST = 6  # columns: a question for fewer that is too large is not cut any more
_HEAT = ("read_ops", "write_ops", "read_seconds", "write_seconds")
_WEEK, _HOUR = 7 * 24, timedelta(hours=1)  # columns of the heat table
_CALLS = timedelta(hours=6)  # in which calls to drivers are looked for: there are few


@dataclass(frozen=True)
class Question:
    """One question; without a window it is about the moment of the last column."""

    source: str
    what: str
    query: str
    take: Callable[[Row], None]
    window: IoWindow | None = None

    def halves(self) -> "list[Question]":
        """Cut it in two by time; nothing when it is small."""
        window = self.window
        if window is None or window.columns < 2 * LEAST:
            return []
        late = window.columns // 2
        early = replace(window, end=window.end - late * window.step, columns=window.columns - late)
        return [replace(self, window=each) for each in (early, replace(window, columns=late))]


@dataclass
class Plan:
    """All questions of one report, and where their answers go."""

    scope: IoScope
    window: IoWindow
    present: frozenset[str]  # names of metrics
    labels: Group = ()
    hosts: Sequence[str] = ()  # addresses and names of the nodes in scope
    series: dict[str, dict[str, Rows[IoKey]]] = field(default_factory=dict)
    heat: dict[str, dict[str, Rows[IoKey]]] = field(default_factory=dict)
    resets: dict[str, Rows[IoKey]] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def first(self) -> Iterator[Question]:
        """Give those about devices, and what storage itself says."""
        yield from self._of_devices()
        for source in VOLUMES:
            yield from self._of_series(source)

    def then(self) -> Iterator[Question]:
        """Give the others, the most important first; to be asked when the first were answered."""
        spoken_for = self.scope.everything and self._all_spoken_for()
        for source in NODES:
            if source.name == PSI or not spoken_for:
                yield from self._of_series(source)
        yield from self._of_pods()
        yield from self._of_single_operations()
        yield from self._of_calls()
        yield from self._of_the_week()

    def _where(self, label: str, part: str) -> Group | None:
        """Select what is in scope; None: nothing of this kind is."""
        if self.scope.everything:
            return self.labels
        if part == "instances":
            found = ask.on(label, self.hosts)
        elif part == "pods":
            names = [sorted({key[place] for key in self.scope.pods}) for place in (0, 1)]
            found = (*ask.one_of("namespace", names[0]), *ask.one_of(label, names[1]))
        else:
            found = ask.one_of(label, getattr(self.scope, part))
        return (*found, *self.labels) if found else None

    def _one(self, source: str, what: str, query: str) -> Question:
        """Ask for rows of one moment, which are kept as they come."""
        kept = self.rows.setdefault(what, [])
        return Question(source, what, query, lambda row: kept.append(io_rows.slim(row)))

    def _of_devices(self) -> Iterator[Question]:
        here = self._where("instance", "instances")
        handles = self._where("volume_handle", "handles")
        if here is not None:
            for name, question in (
                (io_sources.DISK_INFO, ask.disks),
                (io_sources.MAPPER_INFO, ask.mapped_disks),
                (io_sources.FILESYSTEM, ask.mounted),
            ):
                if name in self.present:
                    yield self._one(DEVICES, name, question(here))
            if io_sources.NODE_PRESSURE in self.present:
                yield self._one(DEVICES, io_sources.NODE_PRESSURE, ask.pressure(self._span, here))
        for name in io_sources.HANDLES:
            if name in self.present and handles is not None:
                yield self._one(DEVICES, name, ask.handles(name, handles))

    @property
    def _span(self) -> timedelta:
        """What a mean is taken over; of a whole cluster a day would be too much."""
        return _HOUR if self.scope.everything else self.window.columns * self.window.step

    def _of_series(self, source: Source) -> Iterator[Question]:
        where = self._where(*source.scoped)
        usable = source.usable(self.present)
        if where is None or not usable:
            return
        only = self.scope.pods if self.scope.pods and source.name in {CADVISOR, PSI} else None
        found = self.series.setdefault(source.name, {})
        skipped = self._spoken_for() if source.name == DISKSTATS else frozenset[IoKey]()
        for signal, term in usable.items():
            found[signal] = io_rows.rows_of(self.window, source.key, only, skipped)
            query = self._of_pods_with_claims(source.key, ask.series(source, signal, term, self.window.rate, where))
            yield Question(source.name, signal, query, _into(found[signal]), self.window)
        if source.counter in self.present and not self.scope.again:
            self.resets[source.name] = io_rows.rows_of(self.window, source.key, only, skipped)
            query = self._of_pods_with_claims(source.key, ask.resets(source, self.window.step, where))
            yield Question(
                source.name, "counters that started again", query, _into(self.resets[source.name]), self.window
            )

    def _all_spoken_for(self) -> bool:
        """Tell whether storage itself says what each volume in use does, so that nothing less is worth its questions."""
        scope, count = self.scope, 0
        for wanted, sources in (
            (scope.handles, (EBS, LONGHORN)),
            (scope.volumes, (MAYASTOR, PORTWORX)),
            (scope.images, (CEPH,)),
        ):
            rows = [self.series[name]["read_ops"] for name in sources if "read_ops" in self.series.get(name, {})]
            count += len({key[-1] for each in rows for key in each.keys()}.intersection(wanted))  # noqa: SIM118 (no mapping)
        return 0 < len(self.scope.volumes) <= count

    def _spoken_for(self) -> frozenset[IoKey]:
        """Name the disks of a whole cluster that are EBS volumes of which the driver itself says all that is judged."""
        said = self.series.get(EBS, {}).get("read_ops") if self.scope.everything else None
        serials = {str(volume).replace("-", "") for (volume,) in said.keys()} if said else set[str]()  # noqa: SIM118 (no mapping)
        return io_rows.disks_of(serials, self.rows.get(io_sources.DISK_INFO, ()))

    def _of_pods_with_claims(self, key: Sequence[str], query: str) -> str:
        """Leave pods without claims to themselves, where it is known which those are."""
        wide = self.scope.everything and io_sources.POD_CLAIMS in self.present and "pod" in key
        return ask.with_claims(query, self.labels) if wide else query

    def _of_pods(self) -> Iterator[Question]:
        here = self._where("instance", "instances")
        if here is None:
            return
        if self.present.issuperset(io_sources.POD_OPS):
            query = self._of_pods_with_claims(["pod"], ask.pod_ops(self._span, here))
            yield self._one(CADVISOR, "operations of pods by device", query)
        if io_sources.POD_BYTES in self.present:
            query = self._of_pods_with_claims(["pod"], ask.pod_bytes(self._span, here))
            yield self._one(CADVISOR, "bytes of pods by device", query)

    def _of_single_operations(self) -> Iterator[Question]:
        where = None if self.scope.everything else self._where("volume_id", "handles")
        for direction, metric in io_sources.LATENCY.items():
            if where is not None and metric in self.present:
                yield self._one(EBS, f"{direction} latency per operation", ask.per_io(metric, self._span, where))

    def _of_calls(self) -> Iterator[Question]:
        for kind in io_sources.CALLS:
            name, driver = kind[:2]
            drivers = [*self.scope.drivers, *(f"kubernetes.io/csi:{one}" for one in self.scope.drivers)]
            some = () if self.scope.everything else ask.one_of(driver, drivers)
            if f"{name}_count" not in self.present or not (some or self.scope.everything):
                continue
            queries = ask.calls(kind, _HOUR if self.scope.everything else _CALLS, (*some, *self.labels))
            for what, query in zip(("p95", "rate", "failed"), queries, strict=True):
                yield self._one(OPERATIONS, f"{name}, {what}", query)

    @property
    def week(self) -> IoWindow:
        """The hours of the week before."""
        return IoWindow(rounded(self.window.end), _HOUR, _WEEK, _HOUR)

    def _of_the_week(self) -> Iterator[Question]:
        if self.scope.everything or self.scope.again:
            return
        window = self.week
        for source in io_sources.SERIES:
            where, usable = self._where(*source.scoped), source.usable(self.present)
            if where is None or source.name in {CADVISOR, PSI}:
                continue
            for signal in (name for name in _HEAT if name in usable):
                rows = io_rows.rows_of(window, source.key)
                self.heat.setdefault(source.name, {})[signal] = rows
                query = ask.series(source, signal, usable[signal], _HOUR, where)
                yield Question(source.name, f"{signal} of a week", query, _into(rows), window)


def _into(rows: Rows[IoKey]) -> Callable[[Row], None]:
    return lambda row: rows.add([row])


def shown(source: str, what: str) -> str:
    """Say for people what is asked for."""
    return f"{SOURCES[source]}: {what.replace('_', ' ')}"
