"""Numbers of the last day for the charts of the console, in intervals of a quarter of an hour."""

from collections.abc import Mapping, Sequence

from typing_extensions import TypedDict  # pydantic reads it, and needs this one before Python 3.12

from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.duration_histogram import RESPONSE_TIMES
from buildium_sync.domain.metric_counts import (
    CALLS,
    EVENT_PREFIX,
    EVENT_RESULTS,
    LATENCY_PREFIX,
    REQUESTS_REJECTED,
    SYNC_PREFIX,
    SYNC_RESULTS,
    counts_by_class,
)
from buildium_sync.store.metric_buckets import BUCKET_MINUTES, MetricBuckets

_BUCKET_SECONDS = BUCKET_MINUTES * 60


class BuildiumLatency(TypedDict):
    """Percentiles of Buildium's response times in milliseconds, null in an interval without a call."""

    p50Ms: list[int | None]
    p95Ms: list[int | None]


class MetricsBody(TypedDict):
    """The numbers of the last day in intervals of `bucketSeconds` from `begin` (ISO 8601).

    `limit` is Buildium's rate limit in calls per second. `syncs` has the ends of attempts and `webhookEvents` those of
    events, by result. Requests that were rejected contain no known event.
    """

    begin: str
    bucketSeconds: int
    limit: float
    calls: list[int]
    syncs: dict[str, list[int]]
    webhookEvents: dict[str, list[int]]
    rejectedRequests: list[int]
    buildiumLatency: BuildiumLatency


class Metrics:
    """Collects the numbers. `rate_limit` is in calls per second."""

    def __init__(self, buckets: MetricBuckets, *, rate_limit: float, clock: Clock) -> None:
        self._buckets = buckets
        self._rate_limit = rate_limit
        self._clock = clock

    def read(self) -> MetricsBody:
        """Return the body of the metrics."""
        first, buckets = self._buckets.last_day(self._clock())
        latencies = [counts_by_class(bucket, LATENCY_PREFIX) for bucket in buckets]
        return {
            "begin": format_iso(first * _BUCKET_SECONDS),
            "bucketSeconds": _BUCKET_SECONDS,
            "limit": self._rate_limit,
            "calls": _numbers(buckets, CALLS),
            "syncs": {result: _numbers(buckets, SYNC_PREFIX + result) for result in SYNC_RESULTS},
            "webhookEvents": {result: _numbers(buckets, EVENT_PREFIX + result) for result in EVENT_RESULTS},
            "rejectedRequests": _numbers(buckets, REQUESTS_REJECTED),
            "buildiumLatency": {
                "p50Ms": [RESPONSE_TIMES.percentile_ms(each, 0.5) for each in latencies],
                "p95Ms": [RESPONSE_TIMES.percentile_ms(each, 0.95) for each in latencies],
            },
        }


def _numbers(buckets: Sequence[Mapping[str, int]], name: str) -> list[int]:
    return [bucket.get(name, 0) for bucket in buckets]
