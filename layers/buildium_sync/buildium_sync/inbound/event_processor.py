"""Processes the events of the queue one by one, and stores their status."""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.clock import Clock
from buildium_sync.domain.delivery import DELIVERY_GRACE_SECONDS, MAX_SQS_DELAY_SECONDS
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.failure_policy import RetryPolicy
from buildium_sync.domain.metric_counts import MetricCounts
from buildium_sync.errors import (
    BuildiumRejected,
    BuildiumSyncError,
    OutOfScope,
    ReferenceUnknown,
    RetryLater,
    Scope,
    scope_of,
)
from buildium_sync.inbound.event_subjects import types_of, unusable
from buildium_sync.inbound.inbound_sync import InboundSync
from buildium_sync.observability import correlation_scope, increment, logger
from buildium_sync.store.control_state import ControlStateStore
from buildium_sync.store.events import EventStore
from buildium_sync.store.queues import EventQueue, Waits


class EventProcessor:
    """Processes one message at a time."""

    def __init__(
        self,
        inbound: InboundSync,
        events: EventStore,
        queue: EventQueue,
        control: ControlStateStore,
        policy: RetryPolicy,
        counts: MetricCounts,
        clock: Clock,
    ) -> None:
        self._inbound = inbound
        self._events = events
        self._queue = queue
        self._control = control
        self._policy = policy
        self._counts = counts
        self._clock = clock

    def process(self, body: str) -> None:
        """Process one message.

        An event of a paused type is left to the sweep. One that has to wait is queued again, since each receive counts
        towards the dead-letter queue. The same happens in an outage, and after a failure while attempts are left.
        Otherwise the event is marked as failed, and its error is raised.
        """
        message = json.loads(body)
        event, waits = message["detail"], Waits(**message.get("waits", {}))
        with correlation_scope(event["correlationId"]):
            if self._control.inbound_pause(types_of(event)) is not None:
                self._leave_to_sweep(event)
                return
            reason = None
            try:
                status = self._inbound.process_event(event, waits.references)
            except OutOfScope as outside:
                status, reason = EventStatus.IGNORED, str(outside)
            except Exception as error:
                retry = self._retry(error, waits)
                if retry is None:
                    self._fail(event, error)
                    raise
                self._defer(event, error, *retry)
                return
            if status is EventStatus.IGNORED:
                reason = reason or unusable(event)
            self._events.set_status(event["eventId"], status, error=reason)
            increment("EventProcessed")
            self._counts.add_event(status.value)
            logger.info("Event processed", extra={"eventId": event["eventId"], "state": status.value})

    def _leave_to_sweep(self, event: Mapping[str, Any]) -> None:
        """Leave an event to the sweep, which publishes it again after the pause."""
        self._events.mark_published(event["eventId"], due=self._clock() + DELIVERY_GRACE_SECONDS)
        logger.info("Event waits for the end of a pause", extra={"eventId": event["eventId"]})

    def _defer(self, event: Mapping[str, Any], error: Exception, delay: int, waits: Waits) -> None:
        self._queue.send(event, delay=delay, waits=waits)
        # Best effort: otherwise the sweep publishes the event a second time, which is harmless.
        with suppress(BotoCoreError, ClientError):
            self._events.mark_published(event["eventId"], due=self._clock() + delay + DELIVERY_GRACE_SECONDS)
        logger.info("Event deferred", extra={"eventId": event["eventId"], "reason": type(error).__name__})

    def _retry(self, error: Exception, waits: Waits) -> tuple[int, Waits] | None:
        """Return the seconds until the next attempt and the new counts; None for a final failure."""
        match error:
            case ReferenceUnknown():
                return _seconds(error.backoff(0)), waits._replace(references=waits.references + 1)
            case RetryLater():
                return _seconds(error.backoff(waits.writes)), waits._replace(writes=waits.writes + 1)
            case _ if scope_of(error) is Scope.SYSTEM:
                # After the outage the event waits for another write than before.
                return self._backoff(waits.outages), waits._replace(outages=waits.outages + 1, writes=0)
            case _ if not isinstance(error, BuildiumRejected) and waits.failures < self._policy.attempts:
                return self._backoff(waits.failures), waits._replace(failures=waits.failures + 1)
            case _:
                return None

    def _backoff(self, waited: int) -> int:
        return max(self._policy.backoff(waited + 1), 1)

    def _fail(self, event: Mapping[str, Any], error: Exception) -> None:
        self._events.set_status(event["eventId"], EventStatus.FAILED, error=_stored_text(error))
        increment("EventFailed")
        self._counts.add_event(EventStatus.FAILED.value)
        logger.exception("Event failed", extra={"eventId": event["eventId"]})


def _stored_text(error: Exception) -> str:
    """Return the text of an error. An unexpected error may quote the entity, so only its class is named."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, BuildiumSyncError) else name


def _seconds(wait: float) -> int:
    return min(max(math.ceil(wait), 1), MAX_SQS_DELAY_SECONDS)
