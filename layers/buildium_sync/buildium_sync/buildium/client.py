"""Buildium's HTTP API: one call, its circuits, its slot, its time limit and its log line.

Buildium: `x-buildium-client-id` and `x-buildium-client-secret` on every request, JSON both ways.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

import requests

from buildium_sync.buildium.call_classifier import circuits_for
from buildium_sync.buildium.circuit_breaker import CircuitBreakers
from buildium_sync.buildium.rate_limiter.limiter import RateLimiter
from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.buildium.responses import (
    BuildiumResponse,
    ResponsePage,
    network_error,
    read,
    read_body,
    request_id,
    total_count,
)
from buildium_sync.buildium.transport import Deadline
from buildium_sync.errors import BuildiumError, BuildiumTimeout, BuildiumUnavailable, CredentialsRejected, RateLimited
from buildium_sync.observability import increment, logger, sensitive_values
from buildium_sync.settings import Credentials, CredentialsSource

PAGE_SIZE = 1000
"""Buildium: `limit` is 1000 at most."""
_SMALLEST_PAGE = 10
_MAX_429_ATTEMPTS = 4
_429_BACKOFF_SECONDS = 0.2
"""Buildium: after a 429 retry in about 200 ms, with exponential backoff."""
SHUTDOWN_MARGIN_SECONDS = 2.0
"""Seconds that a function needs after its last call, to write down what came of it."""
_MAX_CONNECT_SECONDS = 5.0
"""Seconds of a call's time, at most half of it, that connecting may take."""

# At DEBUG it logs whole URLs, whose queries hold names and addresses.
logging.getLogger("urllib3").setLevel(logging.INFO)


