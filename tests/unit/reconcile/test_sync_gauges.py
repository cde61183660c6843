from typing import Any

import pytest

from buildium_sync.domain.sync_status import Status
from buildium_sync.reconcile import sync_gauges
from buildium_sync.reconcile.sync_gauges import SyncGauges, SyncTotals

COUNTS = {
    "property": {"synced": 6, "failed": 1, "deleted": 5},
    "owner": {"synced": 1, "blocked": 1, "needs_review": 1},
}


class Counts:
    """Fake of the timeline table."""

    def counts(self) -> dict[str, dict[str, int]]:
        return COUNTS


def test_gauges_count_the_syncs_of_all_types(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: dict[str, Any] = {}
    monkeypatch.setattr(sync_gauges, "record_metric", lambda name, value, _unit: measured.update({name: value}))

    assert SyncGauges(Counts()).report() == 70.0  # type: ignore[arg-type]
    assert measured == {"FailedSyncs": 1, "BlockedSyncs": 1, "SyncsInReview": 1, "InSyncPercent": 70.0}


def test_deleted_entities_are_not_part_of_the_percentage() -> None:
    totals = SyncTotals.of({"property": {"synced": 1, "deleted": 9}})

    assert (totals.entities, totals[Status.DELETED], totals.in_sync_percent) == (1, 0, 100.0)


def test_an_empty_system_is_in_sync() -> None:
    assert SyncTotals.of({}).in_sync_percent == 100.0
