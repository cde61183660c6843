"""The poll: asks Buildium from time to time what has changed, for what no webhook has told.

Each type has a cursor: changes before it are known to be applied. A poll reads what has changed since then, page by
page, over several runs if need be, and moves the cursor at its end to where it began. An entity that could not be
applied keeps the cursor where it is, so that the next poll meets it again. A type whose changes Buildium cannot list
is read whole, but for bills that were paid long ago, and told from ours by its content. After a gap in the webhooks
all bills are read. Nothing is taken for deleted because a list lacks it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from buildium_sync.buildium.list_reader import Listing, Portion
from buildium_sync.domain.entity_type import EntityType, Message, Query
from buildium_sync.errors import BuildiumError, BuildiumUnavailable, Busy, RateLimited
from buildium_sync.inbound.batch_applier import Observation, Seen
from buildium_sync.inbound.local_creator import SKEW
from buildium_sync.observability import count, logger
from buildium_sync.reconcile.jobs.time_budget import LEASE_MARGIN, Timing, chunks
from buildium_sync.reconcile.poll_state import Polled
from buildium_sync.store.jobs import Job, JobStore

_GIVEN_UP = 5
"""Polls that one entity may fail in before the cursor is moved past it."""
_DAY = 86_400
_GAP_SECONDS = 900.0
"""Seconds between two extra polls for a gap in the webhooks. Requests that Buildium did not sign can note one."""


class Poll:
    """Polls every type whose turn it is."""

    def __init__(
        self,
        entity_types: Sequence[EntityType],
        listing: Listing,
        observation: Observation,
        jobs: JobStore,
        timing: Timing,
    ) -> None:
        self._entity_types = entity_types
        self._listing = listing
        self._observation = observation
        self._jobs = jobs
        self._timing = timing

    def run(self, importing: Sequence[str] = ()) -> int:
        """Poll what is due while there is time, and return how many entities were looked at.

        The types in `importing` are left out: what is unknown of them is the import's. After a gap in the webhooks
        every type is polled at once, from before the gap; one whose poll is under way as soon as that has ended.
        """
        if not self._timing.every:
            return 0
        self._note_gap()
        states = self._jobs.states(_name(entity_type) for entity_type in self._entity_types)
        looked_at = 0
        for entity_type in self._entity_types:
            polled = Polled.of(states.get(_name(entity_type)), self._timing.clock())
            if self._timing.is_up:
                break
            if entity_type.name in importing or not polled.is_due(self._timing.clock()):
                continue
            rows, goes_on = self._poll(entity_type)
            looked_at += rows
            if not goes_on:
                break
        return looked_at

    def _note_gap(self) -> None:
        """Have every type polled from before a gap in the webhooks, and close the gap once all know of it."""
        gap = self._jobs.gap(self._timing.clock() - _GAP_SECONDS)
        if gap is None:
            return
        since = datetime.fromisoformat(gap).timestamp()
        noted = [self._note_gap_of(entity_type, since) for entity_type in self._entity_types]
        if all(noted):
            self._jobs.close_gap(gap, self._timing.clock())

    def _note_gap_of(self, entity_type: EntityType, since: float) -> bool:
        """Note a gap for one type; False while another run polls it."""
        job = self._jobs.take(_name(entity_type), **self._timing.lease)
        if job is None:
            return False
        polled = Polled.of(job.state, self._timing.clock())
        polled.note_gap(since)
        self._jobs.release(job, polled.to_state())
        return True

    def _poll(self, entity_type: EntityType) -> tuple[int, bool]:
        """Poll one type; return how many entities were looked at, and whether the others can be polled now."""
        job = self._jobs.take(_name(entity_type), **self._timing.lease)
        if job is None:
            return 0, True
        polled = Polled.of(job.state, self._timing.clock())
        goes_on = True
        try:
            self._read(entity_type, job, polled)
        except RateLimited:
            goes_on = False
        except BuildiumError as error:
            about = {"entityType": entity_type.name, "error": type(error).__name__, "status": error.status}
            logger.warning("Poll broken off", extra=about)
            count("PollAborted")
            polled.next_at = self._timing.clock() + self._timing.every
            # Credentials may be refused for one type alone: a key has permissions by type.
            goes_on = not (isinstance(error, BuildiumUnavailable) and error.outage)
        self._jobs.release(job, polled.to_state())
        return polled.looked_at, goes_on

    def _read(self, entity_type: EntityType, job: Job, polled: Polled) -> None:
        """Read on from where the last run stopped, to the end or until the time is up. Raises BuildiumError."""
        polled.begin(self._timing.clock())
        lists = _lists(entity_type, polled)
        while polled.query < len(lists):
            query = {**lists[polled.query], **changed_since(entity_type, polled.cursor)}
            asked_at = self._timing.clock()
            portion = self._listing.read_on(entity_type.path, query, polled.position)
            if not self._apply(entity_type, polled, portion, asked_at):
                return
            polled.pass_page(portion)
            if polled.query < len(lists):
                # The end is written when the lease is given back.
                self._jobs.save(job, polled.to_state())
        self._conclude(entity_type, polled)

    def _apply(self, entity_type: EntityType, polled: Polled, portion: Portion, asked_at: float) -> bool:
        """Apply a page; False when the time was up before its end."""
        for rows in chunks(portion.rows):
            if self._timing.is_up:
                return False
            seen = Seen(
                entity_type,
                [row.message for row in rows],
                asked_at,
                f"poll-{entity_type.name}-{polled.began:.0f}",
                is_left=lambda message: _is_left(entity_type, polled, message),
                # Listed as changed since then, one that was made before has been edited.
                spares_before=listed_since(entity_type, polled.cursor) - SKEW,
            )
            polled.note(self._observation.apply(seen))
            polled.position = rows[-1].after
        return True

    def _conclude(self, entity_type: EntityType, polled: Polled) -> None:
        """End a poll that has read everything, and write down what could not be applied."""
        given_up = polled.given_up(_GIVEN_UP)
        for buildium_id in given_up:
            about = {"entityType": entity_type.name, "buildiumId": buildium_id, "polls": _GIVEN_UP}
            logger.error("An entity of Buildium's is passed over", extra=about)
        if given_up:
            count("PollEntitySkipped", len(given_up))
        logger.info(
            "Polled",
            extra={"entityType": entity_type.name, "entities": polled.looked_at, "failing": len(polled.failing_now)},
        )
        polled.end(self._timing.clock(), self._timing.every, _GIVEN_UP)


def _lists(entity_type: EntityType, polled: Polled) -> Sequence[Query]:
    """Return the lists of a poll. They follow from when it began, as it may take several runs."""
    today = datetime.fromtimestamp(polled.began, UTC).date()
    return entity_type.full_lists(today) if polled.reads_all else entity_type.recent_lists(today)


def changed_since(entity_type: EntityType, cursor: float) -> dict[str, str]:
    """Return the query for what has changed since a time (seconds since the epoch).

    Buildium: UTC, to the second. A day is asked for one day earlier: whose midnight ends it is not stated.
    """
    if entity_type.changed_since is None:
        return {}
    at = datetime.fromtimestamp(listed_since(entity_type, cursor), UTC)
    return {entity_type.changed_since: f"{at:%Y-%m-%d}" if entity_type.changed_by_day else f"{at:%Y-%m-%dT%H:%M:%SZ}"}


def listed_since(entity_type: EntityType, cursor: float) -> float:
    """Return since when (seconds since the epoch) an entity was changed that a poll from a cursor lists."""
    if entity_type.changed_since is None:
        return 0.0
    return (cursor // _DAY - 1) * _DAY if entity_type.changed_by_day else cursor


def forget_floor(jobs: JobStore, entity_type: EntityType, timing: Timing) -> None:
    """Have the poll take over whatever is unknown of a type: its import has brought all that was there before."""
    job = jobs.take(_name(entity_type), **timing.lease)
    if job is None:
        raise Busy("The type is being polled", LEASE_MARGIN)
    polled = Polled.of(job.state, timing.clock())
    polled.floor = 0
    jobs.release(job, polled.to_state())


def _is_left(entity_type: EntityType, polled: Polled, message: Message) -> bool:
    """Tell whether an unknown entity was there before the first poll, so that it belongs to an import."""
    return entity_type.changed_since is None and (polled.floor is None or int(message["Id"]) <= polled.floor)


def _name(entity_type: EntityType) -> str:
    return f"poll-{entity_type.name}"
