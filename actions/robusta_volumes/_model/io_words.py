"""How figures of I/O are written for people: whole operations, MiB per second, milliseconds, percent."""

from robusta_volumes._model.quantity import GIB

_MIB, _KIB = 1024**2, 1024
_THOUSAND = 1000.0
_WHOLE = 10  # from here on a fraction says nothing
_PERCENT = 100


def number(value: float | None) -> str:
    """Write a rate of operations: "2,960", "4.2", "0.03", "unknown"."""
    if value is None:
        return "unknown"
    if value >= _WHOLE or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def iops(value: float | None) -> str:
    """Write "2,960 IOPS"."""
    return f"{number(value)} IOPS" if value is not None else "unknown IOPS"


def bytes_rate(value: float | None) -> str:
    """Write a rate of bytes: "22.1 MiB/s", "640 KiB/s", "1.2 GiB/s"."""
    if value is None:
        return "unknown"
    if value >= GIB:
        return f"{value / GIB:,.1f} GiB/s"
    if value >= _MIB:
        return f"{_short(value / _MIB)} MiB/s"
    return f"{_short(value / _KIB)} KiB/s"


def size(value: float | None) -> str:
    """Write the size of an operation: "6 KiB", "1.0 MiB"."""
    if value is None:
        return "unknown"
    return f"{value / _MIB:.1f} MiB" if value >= _MIB else f"{_short(value / _KIB)} KiB"


def took(seconds: float | None) -> str:
    """Write how long an operation took: "18 ms", "0.4 ms", "1.2 s"."""
    if seconds is None:
        return "unknown"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{_short(seconds * _THOUSAND)} ms"


def share(value: float | None) -> str:
    """Write a share of 1 as percent: "41 %", "0.4 %"; what is not nothing is no 0 %."""
    if value is None:
        return "unknown"
    percent = value * _PERCENT
    return "less than 0.1 %" if 0 < percent < 0.1 else f"{_short(percent) if percent < 1 else f'{percent:.0f}'} %"  # noqa: PLR2004


def _short(value: float) -> str:
    """Write one digit behind the point where it says something."""
    if value == 0 or value >= _WHOLE:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 0.1 else f"{value:.2g}"  # noqa: PLR2004 (a tenth: more digits below it)
