"""What an answer of Buildium's means, and what the lack of one does.

Buildium: errors come as `ApiErrorResponse {UserMessage, ErrorCode, Errors: [{Key, Value}]}`, of which only the HTTP
status is reliable.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

from buildium_sync.errors import (
    BuildiumError,
    BuildiumNotFound,
    BuildiumRejected,
    BuildiumUnavailable,
    CredentialsRefused,
    FieldError,
    OutcomeUnknown,
    RateLimited,
    TimedOut,
)
from buildium_sync.observability import count

_OUTAGE = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
_SERVER_ERRORS = 500
_LONGEST = 32 * 1024 * 1024
"""Bytes of an answer that are read; a page of a thousand entities has a few millions."""
_PART = 64 * 1024


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


def read_body(method: str, response: requests.Response) -> bytes:
    """Read an answer's body. Raises BuildiumUnavailable for one that is too long, and requests' errors."""
    body = bytearray()
    for part in response.iter_content(_PART):
        body += part
        if len(body) > _LONGEST:
            raise _unusable(method, response, "Buildium's answer is too long")
    return bytes(body)


def read(method: str, response: requests.Response, body: bytes) -> Answer:
    """Return what Buildium answered, or raise the error that its status stands for."""
    if response.ok and response.status_code < HTTPStatus.MULTIPLE_CHOICES:
        try:
            return Answer(json.loads(body), response.headers)
        except (ValueError, RecursionError) as error:
            raise _unusable(method, response, "Buildium's answer is not JSON") from error
    raise _refusal(method, response, body)


def network_error(method: str, error: requests.RequestException) -> BuildiumUnavailable:
    """Return what it means that no answer came: of a write that was sent, nobody knows whether it was done."""
    text = f"Buildium did not answer ({type(error).__name__})"
    if isinstance(error, requests.ConnectTimeout) or _connection_refused(error):
        return BuildiumUnavailable(text, outage=True)
    if method != "GET":
        return OutcomeUnknown(text, outage=True)
    kind = TimedOut if isinstance(error, requests.Timeout) else BuildiumUnavailable
    return kind(text, outage=True)


def total(answer: Answer) -> float:
    """Return how many rows a list has, or infinity where Buildium does not tell."""
    text = answer.headers.get("X-Total-Count", "")
    return int(text) if text.isascii() and text.isdigit() else math.inf


def _connection_refused(error: requests.RequestException) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)


def _refusal(method: str, response: requests.Response, body: bytes) -> BuildiumError:
    status = response.status_code
    text, errors, request_id = _explanation(response, body)
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
    return _kind(method, response.status_code)(
        text,
        outage=response.status_code in _OUTAGE,
        status=response.status_code,
        request_id=response.headers.get("x-request-id"),
    )


def _kind(method: str, status: int) -> type[BuildiumUnavailable]:
    if method != "GET":
        return OutcomeUnknown
    return TimedOut if status == HTTPStatus.GATEWAY_TIMEOUT else BuildiumUnavailable


def _explanation(response: requests.Response, body: bytes) -> tuple[str, list[FieldError], str | None]:
    """Return what a person should read: UserMessage, the Key/Value pairs, and Buildium's request id.

    A UserMessage that only repeats what is said of a field is left out of the text.
    """
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    told = told if isinstance(told, dict) else {}
    listed = told.get("Errors")
    pairs = [pair for pair in listed if isinstance(pair, dict)] if isinstance(listed, list) else []
    errors = [FieldError(str(pair.get("Key") or ""), str(pair.get("Value") or "")) for pair in pairs]
    said = str(told.get("UserMessage") or response.reason)
    details = "; ".join(str(error) for error in errors)
    if any(error.message == said for error in errors):
        said = details
    elif details:
        said = f"{said} ({details})"
    return f"Buildium answered {response.status_code}: {said}", errors, response.headers.get("x-request-id")
