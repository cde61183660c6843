"""The numbers for the charts are stored seldom, and never change a response."""

import io
from typing import TYPE_CHECKING

from buildium_sync.composition.webhook import WebhookComposition

import pytest

from buildium_sync.observability import logger
from buildium_sync.store.metric_buckets import BUCKET_MINUTES, MetricBuckets
from tests.aws import CONTROL
from tests.clocks import VirtualClock
from tests.harness.runtime import install

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def webhook(dynamodb: "DynamoDBClient", clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> WebhookComposition:
    install(monkeypatch, clock=clock)
    return WebhookComposition.current()


def stored(dynamodb: "DynamoDBClient", clock: VirtualClock) -> tuple[int, int]:
    bucket = int(clock() // 60) // BUCKET_MINUTES
    numbers = MetricBuckets(dynamodb, CONTROL).read(bucket - 1, bucket)
    accepted, rejected = (sum(each.get(f"webhooks_{name}", 0) for each in numbers) for name in ("accepted", "rejected"))
    return accepted, rejected


def test_requests_of_five_seconds_are_stored_by_one_write(
    webhook: WebhookComposition, dynamodb: "DynamoDBClient", clock: VirtualClock
) -> None:
    webhook.count_request(is_accepted=True)
    assert stored(dynamodb, clock) == (1, 0)
    for _ in range(3):
        webhook.count_request(is_accepted=False)
    assert stored(dynamodb, clock) == (1, 0)
    clock.sleep(5)
    webhook.count_request(is_accepted=True)
    assert stored(dynamodb, clock) == (2, 3)


def test_a_failed_write_is_logged_and_changes_nothing(
    webhook: WebhookComposition, dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(logger.logger_handler, "stream", stream)
    dynamodb.delete_table(TableName=CONTROL)
    webhook.count_request(is_accepted=True)
    assert "Metrics could not be saved" in stream.getvalue()
