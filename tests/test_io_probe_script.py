"""The script for real: in each shell that is here, over this machine's own /proc, and beside a load that fio makes."""

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from own_disk import NAME, Disk, numbers_here, own_disk
from robusta_volumes._analysis.io_probe import measured
from robusta_volumes._engines.io_probe_read import read_probe
from robusta_volumes._engines.io_probe_script import SCRIPT, probe_command
from robusta_volumes._model.io_probe import DeviceIo, Heard, Probed

SHELLS = [pytest.param(name, marks=pytest.mark.needs(name)) for name in ("dash", "bash", "busybox")]
BLOCK = 4096


def told(shell: str, path: Path, seconds: int = 1, device: str = "") -> str:
    """Run the script with ``path`` as its PATH, where every command is a link to one of this machine or none at all."""
    program = [str(shutil.which(shell)), *(["sh"] if shell == "busybox" else [])]
    command = [*program, *probe_command(seconds, device)[1:]]
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": str(path)}, check=False, timeout=60)
    assert done.stderr == ""
    return done.stdout


def tools(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(str(shutil.which(name)))
    return folder


def heard(out: str) -> Probed:
    found: Heard = read_probe(out)
    assert found.probed, found.why
    return found.probed


@pytest.mark.parametrize("shell", SHELLS)
def test_two_samples_of_this_machine(shell: str, tmp_path: Path) -> None:
    probed = heard(told(shell, tools(tmp_path / "bin", "sleep", "cat", "stat"), device="/dev/null"))
    seconds = probed.last.uptime - probed.first.uptime
    assert 0.9 <= seconds <= 5
    assert any(mount.path == "/proc" for mount in probed.mounts)
    assert probed.first.disks.keys() == probed.last.disks.keys() == numbers_here()
    assert probed.block == (0o1, 0o3)  # of /dev/null


@pytest.mark.parametrize("shell", SHELLS)
def test_without_cat_and_stat_the_shell_reads_by_itself(shell: str, tmp_path: Path) -> None:
    out = told(shell, tools(tmp_path / "bin", "sleep", "ls"), device="/dev/null")
    probed = heard(out)
    assert probed.first.disks.keys() == numbers_here()
    assert [m.path for m in probed.mounts] == [
        line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()
    ]
    assert "@@ 0 block" in out


@pytest.mark.parametrize("shell", [one for one in SHELLS if one.values != ("busybox",)])  # busybox brings its own
def test_without_sleep_nothing_is_told_but_that(shell: str, tmp_path: Path) -> None:
    assert read_probe(told(shell, tools(tmp_path / "bin", "cat"))).why == "the container has no sleep"


@pytest.mark.parametrize("shell", SHELLS)
def test_what_a_path_says_is_not_run(shell: str, tmp_path: Path) -> None:
    told(
        shell,
        tools(tmp_path / "bin", "sleep", "cat", "stat", "ls", "touch"),
        device=f"/x'; touch {tmp_path}/pwned; $(touch {tmp_path}/pwned)",
    )
    assert not (tmp_path / "pwned").exists()


def test_the_script_writes_no_file_and_fits_into_a_request() -> None:
    assert ">" not in SCRIPT.replace("2>/dev/null", "").replace(">/dev/null", "").replace("2>&1", "")
    assert len(SCRIPT) < 4000


# --- beside a real load


def beside_fio(disk: Disk) -> tuple[DeviceIo, dict[str, Any]]:
    """Probe for four seconds in the middle of eight in which fio writes at a fixed rate."""
    about = [f"--filename={disk.folder / 'load'}", "--size=64M", "--rw=randwrite", f"--bs={BLOCK}", "--direct=1"]
    about += ["--ioengine=psync", "--rate_iops=800", "--time_based", "--ramp_time=2", "--runtime=8"]
    command = [*disk.enter, "fio", "--name=w", *about, "--output-format=json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as load:
        time.sleep(4)
        probe = [*disk.enter, "dash", *probe_command(4)[1:]]
        done = subprocess.run(probe, capture_output=True, text=True, check=True, timeout=60)
        report, _ = load.communicate(timeout=60)
    found = measured(heard(done.stdout), disk.mounted)
    assert found.device, found.why
    return found.device, json.loads(report)["jobs"][0]["write"]


@pytest.mark.needs("fio")
@pytest.mark.needs("dash")
@pytest.mark.needs(NAME)
def test_beside_fio_it_says_what_fio_says(tmp_path: Path) -> None:
    with own_disk(tmp_path) as disk:
        for look in (1, 2):  # others may use the disk, too: one more look, and no more than that
            device, said = beside_fio(disk)
            rate = said["iops"]
            off = max(abs(device.writes / rate - 1), abs(device.write_bytes / (rate * BLOCK) - 1))
            if off <= 0.1 or look == 2:
                break
    assert off <= 0.1, (device, rate)
    assert 0 < (device.write_wait or 0) <= 1.1 * said["clat_ns"]["mean"] / 1e9  # fio counts the way there and back
