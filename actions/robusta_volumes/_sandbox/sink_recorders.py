"""Stand-ins on loopback for what Robusta's other sinks talk to: a webhook, Microsoft Teams, a mail server."""

import json
import threading
import time
from collections.abc import Callable, Sized
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer, StreamRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import Any

_TEAMS = "/webhookb2/sandbox"
_SMTP_ANSWERS = {"EHLO": "250-sandbox\r\n250-AUTH PLAIN\r\n250 8BITMIME", "AUTH": "235 welcome"}


@dataclass(frozen=True)
class RecordedPost:
    """One HTTP POST."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class RecordedMail:
    """One mail as the server got it; ``recipients`` are those of the envelope."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def html(self) -> str:
        """The HTML body, decoded; "" when there is none."""
        body = self.message.get_body(("html",))
        return str(body.get_content()) if body else ""

    @property
    def attachments(self) -> dict[str, bytes]:
        """File name -> contents."""
        parts = self.message.iter_attachments()
        return {part.get_filename() or "": bytes(part.get_payload(decode=True) or b"") for part in parts}


class _Recorder:
    """A server in a thread of its own, and a way to wait for what it records."""

    def __init__(self, server: BaseServer) -> None:
        self._server = server
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=lambda: server.serve_forever(0.05), daemon=True)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _keep(self, one: Any, where: list[Any]) -> None:
        with self._changed:
            where.append(one)
            self._changed.notify_all()

    def _wait(self, recorded: Sized, count: int, timeout: float) -> None:
        end = time.monotonic() + timeout
        with self._changed:
            while len(recorded) < count:
                if not self._changed.wait(end - time.monotonic()):
                    raise TimeoutError(f"{len(recorded)} of {count} came within {timeout:g} s")


class _Webhook(BaseHTTPRequestHandler):
    keep: Callable[[RecordedPost], None]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = b"1" if self.path.startswith(_TEAMS) else b"ok"  # "1" is how a Teams connector says yes
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.keep(RecordedPost(self.path, dict(self.headers), body))

    def log_message(self, *_: Any) -> None:
        """Say nothing: the posts are the log."""


class _Smtp(StreamRequestHandler):
    keep: Callable[[RecordedMail], None]
    sender = ""
    recipients: tuple[str, ...] = ()

    def handle(self) -> None:
        self._say("220 sandbox")
        while line := self.rfile.readline().decode(errors="replace").strip():
            verb = line.split(" ")[0].upper()
            if verb == "QUIT":
                self._say("221 bye")
                return
            self._answer(verb, line)

    def _answer(self, verb: str, line: str) -> None:
        if verb in {"MAIL", "RSET"}:
            self.sender, self.recipients = _address(line), ()
        elif verb == "RCPT":
            self.recipients += (_address(line),)
        elif verb == "DATA":
            self._say("354 go on")
            self.keep(RecordedMail(self.sender, self.recipients, self._lines()))
        self._say(_SMTP_ANSWERS.get(verb, "250 ok"))

    def _lines(self) -> bytes:
        """Read up to the lone dot; a dot that a line started with was doubled by the client."""
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def _say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())


class WebhookRecorder(_Recorder):
    """Takes every POST: ``url`` for Robusta's webhook sink, ``teams_url`` for its MS Teams sink."""

    def __init__(self) -> None:
        """Take a free port; nothing is answered before ``with``."""
        self.posts: list[RecordedPost] = []
        http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Webhook,), {"keep": staticmethod(self._take)}))
        super().__init__(http)
        self.url = f"http://127.0.0.1:{http.server_address[1]}/hook"
        self.teams_url = f"http://127.0.0.1:{http.server_address[1]}{_TEAMS}"

    def _take(self, post: RecordedPost) -> None:
        self._keep(post, self.posts)

    def __enter__(self) -> "WebhookRecorder":  # noqa: PYI034 (typing.Self is new in 3.11)
        """Answer."""
        self._thread.start()
        return self

    def wait_for(self, count: int, timeout: float = 10.0) -> list[RecordedPost]:
        """Wait for that many posts and give all. Raises TimeoutError: after ``timeout`` seconds."""
        self._wait(self.posts, count, timeout)
        return self.posts


class MailRecorder(_Recorder):
    """An SMTP server without encryption that takes every mail and any login; ``mailto`` is for Robusta's mail sink."""

    def __init__(self) -> None:
        """Take a free port; nothing is answered before ``with``."""
        self.mails: list[RecordedMail] = []
        smtp = _Threads(("127.0.0.1", 0), type("Handler", (_Smtp,), {"keep": staticmethod(self._take)}))
        super().__init__(smtp)
        self.address = ("127.0.0.1", int(smtp.server_address[1]))
        self.mailto = f"mailto://127.0.0.1:{self.address[1]}?from=robusta@example.com&to=storage@example.com"

    def _take(self, mail: RecordedMail) -> None:
        self._keep(mail, self.mails)

    def __enter__(self) -> "MailRecorder":  # noqa: PYI034 (typing.Self is new in 3.11)
        """Answer."""
        self._thread.start()
        return self

    def wait_for(self, count: int, timeout: float = 10.0) -> list[RecordedMail]:
        """Wait for that many mails and give all. Raises TimeoutError: after ``timeout`` seconds."""
        self._wait(self.mails, count, timeout)
        return self.mails


class _Threads(ThreadingTCPServer):
    daemon_threads = True


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]
