"""What the jobs of the reconcile function are stored, queued and run with, and the erasures."""

from functools import cached_property

from buildium_sync.composition.buildium import BuildiumComposition
from buildium_sync.composition.erasures import erasure_service
from buildium_sync.composition.runtime import TimeLeft, runtime

from buildium_sync.reconcile.erasure.eraser import ErasedStores, Eraser
from buildium_sync.reconcile.erasure.job_errors import JobErrors
from buildium_sync.reconcile.erasure.service import ErasureService
from buildium_sync.reconcile.erasure.worker import ErasureWorker
from buildium_sync.reconcile.jobs.runner import JobRunner
from buildium_sync.reconcile.jobs.time_budget import TimeBudget
from buildium_sync.settings import ReconcileSettings
from buildium_sync.store.erasures import ErasureRecordStore
from buildium_sync.store.events import EventStore
from buildium_sync.store.failed_call_items import FailedCallStore
from buildium_sync.store.feed_erasure import FeedErasure
from buildium_sync.store.queues import JobQueue
from buildium_sync.store.review_decisions import ReviewDecisionStore
from buildium_sync.store.timeline_pages import TimelineStore


class JobComposition(BuildiumComposition):
    """The stores, the queue and the runner of jobs, and the erasures."""

    settings_type = ReconcileSettings
    settings: ReconcileSettings

    @cached_property
    def _events(self) -> EventStore:
        return EventStore(runtime.clients.dynamodb, self.settings.events_table, clock=runtime.clock)

    @cached_property
    def _timelines(self) -> TimelineStore:
        return TimelineStore(runtime.clients.dynamodb, self.settings.timeline_table)

    @cached_property
    def _job_queue(self) -> JobQueue:
        return JobQueue(runtime.clients.sqs, self.settings.job_queue_url)

    def erasure_service(self) -> ErasureService:
        """Return what resumes erasures."""
        return erasure_service(self.settings, self.entities, self.jobs, self._job_queue)

    def erasure_worker(self, time_left: TimeLeft) -> ErasureWorker:
        """Return what continues the erasure of one entity, for one invocation."""
        runner, settings, dynamodb = self._job_runner(time_left), self.settings, runtime.clients.dynamodb
        stores = ErasedStores(
            self.entities,
            ReviewDecisionStore(dynamodb, settings.entities_table),
            self._timelines,
            FeedErasure(dynamodb, settings.timeline_table),
            FailedCallStore(dynamodb, settings.timeline_table, runtime.clock),
            self._events,
            self.jobs,
            ErasureRecordStore(dynamodb, settings.entities_table),
        )
        return ErasureWorker(Eraser(stores, JobErrors(self.jobs, runner.budget), runtime.clock), runner)

    def _job_runner(self, time_left: TimeLeft) -> JobRunner:
        return JobRunner(self.jobs, self._job_queue, self._time_budget(time_left))

    def _time_budget(self, time_left: TimeLeft) -> TimeBudget:
        every = self.settings.poll_seconds if self.settings.sync_enabled else 0
        return TimeBudget(every, runtime.clock, time_left)
