"""The items that make external ids unique: one for each, written in the transaction of its entity."""

from buildium_sync.domain.entity import EntityRef
from buildium_sync.store.dynamodb import Item

EXTERNAL_ID_SK = "external-id"


def external_id_pk(entity_type: str, external_id: str) -> str:
    """Return the partition key. It has at most 1,100 bytes; DynamoDB allows 2,048."""
    return f"external-id#{entity_type}#{external_id}"


def external_id_to_item(ref: EntityRef, external_id: str) -> Item:
    """Return the item."""
    return {
        "pk": external_id_pk(ref.entity_type, external_id),
        "sk": EXTERNAL_ID_SK,
        "entityType": ref.entity_type,
        "entityId": ref.entity_id,
    }
