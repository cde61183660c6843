from typing import TYPE_CHECKING

import pytest

from buildium_sync.domain.duration_histogram import FRESHNESS, RESPONSE_TIMES
from buildium_sync.domain.metric_counts import CALLS, FRESHNESS_PREFIXES, LATENCY_PREFIX
from buildium_sync.store.metric_buckets import MetricBuckets
from tests.aws import CONTROL
from tools.bench.dynamodb_units import item_size

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BUCKET = 1_795_356_000 // 900
MINUTE = BUCKET * 15


@pytest.fixture
def buckets(dynamodb: "DynamoDBClient") -> MetricBuckets:
    return MetricBuckets(dynamodb, CONTROL)


def test_calls_of_one_minute_add_up(buckets: MetricBuckets) -> None:
    buckets.add({MINUTE: {CALLS: 3}})
    buckets.add({MINUTE: {CALLS: 2}, MINUTE + 59: {CALLS: 1}})
    assert buckets.calls(MINUTE, MINUTE + 59) == {MINUTE: 5, MINUTE + 59: 1}


def test_calls_outside_the_requested_minutes_are_left_out(buckets: MetricBuckets) -> None:
    buckets.add({MINUTE - 1: {CALLS: 7}, MINUTE: {CALLS: 1}, MINUTE + 2: {CALLS: 9}})
    assert buckets.calls(MINUTE - 1, MINUTE + 1) == {MINUTE - 1: 7, MINUTE: 1}


def test_a_quarter_of_an_hour_is_one_expiring_item(buckets: MetricBuckets, dynamodb: "DynamoDBClient") -> None:
    buckets.add({MINUTE: {CALLS: 3}, MINUTE + 5: {CALLS: 1, "syncs_synced": 2}, MINUTE + 6: {"syncs_synced": 1}})
    key = {"pk": {"S": "metrics#2026-11-22T14:00"}}
    assert dynamodb.get_item(TableName=CONTROL, Key=key)["Item"] == {
        **key,
        "m00": {"N": "3"},
        "m05": {"N": "1"},
        "syncs_synced": {"N": "3"},
        "expiresAt": {"N": str(BUCKET * 900 + 2 * 86_400)},
    }


def test_the_numbers_of_a_day_are_read_by_bucket(buckets: MetricBuckets) -> None:
    buckets.add({MINUTE: {CALLS: 3}, MINUTE + 14: {CALLS: 1}, MINUTE - 95 * 15: {CALLS: 2, "requests_rejected": 1}})
    first, (oldest, *others) = buckets.last_day(BUCKET * 900.0)
    assert first == BUCKET - 95
    assert oldest == {CALLS: 2, "requests_rejected": 1}
    assert [each[CALLS] for each in others] == [0] * 94 + [4]


def test_a_busy_bucket_costs_one_write_unit(buckets: MetricBuckets, dynamodb: "DynamoDBClient") -> None:
    names = [f"{LATENCY_PREFIX}{index:02}" for index in RESPONSE_TIMES.classes]
    names += [f"{prefix}{index:02}" for prefix in FRESHNESS_PREFIXES.values() for index in FRESHNESS.classes]
    names += ["syncs_needs_review", "syncs_deferred", "syncs_synced", "syncs_failed", "syncs_blocked"]
    names += ["events_processed", "events_ignored", "events_failed", "requests_rejected"]
    buckets.add({MINUTE + each: {CALLS: 100_001} for each in range(15)})
    buckets.add({MINUTE: dict.fromkeys(names, 100_001)})
    [item] = dynamodb.scan(TableName=CONTROL)["Items"]
    assert item_size(item) <= 1024
