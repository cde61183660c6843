"""Lists with a filter. Each is a query of lookups by key, whatever the number of entities.

Lookups follow the entities table by a few seconds. A page never shows an entity that does not match: every entity is
read again. An entity that has just begun to match may be missing.
"""

import json
from collections.abc import Mapping
from itertools import accumulate, islice

from buildium_sync.api.list_filter import IDS, UPDATED_SINCE, ListFilter
from buildium_sync.api.stored_entity import StoredEntity, with_links
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.external_id import EXTERNAL_ID
from buildium_sync.domain.lookups import UPDATED, entity_lookups, lookup, sync_lookups
from buildium_sync.domain.reference_contract import parse_buildium_id
from buildium_sync.errors import MalformedRequest
from buildium_sync.store.cursors import decode_cursor, encode_cursor
from buildium_sync.store.entities import EntityStore, EntityWithSync
from buildium_sync.store.lookup_items import LookupStore

_MAX_READS = 5
"""Reads of lookups for one page. With many outdated lookups a page has fewer entities than requested."""
MAX_PAGE_BYTES = 1_000_000
"""The JSON of a page's fields. Lambda's limit for a response is 6 MB, with the body as an escaped string."""
_START = "0"
"""Before every time."""


class FilteredLists:
    """The lists of all types with one filter."""

    def __init__(self, store: EntityStore, lookups: LookupStore) -> None:
        self._store = store
        self._lookups = lookups

    def page(
        self, entity_type: EntityType, chosen: ListFilter, *, limit: int, cursor: str | None
    ) -> tuple[list[StoredEntity], str | None]:
        """Return one page of the entities that match a filter, and the cursor of the next page.

        They are in order of creation, with `updatedSince` in order of their last change. Large entities make a page
        shorter than `limit`. Raises MalformedRequest for a cursor of another list.
        """
        if chosen.name in IDS:
            return self._identified(entity_type, chosen), None
        list_key = {"type": entity_type.name, "filter": chosen.name, "value": chosen.value}
        after = _position(cursor, list_key) if cursor else _start(chosen)
        lookups = self._lookups_of(entity_type, chosen)
        found: dict[str, StoredEntity] = {}
        for _ in range(_MAX_READS):
            places, has_more = self._lookups.page(entity_type.name, lookups, after=after, limit=limit - len(found))
            matching = found | self._matching(entity_type, lookups, places)
            found = _first_that_fit(matching)
            if len(found) < len(matching):
                after, has_more = list(found)[-1], True
                break
            after = places[-1] if places else after
            if not has_more or len(found) == limit:
                break
        return with_links(self._store, list(found.values())), encode_cursor(
            {**list_key, "after": after}
        ) if has_more else None

    def _identified(self, entity_type: EntityType, chosen: ListFilter) -> list[StoredEntity]:
        """Return the entity with an external id or a Buildium id, by the item that makes the id unique."""
        name, is_external = entity_type.name, chosen.name == EXTERNAL_ID
        if is_external:
            ref = self._store.with_external_id(name, chosen.value)
        else:
            local_id = self._store.local_ids([(name, int(chosen.value))]).get((name, int(chosen.value)))
            ref = EntityRef(name, local_id) if local_id is not None else None
        loaded = self._store.load(ref) if ref is not None else None
        if loaded is None or chosen.value != (
            loaded.entity.external_id if is_external else str(loaded.sync.buildium_id)
        ):
            return []
        return with_links(self._store, [StoredEntity(entity_type, loaded.entity, loaded.sync)])

    def _lookups_of(self, entity_type: EntityType, chosen: ListFilter) -> list[str]:
        """Return the lookups that find a filter's entities. Fields may name an entity by local id or Buildium id."""
        if chosen.name == UPDATED_SINCE:
            return [UPDATED]
        field = entity_type.reference_filters.get(chosen.name)
        ids = self._ids(entity_type.reference_fields[field], chosen.value) if field else [chosen.value]
        return [lookup(chosen.name, each) for each in ids]

    def _ids(self, entity_type: str, text: str) -> list[str | int]:
        """Return the local ids and Buildium ids of the entity that a client names by either."""
        if (buildium_id := parse_buildium_id(text)) is not None:
            return [text, buildium_id, *self._store.local_ids([(entity_type, buildium_id)]).values()]
        sync = self._store.sync_record(EntityRef(entity_type, text))
        return [text] if sync is None or sync.buildium_id is None else [text, sync.buildium_id]

    def _matching(self, entity_type: EntityType, lookups: list[str], places: list[str]) -> dict[str, StoredEntity]:
        """Return the entities at these places of a list that still belong there, by place."""
        refs = {place: EntityRef(entity_type.name, place.partition("#")[2]) for place in places}
        loaded = self._store.load_all(refs.values())
        return {
            place: StoredEntity(entity_type, each.entity, each.sync)
            for place, ref in refs.items()
            if (each := loaded.get(ref)) and _is_at(entity_type, each, lookups, place)
        }


def _first_that_fit(found: Mapping[str, StoredEntity]) -> dict[str, StoredEntity]:
    """Return the first entities that fit in one page, at least one."""
    sizes = accumulate(len(json.dumps(each.entity.fields)) for each in found.values())
    count = max(1, sum(size <= MAX_PAGE_BYTES for size in sizes))
    return dict(islice(found.items(), count))


def _is_at(entity_type: EntityType, loaded: EntityWithSync, lookups: list[str], place: str) -> bool:
    """Return whether an entity has one of the lookups with the time of a place."""
    entity, sync = loaded.entity, loaded.sync
    current = {**entity_lookups(entity_type, entity, in_buildium=sync.buildium_id is not None), **sync_lookups(sync)}
    time = place.partition("#")[0]
    return any(current.get(each) == time for each in lookups)


def _start(chosen: ListFilter) -> str:
    # A time precedes all places with this time.
    return chosen.value if chosen.name == UPDATED_SINCE else _START


def _position(cursor: str, list_key: dict[str, str]) -> str:
    after: str = decode_cursor(cursor, list_key, "after")["after"]
    if not after.isascii():
        raise MalformedRequest.of("cursor", "is not a valid nextCursor value for this list")
    return after
