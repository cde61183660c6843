"""The import of what a Buildium account holds already: begun by a client, done by the schedule's function.

Its state is one job, so that progress can be read while it runs, and a run that ends goes on where the last stopped.
"""

from collections.abc import Sequence
from typing import Any

from buildium_sync.clock import Clock, format_iso
from buildium_sync.reconcile.imports.state import JOB, ImportState, TypeProgress
from buildium_sync.reconcile.jobs.job_state import JobStatus
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.queues import JobQueue


class ImportService:
    """What the API does with imports."""

    def __init__(self, jobs: JobStore, queue: JobQueue, clock: Clock) -> None:
        self._jobs = jobs
        self._queue = queue
        self._clock = clock

    def progress(self) -> dict[str, Any]:
        """Return how far the last import has got."""
        return self.current().progress()

    def current(self) -> ImportState:
        """Return the last import."""
        return ImportState.of(self._jobs.states([JOB]).get(JOB))

    def start(self, entity_types: Sequence[str]) -> dict[str, Any]:
        """Begin an import of these types, in this order, and return its progress, or that of one that runs already."""
        now = self._clock()
        begun = ImportState(
            JobStatus.RUNNING, format_iso(now), types={name: TypeProgress() for name in entity_types}, due=now
        )
        if not self._jobs.start(JOB, begun.to_state()):
            return self.progress()
        self._queue.enqueue(JOB)
        return begun.progress()

    def resume(self) -> None:
        """Wake an import that runs and that no message carries any more."""
        current = self.current()
        if current.unfinished:
            self._queue.enqueue_if_stalled(JOB, current.due, self._clock())
