"""A command in a container of a real cluster: the API server's exec stream, over a WebSocket.

The kubernetes client has one, too, but it swaps the client's methods while it connects, which threads that share the client
do not survive, gives no time limit to the connection, and reads for ever.
"""

import json
import ssl
import time
from collections.abc import Mapping
from typing import Any

from kubernetes.client import Configuration
from kubernetes.stream.ws_client import websocket_proxycare
from websocket import ABNF, WebSocket, WebSocketBadStatusException, WebSocketException, WebSocketTimeoutException

from robusta_volumes._cluster.output import Tail

_STDIN, _STDOUT, _STDERR, _STATUS = range(4)
_PROTOCOL = "v4.channel.k8s.io"
_CONNECT = 10.0  # seconds: the API server asks the node before it answers
_LOOK = 1.0  # seconds between two looks at the clock
_STATUS_BYTES = 65_536
_SWITCHED = 101
_BROKEN = "the connection to it broke off"


def opened(configuration: Configuration, path: str, headers: Mapping[str, str]) -> WebSocket:
    """Open the stream.

    Raises WebSocketBadStatusException: when the server refuses. WebSocketException, OSError: when nothing is reached.
    """
    url = "ws" + str(configuration.host).removeprefix("http") + path
    sent = [f"{name}: {value}" for name, value in headers.items() if name.lower() in {"authorization", "user-agent"}]
    stream = WebSocket(sslopt=_tls(configuration), skip_utf8_validation=True)
    stream.connect(
        url,
        header=sent,
        subprotocols=[_PROTOCOL],
        timeout=_CONNECT,
        suppress_origin=True,
        redirect_limit=0,  # whoever redirects would be shown our token
        **websocket_proxycare({}, configuration, url, dict(headers)),
    )
    if (status := stream.getstatus()) != _SWITCHED:
        stream.shutdown()
        raise WebSocketBadStatusException("Handshake status %d %s", status)
    return stream


def _tls(configuration: Configuration) -> dict[str, Any]:
    options: dict[str, Any] = {"cert_reqs": ssl.CERT_NONE, "check_hostname": False}
    if configuration.verify_ssl:
        options = {"cert_reqs": ssl.CERT_REQUIRED}
        if configuration.ssl_ca_cert:
            options["ca_certs"] = configuration.ssl_ca_cert
        if configuration.assert_hostname is not None:
            options["check_hostname"] = configuration.assert_hostname
    if configuration.cert_file:
        options["certfile"] = configuration.cert_file
    if configuration.key_file:
        options["keyfile"] = configuration.key_file
    return options


class LiveProcess:
    """A running command; see the protocol."""

    def __init__(self, stream: WebSocket, most: int) -> None:
        """Listen on an open stream."""
        self._stream = stream
        self._written = {_STDOUT: Tail(most), _STDERR: Tail(most), _STATUS: Tail(_STATUS_BYTES)}
        self.ended = False
        self._broken = ""

    @property
    def out(self) -> str:
        """Its standard output so far; see the protocol."""
        return self._written[_STDOUT].text

    @property
    def err(self) -> str:
        """Its standard error so far; see the protocol."""
        return self._written[_STDERR].text

    @property
    def code(self) -> int | None:
        """Its exit status; see the protocol."""
        return exit_status(self._written[_STATUS].text)[0]

    @property
    def why(self) -> str:
        """What the node says; see the protocol."""
        return exit_status(self._written[_STATUS].text)[1] or self._broken

    def wait(self, seconds: float, until: str = "") -> bool:
        """Listen; see the protocol."""
        end = time.monotonic() + seconds
        while not (until and until in self.out):
            left = end - time.monotonic()
            if self.ended or left <= 0:
                return self.ended and not until
            self._listen(left)
        return True

    def write(self, text: str) -> None:
        """Write to its standard input; see the protocol."""
        try:
            self._stream.settimeout(_LOOK)
            self._stream.send(bytes([_STDIN]) + text.encode(), opcode=ABNF.OPCODE_BINARY)
        except (WebSocketException, OSError):
            self.ended, self._broken = True, _BROKEN

    def close(self) -> None:
        """Stop listening; see the protocol."""
        self._stream.close(timeout=_LOOK)
        self._stream.shutdown()  # close() does nothing once the other side has closed, and the socket would stay

    def _listen(self, left: float) -> None:
        try:
            self._stream.settimeout(min(left, _LOOK))
            opcode, frame = self._stream.recv_data_frame(control_frame=True)
        except WebSocketTimeoutException:
            return
        except (WebSocketException, OSError):
            self.ended, self._broken = True, _BROKEN
            return
        if opcode == ABNF.OPCODE_CLOSE:
            self.ended = True
        elif opcode in {ABNF.OPCODE_BINARY, ABNF.OPCODE_TEXT} and frame.data[:1] and frame.data[0] in self._written:
            self._written[frame.data[0]].add(frame.data[1:])


def exit_status(text: str) -> tuple[int | None, str]:
    """Read the last word of the server: the exit status, or what it says instead of one."""
    try:
        said = json.loads(text)
    except ValueError:
        return None, ""
    if not isinstance(said, dict):
        return None, ""
    if said.get("status") == "Success":
        return 0, ""
    details = said.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    for cause in causes if isinstance(causes, list) else ():
        if isinstance(cause, dict) and cause.get("reason") == "ExitCode" and str(cause.get("message")).isdigit():
            return int(cause["message"]), ""
    return None, str(said.get("message") or "")
