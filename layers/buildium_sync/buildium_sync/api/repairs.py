"""Repairs of drift, as a request selects them."""

from typing import Any

from buildium_sync.api.parsing import parse_cursor
from buildium_sync.api.request_bodies import RepairRequest
from buildium_sync.domain.entity import EntityRef
from buildium_sync.reconcile.drift.comparison_service import ComparisonService
from buildium_sync.reconcile.drift.selection import RepairSelection, key
from buildium_sync.reconcile.drift.service import DriftService


class Repairs:
    """Plans and starts repairs, of a drift report or of one entity."""

    def __init__(self, drift: DriftService, comparisons: ComparisonService) -> None:
        self._drift = drift
        self._comparisons = comparisons

    def run(self, request: RepairRequest) -> dict[str, Any]:
        """Return a page of the planned writes for a dry run. Otherwise start the repair, and return its progress.

        With an `entityId`, it repairs what the last comparison of that entity found. Raises what the services raise.
        """
        if "entityId" in request:
            return self._run_one(EntityRef(request["entityType"], request["entityId"]), is_dry=request["dryRun"])
        keys = [key(each) for each in request["entities"]] if "entities" in request else None
        selection = RepairSelection.of(request.get("direction"), keys)
        entity_type, checked_at = request.get("entityType"), request.get("checkedAt")
        if request["dryRun"]:
            return self._drift.planned(entity_type, parse_cursor(request.get("cursor")), selection, checked_at)
        return self._drift.repair(entity_type, selection, checked_at)

    def _run_one(self, ref: EntityRef, *, is_dry: bool) -> dict[str, Any]:
        report, planned = self._comparisons.repairable(ref)
        if not is_dry:
            return self._drift.repair_one(report, planned)
        items = [self._comparisons.read(ref)["entry"]] if planned else []
        return {"dryRun": True, "planned": planned, "items": items, "nextCursor": None}
