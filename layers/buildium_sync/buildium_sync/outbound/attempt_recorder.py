"""Writing down what came of an attempt."""

from collections.abc import Callable
from dataclasses import replace

from buildium_sync.clock import Clock, iso
from buildium_sync.domain.change_record import HistoryEntry, overwritten, overwritten_in_buildium
from buildium_sync.domain.conflicts import noted, report, unnoted
from buildium_sync.domain.create_intent import Intent, Spare
from buildium_sync.domain.delivery import GRACE
from buildium_sync.domain.entity import EntityRef, Via
from buildium_sync.domain.entity_type import BuildiumReference, EntityType
from buildium_sync.domain.failure_policy import RetryPolicy, after_failure
from buildium_sync.domain.merge import FieldConflict, Side, changed, won_by
from buildium_sync.domain.sync_record import Status, SyncRecord
from buildium_sync.errors import BuildiumSyncError, Busy, Conflict, OutcomeUnknown, WaitsFor
from buildium_sync.linking import auto_created
from buildium_sync.linking.deleted_in_buildium import gone
from buildium_sync.observability import count, logger
from buildium_sync.outbound.attempt import Attempt, Written
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.queues import SyncMessage, SyncQueue
from buildium_sync.store.writes import Change

_RACES = 10
"""Writes of the record lost to others in a row before the attempt is left to the end of its lease."""
_TWIN = "Another entity of ours has taken what this one's create made"
_PASSED_ON = "The lease has passed on"
_ECHOES = 5
"""Own writes whose webhooks are waited for; an older one is told from a change by its content."""
_COUNTED = {
    Status.PENDING: "SyncDeferred",
    Status.BLOCKED: "SyncBlocked",
    Status.FAILED: "SyncFailed",
    Status.NEEDS_REVIEW: "SyncNeedsReview",
}


