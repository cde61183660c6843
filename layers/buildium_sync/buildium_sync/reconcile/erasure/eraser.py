"""Erases the personal data of one entity, step by step. Each step can be repeated.

The values of the erased versions reach the timeline and the change feed through the stream. So the entity comes first,
and the rest when the timeline function has recorded that.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import NotFound, RetryLater
from buildium_sync.inbound.event_subjects import may_concern
from buildium_sync.reconcile.drift.comparer import ENTRIES, STATE, result_name
from buildium_sync.reconcile.erasure.job_errors import JobErrors
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.erasures import ErasureRecordStore
from buildium_sync.store.events import EventStore
from buildium_sync.store.failed_call_items import FailedCallStore
from buildium_sync.store.feed_erasure import FeedErasure, FeedPosition
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.partitions import HasTime
from buildium_sync.store.review_decisions import ReviewDecisionStore
from buildium_sync.store.timeline_pages import TimelineStore

_KEPT = frozenset({"status"})
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_PAGE_SIZE = 100


class ErasedStores(NamedTuple):
    """The stores that may have personal data of an entity."""

    entities: EntityStore
    decisions: ReviewDecisionStore
    timelines: TimelineStore
    feed: FeedErasure
    failed_calls: FailedCallStore
    events: EventStore
    jobs: JobStore
    records: ErasureRecordStore


class Eraser:
    """Erases one entity."""

    def __init__(self, stores: ErasedStores, job_errors: JobErrors, clock: Clock) -> None:
        self._stores = stores
        self._job_errors = job_errors
        self._clock = clock

    def erase_entity(self, ref: EntityRef) -> tuple[int, int]:
        """Blank an entity and its sync record, and delete its external id and intent.

        Returns the new version and revision. Raises NotFound, RetryLater during a sync, and ConcurrentWrite.
        """
        loaded, now, store = self._stores.entities.load(ref), self._clock(), self._stores.entities
        if loaded is None:
            raise NotFound(f"There is no {ref.entity_type} {ref.entity_id}.")
        entity, sync = loaded.entity, loaded.sync
        if sync.lease_until > now:
            raise RetryLater("The entity is being synced", sync.lease_until - now)
        after = _erased(by_name(ref.entity_type), entity, format_iso(now))
        record = sync.erased(after.version, now)
        external_id = [store.writes.delete_external_id(ref, entity.external_id)] if entity.external_id else []
        writes = (store.writes.put_entity(after), store.writes.put_sync(record), store.writes.delete_intent(ref))
        store.write(*writes, *external_id)
        return after.version, record.revision

    def is_recorded(self, ref: EntityRef, version: int, revision: int) -> bool:
        """Return whether the timeline function has recorded a version and a revision."""
        checkpoint = self._stores.timelines.checkpoints([ref])[ref]
        return checkpoint.version >= version and checkpoint.revision >= revision

    def erase_stores(self, ref: EntityRef, has_time: HasTime) -> bool:
        """Erase what is stored beside the entity, without the change feed. Return False if the time ended first.

        Raises RetryLater while a job with an error of the entity runs, and ConcurrentWrite.
        """
        sync, stores = self._sync_of(ref), self._stores
        for number in (ENTRIES, STATE):
            stores.jobs.put_chunk(result_name(ref), number, [], self._clock())
        self._job_errors.erase(ref, sync.buildium_id)
        return (
            stores.entities.erase_history(ref, has_time)
            and stores.timelines.erase(ref, has_time)
            and stores.failed_calls.erase(ref, has_time)
            and stores.decisions.erase(ref, sync.buildium_id, has_time)
            and self._erase_buildium_id(by_name(ref.entity_type), sync.buildium_id, has_time)
        )

    def erase_feed(self, ref: EntityRef, after: FeedPosition | None) -> FeedPosition | None:
        """Erase one page of the change feed, and return the position of the next, None at the end."""
        return self._stores.feed.erase(ref, after)

    def record(self, ref: EntityRef, *, requested_at: str, by: str | None) -> None:
        """Store the record of the erasure. `requested_at` is in ISO 8601."""
        self._stores.records.put(ref, requested_at=requested_at, by=by, at=format_iso(self._clock()))

    def _sync_of(self, ref: EntityRef) -> SyncRecord:
        sync = self._stores.entities.sync_record(ref)
        if sync is None:
            raise NotFound(f"There is no {ref.entity_type} {ref.entity_id}.")
        return sync

    def _erase_buildium_id(self, entity_type: EntityType, buildium_id: int | None, has_time: HasTime) -> bool:
        """Erase what names the Buildium entity: candidates in reviews of other entities, errors of events, reads."""
        if buildium_id is None:
            return True
        self._erase_candidates(entity_type, buildium_id)
        root, end = entity_type.path.partition("/{parent}")[0], f"/{buildium_id}"
        return self._stores.failed_calls.erase_others(
            lambda path: path.startswith(root) and path.endswith(end), has_time
        ) and self._stores.events.erase_errors(lambda event: may_concern(event, entity_type, buildium_id), has_time)

    def _erase_candidates(self, entity_type: EntityType, buildium_id: int) -> None:
        store, cursor, is_last = self._stores.entities, None, False
        while not is_last:
            records, cursor = store.list_by_status(
                Status.NEEDS_REVIEW, entity_type.name, limit=_PAGE_SIZE, cursor=cursor
            )
            for record in records:
                if any(each["buildiumId"] == buildium_id for each in record.candidate_details):
                    store.write(store.writes.put_sync(record.without_candidate(buildium_id)))
            is_last = cursor is None


def blanked(entity_type: EntityType, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields without values: null where the type allows it, else an empty text or list.

    References, the status, numbers and required dates stay: they name no person.
    """
    kept = _KEPT | entity_type.reference_fields.keys()
    return {
        name: value if name in kept else None if entity_type.is_nullable(name) else _blank(value)
        for name, value in fields.items()
    }


def _blank(value: Any) -> Any:
    match value:
        case str() if not _DATE.fullmatch(value):
            return ""
        case list():
            return []
        case dict():
            return {name: _blank(part) for name, part in value.items()}
        case _:
            return value


def _erased(entity_type: EntityType, entity: Entity, at: str) -> Entity:
    return entity._replace(
        version=entity.version + 1,
        fields=blanked(entity_type, entity.fields),
        origin=Origin.BUILDIUM,
        api_key_id=None,
        via=None,
        updated_at=at,
        deleted_at=entity.deleted_at or at,
        external_id=None,
        erased_at=at,
    )
