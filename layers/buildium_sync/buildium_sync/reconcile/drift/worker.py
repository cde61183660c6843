"""Compares both sides, in slices that fit into a function's time: a job that writes nothing but its report.

Of a type, Buildium's lists are read first and judged row by row; the ids seen are put aside. Then our own entities are
gone through: one that is in Buildium by our account and was not seen is read there, and is gone if Buildium says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.list_reader import Listing, Position
from buildium_sync.domain.entity_type import EntityType, Message
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.errors import BuildiumError, BuildiumNotFound, BuildiumUnavailable, RateLimited
from buildium_sync.linking.id_links import resolve_links
from buildium_sync.observability import logger
from buildium_sync.reconcile.drift.differ import Judgement
from buildium_sync.reconcile.drift.report import JOB, Drift, Entry, portions
from buildium_sync.reconcile.imports.matcher import Matching, Unlinked
from buildium_sync.reconcile.jobs.job_state import State
from buildium_sync.reconcile.jobs.runner import LATER, SOON, Slices
from buildium_sync.reconcile.jobs.seen_ids import SeenIds
from buildium_sync.reconcile.jobs.time_budget import chunks
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.jobs import Job

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Reading:
    """What a comparison reads with."""

    store: EntityStore
    client: BuildiumClient
    listing: Listing
    matching: Matching
    judgement: Judgement


class Comparison:
    """Works on the comparison that runs."""

    def __init__(
        self,
        entity_types: Mapping[str, EntityType],
        reading: Reading,
        slices: Slices,
    ) -> None:
        self._entity_types = entity_types
        self._reading = reading
        self._slices = slices
        self._jobs = slices.jobs
        self._timing = slices.timing

    def work(self) -> None:
        """Go on with the comparison while there is time, and wake the next slice; nothing when another is at work."""
        self._slices.work(JOB, Drift.of, self._go_on)

    def _go_on(self, job: Job, drift: Drift) -> int:
        """Compare one type after the other, and return the seconds to wait before the comparison goes on."""
        delay = 0
        while drift.unfinished and not self._timing.is_up and not delay:
            delay = self._compare(job, drift, drift.unfinished[0])
        return delay

    def _compare(self, job: Job, drift: Drift, name: str) -> int:
        """Go on with one type, and return the seconds to wait before the comparison goes on."""
        entity_type, progress = self._entity_types[name], drift.begin_type(name)
        seen = SeenIds(self._jobs, f"{drift.name}-{name}", drift.seen_parts)
        try:
            if self._read_theirs(job, drift, entity_type, seen) and self._read_ours(job, drift, entity_type, seen):
                progress.state = State.DONE
                logger.info("Compared", extra={"entityType": name, "local": progress.local, "remote": progress.remote})
        except RateLimited:
            return SOON
        except BuildiumError as error:
            if isinstance(error, BuildiumUnavailable) and error.outage:
                return LATER
            logger.warning("Comparison of a type given up", extra={"entityType": name, "status": error.status})
            progress.state, progress.error = State.FAILED, str(error)
        finally:
            drift.seen_parts = seen.put_aside(self._timing.clock())
        return 0

    def _save(self, job: Job, drift: Drift, seen: SeenIds) -> None:
        drift.seen_parts = seen.put_aside(self._timing.clock())
        self._jobs.save(job, drift.to_state())

    def _read_theirs(self, job: Job, drift: Drift, entity_type: EntityType, seen: SeenIds) -> bool:
        """Judge all that Buildium lists; False when the time was up before its end. Raises BuildiumError."""
        if drift.on_ours:
            return True
        unlinked = self._reading.matching.unlinked(entity_type)
        lists = entity_type.full_lists(drift.began_on)
        while drift.query < len(lists):
            portion = self._reading.listing.read_on(entity_type.path, lists[drift.query], drift.position)
            for rows in chunks(portion.rows):
                if self._timing.is_up:
                    return False
                self._judge(drift, entity_type, [row.message for row in rows], unlinked, seen)
                drift.position = rows[-1].after
            drift.position = portion.after
            if portion.is_last:
                drift.query, drift.position = drift.query + 1, Position()
            self._save(job, drift, seen)
        drift.on_ours = True
        return True

    def _judge(
        self, drift: Drift, entity_type: EntityType, messages: Sequence[Message], unlinked: Unlinked, seen: SeenIds
    ) -> None:
        # A row may come twice: lists overlap, and so do pages that shift. It is judged once.
        new = [message for message in messages if int(message["Id"]) not in seen]
        entries = list(self._reading.judgement.of_listed(entity_type, new, unlinked))
        drift.types[entity_type.name].remote += len(new)
        self._report(drift, entity_type, entries)
        seen.add(int(message["Id"]) for message in new)
        seen.add(entity_id for entry in entries for entity_id in entry.candidates)

    def _read_ours(self, job: Job, drift: Drift, entity_type: EntityType, seen: SeenIds) -> bool:
        """Judge those of ours that Buildium did not list; False when the time was up. Raises BuildiumError."""
        store, progress = self._reading.store, drift.types[entity_type.name]
        while not self._timing.is_up:
            entities, following = store.page(entity_type.name, limit=_PAGE, cursor=drift.cursor)
            records = store.sync_records(entity.ref for entity in entities if not entity.deleted_at)
            unseen = [sync for sync in records.values() if sync.buildium_id not in seen]
            left = [sync for sync in unseen if sync.ref.entity_id not in seen]
            self._report(drift, entity_type, [entry for sync in left for entry in self._judge_one(entity_type, sync)])
            progress.local += len(records)
            drift.cursor = following
            if following is None:
                return True
            self._save(job, drift, seen)
        return False

    def _judge_one(self, entity_type: EntityType, sync: SyncRecord) -> Iterable[Entry]:
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

    def _report(self, drift: Drift, entity_type: EntityType, entries: Sequence[Entry]) -> None:
        progress = drift.types[entity_type.name]
        progress.count(entries)
        for portion in portions(entries):
            self._jobs.put_part(drift.name, drift.parts, portion, self._timing.clock())
            drift.parts += 1
        progress.end_part = drift.parts
