"""Buildium's HTTP API: one call, its slot, its log line, and what its answer means.

Buildium: `x-buildium-client-id` and `x-buildium-client-secret` on every request, JSON both ways; errors come as
`ApiErrorResponse {UserMessage, ErrorCode, Errors: [{Key, Value}]}`, of which only the HTTP status is reliable.
"""

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

from buildium_sync.buildium.rate_limit import RateLimit
from buildium_sync.errors import (
    BuildiumError,
    BuildiumNotFound,
    BuildiumRejected,
    BuildiumUnavailable,
    CredentialsRefused,
    FieldError,
    OutcomeUnknown,
    RateLimited,
)
from buildium_sync.observability import count, logger
from buildium_sync.settings import Credentials, CredentialsSource

PAGE_SIZE = 1000
"""Buildium: `limit` is 1000 at most."""
_THROTTLED_ATTEMPTS = 4
_THROTTLED_PAUSE = 0.2
"""Buildium: after a 429 retry in about 200 ms, with exponential backoff."""
_OUTAGE = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
_SERVER_ERRORS = 500
_MARGIN = 2.0
"""Seconds that a function needs after its last call, to write down what came of it."""
_CONNECT = 5.0
"""Seconds of a call's time, at most half of it, that connecting may take."""

# At DEBUG it logs whole URLs, whose queries hold names and addresses.
logging.getLogger("urllib3").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer: its JSON, and the headers that say more."""

    content: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, and how many rows the whole list has: infinitely many where Buildium does not tell."""

    rows: list[Any]
    total: float


