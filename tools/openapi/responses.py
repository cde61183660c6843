"""The bodies of the API's responses, apart from those of entities."""

from typing import Any, NotRequired

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from buildium_sync.api.overview import OverviewBody
from buildium_sync.domain.entity import Origin
from buildium_sync.domain.merge import Side
from buildium_sync.domain.sync_record import Status
from buildium_sync.reconcile.drift.report import DriftKind, RepairAction
from buildium_sync.reconcile.jobs.job_state import JobStatus
from buildium_sync.store.events import EventStatus
from buildium_sync.timeline.entry import TimelineEntry


class FieldError(TypedDict):
    """An invalid field and the reason."""

    field: str
    message: str


class Problem(TypedDict):
    """A problem (RFC 9457)."""

    type: str
    title: str
    status: NotRequired[int]
    detail: str
    errors: NotRequired[list[FieldError]]
    requestId: NotRequired[str]


class BuildiumSync(TypedDict):
    """The result of the sync of an entity. `success` and `error` are null while it is not known."""

    success: bool | None
    buildiumId: int | None
    error: str | None
    status: Status


class FieldConflict(TypedDict):
    """A field that was changed locally and in Buildium between two syncs. Values of secret fields are left out."""

    field: str
    local: NotRequired[Any]
    remote: NotRequired[Any]
    winner: Side
    version: int
    at: str


class ReviewCandidate(TypedDict):
    """A Buildium entity that may be the same as an entity in review, as it was when it was found."""

    buildiumId: int
    fields: dict[str, Any]
    differingFields: list[str]


class SyncStatus(TypedDict):
    """The state of the sync of one entity."""

    entityType: str
    entityId: str
    buildiumId: int | None
    lastSyncedAt: str | None
    syncStatus: Status
    errorMessage: str | None
    errors: list[FieldError]
    candidates: list[int]
    candidateDetails: list[ReviewCandidate]
    conflicts: list[FieldConflict]
    createdAt: str
    updatedAt: str


class SyncStatusResponse(TypedDict):
    """One sync."""

    syncStatus: SyncStatus


class FailedSyncs(TypedDict):
    """A page of syncs, newest first."""

    failedSyncs: list[SyncStatus]
    nextCursor: str | None


class RetryError(TypedDict):
    """A sync that could not be retried."""

    entityType: str
    entityId: str
    error: str


class RetryResult(TypedDict):
    """The result of the retry of one entity: its sync, or the reason why it could not be retried."""

    entityType: str
    entityId: str
    retried: bool
    syncStatus: NotRequired[SyncStatus]
    error: NotRequired[str]


class RetryReport(TypedDict):
    """The result of a retry. `results` is present if the request had `entities`."""

    success: bool
    retried: int
    errors: list[RetryError]
    results: NotRequired[list[RetryResult]]


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
    failed: int
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
    kind: DriftKind
    syncStatus: Status | None
    fields: list[DifferingField]
    writes: list[PlannedWrite]
    candidates: list[str]
    candidateFields: NotRequired[dict[str, Any] | None]
    note: str | None


class DriftReport(TypedDict):
    """The last drift check, the last repair, and a page of the drift that was found."""

    drift: Drift
    repair: Repair
    items: list[DriftEntry]
    nextCursor: str | None


class RepairPlan(TypedDict):
    """A page of the writes that a repair makes."""

    dryRun: bool
    planned: int
    items: list[DriftEntry]
    nextCursor: str | None


class RepairResponse(TypedDict):
    """A repair that has started or is running already."""

    dryRun: bool
    repair: Repair


class OverviewResponse(TypedDict):
    """The overview of all syncs."""

    overview: OverviewBody


class Timeline(TypedDict):
    """A page of the timeline of an entity, oldest first."""

    items: list[TimelineEntry]
    nextCursor: str | None


class HistoryEntry(TypedDict):
    """The values that one write replaced."""

    at: str
    origin: Origin
    version: int
    changes: dict[str, Any]
    conflict: list[str]


class History(TypedDict):
    """A page of the change history of an entity, newest first."""

    items: list[HistoryEntry]
    nextCursor: str | None


class StoredEvent(TypedDict):
    """A stored webhook event."""

    eventId: str
    eventName: str
    subject: str
    operation: str
    accountId: int | None
    entityId: int | None
    ids: dict[str, Any]
    eventDateTime: str
    receivedAt: str
    correlationId: str
    payload: Any
    status: EventStatus
    updatedAt: str
    error: str | None


class StoredEvents(TypedDict):
    """A page of webhook events, newest first."""

    items: list[StoredEvent]
    nextCursor: str | None


class StoredEventResponse(TypedDict):
    """One webhook event."""

    event: StoredEvent


class WebhookReceipt(TypedDict):
    """The number of webhook events in a request."""

    received: int
    new: int
