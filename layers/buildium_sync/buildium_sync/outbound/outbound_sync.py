"""The outbound flow: syncs an entity's current version to Buildium exactly once.

First attempt, retry, redrive and sweep all call `OutboundSync.sync`, which reads the state and decides what to do.
"""

import uuid
from collections.abc import Callable
from dataclasses import replace

from buildium_sync.buildium.call_description import calls_for
from buildium_sync.clock import Clock, format_iso, parse_iso
from buildium_sync.domain.create_intent import INTENT_RETENTION_SECONDS, CreateIntent
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.lease_end import lease_end
from buildium_sync.domain.merge import followed_changed
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import (
    BlockedByDependency,
    BuildiumError,
    BuildiumNotFound,
    BuildiumUnavailable,
    ConcurrentWrite,
    CreateNotApplied,
    NeedsReview,
    NotInBuildium,
    OutcomeUnknown,
    RetryLater,
    Scope,
)
from buildium_sync.linking.auto_created import AutoCreated
from buildium_sync.linking.id_links import resolve_links, with_local_ids
from buildium_sync.linking.property_scope import PropertyScope
from buildium_sync.observability import logger
from buildium_sync.outbound.adoption import Adoption
from buildium_sync.outbound.attempt import Attempt, WriteResult
from buildium_sync.outbound.attempt_recorder import AttemptRecorder
from buildium_sync.outbound.buildium_writer import BuildiumWriter
from buildium_sync.store.entities import EntityStore, EntityWithSync
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.queues import SyncMessage, SyncQueue

_MAX_ITERATIONS = 10
"""Attempts of one call, because of newer versions and lost races, before the entity is queued again."""
_COALESCE_WINDOW_SECONDS = 1
"""Seconds between two writes of one entity. Edits within them are synced by one call."""
_EARLY_DELIVERY_TOLERANCE_SECONDS = 0.5
"""Seconds by which a message may arrive too early, because of clock skew."""
_MAX_DEPENDENCIES = 40
"""Dependencies that are stored at a time. Each takes two of the 100 actions of a transaction."""
_EXPIRED_INTENT = (
    "The response to a create was lost, and its data has expired. Search Buildium for the entity before you decide."
)
_SHOWN_SECONDS = 10.0
"""Seconds after a write in which a 404 does not prove a deletion."""


