"""What the API does with comparisons and repairs: begins them, tells how far they are, and shows what they found."""

from collections.abc import Sequence
from typing import Any

from buildium_sync.clock import Clock, format_iso
from buildium_sync.errors import MalformedRequest, NoDriftReport, NotFound
from buildium_sync.reconcile.drift import repair_state
from buildium_sync.reconcile.drift.repair_state import DriftEntryDict, RepairState
from buildium_sync.reconcile.drift.report import JOB, DriftState, TypeDriftState
from buildium_sync.reconcile.jobs.job_state import JobStatus
from buildium_sync.store.cursors import decode_cursor, encode_cursor
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.queues import JobQueue

_CHUNKS_PER_PAGE = 10
"""Parts that one page looks into; one that finds nothing in them has a cursor all the same."""


class DriftService:
    """Comparisons and repairs, as clients see them."""

    def __init__(self, jobs: JobStore, queue: JobQueue, clock: Clock) -> None:
        self._jobs = jobs
        self._queue = queue
        self._clock = clock

    def start(self, entity_types: Sequence[str]) -> dict[str, Any]:
        """Begin a comparison of these types, and return its progress, or that of one that runs already."""
        now = self._clock()
        begun = DriftState(
            JobStatus.RUNNING, format_iso(now), types={name: TypeDriftState() for name in entity_types}, due=now
        )
        if not self._jobs.start(JOB, begun.to_state()):
            return self._drift().progress()
        self._queue.enqueue(JOB)
        return begun.progress()

    def report(self, entity_type: str | None, cursor: str | None) -> dict[str, Any]:
        """Return the last comparison's progress, that of the last repair, and one page of what was found.

        Raises NotFound for a type that was not compared, and MalformedRequest for a cursor of another comparison.
        """
        states = self._jobs.states([JOB, repair_state.JOB])
        drift = DriftState.of(states.get(JOB))
        items, next_cursor = self._page(drift, entity_type, cursor, planned_only=False)
        progress = RepairState.of(states.get(repair_state.JOB)).body()
        return {"drift": drift.progress(), "repair": progress, "items": items, "nextCursor": next_cursor}

    def planned(self, entity_type: str | None, cursor: str | None) -> dict[str, Any]:
        """Return one page of the writes that a repair would make, with what it would make them for.

        Raises NoDriftReport before a comparison has ended, and as `report` does.
        """
        drift = self._compared()
        items, next_cursor = self._page(drift, entity_type, cursor, planned_only=True)
        _, _, planned = _range(drift, entity_type)
        return {"dryRun": True, "planned": planned, "items": items, "nextCursor": next_cursor}

    def repair(self, entity_type: str | None) -> dict[str, Any]:
        """Begin to make these writes, and return the progress, or that of a repair that runs already.

        Raises NoDriftReport and NotFound as `planned` does.
        """
        drift = self._compared()
        part, end, planned = _range(drift, entity_type)
        now = self._clock()
        begun = RepairState(
            JobStatus.RUNNING, format_iso(now), report=drift.name, part=part, end_part=end, planned=planned, due=now
        )
        if not self._jobs.start(repair_state.JOB, begun.to_state()):
            return {
                "dryRun": False,
                "repair": RepairState.of(self._jobs.states([repair_state.JOB]).get(repair_state.JOB)).body(),
            }
        self._queue.enqueue(repair_state.JOB)
        return {"dryRun": False, "repair": begun.body()}

    def resume(self) -> None:
        """Wake what runs and no message carries any more."""
        for name, state in self._jobs.states([JOB, repair_state.JOB]).items():
            if state["status"] == JobStatus.RUNNING:
                self._queue.enqueue_if_stalled(name, state["due"], self._clock())

    def _drift(self) -> DriftState:
        return DriftState.of(self._jobs.states([JOB]).get(JOB))

    def _compared(self) -> DriftState:
        drift = self._drift()
        if drift.status is not JobStatus.DONE:
            raise NoDriftReport(f"A repair needs a finished drift check; the last one is {drift.status.value}.")
        return drift

    def _page(
        self, drift: DriftState, entity_type: str | None, cursor: str | None, *, planned_only: bool
    ) -> tuple[list[DriftEntryDict], str | None]:
        first, end, _ = _range(drift, entity_type)
        part = _read_cursor(cursor, drift) if cursor else first
        for number in range(max(part, first), min(part + _CHUNKS_PER_PAGE, end)):
            found = [each for each in self._jobs.chunks(drift.name, [number]) if each["writes"] or not planned_only]
            if found:
                return found, _cursor(drift, number + 1, end)
        return [], _cursor(drift, part + _CHUNKS_PER_PAGE, end)


def _range(drift: DriftState, entity_type: str | None) -> tuple[int, int, int]:
    """Return the first part of a type, or of all, the one after the last, and how many entries have writes."""
    if entity_type is None:
        return 0, drift.parts, sum(each.repairable for each in drift.types.values())
    if entity_type not in drift.types:
        raise NotFound(f"The last drift check did not include {entity_type!r}.")
    each = drift.types[entity_type]
    return each.first_part, each.end_part, each.repairable


def _cursor(drift: DriftState, part: int, end: int) -> str | None:
    return encode_cursor({"report": drift.name, "part": str(part)}) if part < end else None


def _read_cursor(cursor: str, drift: DriftState) -> int:
    part = decode_cursor(cursor, {"report": drift.name}, "part")["part"]
    if not (part.isascii() and part.isdigit()):
        raise MalformedRequest("cursor is not a valid nextCursor value for this list")
    return int(part)
