"""Matches unlinked local entities with Buildium entities, by natural key.

One local entity and one Buildium entity with the same key are linked. All other matches need a review: the local entity
gets the candidates. Its create intent keeps them from being created locally, as after a lost create.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from buildium_sync.clock import Clock
from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.reference_contract import BuildiumReference, Links
from buildium_sync.domain.review_candidates import candidate_details
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import ConcurrentWrite
from buildium_sync.linking.id_links import resolve_all_links
from buildium_sync.linking.property_scope import PropertyScope
from buildium_sync.reconcile.imports.natural_key_index import NaturalKeyIndex, natural_key
from buildium_sync.reconcile.jobs.time_budget import batched
from buildium_sync.store.entities import EntityStore, EntityWithSync
from buildium_sync.store.queues import SyncMessage, SyncQueue

_WAITING = (Status.PENDING, Status.BLOCKED, Status.FAILED, Status.NEEDS_REVIEW)
"""The statuses of entities that may be unlinked. One that is being synced is left to its worker."""
_PAGE_SIZE = 500


class CandidateMatch(NamedTuple):
    """A local entity and a Buildium entity that it may be, by their ids.

    `fields` describe the Buildium entity (see `review_candidates.candidate_fields`). Of several matches of one Buildium
    entity, one has them.
    """

    entity_id: str
    buildium_id: int
    fields: Fields | None = None


class Matcher:
    """Finds and resolves the matches of one entity type."""

    def __init__(self, store: EntityStore, queue: SyncQueue, clock: Clock, scope: PropertyScope) -> None:
        self._store = store
        self._scope = scope
        self._queue = queue
        self._clock = clock

    def index_unlinked(self, entity_type: EntityType) -> NaturalKeyIndex:
        """Return the natural keys of a type's unlinked entities. One with an open create is left out."""
        records = (record for status in _WAITING for record in self._waiting_records(status))
        found = {r.ref.entity_id for r in records if r.ref.entity_type == entity_type.name and r.buildium_id is None}
        ids = sorted(found)
        # An entity with its sync record is much larger than its key. So only some are loaded at a time.
        keys = {id_: key for page in batched(ids, _PAGE_SIZE) for id_, key in self._keys(entity_type, page)}
        return NaturalKeyIndex(entity_type, keys)

    def _keys(self, entity_type: EntityType, ids: Iterable[str]) -> list[tuple[str, dict[str, Any]]]:
        """Return the local ids and natural keys of those entities that can be linked."""
        refs = [EntityRef(entity_type.name, entity_id) for entity_id in ids]
        found = [loaded for loaded in self._store.load_all(refs).values() if self._is_linkable(loaded)]
        links = resolve_all_links(self._store, entity_type, [each.entity.fields for each in found], [])
        keys = {each.entity.ref.entity_id: natural_key(entity_type, each, links) for each in found}
        return [(entity_id, key) for entity_id, key in keys.items() if key is not None]

    def resolve(
        self,
        entity_type: EntityType,
        matches: Iterable[CandidateMatch],
        *,
        within: Collection[int] | None = None,
        has_time: Callable[[], bool] = lambda: True,
    ) -> "MatchOutcome | None":
        """Link each match or flag it for review.

        It can be repeated without effect. Returns None if the time ended first: then it has to be repeated. With
        `within`, it writes only local entities that match one of these Buildium ids.
        """
        remote_ids: dict[str, set[int]] = defaultdict(set)
        local_ids: dict[int, set[str]] = defaultdict(set)
        fields: dict[int, Fields] = {}
        for match in matches:
            # The match may be older than the list of properties.
            if not self._scope.may_be_local(BuildiumReference(entity_type.name, match.buildium_id)):
                continue
            remote_ids[match.entity_id].add(match.buildium_id)
            local_ids[match.buildium_id].add(match.entity_id)
            fields |= {match.buildium_id: match.fields} if match.fields else {}
        claimed = {buildium_id for intent in self._store.intents(entity_type.name) for buildium_id in intent.seen}
        outcome = MatchOutcome()
        # Loaded by the page: an entity with its sync record takes several kilobytes.
        chosen = [each for each, ids in remote_ids.items() if within is None or not ids.isdisjoint(within)]
        for page in batched(sorted(chosen), _PAGE_SIZE):
            if not has_time():
                return None
            loaded = self._store.load_all(EntityRef(entity_type.name, entity_id) for entity_id in page)
            links = resolve_all_links(self._store, entity_type, [each.entity.fields for each in loaded.values()], [])
            for ref, each in loaded.items():
                ids = sorted(remote_ids[ref.entity_id])
                candidates = {buildium_id: fields.get(buildium_id, {}) for buildium_id in ids}
                is_unambiguous = len(ids) == 1 and len(local_ids[ids[0]]) == 1 and ids[0] not in claimed
                self._resolve_one(outcome, entity_type, each, links, candidates, is_unambiguous=is_unambiguous)
        return outcome

    def _resolve_one(
        self,
        outcome: "MatchOutcome",
        entity_type: EntityType,
        loaded: EntityWithSync,
        links: Links,
        candidates: Mapping[int, Fields],
        *,
        is_unambiguous: bool,
    ) -> None:
        key = natural_key(entity_type, loaded, links)
        if loaded.sync.buildium_id is not None:
            outcome.linked.update(candidates)
            return
        if loaded.sync.status is Status.NEEDS_REVIEW and loaded.sync.candidates == list(candidates):
            outcome.ambiguous.update(candidates)
            outcome.reviews += 1
            return
        if key is None or not self._is_linkable(loaded):
            outcome.stale.update(candidates)
            return
        try:
            if is_unambiguous:
                self._link(loaded, *candidates)
                outcome.linked.update(candidates)
            else:
                self._flag_for_review(entity_type, loaded, candidates)
                outcome.ambiguous.update(candidates)
                outcome.reviews += 1
        except ConcurrentWrite:
            outcome.stale.update(candidates)

    def _link(self, loaded: EntityWithSync, buildium_id: int) -> None:
        """Link the two, and queue the sync that merges them."""
        record = loaded.sync.matched(buildium_id, self._clock())
        items = self._store.writes
        self._store.write(items.put_sync(record), items.put_link(record.ref, buildium_id))
        self._queue.send(SyncMessage.of(record))

    def _flag_for_review(
        self, entity_type: EntityType, loaded: EntityWithSync, candidates: Mapping[int, Fields]
    ) -> None:
        now, ids = self._clock(), list(candidates)
        known = {buildium_id: fields for buildium_id, fields in candidates.items() if fields}
        text = f"Possible matches in Buildium: {ids}"
        details = candidate_details(entity_type, loaded.entity.fields, known)
        record = loaded.sync.needs_review(text, ids, details, now)
        # Nothing was sent. The intent keeps the candidates from being created locally.
        intent = CreateIntent(record.ref, {}, None, at=now, until=now, seen=ids)
        self._store.write(self._store.writes.put_sync(record), self._store.writes.put_intent(intent))

    def _is_linkable(self, loaded: EntityWithSync) -> bool:
        sync = loaded.sync
        is_waiting = sync.buildium_id is None and sync.intent_at is None and sync.lease_until <= self._clock()
        return is_waiting and not loaded.entity.deleted_at

    def _waiting_records(self, status: Status) -> Iterable[SyncRecord]:
        cursor: str | None = None
        while True:
            records, cursor = self._store.list_by_status(status, None, limit=_PAGE_SIZE, cursor=cursor)
            yield from records
            if cursor is None:
                return


class MatchOutcome:
    """The Buildium ids of the matches, by result.

    `reviews` counts the local entities that need a review. Matches are `stale` if the local entity changed since: the
    next import resolves them.
    """

    def __init__(self) -> None:
        self.linked: set[int] = set()
        self.ambiguous: set[int] = set()
        self.stale: set[int] = set()
        self.reviews = 0
