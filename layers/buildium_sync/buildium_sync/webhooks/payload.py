"""Parses a webhook's body into a JSON document that can be stored and serialized again."""

import json
import math
import re
from codecs import BOM_UTF8
from types import NoneType
from typing import Any

from buildium_sync.errors import MalformedRequest
from buildium_sync.json_strict import strict_decoder

MAX_BODY_BYTES = 256 * 1024
_MAX_DEPTH = 20
_TOO_DEEP = f"The body is nested more than {_MAX_DEPTH} levels deep."
_KINDS = {list: "array", str: "string", int: "number", float: "number", bool: "boolean", NoneType: "null"}
_CONTAINERS = frozenset({dict, list})
_WHITE_SPACE = " \t\r\n"
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""JSON's escape of a surrogate."""


def parse(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body. Raises MalformedRequest, with the reason, for anything else."""
    text = _text(body)
    try:
        document, end = _DECODER.raw_decode(text)
        if end < len(text):
            raise ValueError("Unexpected data after the JSON value.")
        if _SURROGATE.search(text):
            # A lone surrogate, which only an escape can contain, cannot be stored: this raises ValueError.
            canonical_json(document).encode()
    except RecursionError as error:
        raise MalformedRequest(_TOO_DEEP) from error
    except ValueError as error:
        raise MalformedRequest("The body is not JSON, or contains a number or string that cannot be stored.") from error
    if not isinstance(document, dict):
        raise MalformedRequest(f"The body is a JSON {_KINDS[type(document)]} and not an object.")
    if _exceeds_depth(document, _MAX_DEPTH):
        raise MalformedRequest(_TOO_DEEP)
    return document


def _text(body: bytes) -> str:
    if len(body) > MAX_BODY_BYTES:
        raise MalformedRequest(f"The body exceeds {MAX_BODY_BYTES} bytes.")
    if body.startswith(BOM_UTF8):
        raise MalformedRequest("The body starts with a byte order mark.")
    try:
        text = body.decode().strip(_WHITE_SPACE)
    except UnicodeDecodeError as error:
        raise MalformedRequest("The body is not valid UTF-8.") from error
    if not text:
        raise MalformedRequest("The body is empty.")
    return text


def _parse_float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("Number out of range.")
    return value


_DECODER = strict_decoder(parse_float=_parse_float)
# Made once: `json.dumps` makes an encoder for each call that has options.
canonical_json = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode
"""Return a JSON value as a string that does not depend on the order of fields."""


def _exceeds_depth(value: Any, levels: int) -> bool:
    """Return whether objects and arrays are nested more than `levels` deep."""
    if levels == 0:
        return True
    # A loop is faster than `any` with a generator.
    for part in value.values() if type(value) is dict else value:
        if type(part) in _CONTAINERS and _exceeds_depth(part, levels - 1):
            return True
    return False
