"""Which of our entities is which of Buildium's, for what one entity refers to."""

from collections.abc import Iterable

from buildium_sync.entities.base import EntityType, Fields, Links, Message
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.records import EntityRef


def resolve_links(store: EntityStore, entity_type: EntityType, fields: Fields, message: Message | None = None) -> Links:
    """Return both ids of every entity that the fields or the message refer to, as far as they are in Buildium."""
    return resolve_all_links(store, entity_type, [fields], [message] if message else [])


def resolve_all_links(
    store: EntityStore, entity_type: EntityType, every: Iterable[Fields], messages: Iterable[Message]
) -> Links:
    """Return the same for many entities of a type at once, in a few reads."""
    references = [reference for fields in every for reference in entity_type.references(fields)]
    records = store.sync_records(EntityRef(*reference.target) for reference in references)
    pairs = {(r.entity_type, record.buildium_id): r.entity_id for r, record in records.items() if record.buildium_id}
    theirs = [reference for message in messages for reference in entity_type.buildium_references(message)]
    unknown = [key for ref in theirs if (key := (ref.entity_type, ref.buildium_id)) not in pairs]
    both = {**pairs, **store.local_ids(unknown)}
    return Links({(kind, local): buildium_id for (kind, buildium_id), local in both.items()}, both)


def lacks(entity_type: EntityType, message: Message, links: Links) -> bool:
    """Tell whether a message refers to an entity of Buildium's that is none of ours, as far as `links` knows."""
    references = entity_type.buildium_references(message)
    return any(links.local_id(each.entity_type, each.buildium_id) is None for each in references)
