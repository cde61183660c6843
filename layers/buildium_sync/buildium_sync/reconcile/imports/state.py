"""The state of an import, as its job keeps it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from buildium_sync.buildium.list_reader import ListCursor
from buildium_sync.reconcile.jobs.job_state import JobState, JobStatus
from buildium_sync.store.jobs import JobStore

JOB = "import"


_ERRORS = 20
"""Errors that are shown; the log has all."""


@dataclass(slots=True)
class TypeProgress:
    """One type: Buildium entities in total, done and failed, and local entities that need a review."""

    total: int = 0
    done: int = 0
    failed: int = 0
    needs_review: int = 0
    state: JobStatus = JobStatus.WAITING

    def body(self) -> dict[str, Any]:
        """Return the progress as the API shows it."""
        return {
            "total": self.total,
            "done": self.done,
            "failed": self.failed,
            "needsReview": self.needs_review,
            "state": self.state.value,
        }


@dataclass(slots=True)
class ImportState(JobState):
    """An import. `types` are in the order in which they are imported.

    `waiting_for` tells what keeps all of it from going on. The rest is about the type at hand: the list that is read
    and how far, what the lists before it counted, how many rows came twice, how many parts of matches and of seen ids
    are put aside, whether an entity has to be looked at again, how often the type was begun, and how often in a row
    Buildium did not list it.
    """

    types: dict[str, TypeProgress] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)
    query: int = 0
    position: ListCursor = field(default_factory=ListCursor)
    total_before: int = 0
    duplicates: int = 0
    parts: int = 0
    seen_parts: int = 0
    has_deferred: bool = False
    passes: int = 0
    not_listed: int = 0
    paused_reason: str | None = None

    @classmethod
    def of(cls, state: Mapping[str, Any] | None) -> Self:
        """Read a job's state."""
        if state is None:
            return cls()
        types = {each["name"]: _progress(each) for each in state["types"]}
        position = ListCursor(**state["position"])
        return cls(**{**state, "status": JobStatus(state["status"]), "types": types, "position": position})

    def to_state(self) -> dict[str, Any]:
        """Return the job's state. The types are a list there: a table keeps no order of names."""
        return {**asdict(self), "types": [{"name": name, **asdict(each)} for name, each in self.types.items()]}

    def progress(self) -> dict[str, Any]:
        """Return the import as the API shows it."""
        return {
            "status": self.status.value,
            "startedAt": self.started_at,
            "finishedAt": self.finished_at,
            "pausedReason": self.paused_reason,
            "types": {name: each.body() for name, each in self.types.items()},
            "errors": self.errors,
        }

    @property
    def has_more(self) -> bool:
        """Tell whether there is a type to be imported."""
        return bool(self.unfinished)

    @property
    def unfinished(self) -> list[str]:
        """The types that are not imported yet, in their order; none when no import runs."""
        ended = (JobStatus.DONE, JobStatus.FAILED)
        running = self.status is JobStatus.RUNNING
        return [name for name, each in self.types.items() if running and each.state not in ended]

    def start_type(self, name: str) -> TypeProgress:
        """Return the progress of the type at hand, begun if it was waiting."""
        progress = self.types[name]
        if progress.state is JobStatus.WAITING:
            self.restart_type(name)
            self.passes, self.not_listed = 1, 0
        return self.types[name]

    def restart_type(self, name: str) -> None:
        """Begin a type once more: what is done already costs nothing."""
        self.types[name] = replace(TypeProgress(), state=JobStatus.RUNNING)
        self.query, self.position, self.total_before, self.duplicates = 0, ListCursor(), 0, 0
        self.parts, self.seen_parts = 0, 0
        self.has_deferred = False
        self.passes += 1

    def note_error(self, entity_type: str, buildium_id: int | None, error: str) -> None:
        """Keep an error to be shown, the newest first."""
        told = {"entityType": entity_type, "buildiumId": buildium_id, "error": error}
        self.errors = [told, *self.errors][:_ERRORS]


def types_being_imported(jobs: JobStore) -> list[str]:
    """Return the names of the types that the import that runs is still to bring; none when none runs."""
    return ImportState.of(jobs.states([JOB]).get(JOB)).unfinished


def _progress(state: Mapping[str, Any]) -> TypeProgress:
    told = {name: value for name, value in state.items() if name != "name"}
    return TypeProgress(**{**told, "state": JobStatus(told["state"])})
