"""Runs an import, in slices that fit into the time of a run.

Types are imported in the registry's order, so that a referenced entity exists before those that refer to it. Of each
type, linked entities are updated, candidates of unlinked local entities are stored as matches, and all others are
created locally. At the end of the type its matches are resolved. All steps can be repeated without effect.
"""

import math
from collections.abc import Mapping, Sequence

from buildium_sync.buildium.list_reader import ListCursor, ListPage, ListReader
from buildium_sync.clock import format_iso
from buildium_sync.domain.change_event import import_event
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.review_candidates import candidate_fields
from buildium_sync.entity_types.registry import types_to_wait_for
from buildium_sync.errors import BuildiumError, BuildiumUnavailable, InboundPaused, RateLimited, RetryLater, Scope
from buildium_sync.inbound.batch_applier import ApplyResult, BatchApplier, RemoteBatch
from buildium_sync.observability import logger
from buildium_sync.reconcile.imports.matcher import CandidateMatch, Matcher, MatchOutcome
from buildium_sync.reconcile.imports.natural_key_index import NaturalKeyIndex
from buildium_sync.reconcile.imports.state import JOB, ImportState, TypeProgress
from buildium_sync.reconcile.jobs.job_state import JobStatus, error_text
from buildium_sync.reconcile.jobs.runner import (
    OUTAGE_RETRY_SECONDS,
    PAUSE_RECHECK_SECONDS,
    RETRY_SOON_SECONDS,
    JobRunner,
)
from buildium_sync.reconcile.jobs.seen_ids import SeenIds
from buildium_sync.reconcile.jobs.time_budget import batched
from buildium_sync.reconcile.list_queries import ListQueries
from buildium_sync.reconcile.poller import clear_import_floor
from buildium_sync.store.control_state import ControlStateStore
from buildium_sync.store.jobs import Job
from buildium_sync.timeline.event_publisher import ApplicationEventPublisher

_MAX_PASSES = 3
"""Passes over a type while some of its entities have to wait."""
_MAX_LIST_FAILURES = 5
"""Consecutive failures to list a type, after which the import continues without it."""


