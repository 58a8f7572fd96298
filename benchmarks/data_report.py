"""What the report on the data of a whole cluster costs, beside reading what it is about.

One process serves the objects of a cluster and the answers of a Prometheus, over HTTP: claims in a hundred namespaces, most
of them quiet, one in fifty full within days. Each measurement is a process of its own:

  read    the report until all is read: the lists of the cluster, parsed and joined, and the answers of metrics
  report  `persistent_data_analysis` on the whole cluster: read, judge, forecast, draw, write the page and its files
  judge   what comes between, alone and without the reading: the join of claims and metrics, with patterns, dates and sizes
          (`claim_uses`), and the rules: those of this report, and all that there are

`make bench` runs this; the figures of a run stand in docs/performance.md.
"""

import gc
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from _cluster_of import cluster_of, key_of
from metrics_read import NAMESPACES, Generated, labels, wanted, wrapped

from robusta_volumes._analysis.assess import assess
from robusta_volumes._analysis.claim_uses import claim_uses
from robusta_volumes._cluster import promql
from robusta_volumes._cluster.live import LiveCluster, client_from_kubeconfig
from robusta_volumes._cluster.live_metrics import LiveMetrics
from robusta_volumes._cluster.live_prometheus import HttpTransport
from robusta_volumes._cluster.store import Store
from robusta_volumes._model.data_settings import PersistentDataAnalysis
from robusta_volumes._model.inventory import Inventory
from robusta_volumes._model.target import Target
from robusta_volumes._model.times import UTC
from robusta_volumes._model.usage import Key, Measured
from robusta_volumes._report.charts import fill_bars
from robusta_volumes._rules.catalogue import RULES
from robusta_volumes._sandbox.api_server import ApiServer
from robusta_volumes._workflows.data_metrics import asking
from robusta_volumes._workflows.persistent_data_analysis import ABOUT_DATA, persistent_data_analysis

SIZES = (1_000, 10_000)  # claims
FILLING = 50  # one claim in so many is full within days
SIZE = 10 * 2**30  # bytes of a volume
STARTED = datetime.now(UTC).timestamp()
DAY = 86_400
SECONDS = 300.0  # for metrics: the machine may be busy


class AllRead(Exception):
    """All is read: here the measurement of reading ends."""


class Filled(Generated):
    """Answers about volumes that fill."""

    def written(self, query: str, start: str, end: str, step: str) -> bytes:
        """Write the answer."""
        return answer(self.count, query, start, end, step)


def used(n: int, at: float, which: str) -> int:
    """Give what a volume holds: a level, growth by the day, and a day's up and down."""
    days = (at - STARTED) / DAY
    level, growth = (0.85, 0.02) if n % FILLING == 0 else (0.2 + (n * 37 % 100) * 0.004, (n * 13 % 7) * 0.0004)
    swing = {"max": 0.01, "min": -0.01}.get(which, 0.01 * math.sin(2 * math.pi * days))
    return int(SIZE * (level + growth * days + swing + 0.003 * math.sin(n + 3.7 * days)))


