"""The work of an import, in slices that fit into a function's time.

Types are imported in the registry's order, so that what an entity refers to is there before it. Of a type, what is
linked is brought up to date, what matches one of ours that is not in Buildium is put aside, and the rest is taken
over; at its end it is decided about what was put aside. All of it may be done again without effect.
"""

import math
from collections.abc import Mapping, Sequence

from buildium_sync.buildium.list_reader import ListPage, ListReader
from buildium_sync.domain.entity_type import EntityType, Payload
from buildium_sync.domain.review_candidates import candidate_fields
from buildium_sync.errors import BuildiumError, BuildiumSyncError, BuildiumUnavailable, RateLimited, RetryLater
from buildium_sync.inbound.batch_applier import ApplyResult, BatchApplier, RemoteBatch
from buildium_sync.observability import logger
from buildium_sync.reconcile.imports.matcher import CandidateMatch, Matcher, MatchOutcome, NaturalKeyIndex
from buildium_sync.reconcile.imports.state import JOB, ImportState, TypeProgress
from buildium_sync.reconcile.jobs.job_state import JobStatus
from buildium_sync.reconcile.jobs.runner import OUTAGE_RETRY_SECONDS, RETRY_SOON_SECONDS, JobRunner
from buildium_sync.reconcile.jobs.seen_ids import SeenIds
from buildium_sync.reconcile.jobs.time_budget import batched
from buildium_sync.reconcile.poller import clear_import_floor
from buildium_sync.store.jobs import Job

_MAX_PASSES = 3
"""Times that a type is gone through while some of its entities have to wait."""
_NOT_LISTED = 5
"""Times in a row that Buildium may fail to list a type before the import goes on without it."""


class ImportWorker:
    """Works on the import that runs."""

    def __init__(
        self,
        entity_types: Mapping[str, EntityType],
        listing: ListReader,
        observation: BatchApplier,
        matching: Matcher,
        slices: JobRunner,
    ) -> None:
        self._entity_types = entity_types
        self._listing = listing
        self._observation = observation
        self._matching = matching
        self._runner = slices
        self._jobs = slices.jobs
        self._budget = slices.budget
        self._page_took = 0.0

    def run(self) -> None:
        """Go on with the import while there is time, and wake the next slice; nothing when another is at work."""
        self._runner.run_slice(JOB, ImportState.of, self._run)

    def _run(self, job: Job, current: ImportState) -> int:
        """Import one type after the other, and return the seconds to wait before the import goes on."""
        delay, self._page_took = 0, 0.0
        while current.unfinished and not self._lacks_time_for_page and not delay:
            delay = self._import_type(job, current, current.unfinished[0])
        return delay

    @property
    def _lacks_time_for_page(self) -> bool:
        """Tell whether a page would have to be read again in the next slice, by how long the last one took."""
        return self._budget.exhausted_after(self._page_took)

    def _import_type(self, job: Job, current: ImportState, name: str) -> int:
        """Go on with one type, and return the seconds to wait before the import goes on."""
        entity_type = self._entity_types[name]
        current.start_type(name)
        try:
            if self._read(job, current, entity_type) and self._resolve_matches(current, entity_type):
                return self._finish_type(current, entity_type)
        except (RateLimited, RetryLater):
            return RETRY_SOON_SECONDS
        except BuildiumUnavailable as error:
            return self._on_list_failure(current, name, error)
        except BuildiumError as error:
            self._fail_type(current, name, error)
        return 0

    def _on_list_failure(self, current: ImportState, name: str, error: BuildiumUnavailable) -> int:
        """Wait while all of Buildium is away; go on without a type that it alone does not list."""
        logger.warning("Import paused", extra={"entityType": name, "status": error.status})
        if error.is_outage:
            current.paused_reason = str(error)
            return OUTAGE_RETRY_SECONDS
        current.not_listed += 1
        if current.not_listed < _NOT_LISTED:
            return OUTAGE_RETRY_SECONDS
        self._fail_type(current, name, error)
        return 0

    def _fail_type(self, current: ImportState, name: str, error: BuildiumError) -> None:
        logger.warning("Import failed for entity type", extra={"entityType": name, "status": error.status})
        current.note_error(name, None, str(error))
        current.types[name].state = JobStatus.FAILED

    def _read(self, job: Job, current: ImportState, entity_type: EntityType) -> bool:
        """Read the type's lists; False when the time was up before their end. Raises BuildiumError."""
        seen = SeenIds(self._jobs, f"{JOB}-seen-{entity_type.name}", current.seen_parts)
        try:
            return self._read_lists(job, current, entity_type, seen)
        finally:
            current.seen_parts = seen.put_aside(self._budget.clock())

    def _read_lists(self, job: Job, current: ImportState, entity_type: EntityType, seen: SeenIds) -> bool:
        progress = current.types[entity_type.name]
        unlinked = self._matching.index_unlinked(entity_type)
        lists = entity_type.full_lists(current.began_on)
        while current.query < len(lists):
            if self._lacks_time_for_page:
                return False
            asked_at = self._budget.clock()
            portion = self._listing.read_page(entity_type.path, lists[current.query], current.position)
            current.paused_reason, current.not_listed = None, 0
            for rows in batched(portion.rows):
                if self._budget.exhausted:
                    return False
                # Two lists may show the same entity.
                new = [row for row in rows if row.buildium_id not in seen]
                current.duplicates += len(rows) - len(new)
                self._apply_batch(current, entity_type, unlinked, [row.message for row in new], asked_at)
                seen.add(row.buildium_id for row in new)
                current.position = rows[-1].after
            _count(current, progress, portion)
            current.seen_parts = seen.put_aside(self._budget.clock())
            self._jobs.save(job, current.to_state())
            self._page_took = self._budget.clock() - asked_at
        return True

    def _apply_batch(
        self,
        current: ImportState,
        entity_type: EntityType,
        unlinked: NaturalKeyIndex,
        messages: Sequence[Payload],
        asked_at: float,
    ) -> None:
        aside: list[CandidateMatch] = []

        def should_skip(message: Payload) -> bool:
            buildium_id, entity_ids = int(message["Id"]), unlinked.matches(message)
            fields = candidate_fields(entity_type, message) if entity_ids else None
            for entity_id in entity_ids:
                aside.append(CandidateMatch(entity_id, buildium_id, fields))
                fields = None
            return bool(entity_ids)

        seen = RemoteBatch(
            entity_type, messages, asked_at, _correlation(current), should_skip, auto_created_before=math.inf
        )
        observed = self._observation.apply(seen)
        if aside:
            self._jobs.put_chunk(_parts(entity_type), current.parts, aside, self._budget.clock())
            current.parts += 1
        waiting = {match.buildium_id for match in aside}
        _record_results(current, entity_type, [each for each in observed if each.buildium_id not in waiting])

    def _resolve_matches(self, current: ImportState, entity_type: EntityType) -> bool:
        """Decide about what was put aside, if there is time for it."""
        if not current.parts:
            return True
        if self._budget.exhausted:
            return False
        aside = self._jobs.chunks(_parts(entity_type), range(current.parts))
        # An import that began under an earlier release has put the two ids aside alone.
        matches = [CandidateMatch(str(ours), int(theirs), *fields) for ours, theirs, *fields in aside]
        decided = self._matching.resolve(entity_type, matches)
        _record_matches(current, entity_type, decided)
        current.parts = 0
        return True

    def _finish_type(self, current: ImportState, entity_type: EntityType) -> int:
        """End the type, or begin it again for the entities that had to wait; return the seconds to wait."""
        if current.has_deferred and current.passes < _MAX_PASSES:
            current.restart_type(entity_type.name)
            return RETRY_SOON_SECONDS
        clear_import_floor(self._jobs, entity_type, self._budget)
        progress = current.types[entity_type.name]
        progress.state = JobStatus.DONE
        told = {"entityType": entity_type.name, "total": progress.total, "failed": progress.failed}
        logger.info("Import finished for entity type", extra=told)
        return 0


