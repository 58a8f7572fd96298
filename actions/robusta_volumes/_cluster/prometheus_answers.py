"""What an answer of Prometheus, or of what speaks its API, means: rows, or one of our errors with what to do."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from robusta_volumes._model.errors import ClusterError, Invalid, NotAllowed, NotAuthenticated, Unavailable
from robusta_volumes._model.text import cited

Row = dict[str, Any]

_OK, _BAD, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _UNPROCESSABLE = 200, 400, 401, 403, 404, 422
_TOO_LARGE = (413, 422, 503, 504)  # Prometheus' own limits are 422 and 503; proxies before it say 413 and 504
_SLOW = frozenset({"timeout", "canceled"})  # its words for a query that took too long
_ROW = b'{"metric":'
_HEAD = 4096  # bytes in which the rows begin
_EXCERPT = 160  # characters of an answer that is not understood

URL = "check `globalConfig.prometheus_url`"
_OVERLOADED = "ask again later; when this lasts, give Prometheus more memory or raise its query limits"


@dataclass
class TooMuch(Unavailable):
    """The question was too large or took too long: a smaller one may be answered."""

    status: int = 0

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Answer:
    """Rows, and what the server says is missing from them."""

    rows: list[Row]
    warnings: tuple[str, ...] = ()


def read(status: int, body: bytes | bytearray) -> Answer:
    """Read an answer to a query.

    Raises NotAuthenticated, NotAllowed, Invalid, TooMuch, Unavailable: when it is none.
    """
    answer = _json(body)
    if answer is not None and answer.get("status") == "success" and status == _OK:
        return _rows(answer)
    raise refusal(status, body, answer)


def read_each(status: int, body: bytes | bytearray, take: Callable[[Row], None]) -> Answer:
    """Read an answer row by row, which ``take`` is given: a large one is never there as a whole.

    Raises the errors of `read`, and what ``take`` raises.
    """
    place = body.find(_ROW, 0, _HEAD) if status == _OK else -1
    if place < 0:
        answer = read(status, body)
        for row in answer.rows:
            take(row)
        return Answer([], answer.warnings)
    head, read_one = bytes(body[:place]), json.JSONDecoder().raw_decode
    while True:
        following = body.find(_ROW, place + len(_ROW))  # inside of a text its quotation mark would have a backslash
        text = body[place : following if following > 0 else len(body)].decode(errors="replace")
        try:
            row, end = read_one(text)
        except (ValueError, RecursionError):
            return read(_OK, b"")
        take(row)
        if following < 0:
            return read(status, head + text[end:].encode())  # the frame, which says what is missing
        place = following


def refusal(status: int, body: bytes | bytearray, answer: Row | None = None) -> ClusterError:
    """Say why there are no rows."""
    if status == _UNAUTHORIZED:
        return NotAuthenticated("Prometheus asks for credentials (401)", "set `globalConfig.prometheus_auth`")
    if status == _FORBIDDEN:
        return NotAllowed(
            "Prometheus refuses the query (403)", "check the credentials in `globalConfig.prometheus_auth`"
        )
    if answer is None or "status" not in answer:
        return _strange(status, body)
    said = cited(answer.get("error") or answer.get("message") or "no reason", _EXCERPT)
    if status in _TOO_LARGE or answer.get("errorType") in _SLOW:
        return TooMuch(f"Prometheus gives up the query ({status}): {said}", _OVERLOADED, status)
    if status == _BAD:
        return Invalid(f"Prometheus does not understand the query: {said}", URL)
    return Unavailable(f"Prometheus answers {status}: {said}", URL)


def _strange(status: int, body: bytes | bytearray) -> ClusterError:
    """Say what a body that is no answer of the API looks like."""
    text = body[: 4 * _EXCERPT].decode(errors="replace").strip()
    if status in _TOO_LARGE:
        return TooMuch(f"the server answers {status}", _OVERLOADED, status)
    page = text[:1] == "<" and "html" in text.lower()
    if page or status == _NOT_FOUND:
        what = "a web page" if page else f"{cited(text, _EXCERPT)}"
        return Unavailable(
            f"this is not the address of a Prometheus: it answers {status} with {what}",
            "set `globalConfig.prometheus_url` to the address below which /api/v1/query is",
        )
    return Unavailable(f"the server answers {status}: {cited(text or 'nothing', _EXCERPT)}", URL)


def _json(body: bytes | bytearray) -> Row | None:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _rows(answer: Row) -> Answer:
    data = answer.get("data")
    rows = data.get("result") if isinstance(data, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unavailable("the answer of Prometheus has no result", URL)
    warnings = tuple(str(text) for text in answer.get("warnings") or ())
    if answer.get("isPartial") is True:  # a VictoriaMetrics of several nodes, some of which did not answer
        warnings += ("some of its storage nodes did not answer",)
    return Answer(rows, warnings)
