"""The records of erasures, and the erasures that are not finished.

    table     pk         sk                    what
    entities  erasures   2026-…Z#property#7    a finished erasure: entityType, entityId, requestedAt, by, at
    control   erasures                         `refs`: the entities whose erasure is not finished

A record has no personal data of the erased person, and never expires.
"""

from typing import TYPE_CHECKING

from buildium_sync.domain.entity import EntityRef
from buildium_sync.store.dynamodb import from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PK = "erasures"
_KEY = to_attributes({"pk": _PK})


class ErasureRecordStore:
    """The records in one entities table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def put(self, ref: EntityRef, *, requested_at: str, by: str | None, at: str) -> None:
        """Store the record of an erasure. The same request again replaces it. Times are ISO 8601."""
        item = {
            "pk": _PK,
            "sk": f"{requested_at}#{ref.pk}",
            "entityType": ref.entity_type,
            "entityId": ref.entity_id,
            "requestedAt": requested_at,
            "by": by,
            "at": at,
        }
        self._client.put_item(TableName=self._table, Item=to_attributes(item))


class UnfinishedErasureStore:
    """The entities whose erasure is not finished, in one control table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, ref: EntityRef) -> None:
        """Add an entity."""
        self._change("ADD", ref)

    def remove(self, ref: EntityRef) -> None:
        """Remove an entity."""
        self._change("DELETE", ref)

    def all(self) -> list[EntityRef]:
        """Return the entities, in no order."""
        response = self._client.get_item(TableName=self._table, Key=_KEY, ConsistentRead=True)
        return [EntityRef.from_pk(pk) for pk in from_attributes(response.get("Item", {})).get("refs", ())]

    def _change(self, action: str, ref: EntityRef) -> None:
        self._client.update_item(
            TableName=self._table,
            Key=_KEY,
            UpdateExpression=f"{action} refs :ref",
            ExpressionAttributeValues={":ref": {"SS": [ref.pk]}},
        )
