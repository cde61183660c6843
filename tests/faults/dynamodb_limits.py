"""DynamoDB under load: it cancels conflicting transactions, reads batches in parts, and updates indexes late."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CONFLICT = "TransactionConflict"
_SINGLE_WRITES = {"PutItem", "UpdateItem", "DeleteItem"}
_KEYS = ("pk", "sk", "eventId")


class DynamoDBLimits:
    """Applies the limits to the calls of one run. Each is off at first.

    `conflicts` and `unprocessed` are probabilities. A query of an index does not return items that were written in
    the last `index_lag_seconds`. `applied` counts how often each limit changed a call.
    """

    def __init__(self, dynamodb: "DynamoDBClient", rng: random.Random, clock: Callable[[], float]) -> None:
        self.conflicts = self.unprocessed = self.index_lag_seconds = 0.0
        self.applied: Counter[str] = Counter()
        self._exceptions = dynamodb.exceptions
        self._rng = rng
        self._clock = clock
        self._written: dict[tuple[str, ...], float] = {}

    def call(self, operation: str, parameters: Mapping[str, Any], effect: Callable[[], Any]) -> Any:
        """Make a call, and return its response. Raises DynamoDB's own errors for a conflict."""
        if self.conflicts and self._rng.random() < self.conflicts:
            self._raise_conflict(operation, parameters)
        response = effect()
        for table, key in _items(operation, parameters):
            self._written[_identity(table, key)] = self._clock()
        if operation == "BatchGetItem" and self.unprocessed and self._rng.random() < self.unprocessed:
            return self._partial(parameters, response)
        if operation == "Query" and "IndexName" in parameters and self.index_lag_seconds:
            return self._delayed(parameters["TableName"], response)
        return response

    def clear(self) -> None:
        """Turn all limits off."""
        self.conflicts = self.unprocessed = self.index_lag_seconds = 0.0

    def _raise_conflict(self, operation: str, parameters: Mapping[str, Any]) -> None:
        if operation == "TransactWriteItems":
            self.applied["conflicts"] += 1
            reasons = [{"Code": "None"} for _ in parameters["TransactItems"]]
            reasons[-1] = {"Code": _CONFLICT}
            error: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise self._exceptions.TransactionCanceledException(error, operation)
        if operation in _SINGLE_WRITES:
            self.applied["conflicts"] += 1
            single: Any = {"Error": {"Code": f"{_CONFLICT}Exception"}}
            raise self._exceptions.TransactionConflictException(single, operation)

    def _partial(self, parameters: Mapping[str, Any], response: Mapping[str, Any]) -> dict[str, Any]:
        """Return the first half of a batch. DynamoDB reads at least one key."""
        [(table, request)] = parameters["RequestItems"].items()
        keys = request["Keys"]
        read = {_identity(table, key) for key in keys[: (len(keys) + 1) // 2]}
        later = [key for key in keys if _identity(table, key) not in read]
        if not later:
            return dict(response)
        self.applied["unprocessed"] += 1
        found = [item for item in response["Responses"].get(table, []) if _identity(table, item) in read]
        return {**response, "Responses": {table: found}, "UnprocessedKeys": {table: {**request, "Keys": later}}}

    def _delayed(self, table: str, response: Mapping[str, Any]) -> dict[str, Any]:
        since = self._clock() - self.index_lag_seconds
        visible = [item for item in response["Items"] if self._written.get(_identity(table, item), 0.0) <= since]
        self.applied["index lag"] += len(visible) < len(response["Items"])
        return {**response, "Items": visible, "Count": len(visible)}


def _items(operation: str, parameters: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the table and the key attributes of every item that a call writes."""
    if operation == "TransactWriteItems":
        actions = [
            action for each in parameters["TransactItems"] for name, action in each.items() if name != "ConditionCheck"
        ]
    else:
        actions = [parameters] if operation in _SINGLE_WRITES else []
    return [(action["TableName"], action["Item"] if "Item" in action else action["Key"]) for action in actions]


def _identity(table: str, item: Mapping[str, Any]) -> tuple[str, ...]:
    return table, *(item[name]["S"] for name in _KEYS if name in item)
