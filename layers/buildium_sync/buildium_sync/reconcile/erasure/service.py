"""Erasures, as the API and `make erase` start and show them. The reconcile function erases."""

from typing import Any

from buildium_sync.clock import Clock
from buildium_sync.domain.entity import EntityRef, is_valid_id
from buildium_sync.errors import NotFound
from buildium_sync.observability import logger
from buildium_sync.reconcile.erasure.state import JOB, ErasureState
from buildium_sync.reconcile.jobs.job_state import JobStatus, job_name
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.erasures import UnfinishedErasureStore
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.queues import JobQueue


class ErasureService:
    """Starts erasures, and resumes those whose message is lost."""

    def __init__(
        self,
        store: EntityStore,
        jobs: JobStore,
        unfinished: UnfinishedErasureStore,
        queue: JobQueue,
        clock: Clock,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._unfinished = unfinished
        self._queue = queue
        self._clock = clock

    def start(self, ref: EntityRef, by: str | None) -> dict[str, Any]:
        """Start to erase an entity, and return the erasure: that of an earlier request if it is not to be repeated.

        `by` is who requests it. Raises NotFound.
        """
        current = self._last(ref)
        if current.status is JobStatus.DONE:
            return current.to_response(ref)
        new = ErasureState.start(self._clock(), by=by)
        is_new = self._jobs.start(job_name(JOB, ref), new.to_state())
        # After the job: `resume` removes an entity without a running job.
        self._unfinished.add(ref)
        if not is_new:
            return self._stored(ref).to_response(ref)
        self._queue.enqueue(JOB, ref=ref)
        logger.info("Erasure requested", extra={"entity": ref.pk})
        return new.to_response(ref)

    def read(self, ref: EntityRef) -> dict[str, Any]:
        """Return the last erasure of an entity. Raises NotFound."""
        return self._last(ref).to_response(ref)

    def resume(self) -> None:
        """Queue each running erasure again whose message is lost."""
        for ref in self._unfinished.all():
            erasure = self._stored(ref)
            if erasure.status is JobStatus.RUNNING:
                self._queue.enqueue_if_stalled(JOB, erasure.due, self._clock(), ref)
                continue
            self._unfinished.remove(ref)
            if self._stored(ref).status is JobStatus.RUNNING:
                # It was requested again in between.
                self._unfinished.add(ref)

    def _last(self, ref: EntityRef) -> ErasureState:
        """Return the last erasure, a new state if it has no effect any more: the table was restored since."""
        loaded = self._store.load(ref) if is_valid_id(ref.entity_id) else None
        if loaded is None:
            raise NotFound(f"{ref.entity_type.capitalize()} {ref.entity_id!r} not found.")
        erasure = self._stored(ref)
        is_lost = erasure.status is JobStatus.DONE and loaded.entity.erased_at is None
        return ErasureState() if is_lost else erasure

    def _stored(self, ref: EntityRef) -> ErasureState:
        name = job_name(JOB, ref)
        return ErasureState.of(self._jobs.states([name]).get(name))
