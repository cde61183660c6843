"""Resolves the references of an entity to local ids and Buildium ids."""

from collections.abc import Iterable

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.merge import with_sent_updates
from buildium_sync.domain.reference_contract import BuildiumReference, Links
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.store.entities import EntityStore


def resolve_links(store: EntityStore, entity_type: EntityType, fields: Fields, payload: Payload | None = None) -> Links:
    """Return both ids of each linked entity that the fields or the payload refer to."""
    return resolve_all_links(store, entity_type, [fields], [payload] if payload else [])


def resolve_all_links(
    store: EntityStore, entity_type: EntityType, every: Iterable[Fields], payloads: Iterable[Payload]
) -> Links:
    """Return the same for many entities of one type, in a few batches."""
    every = list(every)
    references = [reference for fields in every for reference in entity_type.local_references(fields)]
    records = store.sync_records(EntityRef(*reference.target) for reference in references)
    pairs = {(r.entity_type, record.buildium_id): r.entity_id for r, record in records.items() if record.buildium_id}
    numbered = [reference for fields in every for reference in entity_type.references_by_buildium_id(fields)]
    remote = [reference for payload in payloads for reference in entity_type.remote_references(payload)]
    unknown = [key for ref in (*remote, *numbered) if (key := (ref.entity_type, ref.buildium_id)) not in pairs]
    both = {**pairs, **store.local_ids(unknown)}
    return Links({(kind, local): buildium_id for (kind, buildium_id), local in both.items()}, both)


def parent_id(store: EntityStore, entity_type: EntityType, fields: Fields) -> int | None:
    """Return the Buildium id of the parent in the paths of an entity, None for a type without one.

    Raises KeyError if the parent is not in Buildium.
    """
    if entity_type.parent_field is None:
        return None
    return entity_type.parent_id(fields, resolve_links(store, entity_type, fields))


def with_local_ids(store: EntityStore, entity_type: EntityType, fields: Fields) -> Fields:
    """Return fields, or a body before validation, with local ids in place of Buildium ids."""
    numbered = entity_type.references_by_buildium_id(fields)
    if not numbered:
        return fields
    return entity_type.with_local_ids(
        fields, store.local_ids((each.entity_type, each.buildium_id) for each in numbered)
    )


def aligned(entity_type: EntityType, fields: Fields, shown: Fields, links: Links) -> Fields:
    """Return fields with local ids in place of Buildium ids, for the comparison with `shown`.

    An integer that may be the id of an association stays, unless Buildium shows the local entity.
    """
    found = entity_type.with_local_ids(fields, links.local_ids)
    ambiguous = {
        name: fields[name]
        for name in entity_type.association_fields & found.keys()
        if not entity_type.values_equal(name, found[name], shown.get(name))
    }
    return {**found, **ambiguous}


def aligned_base(entity_type: EntityType, sync: SyncRecord, shown: Fields, links: Links) -> Fields | None:
    """Return the base for a merge with `shown`, with the sent updates that Buildium has. None if there is no base."""
    if sync.base is None:
        return None
    sent = [aligned(entity_type, update["fields"], shown, links) for update in sync.sent_updates]
    return with_sent_updates(entity_type, aligned(entity_type, sync.base, shown, links), sent, shown)


def unlinked_references(entity_type: EntityType, payload: Payload, links: Links) -> list[BuildiumReference]:
    """Return the references of a payload to Buildium entities that `links` does not resolve."""
    references = entity_type.remote_references(payload)
    return [each for each in references if links.local_id(each.entity_type, each.buildium_id) is None]
