"""What the API reads from a request and writes as a problem. Pure: no framework, no AWS."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from buildium_sync.errors import ClientError, ContentTooLarge, FieldError, InvalidFields, MalformedRequest

MAX_BODY_BYTES = 256 * 1024
LONGEST_WAIT = 20.0
"""Seconds that `Prefer: wait` can ask for; API Gateway gives up after 29."""
_MAX_PAGE = 100
_PAGE = 50
_RESPOND_ASYNC = "respond-async"
_ETAG = re.compile(r'(?:W/)?"?(\d{1,15})"?')

_C = TypeVar("_C")


@dataclass(frozen=True, slots=True)
class Preference:
    """How long the client wants to wait for the outcome, in seconds, and what of `Prefer` was applied (RFC 7240)."""

    wait: float
    applied: str | None = None


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body.

    Raises ContentTooLarge, MalformedRequest for what is not JSON in UTF-8, InvalidFields for JSON of another type.
    """
    if len(body) > MAX_BODY_BYTES:
        raise ContentTooLarge(f"The body has more than {MAX_BODY_BYTES} bytes.")
    try:
        document = json.loads(body.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("The body is not JSON in UTF-8.") from error
    if not isinstance(document, dict):
        raise InvalidFields([FieldError("", "the body must be a JSON object")])
    return document


def read_preference(header: str | None, default: float) -> Preference:
    """Read `Prefer`: `respond-async` does not wait, `wait=N` waits N seconds, 20 at most. Others are ignored."""
    parts = [part.strip().lower() for part in (header or "").split(",")]
    if _RESPOND_ASYNC in parts:
        return Preference(0, _RESPOND_ASYNC)
    for part in parts:
        name, _, value = part.partition("=")
        seconds = value.strip().strip('"')
        if name.strip() == "wait" and seconds.isascii() and seconds.isdigit():
            wait = min(float(seconds), LONGEST_WAIT)
            return Preference(wait, f"wait={wait:.0f}")
    return Preference(min(default, LONGEST_WAIT))


def read_if_match(header: str | None) -> int | None:
    """Return the version that `If-Match` demands, None for any. Raises MalformedRequest."""
    if header is None or header.strip() == "*":
        return None
    match = _ETAG.fullmatch(header.strip())
    if match is None:
        raise MalformedRequest('If-Match must be one ETag that we gave, e.g. "3", or *.')
    return int(match[1])


def read_limit(text: str | None) -> int:
    """Return the page size that `limit` asks for, 1 to 100, 50 when it is left out. Raises MalformedRequest."""
    if text is None:
        return _PAGE
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= _MAX_PAGE):
        raise MalformedRequest(f"limit must be a whole number from 1 to {_MAX_PAGE}.")
    return int(text)


def read_choice(name: str, text: str | None, choices: Mapping[str, _C], default: _C) -> _C:
    """Return the choice that a query parameter names. Raises MalformedRequest."""
    if text is None:
        return default
    if text not in choices:
        raise MalformedRequest(f"{name} must be one of {', '.join(choices)}.")
    return choices[text]


def read_text(body: Mapping[str, Any], name: str) -> str | None:
    """Return an optional text of a body. Raises InvalidFields."""
    value = body.get(name)
    if value is not None and not (isinstance(value, str) and value):
        raise InvalidFields([FieldError(name, "must be a text that is not empty")])
    return value


def etag(version: int) -> str:
    """Return the ETag of an entity's version."""
    return f'"{version}"'


def problem(error: ClientError) -> dict[str, Any]:
    """Return an error as problem+json (RFC 9457), with `errors` naming each field at fault."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
    }
    if error.errors:
        body["errors"] = [{"field": e.field, "message": e.message} for e in error.errors]
    return body


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
