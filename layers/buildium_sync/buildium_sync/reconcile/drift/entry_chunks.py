"""Divides the entries of a drift report into the chunks of its job."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from buildium_sync.reconcile.drift.report import DriftEntry

MAX_CHUNK_BYTES = 300_000
"""DynamoDB: an item has at most 400 KB."""


def chunked(entries: Sequence[DriftEntry]) -> Iterator[list[dict[str, Any]]]:
    """Return entries in lists that each fit into a chunk."""
    chunk: list[dict[str, Any]] = []
    size = 0
    for entry in entries:
        item = entry.to_response()
        length = len(json.dumps(item, ensure_ascii=False).encode())
        if chunk and size + length > MAX_CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(item)
        size += length
    if chunk:
        yield chunk
