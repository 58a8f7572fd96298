"""Fetch one file from an address that a tool in the cluster has signed: whoever knows that address may read the file.

So the address is a secret: it stands in no error and in no log. That is why this is the standard library's client, which
writes no log: urllib3 writes every path. Redirects are not followed, since one may lead anywhere.
"""

import ssl
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
)

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from robusta_volumes._cluster.live_errors import why
from robusta_volumes._cluster.retry import Budget
from robusta_volumes._model.errors import ClusterError, Invalid, NotFound, OutOfTime, Unavailable
from robusta_volumes._model.quantity import MIB
from robusta_volumes._model.text import plain

_CHUNK = 1 << 16  # bytes between two looks at the clock
_SILENCE = 10.0  # seconds without a byte
_REFUSED, _NOT_FOUND, _REDIRECTS, _CLIENT_ERRORS = (400, 401, 403), 404, 300, 400


def downloaded(url: str, most: int, authority: str, budget: Budget) -> bytes:
    """Read at most ``most`` bytes; ``authority`` is a certificate (PEM) that is trusted beside the usual ones.

    Raises ClusterError: with the server named and why, never with the address.
    """
    try:
        place = urlsplit(url)
        host, port = plain(place.hostname or "", 100), place.port
    except ValueError:
        host, port = "", None
    if not host or place.scheme not in ("http", "https"):
        raise Invalid("the address that was given is no http or https address")
    server = f"{host}:{port}" if port else host
    try:
        with _opener(authority, server).open(url, timeout=max(min(_SILENCE, budget.left()), 0.001)) as response:
            return _read(response, most, budget, server)
    except HTTPError as refused:
        status = refused.code
        refused.close()
        raise _refusal(server, status) from None
    except URLError as broken:
        cause = broken.reason
        said = _tls(cause) if isinstance(cause, ssl.SSLError) else why(cause) if isinstance(cause, Exception) else ""
        raise Unavailable(f"{server} cannot be reached from the runner: {said or 'no way to it'}") from None
    except ssl.SSLError as broken:
        raise Unavailable(f"{server} cannot be reached from the runner: {_tls(broken)}") from None
    except (OSError, HTTPException, ValueError) as broken:
        raise Unavailable(f"{server} does not answer as it should: {why(broken)}") from None


def _opener(authority: str, server: str) -> OpenerDirector:
    trust = ssl.create_default_context(
        cafile=DEFAULT_CA_BUNDLE_PATH
    )  # where Robusta adds the certificates of an installation
    if authority:
        try:
            trust.load_verify_locations(cadata=authority)
        except (ssl.SSLError, ValueError):
            raise Invalid(f"the caCert of the storage location is no certificate, so {server} is not trusted") from None
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(context=trust),
        HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _read(response: Any, most: int, budget: Budget, server: str) -> bytes:
    """Read to the end; a timeout counts from byte to byte, so the budget is looked at in between."""
    large = Invalid(f"what {server} sends is larger than {most // MIB} MiB")
    promised = response.length or 0
    if promised > most:
        raise large
    parts: list[bytes] = []
    size = 0
    while part := response.read1(_CHUNK):
        size += len(part)
        if size > most:
            raise large
        if not budget.left():
            raise OutOfTime(f"{server} sends too slowly: the time for it is used up")
        parts.append(part)
    if size < promised:
        raise Unavailable(f"{server} broke off in the middle")
    return b"".join(parts)


def _refusal(server: str, status: int) -> ClusterError:
    if status == _NOT_FOUND:
        return NotFound(f"{server} has no such file (404)")
    if status in _REFUSED:
        return Invalid(f"{server} does not accept the signed address ({status}): it has expired, or the clocks differ")
    if _REDIRECTS <= status < _CLIENT_ERRORS:
        return Invalid(f"{server} sends elsewhere ({status}), which is not followed")
    return Unavailable(f"{server} answers {status}")


def _tls(error: ssl.SSLError) -> str:
    said = plain(getattr(error, "verify_message", "") or type(error).__name__, 120)
    return f"TLS fails ({said}); its authority belongs into caCert of the storage location"
