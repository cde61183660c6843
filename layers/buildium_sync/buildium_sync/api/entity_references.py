"""Finds the entities that refer to an entity. Lookups follow the entities table by a few seconds."""

from collections.abc import Iterator

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.lookups import lookup
from buildium_sync.entity_types.registry import all_types
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.lookup_items import LookupStore

_MAX_OF_A_FIELD = 100
"""Referring entities that are read for one reference field."""
_MAX_NAMED = 5


class EntityReferences:
    """Reads references by the lookups of the referring entities."""

    def __init__(self, store: EntityStore, lookups: LookupStore) -> None:
        self._store = store
        self._lookups = lookups

    def in_buildium(self, ref: EntityRef) -> list[EntityRef]:
        """Return some of the entities that refer to an entity and that Buildium has, or may have."""
        records = self._store.sync_records(dict.fromkeys(self._referring(ref)))
        return [each.ref for each in records.values() if each.may_be_in_buildium][:_MAX_NAMED]

    def _referring(self, ref: EntityRef) -> Iterator[EntityRef]:
        sync = self._store.sync_record(ref)
        ids: list[str | int] = [ref.entity_id, *([sync.buildium_id] if sync and sync.buildium_id is not None else [])]
        for entity_type in all_types():
            for name, field in entity_type.reference_filters.items():
                if entity_type.reference_fields[field] == ref.entity_type:
                    lookups = [lookup(name, each) for each in ids]
                    places, _ = self._lookups.page(entity_type.name, lookups, after="0", limit=_MAX_OF_A_FIELD)
                    yield from (EntityRef(entity_type.name, place.partition("#")[2]) for place in places)
