"""Which of ours that are not in Buildium yet are there all the same, made by somebody: told by the natural key.

Exactly one of ours and exactly one of theirs are linked. Anything else is for a person: ours gets the candidates, and
an intent that keeps them from being taken over by anyone else, as for a create whose answer was lost.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, NamedTuple

from buildium_sync.clock import Clock
from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import NO_LINKS, EntityType, Fields, Links, Payload
from buildium_sync.domain.review_candidates import candidate_details
from buildium_sync.domain.sync_record import Status, SyncRecord
from buildium_sync.errors import ConcurrentWrite
from buildium_sync.linking.id_links import resolve_all_links
from buildium_sync.store.entities import EntityStore, EntityWithSync
from buildium_sync.store.queues import SyncMessage, SyncQueue

_WAITING = (Status.PENDING, Status.BLOCKED, Status.FAILED, Status.NEEDS_REVIEW)
"""The states of entities that are not in Buildium; one that is being synced is left to its worker."""
_PAGE = 500


class CandidateMatch(NamedTuple):
    """One of ours and one of Buildium's that it may be, by their ids.

    `told` is what is kept of Buildium's (see `candidates.told`); of several matches with the same one, one has it.
    """

    entity_id: str
    buildium_id: int
    told: Fields | None = None


class Matcher:
    """Compares one type's entities of ours with those that Buildium lists."""

    def __init__(self, store: EntityStore, queue: SyncQueue, clock: Clock) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock

    def index_unlinked(self, entity_type: EntityType) -> "NaturalKeyIndex":
        """Return the entities of a type that are not in Buildium and that no create of ours may have put there."""
        pages = (record for status in _WAITING for record in self._waiting_records(status))
        refs = {r.ref for r in pages if r.ref.entity_type == entity_type.name and r.buildium_id is None}
        found = {ref: loaded for ref, loaded in self._store.load_all(refs).items() if self._is_linkable(loaded)}
        links = resolve_all_links(self._store, entity_type, [each.entity.fields for each in found.values()], [])
        keys = {ref: natural_key(entity_type, loaded, links) for ref, loaded in found.items()}
        return NaturalKeyIndex(entity_type, {ref.entity_id: key for ref, key in keys.items() if key is not None})

    def resolve(self, entity_type: EntityType, matches: Iterable[CandidateMatch]) -> "MatchOutcome":
        """Link or put to review what was found to match. Safe to be done again."""
        theirs: dict[str, set[int]] = defaultdict(set)
        ours: dict[int, set[str]] = defaultdict(set)
        told: dict[int, Fields] = {}
        for match in matches:
            theirs[match.entity_id].add(match.buildium_id)
            ours[match.buildium_id].add(match.entity_id)
            told |= {match.buildium_id: match.told} if match.told else {}
        loaded = self._store.load_all(EntityRef(entity_type.name, entity_id) for entity_id in theirs)
        links = resolve_all_links(self._store, entity_type, [each.entity.fields for each in loaded.values()], [])
        claimed = {buildium_id for intent in self._store.intents(entity_type.name) for buildium_id in intent.seen}
        decided = MatchOutcome()
        for ref, each in loaded.items():
            candidates = {buildium_id: told.get(buildium_id, {}) for buildium_id in sorted(theirs[ref.entity_id])}
            only = next(iter(candidates)) if len(candidates) == 1 else None
            is_sure = only is not None and len(ours[only]) == 1 and only not in claimed
            self._resolve_one(decided, entity_type, each, links, candidates, is_sure=is_sure)
        return decided

    def _resolve_one(
        self,
        decided: "MatchOutcome",
        entity_type: EntityType,
        loaded: EntityWithSync,
        links: Links,
        candidates: Mapping[int, Fields],
        *,
        is_sure: bool,
    ) -> None:
        key = natural_key(entity_type, loaded, links)
        if loaded.sync.buildium_id is not None:
            decided.linked.update(candidates)
            return
        if key is None or not self._is_linkable(loaded):
            decided.stale.update(candidates)
            return
        try:
            if is_sure:
                self._link(loaded, *candidates)
                decided.linked.update(candidates)
            else:
                self._flag_for_review(entity_type, loaded, candidates)
                decided.ambiguous.update(candidates)
                decided.reviews += 1
        except ConcurrentWrite:
            decided.stale.update(candidates)

    def _link(self, loaded: EntityWithSync, buildium_id: int) -> None:
        """Say that ours is Buildium's, and have the two brought together by the sync."""
        record = loaded.sync.matched(buildium_id, self._clock())
        changes = self._store.changes
        self._store.write(changes.put_sync(record), changes.put_link(record.ref, buildium_id))
        self._queue.send(SyncMessage.of(record))

    def _flag_for_review(
        self, entity_type: EntityType, loaded: EntityWithSync, candidates: Mapping[int, Fields]
    ) -> None:
        now, ids = self._clock(), list(candidates)
        known = {buildium_id: fields for buildium_id, fields in candidates.items() if fields}
        text = f"Possible matches in Buildium: {ids}"
        details = candidate_details(entity_type, loaded.entity.fields, known)
        record = loaded.sync.needs_review(text, ids, details, now)
        # Nothing was sent: the intent keeps the candidates from being created locally a second time.
        intent = CreateIntent(record.ref, {}, None, at=now, until=now, seen=ids)
        self._store.write(self._store.changes.put_sync(record), self._store.changes.put_intent(intent))

    def _is_linkable(self, loaded: EntityWithSync) -> bool:
        sync = loaded.sync
        is_waiting = sync.buildium_id is None and sync.intent_at is None and sync.lease_until <= self._clock()
        return is_waiting and not loaded.entity.deleted_at

    def _waiting_records(self, status: Status) -> Iterable[SyncRecord]:
        cursor: str | None = None
        while True:
            records, cursor = self._store.list_by_status(status, None, limit=_PAGE, cursor=cursor)
            yield from records
            if cursor is None:
                return


class MatchOutcome:
    """What became of the entities of Buildium's that match one of ours, by their ids.

    `reviews` counts those of ours that a person has to decide on. Some have moved on meanwhile: another import
    brings them.
    """

    def __init__(self) -> None:
        self.linked: set[int] = set()
        self.ambiguous: set[int] = set()
        self.stale: set[int] = set()
        self.reviews = 0


class NaturalKeyIndex:
    """The natural keys of entities of ours, by their ids, arranged so that few are compared with one of Buildium's."""

    def __init__(self, entity_type: EntityType, keys: Mapping[str, Mapping[str, Any]]) -> None:
        self._entity_type = entity_type
        self._groups: dict[Hashable, list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
        for entity_id, key in keys.items():
            self._groups[self._group(key)].append((entity_id, key))

    def matches(self, message: Payload) -> list[str]:
        """Return our ids of those that an entity of Buildium's may be."""
        if not self._groups:
            return []
        theirs = self._entity_type.natural_key(self._entity_type.from_buildium(message, NO_LINKS), NO_LINKS)
        group = self._groups.get(self._group(theirs), [])
        return [entity_id for entity_id, key in group if self._entity_type.is_match(message, key)]

    def _group(self, key: Mapping[str, Any]) -> Hashable:
        return tuple(key[name] for name in self._entity_type.exact_match_fields)


def natural_key(entity_type: EntityType, loaded: EntityWithSync, links: Links) -> dict[str, Any] | None:
    """Return an entity's natural key, None while something that it refers to is not in Buildium."""
    try:
        return entity_type.natural_key(loaded.entity.fields, links)
    except KeyError:
        return None
