"""The stored state of a repair."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from buildium_sync.domain.merge import Side
from buildium_sync.domain.sync_status import FINAL
from buildium_sync.outbound.manual_retry import RetryResult
from buildium_sync.reconcile.drift.selection import DriftEntryDict, RepairSelection, writes_to
from buildium_sync.reconcile.imports.matcher import MatchOutcome
from buildium_sync.reconcile.jobs.job_state import MAX_LISTED_ERRORS, JobState, JobStatus

JOB = "repair"


@dataclass(slots=True)
class RepairState(JobState):
    """A repair.

    `report` names the drift check. `chunk` and `entry` are the numbers of the next entry, and `end_chunk` is the first
    chunk that is not repaired. `direction` and `keys` are those of the selection. `linked` says that the entries with
    candidates are resolved. `done` counts the entries that are as the report planned, whether the repair wrote them or
    not. Of these, `queued` counts those whose write in Buildium follows, with their sync. `needs_review` counts the
    entries with several candidates.
    """

    job: ClassVar[str] = JOB

    report: str = ""
    chunk: int = 0
    end_chunk: int = 0
    entry: int = 0
    direction: str | None = None
    keys: list[str] | None = None
    linked: bool = False
    planned: int = 0
    done: int = 0
    queued: int = 0
    failed: int = 0
    needs_review: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def selection(self) -> RepairSelection:
        """The entries that the repair writes."""
        return RepairSelection.of(self.direction, self.keys)

    @property
    def request(self) -> tuple[object, ...]:
        """What was requested: equal for two repairs of the same entities."""
        return self.report, self.end_chunk, self.planned, self.direction, self.keys

    @property
    def has_more(self) -> bool:
        """Whether a chunk is unfinished."""
        return self.status is JobStatus.RUNNING and self.chunk < self.end_chunk

    def fail(self, entry: DriftEntryDict, error: str) -> None:
        """Count an entry that could not be repaired, and add its error to those that the API shows."""
        named = {name: entry[name] for name in ("entityType", "entityId", "buildiumId")}
        self.failed += 1
        self.errors = [{**named, "error": error}, *self.errors][:MAX_LISTED_ERRORS]

    def count_sync(self, entry: DriftEntryDict, result: RetryResult) -> None:
        """Count an entry that is written in Buildium, by the result of its retry."""
        if result.sync is None:
            self.fail(entry, result.error)
            return
        self.done += 1
        self.queued += result.sync.status not in FINAL

    def count_link(self, entry: DriftEntryDict, outcome: MatchOutcome) -> None:
        """Count an entry with candidates, by the outcome of its type."""
        if entry["buildiumId"] in outcome.linked:
            self.done += 1
            self.queued += writes_to(entry, Side.REMOTE)
        elif entry["buildiumId"] in outcome.ambiguous:
            self.needs_review += 1
        else:
            self.fail(entry, "The matching local entity changed since the drift check. Check for drift again.")

    def _details(self) -> dict[str, Any]:
        return {
            "planned": self.planned,
            "done": self.done,
            "queued": self.queued,
            "failed": self.failed,
            "needsReview": self.needs_review,
            "errors": self.errors,
        }
