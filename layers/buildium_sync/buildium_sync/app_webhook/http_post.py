"""POSTs to a receiver: to an address that was checked, without redirects, and with a deadline.

http.client follows no redirect and uses no proxy. The body of a response is not read.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from buildium_sync.app_webhook.receiver_url import ReceiverUrl, Resolve, UnsafeReceiver, resolve_receiver
from buildium_sync.domain.app_webhook import Outcome

TIMEOUT_SECONDS = 10.0
"""Seconds for a whole attempt after the look-up of the host."""
_TIMEOUT = "Timeout"


class Post(Protocol):
    """Sends a body once, and returns the outcome. It raises nothing for a failure of the receiver."""

    def __call__(self, url: ReceiverUrl, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """Send the body."""


class HttpPost:
    """POSTs with TLS. `resolve` is `socket.getaddrinfo` except in tests."""

    def __init__(
        self,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        resolve: Resolve = socket.getaddrinfo,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._resolve = resolve
        self._tls = tls()

    def __call__(self, url: ReceiverUrl, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """Send the body, and return the outcome."""
        try:
            addresses = resolve_receiver(url, self._resolve)
        except UnsafeReceiver as error:
            return Outcome(None, str(error))
        except (OSError, UnicodeError):  # UnicodeError: a label of the name is empty or too long.
            return Outcome(None, "Host not found")
        return self._send(_Connection(url, addresses, self._timeout_seconds, self._tls), url.target, body, headers)

    def _send(self, connection: "_Connection", target: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        deadline = threading.Timer(self._timeout_seconds, connection.abort)
        deadline.daemon = True
        deadline.start()
        try:
            connection.request("POST", target, body, {**headers, "Connection": "close"})
            status = connection.getresponse().status
            # After the shutdown, http.client takes an incomplete header for the end of the headers.
            return Outcome(None, _TIMEOUT) if connection.is_aborted else Outcome.of_status(status)
        except (OSError, http.client.HTTPException) as error:
            return Outcome(None, _TIMEOUT if connection.is_aborted else _describe(error))
        finally:
            deadline.cancel()
            connection.close()


class _Connection(http.client.HTTPConnection):
    """Connects to one of the checked addresses; TLS verifies the name of the host."""

    def __init__(self, url: ReceiverUrl, addresses: Sequence[str], timeout: float, tls: ssl.SSLContext) -> None:
        super().__init__(url.host, url.port, timeout=timeout)
        self.is_aborted = False
        self._url = url
        self._addresses = addresses
        self._tls = tls
        self._socket: socket.socket | None = None
        # The Host header has no port if it is the default one.
        self.default_port = 443 if url.is_https else 80

    def connect(self) -> None:
        """Connect to the first address that accepts a connection."""
        self._socket = self._connect_to_first()
        if self._url.is_https:
            # The handshake comes second, so that the deadline applies to it too.
            secure = self._tls.wrap_socket(self._socket, server_hostname=self._url.host, do_handshake_on_connect=False)
            self._socket = secure
            secure.do_handshake()
        self.sock = self._socket

    def abort(self) -> None:
        """Shut the connection down, so that a waiting thread continues."""
        self.is_aborted = True
        if self._socket is not None:
            try:
                # The shutdown of the TLS layer would wait for the other side.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                # The receiver has closed it already.
                return

    def _connect_to_first(self) -> socket.socket:
        error: OSError = ConnectionError()
        for address in self._addresses:
            if self.is_aborted:
                break
            try:
                return socket.create_connection((address, self._url.port), self.timeout)
            except OSError as failure:
                error = failure
        raise error


def _describe(error: Exception) -> str:
    """Return the kind of an error. Its own text may contain the URL or a response."""
    if isinstance(error, TimeoutError):
        return _TIMEOUT
    if isinstance(error, ssl.SSLError):
        return "TLS failed"
    if isinstance(error, OSError):
        return "Connection failed"
    return "Invalid HTTP response"
