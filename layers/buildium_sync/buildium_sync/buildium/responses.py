"""What an answer of Buildium's means, and what the lack of one does.

Only the HTTP status is reliable; what the body says is for a person (see `explanations`).
"""

import json
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
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

_OUTAGE = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
_REDIRECTS = range(300, 400)
_SERVER_ERRORS = 500
_MAX_RETRY_AFTER_SECONDS = 60.0
"""Seconds: one who asks for more is asked again after that."""
_MAX_TEXT_LENGTH = 200
"""Characters of an error that are kept for a person."""
_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_MAX_BODY_BYTES = 32 * 1024 * 1024
"""Bytes of an answer that are read; a page of a thousand entities has a few millions."""
_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class BuildiumResponse:
    """A 2xx answer: its JSON, and the headers that say more."""

    content: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ResponsePage:
    """A page of a list, and how many rows the whole list has: infinitely many where Buildium does not tell."""

    rows: list[Any]
    total: float


def read_body(method: str, response: requests.Response) -> bytes:
    """Read an answer's body. Raises BuildiumUnavailable for one that is too long, and requests' errors."""
    body = bytearray()
    for part in response.iter_content(_CHUNK_BYTES):
        body += part
        if len(body) > _MAX_BODY_BYTES:
            raise _unavailable(method, response, "Buildium's response exceeds the size limit")
    return bytes(body)


def read(method: str, response: requests.Response, body: bytes, secrets: Collection[str] = ()) -> BuildiumResponse:
    """Return what Buildium answered, or raise the error that its status stands for.

    None of `secrets`, values that a server may repeat, is in the error.
    """
    if method == "POST" and response.status_code == HTTPStatus.NO_CONTENT:
        return BuildiumResponse({}, response.headers)
    if response.ok and response.status_code < HTTPStatus.MULTIPLE_CHOICES:
        try:
            return BuildiumResponse(json.loads(body), response.headers)
        except (ValueError, RecursionError) as error:
            raise _unavailable(method, response, "Buildium's response is not JSON") from error
    raise _error_for(method, response, body, secrets)


def network_error(method: str, error: requests.RequestException) -> BuildiumUnavailable:
    """Return what it means that no answer came: of a write that was sent, nobody knows whether it was done."""
    text = f"Buildium did not respond ({type(error).__name__})"
    if isinstance(error, requests.ConnectTimeout) or _connection_refused(error):
        return BuildiumUnavailable(text, is_outage=True)
    if method != "GET":
        return OutcomeUnknown(text, is_outage=True)
    kind = BuildiumTimeout if isinstance(error, requests.Timeout) else BuildiumUnavailable
    return kind(text, is_outage=True)


def total_count(answer: BuildiumResponse) -> float:
    """Return how many rows a list has, or infinity where Buildium does not tell."""
    text = answer.headers.get("X-Total-Count", "")
    return int(text) if text.isascii() and text.isdigit() else math.inf


def _connection_refused(error: requests.RequestException) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)


def request_id(response: requests.Response) -> str | None:
    """Return the id under which Buildium knows a call."""
    return response.headers.get("x-amzn-RequestId") or response.headers.get("x-request-id")


def _error_for(method: str, response: requests.Response, body: bytes, secrets: Collection[str]) -> BuildiumError:
    status = response.status_code
    if status in WRONG_BASE_URL:
        return _wrong_base_url(response)
    charset = get_encoding_from_headers(response.headers) if "charset" in _content_type(response) else None
    said = explain(body, charset=charset, reason=_reason(response), secrets=secrets)
    text = shortened(f"Buildium returned {status}: {said.text}", _MAX_TEXT_LENGTH)
    if status in _REDIRECTS or status >= _SERVER_ERRORS or status == HTTPStatus.REQUEST_TIMEOUT:
        return _unavailable(method, response, text)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(text, retry_after=_retry_after(response), **_of(response))
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        increment("CredentialsRejected")
        return CredentialsRejected(text, **_of(response))
    kind = BuildiumNotFound if status == HTTPStatus.NOT_FOUND else BuildiumRejected
    return kind(text, errors=said.errors, **_of(response))


def _wrong_base_url(response: requests.Response) -> WrongBaseUrl:
    """Return the error of a redirect for good. Of where it leads only the host is shown: a URL may hold a secret."""
    increment("WrongBaseUrl")
    try:
        host = urlsplit(response.headers.get("Location", "")).hostname
    except ValueError:
        host = None
    leads = f"the host {host}" if host else "another path"
    text = (
        f"BUILDIUM_BASE_URL is not the address of Buildium's API: it returned {response.status_code} and redirects to"
    )
    return WrongBaseUrl(shortened(f"{text} {leads}", _MAX_TEXT_LENGTH), **_of(response))


def _unavailable(method: str, response: requests.Response, text: str) -> BuildiumUnavailable:
    status = response.status_code
    is_outage = status in _OUTAGE or status in _REDIRECTS
    retry_after = _retry_after(response) if is_outage else None
    return _unavailable_type(method, status)(text, is_outage=is_outage, retry_after=retry_after, **_of(response))


def _unavailable_type(method: str, status: int) -> type[BuildiumUnavailable]:
    # RFC 9110, 15.4.8: who sends 307 has not done the request, and says where it can be done for now.
    if method != "GET" and status != HTTPStatus.TEMPORARY_REDIRECT:
        return OutcomeUnknown
    return BuildiumTimeout if status == HTTPStatus.GATEWAY_TIMEOUT else BuildiumUnavailable


def _of(response: requests.Response) -> dict[str, Any]:
    return {"status": response.status_code, "request_id": request_id(response)}


def _retry_after(response: requests.Response) -> float | None:
    """Return the seconds for which Buildium asks for no calls, at most a minute, None where it does not say.

    RFC 9110, 10.2.3: seconds, or a date, which is compared with the date of the response.
    """
    text = response.headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(text):
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
    """Return the status in words."""
    try:
        return response.reason or HTTPStatus(response.status_code).phrase
    except ValueError:
        return "no reason given"
