"""Writing down what came of an attempt."""

from collections.abc import Callable
from dataclasses import replace

from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.change_record import ChangeRecord, change_record, remote_overwrite_record
from buildium_sync.domain.conflicts import add_conflicts, log_conflicts, new_conflicts
from buildium_sync.domain.create_intent import AutoCreatedUnit, CreateIntent
from buildium_sync.domain.delivery import DELIVERY_GRACE_SECONDS
from buildium_sync.domain.entity import ChangeSource, EntityRef
from buildium_sync.domain.entity_type import BuildiumReference, EntityType
from buildium_sync.domain.failure_policy import RetryPolicy, classify
from buildium_sync.domain.merge import FieldConflict, Side, differs, won_by
from buildium_sync.domain.sync_record import Status, SyncRecord
from buildium_sync.errors import BlockedByDependency, BuildiumSyncError, ConcurrentWrite, OutcomeUnknown, RetryLater
from buildium_sync.linking import auto_created
from buildium_sync.linking.deleted_in_buildium import gone
from buildium_sync.observability import increment, logger
from buildium_sync.outbound.attempt import Attempt, WriteResult
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.queues import SyncMessage, SyncQueue
from buildium_sync.store.writes import TableWrite

_MAX_WRITE_CONFLICTS = 10
"""Writes of the record lost to others in a row before the attempt is left to the end of its lease."""
_CLAIMED_BY_OTHER = "The created Buildium entity is already linked to another local entity"
_LEASE_LOST = "Lease lost"
_MAX_PENDING_ECHOES = 5
"""Own writes whose webhooks are waited for; an older one is told from a change by its content."""
_METRIC_BY_STATUS = {
    Status.PENDING: "SyncDeferred",
    Status.BLOCKED: "SyncBlocked",
    Status.FAILED: "SyncFailed",
    Status.NEEDS_REVIEW: "SyncNeedsReview",
}


