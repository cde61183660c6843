"""The parts of the event_processor function."""

from buildium_sync.composition.buildium import BuildiumComposition
from buildium_sync.composition.inbound import inbound_sync
from buildium_sync.composition.runtime import TimeLeft, runtime

from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.domain.entity import ChangeSource
from buildium_sync.domain.failure_policy import RetryPolicy
from buildium_sync.inbound.event_processor import EventProcessor
from buildium_sync.settings import EventProcessorSettings
from buildium_sync.store.events import EventStore
from buildium_sync.store.queues import EventQueue


class EventProcessorComposition(BuildiumComposition):
    """The inbound flow of webhook events."""

    settings_type = EventProcessorSettings
    settings: EventProcessorSettings

    def event_processor(self, time_left: TimeLeft) -> EventProcessor:
        """Return what processes events, for one invocation."""
        settings = self.settings
        return EventProcessor(
            inbound_sync(self, self.client(time_left, Priority.RETRY), ChangeSource.WEBHOOK),
            EventStore(runtime.clients.dynamodb, settings.events_table, clock=runtime.clock),
            EventQueue(runtime.clients.sqs, settings.event_queue_url),
            self.control,
            RetryPolicy(settings.retry_attempts, settings.retry_delay_seconds),
            self.metric_counts,
            runtime.clock,
        )
