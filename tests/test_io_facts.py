"""What was measured, as facts: idle is no latency, old attachments do not count, and nothing measured says nothing."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from io_worlds import CLAIM, END, NAN, NODE, VOLUME, Row, facts, inventory, series, window
from robusta_volumes._analysis.io_facts import volume_ios
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io import Declared, IoLimits, Mapped, Stats
from robusta_volumes._model.io_scope import DISKSTATS
from robusta_volumes._model.io_series import Device, IoKey, IoMeasured, PodIo
from robusta_volumes._model.limits import Limits

GP3 = IoLimits("gp3", "ssd", Declared(3000, "", ""), bytes=Declared(125 * 1024**2, "", ""), op_bytes=256 * 1024)


def test_what_is_idle_has_no_latency_and_is_never_slow() -> None:
    idle = facts({"read_ops": 0, "read_seconds": 0, "write_ops": 0.01, "write_seconds": 5, "queue": 0}, GP3)
    assert idle.stat("iops").p95 == pytest.approx(0.01)
    assert "latency" not in idle.stats
    assert not idle.episode("slow").share
    assert idle.known


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 0.049), st.floats(0, 1000)), min_size=1, max_size=30))
def test_what_does_next_to_nothing_is_never_slow_however_long_that_takes(steps: list[tuple[float, float]]) -> None:
    ops, took = zip(*steps, strict=True)
    idle = facts({"read_ops": ops, "write_ops": ops, "read_seconds": took, "write_seconds": took}, columns=len(steps))
    assert "latency" not in idle.stats
    assert not {"slow", "very_slow", "spike"} & set(idle.episodes)


def test_latency_is_that_of_both_directions_weighted_by_operations() -> None:
    io = facts({"read_ops": 90, "read_seconds": 0.09, "write_ops": 10, "write_seconds": 0.11}, GP3)
    assert io.stat("read_latency").mean == pytest.approx(0.001)
    assert io.stat("write_latency").mean == pytest.approx(0.011)
    assert io.stat("latency").mean == pytest.approx(0.002)


def test_a_direction_without_seconds_does_not_make_latency_look_short() -> None:
    io = facts({"read_ops": 900, "write_ops": 100, "write_seconds": 1}, GP3)
    assert io.stat("latency").mean == pytest.approx(0.01)
    assert io.stat("iops").mean == pytest.approx(1000)


def test_figures_are_of_steps_and_now_is_the_last_quarter_of_an_hour() -> None:
    io = facts({"read_ops": [*[float(n) for n in range(1, 101)]]}, columns=100)
    assert io.stat("iops") == Stats(99, 50.5, 50.5, 75.25, 95.05, 100, END, 100)


def test_a_peak_has_a_moment_unless_nothing_ever_happened() -> None:
    assert facts({"read_ops": [0, 7, 0]}, columns=3).stat("read_ops").peak_at == END - timedelta(minutes=5)
    assert facts({"read_ops": [0, 0, 0]}, columns=3).stat("read_ops").peak_at is None


def test_nothing_measured_says_nothing() -> None:
    nowhere = facts({"read_ops": NAN}, GP3)
    assert (nowhere.known, nowhere.stats, nowhere.episodes, nowhere.window) == (False, {}, {}, None)
    unmapped = Mapped(how="no pod uses it")
    found = volume_ios(Inventory(END), IoMeasured(window(12)), {CLAIM: (unmapped,)}, {}, Limits())
    assert [(io.known, io.mapped.how) for io in found[CLAIM]] == [(False, "no pod uses it")]


def test_an_infinite_value_is_none() -> None:
    assert facts({"read_ops": [1, float("inf"), 3]}, columns=3).stat("read_ops").samples == 2


def test_what_was_before_the_present_attachment_does_not_count() -> None:
    io = facts({"read_ops": [5000.0] * 6 + [100.0] * 6}, columns=12, since=END - timedelta(minutes=30))
    assert (io.stat("iops").peak, io.samples) == (100, 6)
    assert io.window == (END - timedelta(minutes=30), END)


def test_what_was_before_the_last_reset_of_a_counter_does_not_count() -> None:
    measured = IoMeasured(
        window(6), {"ebs": series({VOLUME: {"read_ops": [9, 9, 9, 1, 1, 1]}}, 6)}, resets={("ebs", VOLUME): 2}
    )
    mapped = Mapped("ebs", VOLUME, NODE)
    (io,) = volume_ios(Inventory(END), measured, {CLAIM: (mapped,)}, {}, Limits())[CLAIM]
    assert (io.stat("iops").peak, io.samples) == (1, 3)


def test_a_reset_of_what_only_fills_in_cuts_nothing_else_short() -> None:
    ebs = series({VOLUME: {"read_ops": 100}}, 6)
    disk = series({("10.0.0.7:9100", "nvme1n1"): {"busy": [0.9, 0.9, 0.9, 0.1, 0.1, 0.1]}}, 6, "diskstats")
    key = ("10.0.0.7:9100", "nvme1n1")
    measured = IoMeasured(window(6), {"ebs": ebs, "diskstats": disk}, resets={("diskstats", key): 2})
    both = (Mapped("ebs", VOLUME, NODE), Mapped("diskstats", key, NODE, "nvme1n1", "mapped"))
    (io,) = volume_ios(Inventory(END), measured, {CLAIM: both}, {}, Limits())[CLAIM]
    assert (io.stat("iops").samples, io.stat("busy").samples, io.stat("busy").peak) == (6, 3, 0.1)


def test_an_operation_of_one_mebibyte_is_four_on_ebs() -> None:
    io = facts({"read_ops": 600, "read_bytes": 600 * 1024**2}, GP3)
    assert io.stat("limit_iops").p95 == pytest.approx(600 * 4 / 3000)
    assert io.stat("limit_bytes").p95 == pytest.approx(600 / 125)


def test_reads_that_a_cache_may_serve_are_not_compared_with_the_limit_of_the_disk() -> None:
    cached = IoLimits("Premium_LRS", "ssd", Declared(500, "", ""), reads_cached=True)
    io = facts({"read_ops": 5000, "write_ops": 100}, cached)
    assert io.stat("limit_iops").p95 == pytest.approx(0.2)


def test_shares_of_reads_and_writes_are_added_where_both_use_up_one_budget() -> None:
    hdd = IoLimits("pd-standard", "hdd", read_iops=Declared(75, "", ""), write_iops=Declared(150, "", ""), adds_up=True)
    io = facts({"read_ops": [60, 60, NAN], "write_ops": [60, NAN, NAN]}, hdd, columns=3)
    assert io.stat("limit_iops").peak == pytest.approx(60 / 75 + 60 / 150)
    assert io.stat("limit_iops").samples == 2


def test_the_nearest_of_several_limits_counts() -> None:
    hdd = IoLimits("pd-standard", "hdd", read_iops=Declared(75, "", ""), write_iops=Declared(150, "", ""))
    io = facts({"read_ops": 60, "write_ops": 60}, hdd)
    assert io.stat("limit_iops").p95 == pytest.approx(0.8)


def test_a_second_source_fills_in_what_the_first_lacks_and_mixes_into_no_quotient() -> None:
    ebs = series({VOLUME: {"read_ops": 100, "read_seconds": 1}}, 12)
    disk = series({("10.0.0.7:9100", "nvme1n1"): {"read_ops": 90, "read_seconds": 9, "busy": 0.5}}, 12, "node_exporter")
    measured = IoMeasured(window(12), {"ebs": ebs, "node_exporter": disk})
    both = (
        Mapped("ebs", VOLUME, NODE),
        Mapped("node_exporter", ("10.0.0.7:9100", "nvme1n1"), NODE, "nvme1n1", "mapped"),
    )
    (io,) = volume_ios(Inventory(END), measured, {CLAIM: both}, {}, Limits())[CLAIM]
    assert io.stat("latency").mean == pytest.approx(0.01)
    assert io.stat("busy").mean == pytest.approx(0.5)
    assert [also.source for also in io.also] == ["node_exporter"]


def test_a_claim_on_two_nodes_has_two_answers() -> None:
    measured = IoMeasured(window(3), {"nfs": series({("a",): {"requests": 5}, ("b",): {"requests": 7}}, 3, "nfs")})
    mapped = {CLAIM: (Mapped("nfs", ("a",), "worker-1"), Mapped("nfs", ("b",), "worker-2"))}
    found = volume_ios(Inventory(END), measured, mapped, {}, Limits())[CLAIM]
    assert [(io.mapped.node, io.stat("requests").mean) for io in found] == [("worker-1", 5), ("worker-2", 7)]


def test_nfs_requests_sent_again_are_a_share_of_the_requests() -> None:
    io = facts({"requests": 100, "transmissions": 103, "queued_seconds": 1, "server_seconds": 2, "meta_requests": 80})
    assert io.stat("retransmitted").mean == pytest.approx(0.03)
    assert io.stat("client_wait").mean == pytest.approx(0.01)
    assert io.stat("server_latency").mean == pytest.approx(0.02)
    assert io.stat("meta").mean == pytest.approx(0.8)


def _two_volumes(node_iops: float, *, share: bool = False) -> IoMeasured:
    rows: dict[IoKey, dict[str, Row]] = {("vol-1",): {"read_ops": 1000}}
    if not share:
        rows["vol-2",] = {"read_ops": node_iops - 1000}
    return IoMeasured(window(12), {"ebs": series(rows, 12)})


def test_volumes_of_a_machine_are_added_up_against_its_limit() -> None:
    limits = {NODE: IoLimits("gp3", "ssd", node_iops=Declared(4000, "", ""))}
    mapped = {("shop", f"c{n}"): (Mapped("ebs", (f"vol-{n}",), NODE),) for n in (1, 2)}
    found = volume_ios(Inventory(END), _two_volumes(3800), mapped, dict.fromkeys(mapped, limits), Limits())
    for (io,) in found.values():
        assert io.machine["iops"].p95 == pytest.approx(3800)
        assert io.stat("node_limit_iops").p95 == pytest.approx(0.95)
        assert io.episode("node_iops_full").share == 1


def test_two_claims_on_one_device_are_counted_once() -> None:
    limits = {NODE: IoLimits("gp3", "ssd", node_iops=Declared(4000, "", ""))}
    mapped = {("shop", f"c{n}"): (Mapped("ebs", ("vol-1",), NODE),) for n in (1, 2)}
    found = volume_ios(Inventory(END), _two_volumes(3800, share=True), mapped, dict.fromkeys(mapped, limits), Limits())
    assert [io.machine["iops"].p95 for (io,) in found.values()] == [1000, 1000]


def test_disks_of_one_type_share_a_pool_and_others_do_not_count_there() -> None:
    ssd_may, other_may = Declared(1000, "", ""), Declared(9000, "", "")
    ssd = {NODE: IoLimits("pd-ssd", "sub-ms", iops=ssd_may, pool="pd-ssd", pool_iops=ssd_may)}
    other = {NODE: IoLimits("pd-standard", "hdd", iops=other_may, pool="pd-standard", pool_iops=other_may)}
    mapped = {("shop", f"c{n}"): (Mapped("ebs", (f"vol-{n}",), NODE),) for n in (1, 2)}
    limits = {("shop", "c1"): ssd, ("shop", "c2"): other}
    found = volume_ios(Inventory(END), _two_volumes(3800), mapped, limits, Limits())
    assert found["shop", "c1"][0].episode("pool_iops_full").share == 1
    assert not found["shop", "c2"][0].episode("pool_iops_full").share


def test_standard_disks_of_one_machine_add_up_reads_and_writes() -> None:
    may = IoLimits("pd-standard", "hdd", read_iops=Declared(1500, "", ""), write_iops=Declared(3000, "", ""))
    limits = {NODE: replace(may, adds_up=True, pool="pd-standard", pool_iops=may.read_iops)}
    rows: dict[IoKey, dict[str, Row]] = {("vol-1",): {"read_ops": 900}, ("vol-2",): {"write_ops": 1200}}
    measured = IoMeasured(window(3), {"ebs": series(rows, 3)})
    mapped = {("shop", f"c{n}"): (Mapped("ebs", (f"vol-{n}",), NODE),) for n in (1, 2)}
    found = volume_ios(Inventory(END), measured, mapped, dict.fromkeys(mapped, limits), Limits())
    for (io,) in found.values():
        assert io.stat("pool_limit_iops").p95 == pytest.approx(900 / 1500 + 1200 / 3000)
        assert io.episode("pool_iops_full").share == 1
        assert not io.episode("iops_ceiling").share


def test_who_else_works_on_the_device_is_named_with_its_claim_and_share() -> None:
    see = inventory(pods={"web": "data", "batch": "scratch"})
    pods = (
        PodIo(NODE, "shop", "web", "/dev/sda", ops=100, bytes=1e6),
        PodIo(NODE, "shop", "batch", "/dev/sda", ops=300, bytes=2e6),
        PodIo(NODE, "shop", "else", "/dev/sdb", ops=900, bytes=9e6),
    )
    measured = IoMeasured(window(3), {"ebs": series({VOLUME: {"read_ops": 500}}, 3)}, pods=pods)
    mapped = {
        CLAIM: (Mapped("ebs", VOLUME, NODE, "sda", "shared"),),
        ("shop", "scratch"): (Mapped("ebs", VOLUME, NODE, "sda", "shared"),),
    }
    (io,) = volume_ios(see, measured, mapped, {}, Limits())[CLAIM]
    assert [(n.pod, n.claim) for n in io.neighbours] == [("batch", "scratch")]
    assert io.neighbours[0].share == pytest.approx(0.6)
    assert io.own_share == pytest.approx(0.2), "the rest of the device's 500 is nobody's pod"


def test_pods_are_found_by_the_numbers_of_the_device_and_by_bytes_where_operations_are_unknown() -> None:
    see = inventory(pods={"web": "data"})
    measured = IoMeasured(
        window(3),
        {"ebs": series({VOLUME: {"read_ops": 500, "read_bytes": 4000}}, 3)},
        devices=(Device("10.0.0.7:9100", "nvme1n1", ("259", "3")),),
        pods=(
            PodIo(NODE, "shop", "web", numbers=("259", "3"), bytes=1000),
            PodIo(NODE, "logs", "agent", numbers=("259", "3"), bytes=3000),
        ),
        node_pressure={"10.0.0.7:9100": 0.25},
    )
    mapped = {CLAIM: (Mapped("ebs", VOLUME, NODE, "nvme1n1"),)}
    (io,) = volume_ios(see, measured, mapped, {}, Limits())[CLAIM]
    assert [(n.namespace, n.pod, n.share) for n in io.neighbours] == [("logs", "agent", 0.75)]
    assert (io.own_share, io.node_pressure) == (0.25, 0.25)


def test_of_several_pods_the_one_that_waits_most_speaks() -> None:
    see = inventory(pods={"web-0": "data", "web-1": "data"})
    psi = series(
        {("shop", "web-0"): {"pressure_some": 0.02}, ("shop", "web-1"): {"pressure_some": 0.5}}, 12, "cadvisor_pressure"
    )
    measured = IoMeasured(window(12), {"ebs": series({VOLUME: {"read_ops": 5}}, 12), "cadvisor_pressure": psi})
    (io,) = volume_ios(see, measured, {CLAIM: (Mapped("ebs", VOLUME, NODE),)}, {}, Limits())[CLAIM]
    assert io.stat("pressure_some").mean == 0.5
    assert io.episode("stalled").share == io.episode("badly_stalled").share == 1


def test_what_a_pod_waits_for_is_told_though_its_volume_is_not_mapped_and_is_no_io_of_it() -> None:
    see = inventory(pods={"web-0": "data"})
    psi = series({("shop", "web-0"): {"pressure_some": 0.5}}, 12, "psi")
    measured = IoMeasured(window(12), {"psi": psi})
    (io,) = volume_ios(see, measured, {CLAIM: (Mapped(node=NODE),)}, {}, Limits())[CLAIM]
    assert (io.known, io.samples, io.window) == (False, 0, None)
    assert io.stat("pressure_some").p95 == 0.5


@pytest.mark.parametrize(
    ("family", "device", "told"),
    [
        ("local", Device("10.0.0.7:9100", "sda", model="Amazon Elastic Block Store"), "ssd"),
        ("local", Device("10.0.0.7:9100", "sda", model="PersistentDisk", rotational=True), "ssd"),
        ("local", Device("10.0.0.7:9100", "sda", model="ST4000NM", rotational=True), "hdd"),
        ("local", Device("10.0.0.7:9100", "sda", model="SAMSUNG", rotational=False), "local"),
        ("local", Device("10.0.0.8:9100", "sda", model="ST4000NM", rotational=True), "local"),
        ("", Device("10.0.0.7:9100", "sda", rotational=True), "hdd"),
        ("sub-ms", Device("10.0.0.7:9100", "sda", rotational=True), "sub-ms"),
    ],
    ids=["EBS", "Google", "spinning", "SSD", "another node", "unknown driver", "told by the driver"],
)
def test_the_disk_itself_tells_its_family_where_its_driver_does_not(family: str, device: Device, told: str) -> None:
    measured = IoMeasured(window(3), {"ebs": series({VOLUME: {"read_ops": 5}}, 3)}, devices=(device,))
    mapped = {CLAIM: (Mapped("ebs", VOLUME, NODE, "sda", "shared"),)}
    limits = {CLAIM: {NODE: IoLimits(family=family)}}
    (io,) = volume_ios(inventory(pods={}), measured, mapped, limits, Limits())[CLAIM]
    assert io.limits.family == told
    assert io.expected == Limits().high_latency(told)


def test_disks_without_a_claim_share_the_limit_of_the_machine() -> None:
    host, model = "10.0.0.7:9100", "Amazon Elastic Block Store"
    disks: dict[IoKey, dict[str, Row]] = {
        (host, "nvme0n1"): {"write_ops": 900},
        (host, "nvme1n1"): {"write_ops": 100},
        (host, "nvme2n1"): {"write_ops": 5000},
    }
    measured = IoMeasured(
        window(3),
        {"ebs": series({("vol-1",): {"write_ops": 100}}, 3), DISKSTATS: series(disks, 3, DISKSTATS)},
        devices=(
            Device(host, "nvme0n1", serial="vol0root", model=model),
            Device(host, "nvme1n1", serial="vol1", model=model),
            Device(host, "nvme2n1", serial="AWS1", model="Amazon EC2 NVMe Instance Storage"),
        ),
    )
    limits = {CLAIM: {NODE: IoLimits("gp3", "ssd", node_iops=Declared(4000, "", ""))}}
    mapped = {CLAIM: (Mapped("ebs", ("vol-1",), NODE),)}
    (io,) = volume_ios(inventory(pods={}), measured, mapped, limits, Limits())[CLAIM]
    assert io.machine["iops"].p95 == 1000
    assert io.stat("iops").p95 == 100


def test_percentiles_per_operation_come_with_the_volume() -> None:
    measured = IoMeasured(
        window(3), {"ebs": series({VOLUME: {"read_ops": 5}}, 3)}, per_io={VOLUME: {"read p95": 0.004}}
    )
    (io,) = volume_ios(Inventory(END), measured, {CLAIM: (Mapped("ebs", VOLUME, NODE),)}, {}, Limits())[CLAIM]
    assert io.per_io == {"read p95": 0.004}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 100)), min_size=2, max_size=12), st.randoms())
def test_the_order_of_rows_and_claims_changes_nothing(rows: list[tuple[float, float]], chance: random.Random) -> None:
    names = [f"vol-{n}" for n in range(len(rows))]
    mixed = list(zip(names, rows, strict=True))
    chance.shuffle(mixed)
    answers = []
    for order in (list(zip(names, rows, strict=True)), mixed):
        table: dict[IoKey, dict[str, Row]] = {
            (name,): {"read_ops": ops, "read_seconds": [took, NAN, took / 2]} for name, (ops, took) in order
        }
        measured = IoMeasured(window(3), {"ebs": series(table, 3)})
        mapped = {("shop", name): (Mapped("ebs", (name,), NODE),) for name, _ in order}
        answers.append(volume_ios(Inventory(END), measured, mapped, {}, Limits()))
    assert answers[0] == answers[1]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.just(NAN), st.floats(0, 1e6)), min_size=1, max_size=40))
def test_figures_are_in_order_and_within_what_was_measured(values: list[float]) -> None:
    known = [each for each in values if each == each]  # noqa: PLR0124 (what is not NaN)
    told = facts({"read_ops": values}, columns=len(values)).stat("read_ops")
    assert told.samples == len(known)
    if known:
        assert told.p50 is not None
        assert told.p95 is not None
        assert min(known) <= told.p50 <= (told.p75 or 0) <= told.p95 <= (told.peak or 0) == max(known)
    else:
        assert told == Stats()
