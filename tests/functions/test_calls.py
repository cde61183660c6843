"""The functions that call Buildium store their number of calls last, and a failure of that is harmless."""

import io
from typing import TYPE_CHECKING, Any

from buildium_sync.composition.buildium import flush_metrics
from buildium_sync.composition.runtime import runtime
from buildium_sync.composition.sync import SyncComposition

import pytest
import responses

from buildium_sync.domain.sync_status import Status
from buildium_sync.observability import logger
from buildium_sync.store.metric_buckets import MetricBuckets
from tests.aws import CONTROL
from tests.clocks import VirtualClock
from tests.functions.workers import load
from tests.harness.runtime import install

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

URL = "http://buildium.test/v1/rentals"
ALL = (0, 40_000_000)


@pytest.fixture(autouse=True)
def control(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)


def counted(dynamodb: "DynamoDBClient") -> int:
    items = dynamodb.scan(TableName=CONTROL)["Items"]
    return sum(int(value["N"]) for item in items for name, value in item.items() if name[0] == "m")


@responses.activate
def call(_event: Any = None, _context: Any = None, *, times: int = 3) -> str:
    responses.get(URL, status=429)
    for _ in range(times):
        SyncComposition.current().session.get(URL)
    return "done"


def test_every_buildium_call_of_an_invocation_is_counted(dynamodb: "DynamoDBClient") -> None:
    handler = flush_metrics(SyncComposition)(call)
    assert handler({}, None) == "done"
    handler({}, None)
    assert counted(dynamodb) == 6


def test_the_response_time_of_every_call_is_stored(dynamodb: "DynamoDBClient") -> None:
    flush_metrics(SyncComposition)(call)({}, None)
    [item] = dynamodb.scan(TableName=CONTROL)["Items"]
    assert sum(int(value["N"]) for name, value in item.items() if name.startswith("latency_")) == 3


def test_calls_are_counted_too_when_the_function_fails(dynamodb: "DynamoDBClient") -> None:
    def fail(event: Any, context: Any) -> None:
        call()
        raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        flush_metrics(SyncComposition)(fail)({}, None)
    assert counted(dynamodb) == 3


def test_an_invocation_without_calls_writes_nothing(
    dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MetricBuckets, "add", lambda _log, _calls: pytest.fail("there were none"))
    flush_metrics(SyncComposition)(lambda _event, _context: None)({}, None)


def test_calls_and_results_of_an_invocation_are_one_write(
    dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    def sync(_event: Any, _context: Any) -> None:
        call()
        SyncComposition.current().metric_counts.add_sync(Status.SYNCED)

    writes: list[dict[str, Any]] = []

    def update_item(**request: Any) -> Any:
        writes.append(request)
        return dynamodb.update_item(**request)

    monkeypatch.setattr(runtime.clients.best_effort_dynamodb, "update_item", update_item)
    install(monkeypatch, clock=VirtualClock())
    flush_metrics(SyncComposition)(sync)({}, None)
    assert len(writes) == 1
    [item] = dynamodb.scan(TableName=CONTROL)["Items"]
    assert item["syncs_synced"] == {"N": "1"}


def test_an_unavailable_table_changes_no_response(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(logger.logger_handler, "stream", stream)
    dynamodb.delete_table(TableName=CONTROL)
    assert flush_metrics(SyncComposition)(call)({}, None) == "done"
    assert "Metrics could not be saved" in stream.getvalue()


@pytest.mark.parametrize("function", ["sync", "event_processor", "reconcile"])
def test_each_function_that_calls_buildium_counts_its_calls(function: str) -> None:
    handlers = [load(function).lambda_handler]
    while hasattr(handlers[-1], "__wrapped__"):
        handlers.append(handlers[-1].__wrapped__)
    assert any(handler.__qualname__ == "lambda_handler" for handler in handlers)
    assert any(handler.__code__.co_qualname.startswith("flush_metrics") for handler in handlers)
