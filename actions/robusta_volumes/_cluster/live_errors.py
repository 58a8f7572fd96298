"""What came over a connection, and what broke it, in our own words: texts of libraries may quote the header with the token."""

import json
import socket
import ssl
from typing import Any

from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError, SSLError
from urllib3.exceptions import TimeoutError as NoAnswerInTime
from websocket import WebSocketAddressException, WebSocketProxyException, WebSocketTimeoutException

from robusta_volumes._cluster.answers import unreachable, unreadable
from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.retry import Budget, Failure
from robusta_volumes._cluster.wire import Request

_CHUNK = 1 << 16  # bytes between two looks at the clock
_NO_CONNECTION: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "its name cannot be resolved"),
    (ConnectionRefusedError, "connection refused"),
    (WebSocketAddressException, "its name cannot be resolved"),
    (WebSocketProxyException, "the proxy lets nothing through"),
)


def why(error: BaseException) -> str:
    """Say what broke a connection of urllib3, or one of websocket-client."""
    if isinstance(error, ProxyError):
        return f"through the proxy, {why(error.original_error)}"
    if isinstance(error, SSLError | ssl.SSLError):
        return f"TLS fails ({error})"  # OpenSSL's text: which certificate, and why
    if isinstance(error, NewConnectionError):
        cause = error.__cause__ or error.__context__
        return next((words for kind, words in _NO_CONNECTION if isinstance(cause, kind)), "no way to connect to it")
    if isinstance(error, NoAnswerInTime | TimeoutError | WebSocketTimeoutException):
        return "no connection in time" if isinstance(error, ConnectTimeoutError) else "no answer in time"
    known = (words for kind, words in _NO_CONNECTION if isinstance(error, kind))
    return next(known, f"the connection broke off ({type(error).__name__})")


def failure_of(error: Exception, host: str, *, writes: bool) -> Failure:
    """Say what broke a request to the server at ``host``, and whether it makes sense to send it again."""
    scheme, _, rest = host.rpartition("://")
    server = f"{scheme or 'http'}://{rest.split('/')[0].rpartition('@')[2]}"  # a URL may carry a password
    cause = getattr(error, "original_error", error) if isinstance(error, ProxyError) else error
    unsent = isinstance(cause, ConnectTimeoutError)  # in urllib3 every failure to connect is one
    return Failure(
        unreachable(server, why(error), perhaps_done=writes and not unsent),
        unsent=unsent,
        slow=isinstance(cause, NoAnswerInTime | TimeoutError) and not isinstance(cause, NewConnectionError),
        lasting="CERTIFICATE" in str(cause) if isinstance(cause, SSLError) else False,
    )


def whole(response: Any, budget: Budget) -> bytes:
    """Read all of an answer; a read timeout counts from byte to byte, so the budget is looked at in between."""
    parts: list[bytes] = []
    try:
        for part in response.stream(_CHUNK):
            parts.append(part)
            budget.check()
    except BaseException:
        response.close()  # read by half, its connection is of no more use
        raise
    response.release_conn()
    return b"".join(parts)


def decoded(status: int, body: bytes, request: Request) -> Object | Failure:
    """Read the answer to a request that went well."""
    if request.plain:
        return {"text": body.decode("utf-8", "replace")}
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict):
        return answer
    return Failure(unreadable(status, body, perhaps_done=request.writes), status, lasting=True)
