"""Runs a drift check, in slices that fit into the time of a run.

It writes nothing but its report. A nightly one also deletes what is deleted in Buildium (see `confirmed_deletions`).

Of each type, Buildium's lists are read first and compared row by row. Then the local entities are read. A linked one
that no list showed is read in Buildium: it is deleted there if Buildium does not find it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from buildium_sync.buildium.list_reader import ListCursor, ListReader
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.errors import BuildiumError, OutOfScope, RateLimited
from buildium_sync.linking.property_scope import PropertyScope
from buildium_sync.observability import logger
from buildium_sync.reconcile.drift.comparer import EntityComparer
from buildium_sync.reconcile.drift.confirmed_deletions import ConfirmedDeletions
from buildium_sync.reconcile.drift.differ import Differ
from buildium_sync.reconcile.drift.entry_chunks import chunked
from buildium_sync.reconcile.drift.nightly import report_finished
from buildium_sync.reconcile.drift.report import DriftEntry, DriftKind, DriftState
from buildium_sync.reconcile.imports.matcher import Matcher
from buildium_sync.reconcile.imports.natural_key_index import NaturalKeyIndex
from buildium_sync.reconcile.jobs.job_state import JobStatus
from buildium_sync.reconcile.jobs.runner import OUTAGE_RETRY_SECONDS, RETRY_SOON_SECONDS, JobRunner
from buildium_sync.reconcile.jobs.seen_ids import SeenIds
from buildium_sync.reconcile.jobs.time_budget import batched
from buildium_sync.reconcile.list_queries import ListQueries
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.jobs import Job

_PAGE_SIZE = 100


class DriftReaders(NamedTuple):
    """What a drift check reads with."""

    store: EntityStore
    list_reader: ListReader
    lists: ListQueries
    matcher: Matcher
    differ: Differ
    comparer: EntityComparer
    deletions: ConfirmedDeletions
    scope: PropertyScope


class DriftWorker:
    """Runs the current drift check."""

    def __init__(self, entity_types: Mapping[str, EntityType], readers: DriftReaders, runner: JobRunner) -> None:
        self._entity_types = entity_types
        self._readers = readers
        self._runner = runner
        self._jobs = runner.jobs
        self._budget = runner.budget

    def run(self) -> None:
        """Continue the drift check while there is time, and queue the next slice."""
        self._runner.run_slice(DriftState, self._run)

    def _run(self, job: Job, drift: DriftState) -> int:
        """Check one type after the other, and return the seconds until the next slice."""
        delay = 0
        while drift.unfinished and not self._budget.exhausted and not delay:
            delay = self._check_type(job, drift, drift.unfinished[0])
        if not drift.unfinished:
            report_finished(drift, list(self._entity_types))
        return delay

    def _check_type(self, job: Job, drift: DriftState, name: str) -> int:
        """Continue one type, and return the seconds until the next slice."""
        entity_type, progress = self._entity_types[name], drift.start_type(name)
        seen = SeenIds(self._jobs, f"{drift.name}-{name}", drift.seen_chunks)
        try:
            if self._check_listed(job, drift, entity_type, seen) and self._check_unlisted(
                job, drift, entity_type, seen
            ):
                progress.state = JobStatus.DONE
                counts = {"local": progress.local, "remote": progress.remote}
                logger.info("Drift check finished", extra={"entityType": name, **counts})
        except RateLimited:
            return RETRY_SOON_SECONDS
        except BuildiumError as error:
            if error.stops_all_calls:
                return OUTAGE_RETRY_SECONDS
            logger.warning("Drift check failed for entity type", extra={"entityType": name, "status": error.status})
            progress.state, progress.error = JobStatus.FAILED, str(error)
        finally:
            drift.seen_chunks = seen.save(self._budget.clock())
        return 0

    def _save(self, job: Job, drift: DriftState, seen: SeenIds) -> None:
        drift.seen_chunks = seen.save(self._budget.clock())
        self._jobs.save(job, drift.to_state())

    def _check_listed(self, job: Job, drift: DriftState, entity_type: EntityType, seen: SeenIds) -> bool:
        """Compare all that Buildium lists; False when the time ended first. Raises BuildiumError."""
        if drift.lists_done:
            return True
        unlinked = self._readers.matcher.index_unlinked(entity_type)
        lists = self._readers.lists.full(entity_type, drift.started_on)
        while drift.query < len(lists):
            page = self._readers.list_reader.read_page(entity_type.list_path(), lists[drift.query], drift.position)
            for rows in batched(page.rows):
                if self._budget.exhausted:
                    return False
                self._compare(drift, entity_type, [row.payload for row in rows], unlinked, seen)
                drift.position = rows[-1].after
            drift.position = page.after
            if page.is_last:
                drift.query, drift.position = drift.query + 1, ListCursor()
            self._save(job, drift, seen)
        drift.lists_done = True
        return True

    def _compare(
        self,
        drift: DriftState,
        entity_type: EntityType,
        payloads: Sequence[Payload],
        unlinked: NaturalKeyIndex,
        seen: SeenIds,
    ) -> None:
        # A row may come twice, since lists and shifted pages overlap. It is compared once.
        relevant = [payload for payload in payloads if entity_type.is_relevant(payload)]
        listed = [payload for payload in relevant if int(payload["Id"]) not in seen]
        new = [payload for payload in listed if not self._is_outside(entity_type, payload)]
        progress, not_compared = drift.types[entity_type.name], set[str]()
        entries = list(self._readers.differ.of_listed(entity_type, new, unlinked, not_compared))
        progress.remote += len(new)
        drift.linked += len(new) - sum(entry.kind is DriftKind.REMOTE_ONLY for entry in entries)
        progress.add_not_compared(not_compared)
        self._report(drift, entity_type, entries)
        seen.add(int(payload["Id"]) for payload in listed)
        seen.add(entity_id for entry in entries for entity_id in entry.candidates)

    def _is_outside(self, entity_type: EntityType, payload: Payload) -> bool:
        return self._readers.scope.outside_inbound(entity_type, int(payload["Id"]), payload) is not None

    def _check_unlisted(self, job: Job, drift: DriftState, entity_type: EntityType, seen: SeenIds) -> bool:
        """Compare the local entities that no list showed; False when the time ended first. Raises BuildiumError."""
        store, progress = self._readers.store, drift.types[entity_type.name]
        while not self._budget.exhausted:
            entities, next_cursor = store.page(entity_type.name, limit=_PAGE_SIZE, cursor=drift.cursor)
            fields = {entity.ref: entity.fields for entity in entities if not entity.deleted_at}
            records = store.sync_records(fields)
            unlisted = [each for each in records.values() if each.buildium_id not in seen]
            unmatched = [each for each in unlisted if each.ref.entity_id not in seen]
            hidden = set[str]()
            entries = [
                entry
                for sync in unmatched
                for entry in self._unlisted_entries(entity_type, sync, fields[sync.ref], hidden)
            ]
            progress.add_not_compared(hidden)
            self._report(drift, entity_type, self._readers.deletions.confirm(drift, entity_type, entries))
            progress.local += len(records)
            drift.cursor = next_cursor
            if next_cursor is None:
                return True
            self._save(job, drift, seen)
        return False

    def _unlisted_entries(
        self, entity_type: EntityType, sync: SyncRecord, fields: Fields, hidden: set[str]
    ) -> list[DriftEntry]:
        """Return the entries of a local entity, none for one that is out of scope. Raises BuildiumError."""
        try:
            return self._readers.comparer.entries(entity_type, sync, fields, hidden)
        except OutOfScope:
            return []

    def _report(self, drift: DriftState, entity_type: EntityType, entries: Sequence[DriftEntry]) -> None:
        progress = drift.types[entity_type.name]
        progress.count(entries)
        for chunk in chunked(entries):
            self._jobs.put_chunk(drift.name, drift.chunks, chunk, self._budget.clock())
            drift.chunks += 1
        progress.end_chunk = drift.chunks
