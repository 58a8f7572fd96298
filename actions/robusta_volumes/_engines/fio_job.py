"""What fio is to do in a volume: one file, eight measured sections one after the other, and a bound on what is written. Pure.

Each section has ``stonewall``, else they run at once and steal from one another; and none has ``gtod_reduce``, which would make
every latency 0. Bytes are bounded by ``io_size``, which counts only where ``time_based`` is off.
"""

from collections.abc import Mapping

from robusta_volumes._model.benchmark import FioPlan

FOLDER = ".robusta-fio"  # in the volume; the one thing that is made there
MARK = "@@"
REFUSED = 3  # exit status of a pod that did not begin
_GLOBAL = """[global]
filename=bench.bin
size={file}M
direct=${{DIRECT}}
ioengine=${{ENGINE}}
runtime={seconds}
time_based=1
randrepeat=0
norandommap=1
refill_buffers=1
group_reporting=1
percentile_list=50:95:99:99.9
"""
_LOGS = "write_iops_log=bench\nlog_avg_msec=1000\n"  # of each section one file, where it has one thread
_LAYOUT = """
[layout]
rw=write
bs=1M
time_based=0
runtime=0
end_fsync=1
"""
_SECTIONS: Mapping[str, tuple[str, int]] = {
    "lat_read_4k_qd1": ("rw=randread\nbs=4k", 1),
    "lat_write_4k_qd1": ("rw=randwrite\nbs=4k", 1),
    "sync_write_4k": ("rw=write\nbs=4k\nioengine=psync\nfdatasync=1", 1),
    "iops_read_4k_qd64": ("rw=randread\nbs=4k", 64),
    "iops_write_4k_qd64": ("rw=randwrite\nbs=4k", 64),
    "bw_read_1m_qd16": ("rw=read\nbs=1M", 16),
    "bw_write_1m_qd16": ("rw=write\nbs=1M", 16),
    "mixed_8k_70_30_qd16": ("rw=randrw\nrwmixread=70\nbs=8k", 16),
}
# How what may be written is shared out, in percent of what the file itself leaves: large blocks need most to be measured.
_SHARES = {
    "lat_write_4k_qd1": 5,
    "sync_write_4k": 5,
    "iops_write_4k_qd64": 30,
    "bw_write_1m_qd16": 45,
    "mixed_8k_70_30_qd16": 15,
}
_LAYOUT_DEPTH = 8
_ALL = 100


def job_file(plan: FioPlan, *, deep: bool = True) -> str:
    """Write the job. ``deep``: many operations are in flight in one thread, by libaio; else one in each of many threads."""
    layout = _LAYOUT + _queue(_LAYOUT_DEPTH if deep else 1, deep=True) + _held(plan, 1)
    sections = [_section(plan, name, deep=deep) for name in _SECTIONS]
    return _GLOBAL.format(file=plan.file, seconds=plan.seconds) + (_LOGS if deep else "") + layout + "".join(sections)


def most_written(plan: FioPlan) -> int:
    """Give the bytes that a run writes at most, in MiB: the file, a try of 1 MiB per way of writing, and each section's bound."""
    return plan.file + len(_WAYS) + sum(bound(plan, name) for name in _SHARES)


def bound(plan: FioPlan, section: str) -> int:
    """Give how many MiB a section that writes may move; a mixed one counts its reads, too."""
    left = max(0, plan.most_written - plan.file - len(_WAYS))
    share = left * _SHARES[section] // _ALL
    if plan.throughput:
        return max(1, min(share, plan.throughput * plan.seconds * (2 if section.startswith("mixed") else 1)))
    return max(1, share)


def fio_command(plan: FioPlan, path: str) -> list[str]:
    """Give the command of the container: a shell that checks the room, runs fio, prints its JSON and removes what it made."""
    limits = [str(3 * plan.file * 1024), str(plan.most_full), str(plan.most_pressure)]
    return ["sh", "-c", _SCRIPT, "benchmark", path, *limits, job_file(plan), job_file(plan, deep=False)]


