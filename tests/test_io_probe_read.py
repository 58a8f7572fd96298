"""What a container tells of the kernel's counters, read back: tables of the kernel, of any age."""

import pytest

from io_probe_text import DISK_3_10, DISK_4_19, DISK_6_18, HEAD, NFS, POD_MOUNTS, disk, pair, sample
from robusta_volumes._engines.io_probe_read import read_probe
from robusta_volumes._model.io_probe import Mount, Own, Probed, Stall


def read(first: dict[str, str], last: dict[str, str] | None = None, mounts: str = POD_MOUNTS) -> Probed:
    heard = read_probe(pair(first, last or first, mounts=mounts))
    assert heard.probed, heard.why
    return heard.probed


@pytest.mark.parametrize(
    ("line", "numbers", "name", "fields"),
    [(DISK_3_10, (8, 0), "sda", 11), (DISK_4_19, (259, 1), "nvme1n1", 15), (DISK_6_18, (254, 0), "vda", 17)],
    ids=["3.10", "4.19", "6.18"],
)
def test_a_line_of_diskstats_is_read_whatever_the_age_of_the_kernel(
    line: str, numbers: tuple[int, int], name: str, fields: int
) -> None:
    found = read({"diskstats": line + "\n"}).first.disks[numbers]
    assert (found.name, len(found.counters)) == (name, fields)
    assert found.counters[0] == int(line.split()[3])


def test_fields_that_a_later_kernel_adds_are_left_out() -> None:
    found = read({"diskstats": f"{DISK_6_18} 7 8 9\n"}).first.disks[254, 0]
    assert found.counters[-1] == 8784


@pytest.mark.parametrize(
    "line", ["", "8 0 sda", "8 0 sda 1 2 3 4", " x y z 1 2 3 4 5 6 7 8 9 10 11", "8 0 sda " + "- " * 11]
)
def test_what_is_no_line_of_diskstats_is_no_device(line: str) -> None:
    assert read({"diskstats": f"{line}\n{DISK_3_10}\n"}).first.disks.keys() == {(8, 0)}


def test_mountinfo_is_cut_at_the_dash_whatever_stands_before_it() -> None:
    by_path = {mount.path: mount for mount in read({}).mounts}
    assert by_path["/var/lib/postgresql/data"] == Mount(
        (259, 3), "/", "/var/lib/postgresql/data", "ext4", "/dev/nvme1n1", ("rw", "noatime", "seclabel")
    )
    assert by_path["/srv/sub folder"].root == "/pgdata"
    assert by_path["/"].anonymous
    assert by_path["/mnt/nfs"].nfs


@pytest.mark.parametrize(
    "line",
    ["", "1 2", "1 2 8:x / /a rw - ext4 /dev/sda rw", "1 2 8:0 / /a rw ext4 /dev/sda rw", "1 2 8:0 / /a rw - ext4"],
)
def test_what_is_no_line_of_mountinfo_is_no_mount(line: str) -> None:
    assert read({}, mounts=f"{line}\n").mounts == ()


def test_the_control_group_of_version_2_says_what_the_container_did() -> None:
    told = "8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n259:3 \n"
    assert read({"cgio": told}).first.own == {(8, 16): Own(192, 353, 1459200, 314773504)}


def test_one_of_version_1_says_it_in_two_files() -> None:
    ops = "259:3 Read 7\n259:3 Write 11\n259:3 Sync 18\n259:3 Async 0\n259:3 Total 18\nTotal 18\n"
    sizes = "259:3 Read 28672\n259:3 Write 45056\nTotal 73728\n"
    found = read({"cgops": ops, "cgbytes": sizes}).first
    assert (found.own, found.group) == ({(259, 3): Own(7, 11, 28672, 45056)}, 1)


@pytest.mark.parametrize(
    ("sections", "own"),
    [
        ({"cgio": ""}, {}),
        ({"cgops": "Total 0\n", "cgbytes": "Total 0\n"}, {}),
        ({}, None),
        ({"cgops": "Total 0\n"}, None),
    ],
    ids=["2-unused", "1-unused", "none", "half"],
)
def test_a_group_that_used_nothing_is_not_one_that_tells_nothing(sections: dict[str, str], own: object) -> None:
    assert read(sections).first.own == own


def test_pressure_is_read_where_there_is_some() -> None:
    told = "some avg10=2.17 avg60=1.07 avg300=1.52 total=674629909\nfull avg10=1.40 avg60=0.70 avg300=1.06 total=368229239\n"
    found = read({"cgpsi": told, "nodepsi": "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n"}).first
    assert (found.container, found.node) == (Stall(674629909, 368229239), Stall(5))
    assert read({}).first.container is None


def test_nfs_tells_each_kind_of_request() -> None:
    text = NFS.format(
        read="1298 1300 1 207680 1210292152 6 79386 79407 0", write="0 0 0 0 0 0 0 0", getattr="9 9 0 1 1 0 3 3"
    )
    found = read({"mountstats": text}).first.nfs
    assert found["/mnt/nfs"]["READ"] == (1298, 1300, 1, 207680, 1210292152, 6, 79386, 79407)
    assert found["/mnt/nfs"].keys() == {"NULL", "READ", "WRITE", "GETATTR"}
    assert found.keys() == {"/mnt/nfs"}


@pytest.mark.parametrize(
    ("told", "numbers"),
    [
        ("fe:0\n", (254, 0)),
        ("103:2\n", (259, 2)),
        ("list\nbrw-rw---- 1 root disk 254, 16 Nov 25 15:40 /dev/block\n", (254, 16)),
        ("list\n", None),
        ("", None),
    ],
    ids=["stat", "stat-hex", "ls", "neither", "nothing"],
)
def test_the_numbers_of_a_raw_device_come_in_hex_or_from_a_listing(told: str, numbers: object) -> None:
    text = pair({}, {}).replace("@@ 1 uptime", f"@@ 0 block\n{told}@@ 1 uptime")
    heard = read_probe(text)
    assert heard.probed
    assert heard.probed.block == numbers


WHOLE = pair({"diskstats": disk(1)}, {"diskstats": disk(2)})
CUT_OFF = "it did not tell everything in time: what was cut off counts for nothing"


@pytest.mark.parametrize(
    ("out", "why"),
    [
        ("", "it told nothing"),
        ("sh: oops\n", "it told nothing"),
        (WHOLE.removesuffix("@@ 9 end\n"), CUT_OFF),
        (WHOLE.removeprefix("@@ 0 begin\n"), CUT_OFF),
        ("@@ 0 begin\n@@ 0 lacks sleep\n", "the container has no sleep"),
        (HEAD + sample(1, 5) + sample(2, 5) + "@@ 9 end\n", "it has no /proc/uptime that moves, by which to count"),
        (HEAD + "@@ 9 end\n", "it has no /proc/uptime that moves, by which to count"),
    ],
    ids=["nothing", "noise", "end", "begin", "sleep", "still", "uptime"],
)
def test_half_of_it_counts_for_nothing_and_it_is_said_why(out: str, why: str) -> None:
    assert read_probe(out).why == why
    assert read_probe(out).probed is None


def test_a_carriage_return_of_a_terminal_does_no_harm() -> None:
    assert read_probe(WHOLE.replace("\n", "\r\n")).probed
