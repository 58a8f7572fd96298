"""A connection that prometrix made, with time limits: its address, credentials, headers and query string, our requests.

prometrix sends without any time limit, and to Amazon without looking at certificates.
"""

import threading
from collections.abc import Mapping

import requests
from botocore.awsrequest import AWSRequest
from prometrix.auth import PrometheusAuthorization
from prometrix.connect.aws_connect import AWSPrometheusConnect
from prometrix.connect.custom_connect import CustomPrometheusConnect

from robusta_volumes._cluster.live_prometheus import sent, shown

_UNAUTHORIZED = 401


class PrometrixTransport:
    """Whatever provider prometrix knows: Prometheus, VictoriaMetrics, Amazon, Azure, Coralogix."""

    def __init__(self, connection: CustomPrometheusConnect) -> None:
        """Send over this connection."""
        self.shown = shown(connection.url)
        self._connection = connection
        self._lock = threading.Lock()

    def post(self, path: str, data: Mapping[str, str], timeout: float) -> tuple[int, bytes | bytearray]:
        """Send a form; see the protocol. Where the token of Azure is no longer accepted, a new one is asked for, once."""
        headers = dict(self._connection.headers or {})
        status, body = self._send(path, data, timeout, headers)
        if status == _UNAUTHORIZED and self._renewed(headers):
            return self._send(path, data, timeout, self._connection.headers)
        return status, body

    def _send(
        self, path: str, data: Mapping[str, str], timeout: float, headers: Mapping[str, str]
    ) -> tuple[int, bytes | bytearray]:
        session, verify = self._connection._session, self._connection.ssl_verification  # noqa: SLF001 (it has no other)
        url = self._connection.url.rstrip("/") + path
        request = session.prepare_request(requests.Request("POST", url, data=dict(data), headers=dict(headers)))
        if isinstance(self._connection, AWSPrometheusConnect):
            _sign(self._connection, request)
        ways = session.merge_environment_settings(request.url, {}, True, verify, None)  # noqa: FBT003 (its signature)
        return sent(lambda _url, **limits: session.send(request, **{**ways, **limits}), url, timeout)

    def _renewed(self, refused: Mapping[str, str]) -> bool:
        """Get new credentials, where they can be had; another thread may have done so meanwhile."""
        with self._lock:
            if dict(self._connection.headers or {}) != dict(refused):
                return True
            if not PrometheusAuthorization.request_new_token(self._connection.config):
                return False
            fresh = PrometheusAuthorization.get_authorization_headers(self._connection.config)
            self._connection.headers = {**refused, **fresh}
            return True


def _sign(connection: AWSPrometheusConnect, request: requests.PreparedRequest) -> None:
    """Sign what will be sent, address and body, as Amazon wants it."""
    content = {"Content-Type": request.headers["Content-Type"]}
    signed = AWSRequest(method=request.method, url=request.url, data=request.body, headers=content)
    connection._build_auth().add_auth(signed)  # noqa: SLF001 (it has no other)
    request.headers.update(dict(signed.headers.items()))
