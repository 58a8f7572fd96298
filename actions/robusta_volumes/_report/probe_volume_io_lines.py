"""The figures of a live look in words: for a title, for a row of a table, and for a file."""

from collections.abc import Iterator, Sequence

from robusta_volumes._model.io_probe import DeviceIo, NfsIo, OwnIo
from robusta_volumes._model.io_probe_row import ProbeRow
from robusta_volumes._model.io_words import bytes_rate, number, share, size, took
from robusta_volumes._model.text import plain
from robusta_volumes._report.page import File, csv_file

_LEAST_QUEUE = 0.1  # in flight: less is worth no words in a title
_MINOR = 0.05  # of the operations: the other direction is worth no words in a title


def figures(row: ProbeRow) -> str:
    """Write a title's figures: "3,120 writes/s, 12 ms each, 4.1 in flight; this container does 12 % of the device's I/O"."""
    said = brief(row)
    io = row.io
    if io and io.device and io.own and io.own.share is not None and not io.own.partly:
        who = "this container" if row.container else "this pod"
        return f"{said}; {who} does {share(io.own.share)} of the device's I/O"
    return said


def brief(row: ProbeRow) -> str:
    """Write what it did."""
    io = row.io
    if io is None:
        return "unknown"
    if io.idle:
        return f"no I/O in {io.seconds:.0f} s, which says nothing of how fast it is"
    if io.device:
        return _of_device(io.device)
    if io.nfs:
        return _of_nfs(io.nfs)
    return _of_own(io.own) if io.own else "unknown"


def _of_device(device: DeviceIo) -> str:
    parts = [(device.writes, "writes", device.write_wait), (device.reads, "reads", device.read_wait)]
    parts.sort(key=lambda part: -part[0])
    said = [
        f"{number(rate)} {word}/s" + (f", {took(wait)} each" if wait is not None else "")
        for place, (rate, word, wait) in enumerate(parts)
        if rate and (place == 0 or rate >= _MINOR * device.ops)
    ]
    flushes = f"{number(device.flushes)} flushes/s" if not said and device.flushes else ""
    if flushes:
        said.append(flushes)
    if not said:
        return f"{number(device.discards)} discards/s"
    queue = f", {number(device.in_flight)} in flight" if (device.in_flight or 0.0) >= _LEAST_QUEUE else ""
    return " and ".join(said) + queue


def _of_nfs(nfs: NfsIo) -> str:
    parts = [("reads", nfs.reads), ("writes", nfs.writes)]
    said = [f"{word} {took(op.whole)}" for word, op in parts if op.rate]
    again = f"; {share(nfs.again)} sent again" if nfs.again else ""
    return ", ".join([f"{number(nfs.every.rate)} NFS requests/s", *said]) + again


def _of_own(own: OwnIo) -> str:
    return f"its pod does {number(own.ops)} operations/s, {bytes_rate(own.bytes)}; how long they take is not known"


def table_rows(row: ProbeRow) -> Iterator[tuple[str, str]]:
    """Write the rows of the small table."""
    io = row.io
    if io is None:
        return
    if io.device:
        yield from _device_rows(io.device)
    if io.nfs:
        yield from _nfs_rows(io.nfs)
    if own := io.own:
        part = f", {share(own.share)} of all" if own.share is not None else ""
        part += ", without what goes through the page cache" if own.partly else ""
        yield "own part", f"{number(own.ops)}/s, {bytes_rate(own.bytes)}{part}"
    for name, stall in (("container waits for I/O", io.container), ("node waits for I/O", io.node)):
        if stall:
            full = f", all tasks {share(stall[1])}" if stall[1] is not None else ""
            yield name, f"{share(stall[0])}{full}"


def _device_rows(device: DeviceIo) -> Iterator[tuple[str, str]]:
    yield "device", f"{plain(device.name, 40)} ({device.numbers[0]}:{device.numbers[1]})"
    yield "reads", _direction(device.reads, device.read_bytes, device.read_wait)
    yield "writes", _direction(device.writes, device.write_bytes, device.write_wait, device.merged)
    if device.flushes is not None:
        yield "flushes", _rate(device.flushes, device.flush_wait)
    if device.discards:
        yield "discards", _rate(device.discards, device.discard_wait)
    yield "in flight, busy", f"{number(device.in_flight)}, {share(device.busy)} of the time"


def _nfs_rows(nfs: NfsIo) -> Iterator[tuple[str, str]]:
    for name, op in (("reads", nfs.reads), ("writes", nfs.writes), ("all requests", nfs.every)):
        if op.rate or name == "all requests":
            yield name, f"{number(op.rate)}/s, {took(op.trip)} to the server and back, {took(op.queued)} waiting here"
    yield "sent again, timeouts", f"{share(nfs.again) if nfs.again is not None else 'none sent'}, {nfs.timeouts}"
    yield "names and attributes", share(nfs.meta)


def _direction(rate: float, moved: float, wait: float | None, merged: float | None = None) -> str:
    if not rate:
        return "none"
    each = f"{size(moved / rate)} and {took(wait)}" if wait is not None else size(moved / rate)
    joined = f", {share(merged)} merged" if merged else ""
    return f"{number(rate)}/s, {bytes_rate(moved)}, {each} each{joined}"


def _rate(rate: float, wait: float | None) -> str:
    return f"{number(rate)}/s" + (f", {took(wait)} each" if wait is not None else "")


_HEADERS = (
    "namespace", "claim", "node", "pod", "container", "device", "seconds", "reads/s", "writes/s", "read bytes/s",
    "write bytes/s", "read s", "write s", "in flight", "busy", "flushes/s", "flush s", "merged", "own share",
    "container waits", "node waits", "NFS requests/s", "NFS again", "NFS timeouts", "why not",
)  # fmt: skip


def rows_csv(rows: Sequence[ProbeRow]) -> File:
    """Write all figures of all nodes."""
    return csv_file("probe.csv", _HEADERS, (_line(row) for row in rows))


def _line(row: ProbeRow) -> list[object]:
    meta, io = row.look.claim.meta, row.io
    head: list[object] = [meta.namespace, meta.name, row.look.node, row.pod, row.container]
    if io is None:
        return [*head, *[""] * (len(_HEADERS) - len(head) - 1), row.look.why or (row.tried[0] if row.tried else "")]
    d, n = io.device, io.nfs
    of_device: list[object] = [""] * 11
    if d:
        of_device = [
            d.reads, d.writes, d.read_bytes, d.write_bytes, d.read_wait, d.write_wait, d.in_flight, d.busy, d.flushes,
            d.flush_wait, d.merged,
        ]  # fmt: skip
    shares = [
        io.own.share if io.own else None,
        io.container[0] if io.container else None,
        io.node[0] if io.node else None,
    ]
    of_nfs: list[object] = [n.every.rate, n.again, n.timeouts] if n else ["", "", ""]
    return [*head, d.name if d else "", io.seconds, *of_device, *shares, *of_nfs, io.why]
