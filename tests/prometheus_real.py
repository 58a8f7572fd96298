"""A real Prometheus on loopback, with the story of the shop in it, told up to a given hour."""

import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import requests

from robusta_volumes._sandbox.story_usage import DAYS, Told, usage

PROGRAM = "prometheus"  # of Debian; promtool comes with it
STEP = 900  # seconds between samples; Prometheus is told to look back further than that
LOOKS_BACK = "16m"
RECENT = 6 * 3600  # seconds before the end: since when that is told whose history nobody asks for
HISTORY = {"used_bytes": DAYS, "capacity_bytes": 15.0}  # days
AFTER = 2 * 3600  # seconds that the story goes on standing still: tests take a while
READY = 30.0  # seconds
_DAY = 86_400

# Of the claims below nobody knows but tests: a volume without a filesystem, and a neighbour with the same names.
BLOCK = Told("vault", "raw", lambda _: 10.0, lambda _: 0.0, inodes=0)
ODD = {"cluster": 'blue "1" {x}|\\d'}  # a label as nasty as they come


def samples(end: datetime, told: Sequence[Told], labels: dict[str, str]) -> Iterator[str]:
    """Write the series as the kubelets' metrics, by metric and series, in order of time, as promtool wants them."""
    stop = int(end.timestamp())
    lines: dict[tuple[str, str], list[str]] = {}
    for claim in told:
        for at in range(stop - int(DAYS * _DAY), stop + AFTER, STEP):
            for node, values in claim.series((stop - at) / _DAY):
                names = {**labels, "job": "kubelet", "instance": f"{node}:10250", "node": node}
                names |= {"namespace": claim.namespace, "persistentvolumeclaim": claim.name}
                for metric in asked_for(values, stop - at):
                    lines.setdefault((metric, written(names)), []).append(f"{values[metric]} {at}")
    for (metric, names_), points in sorted(lines.items()):
        yield from (f"kubelet_volume_stats_{metric}{names_} {point}" for point in points)


def asked_for(values: dict[str, int], back: int) -> Iterator[str]:
    """Name the metrics whose samples somebody asks for; all would be four times as many."""
    crowded = values.get("inodes_used", 0) > values.get("inodes", 0) / 2
    for metric in values:
        days = DAYS if crowded and metric == "inodes_used" else HISTORY.get(metric, 0.0)
        if back < max(days * _DAY, RECENT):
            yield metric


def written(labels: dict[str, str]) -> str:
    escaped = {name: value.replace("\\", "\\\\").replace('"', '\\"') for name, value in labels.items()}
    return "{" + ",".join(f'{name}="{value}"' for name, value in sorted(escaped.items())) + "}"


def back_fill(folder: Path, end: datetime, *, strangers: bool = True) -> None:
    """Put the story into blocks, and with it what only tests know of; in promtool's usual, short blocks it takes minutes."""
    red = [Told("db", "data-pg-0", lambda _: 500.0, lambda _: 400.0)] if strangers else []
    stop = int(end.timestamp())
    cost = [f'pv_hourly_cost{{persistentvolume="pv-1"}} 0.0001 {at}' for at in range(stop, stop + AFTER, STEP)]
    text = [
        *samples(end, [*usage(), *([BLOCK] if strangers else [])], ODD),
        *samples(end, red, {"cluster": "red"}),
        *cost,
        "# EOF",
        "",
    ]
    file = folder / "samples.txt"
    file.write_text("\n".join(text))
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=720h", str(file)]
    subprocess.run([*command, str(folder / "data")], check=True, capture_output=True, timeout=300)


@contextmanager
def running(folder: Path, *options: str) -> Iterator[str]:
    """Start it and give its address; it is gone afterwards, whatever happens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "prometheus.yml").write_text("global: {}\n")
    (folder / "data").mkdir(exist_ok=True)
    command = [
        PROGRAM,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=10y",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--query.lookback-delta={LOOKS_BACK}",
        "--log.level=warn",
        *options,
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        url = f"http://127.0.0.1:{port}"
        wait(url, process, folder / "log")
        yield url
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until it answers."""
    end = time.monotonic() + READY
    while time.monotonic() < end and process.poll() is None:
        try:
            if requests.get(f"{url}/-/ready", timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise TimeoutError(f"Prometheus did not start: {log.read_text()[-2000:]}")
