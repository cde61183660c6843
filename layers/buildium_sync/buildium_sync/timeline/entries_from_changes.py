"""What a change of an entity or of its sync record tells, read from its images alone. Pure: the same change always
tells the same."""

import json
from typing import Any

from buildium_sync.clock import format_iso, parse_iso
from buildium_sync.domain.change_record import change_record
from buildium_sync.domain.entity import Entity, Origin
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.sync_record import STOPPED, Status, SyncRecord
from buildium_sync.timeline.entry import TimelineEntry

_MOST_BYTES = 8192
"""Bytes of one entry's changes, as JSON: forty entities' entries are written at once."""
_OMITTED = "omitted"
"""Stands for the values that are too much for the timeline; the history has them."""
_LEASE_EXPIRED = "lease_expired"
_ENDED_BY_BUILDIUM = frozenset({Status.SYNCED, Status.DELETED})
"""States to which a change of Buildium's alone can lead."""


def entity_entries(entity_type: EntityType, before: Entity | None, after: Entity) -> TimelineEntry:
    """Return what an entity's new version tells."""
    source = after.via.value if after.via else None
    entry: TimelineEntry = {
        "kind": _kind(before, after),
        "at": after.updated_at,
        "version": after.version,
        "by": {"origin": after.origin.value, "apiKeyId": after.api_key_id, "source": source},
    }
    told = change_record(entity_type, before, after) if before else None
    return {**entry, "changes": _bounded(told.changes)} if told else entry


def sync_entries(before: SyncRecord | None, after: SyncRecord, written_at: str) -> list[TimelineEntry]:
    """Return what a sync record's new revision tells, in order; `written_at` is when it was written, to the second."""
    if before is None:
        return _converged(None, after)
    # Not every write gives the record a time, and the stream's may lie before the last one that did.
    at = max(written_at, after.updated_at)
    return [
        *_lost(before, after),
        *_seen(before, after),
        *_started(before, after),
        *_conflicts(before, after),
        *_ended(before, after),
        *_echoes(before, after, at),
        *_linked(before, after, at),
        *_wanted_again(before, after),
        *_converged(before, after),
    ]


def _kind(before: Entity | None, after: Entity) -> str:
    if after.origin is Origin.API:
        return "updated_by_client"
    if before is None:
        return "created_from_buildium"
    is_deletion = after.deleted_at and not before.deleted_at
    return "deleted_in_buildium" if is_deletion else "updated_from_buildium"


def _bounded(changes: dict[str, Any]) -> dict[str, Any]:
    left = _MOST_BYTES
    kept: dict[str, Any] = {}
    for name, change in changes.items():
        left -= len(json.dumps(change, ensure_ascii=False).encode())
        kept[name] = change if left >= 0 else _OMITTED
    return kept


def _starts(before: SyncRecord, after: SyncRecord) -> bool:
    return after.lease_token > before.lease_token


def _releases(before: SyncRecord, after: SyncRecord) -> bool:
    return before.lease_until > 0 and after.lease_until == 0


def _loses(before: SyncRecord, after: SyncRecord) -> bool:
    """Tell whether a lease ran out, since its worker died: a worker that lives gives its lease back before its end."""
    released_late = _releases(before, after) and before.lease_until < parse_iso(after.updated_at)
    return released_late or (before.lease_until > 0 and _starts(before, after))


def _judges(before: SyncRecord, after: SyncRecord) -> bool:
    """Tell whether a worker came to a new outcome without a lease: before anything could be sent."""
    if _starts(before, after) or (before.lease_until > 0 and not _releases(before, after)):
        return False
    if (before.version, before.requested_at) != (
        after.version,
        after.requested_at,
    ) or after.status in _ENDED_BY_BUILDIUM:
        return False
    return _outcome(before) != _outcome(after)


def _outcome(record: SyncRecord) -> tuple[Any, ...]:
    return record.status, record.error_message, record.attempts, record.deferrals


def _lost(before: SyncRecord, after: SyncRecord) -> list[TimelineEntry]:
    if not _loses(before, after):
        return []
    entry: TimelineEntry = {
        "kind": "attempt_finished",
        "at": format_iso(before.lease_until),
        "version": before.version,
        "outcome": _LEASE_EXPIRED,
        "durationMs": _milliseconds(before.lease_from, before.lease_until) if before.lease_from else None,
    }
    return [entry]


