from dataclasses import replace
from typing import Any

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.outbound import outbound_freshness
from buildium_sync.outbound.outbound_freshness import record_freshness

NOW = 1_000_000.0


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    found: dict[str, Any] = {}
    monkeypatch.setattr(outbound_freshness, "record_metric", lambda name, value, _unit: found.update({name: value}))
    return found


def requested() -> SyncRecord:
    return SyncRecord.created_by_client(EntityRef("property", "7"), "request", NOW)


def test_freshness_counts_from_the_request_of_the_version(measured: dict[str, Any]) -> None:
    before = requested()
    record_freshness(before, replace(before, synced_version=1), NOW + 3)

    assert measured == {"OutboundFreshness": 3.0}


def test_a_version_that_stays_pending_has_no_freshness(measured: dict[str, Any]) -> None:
    before = requested()
    record_freshness(before, before, NOW + 3)

    assert measured == {}


def test_an_already_synced_version_has_no_freshness(measured: dict[str, Any]) -> None:
    before = replace(requested(), synced_version=1)
    record_freshness(before, before, NOW + 3)

    assert measured == {}
