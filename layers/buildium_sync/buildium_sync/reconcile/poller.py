"""The poll: asks Buildium from time to time what has changed, for what no webhook has told.

Each type has a cursor: changes before it are known to be applied. A poll reads what has changed since then, page by
page, over several runs if need be, and moves the cursor at its end to where it began. An entity that could not be
applied keeps the cursor where it is, so that the next poll meets it again. A type whose changes Buildium cannot list
is read whole, but for bills that were paid long ago, and told from ours by its content. After a gap in the webhooks
all bills are read. Nothing is taken for deleted because a list lacks it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from buildium_sync.buildium.list_reader import ListPage, ListReader
from buildium_sync.domain.entity_type import EntityType, Payload, Query
from buildium_sync.errors import BuildiumError, BuildiumUnavailable, RateLimited, RetryLater
from buildium_sync.inbound.batch_applier import BatchApplier, RemoteBatch
from buildium_sync.inbound.local_creator import CLOCK_SKEW_SECONDS
from buildium_sync.observability import increment, logger
from buildium_sync.reconcile.jobs.time_budget import LEASE_MARGIN, TimeBudget, batched
from buildium_sync.reconcile.poll_state import PollState
from buildium_sync.store.jobs import Job, JobStore

_MAX_ENTITY_FAILURES = 5
"""Polls that one entity may fail in before the cursor is moved past it."""
_DAY = 86_400
_GAP_SECONDS = 900.0
"""Seconds between two extra polls for a gap in the webhooks. Requests that Buildium did not sign can note one."""


class Poller:
    """Polls every type whose turn it is."""

    def __init__(
        self,
        entity_types: Sequence[EntityType],
        listing: ListReader,
        observation: BatchApplier,
        jobs: JobStore,
        timing: TimeBudget,
    ) -> None:
        self._entity_types = entity_types
        self._listing = listing
        self._observation = observation
        self._jobs = jobs
        self._budget = timing

    def run(self, importing: Sequence[str] = ()) -> int:
        """Poll what is due while there is time, and return how many entities were looked at.

        The types in `importing` are left out: what is unknown of them is the import's. After a gap in the webhooks
        every type is polled at once, from before the gap; one whose poll is under way as soon as that has ended.
        """
        if not self._budget.every:
            return 0
        self._note_gap()
        states = self._jobs.states(_name(entity_type) for entity_type in self._entity_types)
        looked_at = 0
        for entity_type in self._entity_types:
            polled = PollState.of(states.get(_name(entity_type)), self._budget.clock())
            if self._budget.exhausted:
                break
            if entity_type.name in importing or not polled.is_due(self._budget.clock()):
                continue
            rows, goes_on = self._poll(entity_type)
            looked_at += rows
            if not goes_on:
                break
        return looked_at

    def _note_gap(self) -> None:
        """Have every type polled from before a gap in the webhooks, and close the gap once all know of it."""
        gap = self._jobs.gap(self._budget.clock() - _GAP_SECONDS)
        if gap is None:
            return
        since = datetime.fromisoformat(gap).timestamp()
        noted = [self._note_gap_of(entity_type, since) for entity_type in self._entity_types]
        if all(noted):
            self._jobs.close_gap(gap, self._budget.clock())

    def _note_gap_of(self, entity_type: EntityType, since: float) -> bool:
        """Note a gap for one type; False while another run polls it."""
        job = self._jobs.acquire(_name(entity_type), **self._budget.lease)
        if job is None:
            return False
        polled = PollState.of(job.state, self._budget.clock())
        polled.note_gap(since)
        self._jobs.release(job, polled.to_state())
        return True

    def _poll(self, entity_type: EntityType) -> tuple[int, bool]:
        """Poll one type; return how many entities were looked at, and whether the others can be polled now."""
        job = self._jobs.acquire(_name(entity_type), **self._budget.lease)
        if job is None:
            return 0, True
        polled = PollState.of(job.state, self._budget.clock())
        goes_on = True
        try:
            self._read(entity_type, job, polled)
        except RateLimited:
            goes_on = False
        except BuildiumError as error:
            about = {"entityType": entity_type.name, "error": type(error).__name__, "status": error.status}
            logger.warning("Poll aborted", extra=about)
            increment("PollAborted")
            polled.next_at = self._budget.clock() + self._budget.every
            # Credentials may be refused for one type alone: a key has permissions by type.
            goes_on = not (isinstance(error, BuildiumUnavailable) and error.is_outage)
        self._jobs.release(job, polled.to_state())
        return polled.checked, goes_on

    def _read(self, entity_type: EntityType, job: Job, polled: PollState) -> None:
        """Read on from where the last run stopped, to the end or until the time is up. Raises BuildiumError."""
        polled.begin(self._budget.clock())
        lists = _lists_to_read(entity_type, polled)
        while polled.query < len(lists):
            query = {**lists[polled.query], **updated_since_query(entity_type, polled.cursor)}
            asked_at = self._budget.clock()
            portion = self._listing.read_page(entity_type.path, query, polled.position)
            if not self._apply(entity_type, polled, portion, asked_at):
                return
            polled.advance(portion)
            if polled.query < len(lists):
                # The end is written when the lease is given back.
                self._jobs.save(job, polled.to_state())
        self._conclude(entity_type, polled)

    def _apply(self, entity_type: EntityType, polled: PollState, portion: ListPage, asked_at: float) -> bool:
        """Apply a page; False when the time was up before its end."""
        for rows in batched(portion.rows):
            if self._budget.exhausted:
                return False
            seen = RemoteBatch(
                entity_type,
                [row.message for row in rows],
                asked_at,
                f"poll-{entity_type.name}-{polled.began:.0f}",
                should_skip=lambda message: _belongs_to_import(entity_type, polled, message),
                # Listed as changed since then, one that was made before has been edited.
                auto_created_before=effective_since(entity_type, polled.cursor) - CLOCK_SKEW_SECONDS,
            )
            polled.note(self._observation.apply(seen))
            polled.position = rows[-1].after
        return True

    def _conclude(self, entity_type: EntityType, polled: PollState) -> None:
        """End a poll that has read everything, and write down what could not be applied."""
        given_up = polled.abandoned(_MAX_ENTITY_FAILURES)
        for buildium_id in given_up:
            about = {"entityType": entity_type.name, "buildiumId": buildium_id, "polls": _MAX_ENTITY_FAILURES}
            logger.error("Skipped entity after repeated poll failures", extra=about)
        if given_up:
            increment("PollEntitySkipped", len(given_up))
        logger.info(
            "Poll finished",
            extra={"entityType": entity_type.name, "entities": polled.checked, "failing": len(polled.failed_this_run)},
        )
        polled.end(self._budget.clock(), self._budget.every, _MAX_ENTITY_FAILURES)


def _lists_to_read(entity_type: EntityType, polled: PollState) -> Sequence[Query]:
    """Return the lists of a poll. They follow from when it began, as it may take several runs."""
    today = datetime.fromtimestamp(polled.began, UTC).date()
    return entity_type.full_lists(today) if polled.reads_all else entity_type.recent_lists(today)


def updated_since_query(entity_type: EntityType, cursor: float) -> dict[str, str]:
    """Return the query for what has changed since a time (seconds since the epoch).

    Buildium: UTC, to the second. A day is asked for one day earlier: whose midnight ends it is not stated.
    """
    if entity_type.updated_since_param is None:
        return {}
    at = datetime.fromtimestamp(effective_since(entity_type, cursor), UTC)
    return {
        entity_type.updated_since_param: f"{at:%Y-%m-%d}"
        if entity_type.updated_since_is_date_only
        else f"{at:%Y-%m-%dT%H:%M:%SZ}"
    }


def effective_since(entity_type: EntityType, cursor: float) -> float:
    """Return since when (seconds since the epoch) an entity was changed that a poll from a cursor lists."""
    if entity_type.updated_since_param is None:
        return 0.0
    return (cursor // _DAY - 1) * _DAY if entity_type.updated_since_is_date_only else cursor


def clear_import_floor(jobs: JobStore, entity_type: EntityType, timing: TimeBudget) -> None:
    """Have the poll take over whatever is unknown of a type: its import has brought all that was there before."""
    job = jobs.acquire(_name(entity_type), **timing.lease)
    if job is None:
        raise RetryLater("A poll of this entity type is running", LEASE_MARGIN)
    polled = PollState.of(job.state, timing.clock())
    polled.import_floor_id = 0
    jobs.release(job, polled.to_state())


def _belongs_to_import(entity_type: EntityType, polled: PollState, message: Payload) -> bool:
    """Tell whether an unknown entity was there before the first poll, so that it belongs to an import."""
    return entity_type.updated_since_param is None and (
        polled.import_floor_id is None or int(message["Id"]) <= polled.import_floor_id
    )


def _name(entity_type: EntityType) -> str:
    return f"poll-{entity_type.name}"
