"""Guards the webhook subscription: Buildium suspends it after 20 rejections in a row.

The webhook function counts what it refuses, a schedule tells the count and looks whether events come again. Who sent
a refused request is not known, so what was never Buildium's counts too.
"""

from collections.abc import Callable

from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.clock import Clock, format_iso
from buildium_sync.observability import logger, record_metric
from buildium_sync.store.events import EventStore
from buildium_sync.store.webhook_rejections import RejectionStore


class RejectionCounter:
    """What the webhook function tells of its answers. Never raises for the table: no answer depends on the count."""

    def __init__(self, rejections: Callable[[], RejectionStore], clock: Clock) -> None:
        # Asked for when one is counted: the client takes a while to make, and most processes never refuse.
        self._rejections = rejections
        self._clock = clock
        self._has_unreset_rejections = False

    def record_rejection(self) -> None:
        """Count a refused request."""
        self._has_unreset_rejections = True
        try:
            self._rejections().add(format_iso(self._clock()))
        except (BotoCoreError, ClientError) as error:
            logger.warning("Webhook rejection could not be counted", extra={"error": type(error).__name__})

    def record_acceptance(self) -> None:
        """End the row of rejections, if this process knows of one: else that is left to the schedule."""
        if not self._has_unreset_rejections:
            return
        try:
            self._rejections().end()
        except (BotoCoreError, ClientError) as error:
            logger.warning("Webhook rejections could not be reset", extra={"error": type(error).__name__})
        else:
            self._has_unreset_rejections = False


class RejectionMonitor:
    """Looks after the subscription, once a minute."""

    def __init__(self, rejections: RejectionStore, events: EventStore) -> None:
        self._rejections = rejections
        self._events = events

    def report(self) -> int:
        """Return how many requests were refused since an event was last taken; measures it.

        Once one is taken again, the count begins anew and the time without events is noted as a gap.
        """
        refused = self._rejections.read()
        count = refused.count
        if (
            refused.last_at is not None
            and self._events.has_events_after(refused.last_at)
            and self._rejections.end(count)
        ):
            logger.warning("Webhooks accepted again after consecutive rejections", extra={"rejections": count})
            count = 0
        record_metric("WebhookConsecutiveRejections", count, MetricUnit.Count)
        return count
