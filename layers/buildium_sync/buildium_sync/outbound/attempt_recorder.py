"""Records how attempts end. Every write is fenced: it needs the lease with which the attempt began."""

from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.change_record import ChangeRecord, remote_overwrite_record
from buildium_sync.domain.conflicts import add_conflicts, log_conflicts, new_conflicts
from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import ChangeSource
from buildium_sync.domain.failure_policy import RetryPolicy, classify
from buildium_sync.domain.freshness import outbound_freshness_seconds
from buildium_sync.domain.merge import FieldConflict, Side, won_by
from buildium_sync.domain.metric_counts import MetricCounts
from buildium_sync.domain.pauses import Direction
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import BuildiumSyncError, ConcurrentWrite, CreateNotApplied, RetryLater
from buildium_sync.linking import auto_created
from buildium_sync.linking.deleted_in_buildium import gone
from buildium_sync.observability import logger
from buildium_sync.outbound.attempt import Attempt, WriteResult
from buildium_sync.outbound.attempt_writes import failure_writes, success_writes
from buildium_sync.outbound.fenced_writer import FencedWriter, RecordWrites
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.queues import SyncMessage, SyncQueue

_CLAIMED_BY_OTHER = "The created Buildium entity is already linked to another local entity"


class AttemptRecorder:
    """Records the end of attempts. A create may appear in Buildium for `visibility_delay` seconds after its call."""

    def __init__(
        self,
        store: EntityStore,
        queue: SyncQueue,
        policy: RetryPolicy,
        counts: MetricCounts,
        *,
        visibility_delay: float,
        clock: Clock,
    ) -> None:
        self._store = store
        self._fenced = FencedWriter(store)
        self._queue = queue
        self._policy = policy
        self._counts = counts
        self._visibility_delay = visibility_delay
        self._clock = clock

    def record_success(self, attempt: Attempt, written: WriteResult) -> None:
        """Store what Buildium has now, with the link.

        A newer version stays pending, and so does a version of which a field is unwritten. What Buildium alone had
        changed becomes a local version.
        """
        items = self._store.writes
        try:
            saved = self._fenced.write(
                attempt.sync,
                lambda current: success_writes(
                    items, current, self._with_external_id(attempt, current), written, self._clock()
                ),
            )
        except ConcurrentWrite:
            self.record_failure(attempt.sync, RetryLater(_CLAIMED_BY_OTHER, retry_after=1))
            return
        if saved is None:
            return
        before, after = saved
        if written.unwritten:
            about = {"entity": before.ref.pk, "remaining": sorted(written.unwritten)}
            logger.info("Partially synced; the remaining fields follow", extra=about)
        else:
            self._counts.add_sync(Status.SYNCED)
            self._counts.add_freshness(Direction.OUTBOUND, outbound_freshness_seconds(before, after, self._clock()))
            logger.info("Synced", extra={"entity": before.ref.pk, "version": attempt.sync.version})
        if before.fields_version == attempt.sync.fields_version:
            log_conflicts(before.ref, attempt.entity_type, won_by(written.conflicts, Side.REMOTE))

    def _with_external_id(self, attempt: Attempt, current: SyncRecord) -> Attempt:
        """Return the attempt with the entity of the current record, if only the external id has changed since.

        Raises ConcurrentWrite if the record is not the current one any more.
        """
        is_same = current.version == attempt.entity.version
        if is_same or current.fields_version != attempt.sync.fields_version:
            return attempt
        loaded = self._store.load(current.ref)
        if loaded is None or loaded.sync.revision != current.revision:
            raise ConcurrentWrite("The entity changed before its sync was recorded")
        return attempt._replace(entity=loaded.entity)

    def record_overwrite(self, attempt: Attempt, conflicts: tuple[FieldConflict, ...]) -> ChangeRecord | None:
        """Store the values of Buildium that an update is about to replace, and return their record if there are any.

        Raises RetryLater if another worker has the lease.
        """
        entity_type, entity, at = attempt.entity_type, attempt.entity, format_iso(self._clock())
        lost, agreed = won_by(conflicts, Side.LOCAL), attempt.sync.base is not None
        new = new_conflicts(attempt.sync, entity_type, lost, entity.version) if agreed else lost
        if not new:
            return None
        entry = remote_overwrite_record(entity_type, entity, new, at, agreed=agreed)
        noted = new if agreed else ()

        def build(current: SyncRecord) -> RecordWrites:
            record = current.with_conflicts(add_conflicts(current, entity_type, noted, entity.version, at))
            return record, [self._store.writes.put_history(entry)]

        self._fenced.write_or_retry(attempt.sync, build)
        log_conflicts(entity.ref, entity_type, noted)
        return entry

    def revert_overwrite(self, attempt: Attempt, entry: ChangeRecord) -> None:
        """Remove what `record_overwrite` stored: Buildium did not apply the update."""

        def build(current: SyncRecord) -> RecordWrites:
            record = current.with_conflicts([note for note in current.conflicts if note["at"] != entry.at])
            return record, [self._store.writes.delete_history(entry)]

        self._fenced.write(attempt.sync, build)

    def record_adoption(self, attempt: Attempt, intent: CreateIntent, buildium_id: int) -> Attempt:
        """Link the entity to what its lost create made, and return the attempt with the link.

        Both sides agreed on what was sent: later edits in Buildium are kept. Raises RetryLater if another local entity
        is linked to it.
        """
        items, ref = self._store.writes, attempt.sync.ref
        auto_created_writes = auto_created.unknown(items, attempt.entity_type, ref, self._clock())
        link = [items.put_link(ref, buildium_id)] if attempt.entity_type.has_own_id else []
        writes = [*link, items.delete_intent(ref), *auto_created_writes]
        update = attempt.sent_update(intent.fields)
        try:
            adopted = self._fenced.write_or_retry(
                attempt.sync, lambda current: (current.adopted(buildium_id, intent.fields, update), writes)
            )
        except ConcurrentWrite as error:
            raise RetryLater(_CLAIMED_BY_OTHER, retry_after=1) from error
        logger.info("Adopted entity from unconfirmed create", extra={"entity": ref.pk, "buildiumId": buildium_id})
        return attempt._replace(sync=adopted)

    def record_new_intent(self, sync: SyncRecord, intent: CreateIntent, create_visible_until: float) -> None:
        """Store the intent of a create that is sent again. Raises RetryLater if another worker has the lease."""
        put_intent = self._store.writes.put_intent(intent)
        self._fenced.write_or_retry(sync, lambda current: (current.intent_renewed(create_visible_until), [put_intent]))

    def record_failure(self, sync: SyncRecord, error: Exception) -> Status | None:
        """Store why an attempt failed, queue it again or dead-letter it, and return the status.

        Returns None if the entity must be checked again: a client requested another sync, or another worker has the
        lease. Raises ConcurrentWrite if the dependency that blocks the entity is in Buildium by now.
        """
        reason = error.reason if isinstance(error, CreateNotApplied) else error
        failure = classify(sync, reason, self._clock(), self._policy)
        if failure.dead_letter_reason:
            self._queue.send_to_dlq(SyncMessage.of(sync), failure.dead_letter_reason)
        items, delay = self._store.writes, self._visibility_delay
        saved = self._fenced.write(sync, lambda current: failure_writes(items, current, sync, error, failure, delay))
        if saved is None or saved[0].changed_by_client_since(sync):
            return None
        self._counts.add_sync(failure.status)
        _log(sync, failure.status, reason)
        if failure.delay_seconds is not None:
            self._queue.send(SyncMessage.of(sync), failure.delay_seconds)
        return failure.status

    def record_deletion(self, attempt: Attempt) -> Status | None:
        """Record that Buildium does not have an entity any more, or did not create one to delete; return the status.

        Returns None if the entity was never synced, so that it is created, and if another worker has the lease.
        """
        ref, now = attempt.sync.ref, self._clock()

        def build(current: SyncRecord) -> RecordWrites:
            loaded = self._store.load(ref)
            if loaded is None or loaded.sync.revision != current.revision:
                raise ConcurrentWrite("The entity changed before its deletion was recorded")
            unleased = loaded._replace(sync=loaded.sync.without_lease())
            return gone(self._store.writes, attempt.entity_type, unleased, now, ChangeSource.SYNC)

        saved = self._fenced.write(attempt.sync, build)
        about = {"entity": ref.pk, "buildiumId": attempt.sync.buildium_id}
        if attempt.is_deletion:
            logger.info("Deleted", extra=about)
        else:
            logger.warning("Entity no longer exists in Buildium", extra=about)
        return saved[1].status if saved is not None and saved[1].status is Status.DELETED else None


def _log(sync: SyncRecord, status: Status, error: Exception) -> None:
    """Log the kind of failure. Its message may quote the entity and stays in the sync record.

    Only an unexpected error has a useful traceback.
    """
    about = {"entity": sync.ref.pk, "version": sync.version, "state": status.value, "error": type(error).__name__}
    about["requestId"] = getattr(error, "request_id", None)
    logger.warning("Sync attempt failed", extra=about, exc_info=not isinstance(error, BuildiumSyncError))
