"""A stand-in for Slack's Web API on loopback: it answers as Slack does and keeps every message and file."""

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from aiohttp import web

from robusta_volumes._sandbox.slack_limits import problems, refusals

_JSON = dict[str, Any]
_UPLOAD_BYTES = 64 * 1024 * 1024
_WORDS = re.compile(r"[^A-Za-z0-9._-]+")
_TEAM = {"team": "Sandbox", "team_id": "T0SANDBOX", "user": "robusta", "user_id": "U0ROBUSTA", "bot_id": "B0ROBUSTA"}

_CONVERSATIONS = {f"conversations.{verb}" for verb in ("list", "info", "join", "open", "history", "replies", "members")}


@dataclass
class RecordedFile:
    """One upload; ``permalink`` is how a message mentions it."""

    name: str
    title: str
    contents: bytes
    permalink: str


@dataclass
class RecordedMessage:
    """One message as Slack holds it, ``channel`` by name where the sender gave one; ``problems`` are broken limits."""

    ts: str
    channel: str
    text: str
    blocks: list[_JSON] = field(default_factory=list)
    attachments: list[_JSON] = field(default_factory=list)
    thread_ts: str | None = None
    files: list[RecordedFile] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    received: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    edited: bool = False


class SlackRecorder:
    """The server in a thread of its own; ``with SlackRecorder() as slack:`` and set SLACK_FORWARD_URL to ``slack.url``.

    ``problems`` are calls that Slack would not understand; ``log`` are the names of all methods called.
    """

    def __init__(self) -> None:
        """Prepare; nothing listens before ``with``."""
        self.url = ""
        self.messages: list[RecordedMessage] = []
        self.problems: list[str] = []
        self.log: list[str] = []
        self._uploads: dict[str, RecordedFile] = {}
        self._announced: dict[str, int] = {}  # length in bytes
        self._channels: dict[str, str] = {}  # id -> name
        self._changed = threading.Condition()

    def __enter__(self) -> "SlackRecorder":  # noqa: PYI034 (typing.Self is new in 3.11)
        """Listen on a free port of loopback."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="slack-recorder", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop listening; what was recorded stays."""
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def unshared(self) -> list[RecordedFile]:
        """Files that were uploaded and that no message mentions: nobody can see them in Slack."""
        shown = {one.permalink for message in self.messages for one in message.files}
        return [one for one in self._uploads.values() if one.permalink not in shown]

    def wait_for(self, wanted: int | Callable[[RecordedMessage], bool], timeout: float = 10.0) -> list[RecordedMessage]:
        """Wait for that many messages, or for one of which ``wanted`` is true; give all, or those of which it is true.

        Raises TimeoutError: when they have not come after ``timeout`` seconds.
        """
        end = time.monotonic() + timeout
        with self._changed:
            while True:
                found = [m for m in self.messages if isinstance(wanted, int) or wanted(m)]
                if len(found) >= (wanted if isinstance(wanted, int) else 1):
                    return found
                if not self._changed.wait(end - time.monotonic()):
                    came = "; ".join(m.text.splitlines()[0] for m in self.messages if m.text) or "nothing"
                    raise TimeoutError(f"not recorded within {timeout:g} s; what came: {came}")

    def save(self, folder: Path) -> Path:
        """Write ``messages.json`` and the files under ``files/``; give the path of the JSON."""
        (folder / "files").mkdir(parents=True, exist_ok=True)
        entries = []
        for message in self.messages:
            entry = asdict(message) | {"received": message.received.isoformat(), "files": []}
            for one in message.files:
                saved = f"files/{one.permalink.split('/')[-2]}-{_WORDS.sub('_', one.name)[-80:]}"
                (folder / saved).write_bytes(one.contents)
                entry["files"].append({"name": one.name, "title": one.title, "saved": saved})
            entries.append(entry)
        (path := folder / "messages.json").write_text(json.dumps(entries, indent=1) + "\n")
        return path

    async def _listen(self) -> None:
        app = web.Application(client_max_size=_UPLOAD_BYTES)
        app.add_routes([web.route("*", "/api/{method}", self._call), web.post("/api/upload/{file}", self._upload)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/api/"

    async def _call(self, request: web.Request) -> web.Response:
        method, given = request.match_info["method"], await _arguments(request)
        answers: dict[str, Callable[[_JSON], _JSON]] = {
            "auth.test": lambda _: {"ok": True, "url": self.url, **_TEAM},
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "files.getUploadURLExternal": self._upload_url,
            "files.completeUploadExternal": self._complete,
            "files.info": self._info,
            "files.delete": lambda one: {"ok": self._uploads.pop(str(one.get("file")), None) is not None},
        }
        answers |= dict.fromkeys(_CONVERSATIONS, self._conversations)
        with self._changed:
            self.log.append(method)
            answer = _error("not_authed" if method in answers else "unknown_method")
            if method not in answers:
                self.problems.append(f"unknown_method: {method}")
            elif given.get("token"):
                answer = answers[method](given)
            self._changed.notify_all()
        return web.json_response(answer)

    def _channel(self, name: str) -> tuple[str, str]:
        """Id and name of a channel, which may be given as either; any name is taken for an existing channel."""
        if name in self._channels:
            return name, self._channels[name]
        plain = name.removeprefix("#")
        new = f"C{len(self._channels) + 1:08d}"
        known = next((key for key, value in self._channels.items() if value == plain), new)
        self._channels[known] = plain
        return known, plain

    def _post(self, given: _JSON) -> _JSON:
        if not given.get("channel"):
            return _error("channel_not_found")
        if not (given.get("text") or given.get("blocks") or given.get("attachments")):
            return _error("no_text")
        key, name = self._channel(str(given["channel"]))
        ts = f"{int(time.time())}.{len(self.messages):06d}"
        message = RecordedMessage(ts, name, "", thread_ts=given.get("thread_ts"))
        self.messages.append(message)
        return self._fill(message, key, given)

    def _update(self, given: _JSON) -> _JSON:
        message = next((one for one in self.messages if one.ts == given.get("ts")), None)
        if message is None:
            return _error("message_not_found")
        message.edited = True
        return self._fill(message, self._channel(message.channel)[0], given)

    def _fill(self, message: RecordedMessage, channel: str, given: _JSON) -> _JSON:
        message.text = str(given.get("text") or "")
        message.blocks, message.attachments = list(given.get("blocks") or []), list(given.get("attachments") or [])
        message.problems = problems(given)
        mentioned = json.dumps([message.text, message.blocks, message.attachments])
        message.files = [one for one in self._uploads.values() if one.permalink in mentioned]
        if refused := refusals(given):
            return _error("invalid_blocks") | {"response_metadata": {"messages": refused}}
        shown = {"ts": message.ts, "text": message.text}
        return {"ok": True, "channel": channel, **shown, "message": {**shown, "blocks": message.blocks}}

    def _upload_url(self, given: _JSON) -> _JSON:
        name, length = str(given.get("filename") or ""), int(given.get("length") or 0)
        if not name or length <= 0:
            return _error("invalid_arguments")
        key = f"F{len(self._announced) + 1:08d}"
        permalink = f"{self.url}files/{key}/{quote(name, safe='')}"
        self._uploads[key], self._announced[key] = RecordedFile(name, name, b"", permalink), length
        return {"ok": True, "file_id": key, "upload_url": f"{self.url}upload/{key}"}

    async def _upload(self, request: web.Request) -> web.Response:
        one, contents = self._uploads.get(request.match_info["file"]), await request.read()
        if one is None:
            return web.Response(status=404, text="not found")
        one.contents = contents
        if len(contents) != self._announced[request.match_info["file"]]:
            self.problems.append(f"upload of {one.name}: {len(contents)} bytes came, another length was announced")
        return web.Response(text=f"OK - {len(contents)}")

    def _complete(self, given: _JSON) -> _JSON:
        entries = given.get("files") or []
        if not entries or any(entry.get("id") not in self._uploads for entry in entries):
            return _error("file_not_found")
        for entry in entries:
            self._uploads[entry["id"]].title = str(entry.get("title") or self._uploads[entry["id"]].name)
        if given.get("channel_id"):  # then the upload is a message of its own
            files = [self._uploads[entry["id"]].permalink for entry in entries]
            text = "\n".join([str(given.get("initial_comment") or ""), *(f"<{link}>" for link in files)]).strip()
            self._post({"channel": given["channel_id"], "text": text, "thread_ts": given.get("thread_ts")})
        return {"ok": True, "files": [self._described(entry["id"]) for entry in entries]}

    def _described(self, key: str) -> _JSON:
        one = self._uploads[key]
        return {"id": key, "name": one.name, "title": one.title, "size": len(one.contents), "permalink": one.permalink}

    def _info(self, given: _JSON) -> _JSON:
        key = str(given.get("file"))
        return {"ok": True, "file": self._described(key)} if key in self._uploads else _error("file_not_found")

    def _conversations(self, given: _JSON) -> _JSON:
        key, name = self._channel(str(given["channel"])) if given.get("channel") else ("", "")
        said = [{"type": "message", "ts": m.ts, "text": m.text} for m in reversed(self.messages) if m.channel == name]
        channels = [{"id": known, "name": value} for known, value in self._channels.items()]
        return {"ok": True, "channel": {"id": key, "name": name}, "channels": channels, "messages": said, "members": []}


def _error(name: str) -> _JSON:
    return {"ok": False, "error": name}


async def _arguments(request: web.Request) -> _JSON:
    """Read a call's arguments: JSON, or a form in which lists are JSON; the token may stand in a header."""
    given: _JSON = dict(request.query)
    if request.content_type == "application/json":
        given |= json.loads(await request.text() or "{}")  # slack_sdk sends auth.test with no body
    else:
        given |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    for key in ("blocks", "attachments", "files"):
        if isinstance(given.get(key), str):
            given[key] = json.loads(given[key])
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    return {"token": bearer} | given if bearer else given
