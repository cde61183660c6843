"""The parts of the reconcile function."""

from functools import cached_property

from buildium_sync.composition.clients import WORKERS
from buildium_sync.composition.inbound import inbound_sync
from buildium_sync.composition.jobs import JobComposition
from buildium_sync.composition.runtime import TimeLeft, runtime
from buildium_sync.composition.sync_queue import sync_queue

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.list_reader import ListReader
from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.domain.change_event import BUS_SOURCE
from buildium_sync.domain.entity import ChangeSource
from buildium_sync.entity_types.registry import listed_types
from buildium_sync.inbound.batch_applier import BatchApplier
from buildium_sync.inbound.inbound_sync import InboundSync
from buildium_sync.outbound.manual_retry import SyncRetrier
from buildium_sync.reconcile.balance_poller import BalancePoller
from buildium_sync.reconcile.digest import DailyDigest, DigestSources
from buildium_sync.reconcile.drift.comparer import ComparisonWorker, EntityComparer
from buildium_sync.reconcile.drift.confirmed_deletions import ConfirmedDeletions
from buildium_sync.reconcile.drift.differ import Differ
from buildium_sync.reconcile.drift.nightly import NightlyDrift
from buildium_sync.reconcile.drift.repair_worker import RepairTools, RepairWorker
from buildium_sync.reconcile.drift.service import DriftService
from buildium_sync.reconcile.drift.worker import DriftReaders, DriftWorker
from buildium_sync.reconcile.imports.matcher import Matcher
from buildium_sync.reconcile.imports.service import ImportService
from buildium_sync.reconcile.imports.worker import ImportWorker
from buildium_sync.reconcile.list_queries import ListQueries
from buildium_sync.reconcile.poller import Poller
from buildium_sync.reconcile.recurrence import Recurring
from buildium_sync.reconcile.sweeper import Sweeper
from buildium_sync.reconcile.sync_gauges import SyncGauges
from buildium_sync.store.alarm_topics import AlarmTopics
from buildium_sync.store.event_bus import EventBus
from buildium_sync.store.metric_buckets import MetricBuckets
from buildium_sync.store.missing_entities import MissingEntityStore
from buildium_sync.store.queues import SyncQueue
from buildium_sync.store.webhook_rejections import RejectionStore
from buildium_sync.timeline.event_publisher import ApplicationEventPublisher
from buildium_sync.webhooks.publisher import EventPublisher
from buildium_sync.webhooks.rejection_monitor import RejectionMonitor

_TYPES_BY_NAME = {entity_type.name: entity_type for entity_type in listed_types()}


