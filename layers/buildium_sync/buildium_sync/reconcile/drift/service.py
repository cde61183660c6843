"""Drift checks and repairs, as the API starts and shows them."""

from collections.abc import Iterator, Sequence
from typing import Any

from buildium_sync.domain.pauses import Direction
from buildium_sync.errors import (
    DriftReportReplaced,
    FieldError,
    InvalidFields,
    MalformedRequest,
    NoDriftReport,
    NotFound,
    RepairRunning,
)
from buildium_sync.reconcile.drift import repair_state
from buildium_sync.reconcile.drift.repair_state import RepairState
from buildium_sync.reconcile.drift.report import JOB, DriftState
from buildium_sync.reconcile.drift.selection import (
    DriftEntryDict,
    RepairSelection,
    entry_keys,
)
from buildium_sync.reconcile.jobs.job_service import JobService
from buildium_sync.reconcile.jobs.job_state import JobStatus
from buildium_sync.store.cursors import decode_cursor, encode_cursor

_CHUNKS_PER_PAGE = 10
"""Chunks that are read for one page at most. A page without entries has a cursor too."""
_EVERYTHING = RepairSelection()


class DriftService(JobService):
    """Drift checks, their reports, and repairs."""

    job_names = (JOB, repair_state.JOB)

    def start(self, entity_types: Sequence[str]) -> dict[str, Any]:
        """Start a drift check of these types. Returns its progress, or that of one that runs already."""
        return self._start(self._new(entity_types, is_nightly=False)).progress()

    def start_nightly(self, entity_types: Sequence[str]) -> bool:
        """Start a nightly drift check of these types. Return False while another one runs."""
        nightly = self._new(entity_types, is_nightly=True)
        return self._start(nightly) is nightly

    def _new(self, entity_types: Sequence[str], *, is_nightly: bool) -> DriftState:
        last = self._current(DriftState)
        last_nightly = last.started_at if last.is_nightly else last.last_nightly
        types = {name: DriftState.waiting_type() for name in entity_types}
        return DriftState.start(self._clock(), types=types, is_nightly=is_nightly, last_nightly=last_nightly)

    def report(self, entity_type: str | None, cursor: str | None) -> dict[str, Any]:
        """Return the progress of the last drift check and of the last repair, and one page of the report.

        Raises NotFound for a type that was not checked, and MalformedRequest for a cursor of another report.
        """
        states = self._jobs.states(self.job_names)
        drift, repair = DriftState.of(states.get(JOB)), RepairState.of(states.get(repair_state.JOB))
        items, next_cursor = self._page(drift, entity_type, cursor, None)
        return {"drift": drift.progress(), "repair": repair.progress(), "items": items, "nextCursor": next_cursor}

    def planned(
        self,
        entity_type: str | None,
        cursor: str | None,
        selection: RepairSelection = _EVERYTHING,
        checked_at: str | None = None,
    ) -> dict[str, Any]:
        """Return one page of the entries that a repair would write.

        Raises NoDriftReport without a finished drift check, DriftReportReplaced if it did not start at `checked_at`,
        InvalidFields for a selected entity without an entry, and what `report` raises.
        """
        drift = self._finished(checked_at)
        planned = self._count(drift, entity_type, selection)
        items, next_cursor = self._page(drift, entity_type, cursor, selection)
        return {"dryRun": True, "planned": planned, "items": items, "nextCursor": next_cursor}

    def selected_chunks(self, entity_type: str | None, selection: RepairSelection) -> Iterator[list[DriftEntryDict]]:
        """Yield the entries that a repair would write, chunk by chunk. Raises NotFound."""
        drift = self._current(DriftState)
        for number in range(*_range(drift, entity_type)):
            yield list(filter(selection.includes, self._jobs.chunks(drift.name, [number])))

    def repair(
        self, entity_type: str | None, selection: RepairSelection = _EVERYTHING, checked_at: str | None = None
    ) -> dict[str, Any]:
        """Start a repair, and return its progress, or that of the same one that runs already.

        Raises RepairRunning while a repair of other entities runs, and what `planned` raises.
        """
        drift = self._finished(checked_at)
        planned, (first, end) = self._count(drift, entity_type, selection), _range(drift, entity_type)
        return self._start_repair(drift.name, first, end, planned, selection)

    def repair_one(self, report: str, planned: int) -> dict[str, Any]:
        """Start a repair of the entity in the report of a comparison, as `repair` does."""
        return self._start_repair(report, 0, 1, planned, _EVERYTHING)

    def _start_repair(self, report: str, first: int, end: int, planned: int, chosen: RepairSelection) -> dict[str, Any]:
        keys = None if chosen.keys is None else sorted(chosen.keys)
        direction = chosen.direction and chosen.direction.value
        repair = RepairState.start(
            self._clock(), report=report, chunk=first, end_chunk=end, planned=planned, direction=direction, keys=keys
        )
        running = self._start(repair)
        if running.request != repair.request:
            raise RepairRunning("Another repair is running. Start this one when it has ended.")
        return {"dryRun": False, "repair": running.progress()}

    def _finished(self, checked_at: str | None) -> DriftState:
        drift = self._current(DriftState)
        if drift.status is not JobStatus.DONE:
            raise NoDriftReport(f"A repair needs a finished drift check; the last one is {drift.status.value}.")
        if checked_at not in (None, drift.started_at):
            raise DriftReportReplaced(f"The drift check of {checked_at} was replaced by that of {drift.started_at}.")
        return drift

    def _count(self, drift: DriftState, entity_type: str | None, selection: RepairSelection) -> int:
        """Return the number of selected entries. Raises InvalidFields for selected entities without one."""
        first, end = _range(drift, entity_type)
        if selection.keys is None:
            types = drift.types.values() if entity_type is None else [drift.types[entity_type]]
            counts = {None: "repairable", Direction.INBOUND: "inbound", Direction.OUTBOUND: "outbound"}
            return sum(getattr(each, counts[selection.direction]) for each in types)
        chunks = (self._jobs.chunks(drift.name, [number]) for number in range(first, end))
        chosen = [each for entries in chunks for each in entries if selection.includes(each)]
        missing = selection.keys - {key for each in chosen for key in entry_keys(each)}
        if missing:
            names = ", ".join(sorted(missing))
            raise InvalidFields([FieldError("entities", f"the drift report has no such repair for {names}")])
        return len(chosen)

    def _page(
        self, drift: DriftState, entity_type: str | None, cursor: str | None, selection: RepairSelection | None
    ) -> tuple[list[DriftEntryDict], str | None]:
        """Return a page of the entries: of all, or of those that are selected."""
        first, end = _range(drift, entity_type)
        start = _read_cursor(cursor, drift) if cursor else first
        for number in range(max(start, first), min(start + _CHUNKS_PER_PAGE, end)):
            entries = self._jobs.chunks(drift.name, [number])
            found = [each for each in entries if selection is None or selection.includes(each)]
            if found:
                return found, _cursor(drift, number + 1, end)
        return [], _cursor(drift, start + _CHUNKS_PER_PAGE, end)


def _range(drift: DriftState, entity_type: str | None) -> tuple[int, int]:
    """Return the first chunk of one type or of all, and the chunk after the last."""
    if entity_type is None:
        return 0, drift.chunks
    if entity_type not in drift.types:
        raise NotFound(f"The last drift check did not include {entity_type!r}.")
    return drift.types[entity_type].first_chunk, drift.types[entity_type].end_chunk


def _cursor(drift: DriftState, chunk: int, end: int) -> str | None:
    return encode_cursor({"report": drift.name, "chunk": str(chunk)}) if chunk < end else None


def _read_cursor(cursor: str, drift: DriftState) -> int:
    chunk = decode_cursor(cursor, {"report": drift.name}, "chunk")["chunk"]
    if not (chunk.isascii() and chunk.isdigit()):
        raise MalformedRequest.of("cursor", "is not a valid nextCursor value for this list")
    return int(chunk)
