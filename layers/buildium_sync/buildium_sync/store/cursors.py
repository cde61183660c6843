"""Cursors of lists: the key after which the next page starts, as a string for a URL."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from buildium_sync.errors import MalformedRequest

_MAX_PART_LENGTH = 512
"""DynamoDB: a sort key has at most 1024 bytes."""


def encode_cursor(key: Mapping[str, Any]) -> str:
    """Return the cursor of the page that starts after a key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def decode_cursor(cursor: str, fixed: Mapping[str, Any], *positions: str) -> dict[str, Any]:
    """Return the key in a cursor: `fixed`, which all keys of the list have, and a string for each of `positions`.

    Raises MalformedRequest for a cursor of another list.
    """
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, RecursionError) as error:
        raise MalformedRequest.of("cursor", "is not a valid nextCursor value") from error
    if not isinstance(key, dict) or not all(_is_position(key.get(name)) for name in positions):
        raise MalformedRequest.of("cursor", "is not a valid nextCursor value for this list")
    if key != {**fixed, **{name: key[name] for name in positions}}:
        raise MalformedRequest.of("cursor", "is not a valid nextCursor value for this list")
    return key


def _is_position(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_PART_LENGTH
