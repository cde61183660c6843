"""Jobs that take longer than one run of a function: worked on slice by slice, each woken by the one before it.

A job's state is kept under its lease, so that a run that ends goes on where the last one stopped, and progress can be
read meanwhile.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from buildium_sync.clock import format_iso
from buildium_sync.reconcile.jobs.job_state import JobState, JobStatus
from buildium_sync.reconcile.jobs.time_budget import TimeBudget
from buildium_sync.store.jobs import Job, JobStore
from buildium_sync.store.queues import JobQueue

RETRY_SOON_SECONDS = 5
OUTAGE_RETRY_SECONDS = 60
"""Seconds until a job goes on that found no slot of the rate limit or waits for an entity, and one that Buildium's
absence has stopped."""

_J = TypeVar("_J", bound=JobState)


class JobRunner:
    """Works on one slice at a time of whatever job runs."""

    def __init__(self, jobs: JobStore, queue: JobQueue, timing: TimeBudget) -> None:
        self.jobs = jobs
        self.budget = timing
        self._queue = queue

    def run_slice(
        self, name: str, read: Callable[[Mapping[str, Any] | None], _J], run: Callable[[Job, _J], int]
    ) -> None:
        """Do one slice of a job, and wake the next; nothing when another is at work.

        `run` works while there is time, and returns the seconds to wait before the job goes on.
        """
        lease = self.budget.lease
        job = self.jobs.acquire(name, **lease)
        if job is None:
            return
        current = read(job.state)
        current.due = lease["until"]
        delay = run(job, current) if current.has_more else 0
        if current.status is JobStatus.RUNNING and not current.has_more:
            current.status, current.finished_at = JobStatus.DONE, format_iso(self.budget.clock())
        current.due = self.budget.clock() + delay
        self.jobs.release(job, current.to_state())
        if current.has_more:
            self._queue.enqueue(name, delay)
