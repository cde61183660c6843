"""The syncs that are not finished, and the age of the oldest one."""

from collections.abc import Iterable, Sequence

from buildium_sync.clock import format_iso, parse_iso
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.store.entities import EntityStore

_UNFINISHED = (Status.SYNCING, Status.PENDING, Status.BLOCKED)
_MAX_PER_STATUS = 500
_LOOKAHEAD_SECONDS = 86_400
"""Every unfinished sync is due within this time, since waits and leases take minutes."""


def unfinished_syncs(store: EntityStore, now: float, *, without: Sequence[str] = ()) -> list[SyncRecord]:
    """Return the unfinished syncs at `now` (epoch seconds), at most 500 per status: those that are due first.

    The entity types in `without` are left out.
    """
    until = format_iso(now + _LOOKAHEAD_SECONDS)
    found = (store.due(status, until, limit=_MAX_PER_STATUS, without=without) for status in _UNFINISHED)
    return [record for records in found for record in records]


def oldest_pending_age_seconds(unfinished: Iterable[SyncRecord], now: float) -> float:
    """Return the age of the oldest sync request. Blocked syncs are left out, since they need an edit.

    Deferrals do not change the age.
    """
    requested = [record.requested_at for record in unfinished if record.status is not Status.BLOCKED]
    return now - parse_iso(min(requested)) if requested else 0.0
