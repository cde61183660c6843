"""Repairs drift through the regular sync and import code paths.

Each selected entity of the report is read again, and what changed since the drift check is left alone. No other entity
is written. Only the outbound sync writes to Buildium.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.merge import Side
from buildium_sync.entity_types.registry import types_to_wait_for
from buildium_sync.errors import (
    BuildiumError,
    BuildiumNotFound,
    BuildiumUnavailable,
    ConcurrentWrite,
    InboundPaused,
    OutOfScope,
    RateLimited,
    RetryLater,
)
from buildium_sync.inbound.batch_applier import BatchApplier, RemoteBatch
from buildium_sync.inbound.inbound_sync import InboundSync
from buildium_sync.observability import logger
from buildium_sync.outbound.manual_retry import SyncRetrier
from buildium_sync.reconcile.drift.repair_state import JOB, RepairState
from buildium_sync.reconcile.drift.report import DriftKind, RepairAction
from buildium_sync.reconcile.drift.selection import DriftEntryDict, writes_to
from buildium_sync.reconcile.imports.matcher import CandidateMatch, Matcher, MatchOutcome
from buildium_sync.reconcile.jobs.job_state import error_text
from buildium_sync.reconcile.jobs.runner import (
    OUTAGE_RETRY_SECONDS,
    PAUSE_RECHECK_SECONDS,
    RETRY_SOON_SECONDS,
    JobRunner,
)
from buildium_sync.store.control_state import ControlStateStore
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.jobs import Job


class RepairTools(NamedTuple):
    """What a repair reads and writes with."""

    store: EntityStore
    client: BuildiumClient
    inbound: InboundSync
    applier: BatchApplier
    matcher: Matcher
    retrier: SyncRetrier
    control: ControlStateStore


class RepairWorker:
    """Runs the current repair."""

    def __init__(self, entity_types: Mapping[str, EntityType], tools: RepairTools, runner: JobRunner) -> None:
        self._entity_types = entity_types
        self._tools = tools
        self._runner = runner
        self._jobs = runner.jobs
        self._budget = runner.budget

    def run(self) -> None:
        """Continue the repair while there is time, and queue the next slice."""
        self._runner.run_slice(RepairState, self._run)

    def _run(self, job: Job, repair: RepairState) -> int:
        """Repair one chunk after the other, and return the seconds until the next slice."""
        try:
            if not repair.linked:
                self._link(repair)
            while repair.chunk < repair.end_chunk and not self._budget.exhausted:
                self._repair_chunk(repair, self._jobs.chunks(repair.report, [repair.chunk]))
                self._jobs.save(job, repair.to_state())
        except RateLimited:
            return RETRY_SOON_SECONDS
        except BuildiumUnavailable:
            return OUTAGE_RETRY_SECONDS
        except InboundPaused:
            return PAUSE_RECHECK_SECONDS
        return 0

    def _link(self, repair: RepairState) -> None:
        """Link the local entities that are candidates of selected entries, or flag them for review.

        All matches of a type count, also those that are not selected, so that only a single match is linked. If the
        time ends first, the next slice begins again.
        """
        matches: dict[str, list[CandidateMatch]] = defaultdict(list)
        chosen: dict[str, list[DriftEntryDict]] = defaultdict(list)
        for entry in self._jobs.chunks(repair.report, range(repair.chunk, repair.end_chunk)):
            if _is_link(entry):
                buildium_id, fields = entry["buildiumId"], entry["candidateFields"]
                found = [CandidateMatch(entity_id, buildium_id, fields) for entity_id in entry["candidates"]]
                matches[entry["entityType"]] += found
                chosen[entry["entityType"]] += [entry] if repair.selection.includes(entry) else []
        outcomes: dict[str, MatchOutcome] = {}
        for name, entries in chosen.items():
            outcome = self._tools.matcher.resolve(
                self._entity_types[name],
                matches[name],
                within={entry["buildiumId"] for entry in entries},
                has_time=lambda: not self._budget.exhausted,
            )
            if outcome is None:
                return
            outcomes[name] = outcome
        for name, outcome in outcomes.items():
            for entry in chosen[name]:
                repair.count_link(entry, outcome)
        repair.linked = True

    def _repair_chunk(self, repair: RepairState, entries: Sequence[DriftEntryDict]) -> None:
        """Repair the rest of a chunk. Its outbound syncs are queued together at the end."""
        outbound, selection = list[DriftEntryDict](), repair.selection
        try:
            while repair.entry < len(entries) and not self._budget.exhausted:
                entry = entries[repair.entry]
                if selection.includes(entry) and not _is_link(entry):
                    outbound += [entry] if self._repair(repair, entry) and writes_to(entry, Side.REMOTE) else []
                repair.entry += 1
        finally:
            if outbound:
                self._queue(repair, outbound)
        if repair.entry == len(entries):
            repair.chunk, repair.entry = repair.chunk + 1, 0

    def _queue(self, repair: RepairState, entries: Sequence[DriftEntryDict]) -> None:
        """Queue the outbound syncs of entries."""
        report = self._tools.retrier.retry_many(map(_ref, entries))
        results = {result.ref: result for result in report.results or ()}
        for entry in entries:
            repair.count_sync(entry, results[_ref(entry)])

    def _repair(self, repair: RepairState, entry: DriftEntryDict) -> bool:
        """Update the local entity of an entry; False if it failed. One that is also written in Buildium is not done.

        Raises RateLimited, and BuildiumUnavailable in an outage.
        """
        entity_type = self._entity_types[entry["entityType"]]
        error: Exception | None = None
        try:
            if writes_to(entry, Side.LOCAL):
                error = self._apply_remote(entity_type, entry, repair)
        except (OutOfScope, RetryLater, ConcurrentWrite) as obstacle:
            error = obstacle
        except BuildiumError as rejection:
            if rejection.stops_all_calls:
                raise
            error = rejection
        if error is None:
            repair.done += not writes_to(entry, Side.REMOTE)
        else:
            logger.warning("Repair failed", extra={"entityType": entity_type.name, "error": type(error).__name__})
            repair.fail(entry, error_text(error))
        return error is None

    def _apply_remote(self, entity_type: EntityType, entry: DriftEntryDict, repair: RepairState) -> Exception | None:
        self._tools.control.check_inbound(types_to_wait_for(entity_type))
        try:
            payload = self._tools.client.read(entity_type.read_path(entry["buildiumId"]))
        except BuildiumNotFound:
            if entry["kind"] == DriftKind.LOCAL_ONLY:
                self._tools.inbound.mark_deleted(entity_type, _ref(entry))
            return None
        [result] = self._tools.applier.apply(self._batch(entity_type, payload, repair))
        return result.error

    def _batch(self, entity_type: EntityType, payload: Payload, repair: RepairState) -> RemoteBatch:
        return RemoteBatch(
            entity_type,
            [payload],
            self._budget.clock(),
            f"{JOB}-{repair.started_at}",
            # It may match a local entity that was created since the drift check. The next drift check decides.
            claim_unknown=lambda listed: bool(self._tools.matcher.index_unlinked(entity_type).matches(listed)),
            with_linked=False,
        )


def _is_link(entry: DriftEntryDict) -> bool:
    return any(write["action"] == RepairAction.LINK for write in entry["writes"])


def _ref(entry: DriftEntryDict) -> EntityRef:
    return EntityRef(entry["entityType"], entry["entityId"])
