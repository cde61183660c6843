"""Makes both sides the same where a comparison found them different, by the means that also serve otherwise.

Nothing is written because the report says so: each entity is looked at again, and what has changed since is left to
whoever changed it. Buildium is written to by the sync alone.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType, Payload
from buildium_sync.domain.merge import Side
from buildium_sync.errors import (
    BuildiumError,
    BuildiumNotFound,
    BuildiumUnavailable,
    ConcurrentWrite,
    RateLimited,
    RetryLater,
)
from buildium_sync.inbound.batch_applier import BatchApplier, RemoteBatch
from buildium_sync.inbound.inbound_sync import InboundSync
from buildium_sync.observability import logger
from buildium_sync.outbound.retry import SyncRetrier
from buildium_sync.reconcile.drift.repair_state import JOB, DriftEntryDict, RepairState
from buildium_sync.reconcile.drift.report import DriftKind, RepairAction
from buildium_sync.reconcile.imports.matcher import CandidateMatch, Matcher
from buildium_sync.reconcile.jobs.runner import OUTAGE_RETRY_SECONDS, RETRY_SOON_SECONDS, JobRunner
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.jobs import Job


@dataclass(frozen=True, slots=True)
class RepairTools:
    """What a repair reads and writes with."""

    store: EntityStore
    client: BuildiumClient
    inbound: InboundSync
    observation: BatchApplier
    matching: Matcher
    retry: SyncRetrier


class RepairWorker:
    """Works on the repair that runs."""

    def __init__(
        self,
        entity_types: Mapping[str, EntityType],
        means: RepairTools,
        slices: JobRunner,
    ) -> None:
        self._entity_types = entity_types
        self._means = means
        self._runner = slices
        self._jobs = slices.jobs
        self._budget = slices.budget

    def run(self) -> None:
        """Go on with the repair while there is time, and wake the next slice; nothing when another is at work."""
        self._runner.run_slice(JOB, RepairState.of, self._run)

    def _run(self, job: Job, progress: RepairState) -> int:
        """Repair part after part, and return the seconds to wait before the repair goes on."""
        try:
            if not progress.linked:
                self._link(progress)
            while progress.part < progress.end_part and not self._budget.exhausted:
                self._repair_part(progress, self._jobs.chunks(progress.report, [progress.part]))
                self._jobs.save(job, progress.to_state())
        except RateLimited:
            return RETRY_SOON_SECONDS
        except BuildiumUnavailable:
            return OUTAGE_RETRY_SECONDS
        return 0

    def _link(self, progress: RepairState) -> None:
        """Decide about all that may be the same on both sides at once: only what has one match is linked."""
        matches: dict[str, list[CandidateMatch]] = defaultdict(list)
        for entry in self._jobs.chunks(progress.report, range(progress.part, progress.end_part)):
            if _is_link(entry):
                # A report of an earlier release has no fields of candidates.
                fields = entry.get("candidateFields")
                matches[entry["entityType"]] += [
                    CandidateMatch(o, entry["buildiumId"], fields) for o in entry["candidates"]
                ]
        for name, of_type in matches.items():
            decided = self._means.matching.resolve(self._entity_types[name], of_type)
            progress.done += len(decided.linked | decided.ambiguous)
        progress.linked = True

    def _repair_part(self, progress: RepairState, entries: Sequence[DriftEntryDict]) -> None:
        """Repair the rest of a part. What the sync is to bring to Buildium is started at its end, all at once."""
        again: list[EntityRef] = []
        try:
            while progress.entry < len(entries) and not self._budget.exhausted:
                entry = entries[progress.entry]
                if entry["writes"] and not _is_link(entry):
                    self._repair(progress, entry)
                    again += [_ref(entry)] if _writes_to(entry, Side.REMOTE) else []
                progress.entry += 1
        finally:
            if again:
                self._means.retry.retry_many(again)
        if progress.entry == len(entries):
            progress.part, progress.entry = progress.part + 1, 0

    def _repair(self, progress: RepairState, entry: DriftEntryDict) -> None:
        """Bring ours to what Buildium has. Raises what is about all entities: RateLimited, an outage."""
        entity_type = self._entity_types[entry["entityType"]]
        error: Exception | None = None
        try:
            if _writes_to(entry, Side.LOCAL):
                error = self._apply_remote(entity_type, entry, progress)
        except (RetryLater, ConcurrentWrite) as busy:
            error = busy
        except BuildiumError as refused:
            if isinstance(refused, RateLimited) or (isinstance(refused, BuildiumUnavailable) and refused.is_outage):
                raise
            error = refused
        if error is None:
            progress.done += 1
        else:
            logger.warning("Repair failed", extra={"entityType": entity_type.name, "error": type(error).__name__})
            progress.fail(entry, error)

    def _apply_remote(self, entity_type: EntityType, entry: DriftEntryDict, progress: RepairState) -> Exception | None:
        try:
            message = self._means.client.read(entity_type.read_path(entry["buildiumId"]))
        except BuildiumNotFound:
            if entry["kind"] == DriftKind.LOCAL_ONLY:
                self._means.inbound.mark_deleted(entity_type, _ref(entry))
            return None
        [observed] = self._means.observation.apply(self._seen(entity_type, message, progress))
        return observed.error

    def _seen(self, entity_type: EntityType, message: Payload, progress: RepairState) -> RemoteBatch:
        return RemoteBatch(
            entity_type,
            [message],
            self._budget.clock(),
            f"{JOB}-{progress.started_at}",
            # One of ours that was written since the comparison may be it: another comparison tells.
            should_skip=lambda listed: bool(self._means.matching.index_unlinked(entity_type).matches(listed)),
        )


def _writes_to(entry: DriftEntryDict, side: Side) -> bool:
    return any(write["target"] == side for write in entry["writes"])


def _is_link(entry: DriftEntryDict) -> bool:
    return any(write["action"] == RepairAction.LINK for write in entry["writes"])


def _ref(entry: DriftEntryDict) -> EntityRef:
    return EntityRef(entry["entityType"], entry["entityId"])
