"""A POST goes to the address that was checked, follows no redirect, and ends in time."""

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from buildium_sync.app_webhook import http_post
from buildium_sync.app_webhook.http_post import HttpPost
from buildium_sync.app_webhook.receiver_url import ReceiverUrl, parse_receiver_url
from buildium_sync.app_webhook.standard_signature import signed_headers
from buildium_sync.domain.app_webhook import Outcome
from tests.harness.receiver import DRIP, GARBAGE, HANG, RESET, ReceiverServer, receiver

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"id":"event-1"}'
HOST = "app.example"
TIMEOUT_SECONDS = 0.4
PATIENCE_SECONDS = 3.0


@pytest.fixture
def server() -> Iterator[ReceiverServer]:
    with receiver(SECRET) as server:
        yield server


@pytest.fixture
def late_body(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline passes between headers and body."""
    original = http_post._Connection.send

    def send(self: http_post._Connection, data: Any) -> None:
        if data == BODY.encode():
            end = time.monotonic() + PATIENCE_SECONDS
            while not self.is_aborted and time.monotonic() < end:
                time.sleep(0.01)
        original(self, data)

    monkeypatch.setattr(http_post._Connection, "send", send)


def send(url: str, **options: Any) -> Outcome:
    headers = signed_headers(SECRET, "event-1", BODY, time.time())
    parsed = parse_receiver_url(url, allow_loopback=True)
    return HttpPost(timeout_seconds=TIMEOUT_SECONDS, **options)(parsed, BODY.encode(), headers)


def test_the_receiver_gets_the_signed_body(server: ReceiverServer) -> None:
    assert send(f"{server.url}/hooks?key=1") == Outcome(204, None)
    assert server.events == [{"id": "event-1"}]
    assert server.attempts == {"/hooks?key=1": 1}


@pytest.mark.usefixtures("late_body")
def test_a_deadline_before_the_body_is_no_rejected_signature(server: ReceiverServer) -> None:
    assert send(server.url) == Outcome(None, "Timeout")
    end = time.monotonic() + PATIENCE_SECONDS
    while not server.incomplete and time.monotonic() < end:
        time.sleep(0.01)
    assert (server.incomplete, server.rejected, server.events) == (1, [], [])


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_a_delivery(server: ReceiverServer, status: int) -> None:
    server.behave = lambda _number: status
    assert send(server.url).is_delivered


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
def test_any_other_status_is_a_failure(server: ReceiverServer, status: int) -> None:
    server.behave = lambda _number: status
    assert send(server.url) == Outcome(status, f"HTTP status {status}")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(server: ReceiverServer, status: int) -> None:
    server.behave, server.headers = lambda _number: status, {"Location": f"{server.url}/elsewhere"}
    assert send(f"{server.url}/here") == Outcome(status, f"HTTP status {status}")
    assert server.attempts == {"/here": 1}


@pytest.mark.parametrize(
    ("behavior", "error"),
    [(RESET, "Connection failed"), (HANG, "Timeout"), (DRIP, "Timeout"), (GARBAGE, "Invalid HTTP response")],
)
def test_a_broken_receiver_is_a_failure_in_time(server: ReceiverServer, behavior: int, error: str) -> None:
    server.behave = lambda _number: behavior
    started = time.monotonic()
    assert send(server.url) == Outcome(None, error)
    assert time.monotonic() - started < PATIENCE_SECONDS


def test_an_endless_response_body_is_not_read(server: ReceiverServer) -> None:
    server.headers = {"Content-Length": str(10**12)}
    assert send(server.url) == Outcome(204, None)


def test_a_refused_connection_is_a_failure() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert send(f"http://127.0.0.1:{unused.getsockname()[1]}/").error == "Connection failed"


def test_an_unknown_host_is_a_failure() -> None:
    def resolve(*_arguments: Any, **_options: Any) -> Any:
        raise socket.gaierror

    assert send(f"https://{HOST}/", resolve=resolve) == Outcome(None, "Host not found")


@pytest.mark.parametrize("host", ["a..example", f"{64 * 'a'}.example"])
def test_a_host_without_a_valid_name_is_a_failure(host: str) -> None:
    assert send(f"https://{host}/", resolve=socket.getaddrinfo) == Outcome(None, "Host not found")


def test_a_private_address_gets_no_connection(server: ReceiverServer) -> None:
    assert send(server.url.replace("http:", "https:")) == Outcome(None, "APP_WEBHOOK_URL must have a public address")
    assert not server.attempts


class TestRebinding:
    def test_the_connection_goes_to_the_address_that_was_checked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lookups, connections = iter(["8.8.8.8", "127.0.0.1"]), []

        def resolve(_host: str, port: int, **_options: Any) -> list[tuple[Any, ...]]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(lookups), port))]

        def connect(address: tuple[str, int], _timeout: float) -> socket.socket:
            connections.append(address)
            raise ConnectionRefusedError

        monkeypatch.setattr(socket, "create_connection", connect)
        assert send(f"https://{HOST}/", resolve=resolve).error == "Connection failed"
        assert connections == [("8.8.8.8", 443)]
        assert next(lookups) == "127.0.0.1"

    def test_the_next_address_is_used_if_the_first_is_unreachable(
        self, server: ReceiverServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(http_post, "resolve_receiver", lambda *_: ["127.0.0.2", "127.0.0.1"])
        assert send(server.url).is_delivered


class TestTls:
    """The server is on loopback, which only these tests accept as an address."""

    @pytest.fixture(autouse=True)
    def loopback(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(http_post, "resolve_receiver", lambda *_: ["127.0.0.1"])

    def test_tls_verifies_the_name_of_the_host(self, tmp_path: Path) -> None:
        with tls_server(tmp_path) as (port, trusted):
            post = HttpPost(timeout_seconds=PATIENCE_SECONDS, tls=lambda: trusted)
            assert post(ReceiverUrl(True, HOST, port, "/"), b"{}", {}) == Outcome(204, None)
            assert post(ReceiverUrl(True, "other.example", port, "/"), b"{}", {}) == Outcome(None, "TLS failed")

    def test_an_unknown_certificate_is_a_failure(self, tmp_path: Path) -> None:
        with tls_server(tmp_path) as (port, _trusted):
            post = HttpPost(timeout_seconds=PATIENCE_SECONDS)
            assert post(ReceiverUrl(True, HOST, port, "/"), b"{}", {}) == Outcome(None, "TLS failed")

    def test_an_endless_handshake_ends_in_time(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            started = time.monotonic()
            url = ReceiverUrl(True, HOST, silent.getsockname()[1], "/")
            assert HttpPost(timeout_seconds=TIMEOUT_SECONDS)(url, b"{}", {}).error == "Timeout"
            assert time.monotonic() - started < PATIENCE_SECONDS


@contextmanager
def tls_server(directory: Path) -> Iterator[tuple[int, ssl.SSLContext]]:
    """A server with a certificate for HOST that returns 204; yields its port and a context that trusts it."""
    certificate, key = _certificate(directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(connection, server_side=True) as secure:
                        while not secure.recv(65_536).endswith(b"{}"):
                            pass
                        secure.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                except OSError:
                    continue

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1], ssl.create_default_context(cafile=str(certificate))
        listener.shutdown(socket.SHUT_RDWR)


def _certificate(directory: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = directory / "certificate.pem", directory / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files
