"""The state of a job that takes longer than one run of a function (see `inbound.slices`)."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class JobStatus(StrEnum):
    """How far a job, or its part for one type, has got."""

    NOT_STARTED = "not_started"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class JobState(ABC):
    """What every such job's state has; `due` is when its next message comes, in seconds since the epoch."""

    status: JobStatus = JobStatus.NOT_STARTED
    started_at: str | None = None
    finished_at: str | None = None
    due: float = 0.0

    @property
    def began_on(self) -> date:
        """The day (UTC) on which the job began. Raises ValueError before it has."""
        if self.started_at is None:
            raise ValueError("the job has not started")
        return datetime.fromisoformat(self.started_at).date()

    @property
    @abstractmethod
    def has_more(self) -> bool:
        """Tell whether there is more to do."""

    @abstractmethod
    def to_state(self) -> dict[str, Any]:
        """Return the job's state."""
