"""Repairs of drift, as a request selects them."""

from typing import Any

from buildium_sync.api.parsing import parse_cursor
from buildium_sync.api.request_bodies import RepairRequest
from buildium_sync.domain.entity import EntityRef
from buildium_sync.reconcile.drift.comparison_service import ComparisonService
from buildium_sync.reconcile.drift.released_syncs import ReleasedSyncs
from buildium_sync.reconcile.drift.selection import RepairSelection, key
from buildium_sync.reconcile.drift.service import DriftService


class Repairs:
    """Plans and starts repairs, of a drift report or of one entity."""

    def __init__(self, drift: DriftService, comparisons: ComparisonService, released: ReleasedSyncs) -> None:
        self._drift = drift
        self._comparisons = comparisons
        self._released = released

    def run(self, request: RepairRequest) -> dict[str, Any]:
        """Return a page of the planned writes for a dry run. Otherwise start the repair, and return its progress.

        The first page also has the syncs that the repair releases, `releasedSyncs`; on later pages it is None.
        With an `entityId`, it repairs what the last comparison of that entity found. Raises what the services raise.
        """
        if "entityId" in request:
            ref = EntityRef(request["entityType"], request["entityId"])
            return self._run_one(ref, request.get("checkedAt"), is_dry=request["dryRun"])
        keys = [key(each) for each in request["entities"]] if "entities" in request else None
        selection = RepairSelection.of(request.get("direction"), keys)
        entity_type, checked_at = request.get("entityType"), request.get("checkedAt")
        if request["dryRun"]:
            cursor = parse_cursor(request.get("cursor"))
            plan = self._drift.planned(entity_type, cursor, selection, checked_at)
            chunks = None if cursor else self._drift.selected_chunks(entity_type, selection)
            return {**plan, "releasedSyncs": None if chunks is None else self._released.by_repair_of(chunks)}
        return self._drift.repair(entity_type, selection, checked_at)

    def _run_one(self, ref: EntityRef, checked_at: str | None, *, is_dry: bool) -> dict[str, Any]:
        report, planned = self._comparisons.repairable(ref, checked_at)
        if not is_dry:
            return self._drift.repair_one(report, planned)
        items = [self._comparisons.read(ref)["entry"]] if planned else []
        released = self._released.by_repair_of([items])
        return {"dryRun": True, "planned": planned, "items": items, "nextCursor": None, "releasedSyncs": released}
