"""The decisions of reviews in the entities table, for 90 days.

pk                  sk
review-decisions    2026-…Z#property#7    the decision of this time, of property 7

They have a partition of their own, so that they can be listed by time. The sync record has the time of the last one.
"""

from typing import TYPE_CHECKING, Any

from buildium_sync.clock import parse_iso
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.review_decision import DECISION_RETENTION_SECONDS, ReviewDecision
from buildium_sync.store.batch_get import batch_get
from buildium_sync.store.dynamodb import Item, to_attributes
from buildium_sync.store.newest_first import newest_first
from buildium_sync.store.partitions import HasTime, partition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PK = "review-decisions"


def decision_key(ref: EntityRef, at: str) -> tuple[str, str]:
    """Return the key of an entity's decision of a time (ISO 8601)."""
    return _PK, f"{at}#{ref.pk}"


def decision_to_item(decision: ReviewDecision) -> Item:
    """Return the item."""
    pk, sk = decision_key(decision.ref, decision.at)
    return {
        "pk": pk,
        "sk": sk,
        "entityType": decision.ref.entity_type,
        "entityId": decision.ref.entity_id,
        "at": decision.at,
        "buildiumId": decision.buildium_id,
        "candidates": decision.candidates,
        "details": decision.details,
        "by": decision.by,
        "expiresAt": int(parse_iso(decision.at) + DECISION_RETENTION_SECONDS),
    }


def decision_from_item(item: Item) -> ReviewDecision:
    """Parse the item."""
    return ReviewDecision(
        EntityRef(item["entityType"], item["entityId"]),
        item["at"],
        item.get("buildiumId"),
        item["candidates"],
        item["details"],
        item.get("by"),
    )


class ReviewDecisionStore:
    """Reads decisions, and erases them."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def read(self, ref: EntityRef, at: str) -> ReviewDecision | None:
        """Return an entity's decision of a time (ISO 8601), None if it has expired or was undone."""
        items = batch_get(self._client, self._table, [decision_key(ref, at)])
        return next(map(decision_from_item, items), None)

    def erase(self, ref: EntityRef, buildium_id: int | None, has_time: HasTime) -> bool:
        """Delete an entity's decisions, and its description as a candidate in those of other entities.

        Return False if the time ended first.
        """
        for item in partition(self._client, self._table, _PK):
            if not has_time():
                return False
            decision, key = decision_from_item(item), to_attributes({"pk": _PK, "sk": item["sk"]})
            if decision.ref == ref:
                self._client.delete_item(TableName=self._table, Key=key)
            elif decision.ref.entity_type == ref.entity_type:
                self._erase_candidate(key, decision, buildium_id)
        return True

    def _erase_candidate(self, key: dict[str, Any], decision: ReviewDecision, buildium_id: int | None) -> None:
        details = [each for each in decision.details if each["buildiumId"] != buildium_id]
        if details != decision.details:
            self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="SET details = :details",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues=to_attributes({":details": details}),
            )

    def page(self, *, limit: int, cursor: str | None) -> tuple[list[ReviewDecision], str | None]:
        """Return a page of the decisions, newest first, and the next cursor. Raises MalformedRequest."""
        items, next_cursor = newest_first(self._client, self._table, _PK, limit=limit, cursor=cursor)
        return [decision_from_item(item) for item in items], next_cursor
