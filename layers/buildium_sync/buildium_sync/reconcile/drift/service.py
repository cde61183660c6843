"""Drift checks and repairs, as the API starts and shows them."""

from collections.abc import Sequence
from typing import Any

from buildium_sync.errors import MalformedRequest, NoDriftReport, NotFound
from buildium_sync.reconcile.drift import repair_state
from buildium_sync.reconcile.drift.repair_state import DriftEntryDict, RepairState
from buildium_sync.reconcile.drift.report import JOB, DriftState
from buildium_sync.reconcile.jobs.job_service import JobService
from buildium_sync.reconcile.jobs.job_state import JobStatus
from buildium_sync.store.cursors import decode_cursor, encode_cursor

_CHUNKS_PER_PAGE = 10
"""Chunks that are read for one page at most. A page without entries has a cursor too."""


class DriftService(JobService):
    """Drift checks, their reports, and repairs."""

    job_names = (JOB, repair_state.JOB)

    def start(self, entity_types: Sequence[str]) -> dict[str, Any]:
        """Start a drift check of these types. Returns its progress, or that of one that runs already."""
        types = {name: DriftState.waiting_type() for name in entity_types}
        return self._start(DriftState.start(self._clock(), types=types)).progress()

    def report(self, entity_type: str | None, cursor: str | None) -> dict[str, Any]:
        """Return the progress of the last drift check and of the last repair, and one page of the report.

        Raises NotFound for a type that was not checked, and MalformedRequest for a cursor of another report.
        """
        states = self._jobs.states(self.job_names)
        drift, repair = DriftState.of(states.get(JOB)), RepairState.of(states.get(repair_state.JOB))
        items, next_cursor = self._page(drift, entity_type, cursor, planned_only=False)
        return {"drift": drift.progress(), "repair": repair.progress(), "items": items, "nextCursor": next_cursor}

    def planned(self, entity_type: str | None, cursor: str | None) -> dict[str, Any]:
        """Return one page of the entries with writes, which a repair would make.

        Raises NoDriftReport without a finished drift check, and what `report` raises.
        """
        drift = self._finished()
        items, next_cursor = self._page(drift, entity_type, cursor, planned_only=True)
        _, _, planned = _range(drift, entity_type)
        return {"dryRun": True, "planned": planned, "items": items, "nextCursor": next_cursor}

    def repair(self, entity_type: str | None) -> dict[str, Any]:
        """Start a repair, and return its progress, or that of one that runs already.

        Raises NoDriftReport and NotFound as `planned` does.
        """
        drift = self._finished()
        first, end, planned = _range(drift, entity_type)
        repair = RepairState.start(self._clock(), report=drift.name, chunk=first, end_chunk=end, planned=planned)
        return {"dryRun": False, "repair": self._start(repair).progress()}

    def _finished(self) -> DriftState:
        drift = self._current(DriftState)
        if drift.status is not JobStatus.DONE:
            raise NoDriftReport(f"A repair needs a finished drift check; the last one is {drift.status.value}.")
        return drift

    def _page(
        self, drift: DriftState, entity_type: str | None, cursor: str | None, *, planned_only: bool
    ) -> tuple[list[DriftEntryDict], str | None]:
        first, end, _ = _range(drift, entity_type)
        start = _read_cursor(cursor, drift) if cursor else first
        for number in range(max(start, first), min(start + _CHUNKS_PER_PAGE, end)):
            found = [each for each in self._jobs.chunks(drift.name, [number]) if each["writes"] or not planned_only]
            if found:
                return found, _cursor(drift, number + 1, end)
        return [], _cursor(drift, start + _CHUNKS_PER_PAGE, end)


def _range(drift: DriftState, entity_type: str | None) -> tuple[int, int, int]:
    """Return the first chunk of one type or of all, the chunk after the last, and the number of entries with writes."""
    if entity_type is None:
        return 0, drift.chunks, sum(each.repairable for each in drift.types.values())
    if entity_type not in drift.types:
        raise NotFound(f"The last drift check did not include {entity_type!r}.")
    each = drift.types[entity_type]
    return each.first_chunk, each.end_chunk, each.repairable


def _cursor(drift: DriftState, chunk: int, end: int) -> str | None:
    return encode_cursor({"report": drift.name, "chunk": str(chunk)}) if chunk < end else None


def _read_cursor(cursor: str, drift: DriftState) -> int:
    chunk = decode_cursor(cursor, {"report": drift.name}, "chunk")["chunk"]
    if not (chunk.isascii() and chunk.isdigit()):
        raise MalformedRequest.of("cursor", "is not a valid nextCursor value for this list")
    return int(chunk)
