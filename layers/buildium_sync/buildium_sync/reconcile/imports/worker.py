"""The work of an import, in slices that fit into a function's time.

Types are imported in the registry's order, so that what an entity refers to is there before it. Of a type, what is
linked is brought up to date, what matches one of ours that is not in Buildium is put aside, and the rest is taken
over; at its end it is decided about what was put aside. All of it may be done again without effect.
"""

import math
from collections.abc import Mapping, Sequence

from buildium_sync.buildium.list_reader import Listing, Portion
from buildium_sync.domain.entity_type import EntityType, Message
from buildium_sync.domain.review_candidates import told
from buildium_sync.errors import BuildiumError, BuildiumSyncError, BuildiumUnavailable, Busy, RateLimited
from buildium_sync.inbound.batch_applier import Observation, Observed, Seen
from buildium_sync.observability import logger
from buildium_sync.reconcile.imports.matcher import Decided, Match, Matching, Unlinked
from buildium_sync.reconcile.imports.state import JOB, Import, TypeProgress
from buildium_sync.reconcile.jobs.job_state import State
from buildium_sync.reconcile.jobs.runner import LATER, SOON, Slices
from buildium_sync.reconcile.jobs.seen_ids import SeenIds
from buildium_sync.reconcile.jobs.time_budget import chunks
from buildium_sync.reconcile.poller import forget_floor
from buildium_sync.store.jobs import Job

_ROUNDS = 3
"""Times that a type is gone through while some of its entities have to wait."""
_NOT_LISTED = 5
"""Times in a row that Buildium may fail to list a type before the import goes on without it."""


class Importer:
    """Works on the import that runs."""

    def __init__(
        self,
        entity_types: Mapping[str, EntityType],
        listing: Listing,
        observation: Observation,
        matching: Matching,
        slices: Slices,
    ) -> None:
        self._entity_types = entity_types
        self._listing = listing
        self._observation = observation
        self._matching = matching
        self._slices = slices
        self._jobs = slices.jobs
        self._timing = slices.timing
        self._page_took = 0.0

    def work(self) -> None:
        """Go on with the import while there is time, and wake the next slice; nothing when another is at work."""
        self._slices.work(JOB, Import.of, self._go_on)

    def _go_on(self, job: Job, current: Import) -> int:
        """Import one type after the other, and return the seconds to wait before the import goes on."""
        delay, self._page_took = 0, 0.0
        while current.unfinished and not self._is_no_time_for_a_page and not delay:
            delay = self._import_type(job, current, current.unfinished[0])
        return delay

    @property
    def _is_no_time_for_a_page(self) -> bool:
        """Tell whether a page would have to be read again in the next slice, by how long the last one took."""
        return self._timing.is_up_in(self._page_took)

    def _import_type(self, job: Job, current: Import, name: str) -> int:
        """Go on with one type, and return the seconds to wait before the import goes on."""
        entity_type = self._entity_types[name]
        current.begin_type(name)
        try:
            if self._read(job, current, entity_type) and self._decide(current, entity_type):
                return self._conclude(current, entity_type)
        except (RateLimited, Busy):
            return SOON
        except BuildiumUnavailable as error:
            return self._not_listed(current, name, error)
        except BuildiumError as error:
            self._give_up(current, name, error)
        return 0

    def _not_listed(self, current: Import, name: str, error: BuildiumUnavailable) -> int:
        """Wait while all of Buildium is away; go on without a type that it alone does not list."""
        logger.warning("Import put off", extra={"entityType": name, "status": error.status})
        if error.outage:
            current.waiting_for = str(error)
            return LATER
        current.not_listed += 1
        if current.not_listed < _NOT_LISTED:
            return LATER
        self._give_up(current, name, error)
        return 0

    def _give_up(self, current: Import, name: str, error: BuildiumError) -> None:
        logger.warning("Import of a type given up", extra={"entityType": name, "status": error.status})
        current.note_error(name, None, str(error))
        current.types[name].state = State.FAILED

    def _read(self, job: Job, current: Import, entity_type: EntityType) -> bool:
        """Read the type's lists; False when the time was up before their end. Raises BuildiumError."""
        seen = SeenIds(self._jobs, f"{JOB}-seen-{entity_type.name}", current.seen_parts)
        try:
            return self._read_lists(job, current, entity_type, seen)
        finally:
            current.seen_parts = seen.put_aside(self._timing.clock())

    def _read_lists(self, job: Job, current: Import, entity_type: EntityType, seen: SeenIds) -> bool:
        progress = current.types[entity_type.name]
        unlinked = self._matching.unlinked(entity_type)
        lists = entity_type.full_lists(current.began_on)
        while current.query < len(lists):
            if self._is_no_time_for_a_page:
                return False
            asked_at = self._timing.clock()
            portion = self._listing.read_on(entity_type.path, lists[current.query], current.position)
            current.waiting_for, current.not_listed = None, 0
            for rows in chunks(portion.rows):
                if self._timing.is_up:
                    return False
                # Two lists may show the same entity.
                new = [row for row in rows if row.buildium_id not in seen]
                current.repeated += len(rows) - len(new)
                self._bring(current, entity_type, unlinked, [row.message for row in new], asked_at)
                seen.add(row.buildium_id for row in new)
                current.position = rows[-1].after
            _count(current, progress, portion)
            current.seen_parts = seen.put_aside(self._timing.clock())
            self._jobs.save(job, current.to_state())
            self._page_took = self._timing.clock() - asked_at
        return True

    def _bring(
        self,
        current: Import,
        entity_type: EntityType,
        unlinked: Unlinked,
        messages: Sequence[Message],
        asked_at: float,
    ) -> None:
        aside: list[Match] = []

        def is_left(message: Message) -> bool:
            buildium_id, entity_ids = int(message["Id"]), unlinked.matches(message)
            fields = told(entity_type, message) if entity_ids else None
            for entity_id in entity_ids:
                aside.append(Match(entity_id, buildium_id, fields))
                fields = None
            return bool(entity_ids)

        seen = Seen(entity_type, messages, asked_at, _correlation(current), is_left, spares_before=math.inf)
        observed = self._observation.apply(seen)
        if aside:
            self._jobs.put_part(_parts(entity_type), current.parts, aside, self._timing.clock())
            current.parts += 1
        waiting = {match.buildium_id for match in aside}
        _note(current, entity_type, [each for each in observed if each.buildium_id not in waiting])

    def _decide(self, current: Import, entity_type: EntityType) -> bool:
        """Decide about what was put aside, if there is time for it."""
        if not current.parts:
            return True
        if self._timing.is_up:
            return False
        aside = self._jobs.parts(_parts(entity_type), range(current.parts))
        # An import that began under an earlier release has put the two ids aside alone.
        matches = [Match(str(ours), int(theirs), *fields) for ours, theirs, *fields in aside]
        decided = self._matching.decide(entity_type, matches)
        _note_decided(current, entity_type, decided)
        current.parts = 0
        return True

    def _conclude(self, current: Import, entity_type: EntityType) -> int:
        """End the type, or begin it again for the entities that had to wait; return the seconds to wait."""
        if current.is_busy and current.rounds < _ROUNDS:
            current.begin_again(entity_type.name)
            return SOON
        forget_floor(self._jobs, entity_type, self._timing)
        progress = current.types[entity_type.name]
        progress.state = State.DONE
        told = {"entityType": entity_type.name, "total": progress.total, "failed": progress.failed}
        logger.info("Imported", extra=told)
        return 0


