"""Parses requests and builds problem responses. Pure: no framework, no AWS."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, unquote_to_bytes

from buildium_sync.domain.external_id import EXTERNAL_ID_RULE, is_valid_external_id
from buildium_sync.errors import (
    OPERATOR_REQUIRED,
    ClientError,
    ContentTooLarge,
    ExternalIdTaken,
    FieldError,
    InvalidFields,
    MalformedRequest,
    NotFound,
    OperatorRequired,
    UnsupportedMediaType,
)
from buildium_sync.json_strict import strict_decoder
from buildium_sync.problem import problem_details

MAX_BODY_BYTES = 256 * 1024
MAX_BATCH_BODY_BYTES = 2 * 1024 * 1024
"""Lambda's limit for a request is 6 MB, with the body as an escaped string."""
MAX_WAIT_SECONDS = 20.0
"""The limit of `Prefer: wait`. API Gateway times out after 29 seconds."""
MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 50
_RESPOND_ASYNC = "respond-async"
_BARE_VERSION = re.compile(r"[0-9]{1,15}")
_ENTITY_TAG = re.compile(r'(W/)?"([!#-~\x80-\xff]*)"')
"""RFC 9110, 8.8.3. A tag may hold commas."""
_ENTITY_TAGS = re.compile(rf"[ \t,]*{_ENTITY_TAG.pattern}(?:[ \t]*,[ \t,]*{_ENTITY_TAG.pattern})*[ \t,]*")
_LOST_CHARACTER = "\ufffd"
"""Unicode's replacement character, which replaces a character that a client could not decode."""
_CHARSETS = frozenset({"utf8", "usascii", "ascii"})
"""UTF-8 and its subset, without case and hyphens."""
_IDEMPOTENCY_KEY = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\]){1,255})"|([!#-+\--:<-\[\]-~]{1,255})')
"""A Structured Field's String (RFC 9651, 3.3.3), or one without quotes, commas, semicolons and spaces."""
_ESCAPED = re.compile(r'\\(["\\])')
_PATH = re.compile("/[!-~]{0,3300}[!-.0-~]")
"""ASCII without spaces that does not end in a slash. Every valid path is shorter, also with an encoded external id."""
_EXTERNAL_ID_PATH = re.compile("(/api/[^/]+/external-id/)(.+)", re.DOTALL)
_ENCODED_SEGMENT = re.compile("[!-.0-~]+")
MAX_CURSOR_LENGTH = 1024
"""Characters. Valid cursors have about 300; a longer string may not fit into a key."""
LATEST = "latest"
"""The cursor of the change feed that is after the newest change."""
_MAX_ERRORS = 100
"""The limit for one response. Lambda's limit is 6 MB, and a body can have more errors."""
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
SMALLEST_BALANCE = Decimal("0.01")
"""The smallest outstanding balance."""
_MAX_DIGITS = 38
_MIN_NUMBER = 1e-100
_EXACT_INTEGERS_LIMIT = 2.0**53
"""Below it every integer has its own float."""

_C = TypeVar("_C")


class WaitPreference(NamedTuple):
    """The seconds that the client wants to wait for the result, and the applied part of `Prefer` (RFC 7240)."""

    wait: float
    applied: str | None = None


def check_path(path: str) -> None:
    """Raise NotFound for a path that cannot be valid.

    The router is less strict: it ignores slashes and a line break at the end of a path.
    """
    if not _PATH.fullmatch(path):
        raise NotFound("Route not found.")


def parse_body(text: str | None, *, is_base64: bool) -> bytes:
    """Return the bytes of a body of API Gateway. Raises MalformedRequest."""
    if not is_base64:
        return (text or "").encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text or "", validate=True)
    except ValueError as error:
        raise MalformedRequest("The body is not valid Base64.") from error


