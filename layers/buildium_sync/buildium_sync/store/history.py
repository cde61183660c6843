"""What was overwritten in an entity: one item a change, under a partition key of its own, for a year.

Of its own, since all that stands under the entity's key is read with it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from buildium_sync.store.cursors import cursor_after, read_cursor
from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes
from buildium_sync.store.records import EntityRef, Origin

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

_KEPT_SECONDS = 365 * 86_400


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What one write overwrote.

    `at` is when (ISO 8601), `origin` who wrote the new values, `version` the entity's after the write. `changes` holds
    `{"old", "new"}` for each field, or `"changed"` for one whose values are secret. `conflict` names those of the
    fields that both sides had changed. `is_buildiums` tells that the old values were Buildium's and never ours.
    """

    ref: EntityRef
    at: str
    origin: Origin
    version: int
    changes: dict[str, Any]
    conflict: tuple[str, ...] = ()
    is_buildiums: bool = False

    def to_item(self) -> Item:
        """Return the item. Its sort key puts an entity's entries in order of time."""
        overwritten = "#buildium" if self.is_buildiums else ""
        return {
            "pk": _pk(self.ref),
            "sk": f"{self.at}#{self.version}{overwritten}",
            "entityType": self.ref.entity_type,
            "entityId": self.ref.entity_id,
            "at": self.at,
            "origin": self.origin.value,
            "version": self.version,
            "changes": self.changes,
            "conflict": list(self.conflict),
            "expiresAt": int(datetime.fromisoformat(self.at).timestamp()) + _KEPT_SECONDS,
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read the item."""
        return cls(
            ref=EntityRef(item["entityType"], item["entityId"]),
            at=item["at"],
            origin=Origin(item["origin"]),
            version=item["version"],
            changes=item["changes"],
            conflict=tuple(item["conflict"]),
            is_buildiums=item["sk"].endswith("#buildium"),
        )


def page(
    client: "DynamoDBClient", table: str, ref: EntityRef, *, limit: int, cursor: str | None
) -> tuple[list[HistoryEntry], str | None]:
    """Return one page of an entity's history, newest first, and the cursor of the next.

    Raises MalformedRequest for a cursor that is not of this history.
    """
    query: QueryInputTypeDef = {
        "TableName": table,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": to_attributes({":pk": _pk(ref)}),
        "ScanIndexForward": False,
        "ConsistentRead": True,
        "Limit": limit,
    }
    if cursor:
        query["ExclusiveStartKey"] = to_attributes(read_cursor(cursor, {"pk": _pk(ref)}, "sk"))
    answer = client.query(**query)
    last = answer.get("LastEvaluatedKey")
    entries = [HistoryEntry.from_item(from_attributes(item)) for item in answer["Items"]]
    return entries, cursor_after(from_attributes(last)) if last else None


def _pk(ref: EntityRef) -> str:
    return f"history#{ref.pk}"