class Conclusion:
    """Writes the end of attempts to the sync record.

    `settling` is how many seconds after its call was given up a create may still appear in Buildium. Every write is
    fenced: one whose lease has passed to another worker is dropped, for that worker's is newer.
    """

    def __init__(
        self, store: EntityStore, queue: SyncQueue, policy: RetryPolicy, *, settling: float, clock: Clock
    ) -> None:
        self._store = store
        self._queue = queue
        self._policy = policy
        self._settling = settling
        self._clock = clock

    def succeeded(self, attempt: Attempt, written: Written) -> None:
        """Save what Buildium has now, with the link of its id.

        A version written meanwhile stays wanted, and so does one of which a field is unwritten. What Buildium alone
        had changed becomes a version of ours.
        """
        try:
            record = self._conclude(attempt.sync, lambda current: self._finished(current, attempt, written))
        except Conflict:
            self.failed(attempt.sync, Busy(_TWIN, retry_after=1))
            return
        if record is None:
            return
        if written.unwritten:
            logger.info("Written in part", extra={"entity": record.ref.pk, "left": sorted(written.unwritten)})
        else:
            count("SyncSucceeded")
            logger.info("Synced", extra={"entity": record.ref.pk, "version": attempt.sync.version})
        if record.version == attempt.sync.version:
            report(record.ref, attempt.entity_type, won_by(written.conflicts, Side.BUILDIUM))

    def overwriting(self, attempt: Attempt, conflicts: tuple[FieldConflict, ...]) -> HistoryEntry | None:
        """Keep those values of Buildium's that an update is about to overwrite; return their entry, if there are any.

        Raises Busy when the lease has passed on.
        """
        entity_type, entity, at = attempt.entity_type, attempt.entity, iso(self._clock())
        lost, agreed = won_by(conflicts, Side.OURS), attempt.sync.base is not None
        new = unnoted(attempt.sync, entity_type, lost, entity.version) if agreed else lost
        if not new:
            return None
        entry = overwritten_in_buildium(entity_type, entity, new, at, agreed=agreed)

        def keeping(current: SyncRecord) -> list[Change]:
            notes = noted(current, entity_type, new, entity.version, at) if agreed else current.conflicts
            record = replace(current, revision=current.revision + 1, conflicts=notes)
            return [self._store.changes.put_sync(record), self._store.changes.put_history(entry)]

        if self._conclude(attempt.sync, keeping) is None:
            raise Busy(_PASSED_ON, retry_after=1)
        report(entity.ref, entity_type, new if agreed else ())
        return entry

    def not_overwritten(self, attempt: Attempt, entry: HistoryEntry) -> None:
        """Take back what `overwriting` kept: Buildium did not do the update."""

        def taking_back(current: SyncRecord) -> list[Change]:
            notes = [note for note in current.conflicts if note["at"] != entry.at]
            record = replace(current, revision=current.revision + 1, conflicts=notes)
            return [self._store.changes.put_sync(record), self._store.changes.delete_history(entry)]

        self._conclude(attempt.sync, taking_back)

    def adopted(self, attempt: Attempt, intent: Intent, buildium_id: int) -> Attempt:
        """Save the id of what a lost create made, and return the attempt with it.

        What was sent is what both sides last agreed on: an edit made in Buildium since is kept. Raises Busy when
        another local entity is linked to it by now.
        """
        entity_type, sync = attempt.entity_type, attempt.sync
        saved: list[SyncRecord] = []

        def adoption(current: SyncRecord) -> list[Change]:
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
            kept = self._conclude(sync, adoption)
        except Conflict as error:
            raise Busy(_TWIN, retry_after=1) from error
        if kept is None:
            raise Busy(_PASSED_ON, retry_after=1)
        logger.info("Adopted what a lost create made", extra={"entity": sync.ref.pk, "buildiumId": buildium_id})
        return replace(attempt, sync=saved[0])

    def begun_again(self, sync: SyncRecord, intent: Intent, settles_at: float) -> None:
        """Save the intent of a create that is to be sent once more. Raises Busy when the lease has passed on."""

        def beginning(current: SyncRecord) -> list[Change]:
            record = replace(current, revision=current.revision + 1, settles_at=settles_at)
            return [self._store.changes.put_sync(record), self._store.changes.put_intent(intent)]

        if self._conclude(sync, beginning) is None:
            raise Busy(_PASSED_ON, retry_after=1)

    def failed(self, sync: SyncRecord, error: Exception, *, void: bool = False) -> Status | None:
        """Save why an attempt failed, queue it again or bury it, and return the state that it left.

        Returns None when a newer version is there to be worked on, or another worker. `void` tells that the create of
        the open intent was certainly not done. Raises Conflict when an entity that this one was to wait for has got
        into Buildium meanwhile.
        """
        failure = after_failure(sync, error, self._clock(), self._policy)
        if failure.buried:
            self._queue.bury(SyncMessage.of(sync), failure.reason)
        not_before = failure.record.not_before
        before = self._conclude(sync, lambda current: self._unfinished(current, sync, error, not_before, void=void))
        if before is None or before.version != sync.version:
            return None
        status = failure.record.status
        count(_COUNTED[status])
        _log(sync, status, error)
        if failure.delay is not None:
            self._queue.send(SyncMessage.of(sync), failure.delay)
        return status

    def gone(self, attempt: Attempt) -> Status | None:
        """Save that Buildium has a linked entity no more, and return the state that this left.

        Returns None for one that was never synced, which is to be created, and when another worker holds it.
        """
        ref, now = attempt.sync.ref, iso(self._clock())

        def ending(current: SyncRecord) -> list[Change]:
            loaded = self._store.load(ref)
            if loaded is None or loaded.sync.revision != current.revision:
                # Written in the meantime: the condition of this change does not hold, and it is read again.
                return [self._store.changes.put_sync(replace(current, revision=current.revision + 1))]
            released = replace(loaded, sync=replace(loaded.sync, lease_until=0))
            return list(gone(self._store.changes, attempt.entity_type, released, now, Via.SYNC))

        ended = self._conclude(attempt.sync, ending)
        logger.warning("Not in Buildium any more", extra={"entity": ref.pk, "buildiumId": attempt.sync.buildium_id})
        return Status.DELETED if ended is not None and ended.was_agreed else None

    def _conclude(self, held: SyncRecord, end: Callable[[SyncRecord], list[Change]]) -> SyncRecord | None:
        """Write the changes that `end` derives from the current record, the first of them being the record itself.

        Returns what the record was before, or None when the lease is another's by now. Raises Conflict when it is one
        of the other changes whose condition does not hold.
        """
        current = held
        for _ in range(_RACES):
            try:
                self._store.write(*end(current))
            except Conflict as conflict:
                found = self._store.sync_record(held.ref)
                if found is None or found.lease_token != held.lease_token:
                    logger.warning("The lease has passed on; nothing is written", extra={"entity": held.ref.pk})
                    return None
                if held.lease_until and not found.lease_until:
                    # The client tries a lost answer again and then meets its own first write.
                    return current
                if found.revision == current.revision and conflict.failed:
                    raise
                current = found
            else:
                return current
        raise Conflict(f"The sync record of {held.ref.pk} kept changing")

    def _finished(self, current: SyncRecord, attempt: Attempt, written: Written) -> list[Change]:
        now = self._clock()
        newer = current.version != attempt.sync.version
        pulled = not newer and changed(attempt.entity_type, attempt.entity.fields, written.fields)
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
            due=iso(now + GRACE) if wanted else None,
            buildium_id=written.buildium_id,
            base=attempt.base_of_newer(lost, written.unwritten) if newer else written.agreed,
            last_synced_at=iso(now) if whole else current.last_synced_at,
            updated_at=iso(now),
            error_message=None,
            errors=[],
            candidates=[],
            candidate_details=[],
            attempts=0,
            deferrals=0,
            lease_until=0,
            not_before=0,
            intent_at=None,
            echoes=_echoes(current, written),
            conflicts=noted(current, attempt.entity_type, () if newer else lost, version, iso(now)),
        )
        actions = [changes.put_sync(record)]
        if current.buildium_id is None:
            actions.append(changes.put_link(current.ref, written.buildium_id))
        if written.operation == "Created":
            actions += self._put_spares(attempt.entity_type, current.ref, written.along)
        if current.intent_at is not None:
            actions.append(changes.delete_intent(current.ref))
        if pulled:
            after = attempt.entity.pulled(written.fields, iso(now), Via.SYNC)
            actions.append(changes.put_entity(after))
            entry = overwritten(attempt.entity_type, attempt.entity, after, [conflict.field for conflict in lost])
            actions += [changes.put_history(entry)] if entry else []
        return actions

    def _put_spares(
        self, entity_type: EntityType, ref: EntityRef, along: tuple[BuildiumReference, ...]
    ) -> list[Change]:
        now, changes = self._clock(), self._store.changes
        if not along:
            return auto_created.unknown(changes, entity_type, ref, now)
        return [changes.put_spare(ref, made.entity_type, Spare(made.buildium_id, now)) for made in along]

    def _unfinished(
        self, current: SyncRecord, held: SyncRecord, error: Exception, not_before: float, *, void: bool
    ) -> list[Change]:
        now = self._clock()
        changes = self._store.changes
        # The wait is drawn by lot: the record has that of the message, which would else come before its turn.
        record = replace(after_failure(current, error, now, self._policy).record, not_before=not_before)
        waits = isinstance(error, WaitsFor) and current.version == held.version
        if current.settled or current.version != held.version:
            record = replace(current, revision=current.revision + 1, lease_until=0)
        if not current.settled and current.version != held.version:
            record = replace(record, status=Status.PENDING, due=iso(now + GRACE))
        given_up = isinstance(error, OutcomeUnknown) and current.intent_at is not None
        if given_up:
            record = replace(record, settles_at=now + self._settling)
        cleared = void and current.intent_at is not None
        if cleared:
            record = replace(record, intent_at=None)
        actions = [changes.put_sync(record)]
        if given_up:
            actions.append(changes.end_intent(current.ref, now))
        if cleared:
            actions.append(changes.delete_intent(current.ref))
        if waits and isinstance(error, WaitsFor):
            for target in (EntityRef(*on) for on in error.on):
                actions += [changes.put_waiting(target, current.ref), changes.check_not_in_buildium(target)]
        return actions


def _echoes(current: SyncRecord, written: Written) -> list[dict[str, object]]:
    if written.began is None:
        return current.echoes
    echo = {"operation": written.operation, "from": written.began, "until": written.ended}
    return [*current.echoes, echo][-_ECHOES:]


def _log(sync: SyncRecord, status: Status, error: Exception) -> None:
    """Log the kind of failure; its text may quote the entity and stays in the sync record.

    Only an error of our own has a traceback worth reading.
    """
    about = {"entity": sync.ref.pk, "version": sync.version, "state": status.value, "error": type(error).__name__}
    about["requestId"] = getattr(error, "request_id", None)
    logger.warning("Not synced", extra=about, exc_info=not isinstance(error, BuildiumSyncError))
