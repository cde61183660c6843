"""What every table needs: values to attributes and back, and transactions that say why they failed."""

import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from buildium_sync.errors import Conflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


class _Serializer(TypeSerializer):
    """The SDK's, which takes no float, and asks of a text whether it is anything else first."""

    def serialize(self, value: Any) -> Any:
        """Return a value in DynamoDB's form."""
        if type(value) is str:
            return {"S": value}
        return super().serialize(Decimal(repr(value)) if isinstance(value, float) else value)


_SERIALIZER = _Serializer()
_DESERIALIZER = TypeDeserializer()
_RETRIED = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
_ATTEMPTS = 6
_PAUSE = 0.02

Item = dict[str, Any]
"""An item in Python's types."""


def to_attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item in DynamoDB's form. None is left out at the top: an absent attribute keys no index."""
    return {name: _SERIALIZER.serialize(value) for name, value in item.items() if value is not None}


def from_attributes(attributes: Mapping[str, Any]) -> Item:
    """Return an item in Python's types, with numbers as int or float as JSON has them."""
    return {name: _plain(_DESERIALIZER.deserialize(value)) for name, value in attributes.items()}


def transact(
    client: "DynamoDBClient",
    actions: "Sequence[TransactWriteItemTypeDef]",
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Write all the actions or none.

    Raises Conflict when a condition does not hold; its `failed` tells which actions' (by position). A transaction that
    only met another one is tried again. One that DynamoDB finds invalid raises its own error: no race was lost.
    """
    pause = _PAUSE
    for _ in range(_ATTEMPTS):
        try:
            client.transact_write_items(TransactItems=actions)
        except client.exceptions.TransactionCanceledException as cancelled:
            codes = [reason.get("Code", "None") for reason in cancelled.response["CancellationReasons"]]
            failed = frozenset(place for place, code in enumerate(codes) if code == "ConditionalCheckFailed")
            if failed:
                raise Conflict("; ".join(codes), failed) from cancelled
            if not _RETRIED.issuperset(code for code in codes if code != "None"):
                raise
        else:
            return
        sleep(pause)
        pause *= 2
    raise Conflict("Another transaction kept holding the item", frozenset())


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value
