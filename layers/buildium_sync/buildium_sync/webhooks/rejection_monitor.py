"""Monitors the webhook subscription: Buildium suspends it after 20 consecutive rejections.

The webhook function counts its rejections. A schedule reports the count and checks whether events arrive again. The
sender of a rejected request is unknown, so forged requests count too.
"""

import math
from collections.abc import Callable

from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.clock import Clock, format_iso
from buildium_sync.observability import logger, record_metric
from buildium_sync.store.events import EventStore
from buildium_sync.store.webhook_rejections import RejectionStore

_WRITE_INTERVAL_SECONDS = 1.0


class RejectionCounter:
    """Counts the rejections of the webhook function.

    A process writes its count once a second at most, so that a flood of requests causes few writes. Errors of the
    table are only logged, because no response depends on the count.
    """

    def __init__(self, rejections: Callable[[], RejectionStore], clock: Clock) -> None:
        # Created at the first rejection: creating the client is slow, and most processes reject no request.
        self._rejections = rejections
        self._clock = clock
        self._has_unreset_rejections = False
        self._unwritten = 0
        self._written_at = -math.inf

    def record_rejection(self) -> None:
        """Count a rejected request."""
        self._has_unreset_rejections = True
        self._unwritten += 1
        now = self._clock()
        if now - self._written_at < _WRITE_INTERVAL_SECONDS:
            return
        self._written_at = now
        try:
            self._rejections().add(self._unwritten, format_iso(now))
            self._unwritten = 0
        except (BotoCoreError, ClientError) as error:
            logger.warning("Webhook rejection could not be counted", extra={"error": type(error).__name__})

    def record_acceptance(self) -> None:
        """End the rejection streak if this process knows of one. Otherwise the schedule ends it."""
        if not self._has_unreset_rejections:
            return
        try:
            self._rejections().end()
        except (BotoCoreError, ClientError) as error:
            logger.warning("Webhook rejections could not be reset", extra={"error": type(error).__name__})
        else:
            self._has_unreset_rejections = False
            self._unwritten, self._written_at = 0, -math.inf


class RejectionMonitor:
    """Reports the rejection streak, once a minute."""

    def __init__(self, rejections: RejectionStore, events: EventStore) -> None:
        self._rejections = rejections
        self._events = events

    def report(self) -> int:
        """Return the number of consecutive rejections, and record it as a metric.

        Once an event is stored again, the count restarts and the time without events is recorded as a gap.
        """
        streak = self._rejections.read()
        count = streak.count
        if streak.last_at is not None and self._events.has_events_after(streak.last_at) and self._rejections.end(count):
            logger.warning("Webhooks accepted again after consecutive rejections", extra={"rejections": count})
            count = 0
        record_metric("WebhookConsecutiveRejections", count, MetricUnit.Count)
        return count
