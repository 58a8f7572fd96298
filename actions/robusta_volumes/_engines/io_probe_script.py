"""What a container is asked in order to see a volume's I/O: one POSIX shell script that reads the kernel's counters twice.

It runs in busybox, dash and bash, needs ``sleep`` and nothing else (without ``cat`` the shell reads by itself), writes no file
and opens none of the volume: it reads procfs and the control group alone, so it does no I/O of its own. Both samples are
taken in one command, so that they are of one container. The kernel escapes line breaks in all of these files, so that no name
can pass for a marker.
"""

from robusta_volumes._model.in_pod import BOUNDED

EXTRA_SECONDS = 10  # beyond the window: reading twice, on a node with thousands of devices
END = "@@ 9 end"
MOST = 1_048_576  # characters: two lists of devices of such a node

_SCRIPT = r"""
seconds=$1 device=$2
LC_ALL=C; export LC_ALL
echo '@@ 0 begin'
command -v sleep >/dev/null 2>&1 || { echo '@@ 0 lacks sleep'; exit 0; }
{bounded}
if command -v cat >/dev/null 2>&1; then
show() { cat "$1"; }
else
show() { while IFS= read -r one; do printf '%s\n' "$one"; done <"$1"; }
fi
tell() { [ -r "$3" ] || return 0; echo "@@ $1 $2"; show "$3" 2>/dev/null; }
group=/sys/fs/cgroup
sample() {
tell "$1" uptime /proc/uptime
tell "$1" diskstats /proc/diskstats
tell "$1" cgio "$group/io.stat"
tell "$1" cgops "$group/blkio/blkio.throttle.io_serviced"
tell "$1" cgbytes "$group/blkio/blkio.throttle.io_service_bytes"
tell "$1" cgpsi "$group/io.pressure"
tell "$1" nodepsi /proc/pressure/io
tell "$1" mountstats /proc/self/mountstats
}
probe() {
tell 0 mountinfo /proc/self/mountinfo
if [ -n "$device" ]; then
echo '@@ 0 block'
stat -L -c '%t:%T' "$device" 2>/dev/null || { echo list; ls -lLd "$device" 2>/dev/null; }
fi
sample 1
sleep "$seconds"
sample 2
echo '{end}'
}
bounded $((seconds + {extra})) probe
"""


def _filled() -> str:
    text = _SCRIPT.replace("{bounded}", BOUNDED).replace("{extra}", str(EXTRA_SECONDS)).replace("{end}", END)
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


SCRIPT = _filled()


def probe_command(seconds: int, device: str = "") -> list[str]:
    """Write the command. ``device``: the path of a raw block device, whose numbers are asked; it travels as a word."""
    return ["/bin/sh", "-c", SCRIPT, "probe-volume-io", str(seconds), device]
