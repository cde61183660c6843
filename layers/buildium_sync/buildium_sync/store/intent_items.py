"""Conversion between create intents and their items of the entities table (see `store.items`)."""

from buildium_sync.domain.create_intent import INTENT_RETENTION_SECONDS, CreateIntent
from buildium_sync.domain.entity import EntityRef
from buildium_sync.store.dynamodb import Item
from buildium_sync.store.items import intents_pk


def intent_to_item(intent: CreateIntent) -> Item:
    """Return the item."""
    return {
        "pk": intents_pk(intent.ref.entity_type),
        "sk": intent.ref.entity_id,
        "entityType": intent.ref.entity_type,
        "entityId": intent.ref.entity_id,
        "fields": intent.fields,
        "highestId": intent.highest_id,
        "at": intent.at,
        "until": intent.until,
        "candidateIds": intent.seen,
        "defaults": intent.defaults,
        "expiresAt": int(intent.until + INTENT_RETENTION_SECONDS),
    }


def intent_from_item(item: Item) -> CreateIntent:
    """Parse the item."""
    ref = EntityRef(item["entityType"], item["entityId"])
    times = (item["at"], item["until"])
    return CreateIntent(ref, item["fields"], item.get("highestId"), *times, item["candidateIds"], item["defaults"])
