"""Runs a job that takes more than one run of a function, slice by slice. Each slice queues the next.

A job's state is written under its lease. So a slice continues where the last one stopped, and clients can read the
progress at any time.
"""

from collections.abc import Callable
from typing import TypeVar

from buildium_sync.clock import format_iso
from buildium_sync.domain.entity import EntityRef
from buildium_sync.reconcile.jobs.job_state import JobState, JobStatus, job_name
from buildium_sync.reconcile.jobs.time_budget import TimeBudget
from buildium_sync.store.jobs import Job, JobStore
from buildium_sync.store.queues import JobQueue

RETRY_SOON_SECONDS = 5
"""Delay of the next slice when no rate-limit slot was free, or an entity has to wait."""
OUTAGE_RETRY_SECONDS = 60
"""Delay of the next slice during an outage of Buildium."""
PAUSE_RECHECK_SECONDS = 60
"""Delay of the next slice while the inbound sync is paused."""

_J = TypeVar("_J", bound=JobState)


class JobRunner:
    """Runs one slice of a job at a time."""

    def __init__(self, jobs: JobStore, queue: JobQueue, budget: TimeBudget) -> None:
        self.jobs = jobs
        self.budget = budget
        self._queue = queue

    def run_slice(self, kind: type[_J], run: Callable[[Job, _J], int], ref: EntityRef | None = None) -> None:
        """Run one slice of a job and queue the next one. Does nothing while another run has the job's lease.

        `run` works while there is time, and returns the seconds until the next slice. `ref` is the entity of a job for
        one entity.
        """
        lease = self.budget.lease
        job = self.jobs.acquire(job_name(kind.job, ref), **lease)
        if job is None:
            return
        current = kind.of(job.state)
        current.due = lease["until"]
        delay = run(job, current) if current.has_more else 0
        if current.status is JobStatus.RUNNING and not current.has_more:
            current.status, current.finished_at = JobStatus.DONE, format_iso(self.budget.clock())
        current.due = self.budget.clock() + delay
        if current.has_more or kind.is_kept:
            self.jobs.release(job, current.to_state())
        else:
            self.jobs.finish(job, current.to_state(), self.budget.clock())
        if current.has_more:
            self._queue.enqueue(kind.job, delay, ref)
