"""What the API reads from a request and writes as a problem. Pure: no framework, no AWS."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from buildium_sync.errors import (
    ClientError,
    ContentTooLarge,
    FieldError,
    InvalidFields,
    MalformedRequest,
    NotFound,
    UnsupportedMediaType,
)
from buildium_sync.json_strict import strict_decoder
from buildium_sync.problem import problem_details

MAX_BODY_BYTES = 256 * 1024
MAX_WAIT_SECONDS = 20.0
"""Seconds that `Prefer: wait` can ask for; API Gateway gives up after 29."""
MAX_PAGE = 100
DEFAULT_PAGE_SIZE = 50
_RESPOND_ASYNC = "respond-async"
_BARE_VERSION = re.compile(r"[0-9]{1,15}")
_ENTITY_TAG = re.compile(r'(W/)?"([!#-~\x80-\xff]*)"')
"""RFC 9110, 8.8.3. A tag may hold commas."""
_ENTITY_TAGS = re.compile(rf"[ \t,]*{_ENTITY_TAG.pattern}(?:[ \t]*,[ \t,]*{_ENTITY_TAG.pattern})*[ \t,]*")
_LOST_CHARACTER = "\ufffd"
"""Unicode's replacement character: it stands where a client could not decode a character."""
_CHARSETS = frozenset({"utf8", "usascii", "ascii"})
"""UTF-8 and its subset, without case and hyphens."""
_IDEMPOTENCY_KEY = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\]){1,255})"|([!#-+\--:<-\[\]-~]{1,255})')
"""A Structured Field's String (RFC 9651, 3.3.3), or the same without quotes, commas, semicolons and spaces."""
_ESCAPED = re.compile(r'\\(["\\])')
_PATH = re.compile("/[!-~]{0,254}[!-.0-~]")
"""ASCII without spaces that does not end in a slash; no path of ours is longer."""
LONGEST_CURSOR = 1024
"""Characters. Ours have about 300, and a text in a longer one may not fit into a key."""
_MOST_ERRORS = 100
"""Errors in one answer. A body can have more of them than Lambda can answer with (6 MB)."""
_EXACT_DIGITS = 38
_SMALLEST = 1e-100
_INTEGERS = 2.0**53
"""Below it a float is one integer and no other."""

_C = TypeVar("_C")


@dataclass(frozen=True, slots=True)
class WaitPreference:
    """How long the client wants to wait for the outcome, in seconds, and what of `Prefer` was applied (RFC 7240)."""

    wait: float
    applied: str | None = None


def check_path(path: str) -> None:
    """Raise NotFound for a path that cannot be one of ours.

    The router is laxer than we are: it drops slashes and a line break at the end of a path.
    """
    if not _PATH.fullmatch(path):
        raise NotFound("Route not found.")


