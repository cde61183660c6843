"""How far a repair has got."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from buildium_sync.errors import BuildiumSyncError
from buildium_sync.reconcile.jobs.job_state import JobState, JobStatus

JOB = "repair"
_ERRORS = 20
"""Errors that are shown; the log has all."""

DriftEntryDict = dict[str, Any]
"""An entry of the report, in JSON's types."""


@dataclass(slots=True)
class RepairState(JobState):
    """A repair.

    `report` names the comparison that it goes by; `part` and `entry` say what of it comes next. `linked` tells that
    what may be the same on both sides is decided about. `done` counts entries that ended as the report planned, or that
    had come there by themselves.
    """

    report: str = ""
    part: int = 0
    end_part: int = 0
    entry: int = 0
    linked: bool = False
    planned: int = 0
    done: int = 0
    failed: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, state: Mapping[str, Any] | None) -> Self:
        """Read a job's state."""
        return cls() if state is None else cls(**{**state, "status": JobStatus(state["status"])})

    def to_state(self) -> dict[str, Any]:
        """Return the job's state."""
        return asdict(self)

    def body(self) -> dict[str, Any]:
        """Return the repair as the API shows it."""
        return {
            "status": self.status.value,
            "startedAt": self.started_at,
            "finishedAt": self.finished_at,
            "planned": self.planned,
            "done": self.done,
            "failed": self.failed,
            "errors": self.errors,
        }

    @property
    def has_more(self) -> bool:
        """Tell whether there is a part to be repaired."""
        return self.status is JobStatus.RUNNING and self.part < self.end_part

    def fail(self, entry: DriftEntryDict, error: Exception) -> None:
        """Count an entry that could not be repaired, and keep why to be shown, the newest first.

        The text of an error that is not ours may quote the entity, and its kind alone is told.
        """
        text = str(error) if isinstance(error, BuildiumSyncError) else type(error).__name__
        told = {name: entry[name] for name in ("entityType", "entityId", "buildiumId")}
        self.failed += 1
        self.errors = [{**told, "error": text}, *self.errors][:_ERRORS]
