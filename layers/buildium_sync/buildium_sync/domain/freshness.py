"""Freshness: the seconds after which a change is on the other side."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from buildium_sync.clock import parse_iso
from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.sync_record import SyncRecord


def inbound_freshness_seconds(event: Mapping[str, Any], now: float) -> float:
    """Return the seconds from the change in Buildium that a webhook event reports to `now` (epoch seconds).

    An event without a readable time counts from its receipt.
    """
    changed_at = _epoch_seconds(event["eventDateTime"])
    return max(0.0, now - (parse_iso(event["receivedAt"]) if changed_at is None else changed_at))


def polled_freshness_seconds(payload: Payload, since: float, now: float) -> float | None:
    """Return the seconds from the last change of a listed entity to `now`.

    None if it is older than `since`, or if Buildium shows no time of the change. All times are in epoch seconds.
    """
    changed_at = _epoch_seconds(payload.get("LastUpdatedDateTime") or "")
    return None if changed_at is None or changed_at < since else max(0.0, now - changed_at)


def _epoch_seconds(text: str) -> float | None:
    """Return a time of Buildium, None if it is unreadable. A time without a zone is in UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def outbound_freshness_seconds(before: SyncRecord, after: SyncRecord, now: float) -> float | None:
    """Return the seconds from the request of a version to `now`, if this write of the record made it synced."""
    if before.is_synced or not after.is_synced:
        return None
    return max(0.0, now - parse_iso(before.requested_at))
