"""Change events: what a program outside learns of a change of an entity or of its sync.

The change feed, the event bus and the webhook of the application have the same events. The same change has always the
same event id.
"""

import uuid
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from buildium_sync.domain.change_record import bounded_changes, field_changes, unsynced_changes
from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status

BUS_SOURCE = "buildium-sync"
"""The source of the events on the bus. Buildium's own events have another one."""
SCHEMA_VERSION = 1
_IDS = uuid.UUID("6d1a3f0c-52c7-4f0e-8a57-0b7d3f5e9c21")
"""The namespace of the event ids (RFC 9562, 5.5)."""


class EventType(StrEnum):
    """What changed."""

    CREATED = "EntityCreated"
    UPDATED = "EntityUpdated"
    DELETED = "EntityDeleted"
    SUCCEEDED = "SyncSucceeded"
    FAILED = "SyncFailed"
    BLOCKED = "SyncBlocked"
    REVIEW_NEEDED = "ReviewNeeded"


class EventSource(StrEnum):
    """What caused a change: a client of the API, one of the ways from Buildium, or the sync itself."""

    CLIENT = "client"
    WEBHOOK = "webhook"
    POLL = "poll"
    IMPORT = "import"
    REPAIR = "repair"
    DRIFT = "drift"
    SYNC = "sync"


class ChangeDetail(TypedDict):
    """A change event in JSON, with the names of the changed fields and without values."""

    id: str
    type: EventType
    schemaVersion: int
    at: str
    entityType: str
    entityId: str
    externalId: str | None
    buildiumId: int | None
    version: int
    source: EventSource
    changedFields: list[str]
    syncStatus: Status | None
    error: str | None


class Change(ChangeDetail):
    """A change event in the change feed, with the values of the changed fields."""

    changes: dict[str, Any]


class ImportCounts(TypedDict):
    """The Buildium entities of one type in an import, and the local entities that need a review."""

    total: int
    done: int
    failed: int
    needsReview: int


class ImportDetail(TypedDict):
    """The event of a finished import in JSON. `counts` is by entity type."""

    id: str
    type: Literal["ImportFinished"]
    schemaVersion: int
    at: str
    entityTypes: list[str]
    counts: dict[str, ImportCounts]


class KnownState(NamedTuple):
    """What is known of an entity besides the change itself: its ids in other systems and the status of its sync."""

    external_id: str | None = None
    buildium_id: int | None = None
    status: Status | None = None


class ChangeEvent(NamedTuple):
    """A change of an entity, or of its sync.

    `version` is the entity's version. `changes` has `{"old", "new"}` of each changed field, or `"changed"` for a secret
    one. `error` is the reason why the sync stopped. `at` is in ISO 8601.
    """

    id: str
    type: EventType
    ref: EntityRef
    at: str
    version: int
    source: EventSource
    state: KnownState
    changes: Mapping[str, Any]
    error: str | None = None

    def to_feed_item(self) -> Change:
        """Return the event with its values, for the change feed."""
        return {**self.to_detail(), "changes": bounded_changes(self.changes)}

    def to_detail(self) -> ChangeDetail:
        """Return the event without values, for the bus and the webhook of the application."""
        return {
            "id": self.id,
            "type": self.type,
            "schemaVersion": SCHEMA_VERSION,
            "at": self.at,
            "entityType": self.ref.entity_type,
            "entityId": self.ref.entity_id,
            "externalId": self.state.external_id,
            "buildiumId": self.state.buildium_id,
            "version": self.version,
            "source": self.source,
            "changedFields": list(self.changes),
            "syncStatus": self.state.status,
            "error": self.error,
        }


def entity_event(entity_type: EntityType, before: Entity | None, after: Entity, state: KnownState) -> ChangeEvent:
    """Return the event of an entity's new version."""
    changes = {
        **field_changes(entity_type, before.fields if before else {}, after.fields),
        **unsynced_changes(before, after),
    }
    return ChangeEvent(
        id=event_id(after.ref, f"version-{after.version}"),
        type=_entity_event_type(before, after),
        ref=after.ref,
        at=after.updated_at,
        version=after.version,
        source=EventSource.CLIENT if after.origin is Origin.API else EventSource(after.via or EventSource.SYNC),
        state=state,
        changes=changes,
    )


def sync_event(before: SyncRecord | None, after: SyncRecord, external_id: str | None) -> ChangeEvent | None:
    """Return the event of a sync record's new revision, None if its outcome is no other than before."""
    event_type = _SYNC_EVENTS.get(after.status)
    if event_type is None or (before is not None and _is_outcome_unchanged(before, after)):
        return None
    return ChangeEvent(
        id=event_id(after.ref, f"revision-{after.revision}"),
        type=event_type,
        ref=after.ref,
        at=after.updated_at,
        version=after.version,
        source=EventSource.SYNC,
        state=KnownState(external_id, after.buildium_id, after.status),
        changes={},
        error=None if after.status is Status.SYNCED else after.error_message,
    )


def import_event(started_at: str, at: str, counts: Mapping[str, ImportCounts]) -> ImportDetail:
    """Return the event of an import that has finished. Its id is derived from the start."""
    return {
        "id": str(uuid.uuid5(_IDS, f"import/{started_at}")),
        "type": "ImportFinished",
        "schemaVersion": SCHEMA_VERSION,
        "at": at,
        "entityTypes": list(counts),
        "counts": dict(counts),
    }


def event_id(ref: EntityRef, change: str) -> str:
    """Return the id of one change of an entity."""
    return str(uuid.uuid5(_IDS, f"{ref.pk}/{change}"))


_SYNC_EVENTS = {
    Status.SYNCED: EventType.SUCCEEDED,
    Status.FAILED: EventType.FAILED,
    Status.BLOCKED: EventType.BLOCKED,
    Status.NEEDS_REVIEW: EventType.REVIEW_NEEDED,
}


def _entity_event_type(before: Entity | None, after: Entity) -> EventType:
    if before is None:
        return EventType.CREATED
    return EventType.DELETED if after.deleted_at and not before.deleted_at else EventType.UPDATED


def _is_outcome_unchanged(before: SyncRecord, after: SyncRecord) -> bool:
    return before.external_id_changes != after.external_id_changes or _outcome(before) == _outcome(after)


def _outcome(record: SyncRecord) -> tuple[Any, ...]:
    return record.status, record.synced_version, record.error_code, record.error_message