class OutboundSync:
    """Syncs entities to Buildium.

    `followers` refreshes the entities that change along with an entity. It gets the entity's type, Buildium id and
    fields. `is_paused` returns whether the syncs of a type wait. `visibility_delay` is the number of seconds after
    which a create cannot appear in Buildium any more.
    `time_left` returns the seconds until this function is ended. Every lease lasts longer.
    """

    def __init__(
        self,
        store: EntityStore,
        writer: BuildiumWriter,
        adoption: Adoption,
        auto_created: AutoCreated,
        queue: SyncQueue,
        recorder: AttemptRecorder,
        jobs: JobStore,
        scope: PropertyScope,
        *,
        followers: Callable[[EntityType, int, Fields], None],
        visibility_delay: float,
        is_paused: Callable[[str], bool],
        clock: Clock,
        time_left: Callable[[], float],
    ) -> None:
        self._store = store
        self._writer = writer
        self._adoption = adoption
        self._auto_created = auto_created
        self._queue = queue
        self._recorder = recorder
        self._jobs = jobs
        self._scope = scope
        self._followers = followers
        self._visibility_delay = visibility_delay
        self._is_paused = is_paused
        self._clock = clock
        self._time_left = time_left

    def sync(self, message: SyncMessage) -> Status | None:
        """Sync the entity's current version to Buildium. Returns the sync status, None for an unknown entity.

        No attempt is made for a synced version, for a failed one unless the message is a redrive, for a deferred one,
        which has a message of its own, or for an entity that another worker has leased. That worker sees every version
        written before it ends, and the sweep follows its lease. A version within a second of the last write is delayed
        by one second. A paused one is left to the sweep.

        Raises botocore's errors if the table or the queue does not respond.
        """
        for _ in range(_MAX_ITERATIONS):
            loaded = self._store.load(message.ref)
            if loaded is None:
                logger.warning("Entity not found", extra={"entity": message.ref.pk})
                return None
            if loaded.sync.is_synced:
                self._release_dependents(message.ref, loaded.dependents)
                return loaded.sync.status
            if not self._should_attempt(loaded, message):
                return loaded.sync.status
            if self._written_recently(loaded.sync):
                self._queue.send(message, _COALESCE_WINDOW_SECONDS)
                return loaded.sync.status
            try:
                with calls_for(message.ref):
                    is_paused = self._is_paused(message.ref.entity_type)
                    status = self._leave_pending(loaded.sync) if is_paused else self._attempt(loaded)
            except ConcurrentWrite:
                continue
            if status is not None:
                return status
        self._queue.send(message)
        return Status.PENDING

    def _should_attempt(self, loaded: EntityWithSync, message: SyncMessage) -> bool:
        sync, now = loaded.sync, self._clock()
        if (
            loaded.entity.deleted_at
            or sync.lease_until > now
            or sync.not_before > now + _EARLY_DELIVERY_TOLERANCE_SECONDS
        ):
            return False
        if sync.status is Status.FAILED:
            return message.redrive
        return sync.status is not Status.NEEDS_REVIEW

    def _leave_pending(self, sync: SyncRecord) -> Status:
        """Leave an entity to the sweep, which queues it after the pause.

        A redriven one becomes pending, since its dead letter is used up. Raises ConcurrentWrite.
        """
        if sync.status is Status.FAILED:
            sync = sync.reset_for_retry(self._clock())
            self._store.write(self._store.writes.put_sync(sync))
        return sync.status

    def _written_recently(self, sync: SyncRecord) -> bool:
        """Return whether the last write is so recent that more edits may follow. One call then syncs them all."""
        synced_at = sync.last_synced_at
        return synced_at is not None and synced_at > format_iso(self._clock() - _COALESCE_WINDOW_SECONDS)

    def _claim_auto_created(self, loaded: EntityWithSync) -> bool:
        """Link an entity to the unit that Buildium created automatically, so that its create makes no duplicate.

        Buildium: a property that is created without units gets one. The first local unit is linked to it. Returns
        whether there was one; then the state must be read again. Raises RetryLater and BuildiumError.
        """
        entity, sync = loaded.entity, loaded.sync
        entity_type = by_name(entity.ref.entity_type)
        if entity_type.auto_created_by_field is None or sync.buildium_id is not None or sync.intent_at is not None:
            return False
        for reference in entity_type.local_references(with_local_ids(self._store, entity_type, entity.fields)):
            if reference.field == entity_type.auto_created_by_field:
                return self._claim_beside(sync, EntityRef(*reference.target))
        return False

    def _claim_beside(self, sync: SyncRecord, parent: EntityRef) -> bool:
        kind, items = sync.ref.entity_type, self._store.writes
        found = self._auto_created.of(parent, kind)
        if found is None or found.buildium_id is None:
            return False
        try:
            self._store.write(
                items.put_sync(sync.linked(found.buildium_id)),
                items.put_link(sync.ref, found.buildium_id),
                items.delete_auto_created_unit(parent, kind),
            )
        except ConcurrentWrite as conflict:
            # Deleted only if another entity is linked to it by now. After a lost race it stays for the next read.
            if 1 in conflict.failed:
                self._store.write(items.delete_auto_created_unit(parent, kind))
        return True

    def _attempt(self, loaded: EntityWithSync) -> Status | None:
        """Make one attempt. Returns None if the state must be read again.

        Raises ConcurrentWrite if another writer was faster and nothing was sent.
        """
        held, intent = loaded.sync, None
        try:
            self._check_scope(loaded)
            if self._claim_auto_created(loaded):
                return None
            attempt = self._acquire_lease(self._prepare(loaded))
            held, intent = attempt.sync, attempt.pending_intent
            written = self._write(attempt)
            self._refresh_followers(attempt, written)
        except ConcurrentWrite:
            raise
        except CreateNotApplied as error:
            self._release_candidates(intent)
            return self._recorder.record_failure(held, error)
        except NotInBuildium:
            return self._recorder.record_deletion(attempt)
        except Exception as error:  # noqa: BLE001 -- no error may stop the other entities
            return self._recorder.record_failure(held, error)
        self._recorder.record_success(attempt, written)
        return None

    def _check_scope(self, loaded: EntityWithSync) -> None:
        """Raise OutOfScope for an entity of a property that this stack does not sync. Raises BuildiumError."""
        entity_type = by_name(loaded.entity.ref.entity_type)
        if (outside := self._scope.outside_outbound(entity_type, loaded)) is not None:
            raise outside

    def _prepare(self, loaded: EntityWithSync) -> Attempt:
        """Resolve everything that the attempt needs, before the lease is acquired. Raises SyncBlocked."""
        entity, sync = loaded.entity, loaded.sync
        entity_type = by_name(entity.ref.entity_type)
        links = resolve_links(self._store, entity_type, entity.fields)
        attempt = Attempt(entity_type, entity, sync, links)
        if attempt.is_deletion and not sync.may_be_in_buildium:
            return attempt
        missing = [r for r in entity_type.local_references(entity.fields) if r.target not in links.buildium_ids]
        if missing:
            raise BlockedByDependency(missing[0].field, [reference.target for reference in missing[:_MAX_DEPENDENCIES]])
        if sync.buildium_id is not None:
            return attempt
        earlier = self._store.intent(entity.ref) if sync.intent_at is not None else None
        if earlier is None and sync.intent_at is not None and self._may_be_expired(sync.intent_at):
            raise NeedsReview(_EXPIRED_INTENT, [], [])
        # Search for the lost create first, even if the entity could not be created or is to be deleted.
        return self._with_create_intent(attempt) if earlier is None else attempt._replace(pending_intent=earlier)

    def _may_be_expired(self, intent_at: float) -> bool:
        """Return whether an intent of this time (epoch seconds) may have expired. A younger one was deleted."""
        return self._clock() >= intent_at + INTENT_RETENTION_SECONDS

    def _with_create_intent(self, attempt: Attempt) -> Attempt:
        """Return the attempt with the payload and the intent of a create. Raises SyncBlocked."""
        entity_type, entity, links = attempt.entity_type, attempt.entity, attempt.links
        filled = self._writer.with_defaults(entity_type, entity.fields)
        payload = entity_type.to_create(filled, links)
        highest_id = self._adoption.highest_id(entity_type)
        # Read after both calls, which may take a while.
        now = self._clock()
        fields = entity_type.as_created(entity.fields)
        sent = entity_type.sent_with_create(entity_type.as_created(filled))
        defaults = {name: value for name, value in sent.items() if value != fields.get(name)}
        intent = CreateIntent(entity.ref, fields, highest_id, now, lease_end(now, self._time_left()), defaults=defaults)
        return attempt._replace(payload=payload, intent=intent)

    def _acquire_lease(self, attempt: Attempt) -> Attempt:
        """Acquire the lease, and store a new intent in the same transaction. Raises ConcurrentWrite."""
        now = self._clock()
        until = lease_end(now, self._time_left())
        new_intent = attempt.intent
        claimed = attempt.sync.leased(
            uuid.uuid4().hex,
            now,
            until,
            intent_at=new_intent.at if new_intent else None,
            # A killed worker may have sent the create at any time of its lease.
            create_visible_until=until + self._visibility_delay,
            sent_update=attempt.sent_update(attempt.sync.base),
        )
        writes = [self._store.writes.put_sync(claimed)]
        if new_intent is not None:
            writes.append(self._store.writes.put_intent(new_intent))
        try:
            self._store.write(*writes)
        except ConcurrentWrite:
            # The SDK repeats a call whose response was lost, and then meets its own first write.
            found = self._store.sync_record(claimed.ref)
            if found is None or found.lease_owner != claimed.lease_owner:
                raise
        return attempt._replace(sync=claimed)

    def _write(self, attempt: Attempt) -> WriteResult:
        if attempt.sync.buildium_id is not None:
            return self._write_linked(attempt)
        if attempt.pending_intent is not None:
            if attempt.entity_type.waits_for_visibility:
                self._await_visibility(attempt.sync)
            lost = self._adoption.find(attempt.entity_type, attempt.pending_intent)
            if lost.made is not None:
                self._release_candidates(attempt.pending_intent, int(lost.made["Id"]))
                # Before anything is written to it: another local entity may be linked to it by now.
                adopted = self._recorder.record_adoption(attempt, attempt.pending_intent, int(lost.made["Id"]))
                return self._write_linked(adopted, lost.made)
            self._await_visibility(attempt.sync)
            if lost.ambiguous:
                raise lost.review(attempt.entity_type, attempt.entity.fields)
        if attempt.is_deletion:
            raise NotInBuildium("No create of the deleted entity has reached Buildium")
        if attempt.pending_intent is not None:
            attempt = self._renew_intent(attempt, attempt.pending_intent)
        created = self._writer.create(attempt)
        self._release_candidates(attempt.pending_intent)
        self._adoption.note(attempt.entity_type, created.buildium_id)
        return created

    def _write_linked(self, attempt: Attempt, current: Payload | None = None) -> WriteResult:
        """Update or delete a linked entity. `current` is the Buildium entity if it was read already.

        Raises NotInBuildium, also after the deletion, and RetryLater while Buildium may not show the entity yet.
        """
        try:
            if attempt.is_deletion:
                self._writer.delete(attempt)
                raise NotInBuildium("Deleted, as a client requested")
            return self._update(attempt, self._writer.read(attempt) if current is None else current)
        except BuildiumNotFound as error:
            if not self._writer.is_gone(attempt):
                raise
            left = _shown_in(attempt.sync, self._clock())
            if left > 0:
                raise RetryLater("Buildium does not show the last write yet", left) from error
            raise NotInBuildium(str(error)) from error

    def _update(self, attempt: Attempt, current: Payload) -> WriteResult:
        # It may have been moved in Buildium.
        self._scope.check_inbound(attempt.entity_type, attempt.sync.buildium_id, current)
        update = self._writer.plan(attempt, current)
        # Stored before the update is sent: after a lost response the overwritten values would be unknown.
        overwritten = self._recorder.record_overwrite(attempt, update.conflicts)
        try:
            return self._writer.update(attempt, update)
        except OutcomeUnknown:
            raise
        except (BuildiumError, RetryLater):
            if overwritten is not None:
                self._recorder.revert_overwrite(attempt, overwritten)
            raise

    def _release_candidates(self, intent: CreateIntent | None, adopted: int | None = None) -> None:
        """Rewind the polls to the candidates of a create, unless the only candidate is what it created."""
        if intent is None:
            return
        # Read again: events may have added candidates since.
        seen = (self._store.intent(intent.ref) or intent).seen
        if seen and (seen != [adopted] or by_name(intent.ref.entity_type).auto_created_types):
            self._jobs.request_rewind(format_iso(intent.at))

    def _refresh_followers(self, attempt: Attempt, written: WriteResult) -> None:
        """Refresh the entities that have changed along with this one, before the change becomes the base.

        Raises BuildiumError if Buildium does not list them. If only that list keeps failing, the poll refreshes them,
        because the entity itself is in Buildium.
        """
        entity_type, after = attempt.entity_type, written.synced_fields
        if not followed_changed(entity_type, attempt.sync.base, after):
            return
        try:
            self._followers(entity_type, written.buildium_id, after)
        except BuildiumUnavailable as error:
            if error.scope is Scope.SYSTEM or not attempt.sync.attempts:
                raise
            logger.warning("Followers could not be refreshed", extra={"entity": attempt.entity.ref.pk})

    def _await_visibility(self, sync: SyncRecord) -> None:
        """Raise RetryLater while the result of a lost create may still appear.

        A create can be committed after its call timed out, and be listed even later.
        """
        left = sync.create_visible_until - self._clock()
        if left > 0:
            raise RetryLater("An earlier create may still become visible in Buildium", left)

    def _renew_intent(self, attempt: Attempt, earlier: CreateIntent) -> Attempt:
        """Replace the intent of a create that created nothing. Raises SyncBlocked.

        The ids and times of the earlier create are kept, so that its late result remains a candidate.
        """
        again = self._with_create_intent(attempt)
        now = again.intent or earlier
        intent = replace(now, highest_id=earlier.highest_id, at=earlier.at, seen=earlier.seen)
        self._recorder.record_new_intent(attempt.sync, intent, attempt.sync.lease_until + self._visibility_delay)
        return again._replace(intent=intent)

    def _release_dependents(self, ref: EntityRef, waiting: tuple[EntityRef, ...]) -> None:
        """Queue the entities that were blocked until this one was in Buildium."""
        for entity in waiting:
            record = self._store.sync_record(entity)
            if record is not None:
                self._queue.send(SyncMessage.of(record))
            self._store.write(self._store.writes.delete_dependent(ref, entity))


def _shown_in(sync: SyncRecord, now: float) -> float:
    """Return the seconds until a read certainly shows the entity's last write."""
    return parse_iso(sync.last_synced_at) + _SHOWN_SECONDS - now if sync.last_synced_at else 0.0
