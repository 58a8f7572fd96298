"""A file is fetched from a signed address: what the server may do wrong, and that the address is told to nobody."""

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from robusta_volumes._cluster.live_download import downloaded
from robusta_volumes._cluster.retry import Budget
from robusta_volumes._model.errors import ClusterError, Invalid, NotFound, Unavailable
from robusta_volumes._model.times import UTC
from robusta_volumes._sandbox.velero_downloads import FileServer

SIGNED = "X-Amz-Signature=c0ffee"
Serve = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(serve: Serve, certificate: Path | None = None) -> Iterator[str]:
    """A server on loopback that answers each request as it is told; gives its address. With a certificate it speaks TLS."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            serve(self)

        def log_message(self, *_: Any) -> None:
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    if certificate:
        speaks = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        speaks.load_cert_chain(certificate)
        made.socket = speaks.wrap_socket(made.socket, server_side=True)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http{'s' if certificate else ''}://127.0.0.1:{made.server_address[1]}/list?{SIGNED}"
    finally:
        made.shutdown()
        made.server_close()
        thread.join()


def answering(status: int, body: bytes = b"", **headers: str) -> Serve:
    def serve(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return serve


def fetched(url: str, most: int = 1000, seconds: float = 5, authority: str = "") -> bytes:
    return downloaded(url, most, authority, Budget(seconds, time.monotonic))


def refusal(url: str, **how: Any) -> ClusterError:
    with pytest.raises(ClusterError) as refused:
        fetched(url, **how)
    error = refused.value
    assert "Signature" not in f"{error!r}{error}{error.__cause__}"
    assert error.__suppress_context__ or error.__context__ is None
    return error


def test_a_file_is_read_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with server(answering(200, b"x" * 1000)) as url:
        assert fetched(url) == b"x" * 1000
    assert "Signature" not in caplog.text


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (403, Invalid, "does not accept the signed address (403): it has expired, or the clocks differ"),
        (400, Invalid, "does not accept the signed address (400)"),
        (404, NotFound, "has no such file (404)"),
        (503, Unavailable, "answers 503"),
    ],
)
def test_a_refusal_names_the_server_and_not_the_address(status: int, kind: type[ClusterError], expected: str) -> None:
    with server(answering(status, b"<Error/>")) as url:
        error = refusal(url)
    assert isinstance(error, kind)
    assert expected in str(error)
    assert str(error).startswith("127.0.0.1:")


def test_a_redirect_is_not_followed() -> None:
    with FileServer() as other, server(answering(302, Location=other.url)) as url:
        assert "sends elsewhere (302), which is not followed" in str(refusal(url))
        assert other.asked == []


def test_more_than_is_allowed_is_not_read_whether_it_is_announced_or_not() -> None:
    with server(answering(200, b"x" * (3 << 20))) as url:
        assert "is larger than 1 MiB" in str(refusal(url, most=1 << 20))

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(64):
            request.wfile.write(b"x" * (1 << 16))

    with server(endless) as url:
        assert "is larger than 1 MiB" in str(refusal(url, most=1 << 20))


def test_a_server_that_hangs_or_drips_is_left_when_the_time_is_over() -> None:
    stop = threading.Event()

    def hanging(_: BaseHTTPRequestHandler) -> None:
        stop.wait(10)

    def dripping(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while not stop.wait(0.05):
            request.wfile.write(b"x")

    for serve, expected in ((hanging, "no answer in time"), (dripping, "sends too slowly")):
        stop.clear()
        with server(serve) as url:
            start = time.monotonic()
            error = refusal(url, seconds=0.4)
            assert time.monotonic() - start < 3
            stop.set()
        assert isinstance(error, Unavailable)
        assert expected in str(error)


def test_a_file_that_breaks_off_is_not_taken_for_whole() -> None:
    with server(answering(200, b"x" * 10, Content_Length="20")) as url:
        assert "broke off in the middle" in str(refusal(url))


def test_what_cannot_be_reached_says_why() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert str(refusal(f"http://127.0.0.1:{port}/x?{SIGNED}")) == (
        f"127.0.0.1:{port} cannot be reached from the runner: connection refused"
    )


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/x", "http://", "", "http://[::1/x", "http://a:b/x"])
def test_only_http_addresses_are_asked(url: str) -> None:
    assert str(refusal(url)) == "the address that was given is no http or https address"


def test_a_certificate_that_is_none_is_told() -> None:
    error = refusal(f"https://127.0.0.1:1/x?{SIGNED}", authority="not a certificate")
    assert str(error) == "the caCert of the storage location is no certificate, so 127.0.0.1:1 is not trusted"


def test_a_private_authority_is_trusted_when_the_location_names_it_and_not_otherwise(tmp_path: Path) -> None:
    authority = self_signed(tmp_path)
    with server(answering(200, b"list"), tmp_path / "both.pem") as url:
        error = refusal(url)
        assert "TLS fails (self" in str(error)
        assert "its authority belongs into caCert of the storage location" in str(error)
        assert fetched(url, authority=authority) == b"list"


def self_signed(folder: Path) -> str:
    """Make a certificate for 127.0.0.1 that signs itself; its key lies beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "minio")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    hidden = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "both.pem").write_bytes(pem + hidden)
    return pem.decode()
