"""Reviews: a person decides which Buildium entity matches a local entity, or that none does."""

from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.review_decision import ReviewDecision
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import ConcurrentWrite, EntityDeleted, FieldError, InvalidFields, NotFound, ReviewNotPending
from buildium_sync.linking import auto_created
from buildium_sync.store.entities import EntityStore, EntityWithSync
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.queues import SyncMessage, SyncQueue
from buildium_sync.store.writes import MAX_WRITE_CONFLICTS, TableWrite

_LINK_INDEX = 1
"""The index of the link in the transaction."""


class ReviewService:
    """Stores a person's decision. It does not call Buildium: the sync has found the candidates."""

    def __init__(self, store: EntityStore, jobs: JobStore, queue: SyncQueue, clock: Clock) -> None:
        self._store = store
        self._jobs = jobs
        self._queue = queue
        self._clock = clock

    def decide(self, ref: EntityRef, buildium_id: int | None, by: str | None = None) -> SyncRecord:
        """Link an entity to a candidate, or with None let the sync create a new one without another search.

        `by` is the id of the API key. The sync then merges the two. Repeating a decision changes nothing. Raises
        NotFound or EntityDeleted. Raises ReviewNotPending if the entity is not in review, or if the candidate is linked
        to another entity. Raises InvalidFields for an id that is not a candidate, and ConcurrentWrite after repeated
        conflicts.
        """
        by_name(ref.entity_type)
        for _ in range(MAX_WRITE_CONFLICTS):
            loaded = self._store.load(ref) if ref.entity_id else None
            if loaded is None:
                raise NotFound(f"{ref.entity_type.capitalize()} {ref.entity_id!r} not found.")
            if buildium_id is not None and loaded.sync.buildium_id == buildium_id:
                return loaded.sync
            _check(loaded, buildium_id)
            try:
                return self._write(loaded.sync, buildium_id, by)
            except ConcurrentWrite as conflict:
                if buildium_id is not None and _LINK_INDEX in conflict.failed:
                    raise ReviewNotPending(
                        f"Buildium {ref.entity_type} {buildium_id} is already linked to another entity."
                    ) from None
        raise ConcurrentWrite(f"Concurrent updates to {ref.pk}")

    def _write(self, sync: SyncRecord, buildium_id: int | None, by: str | None) -> SyncRecord:
        intent = self._store.intent(sync.ref)
        base, link, is_own_create = sync.base, list[TableWrite](), False
        if buildium_id is not None:
            # Both sides agreed on what a lost create sent: later edits in Buildium are kept.
            sent = intent if intent is not None and intent.highest_id is not None else None
            base = sent.fields if sent else None
            link = self._link(sync.ref, buildium_id, is_sent=sent is not None)
            # A stack that is limited to some properties syncs those that it creates, too.
            is_own_create = sent is not None and buildium_id > (sent.highest_id or 0)
        now = self._clock()
        record = sync.review_decided(buildium_id, base, now, by, is_own_create=is_own_create)
        decision = ReviewDecision(sync.ref, format_iso(now), buildium_id, sync.candidates, sync.candidate_details, by)
        if intent is not None and intent.seen:
            # The polls create the other candidates locally. They had been skipped because of this entity.
            self._jobs.request_rewind(format_iso(intent.at))
        items = self._store.writes
        self._store.write(items.put_sync(record), *link, items.delete_intent(sync.ref), items.put_decision(decision))
        self._queue.send(SyncMessage.of(record))
        return record

    def _link(self, ref: EntityRef, buildium_id: int, *, is_sent: bool) -> list[TableWrite]:
        """Return the link, and the records of what Buildium may have created with a lost create."""
        items, entity_type = self._store.writes, by_name(ref.entity_type)
        records = auto_created.unknown(items, entity_type, ref, self._clock()) if is_sent else []
        return [*([items.put_link(ref, buildium_id)] if entity_type.has_own_id else []), *records]


def _check(loaded: EntityWithSync, buildium_id: int | None) -> None:
    sync = loaded.sync
    if loaded.entity.deleted_at:
        raise EntityDeleted(f"Entity was deleted in Buildium at {loaded.entity.deleted_at}.")
    if sync.status is not Status.NEEDS_REVIEW:
        raise ReviewNotPending(f"Entity does not need review (status: {sync.status.value}).")
    if buildium_id is not None and buildium_id not in sync.candidates:
        raise InvalidFields([FieldError("buildiumId", f"must be null or one of the candidates: {sync.candidates}")])
