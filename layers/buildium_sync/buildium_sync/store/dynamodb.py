"""What every table needs: values to attributes and back, and transactions that say why they failed."""

import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Clamped, Context, Decimal, Inexact, Overflow, Rounded, Underflow
from typing import TYPE_CHECKING, Any

from buildium_sync.errors import ConcurrentWrite

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_NUMBERS = Context(prec=38, Emin=-128, Emax=126, traps=[Clamped, Overflow, Inexact, Rounded, Underflow])
"""DynamoDB's numbers: 38 digits, up to 10 to the 126th."""
_RETRIED = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
_ATTEMPTS = 6
_BACKOFF_SECONDS = 0.02

Item = dict[str, Any]
"""An item in Python's types."""


def to_attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item in DynamoDB's form. None is left out at the top: an absent attribute keys no index.

    Values are JSON's. Raises decimal's exceptions for a number that DynamoDB cannot hold as it is, TypeError for
    what JSON has not.
    """
    return {name: _attribute(value) for name, value in item.items() if value is not None}


def from_attributes(attributes: Mapping[str, Any]) -> Item:
    """Return an item in Python's types, with numbers as int or float as JSON has them."""
    return {name: _plain(value) for name, value in attributes.items()}


def size_of(item: Mapping[str, Any]) -> int:
    """Return how many bytes an item of JSON's values takes, at most. DynamoDB: an item has 400 KB at most.

    Source: "DynamoDB item sizes and formats" of its developer guide. A number takes a byte for two digits and one
    more.
    """
    return sum(len(name.encode()) + _size(value) for name, value in item.items() if value is not None)


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if value is None or isinstance(value, bool):
        return 1
    if isinstance(value, int | float | Decimal):
        return len(_number(value)) // 2 + 3
    parts = value.values() if isinstance(value, Mapping) else value
    names = "".join(value) if isinstance(value, Mapping) else ""
    return 3 + len(names.encode()) + sum(1 + _size(part) for part in parts)


def write(
    client: "DynamoDBClient",
    actions: "Sequence[TransactWriteItemTypeDef]",
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Write all the actions or none, and raise what `transact` raises.

    One put alone is written without a transaction, which would cost twice.
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
    """Write all the actions or none.

    Raises ConcurrentWrite when a condition does not hold; its `failed` tells which actions' (by position). A
    transaction that only met another one is tried again. One that DynamoDB finds invalid raises its own error: no race
    was lost.
    """
    pause = _BACKOFF_SECONDS
    for _ in range(_ATTEMPTS):
        try:
            client.transact_write_items(TransactItems=actions)
        except client.exceptions.TransactionCanceledException as cancelled:
            codes = [reason.get("Code", "None") for reason in cancelled.response["CancellationReasons"]]
            failed = frozenset(place for place, code in enumerate(codes) if code == "ConditionalCheckFailed")
            if failed:
                raise ConcurrentWrite("; ".join(codes), failed) from cancelled
            if not _RETRIED.issuperset(code for code in codes if code != "None"):
                raise
        else:
            return
        sleep(pause)
        pause *= 2
    raise ConcurrentWrite("Transaction conflict", frozenset())


def _attribute(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float | Decimal):
        return {"N": _number(value)}
    if isinstance(value, Mapping):
        return {"M": {name: _attribute(part) for name, part in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [_attribute(part) for part in value]}
    raise TypeError(f"DynamoDB cannot store {type(value)}")


def _number(value: float | Decimal) -> str:
    number = _NUMBERS.create_decimal(repr(value) if isinstance(value, float) else value)
    if not number.is_finite():
        raise TypeError("DynamoDB cannot store infinity or NaN")
    return str(number)


def _plain(attribute: Mapping[str, Any]) -> Any:
    [(kind, value)] = attribute.items()
    if kind == "N":
        number = Decimal(value)
        return int(number) if number == number.to_integral_value() else float(number)
    if kind == "M":
        return {name: _plain(part) for name, part in value.items()}
    if kind == "L":
        return [_plain(part) for part in value]
    return None if kind == "NULL" else value
