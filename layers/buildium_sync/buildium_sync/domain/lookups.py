"""The lookups of an entity: the keys by which lists with a filter find it.

    status#Active              entities with this status
    syncStatus#failed          entities whose sync has this status
    propertyId#8f0c…           entities that refer to this property by its local id
    propertyId#buildium#501    entities that refer to it by its Buildium id
    updated                    all entities of the type, in order of their last change
    search#elm house           entities of all types with this search term (see `search_terms`)

An entity has the same lookups again if it has the same values again. Pure.
"""

from collections.abc import Mapping

from buildium_sync.domain.entity import Entity
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.search_terms import search_terms
from buildium_sync.domain.sync_record import SyncRecord

Lookups = Mapping[str, str]
"""The lookups of one entity, each with the time (ISO 8601) of its place in the list.

That is the time of creation, for `updated` the time of the last change.
"""
STATUS, SYNC_STATUS, UPDATED, SEARCH = "status", "syncStatus", "updated", "search"


def lookup(name: str, value: str | int) -> str:
    """Return the lookup of a filter's value. An integer is a Buildium id."""
    return f"{name}#{value}" if isinstance(value, str) else f"{name}#buildium#{value}"


def entity_lookups(entity_type: EntityType, entity: Entity, *, in_buildium: bool | None = None) -> Lookups:
    """Return the lookups that an entity's fields have.

    `in_buildium` is whether Buildium has the entity. None returns the lookups of both cases.
    """
    fields = {**entity_type.default_remote_fields, **entity.fields}
    found = [
        lookup(name, value)
        for name, field in entity_type.reference_filters.items()
        for value in entity_type.referenced_ids(field, fields, in_buildium=in_buildium)
    ]
    if fields.get(STATUS):
        found.append(lookup(STATUS, fields[STATUS]))
    return {**dict.fromkeys(found, entity.created_at), UPDATED: entity.updated_at}


def search_lookups(entity_type: EntityType, entity: Entity) -> Lookups:
    """Return the lookups of an entity's search terms. Their list is in order of the terms, so they have no time."""
    return {lookup(SEARCH, term): "" for term in search_terms(entity_type, entity)}


def sync_lookups(record: SyncRecord) -> Lookups:
    """Return the lookup of a sync record, which has the time of creation of its entity."""
    return {lookup(SYNC_STATUS, record.status.value): record.created_at}


def changed_lookups(
    before: Lookups, entity_type: EntityType, entity: Entity | None, record: SyncRecord | None
) -> Lookups:
    """Return the lookups after a new version of an entity, a new revision of its sync record, or both."""
    of_sync = {each: time for each, time in before.items() if each.startswith(f"{SYNC_STATUS}#")}
    of_entity = {each: time for each, time in before.items() if each not in of_sync}
    return {
        **({**entity_lookups(entity_type, entity), **search_lookups(entity_type, entity)} if entity else of_entity),
        **(sync_lookups(record) if record else of_sync),
    }
