"""The state of a job, which takes more than one run of a function (see `runner`)."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, Self, TypeVar

from buildium_sync.buildium.list_reader import ListCursor
from buildium_sync.clock import format_iso
from buildium_sync.domain.entity import EntityRef
from buildium_sync.errors import BuildiumSyncError

MAX_LISTED_ERRORS = 20
"""Errors that a job's state lists, the newest first; the log has all."""


class JobStatus(StrEnum):
    """The status of a job, or of its part for one entity type."""

    NOT_STARTED = "not_started"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class JobState(ABC):
    """What every job's state has. Times are ISO 8601; `due` is when its next message arrives (epoch seconds)."""

    job: ClassVar[str]
    """The job's name in the table and in the queue."""
    is_kept: ClassVar[bool] = False
    """Whether the state of a finished job never expires."""

    status: JobStatus = JobStatus.NOT_STARTED
    started_at: str | None = None
    finished_at: str | None = None
    due: float = 0.0

    @classmethod
    def of(cls, state: Mapping[str, Any] | None) -> Self:
        """Parse a stored state; None is that of a job that never ran."""
        return cls() if state is None else cls(**{**state, "status": JobStatus(state["status"])})

    @classmethod
    def start(cls, now: float, **values: Any) -> Self:
        """Return the state of a job that starts at `now` (epoch seconds)."""
        return cls(status=JobStatus.RUNNING, started_at=format_iso(now), due=now, **values)

    def to_state(self) -> dict[str, Any]:
        """Return the state to be stored."""
        return asdict(self)

    def progress(self) -> dict[str, Any]:
        """Return the job as the API shows it."""
        times = {"startedAt": self.started_at, "finishedAt": self.finished_at}
        return {"status": self.status.value, **times, **self._details()}

    @property
    def started_on(self) -> date:
        """The day (UTC) on which the job started. Raises ValueError if it never did."""
        if self.started_at is None:
            raise ValueError("the job has not started")
        return datetime.fromisoformat(self.started_at).date()

    @property
    @abstractmethod
    def has_more(self) -> bool:
        """Whether the job runs and has more to do."""

    @abstractmethod
    def _details(self) -> dict[str, Any]:
        """Return what the API shows of this kind of job."""


@dataclass(slots=True)
class TypeState(ABC):
    """The part of a job for one entity type."""

    state: JobStatus = JobStatus.WAITING

    @abstractmethod
    def to_response(self) -> dict[str, Any]:
        """Return the part as the API shows it."""


_T = TypeVar("_T", bound=TypeState)


@dataclass(slots=True)
class TypedJobState(JobState, Generic[_T]):
    """The state of a job that handles one entity type after the other, in the order of `types`.

    `query` and `position` say which list of the current type is read, and up to which row. `seen_chunks` is the number
    of stored chunks of `SeenIds`.
    """

    types: dict[str, _T] = field(default_factory=dict)
    query: int = 0
    position: ListCursor = field(default_factory=ListCursor)
    seen_chunks: int = 0

    @classmethod
    @abstractmethod
    def waiting_type(cls) -> _T:
        """Return the part of a type that is not started."""

    @classmethod
    def of(cls, state: Mapping[str, Any] | None) -> Self:
        """Parse a stored state."""
        if state is None:
            return cls()
        new = type(cls.waiting_type())
        stored = [{**each, "state": JobStatus(each["state"])} for each in state["types"]]
        types = {each.pop("name"): new(**each) for each in stored}
        position = ListCursor(**state["position"])
        return cls(**{**state, "status": JobStatus(state["status"]), "types": types, "position": position})

    def to_state(self) -> dict[str, Any]:
        """Return the state to be stored. The types are a list, since a DynamoDB map has no order."""
        return {**asdict(self), "types": [{"name": name, **asdict(each)} for name, each in self.types.items()]}

    @property
    def has_more(self) -> bool:
        """Whether a type is unfinished."""
        return bool(self.unfinished)

    @property
    def unfinished(self) -> list[str]:
        """The types that are not finished, in their order; none unless the job runs."""
        ended = (JobStatus.DONE, JobStatus.FAILED)
        is_running = self.status is JobStatus.RUNNING
        return [name for name, each in self.types.items() if is_running and each.state not in ended]

    def start_type(self, name: str) -> _T:
        """Return the part of the current type, after starting it if it is waiting."""
        if self.types[name].state is JobStatus.WAITING:
            self.types[name] = self.waiting_type()
            self.types[name].state = JobStatus.RUNNING
            self.query, self.position, self.seen_chunks = 0, ListCursor(), 0
            self._reset_type(self.types[name])
        return self.types[name]

    @abstractmethod
    def _reset_type(self, current: _T) -> None:
        """Reset what this kind of job knows about the current type."""

    def _types_response(self) -> dict[str, Any]:
        return {name: each.to_response() for name, each in self.types.items()}


def job_name(job: str, ref: EntityRef | None = None) -> str:
    """Return the name of a job in the table: the job itself, or the job for one entity."""
    return f"{job}-{ref.pk}" if ref else job


def error_text(error: Exception) -> str:
    """Return an error's text. One that this package does not raise may quote the entity: only its class is named."""
    return str(error) if isinstance(error, BuildiumSyncError) else type(error).__name__
