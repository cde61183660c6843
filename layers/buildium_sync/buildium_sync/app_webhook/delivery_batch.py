"""Delivers a batch of the app webhook queue.

A failed event stays in the queue and becomes visible again later, so it never blocks the next ones. While deliveries
are paused, one event is sent as a probe at a time. The others wait without an attempt.
"""

import random
from collections.abc import Callable, Sequence

from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.app_webhook.app_receiver import AppReceiver
from buildium_sync.app_webhook.receiver_health import ReceiverHealth
from buildium_sync.app_webhook.retry_ladder import (
    MAX_AGE_SECONDS,
    MAX_FAILURES,
    pause_delay_seconds,
    retry_delay_seconds,
)
from buildium_sync.backoff import Jitter
from buildium_sync.clock import Clock
from buildium_sync.concurrency import parallel_map
from buildium_sync.domain.app_webhook import Outcome, QueuedEvent
from buildium_sync.observability import increment, logger, record_metric
from buildium_sync.store.app_webhook_deliveries import DeliveryStore
from buildium_sync.store.app_webhook_state import ReceiverState
from buildium_sync.store.queues import AppWebhookQueue


class DeliveryBatch:
    """Sends the events of a batch in parallel. `workers` is the number of threads."""

    def __init__(
        self,
        receiver: AppReceiver,
        deliveries: DeliveryStore,
        health: ReceiverHealth,
        queue: AppWebhookQueue,
        clock: Clock,
        *,
        workers: int,
        jitter: Jitter = random.uniform,
    ) -> None:
        self._receiver = receiver
        self._deliveries = deliveries
        self._health = health
        self._queue = queue
        self._clock = clock
        self._workers = workers
        self._jitter = jitter

    def deliver(self, events: Sequence[QueuedEvent]) -> list[str]:
        """Deliver events, and return the ids of the messages that stay in the queue.

        Raises botocore's errors if the state of the receiver cannot be read or stored.
        """
        state = self._health.read()
        sent, waiting = events, events[:0]
        if state.paused_at is not None:
            probes = int(self._health.may_probe(state))
            sent, waiting = events[:probes], events[probes:]
        kept, after = self._send(sent, state)
        if after.paused_at is None:  # The probe was delivered, so the others follow.
            more, after = self._send(waiting, after)
        else:
            more = self._each(waiting, lambda queued: self._wait(queued, after))
        record_metric("AppWebhookPaused", int(after.paused_at is not None), MetricUnit.Count)
        return [*kept, *more]

    def _send(self, events: Sequence[QueuedEvent], state: ReceiverState) -> tuple[list[str], ReceiverState]:
        """Return the ids of the messages that stay in the queue, and the new state of the receiver."""
        if not events:
            return [], state
        outcomes = parallel_map(lambda queued: self._receiver.send(queued.event), events, max_workers=self._workers)
        after = self._health.record(outcomes, state)
        found = {queued.message_id: outcome for queued, outcome in zip(events, outcomes, strict=True)}
        # A probe of a paused receiver says nothing about its event, so it uses up no attempt.
        counts = state.paused_at is None
        return self._each(events, lambda queued: self._conclude(queued, found[queued.message_id], after, counts)), after

    def _each(self, events: Sequence[QueuedEvent], work: Callable[[QueuedEvent], bool]) -> list[str]:
        """Return the ids of the messages for which `work` is true or fails. SQS delivers those again."""

        def is_kept(queued: QueuedEvent) -> bool:
            try:
                return work(queued)
            except Exception:  # noqa: BLE001 -- it must not affect the other events
                logger.exception("Unexpected error; event will be redelivered", extra={"event": queued.event["id"]})
                return True

        kept = parallel_map(is_kept, events, max_workers=self._workers)
        return [queued.message_id for queued, stays in zip(events, kept, strict=True) if stays]

    def _conclude(self, queued: QueuedEvent, outcome: Outcome, state: ReceiverState, counts: bool) -> bool:
        if outcome.error is None:
            self._record_delivery(queued, outcome)
            return False
        failures = self._deliveries.record(queued.event, outcome, counts=counts)
        if failures >= MAX_FAILURES or self._is_old(queued):
            return self._dead_letter(queued, outcome.error)
        if state.paused_at is not None:
            return self._wait(queued, state)
        self._queue.hide(queued.receipt, retry_delay_seconds(max(failures, 1), self._jitter))
        return True

    def _record_delivery(self, queued: QueuedEvent, outcome: Outcome) -> None:
        """Store a delivery. A failure is only logged: the event must not be sent again because of it."""
        try:
            self._deliveries.record(queued.event, outcome, counts=True)
        except (BotoCoreError, ClientError) as error:
            about = {"event": queued.event["id"], "error": type(error).__name__}
            logger.warning("App webhook delivery could not be saved", extra=about)

    def _wait(self, queued: QueuedEvent, state: ReceiverState) -> bool:
        if self._is_old(queued):
            return self._dead_letter(queued, state.error or "")
        paused_seconds = self._clock() - (state.paused_at or self._clock())
        self._queue.hide(queued.receipt, pause_delay_seconds(paused_seconds, self._jitter))
        return True

    def _dead_letter(self, queued: QueuedEvent, error: str) -> bool:
        self._deliveries.record_dead_letter(queued.event, error)
        self._queue.send_to_dlq(queued.body)
        increment("AppWebhookDeadLettered")
        logger.error("App webhook event dead-lettered", extra={"event": queued.event["id"], "reason": error})
        return False

    def _is_old(self, queued: QueuedEvent) -> bool:
        return self._clock() - queued.sent_at > MAX_AGE_SECONDS
