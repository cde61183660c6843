"""Buildium's HTTP API: one call with its circuits, its time slot, its timeout and its log line.

Buildium: `x-buildium-client-id` and `x-buildium-client-secret` on every request, JSON in both directions.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import requests

from buildium_sync.backoff import backoff
from buildium_sync.buildium.call_classifier import circuits_for
from buildium_sync.buildium.call_description import Call, failed_call, is_expected
from buildium_sync.buildium.circuit_breaker import CircuitBreakers
from buildium_sync.buildium.masking import RecentSecrets
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
from buildium_sync.credentials import Credentials, CredentialsSource
from buildium_sync.domain.failed_call import FailedCall
from buildium_sync.errors import (
    BuildiumError,
    BuildiumTimeout,
    BuildiumUnavailable,
    CredentialsRejected,
    ErrorCode,
    RateLimited,
)
from buildium_sync.observability import increment, logger, sensitive_values

QueryParameters = Mapping[str, str | Sequence[str]]
"""The query of a GET. A parameter with several values is repeated."""

PAGE_SIZE = 1000
"""Buildium: `limit` is 1000 at most."""
_MIN_PAGE_SIZE = 10
_MAX_429_ATTEMPTS = 4
_429_BACKOFF_SECONDS, _MAX_429_BACKOFF_SECONDS = 0.2, 1.6
"""Buildium: retry about 200 ms after a 429, with exponential backoff."""
SHUTDOWN_MARGIN_SECONDS = 2.0
"""The time that a function needs after its last call to store the result."""
_MAX_CONNECT_SECONDS = 5.0
"""The limit for connecting, at most a quarter of a call's timeout."""

# At DEBUG, urllib3 logs complete URLs. Their queries contain names and addresses.
logging.getLogger("urllib3").setLevel(logging.INFO)


