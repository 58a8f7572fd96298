"""A loopback server that answers queries as a function says, and keeps what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Form = dict[str, str]
Row = dict[str, Any]
Reply = tuple[int, bytes]


@dataclass
class Question:
    """One request: where to, with which parameters and headers."""

    path: str
    form: Form
    address: Form  # what stood in the address
    headers: dict[str, str]
    body: str = ""

    @property
    def query(self) -> str:
        return self.form.get("query", "")


@dataclass
class MetricServer:
    """What was asked, and where to ask."""

    url: str
    asked: list[Question] = field(default_factory=list)

    @property
    def queries(self) -> list[str]:
        return [question.query for question in self.asked]


def ok(rows: list[Row], **more: Any) -> Reply:
    """Answer as Prometheus does."""
    kind = "matrix" if rows and "values" in rows[0] else "vector"
    data = {"resultType": kind, "result": rows}
    return 200, json.dumps({"status": "success", "data": data, **more}).encode()


def refused(status: int, kind: str, error: str) -> Reply:
    """Refuse as Prometheus does."""
    return status, json.dumps({"status": "error", "errorType": kind, "error": error}).encode()


def row(namespace: str, name: str, value: object, **labels: str) -> Row:
    """Give one value, as Prometheus writes it."""
    metric = {"namespace": namespace, "persistentvolumeclaim": name, **labels}
    return {"metric": metric, "value": [1_700_000_000, str(value)]}


@contextmanager
def answering(answer: Callable[[Question], Reply | Iterator[bytes]]) -> Iterator[MetricServer]:
    """Serve; an answer may also be the bytes of a response, one after another, as slowly as they come."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            place = urlsplit(self.path)
            question = Question(
                place.path, dict(parse_qsl(body)), dict(parse_qsl(place.query)), dict(self.headers.items()), body
            )
            server.asked.append(question)
            reply = answer(question)
            if not isinstance(reply, tuple):
                self.close_connection = True
                self._drip(reply)
                return
            self.send_response(reply[0])
            self.send_header("Content-Length", str(len(reply[1])))
            self.end_headers()
            self.wfile.write(reply[1])

        def _drip(self, parts: Iterator[bytes]) -> None:
            try:
                for part in parts:
                    self.wfile.write(part)
                    self.wfile.flush()
            except OSError:
                return  # whoever asked has gone

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        http.block_on_close = False
        server = MetricServer(f"http://127.0.0.1:{http.server_port}")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
