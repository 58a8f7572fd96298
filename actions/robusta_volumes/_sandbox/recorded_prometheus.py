"""A Prometheus for where there is none: answers that a real one gave to our questions, as if given now.

They were recorded from a real Prometheus that had `story_usage` in it (tests/test_recorded_prometheus.py, which also proves
that they are the same). Times are kept as distances from the end of what was asked.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

Row = dict[str, Any]
Also = Callable[[Mapping[str, str]], list[Row] | None]
FILE = Path(__file__).with_name("recorded_prometheus.json")

_SELECTOR = re.compile(r"(\w*)\{((?:[^}\"]|\"(?:[^\"\\]|\\.)*\")*)\}")
_MATCHER = re.compile(r"(\w+)(=~|=)\"((?:[^\"\\]|\\.)*)\"")
NOW, PRESENT, RANGE = "now", "present", " by time"
_DAY = 86_400
_BLOCK = 4096  # bytes: what filesystems count in
_LABELS = ("namespace", "persistentvolumeclaim")


@dataclass(frozen=True)
class Selector:
    """One selector of a query: its metric, and what its matchers say of labels that we know."""

    metric: str
    matchers: tuple[tuple[str, re.Pattern[str]], ...]

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Tell whether it selects a series with these labels."""
        return all(pattern.fullmatch(labels.get(name, "")) for name, pattern in self.matchers)


def selectors(query: str) -> list[Selector]:
    """Find the selectors of a query."""
    found = []
    for metric, inside in _SELECTOR.findall(query):
        matchers = [(name, op, _unquoted(text)) for name, op, text in _MATCHER.findall(inside)]
        known = [(name, re.compile(text if op == "=~" else re.escape(text))) for name, op, text in matchers]
        names = [text for name, _, text in matchers if name == "__name__"]
        found.append(Selector(names[0] if names else metric, tuple(one for one in known if one[0] in _LABELS)))
    return found


def _unquoted(text: str) -> str:
    simple = {"n": "\n", "\\": "\\", '"': '"'}
    return re.sub(r"\\(x[0-9a-f]{2}|.)", lambda f: simple.get(f[1]) or chr(int(f[1][1:], 16)), text)


def kind_of(query: str, back: float = 0.0) -> str:
    """Tell which of our questions a query is, asked for so many days ago: what is recorded under this word."""
    metric = selectors(query)[0].metric if selectors(query) else ""
    short = metric.removeprefix("kubelet_volume_stats_")
    if "|" in metric:
        return PRESENT if query.startswith("count") else NOW
    over = re.search(r"(max|min|last)_over_time\(\w+\{.*?\}\[(\w+)\]", query)
    if "label_replace" in query:
        return f"last {over[2] if over else ''} {back:.0f} days ago"
    return f"{over[1]} {short}" if over else short


class Recorded:
    """The answers, chosen and moved to the time of a question."""

    def __init__(
        self, answers: Mapping[str, list[Row]], clock: Callable[[], float] = time.time, also: Also | None = None
    ) -> None:
        """Hold answers by the kind of their question; ``clock`` gives seconds since 1970."""
        self._answers = answers
        self._also = also
        self._clock = clock

    def answer(self, form: Mapping[str, str]) -> Row:
        """Answer one query, as the API does."""
        wanted = selectors(form.get("query", ""))
        told = self._also(form) if self._also else None
        if told is not None:
            return {
                "status": "success",
                "data": {"resultType": "matrix" if "step" in form else "vector", "result": told},
            }
        at = float(form.get("time") or self._clock())
        rows = [row for row in self._rows(form, at, wanted) if any(one.takes(row["metric"]) for one in wanted)]
        if "step" in form:
            result = [row for row in (_moved(row, form) for row in rows) if row["values"]]
        else:
            result = [{"metric": row["metric"], "value": [at, _value(row, at)]} for row in rows]
        kind = "matrix" if "step" in form else "vector"
        return {"status": "success", "data": {"resultType": kind, "result": result}}

    def _rows(self, form: Mapping[str, str], at: float, wanted: list[Selector]) -> list[Row]:
        """Find what is recorded; what one metric is now, and which there are, is in the answer about all of now."""
        kind = kind_of(form.get("query", ""), (self._clock() - at) / _DAY) + (RANGE if "step" in form else "")
        now = self._answers.get(NOW, [])
        if kind in self._answers:
            return self._answers[kind]
        if kind == PRESENT:
            names = sorted({row["metric"]["__name__"] for row in now})
            return [{"metric": {"__name__": name}, "value": "1"} for name in names]
        here = [row for row in now if wanted and row["metric"]["__name__"] == wanted[0].metric]
        return [{**row, "metric": {name: row["metric"][name] for name in _LABELS}} for row in here]


def _value(row: Row, at: float) -> str:
    """Give a value; one that is a time is kept as a distance."""
    return str(int(at - row["back"])) if "back" in row else str(row["value"])


def _moved(row: Row, form: Mapping[str, str]) -> Row:
    """Let a row end where the question does."""
    start, end, step = (float(form[name]) for name in ("start", "end", "step"))
    values = unpacked(row["steps"], row["unit"])
    times = (end - step * back for back in range(len(values) - 1, -1, -1))
    points = [[at, str(value)] for at, value in zip(times, values, strict=True) if at >= start and value is not None]
    return {"metric": row["metric"], "values": points}


def packed(values: list[int | None]) -> Row:
    """Keep differences, in blocks where all are whole blocks: a tenth of the characters."""
    unit = _BLOCK if all(value % _BLOCK == 0 for value in values if value is not None) else 1
    last, steps = 0, []
    for value in values:
        steps.append(None if value is None else (value - last) // unit)
        last = last if value is None else value
    return {"unit": unit, "steps": steps}


def unpacked(steps: list[int | None], unit: int) -> list[int | None]:
    """Give the values again."""
    last, values = 0, []
    for step in steps:
        last += (step or 0) * unit
        values.append(None if step is None else last)
    return values


class RecordedPrometheus:
    """Serves recorded answers on loopback."""

    def __init__(self, file: Path = FILE, also: Also | None = None) -> None:
        """Read the answers and listen; nothing is served before `start`. ``also`` answers what it knows, before them."""
        recorded = Recorded(json.loads(file.read_text(encoding="utf-8")), also=also)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"recorded": recorded}))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    """The query API; everything else is empty."""

    protocol_version = "HTTP/1.1"
    recorded: Recorded

    def do_POST(self) -> None:
        """Answer a query."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
        self._reply(self.recorded.answer({name: values[-1] for name, values in parse_qs(body).items()}))

    def do_GET(self) -> None:
        """Answer what others may ask: nothing is known."""
        self._reply({"status": "success", "data": {}})

    def _reply(self, answer: Row) -> None:
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