class BuildiumClient:
    """Calls to one Buildium account.

    `timeout` is in seconds, for each call: connecting and the answer, to its end, together. `time_left` gives the
    seconds that the caller's function has left: a call that could outlive the function is not begun, so that a
    write's outcome is not lost to our own time limit. `credentials` may be cached; `reload_credentials` are not, and
    are asked for before a key is thought to be refused, which may have been rotated.
    """

    def __init__(
        self,
        session: requests.Session,
        *,
        base_url: str,
        credentials: CredentialsSource,
        reload_credentials: CredentialsSource,
        rate_limit: RateLimiter,
        circuits: CircuitBreakers,
        timeout: float,
        time_left: Callable[[], float],
        lane: Priority = Priority.INTERACTIVE,
    ) -> None:
        self._session = session
        self._base_url = base_url
        self._credentials = credentials
        self._fresh_credentials = reload_credentials
        self._rate_limit = rate_limit
        self._circuits = circuits
        self._priority = lane
        connect = min(_MAX_CONNECT_SECONDS, timeout / 4)
        self._timeout = timeout
        self._timeouts = (connect, timeout - connect)
        self._time_left = time_left
        self._page_divisor = 1

    def get(self, path: str, query: Mapping[str, str] | None = None) -> BuildiumResponse:
        """Read one resource, or one page of a list."""
        return self._call("GET", path, query=query)

    def read(self, path: str) -> dict[str, Any]:
        """Read one entity. Raises BuildiumNotFound."""
        return dict(self.get(path).content)

    def post(self, path: str, message: Mapping[str, Any] | None = None) -> BuildiumResponse:
        """Create, or without a message make a request that has no body. Raises OutcomeUnknown when the answer is lost.

        Buildium: a request without a body needs its content type all the same, and its response has no content.
        """
        return self._call("POST", path, message=message)

    def put(self, path: str, message: Mapping[str, Any]) -> BuildiumResponse:
        """Replace. Raises OutcomeUnknown when the answer is lost."""
        return self._call("PUT", path, message=message)

    def pages(self, path: str, query: Mapping[str, str]) -> Iterator[list[dict[str, Any]]]:
        """Read a list to its end, a page at a time, in a unique order (Buildium: else pages overlap).

        The end is where `X-Total-Count` says, or an empty page: a page may be shorter than asked for.
        """
        offset = 0
        while True:
            page = self.page(path, query, offset)
            yield page.rows
            offset += len(page.rows)
            if not page.rows or offset >= page.total:
                return

    def page(self, path: str, query: Mapping[str, str], offset: int) -> ResponsePage:
        """Read one page of a list, in order of Id, from `offset`. Raises BuildiumUnavailable for what is no list.

        One that does not come in time is asked for with a tenth of its rows, and each page after it with twice as many:
        otherwise a list whose full pages Buildium is too slow for would never be read.
        """
        while True:
            rows = PAGE_SIZE // self._page_divisor
            try:
                page = self._page(path, query, offset, rows)
            except BuildiumTimeout:
                if rows <= _SMALLEST_PAGE:
                    raise
                self._page_divisor *= 10
                logger.warning("List page timed out; retrying with a smaller page", extra={"path": path, "rows": rows})
            else:
                self._page_divisor = max(self._page_divisor // 2, 1)
                return page

    def _page(self, path: str, query: Mapping[str, str], offset: int, rows: int) -> ResponsePage:
        paging = {"orderby": "Id", "limit": str(rows), "offset": str(offset)}
        answer = self.get(path, {**query, **paging})
        if not isinstance(answer.content, list):
            raise BuildiumUnavailable("Buildium's response is not a list", is_outage=False)
        return ResponsePage(answer.content, total_count(answer))

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        message: Mapping[str, Any] | None = None,
    ) -> BuildiumResponse:
        """Make one call, if its circuits are closed, and note how it ended."""
        names = circuits_for(method, path)
        self._circuits.before_call(names)
        try:
            answer = self._call_with_retries(method, path, query, message)
        except BuildiumError as error:
            self._circuits.after_call(names, error)
            raise
        self._circuits.after_call(names, None)
        return answer

    def _call_with_retries(
        self, method: str, path: str, query: Mapping[str, str] | None, message: Mapping[str, Any] | None
    ) -> BuildiumResponse:
        """Make one call, again only after a refusal, which Buildium answers without having done anything.

        After a 429 it is made once more in a while; after a 401 at once, if the key has been rotated meanwhile. All
        callers wait for as long as Buildium asks for.
        """
        pause, throttled = _429_BACKOFF_SECONDS, 0
        credentials = self._read(self._credentials)
        while True:
            slot = self._rate_limit.acquire(self._time_left() - self._timeout - SHUTDOWN_MARGIN_SECONDS, self._priority)
            try:
                return self._send(credentials, method, path, query, message)
            except RateLimited as error:
                increment("BuildiumThrottled")
                self._rate_limit.report_throttled(slot, max(pause, error.retry_after or 0.0))
                pause *= 2
                throttled += 1
                if throttled == _MAX_429_ATTEMPTS:
                    raise
            except CredentialsRejected as error:
                used, credentials = credentials, self._reloaded(error, credentials)
                if credentials == used:
                    raise
            except BuildiumUnavailable as error:
                if error.retry_after:
                    self._rate_limit.pause(error.retry_after)
                raise

    def _reloaded(self, error: CredentialsRejected, used: Credentials) -> Credentials:
        return self._read(self._fresh_credentials) if error.status == HTTPStatus.UNAUTHORIZED else used

    def _read(self, source: CredentialsSource) -> Credentials:
        try:
            return source()
        except Exception as error:
            # Secrets Manager, or what stands in the secret: nothing about the entity, and nothing was sent.
            raise BuildiumUnavailable("The Buildium credentials could not be read", is_outage=True) from error

    def _send(
        self,
        credentials: Credentials,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        message: Mapping[str, Any] | None,
    ) -> BuildiumResponse:
        began = time.monotonic()
        try:
            with Deadline(self._timeout) as deadline, self._request(credentials, method, path, query, message) as got:
                body = read_body(method, got)
                if deadline.passed:
                    # Where the length is not told, an answer that was cut off looks whole.
                    raise requests.ReadTimeout
        except requests.RequestException as error:
            # One that is cut off in the middle looks like a connection that was lost.
            cause = requests.ReadTimeout() if deadline.passed else error
            _log(method, path, outcome=type(cause).__name__)
            # Its text quotes the URL with the query, or a header: no traceback may show it.
            raise network_error(method, cause) from None
        seconds = round(time.monotonic() - began, 6)
        _log(method, path, status=got.status_code, seconds=seconds, requestId=request_id(got))
        return read(method, got, body, {credentials.api_key, credentials.client_id, *sensitive_values(message)})

    def _request(
        self,
        credentials: Credentials,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        message: Mapping[str, Any] | None,
    ) -> requests.Response:
        return self._session.request(
            method,
            self._base_url + path,
            params=query,
            json=message,
            headers={
                "x-buildium-client-id": credentials.client_id,
                "x-buildium-client-secret": credentials.api_key,
                "Accept": "application/json",
                **({"Content-Type": "application/json"} if method == "POST" else {}),
            },
            timeout=self._timeouts,
            allow_redirects=False,
            stream=True,
        )


def _log(method: str, path: str, **outcome: object) -> None:
    """Log a call by its path alone: queries and bodies hold names and addresses."""
    increment("BuildiumCalls")
    logger.info("Buildium call", extra={"method": method, "path": path, **outcome})
