"""What it costs to ask about the I/O of a large cluster, beside fetching the same answers and giving them to json.loads.

A server in a process of its own gives generated answers: a day in steps of fifteen minutes of each volume. Each measurement is
a process, too:

  bare  the same requests, one after another, each answer given to json.loads, nothing kept
  read  `LiveIo.read` of the whole cluster, beside its claims, volumes and pods: which sources there are, all that they
        say, all of it kept
  map   that, and the way from claims to what speaks for them
  report  the whole report with its files, the twenty worst asked for again in steps of five minutes; "own" is the CPU of
        everything but asking

``ebs``: the EBS driver's metrics alone; ``nodes``: node_exporter, cAdvisor (of three times as many pods as claims) and pressure;
``all``: both.
`make bench` runs this; the figures of a run stand in docs/performance.md.
"""

import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import ThreadingHTTPServer
from typing import Any

import requests
from _io_of import ON_A_NODE, Working, address_of, claim_of, handle_of

from robusta_volumes._analysis.io_mapping import mapped
from robusta_volumes._analysis.io_places import scope_of
from robusta_volumes._cluster.collector import collector_paused
from robusta_volumes._cluster.live_io import LiveIo
from robusta_volumes._cluster.live_prometheus import HttpTransport
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.io_scope import IoScope, window
from robusta_volumes._model.io_series import IoMeasured, IoWindow
from robusta_volumes._model.performance_settings import VolumePerformanceAnalysis
from robusta_volumes._model.target import Target, Trigger
from robusta_volumes._model.times import UTC
from robusta_volumes._model.volume import Attachment, Claim, ClaimRef, Meta, Node, Pod, Volume
from robusta_volumes._report.page import File
from robusta_volumes._workflows.volume_performance_analysis import page_of

SIZES = (1_000, 10_000)  # claims
NOW = datetime(2026, 11, 25, 4, 20, tzinfo=UTC)
SECONDS = 300.0  # for metrics: the machine may be busy
_MIB = 2**20
_AGO = NOW - timedelta(days=30)


def inventory(count: int) -> Inventory:
    """Give claims with a volume and a pod each."""
    keys = [claim_of(n) for n in range(count)]
    modes = ("ReadWriteOnce",)
    return Inventory(
        NOW,
        claims=tuple(
            Claim(Meta(name, space), "Bound", "gp3", f"pv-{n}", _MIB, _MIB, modes, modes, "Filesystem")
            for n, (space, name) in enumerate(keys)
        ),
        volumes=tuple(_volume(n, key) for n, key in enumerate(keys)),
        pods=tuple(
            Pod(Meta(name, space), f"node-{n // ON_A_NODE}", "Running", (name,), ready=True, waiting="", started=_AGO)
            for n, (space, name) in enumerate(keys)
        ),
        attachments=tuple(
            Attachment(Meta(f"csi-{n}", created=_AGO), "ebs", f"node-{n // ON_A_NODE}", f"pv-{n}", True, "", "")  # noqa: FBT003
            for n in range(count)
        ),
        nodes=tuple(
            Node(Meta(f"node-{n // ON_A_NODE}"), ready=True, schedulable=True, address=address_of(n))
            for n in range(0, count, ON_A_NODE)
        ),
    )


def _volume(n: int, key: tuple[str, str]) -> Volume:
    return Volume(
        Meta(f"pv-{n}"),
        phase="Bound",
        reason="",
        message="",
        phase_since=None,
        class_name="gp3",
        capacity=_MIB,
        modes=("ReadWriteOnce",),
        volume_mode="Filesystem",
        reclaim_policy="Delete",
        claim_ref=ClaimRef(*key, uid=""),
        source="csi",
        driver="ebs.csi.aws.com",
        backend="",
        handle=handle_of(n),
    )


