"""Counts what this process does: per minute for the console and the digest, results of syncs also for CloudWatch."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping

from aws_lambda_powertools.metrics import MetricUnit

from buildium_sync.clock import Clock
from buildium_sync.domain.duration_histogram import FRESHNESS, RESPONSE_TIMES
from buildium_sync.domain.pauses import Direction
from buildium_sync.domain.sync_status import Status
from buildium_sync.observability import increment, record_metric

CALLS = "calls"
LATENCY_PREFIX = "latency_"
FRESHNESS_PREFIXES = {Direction.OUTBOUND: "out_", Direction.INBOUND: "in_"}
"""They are short, so that a stored bucket costs one write unit."""
SYNC_PREFIX = "syncs_"
EVENT_PREFIX = "events_"
REQUESTS_REJECTED = "requests_rejected"
EVENT_RESULTS = ("processed", "ignored", "failed")
"""How the processing of a webhook event ends."""
DEFERRED = "deferred"
SYNC_RESULTS = (Status.SYNCED.value, Status.FAILED.value, Status.BLOCKED.value, Status.NEEDS_REVIEW.value, DEFERRED)
"""How an attempt to sync ends. A deferred one is repeated."""

_METRICS = {
    Status.SYNCED: "SyncSucceeded",
    Status.PENDING: "SyncDeferred",
    Status.BLOCKED: "SyncBlocked",
    Status.FAILED: "SyncFailed",
    Status.NEEDS_REVIEW: "SyncNeedsReview",
}

_FRESHNESS_METRICS = {Direction.OUTBOUND: "OutboundFreshness", Direction.INBOUND: "InboundFreshness"}

CountsByMinute = Mapping[int, Mapping[str, int]]
"""Numbers by name, by minute since the epoch."""


class MetricCounts:
    """The numbers of this process that are not stored yet."""

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._minutes: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._totals: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, name: str) -> None:
        """Count one occurrence."""
        with self._lock:
            self._totals[name] += 1
            self._minutes[int(self._clock() // 60)][name] += 1

    def add_latency(self, seconds: float) -> None:
        """Count a call to Buildium by the time to its response."""
        self.add(f"{LATENCY_PREFIX}{RESPONSE_TIMES.class_of(seconds):02}")

    def add_freshness(self, direction: Direction, seconds: float | None) -> None:
        """Count a change that reached the other side after these seconds, also as a metric. None is no such change."""
        if seconds is None:
            return
        record_metric(_FRESHNESS_METRICS[direction], seconds, MetricUnit.Seconds)
        self.add(f"{FRESHNESS_PREFIXES[direction]}{FRESHNESS.class_of(seconds):02}")

    def add_event(self, result: str) -> None:
        """Count the end of a webhook event."""
        self.add(EVENT_PREFIX + result)

    def add_sync(self, status: Status) -> None:
        """Count the end of an attempt to sync, also as a metric of CloudWatch."""
        increment(_METRICS[status])
        self.add(SYNC_PREFIX + (DEFERRED if status is Status.PENDING else status.value))

    def total(self, name: str) -> int:
        """Return the number since the process began, also of those that are stored."""
        with self._lock:
            return self._totals[name]

    def names(self) -> set[str]:
        """Return the names that have a number."""
        with self._lock:
            return {name for numbers in self._minutes.values() for name in numbers}

    def take(self) -> CountsByMinute:
        """Return the counts and reset them."""
        with self._lock:
            counts, self._minutes = self._minutes, defaultdict(Counter)
        return counts


def counts_by_class(numbers: Mapping[str, int], prefix: str) -> dict[int, int]:
    """Return the numbers of durations by class. `numbers` are by name, and `prefix` is that of the durations."""
    return {int(name.removeprefix(prefix)): number for name, number in numbers.items() if name.startswith(prefix)}
