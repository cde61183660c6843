"""Derives timeline entries from a change of an entity or a sync record. The same change has always the same entries."""

import json
from typing import Any

from buildium_sync.clock import format_iso, parse_iso
from buildium_sync.domain.change_record import change_record
from buildium_sync.domain.entity import Entity, Origin
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import STOPPED, Status
from buildium_sync.timeline.entry import Author, TimelineEntry

_MAX_CHANGES_BYTES = 8192
"""Size of one entry's changes as JSON. One page has the entries of forty changes."""
_OMITTED = "omitted"
"""Replaces values that are too large for the timeline. The change history has them."""
_EXPIRED = "lease_expired"
_ENDED_BY_BUILDIUM = frozenset({Status.SYNCED, Status.DELETED})
"""Statuses that a change in Buildium can cause."""


def entity_entries(entity_type: EntityType, before: Entity | None, after: Entity) -> TimelineEntry:
    """Return the entry of an entity's new version."""
    source = after.via.value if after.via else None
    entry: TimelineEntry = {
        "kind": _kind(before, after),
        "at": after.updated_at,
        "version": after.version,
        "by": {"origin": after.origin.value, "apiKeyId": after.api_key_id, "source": source},
    }
    record = change_record(entity_type, before, after) if before else None
    return {**entry, "changes": _bounded(record.changes)} if record else entry


def sync_entries(before: SyncRecord | None, after: SyncRecord, written_at: str) -> list[TimelineEntry]:
    """Return the entries of a sync record's new revision, in order. `written_at` is in whole seconds."""
    if before is None:
        return _in_sync_entries(None, after)
    if before.decided_at and not after.decided_at:
        return [_entry("review_undone", after, buildiumId=before.buildium_id, by=_client(after.decided_by))]
    # Not every write sets `updated_at`, and the stream's time may be earlier.
    at = max(written_at, after.updated_at)
    return [
        *_lease_expired_entries(before, after),
        *_picked_up_entries(before, after),
        *_started_entries(before, after),
        *_conflict_entries(before, after),
        *_ended_entries(before, after),
        *_echo_entries(before, after, at),
        *_linked_entries(before, after, at),
        *_retried_entries(before, after),
        *_in_sync_entries(before, after),
    ]


def _kind(before: Entity | None, after: Entity) -> str:
    if after.origin is Origin.API:
        return "updated_by_client"
    if before is None:
        return "created_from_buildium"
    is_deletion = after.deleted_at and not before.deleted_at
    return "deleted_in_buildium" if is_deletion else "updated_from_buildium"


def _bounded(changes: dict[str, Any]) -> dict[str, Any]:
    left = _MAX_CHANGES_BYTES
    kept: dict[str, Any] = {}
    for name, change in changes.items():
        left -= len(json.dumps(change, ensure_ascii=False).encode())
        kept[name] = change if left >= 0 else _OMITTED
    return kept


def _started_lease(before: SyncRecord, after: SyncRecord) -> bool:
    return after.lease_token > before.lease_token


def _released(before: SyncRecord, after: SyncRecord) -> bool:
    return before.lease_until > 0 and after.lease_until == 0


def _lease_expired(before: SyncRecord, after: SyncRecord) -> bool:
    """Return whether a lease expired, since its worker died. A running worker releases its lease before its end."""
    released_late = _released(before, after) and before.lease_until < parse_iso(after.updated_at)
    return released_late or (before.lease_until > 0 and _started_lease(before, after))


def _ended_without_lease(before: SyncRecord, after: SyncRecord) -> bool:
    """Return whether an attempt ended before it acquired a lease."""
    if _started_lease(before, after) or (before.lease_until > 0 and not _released(before, after)):
        return False
    if (before.version, before.requested_at) != (
        after.version,
        after.requested_at,
    ) or after.status in _ENDED_BY_BUILDIUM:
        return False
    return _outcome(before) != _outcome(after)


def _outcome(record: SyncRecord) -> tuple[Any, ...]:
    return record.status, record.error_message, record.attempts, record.deferrals


def _lease_expired_entries(before: SyncRecord, after: SyncRecord) -> list[TimelineEntry]:
    if not _lease_expired(before, after):
        return []
    entry: TimelineEntry = {
        "kind": "attempt_finished",
        "at": format_iso(before.lease_until),
        "version": before.version,
        "outcome": _EXPIRED,
        "durationMs": _milliseconds(before.lease_from, before.lease_until) if before.lease_from else None,
    }
    return [entry]


