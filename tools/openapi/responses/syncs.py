"""Responses about syncs, the timeline, the change history and the overview."""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from buildium_sync.api.overview import OverviewBody
from buildium_sync.domain.entity import Origin
from buildium_sync.domain.merge import Side
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import ErrorCode
from buildium_sync.timeline.entry import TimelineEntry
from tools.openapi.responses.problem import FieldError


class BuildiumSync(TypedDict):
    """The result of the sync of an entity. `success` is null while it is not known."""

    success: bool | None
    buildiumId: int | None
    error: str | None
    errorCode: NotRequired[str]
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


class SearchResult(TypedDict):
    """An entity that a search finds."""

    entityType: str
    entityId: str
    buildiumId: int | None
    externalId: str | None
    name: str | None
    address: str | None
    syncStatus: Status
    matched: Literal["localId", "buildiumId", "externalId", "term"]


class SearchResults(TypedDict):
    """The entities that a search finds."""

    items: list[SearchResult]
    hasMore: bool


class ComparedField(TypedDict):
    """A field of an entity in review and of a candidate."""

    field: str
    local: Any
    buildium: Any
    differs: bool
    winner: Literal["local", "buildium"] | None


class CandidateDetails(TypedDict):
    """A candidate of a review, as it was when it was found."""

    buildiumId: int
    name: str | None
    address: str | None
    hasDetails: bool
    fields: list[ComparedField]


class DecisionState(TypedDict):
    """The last decision about an entity."""

    decidedAt: str
    decidedBy: str | None
    operator: str | None
    chosenId: int | None
    buildiumId: int | None
    undoObstacle: str | None


class Review(TypedDict):
    """The review of an entity."""

    entityType: str
    entityId: str
    syncStatus: Status
    name: str | None
    address: str | None
    candidates: list[CandidateDetails]
    decision: DecisionState | None


class ReviewResponse(TypedDict):
    """The review of one entity."""

    review: Review


class Decision(DecisionState):
    """A decision about an entity."""

    entityType: str
    entityId: str
    name: str | None


class Decisions(TypedDict):
    """A page of decisions, newest first."""

    items: list[Decision]
    nextCursor: str | None


class SyncStatus(TypedDict):
    """The state of the sync of one entity."""

    entityType: str
    entityId: str
    buildiumId: int | None
    lastSyncedAt: str | None
    syncStatus: Status
    errorCode: ErrorCode | None
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
    """The result of a retry.

    `results` is present if the request had `entities`, `hasMore` if failed syncs are left.
    """

    success: bool
    retried: int
    errors: list[RetryError]
    results: NotRequired[list[RetryResult]]
    hasMore: NotRequired[bool]


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
    apiKeyId: str | None
    operator: str | None
    version: int
    changes: dict[str, Any]
    conflict: list[str]


class History(TypedDict):
    """A page of the change history of an entity, newest first."""

    items: list[HistoryEntry]
    nextCursor: str | None
