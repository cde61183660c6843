"""Which of our entities is which of Buildium's, for what one entity refers to."""

from collections.abc import Iterable

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType, Fields, Links, Payload
from buildium_sync.store.entities import EntityStore


def resolve_links(store: EntityStore, entity_type: EntityType, fields: Fields, message: Payload | None = None) -> Links:
    """Return both ids of every entity that the fields or the message refer to, as far as they are in Buildium."""
    return resolve_all_links(store, entity_type, [fields], [message] if message else [])


def resolve_all_links(
    store: EntityStore, entity_type: EntityType, every: Iterable[Fields], messages: Iterable[Payload]
) -> Links:
    """Return the same for many entities of a type at once, in a few reads."""
    every = list(every)
    references = [reference for fields in every for reference in entity_type.local_references(fields)]
    records = store.sync_records(EntityRef(*reference.target) for reference in references)
    pairs = {(r.entity_type, record.buildium_id): r.entity_id for r, record in records.items() if record.buildium_id}
    numbered = [reference for fields in every for reference in entity_type.references_by_buildium_id(fields)]
    theirs = [reference for message in messages for reference in entity_type.remote_references(message)]
    unknown = [key for ref in (*theirs, *numbered) if (key := (ref.entity_type, ref.buildium_id)) not in pairs]
    both = {**pairs, **store.local_ids(unknown)}
    return Links({(kind, local): buildium_id for (kind, buildium_id), local in both.items()}, both)


def with_local_ids(store: EntityStore, entity_type: EntityType, fields: Fields) -> Fields:
    """Return fields, or a body before validation, with the local ids of what they name by Buildium id."""
    numbered = entity_type.references_by_buildium_id(fields)
    if not numbered:
        return fields
    return entity_type.with_local_ids(
        fields, store.local_ids((each.entity_type, each.buildium_id) for each in numbered)
    )


def aligned(entity_type: EntityType, fields: Fields, shown: Fields, links: Links) -> Fields:
    """Return fields with local ids in place of Buildium ids, to be compared with what Buildium shows.

    A number that may be that of an association stays, unless Buildium shows the local entity.
    """
    found = entity_type.with_local_ids(fields, links.local_ids)
    doubtful = {
        name: fields[name]
        for name in entity_type.association_fields & found.keys()
        if not entity_type.values_equal(name, found[name], shown.get(name))
    }
    return {**found, **doubtful}


def has_unlinked_references(entity_type: EntityType, message: Payload, links: Links) -> bool:
    """Tell whether a message refers to an entity of Buildium's that is none of ours, as far as `links` knows."""
    references = entity_type.remote_references(message)
    return any(links.local_id(each.entity_type, each.buildium_id) is None for each in references)
