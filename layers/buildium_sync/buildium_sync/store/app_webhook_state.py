"""The state of the app webhook's receiver: one item of the control table, which exists while the receiver fails.

pk           what
app-webhook  failingSince: the first failure after the last success; error: the last one
             pausedAt: deliveries are paused; nextProbeAt: one attempt is allowed. Times are in epoch seconds.
"""

from typing import TYPE_CHECKING, Any, NamedTuple, Self

from buildium_sync.store.dynamodb import from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEY = {"pk": "app-webhook"}


class ReceiverState(NamedTuple):
    """The state of the receiver. Times are in seconds since the epoch, None if it does not fail, or is not paused."""

    failing_since: float | None = None
    paused_at: float | None = None
    next_probe_at: float = 0.0
    error: str | None = None

    @classmethod
    def from_item(cls, item: dict[str, Any]) -> Self:
        """Read the item; {} for none."""
        return cls(item.get("failingSince"), item.get("pausedAt"), item.get("nextProbeAt", 0.0), item.get("error"))


class ReceiverStateStore:
    """The item of the receiver's state."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def read(self) -> ReceiverState:
        """Return the current state."""
        response = self._client.get_item(TableName=self._table, Key=to_attributes(_KEY), ConsistentRead=True)
        return ReceiverState.from_item(from_attributes(response.get("Item", {})))

    def record_failure(self, now: float, error: str) -> ReceiverState:
        """Store a failure, and return the new state."""
        return self._update(
            "SET failingSince = if_not_exists(failingSince, :now), #error = :error", {":now": now, ":error": error}
        )

    def pause(self, now: float, next_probe_at: float, error: str) -> None:
        """Pause deliveries until a success, with one probe at `next_probe_at`."""
        self._update(
            "SET failingSince = if_not_exists(failingSince, :now), pausedAt = if_not_exists(pausedAt, :now), "
            "nextProbeAt = :probe, #error = :error",
            {":now": now, ":probe": next_probe_at, ":error": error},
        )

    def claim_probe(self, now: float, next_probe_at: float) -> bool:
        """Return whether the caller may send the probe that is due. Only one caller gets it."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes(_KEY),
                UpdateExpression="SET nextProbeAt = :next",
                ConditionExpression="nextProbeAt <= :now",
                ExpressionAttributeValues=to_attributes({":now": now, ":next": next_probe_at}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def clear(self) -> None:
        """Store a success: the receiver does not fail, and deliveries are not paused."""
        self._client.delete_item(TableName=self._table, Key=to_attributes(_KEY))

    def _update(self, expression: str, values: dict[str, Any]) -> ReceiverState:
        response = self._client.update_item(
            TableName=self._table,
            Key=to_attributes(_KEY),
            UpdateExpression=expression,
            ExpressionAttributeNames={"#error": "error"},
            ExpressionAttributeValues=to_attributes(values),
            ReturnValues="ALL_NEW",
        )
        return ReceiverState.from_item(from_attributes(response["Attributes"]))