def parse_object(body: bytes, max_bytes: int = MAX_BODY_BYTES) -> dict[str, Any]:
    """Return the JSON object in a body.

    Raises ContentTooLarge, MalformedRequest if it is not JSON in UTF-8 or has lost characters, and InvalidFields for
    JSON of another type.
    """
    if len(body) > max_bytes:
        raise ContentTooLarge(f"The body exceeds {max_bytes} bytes.")
    try:
        document, text = _parse(body)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("The body is not valid UTF-8 JSON.") from error
    if _LOST_CHARACTER in text:
        raise MalformedRequest("The body contains U+FFFD, which replaces a lost character.")
    if not isinstance(document, dict):
        raise InvalidFields([FieldError("", "the body must be a JSON object")])
    return document


def encode_external_id(path: str) -> str:
    """Return a path with its external id percent-encoded, as API Gateway sends it.

    The local cloud decodes paths, and some clients do not encode: then the id has characters that no encoded one has.
    """
    match = _EXTERNAL_ID_PATH.fullmatch(path)
    if match is None or _ENCODED_SEGMENT.fullmatch(match[2]):
        return path
    return match[1] + quote(match[2], safe="", errors="surrogatepass")


def parse_external_id(encoded: str) -> str:
    """Return the external id in a path, which is percent-encoded UTF-8. Raises MalformedRequest."""
    try:
        external_id = unquote_to_bytes(encoded).decode()
    except ValueError:
        external_id = ""
    if not is_valid_external_id(external_id):
        raise MalformedRequest.of("externalId", f"{EXTERNAL_ID_RULE}.")
    return external_id


def parse_preference(header: str | None, default: float) -> WaitPreference:
    """Parse `Prefer`: `respond-async` does not wait, `wait=N` waits N seconds, 20 at most. Others are ignored."""
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


def parse_if_match(header: str | None) -> frozenset[int] | None:
    """Return the versions in `If-Match`, None for any version. Raises MalformedRequest.

    An unknown tag matches no version. A weak tag counts as the strong one, because proxies that compress weaken tags. A
    single version without quotes is accepted too.
    """
    if header is None or header.strip() == "*":
        return None
    if _BARE_VERSION.fullmatch(header.strip()):
        return frozenset({int(header)})
    if not _ENTITY_TAGS.fullmatch(header):
        raise MalformedRequest.of("If-Match", 'must be one or more ETags, e.g. "3", or *.')
    tags = [match[2] for match in _ENTITY_TAG.finditer(header)]
    return frozenset(int(tag) for tag in tags if _BARE_VERSION.fullmatch(tag) and tag == str(int(tag)))


def check_charset(content_type: str | None) -> None:
    """Raise UnsupportedMediaType for a `Content-Type` with another charset than UTF-8 or its subset US-ASCII."""
    for parameter in (content_type or "").split(";")[1:]:
        name, _, value = parameter.partition("=")
        charset = value.strip().strip("\"'").lower().replace("-", "").replace("_", "")
        if name.strip().lower() == "charset" and charset not in _CHARSETS:
            raise UnsupportedMediaType("The body must be UTF-8 JSON.")


def parse_idempotency_key(headers: Sequence[str]) -> str | None:
    """Return the key in the `Idempotency-Key` headers, None without a header. Raises MalformedRequest.

    The IETF draft requires a String in quotes. Most clients send it without quotes, which is accepted too.
    """
    if not headers:
        return None
    match = _IDEMPOTENCY_KEY.fullmatch(", ".join(headers).strip(" \t"))
    if match is None:
        raise MalformedRequest.of("Idempotency-Key", 'must be 1 to 255 ASCII characters, e.g. "8e03978e-40d5".')
    return _ESCAPED.sub(r"\1", match[1]) if match[1] is not None else match[2]


def parse_limit(text: str | None) -> int:
    """Return the page size in `limit`: 1 to 100, 50 if it is missing. Raises MalformedRequest."""
    if text is None:
        return DEFAULT_PAGE_SIZE
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_PAGE_SIZE):
        raise MalformedRequest.of("limit", f"must be an integer between 1 and {MAX_PAGE_SIZE}.")
    return int(text)


