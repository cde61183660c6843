"""GET /api/buildium/metrics."""

import time

from buildium_sync.domain.metric_counts import CALLS, MetricCounts
from buildium_sync.domain.sync_status import Status
from buildium_sync.store.metric_buckets import MetricBuckets
from tests.aws import CONTROL
from tests.functions.api import Api

NOTHING = [0] * 96


def test_the_metrics_of_an_unused_stack_are_zeros(api: Api) -> None:
    metrics = api.file("metrics").body["metrics"]
    assert (metrics["bucketSeconds"], metrics["limit"], metrics["calls"]) == (900, 9.97, NOTHING)
    assert set(metrics["syncs"]) == {"synced", "failed", "blocked", "needs_review", "deferred"}
    assert all(numbers == NOTHING for numbers in metrics["syncs"].values())
    assert metrics["webhookEvents"] == {"processed": NOTHING, "ignored": NOTHING, "failed": NOTHING}
    assert metrics["rejectedRequests"] == NOTHING
    assert metrics["buildiumLatency"] == {"p50Ms": [None] * 96, "p95Ms": [None] * 96}
    assert metrics["begin"][14:16] in {"00", "15", "30", "45"}


def test_the_metrics_show_a_day_in_quarters_of_an_hour(api: Api) -> None:
    now = time.time() // 900 * 900
    for ago_seconds, calls in ((0, 2), (900, 3), (95 * 900, 4), (96 * 900, 5)):
        counts = MetricCounts(lambda at=now - ago_seconds: at)  # type: ignore[misc]
        for _ in range(calls):
            counts.add(CALLS)
            counts.add_latency(0.12)
            counts.add_sync(Status.PENDING)
        MetricBuckets(api.dynamodb, CONTROL).add(counts.take())
    metrics = api.file("metrics").body["metrics"]
    # A quarter may end between the writes and the request.
    day = [4, *NOTHING[:93], 3, 2]
    assert metrics["calls"] in (day, [*day[1:], 0])
    assert metrics["syncs"]["deferred"] == metrics["calls"]
    assert [each is None for each in metrics["buildiumLatency"]["p95Ms"]] == [not each for each in metrics["calls"]]
    assert {100 < each <= 140 for each in metrics["buildiumLatency"]["p50Ms"] if each} == {True}
