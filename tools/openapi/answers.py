"""The bodies that the API answers with, apart from the entities' own."""

from typing import Any, NotRequired

from typing_extensions import TypedDict  # pydantic wants this one where typing's does not tell what is required

from buildium_sync.api.overview import OverviewBody
from buildium_sync.domain.entity import Origin
from buildium_sync.domain.merge import Side
from buildium_sync.domain.sync_record import Status
from buildium_sync.reconcile.drift.report import Action, Kind
from buildium_sync.reconcile.imports.state import TypeProgress
from buildium_sync.reconcile.jobs.job_state import State
from buildium_sync.store.events import EventStatus
from buildium_sync.timeline.entry import TimelineEntry


class FieldAtFault(TypedDict):
    """One field at fault, by its name in the request, and what is wrong with it."""

    field: str
    message: str


class Problem(TypedDict):
    """A problem (RFC 9457). `errors` names each field at fault, `requestId` what the log has it under."""

    type: str
    title: str
    status: NotRequired[int]
    detail: str
    errors: NotRequired[list[FieldAtFault]]
    requestId: NotRequired[str]


class BuildiumSync(TypedDict):
    """How the sync of an entity came out; `success` and `error` are null while that is not known."""

    success: bool | None
    buildiumId: int | None
    error: str | None
    status: Status


class Conflict(TypedDict):
    """A field that both sides had changed, and whose value won. Values of a secret field are left out."""

    field: str
    ours: NotRequired[Any]
    buildium: NotRequired[Any]
    winner: Side
    version: int
    at: str


class Candidate(TypedDict):
    """One of Buildium's that an entity in review may be, as it was when it was found.

    `fields` are some of its fields that have a value there; `differs` names those that do not mean the same in ours.
    """

    buildiumId: int
    fields: dict[str, Any]
    differs: list[str]


class SyncStatus(TypedDict):
    """One entity's sync. `errors` are the fields that Buildium found at fault; times are ISO 8601, UTC.

    `candidates` are the Buildium ids of all that an entity in review may be, `candidateDetails` tells of ten at most.
    """

    entityType: str
    entityId: str
    buildiumId: int | None
    lastSyncedAt: str | None
    syncStatus: Status
    errorMessage: str | None
    errors: list[FieldAtFault]
    candidates: list[int]
    candidateDetails: list[Candidate]
    conflicts: list[Conflict]
    createdAt: str
    updatedAt: str


class SyncStatusAnswer(TypedDict):
    """One sync."""

    syncStatus: SyncStatus


class FailedSyncs(TypedDict):
    """A page of syncs, newest first."""

    failedSyncs: list[SyncStatus]
    nextCursor: str | None


class RetryError(TypedDict):
    """Why one sync could not be started again."""

    entityType: str
    entityId: str
    error: str


class RetryResult(TypedDict):
    """What became of one listed entity: its sync as it stands then, or why it could not be tried."""

    entityType: str
    entityId: str
    retried: bool
    syncStatus: NotRequired[SyncStatus]
    error: NotRequired[str]


class Retried(TypedDict):
    """How many syncs were started again. `results` is there when the request listed entities."""

    success: bool
    retried: int
    errors: list[RetryError]
    results: NotRequired[list[RetryResult]]


class ImportFailure(TypedDict):
    """Something that could not be imported."""

    entityType: str
    buildiumId: int | None
    error: str


class Import(TypedDict):
    """How far an import is; `types` by entity type, `waitingFor` what keeps all of it from going on."""

    status: State
    startedAt: str | None
    finishedAt: str | None
    waitingFor: str | None
    types: dict[str, TypeProgress]
    errors: list[ImportFailure]


ImportAnswer = TypedDict("ImportAnswer", {"import": Import})


class TypeDrift(TypedDict):
    """One type: entities compared on each side, those that disagree and how, those that a repair would write."""

    ours: int
    theirs: int
    onlyOurs: int
    onlyTheirs: int
    differs: int
    repairable: int
    state: State
    error: str | None


class Drift(TypedDict):
    """How far a comparison is; `types` by entity type."""

    status: State
    startedAt: str | None
    finishedAt: str | None
    types: dict[str, TypeDrift]


class DriftAnswer(TypedDict):
    """A comparison that was begun, or that runs already."""

    drift: Drift


class RepairFailure(TypedDict):
    """Something that could not be repaired."""

    entityType: str
    entityId: str | None
    buildiumId: int | None
    error: str


class Repair(TypedDict):
    """How far a repair is, in entities."""

    status: State
    startedAt: str | None
    finishedAt: str | None
    planned: int
    done: int
    failed: int
    errors: list[RepairFailure]


class DifferingField(TypedDict):
    """A field that does not mean the same on both sides; `differs` stands for both values of a secret one."""

    field: str
    ours: Any
    buildium: Any


class Write(TypedDict):
    """A write that a repair would make: to which side, what, and which fields it changes there."""

    to: Side
    action: Action
    fields: list[str]


class DriftEntry(TypedDict):
    """An entity on which the sides do not agree. Without writes, `note` says why nothing is done by itself.

    `candidates` are those of ours that one of Buildium's may be, `candidateFields` some of that one's fields.
    """

    entityType: str
    entityId: str | None
    buildiumId: int | None
    kind: Kind
    syncStatus: Status | None
    fields: list[DifferingField]
    writes: list[Write]
    candidates: list[str]
    candidateFields: NotRequired[dict[str, Any] | None]
    note: str | None


class DriftReport(TypedDict):
    """The last comparison and the last repair, and a page of what was found."""

    drift: Drift
    repair: Repair
    items: list[DriftEntry]
    nextCursor: str | None


class RepairPlan(TypedDict):
    """A page of what a repair would write; `planned` counts the entities of all pages."""

    dryRun: bool
    planned: int
    items: list[DriftEntry]
    nextCursor: str | None


class RepairAnswer(TypedDict):
    """A repair that was begun, or that runs already."""

    dryRun: bool
    repair: Repair


class OverviewAnswer(TypedDict):
    """How everything stands."""

    overview: OverviewBody


class Timeline(TypedDict):
    """A page of what happened to an entity, oldest first."""

    items: list[TimelineEntry]
    nextCursor: str | None


class HistoryEntry(TypedDict):
    """What one write overwrote: `{"old", "new"}` by field, or `changed` for a secret one."""

    at: str
    origin: Origin
    version: int
    changes: dict[str, Any]
    conflict: list[str]


class History(TypedDict):
    """A page of what was overwritten in an entity, newest first."""

    items: list[HistoryEntry]
    nextCursor: str | None


class StoredEvent(TypedDict):
    """A webhook event as it is kept. `payload` is the event as it came, `entityId` Buildium's id.

    `error` says why it failed or is ignored.
    """

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


class StoredEventAnswer(TypedDict):
    """One webhook event."""

    event: StoredEvent


class Received(TypedDict):
    """How many events were received, and how many of them had not been seen before."""

    received: int
    new: int