class ReconcileComposition(JobComposition):
    """The scheduled work, and the jobs that its queue continues."""

    @cached_property
    def _sync_queue(self) -> SyncQueue:
        return sync_queue(self.settings)

    def sweeper(self) -> Sweeper:
        """Return what resumes stuck syncs and events."""
        publisher = EventPublisher(runtime.clients.eventbridge, self.settings.event_bus_name)
        parts = (self.entities, self._events, self._sync_queue, publisher, self.control)
        return Sweeper(*parts, enabled=self.settings.sync_enabled, clock=runtime.clock)

    def sync_gauges(self) -> SyncGauges:
        """Return what reports the states of all syncs."""
        return SyncGauges(self._timelines)

    def daily_digest(self) -> DailyDigest:
        """Return what sends the daily digest to the alarm topics."""
        settings = self.settings
        buckets = MetricBuckets(runtime.clients.dynamodb, settings.control_table)
        sources = DigestSources(self._timelines, self.entities, self.circuit_breakers, self.jobs, buckets)

        def topics() -> AlarmTopics:
            return AlarmTopics(runtime.clients.sns, [settings.email_topic_arn, settings.alarm_topic_arn])

        return DailyDigest(sources, topics, settings.stack_name, runtime.clock)

    def rejection_monitor(self) -> RejectionMonitor:
        """Return what reports rejected webhooks."""
        return RejectionMonitor(RejectionStore(runtime.clients.dynamodb, self.settings.control_table), self._events)

    def poller(self, time_left: TimeLeft) -> Poller:
        """Return what polls Buildium for changes, for one invocation."""
        client = self._background_client(time_left)
        applier = self._applier(inbound_sync(self, client, ChangeSource.POLL))
        return Poller(
            listed_types(),
            ListReader(client),
            applier,
            self.jobs,
            self._time_budget(time_left),
            self._lists(client),
            self.control,
        )

    def balance_poller(self, time_left: TimeLeft) -> BalancePoller:
        """Return what polls Buildium for the balances of leases, for one invocation."""
        refresher = self.balance_refresher(self._background_client(time_left))
        return BalancePoller(refresher, self.jobs, self._time_budget(time_left), self.control)

    def import_service(self) -> ImportService:
        """Return what starts and resumes imports."""
        return ImportService(self.jobs, self._job_queue, runtime.clock)

    def import_worker(self, time_left: TimeLeft) -> ImportWorker:
        """Return what continues an import, for one invocation."""
        client = self._background_client(time_left)
        applier = self._applier(inbound_sync(self, client, ChangeSource.IMPORT))
        return ImportWorker(
            _TYPES_BY_NAME,
            ListReader(client),
            self._lists(client),
            applier,
            self._matcher(client),
            self._job_runner(time_left),
            self.control,
            ApplicationEventPublisher(EventBus(runtime.clients.eventbridge, self.settings.event_bus_name, BUS_SOURCE)),
        )

    def drift_service(self) -> DriftService:
        """Return what starts and resumes comparisons and repairs."""
        return DriftService(self.jobs, self._job_queue, runtime.clock)

    def nightly_drift(self) -> NightlyDrift:
        """Return what starts the nightly drift check. It is off while sync is off, like the polls."""
        settings = self.settings
        return NightlyDrift(
            self.drift_service(),
            self.import_service(),
            Recurring(self.jobs, runtime.clock),
            list(_TYPES_BY_NAME),
            every_hours=settings.drift_hours if settings.sync_enabled else 0,
        )

    def drift_worker(self, time_left: TimeLeft) -> DriftWorker:
        """Return what continues a comparison of both sides, for one invocation."""
        client = self._background_client(time_left)
        differ = Differ(self.entities, self.conflict_policy)
        scope = self.property_scope(client)
        comparer = EntityComparer(self.entities, client, differ, scope)
        missing = MissingEntityStore(runtime.clients.dynamodb, self.settings.control_table)
        inbound = inbound_sync(self, client, ChangeSource.DRIFT)
        deletions = ConfirmedDeletions(missing, inbound, self.control, runtime.clock)
        readers = DriftReaders(
            self.entities,
            ListReader(client),
            self._lists(client),
            self._matcher(client),
            differ,
            comparer,
            deletions,
            scope,
        )
        return DriftWorker(_TYPES_BY_NAME, readers, self._job_runner(time_left))

    def comparison_worker(self, time_left: TimeLeft) -> ComparisonWorker:
        """Return what compares one entity on its own, for one invocation. An operator waits for it."""
        client = self.client(time_left, Priority.INTERACTIVE)
        differ = Differ(self.entities, self.conflict_policy)
        comparer = EntityComparer(self.entities, client, differ, self.property_scope(client))
        return ComparisonWorker(self.entities, comparer, self.jobs, runtime.clock)

    def repair_worker(self, time_left: TimeLeft) -> RepairWorker:
        """Return what continues a repair, for one invocation."""
        client = self._background_client(time_left)
        inbound = inbound_sync(self, client, ChangeSource.REPAIR)
        retrier = SyncRetrier(self.entities, self._sync_queue, runtime.clock, time_left)
        applier = self._applier(inbound)
        tools = RepairTools(self.entities, client, inbound, applier, self._matcher(client), retrier, self.control)
        return RepairWorker(_TYPES_BY_NAME, tools, self._job_runner(time_left))

    def _background_client(self, time_left: TimeLeft) -> BuildiumClient:
        return self.client(time_left, Priority.BACKGROUND)

    def _lists(self, client: BuildiumClient) -> ListQueries:
        return ListQueries(client, self.settings.ledger_horizon_days)

    def _applier(self, inbound: InboundSync) -> BatchApplier:
        return BatchApplier(self.entities, inbound, self.control, self.metric_counts, runtime.clock, workers=WORKERS)

    def _matcher(self, client: BuildiumClient) -> Matcher:
        return Matcher(self.entities, self._sync_queue, runtime.clock, self.property_scope(client))
