"""An application's receiver on loopback, which verifies signatures and can fail in every way."""

import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from unittest import mock

from standardwebhooks import Webhook, WebhookVerificationError

RESET, HANG, DRIP, GARBAGE = -1, -2, -3, -4
"""Answers without a status: close the connection, send nothing, send a header byte by byte, send no HTTP."""
Behave = Callable[[int], int]
"""Returns the HTTP status for a request, by its number from 0, or one of the above."""


@dataclass
class ReceiverServer:
    """What the application received. `behave` decides what it returns."""

    secret: str
    behave: Behave = lambda _number: 204
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_seconds: float = 1.0
    is_clock_virtual: bool = False
    """Then a request is verified at its own time: the virtual clock can jump while a request is under way."""
    events: list[dict[str, Any]] = field(default_factory=list)
    """The verified events that were answered with 2xx, in order of arrival."""
    attempts: Counter[str] = field(default_factory=Counter)
    """Requests by path."""
    rejects: set[str] = field(default_factory=set)
    """Ids of events that are answered with 500."""
    rejected: list[str] = field(default_factory=list)
    """The errors of complete requests without a valid signature."""
    incomplete: int = 0
    """Requests whose body ended early: the sender reached its deadline between headers and body."""
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def ids(self) -> set[str]:
        """The ids of the received events."""
        return {event["id"] for event in self.events}

    def receive(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Verify a request, and return what to do with it."""
        with self.lock:
            number = self.attempts.total()
            self.attempts[path] += 1
            try:
                now = float(headers["webhook-timestamp"]) if self.is_clock_virtual else time.time()
                with mock.patch("standardwebhooks.webhooks.datetime", _clock_of(now)):
                    event = Webhook(self.secret).verify(body, dict(headers))
            except (WebhookVerificationError, KeyError) as error:
                self.rejected.append(repr(error))
                return 401
            assert headers["webhook-id"] == event["id"]
            action = 500 if event["id"] in self.rejects else self.behave(number)
            if 200 <= action < 300:
                self.events.append(event)
            return action


def _clock_of(seconds: float) -> type[datetime]:
    """The library's datetime at another time: it accepts only recent signatures."""

    class At(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(seconds, tz)

    return At


@contextmanager
def receiver(secret: str, port: int = 0, **options: Any) -> Iterator[ReceiverServer]:
    """A running receiver; `url` is its address."""
    state = ReceiverServer(secret, **options)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or -1)
            body = self.rfile.read(max(length, 0))
            if len(body) != length:
                with state.lock:
                    state.incomplete += 1
                self.close_connection = True
                return
            action = state.receive(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            if action >= 0:
                self.send_response(action)
                for name, value in state.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                return
            self.close_connection = True
            if action == RESET:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif action == GARBAGE:
                self.wfile.write(b"no HTTP\r\n\r\n")
            else:
                self._wait(b"HTTP/1.1 200 OK\r\nX: " if action == DRIP else b"")

        def _wait(self, text: bytes) -> None:
            try:
                self.wfile.write(text)
                end = time.monotonic() + state.hang_seconds
                while time.monotonic() < end:
                    time.sleep(0.02)
                    if text:
                        self.wfile.write(b"x")
            except OSError:
                return

        def log_message(self, *_arguments: Any) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.daemon_threads = True
    server.request_queue_size = 128
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