def _count(current: Import, progress: TypeProgress, portion: Portion) -> None:
    """Count what a list holds, and go on behind its page or to the next list."""
    listed = portion.after.offset if portion.total is None else portion.total
    progress.total = current.counted_before + listed - current.repeated
    current.position = portion.after
    if portion.is_last:
        current.query, current.position = current.query + 1, type(portion.after)()
        current.counted_before, current.repeated = progress.total, 0


def _note(current: Import, entity_type: EntityType, observed: Sequence[Observed]) -> None:
    progress = current.types[entity_type.name]
    last_round = current.rounds >= _ROUNDS
    for each in observed:
        if each.error is None:
            progress.done += 1
        elif isinstance(each.error, Busy) and not last_round:
            current.is_busy = True
        else:
            progress.failed += 1
            current.note_error(entity_type.name, each.buildium_id, _told(each.error))


def _note_decided(current: Import, entity_type: EntityType, decided: Decided) -> None:
    progress = current.types[entity_type.name]
    progress.done += len(decided.linked | decided.doubtful)
    progress.needs_review += decided.reviews
    for buildium_id in sorted(decided.moved_on - decided.linked - decided.doubtful):
        progress.failed += 1
        current.note_error(entity_type.name, buildium_id, "What it matches here was changed meanwhile: import again.")


def _told(error: Exception) -> str:
    """Return an error's text; one that is not ours may quote the entity, and its kind alone is told."""
    return str(error) if isinstance(error, BuildiumSyncError) else type(error).__name__


def _parts(entity_type: EntityType) -> str:
    return f"{JOB}-{entity_type.name}"


def _correlation(current: Import) -> str:
    return f"{JOB}-{current.started_at}"
