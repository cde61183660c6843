"""What a response of Buildium means, and what a missing response means.

Only the HTTP status is reliable. The body contains text for a person (see `error_body`).
"""

import json
import math
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.utils import get_encoding_from_headers
from urllib3.exceptions import NewConnectionError

from buildium_sync.buildium.call_classifier import WRONG_BASE_URL
from buildium_sync.buildium.error_body import explain, shortened
from buildium_sync.errors import (
    BuildiumError,
    BuildiumNotFound,
    BuildiumRejected,
    BuildiumTimeout,
    BuildiumUnavailable,
    CredentialsRejected,
    OutcomeUnknown,
    RateLimited,
    WrongBaseUrl,
)
from buildium_sync.observability import increment

_OUTAGE_STATUSES = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
_REDIRECTS = range(300, 400)
_WITHOUT_CONTENT = frozenset({"POST", "DELETE"})
_FIRST_SERVER_ERROR = 500
_MAX_RETRY_AFTER_SECONDS = 60.0
"""The limit for a requested pause."""
_MAX_TEXT_LENGTH = 200
"""Characters of an error that are stored for a person."""
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_MAX_BODY_BYTES = 32 * 1024 * 1024
"""The limit for a response. A page of a thousand entities has a few million bytes."""
_CHUNK_BYTES = 64 * 1024


class BuildiumResponse(NamedTuple):
    """A 2xx response: its JSON and its headers."""

    content: Any
    headers: Mapping[str, str]


class ResponsePage(NamedTuple):
    """A page of a list, and the number of rows of the whole list: infinity if Buildium does not return it."""

    rows: list[Any]
    total: float


def read_body(method: str, response: requests.Response) -> bytes:
    """Read the body of a response. Raises BuildiumUnavailable if it is too long, and the errors of requests."""
    body = bytearray()
    for part in response.iter_content(_CHUNK_BYTES):
        body += part
        if len(body) > _MAX_BODY_BYTES:
            raise _unavailable(method, response, "Buildium's response exceeds the size limit")
    return bytes(body)


def read(method: str, response: requests.Response, body: bytes, secrets: Collection[str] = ()) -> BuildiumResponse:
    """Return the response, or raise the error for its status.

    Values of `secrets`, which a server may repeat, are redacted in the error.
    """
    if method in _WITHOUT_CONTENT and response.status_code == HTTPStatus.NO_CONTENT:
        return BuildiumResponse({}, response.headers)
    if response.ok and response.status_code < HTTPStatus.MULTIPLE_CHOICES:
        try:
            return BuildiumResponse(json.loads(body), response.headers)
        except (ValueError, RecursionError) as error:
            raise _unavailable(method, response, "Buildium's response is not JSON") from error
    raise _error_for(method, response, body, secrets)


def network_error(method: str, error: requests.RequestException) -> BuildiumUnavailable:
    """Return the error for a missing response. The outcome of a write that was sent is unknown."""
    text = f"Buildium did not respond ({type(error).__name__})"
    if isinstance(error, requests.ConnectTimeout) or _connection_refused(error):
        return BuildiumUnavailable(text, is_outage=True)
    if method != "GET":
        return OutcomeUnknown(text, is_outage=True)
    kind = BuildiumTimeout if isinstance(error, requests.Timeout) else BuildiumUnavailable
    return kind(text, is_outage=True)


def total_count(response: BuildiumResponse) -> float:
    """Return the number of rows of a list, infinity if Buildium does not return it."""
    text = response.headers.get("X-Total-Count", "")
    return int(text) if text.isascii() and text.isdigit() else math.inf


def _connection_refused(error: requests.RequestException) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)


def request_id(response: requests.Response) -> str | None:
    """Return Buildium's id of a call."""
    return response.headers.get("x-amzn-RequestId") or response.headers.get("x-request-id")


def _error_for(method: str, response: requests.Response, body: bytes, secrets: Collection[str]) -> BuildiumError:
    status = response.status_code
    if status in WRONG_BASE_URL:
        return _wrong_base_url(response)
    charset = get_encoding_from_headers(response.headers) if "charset" in _content_type(response) else None
    explanation = explain(body, charset=charset, reason=_reason(response), secrets=secrets)
    text = shortened(f"Buildium returned {status}: {explanation.text}", _MAX_TEXT_LENGTH)
    if status in _REDIRECTS or status >= _FIRST_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return _unavailable(method, response, text)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(text, retry_after=_retry_after(response), **_identity(response))
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        increment("CredentialsRejected")
        return CredentialsRejected(text, **_identity(response))
    kind = BuildiumNotFound if status == HTTPStatus.NOT_FOUND else BuildiumRejected
    return kind(text, errors=explanation.errors, **_identity(response))


def _wrong_base_url(response: requests.Response) -> WrongBaseUrl:
    """Return the error for a permanent redirect. It shows only the host of the target: a URL may contain a secret."""
    increment("WrongBaseUrl")
    try:
        host = urlsplit(response.headers.get("Location", "")).hostname
    except ValueError:
        host = None
    leads = f"the host {host}" if host else "another path"
    text = (
        f"BUILDIUM_BASE_URL is not the address of Buildium's API: it returned {response.status_code} and redirects to"
    )
    return WrongBaseUrl(shortened(f"{text} {leads}", _MAX_TEXT_LENGTH), **_identity(response))


def _unavailable(method: str, response: requests.Response, text: str) -> BuildiumUnavailable:
    status = response.status_code
    is_outage = status in _OUTAGE_STATUSES or status in _REDIRECTS
    retry_after = _retry_after(response) if is_outage else None
    return _unavailable_type(method, status)(text, is_outage=is_outage, retry_after=retry_after, **_identity(response))


def _unavailable_type(method: str, status: int) -> type[BuildiumUnavailable]:
    # RFC 9110, 15.4.8: a server that sends 307 has not processed the request.
    if method != "GET" and status != HTTPStatus.TEMPORARY_REDIRECT:
        return OutcomeUnknown
    return BuildiumTimeout if status == HTTPStatus.GATEWAY_TIMEOUT else BuildiumUnavailable


def _identity(response: requests.Response) -> dict[str, Any]:
    return {"status": response.status_code, "request_id": request_id(response)}


def _retry_after(response: requests.Response) -> float | None:
    """Return the seconds for which Buildium requests no calls, at most a minute; None without a request.

    RFC 9110, 10.2.3: seconds, or a date, which is compared with the date of the response.
    """
    text = response.headers.get("Retry-After", "").strip()
    if _NUMBER.fullmatch(text):
        return min(float(text), _MAX_RETRY_AFTER_SECONDS)
    until = _date(text)
    if until is None:
        return None
    since = _date(response.headers.get("Date", "")) or datetime.now(UTC)
    return min(max((until - since).total_seconds(), 0.0), _MAX_RETRY_AFTER_SECONDS)


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _content_type(response: requests.Response) -> str:
    return response.headers.get("Content-Type", "").lower()


def _reason(response: requests.Response) -> str:
    """Return the phrase for the status."""
    try:
        return response.reason or HTTPStatus(response.status_code).phrase
    except ValueError:
        return "no reason given"
