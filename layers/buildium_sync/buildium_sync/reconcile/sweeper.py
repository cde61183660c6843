"""Finds what nothing carries any more: syncs whose message or worker is gone, events that were not published.

It also deletes the dead letters of entities that are synced or deleted by now. SQS deletes no message by what it says,
so that a sync cannot delete that of its own entity.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime

from aws_lambda_powertools.metrics import MetricUnit

from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.sync_record import Status, SyncRecord
from buildium_sync.errors import ConcurrentWrite
from buildium_sync.observability import increment, logger, record_metric
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.events import EventStatus, EventStore
from buildium_sync.store.queues import SyncMessage, SyncQueue
from buildium_sync.webhooks.publisher import EventPublisher

_UNFINISHED = (Status.SYNCING, Status.PENDING, Status.BLOCKED)
_PAGE = 500
"""Syncs and events taken up a run; the rest is the next run's."""
_LETTERS = 100
"""Dead letters that a run checks: those that it leaves wait for a person."""
_HIDDEN_SECONDS = 2
"""Seconds for which it hides them: long enough to delete some, short enough for a person not to miss any."""
_LOOKAHEAD_SECONDS = 86_400
"""Seconds from now in which every unfinished sync is due: waits and leases are minutes."""
_EVENT_GRACE_SECONDS = 120
"""Seconds after which an event without an outcome was not published, its message was lost, or its processing killed.

Longer than the process function can run.
"""
_LONGEST_EVENT_GRACE_SECONDS = 3600
_MOST_EVENT_SWEEPS = 8
"""Times that an event is published again, in about four hours. One that kills its processing each time is given up."""
_NO_OUTCOME = (
    f"Processing ended {_MOST_EVENT_SWEEPS} times without an outcome: the function was stopped or the message was lost."
)


@dataclass(frozen=True, slots=True)
class SweepResult:
    """How much a sweep took up, and how many dead letters it deleted."""

    syncs: int
    events: int
    dead_letters: int


class Sweeper:
    """Takes up what got stuck. Its work is done by the sync and process functions, by the same messages as ever."""

    def __init__(
        self,
        store: EntityStore,
        events: EventStore,
        queue: SyncQueue,
        publisher: EventPublisher,
        *,
        enabled: bool,
        clock: Clock,
    ) -> None:
        self._store = store
        self._events = events
        self._queue = queue
        self._publisher = publisher
        self._enabled = enabled
        self._clock = clock

    def run(self) -> SweepResult:
        """Queue every sync that is due, publish every event that is, and delete dead letters that are over.

        Measures the oldest unfinished sync.
        """
        events = self._stuck_events()
        swept = SweepResult(self._syncs() if self._enabled else 0, events, self._letters())
        logger.info("Sweep finished", extra=asdict(swept))
        return swept

    def _letters(self) -> int:
        """Delete the dead letters of what is settled, and return how many."""
        received = self._queue.receive_dead_letters(_LETTERS, wait=0, hidden=_HIDDEN_SECONDS)
        letters = {each: each.message.ref for each in received if each.message}
        records = self._store.sync_records(letters.values())
        over = [letter for letter, ref in letters.items() if ref not in records or records[ref].is_synced]
        for letter in over:
            self._queue.delete(letter)
        return len(over)

    def _syncs(self) -> int:
        now = self._clock()
        unfinished = [
            r
            for status in _UNFINISHED
            for r in self._store.due(status, format_iso(now + _LOOKAHEAD_SECONDS), limit=_PAGE)
        ]
        record_metric("OldestPendingSyncAge", self._age(unfinished), MetricUnit.Seconds)
        due = [record for record in unfinished if (record.due or record.updated_at) < format_iso(now)]
        for record in due:
            self._queue.send(SyncMessage.of(record))
            self._reschedule(record, now)
        increment("SyncRequeued", len(due))
        return len(due)

    def _reschedule(self, record: SyncRecord, now: float) -> None:
        """Leave time for the message; a record that was written meanwhile has moved on by itself."""
        with suppress(ConcurrentWrite):
            self._store.write(self._store.changes.put_sync(record.requeued(now)))

    def _age(self, unfinished: Iterable[SyncRecord]) -> float:
        """Return the seconds for which the oldest sync has been wanted that nobody has to supply anything for.

        One that is put off again and again is never due, and is as old as it is.
        """
        wanted = [record.requested_at for record in unfinished if record.status is not Status.BLOCKED]
        return self._clock() - datetime.fromisoformat(min(wanted)).timestamp() if wanted else 0.0

    def _stuck_events(self) -> int:
        now = self._clock()
        stuck = self._events.stuck(now, grace=_EVENT_GRACE_SECONDS, limit=_PAGE)
        sweeps = {each.event["eventId"]: each.sweeps for each in stuck if each.sweeps < _MOST_EVENT_SWEEPS}
        published = self._publisher.publish(each.event for each in stuck if each.event["eventId"] in sweeps)
        for event_id in (event["eventId"] for event in published):
            grace = min(_EVENT_GRACE_SECONDS * 2 ** sweeps[event_id], _LONGEST_EVENT_GRACE_SECONDS)
            self._events.passed_on(event_id, due=now + grace, sweeps=sweeps[event_id] + 1)
        self._fail_events(each.event["eventId"] for each in stuck if each.event["eventId"] not in sweeps)
        return len(published)

    def _fail_events(self, event_ids: Iterable[str]) -> None:
        for event_id in event_ids:
            self._events.set_status(event_id, EventStatus.FAILED, error=_NO_OUTCOME)
            increment("EventFailed")
            logger.error("Event abandoned after repeated sweeps", extra={"eventId": event_id})