def read_body(text: str | None, *, is_base64: bool) -> bytes:
    """Return the bytes of a body in API Gateway's form. Raises MalformedRequest."""
    if not is_base64:
        return (text or "").encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text or "", validate=True)
    except ValueError as error:
        raise MalformedRequest("The body is not valid Base64.") from error


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body.

    Raises ContentTooLarge, MalformedRequest for what is not JSON in UTF-8 or has lost characters, InvalidFields for
    JSON of another type.
    """
    if len(body) > MAX_BODY_BYTES:
        raise ContentTooLarge(f"The body exceeds {MAX_BODY_BYTES} bytes.")
    try:
        document, text = _parse(body)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("The body is not valid UTF-8 JSON.") from error
    if _LOST_CHARACTER in text:
        raise MalformedRequest("The body contains U+FFFD, which replaces a lost character.")
    if not isinstance(document, dict):
        raise InvalidFields([FieldError("", "the body must be a JSON object")])
    return document


def read_preference(header: str | None, default: float) -> WaitPreference:
    """Read `Prefer`: `respond-async` does not wait, `wait=N` waits N seconds, 20 at most. Others are ignored."""
    parts = [part.partition(";")[0].strip().lower() for part in (header or "").split(",")]
    if _RESPOND_ASYNC in parts:
        return WaitPreference(0, _RESPOND_ASYNC)
    for part in parts:
        name, _, value = part.partition("=")
        seconds = value.strip().strip('"')
        if name.strip() == "wait" and seconds.isascii() and seconds.isdigit():
            wait = min(float(seconds), MAX_WAIT_SECONDS)
            return WaitPreference(wait, f"wait={wait:.0f}")
    return WaitPreference(min(default, MAX_WAIT_SECONDS))


def read_if_match(header: str | None) -> frozenset[int] | None:
    """Return the versions that `If-Match` names, None for any version. Raises MalformedRequest.

    A tag that this API never issued names no version. A weak tag counts as the strong one, as proxies that compress
    weaken tags; a single version without quotes is accepted too.
    """
    if header is None or header.strip() == "*":
        return None
    if _BARE_VERSION.fullmatch(header.strip()):
        return frozenset({int(header)})
    if not _ENTITY_TAGS.fullmatch(header):
        raise MalformedRequest('If-Match must be one or more ETags, e.g. "3", or *.')
    tags = [match[2] for match in _ENTITY_TAG.finditer(header)]
    return frozenset(int(tag) for tag in tags if _BARE_VERSION.fullmatch(tag) and tag == str(int(tag)))


def check_charset(content_type: str | None) -> None:
    """Raise UnsupportedMediaType for a `Content-Type` with another charset than UTF-8 or its subset US-ASCII."""
    for parameter in (content_type or "").split(";")[1:]:
        name, _, value = parameter.partition("=")
        charset = value.strip().strip("\"'").lower().replace("-", "").replace("_", "")
        if name.strip().lower() == "charset" and charset not in _CHARSETS:
            raise UnsupportedMediaType("The body must be UTF-8 JSON.")


def read_idempotency_key(headers: Sequence[str]) -> str | None:
    """Return the key that the lines of `Idempotency-Key` give, None where there are none. Raises MalformedRequest.

    The IETF's draft wants a String, in quotes. Most clients send it without, and mean the same.
    """
    if not headers:
        return None
    match = _IDEMPOTENCY_KEY.fullmatch(", ".join(headers).strip(" \t"))
    if match is None:
        raise MalformedRequest('Idempotency-Key must be 1 to 255 ASCII characters, e.g. "8e03978e-40d5".')
    return _ESCAPED.sub(r"\1", match[1]) if match[1] is not None else match[2]


def read_limit(text: str | None) -> int:
    """Return the page size that `limit` asks for, 1 to 100, 50 when it is left out. Raises MalformedRequest."""
    if text is None:
        return DEFAULT_PAGE_SIZE
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_PAGE):
        raise MalformedRequest(f"limit must be an integer between 1 and {MAX_PAGE}.")
    return int(text)


def parse_cursor(text: str | None) -> str | None:
    """Return the cursor that a client hands back, None for the first page.

    Raises MalformedRequest for what is no cursor at all. Whether it is of the list at hand is the store's to tell.
    """
    if not text:
        return None
    try:
        if len(text) > LONGEST_CURSOR:
            raise ContentTooLarge("The cursor is too long.")
        read_object(base64.b64decode(text, altchars=b"-_", validate=True))
    except (ValueError, ClientError) as error:
        raise MalformedRequest("cursor is not a valid nextCursor value.") from error
    return text


def read_choice(name: str, text: str | None, choices: Mapping[str, _C], default: _C) -> _C:
    """Return the choice that a query parameter names. Raises MalformedRequest."""
    if text is None:
        return default
    if text not in choices:
        raise MalformedRequest(f"{name} must be one of {', '.join(choices)}.")
    return choices[text]


def read_required(query: Mapping[str, str], name: str) -> str:
    """Return a query parameter that must be there. Raises MalformedRequest."""
    if not query.get(name):
        raise MalformedRequest(f"{name} is required.")
    return query[name]


def etag(version: int) -> str:
    """Return the ETag of an entity's version."""
    return f'"{version}"'


def problem(error: ClientError) -> dict[str, Any]:
    """Return an error as problem+json (RFC 9457), with `errors` naming each field at fault, 100 at most."""
    body = problem_details(error.status, error.title, error.detail)
    if len(error.errors) > _MOST_ERRORS:
        body["detail"] = f"{len(error.errors)} fields are invalid; errors lists the first {_MOST_ERRORS}."
    if error.errors:
        body["errors"] = [{"field": e.field, "message": e.message} for e in error.errors[:_MOST_ERRORS]]
    return body


def unavailable() -> dict[str, Any]:
    """Return the problem of a request that can be sent again as it is, in a moment."""
    return problem_details(503, "Service Unavailable", "The service is busy. Retry the request shortly.")


def internal_error(request_id: str) -> dict[str, Any]:
    """Return the problem of a request that failed by our own fault: the log tells more under its id."""
    detail = "Internal error. Quote requestId when contacting the operator."
    return {**problem_details(500, "Internal Server Error", detail), "requestId": request_id}


def _parse(body: bytes) -> tuple[Any, str]:
    """Return a JSON document and its text without escapes. Raises ValueError and RecursionError."""
    document = _DECODER.decode(body.decode())
    text = _encoded(document)
    # A lone surrogate can be escaped in JSON and is no text: nothing can store it. This raises ValueError.
    text.encode()
    return document, text


def _read_integer(digits: str) -> int | float:
    """Return a number as JSON writes it; one with more digits than can be stored is read as RFC 8259, 6 allows."""
    return int(digits) if len(digits) <= _EXACT_DIGITS else float(digits)


def _read_float(text: str) -> float:
    """Return a number; one without a fraction is an integer, and one that is too small to be stored is zero.

    JSON makes no difference between `1998`, `1998.0` and `1.998e3` (RFC 8259, 6, and JSON Schema's `integer`).
    """
    value = float(text)
    if value.is_integer() and abs(value) < _INTEGERS:
        return int(value)
    return value if abs(value) >= _SMALLEST else 0.0


_DECODER = strict_decoder(parse_int=_read_integer, parse_float=_read_float)
_encoded = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
