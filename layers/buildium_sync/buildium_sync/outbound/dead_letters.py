"""Removes the dead letters of syncs that are not failed any more.

SQS cannot delete a message by its content. So dead letters are received, and those that stay are visible again soon.
"""

from collections.abc import Iterator, Mapping

from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.observability import logger, record_metric
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.queues import DeadLetter, SyncQueue

_MAX_RECEIVED = 100
"""Dead letters that one run checks."""
_HIDDEN_SECONDS = 2
"""A checked dead letter is invisible so long: enough to delete it, and too short for an operator to miss it."""
_WITHOUT_DEAD_LETTER = frozenset({Status.BLOCKED, Status.NEEDS_REVIEW})


class DeadLetterCleaner:
    """Removes obsolete dead letters of the sync function."""

    def __init__(self, store: EntityStore, queue: SyncQueue) -> None:
        self._store = store
        self._queue = queue

    def remove_obsolete(self) -> int:
        """Delete the dead letters of settled and superseded syncs, and return their number.

        Records how many of the others are orphaned: their sync is not failed, or they name none.
        """
        received = list(self._receive())
        records = self._store.sync_records(each.message.ref for each in received if each.message)
        obsolete = [each for each in received if _is_obsolete(each, records)]
        for each in obsolete:
            self._queue.delete(each)
        failed = [each for each in received if each.message and _is_failed(records.get(each.message.ref))]
        record_metric("OrphanedDeadLetters", len(received) - len(obsolete) - len(failed), MetricUnit.Count)
        return len(obsolete)

    def remove_superseded(self, ref: EntityRef, version: int) -> None:
        """Delete the dead letters of an entity's versions before `version`. The sweep repeats what fails."""
        try:
            for each in self._receive():
                if each.message and each.message.ref == ref and each.message.version < version:
                    self._queue.delete(each)
        except (BotoCoreError, ClientError) as error:
            about = {"entity": ref.pk, "error": type(error).__name__}
            logger.warning("Dead letter could not be removed", extra=about)

    def _receive(self) -> Iterator[DeadLetter]:
        return self._queue.receive_dead_letters(_MAX_RECEIVED, wait=0, hidden=_HIDDEN_SECONDS)


def _is_obsolete(dead_letter: DeadLetter, records: Mapping[EntityRef, SyncRecord]) -> bool:
    """Return whether nothing is left to do for a dead letter.

    While the sync of its version is attempted again, it stays: the attempt may end as failed.
    """
    message = dead_letter.message
    if message is None:
        return False
    record = records.get(message.ref)
    if record is None or record.is_synced or record.status in _WITHOUT_DEAD_LETTER:
        return True
    return message.version < record.version and not _is_failed(record)


def _is_failed(record: SyncRecord | None) -> bool:
    return record is not None and record.status is Status.FAILED
