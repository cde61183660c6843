"""An API on a loopback address that stores batches in memory, and fails sometimes."""

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

API_KEY = "an-api-key"
INVALID = "invalid"
"""A row with this name is rejected."""
_PROBLEM = {"type": "about:blank", "title": "Unprocessable Content", "status": 422, "detail": "name: is invalid"}


class FlakyApi:
    """`stored` has the fields by external id, in the order in which they were written. `down_after` counts requests."""

    def __init__(self, seed: int = 1, failures: float = 0.0) -> None:
        self.stored: dict[str, dict[str, Any]] = {}
        self.history: list[tuple[str, str]] = []
        self.requests = 0
        self.down_after: int | None = None
        self.document: dict[str, Any] = {}
        self.failures = failures
        self.first_delay_seconds = 0.0
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.url = ""

    def fault(self) -> str | None:
        """Return the fault of a request."""
        with self.lock:
            self.requests += 1
            is_first = self.requests == 1
        if is_first:
            time.sleep(self.first_delay_seconds)
        with self.lock:
            if self.down_after is not None and self.requests > self.down_after:
                return "503"
            faults = ("503", "429", "500", "reset", "items")
            return self.random.choice(faults) if self.random.random() < self.failures else None

    def write(self, item: Any, *, is_busy: bool) -> dict[str, Any]:
        """Return the result of one item."""
        external_id = item["externalId"]
        if is_busy:
            return {"status": 503, "externalId": external_id, "problem": {"status": 503}}
        if item["name"] == INVALID:
            return {"status": 422, "externalId": external_id, "problem": _PROBLEM}
        with self.lock:
            status = 200 if external_id in self.stored else 201
            self.stored[external_id] = item
            self.history.append((external_id, item["name"]))
        return {"status": status, "externalId": external_id, "id": external_id, "version": 1}

    @contextmanager
    def serving(self) -> Iterator["FlakyApi"]:
        """Serve requests in threads."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}/v1"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


def _handler(api: FlakyApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._respond(200, api.document)

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fault = api.fault()
            if self.headers["x-api-key"] != API_KEY:
                self._respond(403, {"status": 403})
            elif fault in ("503", "429", "500"):
                self._respond(int(fault), {"status": int(fault)})
            elif "\\ufffd" in text:
                self._respond(400, {"status": 400, "detail": "The body contains U+FFFD."})
            else:
                items = json.loads(text)["items"]
                results = [
                    api.write(item, is_busy=fault == "items" and place % 3 == 2) for place, item in enumerate(items)
                ]
                if fault == "reset":
                    self.close_connection = True
                    return
                self._respond(200, {"results": results})

        def _respond(self, status: int, body: Any) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            if status in (429, 503):
                self.send_header("Retry-After", "2")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    return Handler
