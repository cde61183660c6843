"""The change history of an entity: one item for each change, kept for a year.

It has its own partition key, since all items under the entity's key are read together.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from buildium_sync.domain.change_record import ChangeRecord
from buildium_sync.domain.entity import EntityRef, Origin
from buildium_sync.store.dynamodb import Item
from buildium_sync.store.newest_first import newest_first
from buildium_sync.store.partitions import HasTime, delete_partition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_RETENTION_SECONDS = 365 * 86_400


def page(
    client: "DynamoDBClient", table: str, ref: EntityRef, *, limit: int, cursor: str | None
) -> tuple[list[ChangeRecord], str | None]:
    """Return one page of an entity's history, newest first, and the cursor of the next.

    Raises MalformedRequest for a cursor that is not of this history.
    """
    items, next_cursor = newest_first(client, table, _pk(ref), limit=limit, cursor=cursor)
    return [change_record_from_item(item) for item in items], next_cursor


def erase(client: "DynamoDBClient", table: str, ref: EntityRef, has_time: HasTime) -> bool:
    """Delete an entity's history. Return False if the time ended first."""
    return delete_partition(client, table, _pk(ref), has_time)


def change_record_to_item(record: ChangeRecord) -> Item:
    """Return the item. Its sort key orders the changes of an entity by time."""
    overwritten = "#buildium" if record.is_remote_value else ""
    return {
        "pk": _pk(record.ref),
        "sk": f"{record.at}#{record.version}{overwritten}",
        "entityType": record.ref.entity_type,
        "entityId": record.ref.entity_id,
        "at": record.at,
        "origin": record.origin.value,
        "apiKeyId": record.api_key_id,
        "version": record.version,
        "changes": record.changes,
        "conflict": list(record.conflict),
        "expiresAt": int(datetime.fromisoformat(record.at).timestamp()) + _RETENTION_SECONDS,
    }


def change_record_from_item(item: Item) -> ChangeRecord:
    """Parse the item."""
    return ChangeRecord(
        ref=EntityRef(item["entityType"], item["entityId"]),
        at=item["at"],
        origin=Origin(item["origin"]),
        version=item["version"],
        changes=item["changes"],
        conflict=tuple(item["conflict"]),
        is_remote_value=item["sk"].endswith("#buildium"),
        api_key_id=item.get("apiKeyId"),
    )


def _pk(ref: EntityRef) -> str:
    return f"history#{ref.pk}"
