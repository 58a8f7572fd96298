"""What came over a connection, and what broke it, in our own words: texts of libraries may quote the header with the token."""

import json
import socket
import ssl

from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError, SSLError
from urllib3.exceptions import TimeoutError as NoAnswerInTime
from websocket import WebSocketAddressException, WebSocketProxyException, WebSocketTimeoutException

from robusta_volumes._cluster.answers import unreadable
from robusta_volumes._cluster.cluster import Object
from robusta_volumes._cluster.retry import Failure
from robusta_volumes._cluster.wire import Request

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


def decoded(status: int, body: bytes, request: Request) -> Object | Failure:
    """Read the answer to a request that went well."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict):
        return answer
    return Failure(unreadable(status, body, perhaps_done=request.writes), status, lasting=True)
