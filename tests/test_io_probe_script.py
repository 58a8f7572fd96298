"""The script for real: in each shell that is here, over this machine's own /proc, and beside a load that fio makes."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from robusta_volumes._analysis.io_probe import measured
from robusta_volumes._engines.io_probe_read import read_probe
from robusta_volumes._engines.io_probe_script import SCRIPT, probe_command
from robusta_volumes._model.io_probe import Heard, Probed, ProbeIo

SHELLS = [pytest.param(name, marks=pytest.mark.needs(name)) for name in ("dash", "bash", "busybox")]
MIB, BLOCK = 1024**2, 4096


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


def numbers_here() -> set[tuple[int, int]]:
    lines = Path("/proc/diskstats").read_text().splitlines()
    return {(int(line.split()[0]), int(line.split()[1])) for line in lines}


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

LOAD = """
[ -z "$image" ] || mount -o loop "$image" "$folder" || exit 3
fio --name=w --filename="$folder/load" --size=64M --rw=randwrite --bs=4k --direct=1 --rate_iops=800 --ioengine=psync \\
  --time_based --ramp_time=2 --runtime=8 --output-format=json --output="$report" &
sleep 4
dash -c "$script" probe-volume-io 4 ''
wait
"""


def beside_fio(tmp_path: Path) -> tuple[ProbeIo, dict[str, Any]]:
    """Probe for four seconds in the middle of eight in which fio writes at a fixed rate.

    Where we may, on a disk of our own: a filesystem in a file, that only these processes see mounted. Else on the disk
    below the folder, which others may use, too.
    """
    folder, image = tmp_path / "volume", tmp_path / "image"
    folder.mkdir(exist_ok=True)
    own = can_mount(image)
    about = {"folder": folder, "image": image if own else "", "script": SCRIPT, "report": tmp_path / "fio.json"}
    env = {"PATH": os.environ["PATH"], **{name: str(value) for name, value in about.items()}}
    command = [*(["unshare", "--mount"] if own else []), "sh", "-c", LOAD]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "fio.json").read_text())
    return measured(heard(done.stdout), str(folder) if own else disk_of(folder)), report["jobs"][0]["write"]


def can_mount(image: Path) -> bool:
    """Make a filesystem in a file, and tell whether it can be mounted where nobody else sees it."""
    if (
        not all(shutil.which(name) for name in ("mkfs.ext4", "unshare", "mount"))
        or not Path("/dev/loop-control").exists()
    ):
        return False
    image.write_bytes(b"")
    os.truncate(image, 128 * MIB)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    tried = ["unshare", "--mount", "mount", "-o", "loop", str(image), str(image.parent / "volume")]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


def disk_of(folder: Path) -> str:
    """Give where the disk below a folder is mounted; a container's overlay is no disk."""
    device = folder.stat().st_dev
    at = next((one for one in (folder, *folder.parents) if one.parent.stat().st_dev != device), Path("/"))
    if (os.major(device), os.minor(device)) not in numbers_here():
        pytest.fail(f"{folder} is on no block device: give pytest a folder that is (--basetemp)")
    return str(at)


@pytest.mark.needs("fio", "dash")
def test_beside_fio_it_says_what_fio_says(tmp_path: Path) -> None:
    for look in (1, 2):  # others may use the disk, too: one more look, and no more than that
        found, said = beside_fio(tmp_path)
        assert found.device, found.why
        device, rate = found.device, said["iops"]
        off = max(abs(device.writes / rate - 1), abs(device.write_bytes / (rate * BLOCK) - 1))
        if off <= 0.1 or look == 2:
            break
    assert off <= 0.1, (device, rate)
    assert 0 < (device.write_wait or 0) <= 1.1 * said["clat_ns"]["mean"] / 1e9  # fio counts the way there and back
