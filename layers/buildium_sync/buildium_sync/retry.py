"""Syncs that failed: what they are, and trying them again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from buildium_sync.entities.registry import by_name
from buildium_sync.errors import Conflict, NotFound
from buildium_sync.queues import SyncMessage, SyncQueue
from buildium_sync.records import wanted_again
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.records import LISTED, EntityRef, Status, SyncRecord
from buildium_sync.times import Clock

_PAGE = 100
_DEAD_LETTERS = 100
_RACES = 5


def sync_status(sync: SyncRecord) -> dict[str, Any]:
    """Return a sync record as the API shows it."""
    return {
        "entityType": sync.ref.entity_type,
        "entityId": sync.ref.entity_id,
        "buildiumId": sync.buildium_id,
        "lastSyncedAt": sync.last_synced_at,
        "syncStatus": sync.status.value,
        "errorMessage": sync.error_message,
        "errors": sync.errors,
        "candidates": sync.candidates,
        "createdAt": sync.created_at,
        "updatedAt": sync.updated_at,
    }


@dataclass(slots=True)
class Retried:
    """What a retry came to: how many syncs were started again, and those that could not be."""

    count: int = 0
    errors: list[dict[str, str]] = field(default_factory=list)


class Retry:
    """Starts syncs again. The state is reset and the entity queued; the attempt is the sync function's."""

    def __init__(self, store: EntityStore, queue: SyncQueue, clock: Clock, time_left: Callable[[], float]) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock
        self._time_left = time_left

    def status(self, ref: EntityRef) -> SyncRecord:
        """Return an entity's sync record. Raises NotFound."""
        by_name(ref.entity_type)
        record = self._store.sync_record(ref)
        if record is None:
            raise NotFound(f"There is no {ref.entity_type} {ref.entity_id!r}.")
        return record

    def failed(
        self, status: Status, entity_type: str | None, *, limit: int, cursor: str | None
    ) -> tuple[list[SyncRecord], str | None]:
        """Return one page of the syncs in a state, newest first, and the next cursor. Raises NotFound, a bad type."""
        if entity_type is not None:
            by_name(entity_type)
        return self._store.listed(status, entity_type, limit=limit, cursor=cursor)

    def one(self, ref: EntityRef) -> Retried:
        """Try one entity again, whatever keeps it from being synced. Raises NotFound."""
        self.status(ref)
        retried = Retried()
        self._again(ref, retried, LISTED)
        self._clear_dead_letters()
        return retried

    def all(self, entity_type: str | None) -> Retried:
        """Try every failed sync again, of one type or all, and empty the dead-letter queue of them.

        Goes on while there is time; called again it does the rest.
        """
        retried = Retried()
        cursor: str | None = None
        while True:
            records, cursor = self.failed(Status.FAILED, entity_type, limit=_PAGE, cursor=cursor)
            for record in records:
                self._again(record.ref, retried, {Status.FAILED})
            if cursor is None or self._time_left() < 0:
                break
        self._clear_dead_letters()
        return retried

    def _again(self, ref: EntityRef, retried: Retried, states: frozenset[Status] | set[Status]) -> None:
        """Reset and queue an entity whose sync is in one of the states; any other is on its way already."""
        for _ in range(_RACES):
            record = self._store.sync_record(ref)
            if record is None or record.status not in states:
                return
            wanted = wanted_again(record, self._clock())
            try:
                self._store.write(self._store.changes.put_sync(wanted))
            except Conflict:
                continue
            self._queue.send(SyncMessage.of(wanted))
            retried.count += 1
            return
        retried.errors.append(
            {"entityType": ref.entity_type, "entityId": ref.entity_id, "error": "Its sync record kept changing."}
        )

    def _clear_dead_letters(self) -> None:
        """Delete the dead letters of entities that are no longer failed, so that the alarm says what is true."""
        for letter in self._queue.dead_letters(_DEAD_LETTERS):
            record = self._store.sync_record(letter.message.ref) if letter.message else None
            if record is None or record.status is not Status.FAILED:
                self._queue.delete(letter)