class AttemptRecorder:
    """Writes the end of attempts to the sync record.

    `visibility_delay` is how many seconds after its call was given up a create may still appear in Buildium. Every
    write is fenced: one whose lease has passed to another worker is dropped, for that worker's is newer.
    """

    def __init__(
        self, store: EntityStore, queue: SyncQueue, policy: RetryPolicy, *, visibility_delay: float, clock: Clock
    ) -> None:
        self._store = store
        self._queue = queue
        self._policy = policy
        self._visibility_delay = visibility_delay
        self._clock = clock

    def record_success(self, attempt: Attempt, written: WriteResult) -> None:
        """Save what Buildium has now, with the link of its id.

        A version written meanwhile stays wanted, and so does one of which a field is unwritten. What Buildium alone
        had changed becomes a version of ours.
        """
        try:
            record = self._write_fenced(attempt.sync, lambda current: self._success_writes(current, attempt, written))
        except ConcurrentWrite:
            self.record_failure(attempt.sync, RetryLater(_CLAIMED_BY_OTHER, retry_after=1))
            return
        if record is None:
            return
        if written.unwritten:
            logger.info(
                "Partially synced; the remaining fields follow",
                extra={"entity": record.ref.pk, "remaining": sorted(written.unwritten)},
            )
        else:
            increment("SyncSucceeded")
            logger.info("Synced", extra={"entity": record.ref.pk, "version": attempt.sync.version})
        if record.version == attempt.sync.version:
            log_conflicts(record.ref, attempt.entity_type, won_by(written.conflicts, Side.BUILDIUM))

    def record_overwrite(self, attempt: Attempt, conflicts: tuple[FieldConflict, ...]) -> ChangeRecord | None:
        """Keep those values of Buildium's that an update is about to overwrite; return their entry, if there are any.

        Raises RetryLater when the lease has passed on.
        """
        entity_type, entity, at = attempt.entity_type, attempt.entity, format_iso(self._clock())
        lost, agreed = won_by(conflicts, Side.OURS), attempt.sync.base is not None
        new = new_conflicts(attempt.sync, entity_type, lost, entity.version) if agreed else lost
        if not new:
            return None
        entry = remote_overwrite_record(entity_type, entity, new, at, agreed=agreed)

        def keeping(current: SyncRecord) -> list[TableWrite]:
            notes = add_conflicts(current, entity_type, new, entity.version, at) if agreed else current.conflicts
            record = replace(current, revision=current.revision + 1, conflicts=notes)
            return [self._store.changes.put_sync(record), self._store.changes.put_history(entry)]

        if self._write_fenced(attempt.sync, keeping) is None:
            raise RetryLater(_LEASE_LOST, retry_after=1)
        log_conflicts(entity.ref, entity_type, new if agreed else ())
        return entry

    def revert_overwrite(self, attempt: Attempt, entry: ChangeRecord) -> None:
        """Take back what `record_overwrite` kept: Buildium did not do the update."""

        def taking_back(current: SyncRecord) -> list[TableWrite]:
            notes = [note for note in current.conflicts if note["at"] != entry.at]
            record = replace(current, revision=current.revision + 1, conflicts=notes)
            return [self._store.changes.put_sync(record), self._store.changes.delete_history(entry)]

        self._write_fenced(attempt.sync, taking_back)

    def record_adoption(self, attempt: Attempt, intent: CreateIntent, buildium_id: int) -> Attempt:
        """Save the id of what a lost create made, and return the attempt with it.

        What was sent is what both sides last agreed on: an edit made in Buildium since is kept. Raises RetryLater when
        another local entity is linked to it by now.
        """
        entity_type, sync = attempt.entity_type, attempt.sync
        saved: list[SyncRecord] = []

        def adoption(current: SyncRecord) -> list[TableWrite]:
            linked = replace(current, buildium_id=buildium_id, intent_at=None, base=intent.fields)
            saved[:] = [replace(linked, revision=current.revision + 1)]
            changes = self._store.changes
            return [
                changes.put_sync(saved[0]),
                changes.put_link(sync.ref, buildium_id),
                changes.delete_intent(sync.ref),
                *auto_created.unknown(changes, entity_type, sync.ref, self._clock()),
            ]

        try:
            kept = self._write_fenced(sync, adoption)
        except ConcurrentWrite as error:
            raise RetryLater(_CLAIMED_BY_OTHER, retry_after=1) from error
        if kept is None:
            raise RetryLater(_LEASE_LOST, retry_after=1)
        logger.info("Adopted entity from unconfirmed create", extra={"entity": sync.ref.pk, "buildiumId": buildium_id})
        return replace(attempt, sync=saved[0])

    def record_new_intent(self, sync: SyncRecord, intent: CreateIntent, create_visible_until: float) -> None:
        """Save the intent of a create that is to be sent once more. Raises RetryLater when the lease has passed on."""

        def beginning(current: SyncRecord) -> list[TableWrite]:
            record = replace(current, revision=current.revision + 1, create_visible_until=create_visible_until)
            return [self._store.changes.put_sync(record), self._store.changes.put_intent(intent)]

        if self._write_fenced(sync, beginning) is None:
            raise RetryLater(_LEASE_LOST, retry_after=1)

    def record_failure(self, sync: SyncRecord, error: Exception, *, void: bool = False) -> Status | None:
        """Save why an attempt failed, queue it again or bury it, and return the state that it left.

        Returns None when a newer version is there to be worked on, or another worker. `void` tells that the create of
        the open intent was certainly not done. Raises ConcurrentWrite when an entity that this one was to wait for has
        got into Buildium meanwhile.
        """
        failure = classify(sync, error, self._clock(), self._policy)
        if failure.is_dead_lettered:
            self._queue.send_to_dlq(SyncMessage.of(sync), failure.reason)
        not_before = failure.record.not_before
        before = self._write_fenced(
            sync, lambda current: self._failure_writes(current, sync, error, not_before, void=void)
        )
        if before is None or before.version != sync.version:
            return None
        status = failure.record.status
        increment(_METRIC_BY_STATUS[status])
        _log(sync, status, error)
        if failure.delay_seconds is not None:
            self._queue.send(SyncMessage.of(sync), failure.delay_seconds)
        return status

    def record_deletion(self, attempt: Attempt) -> Status | None:
        """Save that Buildium has a linked entity no more, and return the state that this left.

        Returns None for one that was never synced, which is to be created, and when another worker holds it.
        """
        ref, now = attempt.sync.ref, format_iso(self._clock())

        def ending(current: SyncRecord) -> list[TableWrite]:
            loaded = self._store.load(ref)
            if loaded is None or loaded.sync.revision != current.revision:
                # Written in the meantime: the condition of this change does not hold, and it is read again.
                return [self._store.changes.put_sync(replace(current, revision=current.revision + 1))]
            released = replace(loaded, sync=replace(loaded.sync, lease_until=0))
            return list(gone(self._store.changes, attempt.entity_type, released, now, ChangeSource.SYNC))

        ended = self._write_fenced(attempt.sync, ending)
        logger.warning(
            "Entity no longer exists in Buildium", extra={"entity": ref.pk, "buildiumId": attempt.sync.buildium_id}
        )
        return Status.DELETED if ended is not None and ended.was_agreed else None

    def _write_fenced(self, held: SyncRecord, end: Callable[[SyncRecord], list[TableWrite]]) -> SyncRecord | None:
        """Write the changes that `end` derives from the current record, the first of them being the record itself.

        Returns what the record was before, or None when the lease is another's by now. Raises ConcurrentWrite when it
        is one of the other changes whose condition does not hold.
        """
        current = held
        for _ in range(_MAX_WRITE_CONFLICTS):
            try:
                self._store.write(*end(current))
            except ConcurrentWrite as conflict:
                found = self._store.sync_record(held.ref)
                if found is None or found.lease_token != held.lease_token:
                    logger.warning("Lease lost; result discarded", extra={"entity": held.ref.pk})
                    return None
                if held.lease_until and not found.lease_until:
                    # The client tries a lost answer again and then meets its own first write.
                    return current
                if found.revision == current.revision and conflict.failed:
                    raise
                current = found
            else:
                return current
        raise ConcurrentWrite(f"Concurrent updates to the sync record of {held.ref.pk}")

    def _success_writes(self, current: SyncRecord, attempt: Attempt, written: WriteResult) -> list[TableWrite]:
        now = self._clock()
        newer = current.version != attempt.sync.version
        pulled = not newer and differs(attempt.entity_type, attempt.entity.fields, written.fields)
        version = current.version + pulled
        lost = won_by(written.conflicts, Side.BUILDIUM)
        whole = not written.unwritten
        synced = max(attempt.sync.version + pulled, current.synced_version) if whole else current.synced_version
        wanted = synced < version
        changes = self._store.changes
        record = replace(
            current,
            revision=current.revision + 1,
            version=version,
            synced_version=synced,
            status=Status.PENDING if wanted else Status.SYNCED,
            due=format_iso(now + DELIVERY_GRACE_SECONDS) if wanted else None,
            buildium_id=written.buildium_id,
            base=attempt.base_for_newer_version(lost, written.unwritten) if newer else written.synced_fields,
            last_synced_at=format_iso(now) if whole else current.last_synced_at,
            updated_at=format_iso(now),
            error_message=None,
            errors=[],
            candidates=[],
            candidate_details=[],
            attempts=0,
            deferrals=0,
            lease_until=0,
            not_before=0,
            intent_at=None,
            expected_echoes=_with_expected_echo(current, written),
            conflicts=add_conflicts(current, attempt.entity_type, () if newer else lost, version, format_iso(now)),
        )
        actions = [changes.put_sync(record)]
        if current.buildium_id is None:
            actions.append(changes.put_link(current.ref, written.buildium_id))
        if written.operation == "Created":
            actions += self._auto_created_writes(attempt.entity_type, current.ref, written.auto_created)
        if current.intent_at is not None:
            actions.append(changes.delete_intent(current.ref))
        if pulled:
            after = attempt.entity.with_remote_fields(written.fields, format_iso(now), ChangeSource.SYNC)
            actions.append(changes.put_entity(after))
            entry = change_record(attempt.entity_type, attempt.entity, after, [conflict.field for conflict in lost])
            actions += [changes.put_history(entry)] if entry else []
        return actions

    def _auto_created_writes(
        self, entity_type: EntityType, ref: EntityRef, along: tuple[BuildiumReference, ...]
    ) -> list[TableWrite]:
        now, changes = self._clock(), self._store.changes
        if not along:
            return auto_created.unknown(changes, entity_type, ref, now)
        return [
            changes.put_auto_created_unit(ref, made.entity_type, AutoCreatedUnit(made.buildium_id, now))
            for made in along
        ]

    def _failure_writes(
        self, current: SyncRecord, held: SyncRecord, error: Exception, not_before: float, *, void: bool
    ) -> list[TableWrite]:
        now = self._clock()
        changes = self._store.changes
        # The wait is drawn by lot: the record has that of the message, which would else come before its turn.
        record = replace(classify(current, error, now, self._policy).record, not_before=not_before)
        waits = isinstance(error, BlockedByDependency) and current.version == held.version
        if current.is_synced or current.version != held.version:
            record = replace(current, revision=current.revision + 1, lease_until=0)
        if not current.is_synced and current.version != held.version:
            record = replace(record, status=Status.PENDING, due=format_iso(now + DELIVERY_GRACE_SECONDS))
        given_up = isinstance(error, OutcomeUnknown) and current.intent_at is not None
        if given_up:
            record = replace(record, create_visible_until=now + self._visibility_delay)
        cleared = void and current.intent_at is not None
        if cleared:
            record = replace(record, intent_at=None)
        actions = [changes.put_sync(record)]
        if given_up:
            actions.append(changes.close_intent(current.ref, now))
        if cleared:
            actions.append(changes.delete_intent(current.ref))
        if waits and isinstance(error, BlockedByDependency):
            for target in (EntityRef(*on) for on in error.on):
                actions += [changes.put_dependent(target, current.ref), changes.condition_not_linked(target)]
        return actions


def _with_expected_echo(current: SyncRecord, written: WriteResult) -> list[dict[str, object]]:
    if written.started_at is None:
        return current.expected_echoes
    echo = {"operation": written.operation, "from": written.started_at, "until": written.finished_at}
    return [*current.expected_echoes, echo][-_MAX_PENDING_ECHOES:]


def _log(sync: SyncRecord, status: Status, error: Exception) -> None:
    """Log the kind of failure; its text may quote the entity and stays in the sync record.

    Only an error of our own has a traceback worth reading.
    """
    about = {"entity": sync.ref.pk, "version": sync.version, "state": status.value, "error": type(error).__name__}
    about["requestId"] = getattr(error, "request_id", None)
    logger.warning("Sync attempt failed", extra=about, exc_info=not isinstance(error, BuildiumSyncError))
