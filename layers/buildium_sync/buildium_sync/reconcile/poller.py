"""Polls: asks Buildium regularly for changes that no webhook reported.

Each type has a cursor; all changes before it are applied. A poll reads the changes since then, page by page, over
several runs if necessary. At its end the cursor moves to its start. An entity that could not be applied keeps the
cursor in place, so the next poll reads it again. A type without a filter for changes is read completely, apart from
bills that were paid long ago. A rewind moves the cursors back and reads all bills: after a gap in the webhooks, or
when candidates of a create are released. An entity that a list lacks is not deleted.

Pages by id are impossible, because Buildium has no filter by id. A stored snapshot of each list would cost a write for
every entity.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from buildium_sync.buildium.list_reader import ListPage, ListReader
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Payload, Query
from buildium_sync.entity_types.registry import types_to_wait_for
from buildium_sync.errors import BuildiumError, InboundPaused, RateLimited, RetryLater
from buildium_sync.inbound.batch_applier import BatchApplier, RemoteBatch
from buildium_sync.inbound.local_creator import CLOCK_SKEW_SECONDS
from buildium_sync.observability import increment, logger
from buildium_sync.reconcile.jobs.time_budget import TimeBudget, batched
from buildium_sync.reconcile.list_queries import ListQueries, effective_since, updated_since_query
from buildium_sync.reconcile.poll_state import PollState
from buildium_sync.store.control_state import ControlStateStore
from buildium_sync.store.jobs import Job, JobStore

_MAX_ENTITY_FAILURES = 5
"""Consecutive polls in which an entity may fail before the cursor moves past it."""
_MIN_REWIND_INTERVAL_SECONDS = 900.0
"""Time between two rewinds. Anyone can cause one by sending webhook requests with a wrong signature."""


class Poller:
    """Polls every type that is due."""

    def __init__(
        self,
        entity_types: Sequence[EntityType],
        list_reader: ListReader,
        applier: BatchApplier,
        jobs: JobStore,
        budget: TimeBudget,
        lists: ListQueries,
        control: ControlStateStore,
    ) -> None:
        self._entity_types = entity_types
        self._lists = lists
        self._control = control
        self._list_reader = list_reader
        self._applier = applier
        self._jobs = jobs
        self._budget = budget

    def run(self, importing: Sequence[str] = ()) -> int:
        """Poll what is due while there is time, and return the number of entities that were read.

        The types in `importing` are skipped: their unknown entities are left to the import. A paused type keeps its
        cursor and position.
        """
        if not self._budget.every:
            return 0
        self._rewind_if_requested()
        states = self._jobs.states(_name(entity_type) for entity_type in self._entity_types)
        checked = 0
        for entity_type in self._entity_types:
            poll = PollState.of(states.get(_name(entity_type)), self._budget.clock())
            if self._budget.exhausted:
                break
            if entity_type.name in importing or not poll.is_due(self._budget.clock()):
                continue
            if self._control.inbound_pause(types_to_wait_for(entity_type)) is not None:
                continue
            rows, has_more = self._poll(entity_type)
            checked += rows
            if not has_more:
                break
        return checked

    def _rewind_if_requested(self) -> None:
        """Rewind every type, and finish the request once all types are rewound."""
        requested = self._jobs.requested_rewind(self._budget.clock() - _MIN_REWIND_INTERVAL_SECONDS)
        if requested is None:
            return
        since = datetime.fromisoformat(requested).timestamp()
        rewound = [self._rewind(entity_type, since) for entity_type in self._entity_types]
        if all(rewound):
            self._jobs.finish_rewind(requested, self._budget.clock())

    def _rewind(self, entity_type: EntityType, since: float) -> bool:
        """Rewind one type; False while another run polls it."""
        job = self._jobs.acquire(_name(entity_type), **self._budget.lease)
        if job is None:
            return False
        poll = PollState.of(job.state, self._budget.clock())
        poll.rewind(since)
        self._jobs.release(job, poll.to_state())
        return True

    def _poll(self, entity_type: EntityType) -> tuple[int, bool]:
        """Poll one type. Returns the number of entities that were read, and whether the other types can be polled."""
        job = self._jobs.acquire(_name(entity_type), **self._budget.lease)
        if job is None:
            return 0, True
        poll = PollState.of(job.state, self._budget.clock())
        has_more = True
        try:
            self._read(entity_type, job, poll)
        except RateLimited:
            has_more = False
        except InboundPaused:
            logger.info("Poll waits for the end of a pause", extra={"entityType": entity_type.name})
        except BuildiumError as error:
            about = {"entityType": entity_type.name, "error": type(error).__name__, "status": error.status}
            logger.warning("Poll aborted", extra=about)
            increment("PollAborted")
            poll.next_at = self._budget.clock() + self._budget.every
            # A rejection of the credentials may concern this type alone: a key has permissions by type.
            has_more = not error.stops_all_calls
        self._jobs.release(job, poll.to_state())
        return poll.checked, has_more

    def _read(self, entity_type: EntityType, job: Job, poll: PollState) -> None:
        """Continue a poll to its end, or until the time ends. Raises BuildiumError."""
        poll.begin(self._budget.clock())
        lists = self._lists_to_read(entity_type, poll)
        while poll.query < len(lists):
            query = {**lists[poll.query], **updated_since_query(entity_type, poll.cursor)}
            asked_at = self._budget.clock()
            page = self._list_reader.read_page(entity_type.list_path(), query, poll.position)
            if not self._apply(entity_type, poll, page, asked_at):
                return
            poll.advance(page)
            if poll.query < len(lists):
                # After the last page the state is stored when the lease is released.
                self._jobs.save(job, poll.to_state())
        self._finish(entity_type, poll)

    def _lists_to_read(self, entity_type: EntityType, poll: PollState) -> Sequence[Query]:
        """Return the lists of a poll. They depend on when it started, since it may take several runs."""
        today = datetime.fromtimestamp(poll.began, UTC).date()
        return self._lists.full(entity_type, today) if poll.reads_all else self._lists.recent(entity_type, today)

    def _apply(self, entity_type: EntityType, poll: PollState, page: ListPage, asked_at: float) -> bool:
        """Apply a page; False when the time ended first."""
        for rows in batched(page.rows):
            if self._budget.exhausted:
                return False
            batch = RemoteBatch(
                entity_type,
                [row.payload for row in rows],
                asked_at,
                f"poll-{entity_type.name}-{poll.began:.0f}",
                claim_unknown=lambda payload: _belongs_to_import(entity_type, poll, payload),
                # An older one that Buildium lists as changed since then was edited.
                auto_created_before=effective_since(entity_type, poll.cursor) - CLOCK_SKEW_SECONDS,
                new_since=poll.new_since,
            )
            poll.note(self._applier.apply(batch))
            poll.position = rows[-1].after
        return True

    def _finish(self, entity_type: EntityType, poll: PollState) -> None:
        """End a poll that has read everything, and report the entities that it abandons."""
        abandoned = poll.abandoned(_MAX_ENTITY_FAILURES)
        for buildium_id in abandoned:
            about = {"entityType": entity_type.name, "buildiumId": buildium_id, "polls": _MAX_ENTITY_FAILURES}
            logger.error("Skipped entity after repeated poll failures", extra=about)
        if abandoned:
            increment("PollEntitySkipped", len(abandoned))
        counts = {"entities": poll.checked, "failing": len(poll.failed_this_run)}
        logger.info("Poll finished", extra={"entityType": entity_type.name, **counts})
        poll.end(self._budget.clock(), self._budget.every, _MAX_ENTITY_FAILURES)


def clear_import_floor(jobs: JobStore, entity_type: EntityType, budget: TimeBudget) -> None:
    """Let polls create all unknown entities of a type locally, since its import has ended. Raises RetryLater."""
    job = jobs.acquire(_name(entity_type), **budget.lease)
    if job is None:
        raise RetryLater("A poll of this entity type is running", retry_after=5)
    poll = PollState.of(job.state, budget.clock())
    poll.import_floor_id = 0
    jobs.release(job, poll.to_state())


def _belongs_to_import(entity_type: EntityType, poll: PollState, payload: Payload) -> bool:
    """Return whether an unknown entity existed before the first poll, so that the import creates it locally."""
    return entity_type.updated_since_param is None and (
        poll.import_floor_id is None or int(payload["Id"]) <= poll.import_floor_id
    )


def _name(entity_type: EntityType) -> str:
    return f"poll-{entity_type.name}"
