"""Lists syncs and retries them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError
from botocore.exceptions import ClientError as AwsError

from buildium_sync.clock import Clock
from buildium_sync.concurrency import parallel_map
from buildium_sync.domain.entity import EntityRef, is_valid_id
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import LISTED, STOPPED, Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import ClientError, ConcurrentWrite, FieldError, InvalidFields, MalformedRequest, NotFound
from buildium_sync.observability import logger
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.queues import SyncMessage, SyncQueue
from buildium_sync.store.writes import MAX_WRITE_CONFLICTS

_PAGE = 100
_DEAD_LETTERS = 100
_WORKERS = 10
"""Entities that are reset in parallel."""
RetryPredicate = Callable[[SyncRecord], bool]
"""Returns whether the sync of a record is retried."""
_CONTENTION_MESSAGE = "Not retried because of concurrent changes; retry again."


class RetryResult(NamedTuple):
    """The result for one of several entities: its sync status, or why it was not retried."""

    ref: EntityRef
    sync: SyncRecord | None = None
    retried: bool = False
    error: str = ""

    def to_response(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        outcome = {"syncStatus": self.sync.to_response()} if self.sync else {"error": self.error}
        named = {"entityType": self.ref.entity_type, "entityId": self.ref.entity_id}
        return {**named, "retried": self.retried, **outcome}


@dataclass(slots=True)
class RetryReport:
    """The outcome of a retry: the syncs that were queued, those that failed, and the result for each entity.

    Only a retry of listed entities has results. Only a retry of all failed syncs says whether it left some.
    """

    messages: list[SyncMessage] = field(default_factory=list)
    errors: list[dict[str, str]] = field(default_factory=list)
    results: list[RetryResult] | None = None
    has_more: bool = False

    @property
    def count(self) -> int:
        """The number of queued syncs."""
        return len(self.messages)

    def to_response(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        results = {} if self.results is None else {"results": [result.to_response() for result in self.results]}
        more = {"hasMore": True} if self.has_more else {}
        return {"success": not self.errors, "retried": self.count, "errors": self.errors, **results, **more}


class SyncRetrier:
    """Retries syncs: resets the sync record and queues the entity for the sync function.

    `by` is the id of the API key that requests the retries, None for a repair.
    """

    def __init__(
        self,
        store: EntityStore,
        queue: SyncQueue,
        clock: Clock,
        time_left: Callable[[], float],
        *,
        by: str | None = None,
    ) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock
        self._time_left = time_left
        self._by = by

    def status(self, ref: EntityRef) -> SyncRecord:
        """Return an entity's sync record. Raises NotFound."""
        by_name(ref.entity_type)
        record = self._store.sync_record(ref) if is_valid_id(ref.entity_id) else None
        if record is None:
            raise NotFound(f"{ref.entity_type.capitalize()} {ref.entity_id!r} not found.")
        return record

    def list_syncs(
        self, status: Status, entity_type: str | None, *, limit: int, cursor: str | None
    ) -> tuple[list[SyncRecord], str | None]:
        """Return one page of the syncs in a state, newest first, and the next cursor.

        Raises NotFound for an unknown type, and MalformedRequest for a status without a list: `synced`, and with a
        type every status outside `LISTED`.
        """
        if entity_type is not None:
            by_name(entity_type)
        listed = LISTED if entity_type is not None else frozenset(Status) - {Status.SYNCED}
        if status not in listed:
            raise MalformedRequest.of("status", f"must be one of {', '.join(sorted(listed))}.")
        return self._store.list_by_status(status, entity_type, limit=limit, cursor=cursor)

    def retry(self, entity_type: str | None, entity_id: str | None) -> RetryReport:
        """Retry one sync, all failed syncs of a type, or all. Raises NotFound, and InvalidFields without a type."""
        if entity_id is None:
            return self.retry_all_failed(entity_type)
        if entity_type is None:
            raise InvalidFields([FieldError("entityType", "is required with entityId")])
        return self.retry_one(EntityRef(entity_type, entity_id))

    def retry_one(self, ref: EntityRef) -> RetryReport:
        """Retry one entity that is failed, blocked, in review or deferred. Raises NotFound.

        A deferred entity is attempted at once.
        """
        self.status(ref)
        retried = RetryReport()
        self._reset_and_collect(ref, retried, self._is_retryable)
        return self._enqueue(retried)

    def retry_many(self, refs: Iterable[EntityRef]) -> RetryReport:
        """Retry each of these entities, with a result for each in this order.

        A duplicate is retried once. An error of one entity is in its result and does not stop the others.
        """
        retried = RetryReport()
        distinct = list(dict.fromkeys(refs))
        retried.results = parallel_map(lambda ref: self._result(ref, retried), distinct, max_workers=_WORKERS)
        retried.errors = [_error(result.ref, result.error) for result in retried.results if result.error]
        return self._enqueue(retried)

    def retry_all_failed(self, entity_type: str | None) -> RetryReport:
        """Retry every failed sync, of one type or all, and delete their dead letters.

        It ends when the time is used up. The next call continues.
        """
        retried = RetryReport()
        cursor: str | None = None
        while True:
            records, cursor = self.list_syncs(Status.FAILED, entity_type, limit=_PAGE, cursor=cursor)
            for record in records:
                self._reset_and_collect(record.ref, retried, _has_failed)
            if cursor is None or self._time_left() < 0:
                break
        retried.has_more = cursor is not None
        return self._enqueue(retried)

    def _result(self, ref: EntityRef, retried: RetryReport) -> RetryResult:
        if self._time_left() < 0:
            return RetryResult(ref, error="Not retried: time limit reached; retry again.")
        try:
            record = self.status(ref)
            wanted = self._reset(ref, self._is_retryable)
        except ClientError as error:
            return RetryResult(ref, error=error.detail)
        except (ConcurrentWrite, AwsError, BotoCoreError) as error:
            logger.warning("Retry failed", extra={"entity": ref.pk, "error": type(error).__name__})
            return RetryResult(ref, error=_CONTENTION_MESSAGE)
        if wanted is None:
            return RetryResult(ref, record)
        retried.messages.append(SyncMessage.of(wanted))
        return RetryResult(ref, wanted, retried=True)

    def _reset_and_collect(self, ref: EntityRef, retried: RetryReport, should_retry: RetryPredicate) -> None:
        try:
            wanted = self._reset(ref, should_retry)
        except ConcurrentWrite:
            retried.errors.append(_error(ref, _CONTENTION_MESSAGE))
            return
        if wanted is not None:
            retried.messages.append(SyncMessage.of(wanted))

    def _is_retryable(self, record: SyncRecord) -> bool:
        is_deferred = record.status is Status.PENDING and record.not_before > self._clock()
        return is_deferred or record.status in STOPPED

    def _reset(self, ref: EntityRef, should_retry: RetryPredicate) -> SyncRecord | None:
        """Reset an entity and return its record, or None if the predicate rejects it.

        Raises ConcurrentWrite if the record kept changing.
        """
        for _ in range(MAX_WRITE_CONFLICTS):
            record = self._store.sync_record(ref)
            if record is None or not should_retry(record):
                return None
            now, is_deferred = self._clock(), record.status is Status.PENDING
            wanted = record.retry_now(now, self._by) if is_deferred else record.reset_for_retry(now, self._by)
            try:
                self._store.write(self._store.writes.put_sync(wanted))
            except ConcurrentWrite:
                continue
            return wanted
        raise ConcurrentWrite(f"Concurrent updates to the sync record of {ref.pk}")

    def _enqueue(self, retried: RetryReport) -> RetryReport:
        """Queue the reset entities. Dead letters are deleted first, because an attempt may send new ones at once."""
        self._clear_dead_letters({message.ref for message in retried.messages})
        self._queue.send_all(retried.messages)
        return retried

    def _clear_dead_letters(self, reset: set[EntityRef]) -> None:
        """Delete the dead letters of entities that were reset or are synced, so that the alarm stays true."""
        for dead_letter in self._queue.receive_dead_letters(_DEAD_LETTERS):
            ref = dead_letter.message.ref if dead_letter.message else None
            record = self._store.sync_record(ref) if ref else None
            if record is None or ref in reset or record.is_synced:
                self._queue.delete(dead_letter)


def _has_failed(record: SyncRecord) -> bool:
    return record.status is Status.FAILED


def _error(ref: EntityRef, error: str) -> dict[str, str]:
    return {"entityType": ref.entity_type, "entityId": ref.entity_id, "error": error}
