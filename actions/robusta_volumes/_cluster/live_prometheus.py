"""Prometheus, and what speaks its API, over HTTP. Loaded when it is asked."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from requests.exceptions import ChunkedEncodingError, ConnectTimeout, SSLError, Timeout
from urllib3.exceptions import HTTPError, ReadTimeoutError

from robusta_volumes._cluster.metric_questions import Transport
from robusta_volumes._cluster.prometheus_answers import URL, TooMuch, read
from robusta_volumes._model.errors import ClusterError, Unavailable

_CONNECT, _READ = 5.0, 20.0  # seconds
_CHUNK = 1 << 16  # bytes between two looks at the clock

Send = Callable[..., requests.Response]  # as `requests.post` is called


class HttpTransport:
    """Plain requests. ``headers`` may hold credentials: they are never shown."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None, *, query_string: str = "") -> None:
        """Ask the server at ``url``; ``query_string`` is appended to each request, as Robusta does."""
        self.url = url.rstrip("/")
        self.shown = shown(url)
        self._session = requests.Session()
        self._session.headers.update(headers or {})
        self._session.params = parse_qs(query_string, keep_blank_values=True)

    def post(self, path: str, data: Mapping[str, str], timeout: float) -> tuple[int, bytes | bytearray]:
        """Send a form; see the protocol."""
        return sent(self._session.post, self.url + path, timeout, data=dict(data))


class LivePrometheus:
    """The one question of the doctor: which metrics are there."""

    def __init__(self, transport: Transport) -> None:
        """Ask over this transport."""
        self._transport = transport

    def present(self, names: Collection[str]) -> set[str]:
        """Give those of ``names`` that have samples now.

        Raises Unavailable, NotAllowed, NotAuthenticated: when no usable answer came.
        """
        pattern = "|".join(sorted(names))
        query = {"query": f'count by (__name__) ({{__name__=~"{pattern}"}})'}
        found = read(*self._transport.post("/api/v1/query", query, _READ)).rows
        return {str(item.get("metric", {}).get("__name__")) for item in found} & set(names)


def shown(url: str) -> str:
    """Give an address without what may be secret in it."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # no port, or no address at all
        return "an address that cannot be read"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path.rstrip('/')}"


def sent(send: Send, url: str, timeout: float, **request: Any) -> tuple[int, bytes | bytearray]:
    """Send one request with a time limit for all of it, an answer that comes drop by drop included.

    Errors are told by their type: some texts of libraries quote the address, with the password in it.
    """
    end = time.monotonic() + timeout
    limits = (min(_CONNECT, timeout), timeout)
    try:
        with send(url, timeout=limits, stream=True, **request) as answer:
            body = bytearray()  # joining the parts would take the memory twice
            for part in _until(end, answer):
                body += part
            return answer.status_code, body
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        raise _no_answer(error, timeout) from None


def _until(end: float, answer: requests.Response) -> Iterator[bytes]:
    """Give what comes as it comes."""
    while part := answer.raw.read1(_CHUNK, decode_content=True):
        if time.monotonic() > end:
            raise Timeout
        yield part


def _no_answer(error: Exception, timeout: float) -> ClusterError:
    if isinstance(error, ConnectTimeout):
        return Unavailable(f"no connection to Prometheus within {min(_CONNECT, timeout):.0f} s", URL)
    if isinstance(error, Timeout | ReadTimeoutError | TimeoutError):
        return TooMuch(f"no answer of Prometheus within {timeout:.0f} s", "look at Prometheus' own load and health")
    if isinstance(error, SSLError):
        return Unavailable("TLS to Prometheus fails", f"{URL}, and the certificate authority that the runner trusts")
    if isinstance(error, requests.ConnectionError) and not isinstance(error, ChunkedEncodingError):
        return Unavailable("no connection to Prometheus", URL)
    return Unavailable(f"the connection to Prometheus broke off ({type(error).__name__})", URL)
