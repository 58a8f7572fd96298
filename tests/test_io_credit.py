"""Burst credit as the providers describe it: how long it lasts, how it comes back, and what proves that there is none."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from io_worlds import END, NAN, Row, facts
from robusta_volumes._analysis.io_catalogue import kind
from robusta_volumes._analysis.io_layers import Layer, Layers
from robusta_volumes._analysis.io_rates import About, limits_of_kind
from robusta_volumes._model.io import Credit, IoLimits, VolumeIo
from robusta_volumes._model.quantity import GIB

MIB, MB = 1024**2, 1000**2


def _of(provider: str, name: str, gib: float) -> IoLimits:
    found = kind(provider, name)
    assert found is not None
    layer = Layer({"cachingmode": "None"}, "storage class fast", exact=False)
    return limits_of_kind(found, About(gib, Layers((layer,)), layer))


def _does(limits: IoLimits, minutes: int = 5, **row: Row) -> VolumeIo:
    columns = max(len(each) for each in row.values() if not isinstance(each, int | float))
    return facts(row, limits, columns=columns, minutes=minutes)


def _credit(io: VolumeIo) -> Credit:
    assert io.credit is not None
    return io.credit


GP2 = _of("aws", "gp2", 100)  # 300 IOPS, bursts of 3,000, 5.4 million operations of credit


def test_a_gp2_of_100_gib_bursts_for_two_thousand_seconds() -> None:
    half = _credit(_does(GP2, minutes=1, read_ops=[3000.0] * 17))  # 1,020 s
    assert half.left == pytest.approx(1 - 1020 / 2000)
    assert half.falling
    assert half.empty_in == pytest.approx(timedelta(seconds=980), abs=timedelta(seconds=1))
    gone = _credit(_does(GP2, minutes=1, read_ops=[3000.0] * 34))  # 2,040 s
    assert (gone.left, gone.falling, gone.empty_in) == (0, False, None)


def test_it_takes_eighteen_thousand_idle_seconds_to_come_back() -> None:
    half = _credit(_does(GP2, read_ops=[3000.0] * 7 + [0.0] * 30))  # 2,100 s, then 9,000 s
    assert half.left == pytest.approx(0.5)
    full = _credit(_does(GP2, read_ops=[3000.0] * 7 + [0.0] * 60))
    assert (full.left, full.falling) == (1, False)


def test_what_is_not_measured_is_taken_to_be_idle() -> None:
    assert _credit(_does(GP2, read_ops=[3000.0] * 7 + [NAN] * 30)).left == pytest.approx(0.5)
    assert facts({"read_ops": NAN}, GP2).credit is None, "of nothing nothing is modelled"


def test_who_waits_in_a_queue_at_the_baseline_has_no_credit_whatever_the_model_says() -> None:
    stuck = _does(GP2, read_ops=[300.0] * 12, queue=8)
    assert _credit(stuck).left == 0
    assert stuck.episode("at_baseline").longest == timedelta(minutes=50), "after a quarter of an hour it is no chance"
    calm = _does(GP2, read_ops=[300.0] * 12, queue=0.5)
    assert _credit(calm).left == 1
    assert not calm.episode("at_baseline").share


def test_two_who_wait_for_long_prove_it_as_well() -> None:
    late = _does(GP2, read_ops=[300.0] * 12, queue=3, read_seconds=3.0)
    assert _credit(late).left == 0, "10 ms with three in flight: with credit it would take one"
    soon = _does(GP2, read_ops=[300.0] * 12, queue=3, read_seconds=0.6)
    assert _credit(soon).left == 1


def test_behind_a_cache_all_of_it_counts_where_it_stands_at_the_baseline() -> None:
    cached = replace(_of("azure", "Premium_LRS", 128), reads_cached=True)
    stuck = _does(cached, read_ops=[250.0] * 12, write_ops=250, queue=30)
    assert _credit(stuck).left == 0
    assert stuck.episode("at_baseline").longest == timedelta(minutes=50)
    assert stuck.stat("limit_iops").p50 == 1
    free = _does(cached, read_ops=[900.0] * 12, write_ops=250, queue=30)
    assert _credit(free).left == 1
    assert free.stat("limit_iops").p50 == pytest.approx(250 / 3500)


def test_a_short_stay_at_the_baseline_proves_nothing() -> None:
    io = _does(GP2, read_ops=[100.0] * 9 + [300.0] * 2 + [100.0], queue=8)
    assert _credit(io).left == 1


def test_a_volume_without_queue_metrics_is_modelled_alone() -> None:
    io = _does(GP2, read_ops=[3000.0] * 12 + [300.0] * 12)
    assert _credit(io).left == 0
    assert not io.episode("at_baseline").share, "nobody knows whether anything waits"
    assert io.stat("limit_iops").now == pytest.approx(1), "but the baseline is the limit"


def test_a_throughput_disk_spends_bytes() -> None:
    st1 = _of("aws", "st1", 2048)  # 80 MiB/s, bursts of 500, 2 TiB of credit
    io = _does(st1, read_bytes=[500.0 * MIB] * 12, read_ops=500)
    credit = _credit(io)
    spent = 420 * MIB * 3600
    assert credit.unit == "bytes"
    assert credit.left == pytest.approx(1 - spent / (2048 * GIB))
    assert credit.empty_in == pytest.approx(
        timedelta(seconds=(2048 * GIB - spent) / (420 * MIB)), abs=timedelta(seconds=1)
    )


def test_of_two_buckets_the_emptier_one_is_told() -> None:
    p10 = _of("azure", "Premium_LRS", 128)  # 500 IOPS and 100 MB/s, bursts of 3,500 and 170 for half an hour
    by_ops = _does(p10, read_ops=[3500.0] * 3, read_bytes=10.0 * MB)
    assert _credit(by_ops).unit == "operations"
    assert _credit(by_ops).left == pytest.approx(0.5)
    by_bytes = _does(p10, read_ops=[600.0] * 3, read_bytes=[170.0 * MB] * 3)
    assert _credit(by_bytes).unit == "bytes"
    assert _credit(by_bytes).left == pytest.approx(0.5)


def test_a_large_operation_takes_as_much_credit_as_the_provider_counts() -> None:
    large = _credit(_does(GP2, read_ops=[750.0] * 3, read_bytes=750.0 * MIB))  # four operations of 256 KiB each
    assert large.left == pytest.approx(_credit(_does(GP2, read_ops=[3000.0] * 3)).left)


def test_reads_that_a_cache_serves_take_no_credit() -> None:
    cached = replace(_of("azure", "Premium_LRS", 128), reads_cached=True)
    assert _credit(_does(cached, read_ops=[3500.0] * 3, write_ops=100)).left == 1
    assert _credit(_does(cached, write_ops=[3500.0] * 3)).left == pytest.approx(0.5)


def test_a_burst_of_unknown_length_is_over_where_a_queue_waits_at_the_base() -> None:
    gp2 = _of("aws", "gp2", 200)  # 128 MiB/s, up to 250 at times
    held = _does(gp2, read_bytes=[128.0 * MIB] * 12, read_ops=512, queue=16)
    assert held.episode("bytes_ceiling").share == pytest.approx(10 / 12)
    assert not held.episode("at_baseline").share
    free = _does(gp2, read_bytes=[128.0 * MIB] * 12, read_ops=512, queue=0.5)
    assert free.stat("limit_bytes").p50 == pytest.approx(128 / 250)


def test_what_does_not_burst_has_no_credit() -> None:
    assert facts({"read_ops": 3000}, _of("aws", "gp3", 100)).credit is None
    assert facts({"read_ops": 3000}, _of("aws", "gp2", 1000)).credit is None
    assert facts({"read_ops": 3000}, IoLimits()).credit is None


def test_credit_that_lasts_for_months_is_not_counted_down() -> None:
    slow = _credit(_does(GP2, read_ops=[300.5] * 12))
    assert slow.falling
    assert slow.empty_in is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.just(NAN), st.floats(0, 20000)), min_size=1, max_size=60), st.floats(0, 100))
def test_credit_is_always_a_share_and_more_work_never_leaves_more(values: list[float], queue: float) -> None:
    io = _does(GP2, read_ops=values, queue=queue)
    if not io.known:
        return
    assert 0 <= (io.credit.left if io.credit else 0) <= 1
    idle = _does(GP2, read_ops=[0.0] * len(values), queue=0)
    assert (io.credit.left if io.credit else 0) <= _credit(idle).left == 1
    assert idle.window == (END - len(values) * timedelta(minutes=5), END)
