"""Finds stuck work: syncs whose message or worker is lost, and events that were not published.

It also deletes the dead letters of syncs that are not failed any more.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import NamedTuple

from aws_lambda_powertools.metrics import MetricUnit

from buildium_sync.backoff import backoff
from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.delivery import DELIVERY_GRACE_SECONDS
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.pauses import Direction
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.errors import ConcurrentWrite
from buildium_sync.inbound.event_subjects import types_of
from buildium_sync.observability import increment, logger, record_metric
from buildium_sync.outbound.dead_letters import DeadLetterCleaner
from buildium_sync.reconcile.unfinished_syncs import oldest_pending_age_seconds, unfinished_syncs
from buildium_sync.store.control_state import ControlStateStore
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.events import EventStore
from buildium_sync.store.queues import SyncMessage, SyncQueue
from buildium_sync.webhooks.publisher import EventPublisher

_MAX_EVENTS = 500
"""Events of one run."""
_MAX_EVENT_GRACE_SECONDS = 3600
_MAX_EVENT_SWEEPS = 8
"""Times that an event is published again, over about four hours. Then it fails."""
_NO_OUTCOME = (
    f"Processing ended {_MAX_EVENT_SWEEPS} times without an outcome: the function was stopped or the message was lost."
)


class SweepResult(NamedTuple):
    """The number of queued syncs, published events and deleted dead letters."""

    syncs: int
    events: int
    dead_letters: int


class Sweeper:
    """Queues stuck syncs and publishes stuck events again. The sync and event-processor functions do the rest."""

    def __init__(
        self,
        store: EntityStore,
        events: EventStore,
        queue: SyncQueue,
        publisher: EventPublisher,
        control: ControlStateStore,
        *,
        enabled: bool,
        clock: Clock,
    ) -> None:
        self._store = store
        self._events = events
        self._queue = queue
        self._dead_letters = DeadLetterCleaner(store, queue)
        self._publisher = publisher
        self._control = control
        self._enabled = enabled
        self._clock = clock

    def run(self) -> SweepResult:
        """Queue the syncs that are due, publish the stuck events, and delete obsolete dead letters.

        Records the age of the oldest unfinished sync as a metric, also while sync is off.
        """
        events, now = self._publish_stuck_events(), self._clock()
        paused = self._control.current().types_paused(Direction.OUTBOUND)
        unfinished = unfinished_syncs(self._store, now, without=paused)
        record_metric("OldestPendingSyncAge", oldest_pending_age_seconds(unfinished, now), MetricUnit.Seconds)
        result = SweepResult(
            self._queue_due_syncs(unfinished, now) if self._is_outbound_on() else 0,
            events,
            self._dead_letters.remove_obsolete(),
        )
        logger.info("Sweep finished", extra=result._asdict())
        return result

    def _is_outbound_on(self) -> bool:
        return self._enabled and self._control.outbound_pause() is None

    def _queue_due_syncs(self, unfinished: Collection[SyncRecord], now: float) -> int:
        due = [record for record in unfinished if (record.due or record.updated_at) < format_iso(now)]
        for record in due:
            self._queue.send(SyncMessage.of(record))
            self._reschedule(record, now)
        increment("SyncRequeued", len(due))
        return len(due)

    def _reschedule(self, record: SyncRecord, now: float) -> None:
        """Leave time for the message. A record that another worker wrote needs none."""
        with suppress(ConcurrentWrite):
            self._store.write(self._store.writes.put_sync(record.requeued(now)))

    def _publish_stuck_events(self) -> int:
        now = self._clock()
        control = self._control.current()
        if control.pause_of(Direction.INBOUND) is not None:
            return 0
        found = self._events.stuck(now, grace=DELIVERY_GRACE_SECONDS, limit=_MAX_EVENTS)
        stuck = [each for each in found if control.pause_of(Direction.INBOUND, types_of(each.event)) is None]
        for each in found:
            if each not in stuck:
                self._events.mark_published(each.event["eventId"], due=now + DELIVERY_GRACE_SECONDS, sweeps=each.sweeps)
        sweeps = {each.event["eventId"]: each.sweeps for each in stuck if each.sweeps < _MAX_EVENT_SWEEPS}
        published = self._publisher.publish(each.event for each in stuck if each.event["eventId"] in sweeps)
        for event_id in (event["eventId"] for event in published):
            grace = backoff(sweeps[event_id] + 1, DELIVERY_GRACE_SECONDS, _MAX_EVENT_GRACE_SECONDS)
            self._events.mark_published(event_id, due=now + grace, sweeps=sweeps[event_id] + 1)
        self._fail_events(each.event["eventId"] for each in stuck if each.event["eventId"] not in sweeps)
        return len(published)

    def _fail_events(self, event_ids: Iterable[str]) -> None:
        for event_id in event_ids:
            self._events.set_status(event_id, EventStatus.FAILED, error=_NO_OUTCOME)
            increment("EventFailed")
            logger.error("Event abandoned after repeated sweeps", extra={"eventId": event_id})
