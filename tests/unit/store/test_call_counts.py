from typing import TYPE_CHECKING

import pytest

from buildium_sync.store.call_counts import CallCountStore
from tests.aws import CONTROL

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HOUR = 1_795_356_000 // 3600
MINUTE = HOUR * 60


@pytest.fixture
def log(dynamodb: "DynamoDBClient") -> CallCountStore:
    return CallCountStore(dynamodb, CONTROL)


def test_calls_of_one_minute_add_up(log: CallCountStore) -> None:
    log.add({MINUTE: 3})
    log.add({MINUTE: 2, MINUTE + 59: 1})
    assert log.read(MINUTE, MINUTE + 59) == {MINUTE: 5, MINUTE + 59: 1}


def test_calls_of_adjacent_hours_are_counted_separately(log: CallCountStore) -> None:
    log.add({MINUTE - 1: 7, MINUTE: 1})
    assert log.read(MINUTE - 1, MINUTE) == {MINUTE - 1: 7, MINUTE: 1}
    assert log.read(MINUTE, MINUTE + 60) == {MINUTE: 1}


def test_counts_of_an_hour_are_one_expiring_item(log: CallCountStore, dynamodb: "DynamoDBClient") -> None:
    log.add({MINUTE: 3, MINUTE + 5: 1})
    key = {"pk": {"S": "calls#2026-11-22T14"}}
    item = dynamodb.get_item(TableName=CONTROL, Key=key)["Item"]
    assert item == {**key, "m00": {"N": "3"}, "m05": {"N": "1"}, "expiresAt": {"N": str((HOUR + 48) * 3600)}}


def test_counts_of_a_whole_day_are_read_together(log: CallCountStore) -> None:
    for hour in range(25):
        log.add({MINUTE - hour * 60: hour + 1})
    found = log.read(MINUTE - 24 * 60, MINUTE)
    assert sum(found.values()) == sum(range(1, 26))
