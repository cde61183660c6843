"""The daily digest: a short text about the whole system, without personal data, on the topics of the alarms."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from buildium_sync.buildium.circuit_breaker import CircuitBreakers
from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.duration_histogram import FRESHNESS
from buildium_sync.domain.metric_counts import FRESHNESS_PREFIXES, counts_by_class
from buildium_sync.domain.pauses import Direction
from buildium_sync.domain.plurals import pluralize
from buildium_sync.domain.sync_status import Status
from buildium_sync.observability import logger
from buildium_sync.reconcile.drift.report import JOB as DRIFT_JOB
from buildium_sync.reconcile.drift.report import DriftState
from buildium_sync.reconcile.jobs.job_state import JobStatus
from buildium_sync.reconcile.recurrence import Recurrence, Recurring
from buildium_sync.reconcile.sync_gauges import SyncTotals
from buildium_sync.reconcile.unfinished_syncs import oldest_pending_age_seconds, unfinished_syncs
from buildium_sync.store.alarm_topics import AlarmTopics
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.metric_buckets import MetricBuckets
from buildium_sync.store.timeline_pages import TimelineStore

DIGEST = Recurrence("digest", every_hours=24, at_hour=12)
"""12:00 UTC is the early morning in the United States, where Buildium's customers are."""
_MAX_SUBJECT_LENGTH = 100


class DigestFacts(NamedTuple):
    """What a digest reports. `at` is ISO 8601, and `drift` is the stored state of the last drift check.

    `day` has the numbers of the last day by name (see `MetricCounts`).
    """

    stack: str
    at: str
    totals: SyncTotals
    oldest_pending_age_seconds: float
    open_circuits: tuple[str, ...]
    drift: Mapping[str, Any] | None
    day: Mapping[str, int]

    @property
    def subject(self) -> str:
        """The subject of the e-mail."""
        waiting = sum(self.totals[status] for status in (Status.FAILED, Status.BLOCKED, Status.NEEDS_REVIEW))
        state = f"{pluralize(waiting, 'sync needs', 'syncs need')} a person" if waiting else "no sync needs a person"
        return f"{self.stack}: {state}"[:_MAX_SUBJECT_LENGTH]

    def text(self) -> str:
        """Return the lines of the digest."""
        totals = self.totals
        pending = totals[Status.PENDING] + totals[Status.SYNCING]
        oldest = f", the oldest for {self.oldest_pending_age_seconds / 60:.0f} min" if pending else ""
        lines = [
            f"{self.stack}, {self.at[:16]} UTC",
            f"In sync: {totals.in_sync_percent:.1f} % of {pluralize(totals.entities, 'entity', 'entities')}",
            f"Freshness in Buildium: {self._freshness(Direction.OUTBOUND)}",
            f"Freshness of local entities: {self._freshness(Direction.INBOUND)}",
            f"Failed: {totals[Status.FAILED]}",
            f"Blocked: {totals[Status.BLOCKED]}",
            f"In review: {totals[Status.NEEDS_REVIEW]}",
            f"Pending: {pending}{oldest}",
            f"Paused calls: {', '.join(self.open_circuits) or 'none'}",
            f"Drift: {self._drift()}",
            "The console shows the entities.",
        ]
        return "\n".join(lines)

    def _freshness(self, direction: Direction) -> str:
        counts = counts_by_class(self.day, FRESHNESS_PREFIXES[direction])
        p50, p95 = FRESHNESS.percentile_ms(counts, 0.5), FRESHNESS.percentile_ms(counts, 0.95)
        if p50 is None or p95 is None:
            return "no change in the last day"
        return f"p50 {p50 / 1000:.1f} s, p95 {p95 / 1000:.1f} s in the last day"

    def _drift(self) -> str:
        drift = DriftState.of(self.drift)
        if drift.status is not JobStatus.DONE or drift.finished_at is None:
            return f"the last check is {drift.status.value.replace('_', ' ')}"
        failed = [name for name, each in drift.types.items() if each.state is JobStatus.FAILED]
        unchecked = f"; not checked: {', '.join(failed)}" if failed else ""
        return f"{pluralize(drift.differences, 'difference')}, checked at {drift.finished_at[:16]} UTC{unchecked}"


class DigestSources(NamedTuple):
    """What a digest is read from."""

    timelines: TimelineStore
    entities: EntityStore
    circuits: CircuitBreakers
    jobs: JobStore
    buckets: MetricBuckets


class DailyDigest:
    """Sends the digest once a day. `stack` is the name of the stack. `topics` creates the client, once a day."""

    def __init__(self, sources: DigestSources, topics: Callable[[], AlarmTopics], stack: str, clock: Clock) -> None:
        self._sources = sources
        self._topics = topics
        self._stack = stack
        self._clock = clock

    def send_if_due(self) -> bool:
        """Send the digest of the day if it is not sent yet, and return whether it was due."""
        return Recurring(self._sources.jobs, self._clock).run_if_due(DIGEST, self._send)

    def _send(self) -> bool:
        facts = self._facts()
        topics = self._topics().publish(facts.subject, facts.text())
        logger.info("Daily digest sent", extra={"topics": topics})
        return True

    def _facts(self) -> DigestFacts:
        sources, now = self._sources, self._clock()
        return DigestFacts(
            stack=self._stack,
            at=format_iso(now),
            totals=SyncTotals.of(sources.timelines.counts()),
            oldest_pending_age_seconds=oldest_pending_age_seconds(unfinished_syncs(sources.entities, now), now),
            open_circuits=tuple(sorted(sources.circuits.open_circuits())),
            drift=sources.jobs.states([DRIFT_JOB]).get(DRIFT_JOB),
            day=_summed(sources.buckets.last_day(now)[1]),
        )


def _summed(buckets: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    total = Counter[str]()
    for numbers in buckets:
        total.update(numbers)
    return total
