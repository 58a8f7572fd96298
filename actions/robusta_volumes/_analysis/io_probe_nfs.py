"""What two samples of /proc/self/mountstats say of an NFS mount. Pure."""

from collections.abc import Iterable, Mapping

from robusta_volumes._model.io_probe import NfsIo, NfsOp

_OPS, _SENT, _TIMEOUTS, _QUEUE, _TRIP, _WHOLE = 0, 1, 2, 5, 6, 7  # places in the counters of an operation
_COUNTED = (_OPS, _SENT, _TIMEOUTS)
_META = ("GETATTR", "LOOKUP", "ACCESS")
_MS = 1000.0
_Counters = Mapping[str, tuple[int, ...]]


def nfs_io(first: _Counters, last: _Counters, seconds: float) -> NfsIo | None:
    """Work out what the mount did; None when its counters ran backwards: it was mounted anew."""
    grown: dict[str, tuple[int, ...]] = {}
    for name, new in last.items():
        old = first.get(name, (0,) * len(new))
        grown[name] = tuple(now - before for now, before in zip(new, old, strict=True))
        if min(grown[name][place] for place in _COUNTED) < 0:
            return None
    every = _sum(grown.values())
    meta = _sum(grown[name] for name in _META if name in grown)
    ops = every[_OPS]
    return NfsIo(
        _op(grown.get("READ", ()), seconds),
        _op(grown.get("WRITE", ()), seconds),
        _op(every, seconds),
        meta=meta[_OPS] / ops if ops else 0.0,
        again=max(0, every[_SENT] - ops) / ops if ops else None,
        timeouts=every[_TIMEOUTS],
    )


def _sum(counters: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    total = [0] * (_WHOLE + 1)
    for one in counters:
        total = [a + b for a, b in zip(total, one, strict=True)]
    return tuple(total)


def _op(grown: tuple[int, ...], seconds: float) -> NfsOp:
    if not grown or not grown[_OPS]:
        return NfsOp(0.0, None, None, None)
    ops = grown[_OPS]
    return NfsOp(ops / seconds, *(_each(grown[place], ops) for place in (_TRIP, _WHOLE, _QUEUE)))


def _each(milliseconds: int, ops: int) -> float | None:
    """Give the seconds of one; some kernels count times below 0, which tell nothing."""
    return None if milliseconds < 0 else milliseconds / ops / _MS