def _section(plan: FioPlan, name: str, *, deep: bool) -> str:
    what, depth = _SECTIONS[name]
    jobs = 1 if deep else depth
    ramp = "" if name in _SHARES or not plan.ramp else f"ramp_time={plan.ramp}\n"
    most = f"time_based=0\nio_size={max(1, bound(plan, name) * 1024 // jobs)}k\n" if name in _SHARES else ""
    return f"\n[{name}]\nstonewall\n{what}\n{_queue(depth, deep=deep)}{ramp}{most}{_held(plan, jobs)}"


def _queue(depth: int, *, deep: bool) -> str:
    return f"iodepth={depth}\n" if deep or depth == 1 else f"iodepth=1\nthread=1\nnumjobs={depth}\n"


def _held(plan: FioPlan, jobs: int) -> str:
    """Hold each direction back, shared out over the threads."""
    iops = f"rate_iops={max(1, plan.iops // jobs)}\n" if plan.iops else ""
    return iops + (f"rate={max(1, plan.throughput * 1024 // jobs)}k\n" if plan.throughput else "")


_WAYS = ("libaio 1", "psync 1", "psync 0")
# $1 path, $2 KiB that must be free, $3 percent that may be full, $4 percent of I/O pressure (0: not asked), $5 and $6 jobs.
_SCRIPT = rf"""
set -u
path=$1 room=$2 full=$3 pressure=$4 deep=$5 flat=$6 dir=$1/{FOLDER} pid=
say() {{ printf '\n{MARK} %s\n' "$*"; }}
stop() {{ say refused "$@"; exit {REFUSED}; }}
clean() {{
  cd / && rm -f "$dir/bench.bin" "$dir/bench.fio" "$dir"/bench_iops.*log && rmdir "$dir"
}}
command -v fio >/dev/null 2>&1 || stop nofio
space=$(df -P -k "$path" 2>/dev/null | tail -n 1)
set -- $space
used=${{3:-}} free=${{4:-}}
case $used$free in ''|*[!0-9]*) stop space unknown ;; esac
[ $((used + free)) -gt 0 ] || stop space unknown
[ "$free" -ge "$room" ] || stop space "$free"
[ $((used * 100 / (used + free))) -le "$full" ] || stop full $((used * 100 / (used + free)))
waits=unknown
if read -r _ _ waits _ 2>/dev/null </proc/pressure/io; then waits=${{waits#avg60=}}; fi
say pressure "$waits"
case $waits in
  *[!0-9.]*) ;;
  *) [ "$pressure" -eq 0 ] || [ "${{waits%%.*}}" -lt "$pressure" ] || stop pressure "$waits" ;;
esac
[ -L "$dir" ] && stop link
[ -d "$dir" ] || mkdir "$dir" 2>/dev/null || stop denied "$(id -u)"
trap clean EXIT
trap 'trap "" TERM INT HUP; [ -z "$pid" ] || {{ kill -TERM "$pid"; wait "$pid"; }}; exit 143' TERM INT HUP
cd "$dir" && : >bench.bin || stop denied "$(id -u)"
for way in {" ".join(f'"{way}"' for way in _WAYS)} none; do
  [ "$way" = none ] && stop io
  export ENGINE="${{way% *}}" DIRECT="${{way#* }}"
  fio --name=try --filename=bench.bin --size=1M --bs=64k --rw=write --ioengine="$ENGINE" --direct="$DIRECT" \
    >/dev/null 2>&1 && break
done
say engine "$ENGINE" "$DIRECT"
if [ "$ENGINE" = libaio ]; then printf '%s' "$deep" >bench.fio; else printf '%s' "$flat" >bench.fio; fi
fio bench.fio --output-format=json --eta=never &
pid=$!
wait "$pid"
code=$?
pid=
for log in bench_iops.*log; do
  [ -f "$log" ] && say iops "$log" && cat "$log"
done
say ended "$code"
exit "$code"
"""
