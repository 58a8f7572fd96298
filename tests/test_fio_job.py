"""The benchmark's fio job: what stands in it, that it runs for real on a folder, and that what it tells is read."""

import configparser
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from robusta_volumes._engines.fio_job import FOLDER, fio_command, job_file, most_written
from robusta_volumes._engines.fio_read import read_measured
from robusta_volumes._model.benchmark import MEASURED, SECTIONS, FioPlan, Measured

SMALL = FioPlan(file=16, seconds=1, most_written=120)
needs_fio = pytest.mark.needs("fio")


def sections(text: str) -> configparser.ConfigParser:
    found = configparser.ConfigParser(interpolation=None, delimiters="=", allow_no_value=True)
    found.read_string(text)
    return found


def run(plan: FioPlan, folder: Path, path: str = "", by: Sequence[str] = ("sh",)) -> tuple[int, Measured]:
    env = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"}
    done = subprocess.run(
        [*by, *fio_command(plan, str(folder))[1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env,
        timeout=120,
        check=False,
    )
    return done.returncode, read_measured(done.stdout)


def program(folder: Path, name: str, says: str) -> str:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{says}\n")
    (folder / name).chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("deep", [True, False], ids=["in one thread", "in many"])
def test_sections_run_one_after_the_other_and_latencies_are_measured(*, deep: bool) -> None:
    job = sections(job_file(SMALL, deep=deep))
    assert job.sections() == ["global", *SECTIONS]
    assert all("stonewall" in job[name] for name in MEASURED)
    assert "gtod_reduce" not in job_file(SMALL, deep=deep)
    assert job["global"]["percentile_list"] == "50:95:99:99.9"


@pytest.mark.parametrize("deep", [True, False], ids=["in one thread", "in many"])
@pytest.mark.parametrize("most", [2, 20, 500])
def test_what_is_written_is_bounded_by_bytes_and_not_by_time(most: int, *, deep: bool) -> None:
    plan = FioPlan(file=1024, seconds=15, most_written=most * 1024)
    job = sections(job_file(plan, deep=deep))
    moved = 1024 * 1024
    for name in MEASURED:
        if "write" in job[name]["rw"] or job[name]["rw"] == "randrw":
            assert job[name]["time_based"] == "0"  # else io_size does not count
            assert "ramp_time" not in job[name]  # of what was written then nothing would be told
            moved += int(job[name]["io_size"].removesuffix("k")) * int(job[name].get("numjobs", "1"))
    assert moved <= most_written(plan) * 1024 <= most * 1024 * 1024


def test_in_a_claim_that_is_used_each_section_is_held_back_in_all_its_threads_together() -> None:
    plan = FioPlan(file=256, seconds=15, most_written=20_000, iops=640, throughput=64)
    job = sections(job_file(plan, deep=False))["iops_read_4k_qd64"]
    assert (job["rate_iops"], job["rate"], job["numjobs"]) == ("10", "1024k", "64")
    assert sections(job_file(plan))["iops_read_4k_qd64"]["rate_iops"] == "640"
    assert most_written(plan) <= 64 * 15 * 6 + 256 + 3  # not more than it can write in that time


@needs_fio
def test_it_runs_and_every_section_has_a_result_and_nothing_of_it_stays(tmp_path: Path) -> None:
    code, found = run(SMALL, tmp_path)
    assert (code, found.missing, found.failed, found.refused) == (0, (), (), "")
    assert [one.job for one in found.ran if one.way == "read"] == [
        "lat_read_4k_qd1",
        "iops_read_4k_qd64",
        "bw_read_1m_qd16",
        "mixed_8k_70_30_qd16",
    ]
    for one in found.ran:
        assert one.iops > 0 and one.bytes > 0  # noqa: PT018 (of each)
        if one.p50 is not None and one.p95 is not None and one.p99 is not None:
            assert 0 < one.p50 <= one.p95 <= one.p99
    assert found.written <= most_written(SMALL) * 1024 * 1024
    sync = found.of("sync_write_4k", "write")
    assert sync is not None
    assert sync.p99 is not None
    assert found.version.startswith("fio-")
    assert list(tmp_path.iterdir()) == []


@needs_fio
@pytest.mark.needs("busybox")
def test_the_shell_of_a_small_image_will_do(tmp_path: Path) -> None:
    code, found = run(SMALL, tmp_path, by=("busybox", "sh"))
    assert (code, found.missing, list(tmp_path.iterdir())) == (0, (), [])


@needs_fio
def test_where_neither_libaio_nor_direct_io_works_it_goes_through_the_page_cache_and_says_so(tmp_path: Path) -> None:
    refuses = (
        'case "$* ${DIRECT:-}" in *libaio*|*--direct=1*) exit 1 ;; esac\nexec /usr/bin/env PATH="${PATH#*:}" fio "$@"'
    )
    path = program(tmp_path / "bin", "fio", refuses)
    (tmp_path / "v").mkdir()
    _, found = run(FioPlan(file=8, seconds=1, most_written=60), tmp_path / "v", path)
    assert (found.engine, found.direct, found.missing) == ("psync", False, ())
    deep = found.of("iops_read_4k_qd64", "read")
    assert deep is not None
    assert deep.iops > 0


@pytest.mark.parametrize(
    ("plan", "programs", "refused"),
    [
        (FioPlan(file=10**9, seconds=1, most_written=10**10), {"fio": "exit 1"}, "space "),
        (SMALL, {"fio": "exit 1", "df": "echo head; echo /dev/x 1000000 930000 70000 93% /v"}, "full 93"),
        (SMALL, {"fio": "exit 1", "df": "echo nothing"}, "space unknown"),
        (SMALL, {"fio": "exit 1"}, "io"),
    ],
    ids=["no room", "too full", "no df", "no way to write"],
)
def test_it_does_not_begin(plan: FioPlan, programs: dict[str, str], refused: str, tmp_path: Path) -> None:
    for name, says in programs.items():
        program(tmp_path / "bin", name, says)
    (tmp_path / "v").mkdir()
    plan = FioPlan(plan.file, 1, plan.most_written, most_full=80 if "df" in programs else 100)
    code, found = run(plan, tmp_path / "v", str(tmp_path / "bin"))
    assert (code, found.ran) == (3, ())
    assert found.refused.startswith(refused)
    assert list((tmp_path / "v").iterdir()) == []


def test_a_link_where_its_folder_would_be_is_not_followed(tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "fio", "exit 0")
    (tmp_path / "v").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "v" / FOLDER).symlink_to(tmp_path / "elsewhere")
    assert run(SMALL, tmp_path / "v", path)[1].refused == "link"
    assert (tmp_path / "v" / FOLDER).is_symlink()


@needs_fio
def test_what_lies_in_the_volume_stays_when_it_is_ended_in_the_middle(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("data")
    plan = FioPlan(file=16, seconds=20, most_written=120)
    process = subprocess.Popen(fio_command(plan, str(tmp_path)), stdout=subprocess.PIPE, text=True)
    end = time.monotonic() + 30
    while not (tmp_path / FOLDER / "bench.fio").exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM
    assert [one.name for one in tmp_path.iterdir()] == ["theirs"]
    assert read_measured(out).missing  # a part of a result, if any


def test_warnings_before_the_answer_and_logs_behind_it_do_not_hide_it() -> None:
    fio = '{"fio version": "fio-3.36", "jobs": [{"jobname": "lat_read_4k_qd1", "error": 0, "read": {"total_ios": 9, "iops": 3}}]}'
    found = read_measured(f"note: both {{iodepth}} and sync\n@@ engine libaio 1\n{fio}\n@@ ended 0\n")
    assert [(one.job, one.iops) for one in found.ran] == [("lat_read_4k_qd1", 3.0)]
    assert found.said == "note: both {iodepth} and sync"
    assert "sync_write_4k" in found.missing


def test_a_section_with_an_error_is_none_and_the_others_count() -> None:
    fio = (
        '{"jobs": [{"jobname": "lat_read_4k_qd1", "error": 5, "read": {"total_ios": 9, "iops": 3}},'
        ' {"jobname": "bw_read_1m_qd16", "error": 0, "read": {"total_ios": 9, "bw_bytes": 1048576}}]}'
    )
    found = read_measured(fio)
    assert (found.failed, [one.job for one in found.ran]) == (("lat_read_4k_qd1",), ["bw_read_1m_qd16"])


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"jobs": 3}', '{"jobs": [1, {"jobname": "layout", "write": 3}]}', "@@"]
)
def test_what_is_no_answer_gives_no_figures(text: str) -> None:
    assert read_measured(text).ran == ()


def test_what_falls_during_a_section_is_seen() -> None:
    fio = '{"jobs": [{"jobname": "iops_write_4k_qd64", "error": 0, "write": {"total_ios": 9, "iops": 3}}]}'
    log = "\n".join(f"{1000 * i}, {3000 if i < 4 else 300}, 1, 4096, 0, 0" for i in range(1, 10))
    (one,) = read_measured(f"{fio}\n@@ iops bench_iops.6.log\n{log}\n@@ ended 0").ran
    assert one.fell == pytest.approx(0.1)
