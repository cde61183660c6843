"""Finds what nothing carries any more: syncs whose message or worker is gone, events that were not published."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from aws_lambda_powertools.metrics import MetricUnit

from buildium_sync.errors import Conflict
from buildium_sync.inbound.publisher import Publisher
from buildium_sync.observability import count, logger, measure
from buildium_sync.queues import LONGEST_DELAY, SyncMessage, SyncQueue
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.events import EventStatus, EventStore
from buildium_sync.store.records import Status, SyncRecord
from buildium_sync.times import Clock, iso

_UNFINISHED = (Status.SYNCING, Status.PENDING, Status.BLOCKED)
_PAGE = 500
"""Syncs and events taken up a run; the rest is the next run's."""
_AHEAD = 86_400
"""Seconds from now in which every unfinished sync is due: waits and leases are minutes."""
_UNPUBLISHED = 120
"""Seconds after which an event that is still only received was not published, or its message was lost."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How much a sweep took up."""

    syncs: int
    events: int


class Sweep:
    """Takes up what got stuck. Its work is done by the sync and process functions, by the same messages as ever."""

    def __init__(
        self,
        store: EntityStore,
        events: EventStore,
        queue: SyncQueue,
        publisher: Publisher,
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

    def run(self) -> Swept:
        """Queue every sync that is due, and publish every event that was not. Measures the oldest unfinished sync."""
        events = self._unpublished()
        swept = Swept(self._syncs() if self._enabled else 0, events)
        logger.info("Swept", extra={"syncs": swept.syncs, "events": swept.events})
        return swept

    def _syncs(self) -> int:
        now = self._clock()
        unfinished = [r for status in _UNFINISHED for r in self._store.due(status, iso(now + _AHEAD), limit=_PAGE)]
        measure("SyncAge", self._age(unfinished), MetricUnit.Seconds)
        due = [record for record in unfinished if (record.due or record.updated_at) < iso(now)]
        for record in due:
            self._queue.send(SyncMessage.of(record))
            self._postpone(record, now)
        count("SyncSwept", len(due))
        return len(due)

    def _postpone(self, record: SyncRecord, now: float) -> None:
        """Leave time for the message; a record that was written meanwhile has moved on by itself."""
        later = replace(record, revision=record.revision + 1, due=iso(now + LONGEST_DELAY))
        with suppress(Conflict):
            self._store.write(self._store.changes.put_sync(later))

    def _age(self, unfinished: Iterable[SyncRecord]) -> float:
        """Return the seconds for which the oldest sync has been wanted that nobody has to supply anything for.

        One that is put off again and again is never due, and is as old as it is.
        """
        wanted = [record.wanted_at for record in unfinished if record.status is not Status.BLOCKED]
        return self._clock() - datetime.fromisoformat(min(wanted)).timestamp() if wanted else 0.0

    def _unpublished(self) -> int:
        events = self._events.unpublished(iso(self._clock() - _UNPUBLISHED), limit=_PAGE)
        published = self._publisher.publish(events)
        for event in published:
            self._events.mark(event["eventId"], EventStatus.PUBLISHED)
        return len(published)
