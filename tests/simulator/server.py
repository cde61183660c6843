"""HTTP on loopback: parses requests and sends responses."""

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from tests.simulator.model import Request, Response
from tools.local_cloud.loopback_only import reason_to_reject

Application = Callable[[Request], Response]

POLL_SECONDS = 0.02


class LoopbackServer(ThreadingHTTPServer):
    """A thread for each connection, which is kept alive between requests; `close` ends all of them."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], application: Application) -> None:
        self.application = application
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(POLL_SECONDS,))

    def start(self) -> None:
        """Start serving in a thread."""
        self._thread.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def opened(self, connection: socket.socket) -> None:
        """Register a connection, so that `close` ends it."""
        with self._lock:
            self._connections.add(connection)

    def closed(self, connection: socket.socket) -> None:
        """Unregister a connection."""
        with self._lock:
            self._connections.discard(connection)

    def close(self) -> None:
        """Accept no more connections, close the open ones, and wait for their threads."""
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._connections:
                # The client may have closed it already.
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LoopbackServer

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        super().finish()

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            # The client closed the connection: a timeout that a fault provoked, or the end of its run.
            self.close_connection = True

    def _respond(self) -> None:
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if reason := reason_to_reject({name.lower(): value for name, value in self.headers.items()}):
            self._send(Response(HTTPStatus.FORBIDDEN, {"message": reason}))
            return
        response = self.server.application(Request(self.command, path, query, dict(self.headers.items()), body))
        if response.delay:
            self.server.stopping.wait(response.delay)
        if response.abort:
            self.close_connection = True
        else:
            self._send(response)

    def _send(self, response: Response) -> None:
        raw = json.dumps(response.body).encode() if response.raw is None else response.raw
        if response.status == HTTPStatus.NO_CONTENT:
            raw = b""
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _respond  # noqa: N815 - the names that http.server calls

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: the simulator has its own log."""