class BuildiumClient:
    """Calls to one Buildium account.

    `timeout` is in seconds, for each call: connecting and waiting for the answer together. `time_left` gives the
    seconds that the caller's function has left: a call that could outlive the function is not begun, so that a
    write's outcome is not lost to our own time limit.
    """

    def __init__(
        self,
        session: requests.Session,
        *,
        base_url: str,
        credentials: CredentialsSource,
        rate_limit: RateLimit,
        timeout: float,
        time_left: Callable[[], float],
    ) -> None:
        self._session = session
        self._base_url = base_url
        self._credentials = credentials
        self._rate_limit = rate_limit
        connect = min(_CONNECT, timeout / 4)
        self._timeout = timeout
        self._timeouts = (connect, timeout - connect)
        self._time_left = time_left

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """Read one resource, or one page of a list."""
        return self._call("GET", path, query=query)

    def read(self, path: str) -> dict[str, Any]:
        """Read one entity. Raises BuildiumNotFound."""
        return dict(self.get(path).content)

    def post(self, path: str, message: Mapping[str, Any]) -> Answer:
        """Create. Raises OutcomeUnknown when the answer is lost."""
        return self._call("POST", path, message=message)

    def put(self, path: str, message: Mapping[str, Any]) -> Answer:
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

    def page(self, path: str, query: Mapping[str, str], offset: int) -> Page:
        """Read one page of a list, in order of Id, from `offset`. Raises BuildiumUnavailable for what is no list."""
        paging = {"orderby": "Id", "limit": str(PAGE_SIZE), "offset": str(offset)}
        answer = self.get(path, {**query, **paging})
        if not isinstance(answer.content, list):
            raise BuildiumUnavailable("Buildium's answer is not a list", outage=False)
        return Page(answer.content, _total(answer))

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        message: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Make one call, again only after a 429, which Buildium answers without having done anything."""
        pause = _THROTTLED_PAUSE
        for attempt in range(1, _THROTTLED_ATTEMPTS + 1):
            self._rate_limit.wait(self._time_left() - self._timeout - _MARGIN)
            try:
                return self._send(method, path, query, message)
            except RateLimited:
                count("BuildiumThrottled")
                self._rate_limit.penalise(pause)
                pause *= 2
                if attempt == _THROTTLED_ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def _read_credentials(self) -> Credentials:
        try:
            return self._credentials()
        except Exception as error:
            # Secrets Manager, or what stands in the secret: nothing about the entity, and nothing was sent.
            raise BuildiumUnavailable("The credentials for Buildium cannot be read", outage=True) from error

    def _send(
        self, method: str, path: str, query: Mapping[str, str] | None, message: Mapping[str, Any] | None
    ) -> Answer:
        credentials = self._read_credentials()
        try:
            response = self._session.request(
                method,
                self._base_url + path,
                params=query,
                json=message,
                headers={
                    "x-buildium-client-id": credentials.client_id,
                    "x-buildium-client-secret": credentials.api_key,
                    "Accept": "application/json",
                },
                timeout=self._timeouts,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            _log(method, path, outcome=type(error).__name__)
            # Its text quotes the URL with the query, or a header: no traceback may show it.
            raise _network_error(method, error) from None
        _log(method, path, status=response.status_code, seconds=response.elapsed.total_seconds())
        return _read(method, response)


def _log(method: str, path: str, **outcome: object) -> None:
    """Log a call by its path alone: queries and bodies hold names and addresses."""
    count("BuildiumCalls")
    logger.info("Buildium call", extra={"method": method, "path": path, **outcome})


def _total(answer: Answer) -> float:
    """Return how many rows a list has, or infinity where Buildium does not tell."""
    text = answer.headers.get("X-Total-Count", "")
    return int(text) if text.isascii() and text.isdigit() else math.inf


def _network_error(method: str, error: requests.RequestException) -> BuildiumUnavailable:
    unsent = isinstance(error, requests.ConnectTimeout) or _connection_refused(error)
    text = f"Buildium did not answer ({type(error).__name__})"
    if method == "GET" or unsent:
        return BuildiumUnavailable(text, outage=True)
    return OutcomeUnknown(text, outage=True)


def _connection_refused(error: requests.RequestException) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)


def _read(method: str, response: requests.Response) -> Answer:
    if response.ok and response.status_code < HTTPStatus.MULTIPLE_CHOICES:
        try:
            return Answer(response.json(), response.headers)
        except requests.JSONDecodeError as error:
            raise _unusable(method, response, "Buildium's answer is not JSON") from error
    raise _refusal(method, response)


def _refusal(method: str, response: requests.Response) -> BuildiumError:
    status = response.status_code
    text, errors, request_id = _explanation(response)
    if status >= _SERVER_ERRORS or status == HTTPStatus.REQUEST_TIMEOUT:
        return _unusable(method, response, text)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(text, status=status, request_id=request_id)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        count("CredentialsRefused")
        return CredentialsRefused(text, status=status, request_id=request_id)
    kind = BuildiumNotFound if status == HTTPStatus.NOT_FOUND else BuildiumRejected
    return kind(text, status=status, errors=errors, request_id=request_id)


def _unusable(method: str, response: requests.Response, text: str) -> BuildiumUnavailable:
    kind = BuildiumUnavailable if method == "GET" else OutcomeUnknown
    return kind(
        text,
        outage=response.status_code in _OUTAGE,
        status=response.status_code,
        request_id=response.headers.get("x-request-id"),
    )


def _explanation(response: requests.Response) -> tuple[str, list[FieldError], str | None]:
    """Return what a person should read: UserMessage, the Key/Value pairs, and Buildium's request id."""
    try:
        body = response.json()
    except requests.JSONDecodeError:
        body = None
    body = body if isinstance(body, dict) else {}
    told = body.get("Errors")
    pairs = [pair for pair in told if isinstance(pair, dict)] if isinstance(told, list) else []
    errors = [FieldError(str(pair.get("Key") or ""), str(pair.get("Value") or "")) for pair in pairs]
    text = f"Buildium answered {response.status_code}: {body.get('UserMessage') or response.reason}"
    details = "; ".join(str(error) for error in errors)
    return f"{text} ({details})" if details else text, errors, response.headers.get("x-request-id")