def _seen(before: SyncRecord, after: SyncRecord) -> list[TimelineEntry]:
    is_untouched = before.status is Status.PENDING and not (before.attempts or before.deferrals or before.not_before)
    if not is_untouched or not (_starts(before, after) or _judges(before, after)):
        return []
    at = after.lease_from if _starts(before, after) else parse_iso(after.updated_at)
    waited = _milliseconds(parse_iso(before.requested_at), at)
    return [{"kind": "picked_up", "at": format_iso(at), "version": after.version, "durationMs": waited}]


def _started(before: SyncRecord, after: SyncRecord) -> list[TimelineEntry]:
    if not _starts(before, after):
        return []
    return [{"kind": "attempt_started", "at": format_iso(after.lease_from), "version": after.version}]


def _ended(before: SyncRecord, after: SyncRecord) -> list[TimelineEntry]:
    releases = _releases(before, after)
    if not releases and not _judges(before, after):
        return []
    if not releases and after.status is Status.NEEDS_REVIEW:
        return [_entry("review_requested", after, errorCode=after.error_code, error=after.error_message)]
    succeeded = after.synced_version > before.synced_version and after.status is not Status.DELETED
    lasted = None
    if releases and before.lease_from and not _loses(before, after):
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


def _echoes(before: SyncRecord, after: SyncRecord, at: str) -> list[TimelineEntry]:
    if _releases(before, after):
        # The write's own echo is added to the list, which may have no place for the oldest.
        return []
    struck = [echo for echo in before.expected_echoes if echo not in after.expected_echoes]
    return [{**_entry("echo_received", after, operation=echo["operation"]), "at": at} for echo in struck]


def _linked(before: SyncRecord, after: SyncRecord, at: str) -> list[TimelineEntry]:
    if before.buildium_id == after.buildium_id or _releases(before, after) or _decides(before, after):
        return []
    return [{**_entry("linked", after, buildiumId=after.buildium_id), "at": at}]


def _conflicts(before: SyncRecord, after: SyncRecord) -> list[TimelineEntry]:
    noted = [note for note in after.conflicts if note not in before.conflicts]
    return [{**_entry("conflict", after, conflicts=noted), "at": noted[0]["at"]}] if noted else []


def _decides(before: SyncRecord, after: SyncRecord) -> bool:
    return before.status is Status.NEEDS_REVIEW and before.intent_at is not None and after.intent_at is None


def _is_brought_forward(before: SyncRecord, after: SyncRecord) -> bool:
    stays = before.status is after.status is Status.PENDING and before.buildium_id == after.buildium_id
    return stays and before.not_before > 0 and after.not_before == 0


def _wanted_again(before: SyncRecord, after: SyncRecord) -> list[TimelineEntry]:
    is_new_version = before.version != after.version
    if not is_new_version and _is_brought_forward(before, after):
        return [_entry("retried", after)]
    if before.status not in STOPPED or after.status is not Status.PENDING or is_new_version:
        return []
    if _decides(before, after):
        return [_entry("review_resolved", after, buildiumId=after.buildium_id)]
    is_matched = before.buildium_id != after.buildium_id
    return [] if is_matched or before.requested_at == after.requested_at else [_entry("retried", after)]


def _converged(before: SyncRecord | None, after: SyncRecord) -> list[TimelineEntry]:
    if after.status is not Status.SYNCED or not after.is_synced:
        return []
    if before is None:
        return [_entry("in_sync", after, durationMs=None)]
    was_settled = before.status is Status.SYNCED
    if was_settled and before.version == after.version:
        return []
    lasted = None if was_settled else _milliseconds(parse_iso(after.requested_at), parse_iso(after.updated_at))
    return [_entry("in_sync", after, durationMs=lasted)]


def _entry(kind: str, after: SyncRecord, **details: Any) -> TimelineEntry:
    # The callers name details of a TimelineEntry, which mypy cannot tell.
    return {"kind": kind, "at": after.updated_at, "version": after.version, **details}  # type: ignore[typeddict-item]


def _milliseconds(begin: float, end: float) -> int:
    """Return how long something lasted, never less than 0: two machines' clocks are compared."""
    return max(0, round((end - begin) * 1000))