def parse_minimum(text: str | None) -> Decimal:
    """Return the amount in `minimum`: 0.01 if it is missing or less. Raises MalformedRequest."""
    if text is None:
        return SMALLEST_BALANCE
    if not _AMOUNT.fullmatch(text):
        raise MalformedRequest.of("minimum", "must be an amount from 0 with at most two decimals, e.g. 100.00.")
    return max(Decimal(text), SMALLEST_BALANCE)


def parse_cursor(text: str | None) -> str | None:
    """Return the cursor of a request, None for the first page.

    Raises MalformedRequest if it is not a cursor. The store checks whether it belongs to the list.
    """
    if not text:
        return None
    try:
        if len(text) > MAX_CURSOR_LENGTH:
            raise ContentTooLarge("The cursor is too long.")
        parse_object(base64.b64decode(text, altchars=b"-_", validate=True))
    except (ValueError, ClientError) as error:
        raise MalformedRequest.of("cursor", "is not a valid nextCursor value.") from error
    return text


def parse_feed_cursor(text: str | None) -> str | None:
    """Return the cursor of a request for the change feed: as `parse_cursor`, or `latest`."""
    return text if text == LATEST else parse_cursor(text)


def parse_choice(name: str, text: str | None, choices: Mapping[str, _C], default: _C) -> _C:
    """Return the choice for a query parameter. Raises MalformedRequest."""
    if text is None:
        return default
    if text not in choices:
        raise MalformedRequest.of(name, f"must be one of {', '.join(choices)}.")
    return choices[text]


def parse_required(query: Mapping[str, str], name: str) -> str:
    """Return a required query parameter. Raises MalformedRequest."""
    if not query.get(name):
        raise MalformedRequest.of(name, "is required.")
    return query[name]


def etag(version: int) -> str:
    """Return the ETag of an entity's version."""
    return f'"{version}"'


def problem(error: ClientError) -> dict[str, Any]:
    """Return an error as problem+json (RFC 9457). `errors` names each invalid field, 100 at most.

    `entityId` is the entity that has the same external id. `errorCode` distinguishes a role from an unknown key.
    """
    body = problem_details(error.status, error.title, error.detail)
    if len(error.errors) > _MAX_ERRORS:
        body["detail"] = f"{len(error.errors)} fields are invalid; errors lists the first {_MAX_ERRORS}."
    if error.errors:
        body["errors"] = [{"field": e.field, "message": e.message} for e in error.errors[:_MAX_ERRORS]]
    if isinstance(error, ExternalIdTaken):
        body["entityId"] = error.entity_id
    if isinstance(error, OperatorRequired):
        body["errorCode"] = OPERATOR_REQUIRED
    return body


def unavailable() -> dict[str, Any]:
    """Return the problem of a request that the client can repeat soon."""
    return problem_details(503, "Service Unavailable", "The service is busy. Retry the request shortly.")


def internal_error(request_id: str) -> dict[str, Any]:
    """Return the problem of a request that failed with an unexpected error. The log has its id."""
    detail = "Internal error. Quote requestId when contacting the operator."
    return {**problem_details(500, "Internal Server Error", detail), "requestId": request_id}


def _parse(body: bytes) -> tuple[Any, str]:
    """Return a JSON document and its text without escapes. Raises ValueError and RecursionError."""
    document = _DECODER.decode(body.decode())
    text = _encoded(document)
    # JSON can escape a lone surrogate, which cannot be stored. This raises ValueError.
    text.encode()
    return document, text


def _read_integer(digits: str) -> int | float:
    """Return an integer. One with too many digits to store becomes a float, as RFC 8259, 6 allows."""
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


def _read_float(text: str) -> float:
    """Return a number. One without a fraction is an integer, and one too small to store is zero.

    JSON does not distinguish `1998`, `1998.0` and `1.998e3` (RFC 8259, 6, and JSON Schema's `integer`).
    """
    value = float(text)
    if value.is_integer() and abs(value) < _EXACT_INTEGERS_LIMIT:
        return int(value)
    return value if abs(value) >= _MIN_NUMBER else 0.0


_DECODER = strict_decoder(parse_int=_read_integer, parse_float=_read_float)
_encoded = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
