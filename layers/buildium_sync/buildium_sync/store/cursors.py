"""Cursors of lists: the key after which the next page begins, as text for a URL."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from buildium_sync.errors import MalformedRequest

_LONGEST_PART = 512
"""Characters of a part; ours are shorter, and a sort key may have 1024 bytes."""


def encode_cursor(key: Mapping[str, Any]) -> str:
    """Return the cursor of the page that begins after a key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def decode_cursor(cursor: str, fixed: Mapping[str, Any], *positions: str) -> dict[str, Any]:
    """Return the key in a cursor: `fixed` as in all keys of the list, and a text for each of the `positions`.

    Raises MalformedRequest for what is no cursor of this list.
    """
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("cursor is not a valid nextCursor value") from error
    if not isinstance(key, dict) or not all(_is_position(key.get(name)) for name in positions):
        raise MalformedRequest("cursor is not a valid nextCursor value for this list")
    if key != {**fixed, **{name: key[name] for name in positions}}:
        raise MalformedRequest("cursor is not a valid nextCursor value for this list")
    return key


def _is_position(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_PART
