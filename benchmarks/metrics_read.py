"""What it costs to ask metrics about a large cluster, beside fetching the same answers and giving them to json.loads.

A server in a process of its own gives generated answers: five values of now for each claim, thirty daily extremes, two weeks
by the hour for two hundred. Each measurement is a process, too:

  bare    the same requests, one after another, each answer given to json.loads, nothing kept
  read    `measure`: what the data analysis asks, all of it kept

`make bench` runs this; the figures of a run stand in docs/performance.md.
"""

import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import requests

from robusta_volumes._cluster import promql
from robusta_volumes._cluster.collector import collector_paused
from robusta_volumes._cluster.live_metrics import LiveMetrics
from robusta_volumes._cluster.live_prometheus import HttpTransport
from robusta_volumes._model.times import UTC
from robusta_volumes._model.usage import Key
from robusta_volumes._workflows.measure import Asked, measure

SIZES = (1_000, 10_000)  # claims, in a hundred namespaces
NAMESPACES = 100
NOW = datetime(2026, 11, 25, 4, 20, tzinfo=UTC)
WHAT = Asked(inodes=False, last_known=False, costs=False)
_MIB = 2**20


def claims(count: int) -> list[Key]:
    """Name them."""
    return [(f"ns-{n % NAMESPACES:02}", f"data-app-{n // NAMESPACES}") for n in range(count)]


class Generated(BaseHTTPRequestHandler):
    """Answers as Prometheus would."""

    protocol_version = "HTTP/1.1"
    count = 0
    asked: list[tuple[str, dict[str, str]]] = []  # noqa: RUF012 (one server a process)

    def do_POST(self) -> None:
        """Answer a query."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.asked.append((self.path, form))
        self._send(self.written(form["query"], *(form.get(name, "") for name in ("start", "end", "step"))))

    def written(self, query: str, start: str, end: str, step: str) -> bytes:
        """Write the answer; another benchmark has others."""
        return answer(self.count, query, start, end, step)

    def do_GET(self) -> None:
        """Tell what was asked since the last time."""
        told = json.dumps(self.asked).encode()
        self.asked.clear()
        self._send(told)

    def _send(self, text: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@cache
def answer(count: int, query: str, start: str, end: str, step: str) -> bytes:
    """Write an answer; the second time it costs nothing."""
    if promql.ABNORMAL in query:
        return wrapped("vector", [])
    keys = [key for key in claims(count) if wanted(query, key)]
    if not step:
        rows = [
            f'{{"metric":{{"__name__":"{name}",{labels(key)}}},"value":[1764044400.123,"{53_687_091_200 + n * 4096}"]}}'
            for n, key in enumerate(keys)
            for name in promql.NOW
        ]
        return wrapped("vector", rows)
    times = range(int(start), int(end) + 1, int(step))
    values = ",".join(f'[{at},"{53_687_091_200 + n * 4_096_000}"]' for n, at in enumerate(times))
    return wrapped("matrix", [f'{{"metric":{{{labels(key)}}},"values":[{values}]}}' for key in keys])


def wanted(query: str, key: Key) -> bool:
    """Tell whether a selector of a query is about a claim."""
    return any(_matches(inside, key) for inside in _selectors(query))


def _matches(inside: dict[str, frozenset[str]], key: Key) -> bool:
    namespace, name = key
    here = {"namespace": namespace, "persistentvolumeclaim": name}
    return all(here[label] in values for label, values in inside.items())


@cache
def _selectors(query: str) -> list[dict[str, frozenset[str]]]:
    found = re.findall(r"\{([^}]*)\}", query)
    return [
        {
            name: frozenset(text.split("|"))
            for name, text in re.findall(r'(namespace|persistentvolumeclaim)=~?"([^"]*)"', one)
        }
        for one in found
    ]


def labels(key: Key) -> str:
    """Write them."""
    return f'"namespace":"{key[0]}","persistentvolumeclaim":"{key[1]}"'


def wrapped(kind: str, rows: list[str]) -> bytes:
    """Write the frame."""
    return f'{{"status":"success","data":{{"resultType":"{kind}","result":[{",".join(rows)}]}}}}'.encode()


def serve(count: int) -> None:
    """Serve until killed; the address is the first line of the output."""
    Generated.count = count
    with ThreadingHTTPServer(("127.0.0.1", 0), Generated) as http:
        print(f"http://127.0.0.1:{http.server_port}", flush=True)
        http.serve_forever()


def run(mode: str, count: int, url: str, asked: list[tuple[str, dict[str, str]]]) -> dict[str, Any]:
    """Measure one way, in this process."""
    size, started, before = 0, time.monotonic(), time.process_time()
    if mode == "bare":
        with requests.Session() as session:
            for path, form in asked:
                body = session.post(url + path, data=form, timeout=60).content
                size += len(body)
                json.loads(body)
        number = len(asked)
    else:
        with collector_paused():  # as reports do
            found = measure(LiveMetrics(HttpTransport(url), 120), claims(count), WHAT, NOW)
        number = found.queries
    return {
        "requests": number,
        "mib": size / _MIB,
        "wall": time.monotonic() - started,
        "cpu": time.process_time() - before,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


@contextmanager
def serving(count: int) -> Iterator[str]:
    """Start the server; it is gone afterwards."""
    process = subprocess.Popen([sys.executable, __file__, "serve", str(count)], stdout=subprocess.PIPE, text=True)  # noqa: S603 (this very file)
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
    print(" claims  mode  requests    MiB  wall s   CPU s  CPU/bare  peak MiB")
    for count in SIZES:
        with serving(count) as url:
            measured("read", count, url, [])  # the server writes its answers
            asked = requests.get(url, timeout=60).json()
            bare = measured("bare", count, url, asked)
            for mode, one in (("bare", bare), ("read", measured("read", count, url, []))):
                size = f"{one['mib']:6.1f}" if one["mib"] else " " * 6
                figures = f"{one['wall']:7.2f} {one['cpu']:7.2f} {one['cpu'] / bare['cpu']:9.2f} {one['peak']:9.0f}"
                print(f"{count:7,}  {mode}  {one['requests']:8} {size} {figures}")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        print(json.dumps(run(sys.argv[1], int(sys.argv[2]), sys.argv[3], json.load(sys.stdin))))
