"""What two samples say of a volume: the formulas of the kernel's own documentation, and what they may not be applied to."""

import pytest

from io_probe_text import NFS, POD_MOUNTS, disk, pair
from robusta_volumes._analysis.io_probe import measured
from robusta_volumes._engines.io_probe_read import read_probe
from robusta_volumes._model.io_probe import ProbeIo

DATA = "/var/lib/postgresql/data"
BEFORE = disk(100, 5, 1000, 50, 200, 20, 4000, 900, 0, 5000, 90_000, 10, 0, 80, 4, 30, 60)
# ten seconds later: 500 reads of 8 KiB at 2 ms, 2,000 writes of 4 KiB at 6 ms, 500 merged, 300 flushes at 5 ms
AFTER = disk(600, 5, 9000, 1050, 2200, 520, 20_000, 12_900, 3, 12_500, 131_000, 15, 0, 120, 14, 330, 1560)


def probe(first: dict[str, str], last: dict[str, str], path: str = DATA, mounts: str = POD_MOUNTS) -> ProbeIo:
    heard = read_probe(pair(first, last, mounts=mounts))
    assert heard.probed, heard.why
    return measured(heard.probed, path)


def test_operations_bytes_and_how_long_they_took() -> None:
    found = probe({"diskstats": BEFORE}, {"diskstats": AFTER}).device
    assert found
    assert (found.name, found.numbers) == ("nvme1n1", (259, 3))
    assert (found.reads, found.writes, found.read_bytes, found.write_bytes) == (50, 200, 409_600, 819_200)
    assert (found.read_wait, found.write_wait) == (0.002, 0.006)
    assert found.wait == pytest.approx(0.0052)
    assert found.in_flight == pytest.approx(4.1)
    assert found.busy == pytest.approx(0.75)
    assert found.merged == pytest.approx(0.2)
    assert (found.flushes, found.flush_wait) == (30, 0.005)
    assert (found.discards, found.discard_wait) == (0.5, 0.002)


def test_a_device_that_did_nothing_is_idle_and_how_fast_it_is_is_not_known() -> None:
    found = probe({"diskstats": BEFORE}, {"diskstats": BEFORE})
    assert found.idle
    assert found.device
    assert (found.device.reads, found.device.read_wait, found.wait, found.device.merged) == (0, None, None, None)


def test_milliseconds_that_ran_over_their_32_bits_are_counted_on() -> None:
    old = [100, 0, 0, 2**32 - 400, 0, 0, 0, 0, 0, 0, 2**32 - 1000]
    new = [200, 0, 0, 100, 0, 0, 0, 0, 0, 500, 1000]
    found = probe({"diskstats": disk(*old)}, {"diskstats": disk(*new)}).device
    assert found
    assert found.read_wait == pytest.approx(0.005)
    assert found.in_flight == pytest.approx(0.2)


@pytest.mark.parametrize(
    "last",
    [disk(50, 5, 1000, 50, 200, 20, 4000), disk(600, name="nvme2n1")],
    ids=["operations", "name"],
)
def test_counters_that_ran_backwards_are_of_another_device_and_count_for_nothing(last: str) -> None:
    found = probe({"diskstats": BEFORE}, {"diskstats": last})
    assert found.device is None
    assert found.why == "its counters ran backwards: the device was replaced in between"


def test_a_device_of_an_old_kernel_says_nothing_of_flushes() -> None:
    old, new = (" 259 3 nvme1n1 " + " ".join(["10"] * 11), " 259 3 nvme1n1 " + " ".join(["20"] * 11))
    found = probe({"diskstats": f"{old}\n"}, {"diskstats": f"{new}\n"}).device
    assert found
    assert (found.writes, found.flushes, found.discards) == (1.0, None, None)


def test_the_part_of_the_container_is_told_apart_from_that_of_others() -> None:
    found = probe(
        {"diskstats": BEFORE, "cgio": "259:3 rbytes=0 wbytes=8192 rios=0 wios=2\n"},
        {"diskstats": AFTER, "cgio": "259:3 rbytes=409600 wbytes=1032192 rios=50 wios=252\n"},
    ).own
    assert found
    assert (found.ops, found.bytes) == (30, 143_360)
    assert found.share == pytest.approx(0.12)
    assert not found.partly


def test_a_group_that_does_not_name_the_device_did_nothing_there() -> None:
    used = {"cgio": "8:0 rbytes=1 wbytes=1 rios=1 wios=1\n"}
    found = probe({"diskstats": BEFORE, **used}, {"diskstats": AFTER, **used}).own
    assert found
    assert (found.ops, found.share) == (0, 0)
    assert probe({"diskstats": BEFORE}, {"diskstats": AFTER}).own is None


