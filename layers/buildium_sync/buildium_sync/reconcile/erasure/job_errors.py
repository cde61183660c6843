"""Errors of one entity in the states of imports and repairs. A state stays until the next job of its kind."""

from typing import Any

from buildium_sync.domain.entity import EntityRef
from buildium_sync.errors import RetryLater
from buildium_sync.reconcile.drift import repair_state
from buildium_sync.reconcile.imports import state as import_state
from buildium_sync.reconcile.jobs.runner import RETRY_SOON_SECONDS
from buildium_sync.reconcile.jobs.time_budget import TimeBudget
from buildium_sync.store.jobs import JobStore

_JOBS = (import_state.JOB, repair_state.JOB)
_ERASED = "The entity was erased."


class JobErrors:
    """The errors that jobs list."""

    def __init__(self, jobs: JobStore, budget: TimeBudget) -> None:
        self._jobs = jobs
        self._budget = budget

    def erase(self, ref: EntityRef, buildium_id: int | None) -> None:
        """Replace the errors of an entity. Raises RetryLater while a job with one of them runs."""
        for name, state in self._jobs.states(_JOBS).items():
            if _erased(state, ref, buildium_id) != state:
                self._erase(name, ref, buildium_id)

    def _erase(self, name: str, ref: EntityRef, buildium_id: int | None) -> None:
        job = self._jobs.acquire(name, **self._budget.lease)
        if job is None:
            raise RetryLater(f"The job {name} runs", RETRY_SOON_SECONDS)
        self._jobs.release(job, _erased(job.state or {}, ref, buildium_id))


def _erased(state: dict[str, Any], ref: EntityRef, buildium_id: int | None) -> dict[str, Any]:
    errors = [
        {**each, "error": _ERASED} if _is_of(each, ref, buildium_id) else each for each in state.get("errors", [])
    ]
    return {**state, "errors": errors} if "errors" in state else state


def _is_of(error: dict[str, Any], ref: EntityRef, buildium_id: int | None) -> bool:
    if error["entityType"] != ref.entity_type:
        return False
    is_linked = buildium_id is not None and error.get("buildiumId") == buildium_id
    return is_linked or error.get("entityId") == ref.entity_id