def _picked_up_entries(before: SyncRecord, after: SyncRecord) -> list[TimelineEntry]:
    is_untouched = before.status is Status.PENDING and not (before.attempts or before.deferrals or before.not_before)
    if not is_untouched or not (_started_lease(before, after) or _ended_without_lease(before, after)):
        return []
    at = after.lease_from if _started_lease(before, after) else parse_iso(after.updated_at)
    waited = _milliseconds(parse_iso(before.requested_at), at)
    return [{"kind": "picked_up", "at": format_iso(at), "version": after.version, "durationMs": waited}]


def _started_entries(before: SyncRecord, after: SyncRecord) -> list[TimelineEntry]:
    if not _started_lease(before, after):
        return []
    return [{"kind": "attempt_started", "at": format_iso(after.lease_from), "version": after.version}]


def _ended_entries(before: SyncRecord, after: SyncRecord) -> list[TimelineEntry]:
    released = _released(before, after)
    if not released and not _ended_without_lease(before, after):
        return []
    if not released and after.status is Status.NEEDS_REVIEW:
        return [_entry("review_requested", after, errorCode=after.error_code, error=after.error_message)]
    succeeded = after.synced_version > before.synced_version and after.status is not Status.DELETED
    lasted = None
    if released and before.lease_from and not _lease_expired(before, after):
        lasted = _milliseconds(before.lease_from, parse_iso(after.updated_at))
    entry = _entry(
        "attempt_finished",
        after,
        outcome="synced" if succeeded else after.status.value,
        errorCode=after.error_code,
        error=after.error_message,
        retryAt=format_iso(after.not_before) if after.not_before else None,
        buildiumId=after.buildium_id,
        durationMs=lasted,
    )
    return [{**entry, "version": after.synced_version}] if succeeded else [entry]


def _echo_entries(before: SyncRecord, after: SyncRecord, at: str) -> list[TimelineEntry]:
    if _released(before, after):
        # This write adds its expected echo, which may remove the oldest.
        return []
    received = [echo for echo in before.expected_echoes if echo not in after.expected_echoes]
    return [{**_entry("echo_received", after, operation=echo["operation"]), "at": at} for echo in received]


def _linked_entries(before: SyncRecord, after: SyncRecord, at: str) -> list[TimelineEntry]:
    if before.buildium_id == after.buildium_id or _released(before, after) or _review_resolved(before, after):
        return []
    return [{**_entry("linked", after, buildiumId=after.buildium_id), "at": at}]


def _conflict_entries(before: SyncRecord, after: SyncRecord) -> list[TimelineEntry]:
    new = [note for note in after.conflicts if note not in before.conflicts]
    return [{**_entry("conflict", after, conflicts=new), "at": new[0]["at"]}] if new else []


def _review_resolved(before: SyncRecord, after: SyncRecord) -> bool:
    return before.status is Status.NEEDS_REVIEW and before.intent_at is not None and after.intent_at is None


def _client(api_key_id: str | None) -> Author:
    return {"origin": Origin.API.value, "apiKeyId": api_key_id, "source": None}


def _retry_brought_forward(before: SyncRecord, after: SyncRecord) -> bool:
    stays = before.status is after.status is Status.PENDING and before.buildium_id == after.buildium_id
    return stays and before.not_before > 0 and after.not_before == 0


def _retried_entries(before: SyncRecord, after: SyncRecord) -> list[TimelineEntry]:
    is_new_version = before.version != after.version
    if not is_new_version and _retry_brought_forward(before, after):
        return [_retried_entry(after)]
    if before.status not in STOPPED or after.status is not Status.PENDING or is_new_version:
        return []
    if _review_resolved(before, after):
        return [_entry("review_resolved", after, buildiumId=after.buildium_id, by=_client(after.decided_by))]
    is_matched = before.buildium_id != after.buildium_id
    return [] if is_matched or before.requested_at == after.requested_at else [_retried_entry(after)]


def _retried_entry(after: SyncRecord) -> TimelineEntry:
    return _entry("retried", after, by=_client(after.retried_by))


def _in_sync_entries(before: SyncRecord | None, after: SyncRecord) -> list[TimelineEntry]:
    if after.status is not Status.SYNCED or not after.is_synced:
        return []
    if before is None:
        return [_entry("in_sync", after, durationMs=None)]
    was_synced = before.status is Status.SYNCED
    if was_synced and before.fields_version == after.fields_version:
        return []
    lasted = None if was_synced else _milliseconds(parse_iso(after.requested_at), parse_iso(after.updated_at))
    return [_entry("in_sync", after, durationMs=lasted)]


def _entry(kind: str, after: SyncRecord, **details: Any) -> TimelineEntry:
    # mypy cannot check that the details belong to a TimelineEntry.
    return {"kind": kind, "at": after.updated_at, "version": after.version, **details}  # type: ignore[typeddict-item]


def _milliseconds(begin: float, end: float) -> int:
    """Return a duration, at least 0, since the times come from two clocks."""
    return max(0, round((end - begin) * 1000))
