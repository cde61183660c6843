"""Conversion between Python values and DynamoDB attributes, and writes that identify the failed conditions."""

import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from buildium_sync.backoff import backoff
from buildium_sync.errors import ConcurrentWrite

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_RETRYABLE_CODES = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
_MAX_ATTEMPTS = 6
_INITIAL_BACKOFF_SECONDS, _MAX_BACKOFF_SECONDS = 0.02, 1.0
_NOT_JSON = (bytes, bytearray, set, frozenset)

Item = dict[str, Any]
"""An item in Python's types."""


class _JsonSerializer(TypeSerializer):
    """boto3's serializer for JSON values: it also accepts floats, and rejects bytes and sets."""

    def serialize(self, value: Any) -> Any:
        """Return a value as an attribute. boto3 calls it for each nested value too."""
        if isinstance(value, str):  # Most values are strings, and boto3 needs six checks for one.
            return {"S": value}
        if isinstance(value, float):
            value = Decimal(repr(value))
        elif isinstance(value, _NOT_JSON):
            raise TypeError(f"DynamoDB items contain no {type(value).__name__}")
        return super().serialize(value)


class _JsonDeserializer(TypeDeserializer):
    """boto3's deserializer with JSON numbers: int or float instead of Decimal."""

    def deserialize(self, value: Any) -> Any:
        """Return an attribute as a value. boto3 calls it for each nested attribute too."""
        if "S" in value:
            return value["S"]
        found = super().deserialize(value)
        if isinstance(found, Decimal):
            return int(found) if found == found.to_integral_value() else float(found)
        return found


_serialize = _JsonSerializer().serialize
_deserialize = _JsonDeserializer().deserialize


def to_attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item as DynamoDB attributes.

    Top-level None values are omitted, because an index key cannot be NULL. Raises a decimal exception for a number
    that DynamoDB cannot store exactly, and TypeError for a value that is not JSON.
    """
    return {name: _serialize(value) for name, value in item.items() if value is not None}


def from_attributes(attributes: Mapping[str, Any]) -> Item:
    """Return DynamoDB attributes as an item. Numbers are int or float as in JSON."""
    return {name: _deserialize(value) for name, value in attributes.items()}


def size_of(item: Mapping[str, Any]) -> int:
    """Return an upper bound of an item's size in bytes. DynamoDB: an item has at most 400 KB.

    Source: "DynamoDB item sizes and formats" in its developer guide. A number takes one byte, and one for two digits.
    """
    return sum(len(name.encode()) + _size(value) for name, value in item.items() if value is not None)


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if value is None or isinstance(value, bool):
        return 1
    if isinstance(value, int | float | Decimal):
        return len(_serialize(value)["N"]) // 2 + 3
    parts = value.values() if isinstance(value, Mapping) else value
    names = "".join(value) if isinstance(value, Mapping) else ""
    return 3 + len(names.encode()) + sum(1 + _size(part) for part in parts)


def write(
    client: "DynamoDBClient",
    actions: "Sequence[TransactWriteItemTypeDef]",
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Write all actions or none, and raise what `transact` raises.

    A single put is written without a transaction, which would cost twice as much.
    """
    if len(actions) > 1 or "Put" not in actions[0]:
        transact(client, actions, sleep)
        return
    try:
        client.put_item(**actions[0]["Put"])
    except client.exceptions.ConditionalCheckFailedException as error:
        raise ConcurrentWrite(str(error), frozenset({0})) from error
    except client.exceptions.TransactionConflictException:
        transact(client, actions, sleep)


def transact(
    client: "DynamoDBClient",
    actions: "Sequence[TransactWriteItemTypeDef]",
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Write all actions or none.

    Raises ConcurrentWrite if a condition does not hold; `failed` has the positions of its actions. A transaction that
    only conflicts with another one is retried. An invalid transaction raises the client's own error.
    """
    for attempt in range(1, _MAX_ATTEMPTS + 1):
        try:
            client.transact_write_items(TransactItems=actions)
        except client.exceptions.TransactionCanceledException as cancelled:
            codes = [reason.get("Code", "None") for reason in cancelled.response["CancellationReasons"]]
            failed = frozenset(place for place, code in enumerate(codes) if code == "ConditionalCheckFailed")
            if failed:
                raise ConcurrentWrite("; ".join(codes), failed) from cancelled
            if not _RETRYABLE_CODES.issuperset(code for code in codes if code != "None"):
                raise
        else:
            return
        sleep(backoff(attempt, _INITIAL_BACKOFF_SECONDS, _MAX_BACKOFF_SECONDS))
    raise ConcurrentWrite("Transaction conflict", frozenset())
