"""The stored state of an erasure. Each entity has a job of its own, so several can wait at the same time."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Self

from buildium_sync.domain.entity import EntityRef
from buildium_sync.reconcile.jobs.job_state import JobState, JobStatus
from buildium_sync.store.feed_erasure import FeedPosition

JOB = "erasure"


class ErasureStatus(StrEnum):
    """The status of an erasure, as the API shows it. While it is `queued`, nothing is erased."""

    NOT_STARTED = "not_started"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ErasureStep(StrEnum):
    """The next step of an erasure. Each step can be repeated."""

    ENTITY = "entity"
    STORES = "stores"
    FEED = "feed"
    RECORD = "record"
    NONE = "none"


@dataclass(slots=True)
class ErasureState(JobState):
    """An erasure. `started_at` is the time of the request, and `by` who requested it.

    `version` and `revision` are those of the erased entity and its sync record, and `erased_at` (epoch seconds) is when
    they were written. `bucket` and `key` are the position in the change feed, None before its begin.
    """

    job: ClassVar[str] = JOB
    is_kept: ClassVar[bool] = True

    by: str | None = None
    step: ErasureStep = ErasureStep.ENTITY
    version: int = 0
    revision: int = 0
    erased_at: float = 0.0
    bucket: int | None = None
    key: str = ""
    error: str | None = None

    @classmethod
    def of(cls, state: Mapping[str, Any] | None) -> Self:
        """Parse a stored state."""
        if state is None:
            return cls()
        return cls(**{**state, "status": JobStatus(state["status"]), "step": ErasureStep(state["step"])})

    @property
    def position(self) -> FeedPosition | None:
        """The position in the change feed."""
        return None if self.bucket is None else FeedPosition(self.bucket, self.key)

    @position.setter
    def position(self, after: FeedPosition | None) -> None:
        self.bucket, self.key = after or (None, "")

    @property
    def has_more(self) -> bool:
        """Whether a step is left."""
        return self.status is JobStatus.RUNNING and self.step is not ErasureStep.NONE

    def fail(self, error: str) -> None:
        """End the erasure with an error."""
        self.status, self.error = JobStatus.FAILED, error

    def to_response(self, ref: EntityRef) -> dict[str, Any]:
        """Return the erasure of an entity as the API shows it."""
        return {
            "entityType": ref.entity_type,
            "entityId": ref.entity_id,
            "status": self._shown_status.value,
            "requestedAt": self.started_at,
            "by": self.by,
            "finishedAt": self.finished_at,
            **self._details(),
        }

    @property
    def _shown_status(self) -> ErasureStatus:
        is_queued = self.status is JobStatus.RUNNING and self.step is ErasureStep.ENTITY
        return ErasureStatus.QUEUED if is_queued else ErasureStatus(self.status.value)

    def _details(self) -> dict[str, Any]:
        return {"error": self.error}
