"""Freshness: the seconds after which a change is on the other side."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from buildium_sync.clock import parse_iso
from buildium_sync.domain.sync_record import SyncRecord


def inbound_freshness_seconds(event: Mapping[str, Any], now: float) -> float:
    """Return the seconds from the change in Buildium that a webhook event reports to `now` (epoch seconds).

    An event without a readable time counts from its receipt.
    """
    try:
        changed = datetime.fromisoformat(event["eventDateTime"])
    except ValueError:
        changed_at = parse_iso(event["receivedAt"])
    else:
        changed_at = (changed if changed.tzinfo else changed.replace(tzinfo=UTC)).timestamp()
    return max(0.0, now - changed_at)


def outbound_freshness_seconds(before: SyncRecord, after: SyncRecord, now: float) -> float | None:
    """Return the seconds from the request of a version to `now`, if this write of the record made it synced."""
    if before.is_synced or not after.is_synced:
        return None
    return max(0.0, now - parse_iso(before.requested_at))
