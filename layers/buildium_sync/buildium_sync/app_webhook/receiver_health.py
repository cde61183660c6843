"""Decides when deliveries are paused and resumed, so that a receiver that is down is not called for each event."""

from collections.abc import Sequence

from aws_lambda_powertools.metrics import MetricUnit

from buildium_sync.app_webhook.retry_ladder import PAUSE_AFTER_SECONDS, PROBE_INTERVAL_SECONDS
from buildium_sync.clock import Clock
from buildium_sync.domain.app_webhook import Outcome
from buildium_sync.observability import logger, record_metric
from buildium_sync.store.app_webhook_state import ReceiverState, ReceiverStateStore


class ReceiverHealth:
    """The state of the receiver, which all invocations share."""

    def __init__(self, states: ReceiverStateStore, clock: Clock) -> None:
        self._states = states
        self._clock = clock

    def read(self) -> ReceiverState:
        """Return the current state."""
        return self._states.read()

    def may_probe(self, state: ReceiverState) -> bool:
        """Return whether the caller may send one event although deliveries are paused. It then holds the probe."""
        now = self._clock()
        return state.next_probe_at <= now and self._states.claim_probe(now, now + PROBE_INTERVAL_SECONDS)

    def record(self, outcomes: Sequence[Outcome], before: ReceiverState) -> ReceiverState:
        """Store the outcomes of attempts, and return the new state. One success ends all failures before it."""
        if any(outcome.is_delivered for outcome in outcomes):
            return self.record_success(before)
        now, error = self._clock(), outcomes[-1].error or ""
        after = self._states.record_failure(now, error)
        is_long = now - (after.failing_since or now) >= PAUSE_AFTER_SECONDS
        if after.paused_at is not None or not (is_long or any(outcome.is_gone for outcome in outcomes)):
            return after
        self._states.pause(now, now + PROBE_INTERVAL_SECONDS, error)
        logger.error("App webhook paused", extra={"reason": error})
        return after._replace(paused_at=now)

    def record_success(self, before: ReceiverState) -> ReceiverState:
        """Resume deliveries, and return the new state. A healthy receiver costs no write."""
        if before.failing_since is not None:
            self._states.clear()
            logger.info("App webhook resumed" if before.paused_at is not None else "App webhook recovered")
        return ReceiverState()

    def reset(self) -> None:
        """Forget the failures of a receiver that is no longer used, and end the alarm."""
        self.record_success(self.read())
        record_metric("AppWebhookPaused", 0, MetricUnit.Count)
