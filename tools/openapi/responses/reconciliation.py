"""Responses about imports, drift checks and repairs."""

from typing import Any, NotRequired

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from buildium_sync.domain.merge import Side
from buildium_sync.domain.sync_status import Status
from buildium_sync.reconcile.drift.report import DriftKind, RepairAction
from buildium_sync.reconcile.jobs.job_state import JobStatus


class ImportFailure(TypedDict):
    """A Buildium entity or a list that could not be imported."""

    entityType: str
    buildiumId: int | None
    error: str


class TypeProgress(TypedDict):
    """The progress of an import for one entity type, in entities."""

    total: int
    done: int
    failed: int
    needsReview: int
    state: JobStatus


class Import(TypedDict):
    """The state of an import."""

    status: JobStatus
    startedAt: str | None
    finishedAt: str | None
    pausedReason: str | None
    types: dict[str, TypeProgress]
    errors: list[ImportFailure]


ImportResponse = TypedDict("ImportResponse", {"import": Import})


class TypeDrift(TypedDict):
    """The result of a drift check for one entity type, in entities."""

    local: int
    remote: int
    localOnly: int
    remoteOnly: int
    different: int
    repairable: int
    inbound: NotRequired[int]
    outbound: NotRequired[int]
    notCompared: list[str]
    state: JobStatus
    error: str | None


class Drift(TypedDict):
    """The state of a drift check."""

    status: JobStatus
    startedAt: str | None
    finishedAt: str | None
    types: dict[str, TypeDrift]


class DriftResponse(TypedDict):
    """A drift check that has started or is running already."""

    drift: Drift


class RepairFailure(TypedDict):
    """An entity that could not be repaired."""

    entityType: str
    entityId: str | None
    buildiumId: int | None
    error: str


class Repair(TypedDict):
    """The state of a repair, in entities."""

    status: JobStatus
    startedAt: str | None
    finishedAt: str | None
    planned: int
    done: int
    queued: int
    failed: int
    needsReview: int
    errors: list[RepairFailure]


class DifferingField(TypedDict):
    """A field whose local value and Buildium value differ. The values of a secret field are replaced by `different`."""

    field: str
    local: Any
    remote: Any


class PlannedWrite(TypedDict):
    """A write that a repair makes."""

    target: Side
    action: RepairAction
    fields: list[str]


class DriftEntry(TypedDict):
    """An entity that differs between the local store and Buildium."""

    entityType: str
    entityId: str | None
    buildiumId: int | None
    name: NotRequired[str | None]
    kind: DriftKind
    syncStatus: Status | None
    fields: list[DifferingField]
    notCompared: NotRequired[list[str]]
    writes: list[PlannedWrite]
    candidates: list[str]
    candidateFields: NotRequired[dict[str, Any] | None]
    note: str | None


class Comparison(TypedDict):
    """The state of the last comparison of one entity."""

    entityType: str
    entityId: str
    status: JobStatus
    startedAt: str | None
    finishedAt: str | None
    notCompared: list[str]
    error: str | None
    entry: DriftEntry | None


class ComparisonResponse(TypedDict):
    """A comparison of one entity."""

    comparison: Comparison


class DriftReport(TypedDict):
    """The last drift check, the last repair, and a page of the drift that was found."""

    drift: Drift
    repair: Repair
    items: list[DriftEntry]
    nextCursor: str | None


class ReleasedSync(TypedDict):
    """An entity whose blocked sync runs after a repair."""

    entityType: str
    entityId: str
    name: str | None


class ReleasedSyncs(TypedDict):
    """The blocked syncs that run after a repair, because they wait for an entity that it puts into Buildium."""

    count: int
    isComplete: bool
    items: list[ReleasedSync]


class RepairPlan(TypedDict):
    """A page of the writes that a repair makes."""

    dryRun: bool
    planned: int
    releasedSyncs: ReleasedSyncs | None
    items: list[DriftEntry]
    nextCursor: str | None


class RepairResponse(TypedDict):
    """A repair that has started or is running already."""

    dryRun: bool
    repair: Repair
