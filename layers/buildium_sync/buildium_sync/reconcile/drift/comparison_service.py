"""Comparisons of one entity on its own, as the API starts and shows them."""

from typing import Any

from buildium_sync.clock import Clock
from buildium_sync.domain.entity import EntityRef, is_valid_id
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import DriftReportReplaced, FieldError, InvalidFields, NoDriftReport, NotFound
from buildium_sync.reconcile.drift import comparer
from buildium_sync.reconcile.jobs.job_state import JobStatus
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.queues import JobQueue


class ComparisonService:
    """Starts comparisons. The reconcile function compares."""

    def __init__(self, store: EntityStore, jobs: JobStore, queue: JobQueue, clock: Clock) -> None:
        self._store = store
        self._jobs = jobs
        self._queue = queue
        self._clock = clock

    def start(self, ref: EntityRef) -> dict[str, Any]:
        """Start to compare an entity and return the state. Raises NotFound, and InvalidFields for an unlisted type."""
        self._check(ref)
        state = comparer.started(self._clock())
        self._jobs.put_chunk(comparer.result_name(ref), comparer.STATE, [state], self._clock())
        self._queue.enqueue(comparer.JOB, ref=ref)
        return self._response(ref, state, None)

    def read(self, ref: EntityRef) -> dict[str, Any]:
        """Return the last comparison of an entity, with the entry if it differs. Raises as `start` does."""
        self._check(ref)
        state = next(iter(self._jobs.chunks(comparer.result_name(ref), [comparer.STATE])), comparer.not_started())
        is_done = state["status"] == JobStatus.DONE
        entries = self._jobs.chunks(comparer.result_name(ref), [comparer.ENTRIES]) if is_done else []
        return self._response(ref, state, next(iter(entries), None))

    def repairable(self, ref: EntityRef, checked_at: str | None = None) -> tuple[str, int]:
        """Return the name of the last comparison's report, and its number of entries with writes.

        Raises NoDriftReport without a finished comparison, DriftReportReplaced if it did not start at `checked_at`
        (ISO 8601), and what `read` raises.
        """
        result = self.read(ref)
        if checked_at not in (None, result["startedAt"]):
            raise DriftReportReplaced(f"The comparison of {checked_at} was replaced by that of {result['startedAt']}.")
        if result["status"] != JobStatus.DONE:
            raise NoDriftReport(f"A repair needs a finished comparison; the last one is {result['status']}.")
        return comparer.result_name(ref), int(bool(result["entry"] and result["entry"]["writes"]))

    def _check(self, ref: EntityRef) -> None:
        if not by_name(ref.entity_type).is_listed:
            raise InvalidFields([FieldError("entityType", f"Buildium has no list of every {ref.entity_type}")])
        if not is_valid_id(ref.entity_id) or self._store.sync_record(ref) is None:
            raise NotFound(f"{ref.entity_type.capitalize()} {ref.entity_id!r} not found.")

    def _response(self, ref: EntityRef, state: dict[str, Any], entry: dict[str, Any] | None) -> dict[str, Any]:
        return {"entityType": ref.entity_type, "entityId": ref.entity_id, **state, "entry": entry}
