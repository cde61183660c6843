"""A webhook's body as a JSON document: what is stored as it came and can be written again."""

import json
import math
import re
from codecs import BOM_UTF8
from types import NoneType
from typing import Any

from buildium_sync.errors import MalformedRequest

MAX_BODY_BYTES = 256 * 1024
_MAX_DEPTH = 20
_TOO_DEEP = f"The body is nested more than {_MAX_DEPTH} levels deep."
_KINDS = {list: "array", str: "string", int: "number", float: "number", bool: "boolean", NoneType: "null"}
_CONTAINERS = frozenset({dict, list})
_WHITE_SPACE = " \t\r\n"
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""JSON's escape of half a surrogate pair."""


def parse(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body. Raises MalformedRequest, with the reason, for anything else."""
    text = _text(body)
    try:
        document, end = _DECODER.raw_decode(text)
        if end < len(text):
            raise ValueError("Unexpected data after the JSON value.")
        if _SURROGATE.search(text):
            # Half a pair cannot be stored: this raises ValueError. Without an escape there is none.
            canonical_json(document).encode()
    except RecursionError as error:
        raise MalformedRequest(_TOO_DEEP) from error
    except ValueError as error:
        raise MalformedRequest("The body is not JSON, or contains a number or string that cannot be stored.") from error
    if not isinstance(document, dict):
        raise MalformedRequest(f"The body is a JSON {_KINDS[type(document)]} and not an object.")
    if _exceeds_depth(document, _MAX_DEPTH, text.count("{") + text.count("[")):
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


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _parse_float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("Number out of range.")
    return value


# Made once: `json.dumps` and `json.loads` make new ones for each call that has options.
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_parse_float)
canonical_json = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode
"""Writes a JSON value as one text, whatever the order of its fields."""


def _exceeds_depth(document: dict[str, Any], levels: int, brackets: int) -> bool:
    """Tell whether a document has more levels than that. Not more than `brackets` of its text open one."""
    parts: list[Any] = [document]
    unseen = brackets - 1
    for level in range(1, levels + 1):
        if unseen <= levels - level:
            return False
        parts = [
            inner
            for part in parts
            for inner in (part.values() if type(part) is dict else part)
            if type(inner) in _CONTAINERS
        ]
        unseen -= len(parts)
        if not parts:
            return False
    return True
