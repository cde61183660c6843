"""The streak of rejected webhook requests: one item of the control table.

pk        what
webhooks  rejections, firstRejectedAt, lastRejectedAt: the requests since the last accepted one
          rewindTo, rewoundAt: see `store.jobs`
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buildium_sync.domain.control_keys import WEBHOOKS_PK
from buildium_sync.store.dynamodb import from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEY = {"pk": WEBHOOKS_PK}
_END = "SET rewindTo = if_not_exists(rewindTo, firstRejectedAt) REMOVE rejections, firstRejectedAt, lastRejectedAt"


@dataclass(frozen=True, slots=True)
class RejectionStreak:
    """The number of consecutive rejected requests, and the time of the last one (ISO 8601, None for none)."""

    count: int
    last_at: str | None


class RejectionStore:
    """The item that counts rejected webhook requests."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, count: int, at: str) -> None:
        """Count requests that were rejected until a time (ISO 8601)."""
        self._client.update_item(
            TableName=self._table,
            Key=to_attributes(_KEY),
            UpdateExpression="SET lastRejectedAt = :at, firstRejectedAt = if_not_exists(firstRejectedAt, :at)"
            " ADD rejections :count",
            ExpressionAttributeValues=to_attributes({":at": at, ":count": count}),
        )

    def read(self) -> RejectionStreak:
        """Return the current streak."""
        response = self._client.get_item(TableName=self._table, Key=to_attributes(_KEY), ConsistentRead=True)
        item = from_attributes(response.get("Item", {}))
        return RejectionStreak(item.get("rejections", 0), item.get("lastRejectedAt"))

    def end(self, count: int | None = None) -> bool:
        """End the streak, and request a rewind of the polls to its start, since Buildium may have dropped events.

        Returns False and changes nothing without a streak, or when its length is not `count`.
        """
        values: dict[str, Any] = {}
        if count is not None:
            values["ExpressionAttributeValues"] = to_attributes({":count": count})
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes(_KEY),
                UpdateExpression=_END,
                ConditionExpression="attribute_exists(firstRejectedAt)" if count is None else "rejections = :count",
                **values,
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True
