"""Reads of many items by key.

DynamoDB: BatchGetItem takes at most 100 keys, and returns those that it did not read as UnprocessedKeys.
"""

import itertools
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from buildium_sync.backoff import backoff
from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MAX_KEYS = 100
_INITIAL_BACKOFF_SECONDS = 0.02
_MAX_BACKOFF_SECONDS = 1.0
_KEY_NAMES = ("pk", "sk")


def batch_get(
    client: "DynamoDBClient",
    table: str,
    keys: Iterable[tuple[str, ...]],
    *,
    consistent: bool = True,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Item]:
    """Return the items that exist, in no order. A key is `(pk,)` or `(pk, sk)`; duplicate keys are read once."""
    distinct = [to_attributes(dict(zip(_KEY_NAMES, key, strict=False))) for key in dict.fromkeys(keys)]
    items: list[Item] = []
    for start in range(0, len(distinct), _MAX_KEYS):
        request = distinct[start : start + _MAX_KEYS]
        items += _read_all(client, table, request, consistent=consistent, sleep=sleep)
    return items


def _read_all(
    client: "DynamoDBClient",
    table: str,
    keys: list[dict[str, Any]],
    *,
    consistent: bool,
    sleep: Callable[[float], None],
) -> list[Item]:
    """Read at most 100 keys, and retry the unprocessed ones with a growing delay."""
    items: list[Item] = []
    pending: Any = keys
    for attempt in itertools.count(1):
        response = client.batch_get_item(RequestItems={table: {"Keys": pending, "ConsistentRead": consistent}})
        items += map(from_attributes, response["Responses"].get(table, []))
        pending = response["UnprocessedKeys"].get(table, {"Keys": []})["Keys"]
        if not pending:
            break
        sleep(backoff(attempt, _INITIAL_BACKOFF_SECONDS, _MAX_BACKOFF_SECONDS))
    return items
