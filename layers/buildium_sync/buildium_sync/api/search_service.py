"""Finds entities of all types by one of their ids, or by the beginning of a search term.

Terms follow the entities table by a few seconds. Each entity is read again, so a result never has an outdated name.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from buildium_sync.domain.entity import EntityRef, is_valid_id
from buildium_sync.domain.external_id import is_valid_external_id
from buildium_sync.domain.labels import address_of, name_of
from buildium_sync.domain.reference_contract import parse_buildium_id
from buildium_sync.domain.search_terms import MIN_LENGTH, search_term, search_terms
from buildium_sync.entity_types.registry import TYPE_NAMES, by_name
from buildium_sync.errors import MalformedRequest
from buildium_sync.store.entities import EntityStore, EntityWithSync
from buildium_sync.store.search_term_items import SearchTermStore

_MAX_RESULTS = 20


class SearchService:
    """Searches all entities."""

    def __init__(self, store: EntityStore, terms: SearchTermStore) -> None:
        self._store = store
        self._terms = terms

    def search(self, text: str) -> dict[str, Any]:
        """Return the entities that a text finds: by id first, then by term. `hasMore` says that the list is cut.

        Raises MalformedRequest for a text that is too short.
        """
        term = search_term(text)
        if len(term) < MIN_LENGTH and parse_buildium_id(text.strip()) is None:
            raise MalformedRequest.of("q", f"must have at least {MIN_LENGTH} characters, or be a Buildium ID.")
        found = dict(self._identified(text.strip()))
        refs, has_more = self._terms.page(term, limit=_MAX_RESULTS) if len(term) >= MIN_LENGTH else ([], False)
        for ref in refs:
            found.setdefault(ref, "term")
        loaded = self._store.load_all(found)
        items = list(_results(found, loaded, term))
        return {"items": items[:_MAX_RESULTS], "hasMore": has_more or len(items) > _MAX_RESULTS}

    def _identified(self, text: str) -> Iterator[tuple[EntityRef, str]]:
        """Yield the entities with this id, and which id it is."""
        if is_valid_id(text):
            for ref in self._store.sync_records(EntityRef(name, text) for name in TYPE_NAMES):
                yield ref, "localId"
        if (buildium_id := parse_buildium_id(text)) is not None:
            for (name, _), local_id in self._store.local_ids((name, buildium_id) for name in TYPE_NAMES).items():
                yield EntityRef(name, local_id), "buildiumId"
        if is_valid_external_id(text):
            for ref in self._store.with_external_id_of_any(TYPE_NAMES, text):
                yield ref, "externalId"


def _results(
    found: Mapping[EntityRef, str], loaded: Mapping[EntityRef, EntityWithSync], term: str
) -> Iterable[dict[str, Any]]:
    for ref, matched in found.items():
        each = loaded.get(ref)
        if each is None or (matched == "term" and not _has_term(each, term)):
            continue
        yield {
            "entityType": ref.entity_type,
            "entityId": ref.entity_id,
            "buildiumId": each.sync.buildium_id,
            "externalId": each.entity.external_id,
            "name": name_of(each.entity.fields),
            "address": address_of(each.entity.fields),
            "syncStatus": each.sync.status.value,
            "matched": matched,
        }


def _has_term(loaded: EntityWithSync, term: str) -> bool:
    terms = search_terms(by_name(loaded.entity.ref.entity_type), loaded.entity)
    return any(each.startswith(term) for each in terms)
