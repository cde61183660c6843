"""The functions that call Buildium store their number of calls last, and a failure of that is harmless."""

import io
from typing import TYPE_CHECKING, Any

from buildium_sync.composition.buildium import flush_call_counts
from buildium_sync.composition.sync import SyncComposition

import pytest
import responses

from buildium_sync.observability import logger
from buildium_sync.store.call_counts import CallCountStore
from tests.aws import CONTROL
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
    return sum(int(value["N"]) for item in items for name, value in item.items() if name.startswith("m"))


@responses.activate
def call(_event: Any = None, _context: Any = None, *, times: int = 3) -> str:
    responses.get(URL, status=429)
    for _ in range(times):
        SyncComposition.current().session.get(URL)
    return "done"


def test_every_buildium_call_of_an_invocation_is_counted(dynamodb: "DynamoDBClient") -> None:
    handler = flush_call_counts(SyncComposition)(call)
    assert handler({}, None) == "done"
    handler({}, None)
    assert counted(dynamodb) == 6


def test_calls_are_counted_too_when_the_function_fails(dynamodb: "DynamoDBClient") -> None:
    def fail(event: Any, context: Any) -> None:
        call()
        raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        flush_call_counts(SyncComposition)(fail)({}, None)
    assert counted(dynamodb) == 3


def test_an_invocation_without_calls_writes_nothing(
    dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CallCountStore, "add", lambda _log, _calls: pytest.fail("there were none"))
    flush_call_counts(SyncComposition)(lambda _event, _context: None)({}, None)


def test_an_unavailable_table_changes_no_response(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(logger.logger_handler, "stream", stream)
    dynamodb.delete_table(TableName=CONTROL)
    assert flush_call_counts(SyncComposition)(call)({}, None) == "done"
    assert "Buildium call counts could not be saved" in stream.getvalue()


@pytest.mark.parametrize("function", ["sync", "event_processor", "reconcile"])
def test_each_function_that_calls_buildium_counts_its_calls(function: str) -> None:
    handlers = [load(function).lambda_handler]
    while hasattr(handlers[-1], "__wrapped__"):
        handlers.append(handlers[-1].__wrapped__)
    assert any(handler.__qualname__ == "lambda_handler" for handler in handlers)
    assert any(handler.__code__.co_qualname.startswith("flush_call_counts") for handler in handlers)
