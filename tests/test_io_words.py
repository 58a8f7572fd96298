"""Figures of I/O as people read them."""

import pytest

from robusta_volumes._model import io_words as w

MIB = 1024**2


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (w.iops(2960.4), "2,960 IOPS"),
        (w.iops(4.25), "4.2 IOPS"),
        (w.iops(0.031), "0.031 IOPS"),
        (w.iops(0.0), "0 IOPS"),
        (w.iops(None), "unknown IOPS"),
        (w.bytes_rate(22.13 * MIB), "22 MiB/s"),
        (w.bytes_rate(2.2 * MIB), "2.2 MiB/s"),
        (w.bytes_rate(640 * 1024), "640 KiB/s"),
        (w.bytes_rate(1.25 * 1024**3), "1.2 GiB/s"),
        (w.bytes_rate(0), "0 KiB/s"),
        (w.bytes_rate(None), "unknown"),
        (w.size(6144), "6.0 KiB"),
        (w.size(1.5 * MIB), "1.5 MiB"),
        (w.took(0.0181), "18 ms"),
        (w.took(0.0004), "0.4 ms"),
        (w.took(0.00004), "0.04 ms"),
        (w.took(1.25), "1.2 s"),
        (w.took(None), "unknown"),
        (w.share(0.414), "41 %"),
        (w.share(0.004), "0.4 %"),
        (w.share(0.00001), "less than 0.1 %"),
        (w.share(0.0), "0 %"),
        (w.share(1.0), "100 %"),
    ],
)
def test_figures_are_written_short(said: str, expected: str) -> None:
    assert said == expected
