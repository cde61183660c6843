"""Work that recurs: once in each interval of hours, counted from the same hour of the day (UTC)."""

from collections.abc import Callable
from typing import NamedTuple

from buildium_sync.clock import Clock, format_iso
from buildium_sync.store.jobs import JobStore

_LEASE_SECONDS = 60.0
"""A run that dies is repeated after this time."""


class Recurrence(NamedTuple):
    """Work by the name of its job. Its intervals of `every_hours` begin at `at_hour` (UTC)."""

    job: str
    every_hours: int
    at_hour: int

    def interval_start(self, now: float) -> str:
        """Return the start (ISO 8601) of the interval that contains `now` (epoch seconds)."""
        offset_seconds, every_seconds = self.at_hour * 3600, self.every_hours * 3600
        return format_iso((now - offset_seconds) // every_seconds * every_seconds + offset_seconds)


class Recurring:
    """Runs recurring work once per interval, although several processes may try."""

    def __init__(self, jobs: JobStore, clock: Clock) -> None:
        self._jobs = jobs
        self._clock = clock

    def run_if_due(self, work: Recurrence, run: Callable[[], bool]) -> bool:
        """Run the work if it has not run in this interval, and return whether it ran.

        `run` returns False if the work has to wait: then it is tried again. A new stack waits for the next interval.
        """
        now = self._clock()
        start = work.interval_start(now)
        if self._is_done(self._jobs.states([work.job]).get(work.job), start):
            return False
        job = self._jobs.acquire(work.job, now=now, until=now + _LEASE_SECONDS)
        if job is None or self._is_done(job.state, start):
            return False
        has_run = job.state is not None and run()
        self._jobs.release(job, {"ranFor": start} if has_run or job.state is None else job.state)
        return has_run

    def _is_done(self, state: dict[str, str] | None, start: str) -> bool:
        return state is not None and state["ranFor"] >= start
