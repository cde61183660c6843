from dataclasses import replace

import pytest

from buildium_sync.clock import parse_iso
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.freshness import (
    inbound_freshness_seconds,
    outbound_freshness_seconds,
    polled_freshness_seconds,
)
from buildium_sync.domain.sync_record import SyncRecord

RECEIVED = "2026-11-29T12:00:05.000Z"
NOW = parse_iso("2026-11-29T12:00:09.000Z")


@pytest.mark.parametrize(
    ("changed_at", "expected"),
    [
        ("2026-11-29T12:00:01Z", 8),
        ("2026-11-29T12:00:01", 8),
        ("2026-11-29T07:00:01.0000000-05:00", 8),
        ("2026-11-29T12:00:30Z", 0),
        ("yesterday", 4),
        ("", 4),
    ],
)
def test_freshness_counts_from_the_change_in_buildium(changed_at: str, expected: float) -> None:
    event = {"eventDateTime": changed_at, "receivedAt": RECEIVED}
    assert inbound_freshness_seconds(event, NOW) == expected


@pytest.mark.parametrize(
    ("changed_at", "expected"),
    [
        ("2026-11-29T12:00:01Z", 8),
        ("2026-11-29T12:00:30Z", 0),
        ("2026-11-29T12:00:00Z", 9),
        ("2026-11-29T11:59:59Z", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_a_polled_change_is_counted_if_it_is_new(changed_at: str | None, expected: float | None) -> None:
    since = parse_iso("2026-11-29T12:00:00.000Z")
    assert polled_freshness_seconds({"LastUpdatedDateTime": changed_at}, since, NOW) == expected


def test_outbound_freshness_counts_from_the_request_of_the_version() -> None:
    before = SyncRecord.created_by_client(EntityRef("property", "7"), "request", NOW)
    assert outbound_freshness_seconds(before, replace(before, synced_version=1), NOW + 3) == 3.0


@pytest.mark.parametrize("synced_version", [0, 1])
def test_a_write_that_syncs_no_version_has_no_freshness(synced_version: int) -> None:
    created = SyncRecord.created_by_client(EntityRef("property", "7"), "request", NOW)
    before = replace(created, synced_version=synced_version)
    assert outbound_freshness_seconds(before, before, NOW + 3) is None