def test_a_group_of_version_1_counts_a_part_only() -> None:
    first = {"diskstats": BEFORE, "cgops": "259:3 Read 1\n259:3 Write 1\n", "cgbytes": "259:3 Read 1\n259:3 Write 1\n"}
    last = {"diskstats": AFTER, "cgops": "259:3 Read 1\n259:3 Write 251\n", "cgbytes": "259:3 Read 1\n259:3 Write 9\n"}
    found = probe(first, last).own
    assert found
    assert (found.ops, found.share, found.partly) == (25, 0.1, True)


def test_the_last_mount_over_a_path_counts() -> None:
    over = POD_MOUNTS + f"1300 1190 8:16 / {DATA} rw - xfs /dev/sdb rw\n"
    found = probe(
        {"diskstats": disk(1, numbers="8 16", name="sdb")},
        {"diskstats": disk(3, numbers="8 16", name="sdb")},
        mounts=over,
    )
    assert found.device
    assert found.device.name == "sdb"


def test_a_folder_of_the_volume_has_the_same_device() -> None:
    found = probe({"diskstats": BEFORE}, {"diskstats": AFTER}, "/srv/sub folder/")
    assert found.device
    assert found.mount
    assert (found.device.numbers, found.mount.root) == ((259, 3), "/pgdata")


def test_btrfs_is_counted_by_the_device_that_it_names() -> None:
    first, last = (disk(n, numbers="259 9", name="nvme2n1") for n in (10, 110))
    found = probe({"diskstats": first}, {"diskstats": last}, "/btr").device
    assert found
    assert (found.name, found.reads) == ("nvme2n1", 10)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/ceph", "the kernel keeps no counters of its own for ceph"),
        ("/", "the kernel keeps no counters of its own for overlay"),
        ("/nowhere", "nothing is mounted at `/nowhere` there"),
        (
            DATA,
            "its device 259:3 is not in /proc/diskstats there, so something stands between the container and the node",
        ),
        ("/mnt/nfs", "/proc/self/mountstats does not tell of it there"),
    ],
)
def test_what_has_no_counters_says_why_and_pressure_is_known_all_the_same(path: str, why: str) -> None:
    stall = ({"cgpsi": f"some avg10=0 avg60=0 avg300=0 total={n}\nfull avg10=0 total={n}\n"} for n in (0, 2_500_000))
    found = probe(next(stall), next(stall), path)
    assert (found.why, found.device, found.nfs) == (why, None, None)
    assert found.container == (0.25, 0.25)


def test_a_raw_device_is_counted_by_its_numbers() -> None:
    text = pair({"diskstats": BEFORE}, {"diskstats": AFTER}).replace("@@ 1 uptime", "@@ 0 block\n103:3\n@@ 1 uptime")
    heard = read_probe(text)
    assert heard.probed
    found = measured(heard.probed, "/dev/data", block=True)
    assert found.device
    assert found.device.writes == 200


def nfs(read: str, write: str = "0 0 0 0 0 0 0 0", getattr_: str = "0 0 0 0 0 0 0 0") -> dict[str, str]:
    return {"mountstats": NFS.format(read=read, write=write, getattr=getattr_)}


def test_nfs_tells_the_server_from_the_wait_in_the_client_and_what_was_sent_again() -> None:
    first = nfs("100 100 0 0 0 10 300 320", "50 50 0 0 0 0 0 0", "10 10 0 0 0 0 5 5")
    last = nfs("300 310 1 0 0 1210 1300 2520", "150 150 0 0 0 0 400 400", "110 110 0 0 0 0 105 105")
    found = probe(first, last, "/mnt/nfs")
    assert found.nfs
    assert (found.nfs.reads.rate, found.nfs.reads.trip, found.nfs.reads.queued) == (20, 0.005, 0.006)
    assert found.nfs.reads.whole == pytest.approx(0.011)
    assert (found.nfs.writes.rate, found.nfs.writes.trip) == (10, 0.004)
    assert (found.nfs.every.rate, found.nfs.meta) == (40, 0.25)
    assert (found.nfs.again, found.nfs.timeouts) == (0.025, 1)
    assert found.wait == pytest.approx((20 * 0.011 + 10 * 0.004) / 30)


def test_nfs_that_was_mounted_anew_or_counts_below_zero_does_not_make_figures_up() -> None:
    assert probe(nfs("100 100 0 0 0 0 0 0"), nfs("9 9 0 0 0 0 0 0"), "/mnt/nfs").why.startswith(
        "its counters ran backwards"
    )
    found = probe(nfs("100 100 0 0 0 900 300 320"), nfs("200 200 0 0 0 100 600 620"), "/mnt/nfs").nfs
    assert found
    assert (found.reads.queued, found.reads.trip) == (None, 0.003)


def test_nfs_without_a_request_is_idle() -> None:
    assert probe(nfs("7 7 0 0 0 0 0 0"), nfs("7 7 0 0 0 0 0 0"), "/mnt/nfs").idle