class BuildiumClient:
    """Calls to one Buildium account.

    `timeout` limits each call in seconds, from connecting to the end of the response. `time_left` returns the remaining
    seconds of the function. A call that could outlast the function is not made, because the outcome of a write would be
    lost.

    `credentials` may be cached. `reload_credentials` are not: they are read before a key counts as rejected, because it
    may have been rotated.

    `before_write` is called when a write has its slot. If it raises an error, the write is not sent.

    `on_failed_call` gets the description of each failed call. It must not raise.
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
        priority: Priority = Priority.INTERACTIVE,
        before_write: Callable[[], None] = lambda: None,
        on_failed_call: Callable[[FailedCall], None] = lambda _call: None,
    ) -> None:
        self._session = session
        self._base_url = base_url
        self._credentials = credentials
        self._reload_credentials = reload_credentials
        self._rate_limit = rate_limit
        self._circuits = circuits
        self._priority = priority
        self._before_write = before_write
        self._on_failed_call = on_failed_call
        connect = min(_MAX_CONNECT_SECONDS, timeout / 4)
        self._timeout = timeout
        self._timeouts = (connect, timeout - connect)
        self._time_left = time_left
        self._page_divisor = 1
        self._recent_secrets = RecentSecrets()

    def get(self, path: str, query: QueryParameters | None = None) -> BuildiumResponse:
        """Read one resource, or one page of a list."""
        return self._call("GET", path, query=query)

    def read(self, path: str) -> dict[str, Any]:
        """Read one entity. Raises BuildiumNotFound."""
        return dict(self.get(path).content)

    def post(self, path: str, payload: Mapping[str, Any] | None = None) -> BuildiumResponse:
        """Create an entity, or without a payload make a request without a body.

        Raises OutcomeUnknown if the response is lost. Buildium: a request without a body needs a content type, and its
        response has no content.
        """
        return self._call("POST", path, payload=payload)

    def put(self, path: str, payload: Mapping[str, Any]) -> BuildiumResponse:
        """Replace an entity. Raises OutcomeUnknown if the response is lost."""
        return self._call("PUT", path, payload=payload)

    def delete(self, path: str) -> None:
        """Delete an entity. Raises BuildiumNotFound, and OutcomeUnknown if the response is lost."""
        self._call("DELETE", path)

    def pages(self, path: str, query: QueryParameters) -> Iterator[list[dict[str, Any]]]:
        """Yield the pages of a list, in order of Id. Without a unique order, Buildium's pages overlap.

        The list ends after `X-Total-Count` rows or with an empty page. A page may be shorter than requested.
        """
        offset = 0
        while True:
            page = self.page(path, query, offset)
            yield page.rows
            offset += len(page.rows)
            if not page.rows or offset >= page.total:
                return

    def page(self, path: str, query: QueryParameters, offset: int) -> ResponsePage:
        """Read one page of a list from `offset`. Raises BuildiumUnavailable for what is not a list.

        It is in order of Id, unless the query has an `orderby`.
        After a timeout, the page is read with a tenth of the rows. Each later page has twice as many, up to the
        maximum. Otherwise a slow list could never be read.
        """
        while True:
            rows = PAGE_SIZE // self._page_divisor
            try:
                page = self._page(path, query, offset, rows)
            except BuildiumTimeout:
                if rows <= _MIN_PAGE_SIZE:
                    raise
                self._page_divisor *= 10
                logger.warning("List page timed out; retrying with a smaller page", extra={"path": path, "rows": rows})
            else:
                self._page_divisor = max(self._page_divisor // 2, 1)
                return page

    def _page(self, path: str, query: QueryParameters, offset: int, rows: int) -> ResponsePage:
        paging = {"limit": str(rows), "offset": str(offset)}
        response = self.get(path, {"orderby": "Id", **query, **paging})
        if not isinstance(response.content, list):
            raise BuildiumUnavailable("Buildium's response is not a list", is_outage=False)
        return ResponsePage(response.content, total_count(response))

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: QueryParameters | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> BuildiumResponse:
        """Make one call if its circuits are closed, and record the result."""
        names = circuits_for(method, path)
        self._circuits.before_call(names)
        try:
            response = self._call_with_retries(Call(method, path, query, payload))
        except BuildiumError as error:
            self._circuits.after_call(names, error)
            raise
        self._circuits.after_call(names, None)
        return response

    def _call_with_retries(self, call: Call) -> BuildiumResponse:
        """Make one call. It is only repeated after a rejection, because Buildium has done nothing then.

        After a 429 it is repeated after a pause, for which all workers wait. After a 401 it is repeated at once if the
        key has been rotated.
        """
        throttled = 0
        credentials = self._read(self._credentials)
        while True:
            slot = self._rate_limit.acquire(self._time_left() - self._timeout - SHUTDOWN_MARGIN_SECONDS, self._priority)
            if call.method != "GET":
                self._before_write()
            try:
                return self._send_and_record(credentials, call)
            except RateLimited as error:
                increment("BuildiumThrottled")
                throttled += 1
                pause = backoff(throttled, _429_BACKOFF_SECONDS, _MAX_429_BACKOFF_SECONDS)
                self._rate_limit.report_throttled(slot, max(pause, error.retry_after or 0.0))
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
        return self._read(self._reload_credentials) if error.status == HTTPStatus.UNAUTHORIZED else used

    def _read(self, source: CredentialsSource) -> Credentials:
        try:
            return source()
        except Exception as error:
            # Secrets Manager or the content of the secret failed. Nothing was sent, and the entity is not the cause.
            text = "The Buildium credentials could not be read"
            raise BuildiumUnavailable(text, is_outage=True, code=ErrorCode.AWS) from error

    def _send_and_record(self, credentials: Credentials, call: Call) -> BuildiumResponse:
        """Make one call, and record its failure unless it is expected."""
        self._recent_secrets.add(sensitive_values(call.payload))
        secrets = {credentials.api_key, credentials.client_id, *self._recent_secrets}
        started = time.monotonic()
        call.body = b""
        try:
            response = self._send(credentials, call, secrets)
        except BuildiumError as error:
            if not is_expected(call, error):
                self._on_failed_call(failed_call(call, error, secrets, time.monotonic() - started))
            raise
        if isinstance(response.content, Mapping):
            self._recent_secrets.add(sensitive_values(response.content))
        return response

    def _send(self, credentials: Credentials, call: Call, secrets: Collection[str]) -> BuildiumResponse:
        method, path = call.method, call.path
        started = time.monotonic()
        try:
            with Deadline(self._timeout) as deadline, self._request(credentials, call) as response:
                call.body = read_body(method, response)
                if deadline.passed:
                    # Without a Content-Length, a response that was cut off looks complete.
                    raise requests.ReadTimeout
        except requests.RequestException as error:
            # A response that was cut off looks like a lost connection.
            cause = requests.ReadTimeout() if deadline.passed else error
            _log(method, path, outcome=type(cause).__name__)
            # The error's text may quote the query or a header, so no traceback may show it.
            raise network_error(method, cause) from None
        seconds = round(time.monotonic() - started, 6)
        _log(method, path, status=response.status_code, seconds=seconds, requestId=request_id(response))
        return read(method, response, call.body, secrets)

    def _request(self, credentials: Credentials, call: Call) -> requests.Response:
        return self._session.request(
            call.method,
            self._base_url + call.path,
            params=call.query,
            json=call.payload,
            headers={
                "x-buildium-client-id": credentials.client_id,
                "x-buildium-client-secret": credentials.api_key,
                "Accept": "application/json",
                **({"Content-Type": "application/json"} if call.method == "POST" else {}),
            },
            timeout=self._timeouts,
            allow_redirects=False,
            stream=True,
        )


def _log(method: str, path: str, **outcome: object) -> None:
    """Log a call with its path only: queries and bodies contain names and addresses."""
    increment("BuildiumCalls")
    logger.info("Buildium call", extra={"method": method, "path": path, **outcome})
