"""The stored state of an import."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from buildium_sync.domain.change_event import ImportCounts
from buildium_sync.reconcile.jobs.job_state import MAX_LISTED_ERRORS, JobStatus, TypedJobState, TypeState
from buildium_sync.store.jobs import JobStore

JOB = "import"


@dataclass(slots=True)
class TypeProgress(TypeState):
    """One type: Buildium entities in total, done and failed, and local entities that need a review."""

    total: int = 0
    done: int = 0
    failed: int = 0
    needs_review: int = 0

    @property
    def counts(self) -> ImportCounts:
        """The numbers of entities."""
        return {"total": self.total, "done": self.done, "failed": self.failed, "needsReview": self.needs_review}

    def to_response(self) -> dict[str, Any]:
        """Return the progress as the API shows it."""
        return {**self.counts, "state": self.state.value}


@dataclass(slots=True)
class ImportState(TypedJobState[TypeProgress]):
    """An import. `paused_reason` says what stops all of it.

    The rest is about the current type. `total_before` and `duplicates` count the rows of earlier lists, and the rows
    that came twice. `chunks` is the number of stored chunks of matches. `has_deferred` says that an entity has to be
    read again, in the next of the `passes`. `not_listed` counts how often in a row Buildium failed to list the type.
    """

    job: ClassVar[str] = JOB

    errors: list[dict[str, Any]] = field(default_factory=list)
    total_before: int = 0
    duplicates: int = 0
    chunks: int = 0
    has_deferred: bool = False
    passes: int = 0
    not_listed: int = 0
    paused_reason: str | None = None

    @classmethod
    def waiting_type(cls) -> TypeProgress:
        """Return the progress of a type that is not started."""
        return TypeProgress()

    def restart_type(self, name: str) -> None:
        """Start a type again, without its errors. What is done already is not written again."""
        passes = self.passes
        self.errors = [each for each in self.errors if each["entityType"] != name]
        self.types[name].state = JobStatus.WAITING
        self.start_type(name)
        self.passes = passes + 1

    def note_error(self, entity_type: str, buildium_id: int | None, error: str) -> None:
        """Add an error to those that the API shows."""
        entry = {"entityType": entity_type, "buildiumId": buildium_id, "error": error}
        self.errors = [entry, *self.errors][:MAX_LISTED_ERRORS]

    def _reset_type(self, _current: TypeProgress) -> None:
        self.total_before, self.duplicates, self.chunks = 0, 0, 0
        self.has_deferred = False
        self.passes, self.not_listed = 1, 0

    def _details(self) -> dict[str, Any]:
        return {"pausedReason": self.paused_reason, "types": self._types_response(), "errors": self.errors}


def types_being_imported(jobs: JobStore) -> list[str]:
    """Return the types that a running import has not finished."""
    return ImportState.of(jobs.states([JOB]).get(JOB)).unfinished
