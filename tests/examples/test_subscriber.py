"""The example subscriber keeps the newest change of each entity, despite repeated and late events."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from buildium_sync.webhooks.publisher import SCHEMA_VERSION
from examples.subscriber import app
from tests.aws import REGION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "changes"
EARLY, LATE = "2026-11-22T13:59:46.2317653Z", "2026-11-22T14:02:11.0000000Z"


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> "Iterator[DynamoDBClient]":
    monkeypatch.setenv("CHANGES_TABLE", TABLE)
    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION)
        client.create_table(
            TableName=TABLE,
            AttributeDefinitions=[{"AttributeName": "thing", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "thing", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        app._dynamodb.cache_clear()
        yield client
    app._dynamodb.cache_clear()


def detail(**changes: Any) -> dict[str, Any]:
    return {
        "schemaVersion": SCHEMA_VERSION,
        "eventId": "a",
        "eventName": "Rental.Updated",
        "subject": "Rental",
        "operation": "Updated",
        "accountId": 1,
        "entityId": 23,
        "ids": {"PropertyId": 23},
        "eventDateTime": EARLY,
        "receivedAt": "2026-11-22T14:00:00.000Z",
        "correlationId": "request-1",
        "payload": {"PropertyId": 23},
        **changes,
    }


def take(*bodies: Any) -> list[str]:
    """Process a batch, and return the positions of the messages to redeliver."""
    records = [{"messageId": str(place), "body": json.dumps(body)} for place, body in enumerate(bodies)]
    return [failed["itemIdentifier"] for failed in app.lambda_handler({"Records": records}, None)["batchItemFailures"]]


def kept(client: "DynamoDBClient") -> dict[str, tuple[str, str]]:
    rows = client.scan(TableName=TABLE)["Items"]
    return {row["thing"]["S"]: (row["operation"]["S"], row["changedAt"]["S"]) for row in rows}


def test_a_change_is_stored(table: "DynamoDBClient") -> None:
    assert take({"detail": detail()}) == []
    assert kept(table) == {"Rental#23": ("Updated", EARLY)}


def test_a_late_change_does_not_replace_a_newer_one(table: "DynamoDBClient") -> None:
    newer = detail(eventId="b", operation="Deleted", eventDateTime=LATE)
    assert take({"detail": newer}, {"detail": detail()}) == []
    assert kept(table) == {"Rental#23": ("Deleted", LATE)}


def test_a_redelivered_event_changes_nothing(table: "DynamoDBClient") -> None:
    assert take({"detail": detail()}, {"detail": detail(operation="Created")}) == []
    assert kept(table) == {"Rental#23": ("Updated", EARLY)}


def test_an_event_without_a_time_gets_its_arrival_time(table: "DynamoDBClient") -> None:
    assert take({"detail": detail(eventDateTime="")}) == []
    assert kept(table) == {"Rental#23": ("Updated", "2026-11-22T14:00:00.000Z")}


def test_an_event_without_an_entity_id_is_skipped(table: "DynamoDBClient") -> None:
    assert take({"detail": detail(entityId=None)}) == []
    assert kept(table) == {}


def test_an_unusable_message_does_not_block_the_batch(table: "DynamoDBClient") -> None:
    unknown = detail(schemaVersion=SCHEMA_VERSION + 1, entityId=24)
    assert take({"detail": unknown}, {"no": "event"}, {"detail": {}}, {"detail": detail()}) == ["0", "1", "2"]
    assert kept(table).keys() == {"Rental#23"}


def test_a_message_is_redelivered_when_the_table_is_unavailable(
    table: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANGES_TABLE", "gone")
    assert take({"detail": detail()}) == ["0"]


def test_a_failure_log_contains_no_event_data(table: "DynamoDBClient", capsys: pytest.CaptureFixture[str]) -> None:
    take({"detail": detail(schemaVersion=2, payload={"Name": "Ada"})})
    assert json.loads(capsys.readouterr().out) == {"level": "ERROR", "messageId": "0", "error": "UnknownSchema"}
