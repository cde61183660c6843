"""Jobs that take longer than one run of a function: worked on slice by slice, each woken by the one before it.

A job's state is kept under its lease, so that a run that ends goes on where the last one stopped, and progress can be
read meanwhile.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from buildium_sync.clock import iso
from buildium_sync.reconcile.jobs.job_state import LongJob, State
from buildium_sync.reconcile.jobs.time_budget import Timing
from buildium_sync.store.jobs import Job, JobStore
from buildium_sync.store.queues import WakeQueue

SOON = 5
LATER = 60
"""Seconds until a job goes on that found no slot of the rate limit or waits for an entity, and one that Buildium's
absence has stopped."""

_J = TypeVar("_J", bound=LongJob)


class Slices:
    """Works on one slice at a time of whatever job runs."""

    def __init__(self, jobs: JobStore, queue: WakeQueue, timing: Timing) -> None:
        self.jobs = jobs
        self.timing = timing
        self._queue = queue

    def work(self, name: str, read: Callable[[Mapping[str, Any] | None], _J], go_on: Callable[[Job, _J], int]) -> None:
        """Do one slice of a job, and wake the next; nothing when another is at work.

        `go_on` works while there is time, and returns the seconds to wait before the job goes on.
        """
        lease = self.timing.lease
        job = self.jobs.take(name, **lease)
        if job is None:
            return
        current = read(job.state)
        current.due = lease["until"]
        delay = go_on(job, current) if current.goes_on else 0
        if current.status is State.RUNNING and not current.goes_on:
            current.status, current.finished_at = State.DONE, iso(self.timing.clock())
        current.due = self.timing.clock() + delay
        self.jobs.release(job, current.to_state())
        if current.goes_on:
            self._queue.wake(name, delay)
