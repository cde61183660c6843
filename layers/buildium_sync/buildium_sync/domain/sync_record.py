"""The sync record: what Buildium has of an entity, and the status of its sync."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from buildium_sync.clock import format_iso
from buildium_sync.domain.delivery import DELIVERY_GRACE_SECONDS
from buildium_sync.domain.entity import EntityRef


class Status(StrEnum):
    """How a sync stands."""

    PENDING = "pending"
    SYNCING = "syncing"
    SYNCED = "synced"
    FAILED = "failed"
    BLOCKED = "blocked"
    NEEDS_REVIEW = "needs_review"
    DELETED = "deleted"


STOPPED = frozenset({Status.FAILED, Status.BLOCKED, Status.NEEDS_REVIEW})
"""The states that wait for a person, who can have the sync tried again."""


LISTED = STOPPED | {Status.DELETED}
"""The states that are listed by type too."""


FINAL = LISTED | {Status.SYNCED}
"""The states in which a client that waits for the outcome has it."""


@dataclass(frozen=True, slots=True)
class SyncRecord:
    """What Buildium has of an entity, and how the sync stands.

    `revision` counts the record's own writes: every write names the one that it is based on. `version` is the
    entity's, `synced_version` the one that Buildium has, `requested_at` when the current one was written. `base` holds
    the fields that both sides had when they last agreed. `attempts` counts failures that are the entity's own,
    `deferrals` those that are not. `lease_owner` is made up for each lease, so that a worker knows its own, and
    `lease_from` is when the last one was taken. A message that comes before `not_before` is not its turn.
    `create_visible_until` is when the create of the open intent can no longer appear in Buildium. `expected_echoes` are
    our own writes whose webhook has not come yet: `{"operation", "from", "until"}`. `candidates` are the Buildium ids
    that an entity in review may have, `candidate_details` what is kept of the first of them (see `candidates.beside`).
    `conflicts` are the last fields that both sides had changed, newest first (see `conflicts.noted`). Times are in
    seconds since the epoch (`lease_from`, `lease_until`, `not_before`, `intent_at`, `create_visible_until`, echoes) or
    ISO 8601.
    """

    ref: EntityRef
    version: int
    status: Status
    created_at: str
    updated_at: str
    correlation_id: str
    requested_at: str
    revision: int = 0
    synced_version: int = 0
    buildium_id: int | None = None
    last_synced_at: str | None = None
    error_message: str | None = None
    errors: list[dict[str, str]] = field(default_factory=list)
    candidates: list[int] = field(default_factory=list)
    candidate_details: list[dict[str, Any]] = field(default_factory=list)
    attempts: int = 0
    deferrals: int = 0
    lease_token: int = 0
    lease_from: float = 0
    lease_until: float = 0
    lease_owner: str | None = None
    not_before: float = 0
    intent_at: float | None = None
    create_visible_until: float = 0
    base: dict[str, Any] | None = None
    expected_echoes: list[dict[str, Any]] = field(default_factory=list)
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    due: str | None = None

    @property
    def was_agreed(self) -> bool:
        """Tell whether both sides have ever been the same: an entity that was only linked has no base."""
        return self.base is not None

    @property
    def is_synced(self) -> bool:
        """Tell whether Buildium has the entity's current version."""
        return self.synced_version >= self.version


def lease_expired(record: SyncRecord) -> SyncRecord:
    """Return the record without a lease that has run out: its worker, should it still live, writes nothing any more."""
    if not record.lease_until:
        return record
    return replace(record, lease_until=0, lease_token=record.lease_token + 1)


def synced(record: SyncRecord, now: str) -> SyncRecord:
    """Return the record of an entity that is the same on both sides, at `now` (ISO 8601)."""
    return replace(
        record,
        synced_version=record.version,
        status=Status.SYNCED,
        due=None,
        updated_at=now,
        last_synced_at=now,
        error_message=None,
        errors=[],
        candidates=[],
        candidate_details=[],
        attempts=0,
        deferrals=0,
        not_before=0,
    )


def deleted(record: SyncRecord, version: int, now: str) -> SyncRecord:
    """Return the record of an entity whose `version` is the one that Buildium's deletion at `now` (ISO 8601) left.

    Nothing is left to be synced, and no lease is held any more.
    """
    current = lease_expired(record)
    settled = synced(replace(current, revision=current.revision + 1, version=version), now)
    return replace(
        settled,
        status=Status.DELETED,
        last_synced_at=record.last_synced_at,
        error_message=f"Entity was deleted in Buildium at {now}.",
    )


def without_buildium_id(record: SyncRecord, due: str) -> SyncRecord:
    """Return the record of an entity that was never synced with its Buildium id, which is gone: it is to be created."""
    current = lease_expired(record)
    return replace(
        current,
        revision=current.revision + 1,
        status=Status.PENDING,
        buildium_id=None,
        due=due,
        error_message=None,
        errors=[],
        not_before=0,
    )


def reset_for_retry(sync: SyncRecord, now: float) -> SyncRecord:
    """Return the sync record of a version that is to be attempted afresh. A lease and an intent stay as they are."""
    return replace(
        sync,
        revision=sync.revision + 1,
        status=Status.PENDING,
        requested_at=format_iso(now),
        updated_at=format_iso(now),
        due=format_iso(now + DELIVERY_GRACE_SECONDS),
        error_message=None,
        errors=[],
        candidates=[],
        candidate_details=[],
        attempts=0,
        deferrals=0,
        not_before=0,
    )


def retry_now(sync: SyncRecord, now: float) -> SyncRecord:
    """Return the sync record of a version that was put off and is to be attempted now; its attempts stay counted."""
    return replace(
        sync,
        revision=sync.revision + 1,
        updated_at=format_iso(now),
        due=format_iso(now + DELIVERY_GRACE_SECONDS),
        not_before=0,
    )