class ImportWorker:
    """Runs the current import."""

    def __init__(
        self,
        entity_types: Mapping[str, EntityType],
        list_reader: ListReader,
        lists: ListQueries,
        applier: BatchApplier,
        matcher: Matcher,
        runner: JobRunner,
        control: ControlStateStore,
        publisher: ApplicationEventPublisher,
    ) -> None:
        self._entity_types = entity_types
        self._list_reader = list_reader
        self._lists = lists
        self._applier = applier
        self._matcher = matcher
        self._runner = runner
        self._control = control
        self._publisher = publisher
        self._jobs = runner.jobs
        self._budget = runner.budget
        self._last_page_seconds = 0.0

    def run(self) -> None:
        """Continue the import while there is time, and queue the next slice."""
        self._runner.run_slice(ImportState, self._run)

    def _run(self, job: Job, current: ImportState) -> int:
        """Import one type after the other, and return the seconds until the next slice."""
        delay, self._last_page_seconds = 0, 0.0
        while current.unfinished and not self._lacks_time_for_page and not delay:
            delay = self._import_type(job, current, current.unfinished[0])
        if not current.has_more:
            self._publish_end(current)
        return delay

    def _publish_end(self, current: ImportState) -> None:
        """Publish that the import has finished. A slice that is repeated publishes the same event again."""
        counts = {name: progress.counts for name, progress in current.types.items()}
        at = format_iso(self._budget.clock())
        self._publisher.publish([import_event(str(current.started_at), at, counts)])

    @property
    def _lacks_time_for_page(self) -> bool:
        """Whether the time would end within a page, going by the last one. Then it would be read twice."""
        return self._budget.exhausted_after(self._last_page_seconds)

    def _import_type(self, job: Job, current: ImportState, name: str) -> int:
        """Continue one type, and return the seconds until the next slice."""
        entity_type = self._entity_types[name]
        current.start_type(name)
        try:
            self._control.check_inbound(types_to_wait_for(entity_type))
            if self._read(job, current, entity_type) and self._resolve_matches(current, entity_type):
                return self._finish_type(current, entity_type)
        except (RateLimited, RetryLater):
            return RETRY_SOON_SECONDS
        except InboundPaused as pause:
            current.paused_reason = str(pause)
            return PAUSE_RECHECK_SECONDS
        except BuildiumUnavailable as error:
            return self._on_list_failure(current, name, error)
        except BuildiumError as error:
            self._fail_type(current, name, error)
        return 0

    def _on_list_failure(self, current: ImportState, name: str, error: BuildiumUnavailable) -> int:
        """Pause during an outage. Fail a type that Buildium cannot list while it serves other calls."""
        logger.warning("Import paused", extra={"entityType": name, "status": error.status})
        if error.scope is Scope.SYSTEM:
            current.paused_reason = str(error)
            return OUTAGE_RETRY_SECONDS
        current.not_listed += 1
        if current.not_listed < _MAX_LIST_FAILURES:
            return OUTAGE_RETRY_SECONDS
        self._fail_type(current, name, error)
        return 0

    def _fail_type(self, current: ImportState, name: str, error: BuildiumError) -> None:
        logger.warning("Import failed for entity type", extra={"entityType": name, "status": error.status})
        current.note_error(name, None, str(error))
        current.types[name].state = JobStatus.FAILED

    def _read(self, job: Job, current: ImportState, entity_type: EntityType) -> bool:
        """Apply the type's lists; False when the time ended first. Raises BuildiumError."""
        seen = SeenIds(self._jobs, f"{JOB}-seen-{entity_type.name}", current.seen_chunks)
        try:
            return self._read_lists(job, current, entity_type, seen)
        finally:
            current.seen_chunks = seen.save(self._budget.clock())

    def _read_lists(self, job: Job, current: ImportState, entity_type: EntityType, seen: SeenIds) -> bool:
        progress = current.types[entity_type.name]
        unlinked = self._matcher.index_unlinked(entity_type)
        lists = self._lists.full(entity_type, current.started_on)
        while current.query < len(lists):
            if self._lacks_time_for_page:
                return False
            asked_at = self._budget.clock()
            page = self._list_reader.read_page(entity_type.list_path(), lists[current.query], current.position)
            current.paused_reason, current.not_listed = None, 0
            for rows in batched(page.rows):
                if self._budget.exhausted:
                    return False
                # Two lists may show the same entity.
                new = [row for row in rows if row.buildium_id not in seen]
                current.duplicates += len(rows) - len(new)
                self._apply_batch(current, entity_type, unlinked, [row.payload for row in new], asked_at)
                seen.add(row.buildium_id for row in new)
                current.position = rows[-1].after
            _advance(current, progress, page)
            current.seen_chunks = seen.save(self._budget.clock())
            self._jobs.save(job, current.to_state())
            self._last_page_seconds = self._budget.clock() - asked_at
        return True

    def _apply_batch(
        self,
        current: ImportState,
        entity_type: EntityType,
        unlinked: NaturalKeyIndex,
        payloads: Sequence[Payload],
        asked_at: float,
    ) -> None:
        """Apply listed entities, and store the candidates of unlinked local entities as matches."""
        matches: list[CandidateMatch] = []

        def claim_candidate(payload: Payload) -> bool:
            found = _find_matches(entity_type, unlinked, payload)
            matches.extend(found)
            return bool(found)

        correlation_id = f"{JOB}-{current.started_at}"
        batch = RemoteBatch(
            entity_type, payloads, asked_at, correlation_id, claim_candidate, auto_created_before=math.inf
        )
        results = self._applier.apply(batch)
        if matches:
            self._jobs.put_chunk(_match_chunks(entity_type), current.chunks, matches, self._budget.clock())
            current.chunks += 1
        matched = {match.buildium_id for match in matches}
        _record_results(current, entity_type, [each for each in results if each.buildium_id not in matched])

    def _resolve_matches(self, current: ImportState, entity_type: EntityType) -> bool:
        """Resolve the stored matches of a type; False when the time ended first."""
        if not current.chunks:
            return True
        if self._budget.exhausted:
            return False
        stored = self._jobs.chunks(_match_chunks(entity_type), range(current.chunks))
        matches = [CandidateMatch(*match) for match in stored]
        outcome = self._matcher.resolve(entity_type, matches, has_time=lambda: not self._budget.exhausted)
        if outcome is None:
            return False
        _record_matches(current, entity_type, outcome)
        current.chunks = 0
        return True

    def _finish_type(self, current: ImportState, entity_type: EntityType) -> int:
        """Finish a type, or start its next pass for entities that had to wait. Returns the seconds until then."""
        if current.has_deferred and current.passes < _MAX_PASSES:
            current.restart_type(entity_type.name)
            return RETRY_SOON_SECONDS
        clear_import_floor(self._jobs, entity_type, self._budget)
        progress = current.types[entity_type.name]
        progress.state = JobStatus.DONE
        counts = {"total": progress.total, "failed": progress.failed}
        logger.info("Import finished for entity type", extra={"entityType": entity_type.name, **counts})
        return 0


def _find_matches(entity_type: EntityType, unlinked: NaturalKeyIndex, payload: Payload) -> list[CandidateMatch]:
    """Return the matches of a Buildium entity. Only the first one holds its fields, to save space."""
    buildium_id, entity_ids = int(payload["Id"]), unlinked.matches(payload)
    fields = candidate_fields(entity_type, payload) if entity_ids else None
    return [
        CandidateMatch(entity_id, buildium_id, None if number else fields)
        for number, entity_id in enumerate(entity_ids)
    ]


def _advance(current: ImportState, progress: TypeProgress, page: ListPage) -> None:
    """Update the total, and move behind a page or to the next list."""
    listed = page.after.offset if page.total is None else page.total
    progress.total = current.total_before + listed - current.duplicates
    current.position = page.after
    if page.is_last:
        current.query, current.position = current.query + 1, ListCursor()
        current.total_before, current.duplicates = progress.total, 0


def _record_results(current: ImportState, entity_type: EntityType, results: Sequence[ApplyResult]) -> None:
    progress = current.types[entity_type.name]
    is_last_pass = current.passes >= _MAX_PASSES
    for each in results:
        if each.error is None:
            progress.done += 1
        elif isinstance(each.error, RetryLater) and not is_last_pass:
            current.has_deferred = True
        else:
            progress.failed += 1
            current.note_error(entity_type.name, each.buildium_id, error_text(each.error))


def _record_matches(current: ImportState, entity_type: EntityType, outcome: MatchOutcome) -> None:
    progress = current.types[entity_type.name]
    progress.done += len(outcome.linked | outcome.ambiguous)
    progress.needs_review += outcome.reviews
    for buildium_id in sorted(outcome.stale - outcome.linked - outcome.ambiguous):
        progress.failed += 1
        current.note_error(
            entity_type.name, buildium_id, "The matching local entity changed during the import. Import again."
        )


def _match_chunks(entity_type: EntityType) -> str:
    """Return the name of the chunks that hold a type's matches."""
    return f"{JOB}-{entity_type.name}"
