"""Writes of a sync record that need the lease of an attempt: a fencing token."""

from collections.abc import Callable

from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.errors import ConcurrentWrite, RetryLater
from buildium_sync.observability import logger
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.writes import MAX_WRITE_CONFLICTS, TableWrite

RecordWrites = tuple[SyncRecord, list[TableWrite]]
"""The next sync record, and the other writes of the transaction."""


class FencedWriter:
    """Writes to one entities table. A write whose lease has passed to another worker is dropped."""

    def __init__(self, store: EntityStore) -> None:
        self._store = store

    def write_or_retry(self, lease: SyncRecord, build: Callable[[SyncRecord], RecordWrites]) -> SyncRecord:
        """Write as `write` does, and return the new record. Raises RetryLater if another worker has the lease."""
        saved = self.write(lease, build)
        if saved is None:
            raise RetryLater("Lease lost", retry_after=1)
        return saved[1]

    def write(
        self, lease: SyncRecord, build: Callable[[SyncRecord], RecordWrites]
    ) -> tuple[SyncRecord, SyncRecord] | None:
        """Write what `build` derives from the current record, and return the record before and after.

        Returns None if another worker has the lease. Raises ConcurrentWrite if the condition of another write fails.
        """
        current = lease
        for _ in range(MAX_WRITE_CONFLICTS):
            try:
                record, writes = build(current)
                self._store.write(self._store.writes.put_sync(record), *writes)
            except ConcurrentWrite as conflict:
                found = self._store.sync_record(lease.ref)
                if found is None or found.lease_token != lease.lease_token:
                    logger.warning("Lease lost; result discarded", extra={"entity": lease.ref.pk})
                    return None
                if lease.lease_until and not found.lease_until:
                    # The SDK repeated a write whose response was lost, and its condition found the first write.
                    return current, found
                if found.revision == current.revision and conflict.failed:
                    raise
                current = found
            else:
                return current, record
        raise ConcurrentWrite(f"Concurrent updates to the sync record of {lease.ref.pk}")