def run(mode: str, count: int, url: str, asked: list[tuple[str, dict[str, str]]]) -> dict[str, Any]:
    """Measure one way, in this process."""
    see = Inventory(NOW) if mode == "bare" else inventory(count)
    size, most, rows, own = 0, 0, 0, 0.0
    started, before = time.monotonic(), time.process_time()
    if mode == "bare":
        with requests.Session() as session:
            for path, form in asked:
                body = session.post(url + path, data=form, timeout=60).content
                size += len(body)
                json.loads(body)
        number = len(asked)
    elif mode == "report":
        number, most, rows, own = report(see, url)
    else:
        with collector_paused():  # as reports do
            found = LiveIo(HttpTransport(url), SECONDS).read(scope_of(see), window(NOW, 24, coarse=True))
            own = time.process_time()
            if mode == "map":
                rows = sum(one[0].confidence in {"exact", "mapped"} for one in mapped(see, found).values())
            own = time.process_time() - own
        number, most = sum(found.queries.values()), max(found.queries.values())
    return {
        "requests": number,
        "most": most,
        "rows": rows,
        "mib": size / _MIB,
        "wall": time.monotonic() - started,
        "cpu": time.process_time() - before,
        "own": own,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def report(see: Inventory, url: str) -> tuple[int, int, int, float]:
    """Write the whole report; give the questions, the most of one source, what is known, and the CPU beyond asking."""
    live, queries, asking = LiveIo(HttpTransport(url), SECONDS), Counter[str](), 0.0

    def ask(scope: IoScope, steps: IoWindow) -> IoMeasured:
        nonlocal asking
        before = time.process_time()
        found = live.read(scope, steps)
        asking += time.process_time() - before
        queries.update(found.queries)
        return found

    before = time.process_time()
    with collector_paused():
        page = page_of(see, see, Target(trigger=Trigger.SCHEDULE), VolumePerformanceAnalysis(), ask)
    own = time.process_time() - before - asking
    table = next(block for block in page.blocks if isinstance(block, File) and block.name == "performance.csv")
    known = sum(line.split(b",")[3] != b"unknown" for line in table.content.splitlines()[1:])
    return sum(queries.values()), max(queries.values()), known, own


def serve(kind: str, count: int) -> None:
    """Serve until killed; the address is the first line of the output."""
    Working.count, Working.kind = count, kind
    with ThreadingHTTPServer(("127.0.0.1", 0), Working) as http:
        print(f"http://127.0.0.1:{http.server_port}", flush=True)
        http.serve_forever()


@contextmanager
def serving(kind: str, count: int) -> Iterator[str]:
    """Start the server; it is gone afterwards."""
    command = [sys.executable, __file__, "serve", kind, str(count)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 (this very file)
    try:
        yield (process.stdout.readline() if process.stdout else "").strip()
    finally:
        process.kill()
        process.wait()


def measured(mode: str, count: int, url: str, asked: list[tuple[str, dict[str, str]]]) -> dict[str, Any]:
    """Measure one way, in a process of its own."""
    command = [sys.executable, __file__, mode, str(count), url]
    done = subprocess.run(  # noqa: S603 (this very file)
        command, input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print the table."""
    print("claims  kind   mode  requests  per source  mapped    MiB  wall s   CPU s  beyond bare  mapping s  peak MiB")
    for count in SIZES:
        for kind in ("ebs", "nodes", "all"):
            with serving(kind, count) as url:
                measured("read", count, url, [])  # the server writes its answers
                asked = requests.get(url, timeout=60).json()
                bare = measured("bare", count, url, asked)
                for mode, one in (
                    ("bare", bare),
                    *((mode, measured(mode, count, url, [])) for mode in ("read", "map", "report")),
                ):
                    size = f"{one['mib']:6.0f}" if one["mib"] else " " * 6
                    beyond = f"{one['cpu'] - bare['cpu']:12.2f}" if mode != "bare" else " " * 12
                    figures = f"{one['wall']:7.1f} {one['cpu']:7.2f} {beyond} {one['own']:10.2f} {one['peak']:9.0f}"
                    print(
                        f"{count:7,}  {kind:5}  {mode:6}  {one['requests']:8} {one['most']:11} {one['rows']:7} {size} {figures}"
                    )


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] == "serve":
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        print(json.dumps(run(sys.argv[1], int(sys.argv[2]), sys.argv[3], json.load(sys.stdin))))
