"""Webhook requests that were refused in a row, and the gap that they may have left: one item of the control table.

pk        what
webhooks  rejections, firstRejectedAt, lastRejectedAt: since an event was last taken
          gapSince: events from then on may be missing, until the polls know of it (see `store.jobs`)
          gapClosedAt: when the polls last heard of a gap
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buildium_sync.store.dynamodb import from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEY = {"pk": "webhooks"}
_END = "SET gapSince = if_not_exists(gapSince, firstRejectedAt) REMOVE rejections, firstRejectedAt, lastRejectedAt"


@dataclass(frozen=True, slots=True)
class RejectionStreak:
    """How many requests were refused in a row, and when the last of them was (ISO 8601, None for none)."""

    count: int
    last_at: str | None


class RejectionStore:
    """The item that counts refused webhook requests."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, at: str) -> None:
        """Count one more; `at` is ISO 8601."""
        self._client.update_item(
            TableName=self._table,
            Key=to_attributes(_KEY),
            UpdateExpression="SET lastRejectedAt = :at, firstRejectedAt = if_not_exists(firstRejectedAt, :at)"
            " ADD rejections :one",
            ExpressionAttributeValues=to_attributes({":at": at, ":one": 1}),
        )

    def read(self) -> RejectionStreak:
        """Return how many there are."""
        answer = self._client.get_item(TableName=self._table, Key=to_attributes(_KEY), ConsistentRead=True)
        item = from_attributes(answer.get("Item", {}))
        return RejectionStreak(item.get("rejections", 0), item.get("lastRejectedAt"))

    def end(self, count: int | None = None) -> bool:
        """Begin to count anew, since an event was taken, and note the gap.

        Return False, and change nothing, when there are none, or others than `count`.
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