def _count(current: ImportState, progress: TypeProgress, portion: ListPage) -> None:
    """Count what a list holds, and go on behind its page or to the next list."""
    listed = portion.after.offset if portion.total is None else portion.total
    progress.total = current.total_before + listed - current.duplicates
    current.position = portion.after
    if portion.is_last:
        current.query, current.position = current.query + 1, type(portion.after)()
        current.total_before, current.duplicates = progress.total, 0


def _record_results(current: ImportState, entity_type: EntityType, observed: Sequence[ApplyResult]) -> None:
    progress = current.types[entity_type.name]
    last_round = current.passes >= _MAX_PASSES
    for each in observed:
        if each.error is None:
            progress.done += 1
        elif isinstance(each.error, RetryLater) and not last_round:
            current.has_deferred = True
        else:
            progress.failed += 1
            current.note_error(entity_type.name, each.buildium_id, _error_text(each.error))


def _record_matches(current: ImportState, entity_type: EntityType, decided: MatchOutcome) -> None:
    progress = current.types[entity_type.name]
    progress.done += len(decided.linked | decided.ambiguous)
    progress.needs_review += decided.reviews
    for buildium_id in sorted(decided.stale - decided.linked - decided.ambiguous):
        progress.failed += 1
        current.note_error(
            entity_type.name, buildium_id, "The matching local entity changed during the import. Import again."
        )


def _error_text(error: Exception) -> str:
    """Return an error's text; one that is not ours may quote the entity, and its kind alone is told."""
    return str(error) if isinstance(error, BuildiumSyncError) else type(error).__name__


def _parts(entity_type: EntityType) -> str:
    return f"{JOB}-{entity_type.name}"


def _correlation(current: ImportState) -> str:
    return f"{JOB}-{current.started_at}"
