"""The parts of the api function.

Routes that are rarely called import their service at their first request. Otherwise a cold start takes a tenth longer.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from buildium_sync.composition.api_jobs import JobServices
from buildium_sync.composition.runtime import TimeLeft, runtime

from buildium_sync.api.entity_service import EntityService
from buildium_sync.domain.entity import EntityRef

if TYPE_CHECKING:
    from buildium_sync.api.balance_service import BalanceService
    from buildium_sync.api.change_service import ChangeService
    from buildium_sync.api.control_service import ControlService
    from buildium_sync.api.delivery_service import DeliveryService
    from buildium_sync.api.event_service import EventService
    from buildium_sync.api.filtered_lists import FilteredLists
    from buildium_sync.api.history_reader import ChangeHistory
    from buildium_sync.api.metrics import Metrics
    from buildium_sync.api.overview import Overview
    from buildium_sync.api.upserts import EntityBatches, EntityUpserts
    from buildium_sync.outbound.manual_retry import SyncRetrier


class ApiComposition(JobServices):
    """The services of the REST API."""

    @property
    def entities(self) -> EntityService:
        """Return the service of the entities."""
        return EntityService(
            self._entity_store, runtime.clock, runtime.sleep, on_corrected=self._remove_superseded_dead_letters
        )

    def waiting(self, seconds: float) -> AbstractContextManager[float]:
        """Return the context in which a request waits, which yields the seconds that it may wait.

        `API_MAX_CONCURRENCY` limits the requests that wait. Without it there are slots.
        """
        if seconds <= 0 or self.settings.api_max_concurrency:
            return nullcontext(seconds)
        from buildium_sync.store.wait_slots import WaitSlots

        return WaitSlots(runtime.clients.dynamodb, self.settings.control_table, runtime.clock).allowed(seconds)

    def _remove_superseded_dead_letters(self, ref: EntityRef, version: int) -> None:
        from buildium_sync.outbound.dead_letters import DeadLetterCleaner

        DeadLetterCleaner(self._entity_store, self._sync_queue).remove_superseded(ref, version)

    @property
    def change_history(self) -> "ChangeHistory":
        """Return the service of the change histories."""
        from buildium_sync.api.history_reader import ChangeHistory

        return ChangeHistory(self.entities, self._operator_store.names)

    @property
    def filtered_lists(self) -> "FilteredLists":
        """Return the service of lists with a filter."""
        from buildium_sync.api.filtered_lists import FilteredLists
        from buildium_sync.store.lookup_items import LookupStore

        return FilteredLists(self._entity_store, LookupStore(runtime.clients.dynamodb, self.settings.timeline_table))

    @property
    def upserts(self) -> "EntityUpserts":
        """Return the service that creates or updates by external ids."""
        from buildium_sync.api.upserts import EntityUpserts

        return EntityUpserts(self.entities, self._entity_store)

    def batches(self, time_left: TimeLeft) -> "EntityBatches":
        """Return the service of batches. `time_left` are the seconds in which items can be written."""
        from buildium_sync.api.upserts import EntityBatches

        return EntityBatches(self.upserts, lambda: time_left() > 0)

    def sync_retrier(self, time_left: TimeLeft, by: str | None = None) -> "SyncRetrier":
        """Return the service that lists and retries syncs. `by` is the id of the API key."""
        from buildium_sync.outbound.manual_retry import SyncRetrier

        return SyncRetrier(self._entity_store, self._sync_queue, runtime.clock, time_left, by=by)

    @property
    def balances(self) -> "BalanceService":
        """Return the service of the balances of leases."""
        from buildium_sync.api.balance_service import BalanceService
        from buildium_sync.store.outstanding_balances import LeaseBalanceStore

        balances = LeaseBalanceStore(runtime.clients.dynamodb, self.settings.entities_table)
        return BalanceService(self.entities, self._entity_store, balances)

    @property
    def events(self) -> "EventService":
        """Return the service of the stored events."""
        from buildium_sync.api.event_service import EventService
        from buildium_sync.store.events import EventStore
        from buildium_sync.store.queues import EventQueue

        store = EventStore(runtime.clients.dynamodb, self.settings.events_table, clock=runtime.clock)
        return EventService(store, EventQueue(runtime.clients.sqs, self.settings.event_queue_url), runtime.clock)

    @property
    def changes(self) -> "ChangeService":
        """Return the service of the change feed."""
        from buildium_sync.api.change_service import ChangeService
        from buildium_sync.store.change_feed import ChangeFeed

        return ChangeService(ChangeFeed(runtime.clients.dynamodb, self.settings.timeline_table), runtime.clock)

    @property
    def control(self) -> "ControlService":
        """Return the service that pauses and resumes the sync."""
        from buildium_sync.api.control_service import ControlService

        return ControlService(self._control_store, runtime.clock, self.settings.start_mode)

    @property
    def deliveries(self) -> "DeliveryService":
        """Return the service of the app webhook's deliveries."""
        from buildium_sync.api.delivery_service import DeliveryService
        from buildium_sync.store.app_webhook_deliveries import DeliveryStore
        from buildium_sync.store.app_webhook_state import ReceiverStateStore

        return DeliveryService(
            DeliveryStore(runtime.clients.dynamodb, self.settings.timeline_table, runtime.clock),
            ReceiverStateStore(runtime.clients.dynamodb, self.settings.control_table),
        )

    @property
    def metrics(self) -> "Metrics":
        """Return the service of the numbers of the last day."""
        from buildium_sync.api.metrics import Metrics
        from buildium_sync.store.metric_buckets import MetricBuckets

        buckets = MetricBuckets(runtime.clients.dynamodb, self.settings.control_table)
        return Metrics(buckets, rate_limit=self.settings.rate_limit, clock=runtime.clock)

    @property
    def overview(self) -> "Overview":
        """Return the service of the overview."""
        from buildium_sync.api.overview import Overview
        from buildium_sync.buildium.circuit_breaker import CircuitBreakers
        from buildium_sync.store.metric_buckets import MetricBuckets
        from buildium_sync.store.queues import DeadLetterQueues
        from buildium_sync.store.webhook_rejections import RejectionStore

        clients, settings = runtime.clients, self.settings
        dead_letter_urls = {
            "sync": settings.sync_dead_letter_queue_url,
            "events": settings.event_dead_letter_queue_url,
            "schedule": settings.schedule_failure_queue_url,
            "jobs": settings.job_dead_letter_queue_url,
            "timeline": settings.timeline_dead_letter_queue_url,
            "appWebhook": settings.app_webhook_dead_letter_queue_url,
        }
        return Overview(
            self._timeline_store,
            self._entity_store,
            MetricBuckets(clients.dynamodb, settings.control_table),
            RejectionStore(clients.dynamodb, settings.control_table),
            self.imports,
            DeadLetterQueues(clients.sqs, dead_letter_urls),
            # The overview lists open circuits. It makes no calls that could probe one.
            CircuitBreakers(clients.dynamodb, settings.control_table, clock=runtime.clock, probe=0.0),
            rate_limit=settings.rate_limit,
            clock=runtime.clock,
        )