@cache
def answer(count: int, query: str, start: str, end: str, step: str) -> bytes:
    """Write an answer; the second time it costs nothing."""
    if promql.ABNORMAL in query or promql.COST in query:
        return wrapped("vector", [])
    own = [(n, key_of(n, count // NAMESPACES)) for n in range(count)]
    asked = [(n, key) for n, key in own if wanted(query, key)]
    if not step:
        return wrapped("vector", [row for n, key in asked for row in _now(n, key)])
    which = next((which for which in ("max", "min") if f"{which}_over_time" in query), "")
    whole = promql.CAPACITY in query
    times = range(int(start), int(end) + 1, int(step))
    rows = ((key, ",".join(f'[{at},"{SIZE if whole else used(n, at, which)}"]' for at in times)) for n, key in asked)
    return wrapped("matrix", [f'{{"metric":{{{labels(key)}}},"values":[{values}]}}' for key, values in rows])


def _now(n: int, key: Key) -> Iterator[str]:
    holds = used(n, STARTED, "")
    for name, value in zip(promql.NOW, (holds, SIZE - holds, SIZE, 655_360, 6_553), strict=True):
        yield f'{{"metric":{{"__name__":"{name}",{labels(key)}}},"value":[{STARTED:.3f},"{value}"]}}'


def serve(count: int) -> None:
    """Serve a cluster and its metrics until standard input closes; where, says the first line."""
    gc.disable()  # what it serves stays for good, and must not slow the answers
    Filled.count = count
    store = Store(cluster_of(count, datetime.now(UTC), count // NAMESPACES))
    with (
        tempfile.TemporaryDirectory() as folder,
        ApiServer(store) as server,
        ThreadingHTTPServer(("127.0.0.1", 0), Filled) as http,
    ):
        threading.Thread(target=http.serve_forever, daemon=True).start()
        kubeconfig = server.kubeconfig(Path(folder) / "kubeconfig")
        print(json.dumps([str(kubeconfig), f"http://127.0.0.1:{http.server_port}"]), flush=True)
        sys.stdin.read()
        http.shutdown()


def judged(see: Inventory, measured: Measured, settings: PersistentDataAnalysis) -> dict[str, float]:
    """Measure the join and the rules, the fastest of three: the machine may have other work."""
    took: dict[str, list[float]] = {"join": [], "rules": [], "all rules": []}
    gc.disable()  # as while a report is made
    for _ in range(3):
        at = time.process_time()
        known = replace(see, uses=claim_uses(see, measured, settings).by_claim)
        took["join"].append(time.process_time() - at)
        for name, rules in (("rules", ABOUT_DATA), ("all rules", tuple(RULES.values()))):
            at = time.process_time()
            assess(known, settings.thresholds, rules)
            took[name].append(time.process_time() - at)
    return {name: min(each) for name, each in took.items()}


def run(mode: str, kubeconfig: str, url: str) -> dict[str, Any]:
    """Measure one way, in this process; imports are not counted, but for memory."""
    settings, told = PersistentDataAnalysis(), {}
    kept: list[tuple[Inventory, Measured]] = []
    ask = asking(lambda: LiveMetrics(HttpTransport(url), SECONDS), Target(), settings)

    def asked(see: Inventory, about: Collection[Key]) -> Measured:
        found = ask(see, about)
        told.update(claims=len(found.now), queries=found.queries, gaps=list(found.gaps))
        if mode != "report":
            kept.append((see, found))
            raise AllRead
        return found

    cluster = LiveCluster(client_from_kubeconfig(Path(kubeconfig)), "bench", deadline=SECONDS)
    fill_bars("what draws is imported", [("once", 1, 1)])  # a process does that once, whatever the number of reports
    cpu, start = time.process_time(), time.perf_counter()
    try:
        page = persistent_data_analysis(cluster, Target(), settings, asked)
        told["said"] = page.title
    except AllRead:
        pass
    told |= {"wall": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    if mode == "judge":
        told["judged"] = judged(*kept[0], settings)
    told["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return told


@contextmanager
def serving(count: int) -> Iterator[list[str]]:
    """Start the server; it is gone afterwards."""
    command = [sys.executable, __file__, "serve", str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (this very file)
        try:
            yield json.loads(process.stdout.readline() if process.stdout else "[]")
        finally:
            process.kill()


def measured(mode: str, count: int, where: list[str]) -> dict[str, Any]:
    """Measure one way, in a process of its own."""
    done = subprocess.run(  # noqa: S603 (this very file)
        [sys.executable, __file__, mode, *where],
        stdout=subprocess.PIPE,
        check=True,
        env={**os.environ, "MPLBACKEND": "Agg"},
    )
    found: dict[str, Any] = json.loads(done.stdout)
    if found["claims"] != count or found["gaps"]:
        raise SystemExit(f"not everything was read: {found}")
    if mode == "report" and not found["said"].startswith(f"{count // FILLING} volumes fill "):
        raise SystemExit(f"the report did not see which volumes fill: {found}")
    return found


def main() -> None:
    """Print the table."""
    print(" claims  mode    queries  wall s   CPU s  wall/read  CPU/read  peak MiB")
    for count in SIZES:
        with serving(count) as where:
            measured("read", count, where)  # the server writes its answers
            read = measured("read", count, where)
            for mode, one in (("read", read), ("report", measured("report", count, where))):
                ratios = f"{one['wall'] / read['wall']:10.2f} {one['cpu'] / read['cpu']:9.2f}"
                figures = f"{one['queries']:8} {one['wall']:7.2f} {one['cpu']:7.2f} {ratios} {one['peak']:9.0f}"
                print(f"{count:7,}  {mode:6} {figures}", flush=True)
            alone = measured("judge", count, where)["judged"]
            print(
                f"{count:7,}  judge  " + ", ".join(f"{name} {took:.2f} s of CPU" for name, took in alone.items()),
                flush=True,
            )


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        print(json.dumps(run(*sys.argv[1:])))
