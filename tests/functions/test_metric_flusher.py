"""The numbers for the charts are stored seldom, and never change a response."""

import io
from typing import TYPE_CHECKING

from buildium_sync.composition.webhook import WebhookComposition

import pytest

from buildium_sync.domain.metric_counts import REQUESTS_REJECTED
from buildium_sync.observability import logger
from buildium_sync.store.metric_buckets import MetricBuckets
from tests.aws import CONTROL
from tests.clocks import VirtualClock
from tests.harness.runtime import install

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def webhook(dynamodb: "DynamoDBClient", clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> WebhookComposition:
    install(monkeypatch, clock=clock)
    return WebhookComposition.current()


def stored(dynamodb: "DynamoDBClient", clock: VirtualClock) -> int:
    _, numbers = MetricBuckets(dynamodb, CONTROL).last_day(clock())
    return sum(each.get(REQUESTS_REJECTED, 0) for each in numbers)


def test_rejections_of_five_seconds_are_stored_by_one_write(
    webhook: WebhookComposition, dynamodb: "DynamoDBClient", clock: VirtualClock
) -> None:
    webhook.count_rejection()
    assert stored(dynamodb, clock) == 1
    for _ in range(3):
        webhook.count_rejection()
    assert stored(dynamodb, clock) == 1
    clock.sleep(5)
    webhook.count_rejection()
    assert stored(dynamodb, clock) == 5


def test_a_failed_write_is_logged_and_changes_nothing(
    webhook: WebhookComposition, dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(logger.logger_handler, "stream", stream)
    dynamodb.delete_table(TableName=CONTROL)
    webhook.count_rejection()
    assert "Metrics could not be saved" in stream.getvalue()
