"""HTTP connections with a deadline for each call.

The timeout of requests applies to each read, so a slow response could take forever. Here the connection of a call is
shut down at its deadline.
"""

import socket
import threading
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self

import requests
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from buildium_sync.buildium.metered_adapter import MeteredAdapter
from buildium_sync.domain.metric_counts import MetricCounts


class Deadline:
    """A time limit, in seconds, for the calls of this thread inside its block. `passed` is true after the shutdown."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._abort)
        self._timer.daemon = True
        self._socket: socket.socket | None = None
        self.passed = False

    def __enter__(self) -> Self:
        self._timer.start()
        _deadline.set(self)
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        _deadline.set(None)
        self._timer.cancel()

    def watch(self, connection: HTTPConnection) -> None:
        """Shut the connection down when the time is up."""
        self._socket = connection.sock

    def _abort(self) -> None:
        self.passed = True
        if self._socket is not None:
            try:
                # The shutdown of the TLS layer would wait for the other side.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                # The other side has closed the connection already.
                return


_deadline: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def _watch(connection: HTTPConnection) -> None:
    """Report a connection to the deadline before its response is read."""
    deadline = _deadline.get()
    if deadline is not None:
        deadline.watch(connection)


class _HTTPConnection(HTTPConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # urllib3's signature
        _watch(self)
        return super().getresponse()


class _HTTPSConnection(HTTPSConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # urllib3's signature
        _watch(self)
        return super().getresponse()


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class _Adapter(MeteredAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


class _Session(requests.Session):
    """Ignores redirects: requests would read the target even of a redirect that it does not follow."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 -- requests' signature
        return None


def new_session(connections: int, counts: MetricCounts) -> requests.Session:
    """Return a session with deadlines, counted calls and a pool of so many connections.

    A proxy, a netrc file or a certificate bundle named in the environment is ignored: it would see the API key.
    """
    session = _Session()
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(counts, pool_maxsize=connections))
    return session
