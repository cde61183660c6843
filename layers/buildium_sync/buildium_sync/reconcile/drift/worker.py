"""Compares both sides, in slices that fit into a function's time: a job that writes nothing but its report.

Of a type, Buildium's lists are read first and judged row by row; the ids seen are put aside. Then our own entities are
gone through: one that is in Buildium by our account and was not seen is read there, and is gone if Buildium says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.list_reader import ListCursor, ListReader
from buildium_sync.domain.entity_type import EntityType, Payload
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.errors import BuildiumError, BuildiumNotFound, BuildiumUnavailable, RateLimited
from buildium_sync.linking.id_links import resolve_links
from buildium_sync.observability import logger
from buildium_sync.reconcile.drift.differ import Differ
from buildium_sync.reconcile.drift.report import JOB, DriftEntry, DriftState, portions
from buildium_sync.reconcile.imports.matcher import Matcher, NaturalKeyIndex
from buildium_sync.reconcile.jobs.job_state import JobStatus
from buildium_sync.reconcile.jobs.runner import OUTAGE_RETRY_SECONDS, RETRY_SOON_SECONDS, JobRunner
from buildium_sync.reconcile.jobs.seen_ids import SeenIds
from buildium_sync.reconcile.jobs.time_budget import batched
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.jobs import Job

_PAGE = 100


@dataclass(frozen=True, slots=True)
class DriftReaders:
    """What a comparison reads with."""

    store: EntityStore
    client: BuildiumClient
    listing: ListReader
    matching: Matcher
    judgement: Differ


class DriftWorker:
    """Works on the comparison that runs."""

    def __init__(
        self,
        entity_types: Mapping[str, EntityType],
        reading: DriftReaders,
        slices: JobRunner,
    ) -> None:
        self._entity_types = entity_types
        self._reading = reading
        self._runner = slices
        self._jobs = slices.jobs
        self._budget = slices.budget

    def run(self) -> None:
        """Go on with the comparison while there is time, and wake the next slice; nothing when another is at work."""
        self._runner.run_slice(JOB, DriftState.of, self._run)

    def _run(self, job: Job, drift: DriftState) -> int:
        """Compare one type after the other, and return the seconds to wait before the comparison goes on."""
        delay = 0
        while drift.unfinished and not self._budget.exhausted and not delay:
            delay = self._compare(job, drift, drift.unfinished[0])
        return delay

    def _compare(self, job: Job, drift: DriftState, name: str) -> int:
        """Go on with one type, and return the seconds to wait before the comparison goes on."""
        entity_type, progress = self._entity_types[name], drift.start_type(name)
        seen = SeenIds(self._jobs, f"{drift.name}-{name}", drift.seen_parts)
        try:
            if self._read_theirs(job, drift, entity_type, seen) and self._read_ours(job, drift, entity_type, seen):
                progress.state = JobStatus.DONE
                logger.info(
                    "Drift check finished",
                    extra={"entityType": name, "local": progress.local, "remote": progress.remote},
                )
        except RateLimited:
            return RETRY_SOON_SECONDS
        except BuildiumError as error:
            if isinstance(error, BuildiumUnavailable) and error.is_outage:
                return OUTAGE_RETRY_SECONDS
            logger.warning("Drift check failed for entity type", extra={"entityType": name, "status": error.status})
            progress.state, progress.error = JobStatus.FAILED, str(error)
        finally:
            drift.seen_parts = seen.put_aside(self._budget.clock())
        return 0

    def _save(self, job: Job, drift: DriftState, seen: SeenIds) -> None:
        drift.seen_parts = seen.put_aside(self._budget.clock())
        self._jobs.save(job, drift.to_state())

    def _read_theirs(self, job: Job, drift: DriftState, entity_type: EntityType, seen: SeenIds) -> bool:
        """Judge all that Buildium lists; False when the time was up before its end. Raises BuildiumError."""
        if drift.on_ours:
            return True
        unlinked = self._reading.matching.index_unlinked(entity_type)
        lists = entity_type.full_lists(drift.began_on)
        while drift.query < len(lists):
            portion = self._reading.listing.read_page(entity_type.path, lists[drift.query], drift.position)
            for rows in batched(portion.rows):
                if self._budget.exhausted:
                    return False
                self._judge(drift, entity_type, [row.message for row in rows], unlinked, seen)
                drift.position = rows[-1].after
            drift.position = portion.after
            if portion.is_last:
                drift.query, drift.position = drift.query + 1, ListCursor()
            self._save(job, drift, seen)
        drift.on_ours = True
        return True

    def _judge(
        self,
        drift: DriftState,
        entity_type: EntityType,
        messages: Sequence[Payload],
        unlinked: NaturalKeyIndex,
        seen: SeenIds,
    ) -> None:
        # A row may come twice: lists overlap, and so do pages that shift. It is judged once.
        new = [message for message in messages if int(message["Id"]) not in seen]
        entries = list(self._reading.judgement.of_listed(entity_type, new, unlinked))
        drift.types[entity_type.name].remote += len(new)
        self._report(drift, entity_type, entries)
        seen.add(int(message["Id"]) for message in new)
        seen.add(entity_id for entry in entries for entity_id in entry.candidates)

    def _read_ours(self, job: Job, drift: DriftState, entity_type: EntityType, seen: SeenIds) -> bool:
        """Judge those of ours that Buildium did not list; False when the time was up. Raises BuildiumError."""
        store, progress = self._reading.store, drift.types[entity_type.name]
        while not self._budget.exhausted:
            entities, next_cursor = store.page(entity_type.name, limit=_PAGE, cursor=drift.cursor)
            records = store.sync_records(entity.ref for entity in entities if not entity.deleted_at)
            unseen = [sync for sync in records.values() if sync.buildium_id not in seen]
            left = [sync for sync in unseen if sync.ref.entity_id not in seen]
            self._report(drift, entity_type, [entry for sync in left for entry in self._judge_one(entity_type, sync)])
            progress.local += len(records)
            drift.cursor = next_cursor
            if next_cursor is None:
                return True
            self._save(job, drift, seen)
        return False

    def _judge_one(self, entity_type: EntityType, sync: SyncRecord) -> Iterable[DriftEntry]:
        """Judge one that no list showed: a list may be behind, so it is read, and its sync may have just ended."""
        reading = self._reading
        if sync.buildium_id is None:
            return [reading.judgement.of_unlisted(entity_type, sync)]
        try:
            message = reading.client.read(entity_type.read_path(sync.buildium_id))
        except BuildiumNotFound:
            return [reading.judgement.of_unlisted(entity_type, sync)]
        loaded = reading.store.load(sync.ref)
        if loaded is None or loaded.entity.deleted_at:
            return []
        links = resolve_links(reading.store, entity_type, loaded.entity.fields, message)
        return list(reading.judgement.of_linked(entity_type, loaded, message, links))

    def _report(self, drift: DriftState, entity_type: EntityType, entries: Sequence[DriftEntry]) -> None:
        progress = drift.types[entity_type.name]
        progress.count(entries)
        for portion in portions(entries):
            self._jobs.put_chunk(drift.name, drift.parts, portion, self._budget.clock())
            drift.parts += 1
        progress.end_part = drift.parts
