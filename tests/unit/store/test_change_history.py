import base64
import json
from typing import TYPE_CHECKING

import pytest

from buildium_sync.domain.change_record import ChangeRecord
from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import MalformedRequest
from buildium_sync.store.change_history import change_record_to_item
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.intent_items import intent_to_item
from buildium_sync.store.items import entity_to_item, sync_record_to_item
from tests.aws import ENTITIES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEVEN = EntityRef("property", "7")
YEAR = 365 * 86_400
NOON = 1_795_348_800


@pytest.fixture
def store(dynamodb: "DynamoDBClient") -> EntityStore:
    return EntityStore(dynamodb, ENTITIES)


def at(minute: int) -> str:
    return f"2026-11-22T12:{minute:02}:00.000Z"


def entry(version: int, ref: EntityRef = SEVEN) -> ChangeRecord:
    changes = {"name": {"old": version - 1, "new": None}, "secret": "changed"}
    return ChangeRecord(ref, at(version), Origin.BUILDIUM, version, changes, ("name",))


def keep(store: EntityStore, *entries: ChangeRecord) -> None:
    for each in entries:
        store.write(store.writes.put_history(each))


def cursor(**key: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def test_a_change_record_is_read_as_written(store: EntityStore) -> None:
    keep(store, entry(2))

    assert store.history(SEVEN, limit=10, cursor=None) == ([entry(2)], None)


def test_the_history_is_paged_newest_first(store: EntityStore) -> None:
    keep(store, entry(3), entry(2), entry(12), entry(2, EntityRef("property", "8")))

    first, following = store.history(SEVEN, limit=2, cursor=None)
    second, end = store.history(SEVEN, limit=2, cursor=following)

    assert [each.version for each in first + second] == [12, 3, 2]
    assert end is None


def test_two_change_records_of_one_moment_are_both_stored(store: EntityStore) -> None:
    theirs = ChangeRecord(SEVEN, at(2), Origin.API, 2, {"name": {"old": 1, "new": 2}}, is_remote_value=True)
    keep(store, entry(2), theirs)

    assert store.history(SEVEN, limit=10, cursor=None)[0] == [theirs, entry(2)]


def test_the_history_is_not_read_with_the_entity(store: EntityStore) -> None:
    changes = store.writes
    entity = Entity(SEVEN, 1, {}, Origin.API, at(1), at(1), "correlation")
    sync = SyncRecord(SEVEN, 1, Status.PENDING, at(1), at(1), "correlation", requested_at=at(1))
    store.write(changes.put_entity(entity), changes.put_sync(sync), changes.put_history(entry(2)))

    loaded = store.load(SEVEN)

    assert loaded is not None
    assert (loaded.entity, loaded.sync, loaded.dependents) == (entity, sync, ())
    assert [each.ref for each in store.page("property", limit=10, cursor=None)[0]] == [SEVEN]


def test_only_the_change_history_expires_after_a_year() -> None:
    entity = Entity(SEVEN, 1, {}, Origin.API, at(0), at(0), "correlation")
    sync = SyncRecord(SEVEN, 1, Status.PENDING, at(0), at(0), "correlation", requested_at=at(0))

    assert change_record_to_item(entry(0))["expiresAt"] == NOON + YEAR
    for item in (entity_to_item(entity), sync_record_to_item(sync)):
        assert "expiresAt" not in item


def test_a_create_intent_expires_after_90_days() -> None:
    assert intent_to_item(CreateIntent(SEVEN, {}, 0, at=NOON, until=NOON + 30))["expiresAt"] == NOON + 30 + 90 * 86_400


@pytest.mark.parametrize(
    "bad",
    [
        "no base64!",
        base64.urlsafe_b64encode(b"[]").decode(),
        cursor(pk="history#property#8", sk="2026"),
        cursor(pk="history#property#7"),
        cursor(pk="history#property#7", sk=""),
        cursor(pk="history#property#7", sk="x" * 2000),
        cursor(pk="history#property#7", sk="2026", more="x"),
    ],
)
def test_a_cursor_of_another_list_is_rejected(bad: str, store: EntityStore) -> None:
    with pytest.raises(MalformedRequest):
        store.history(SEVEN, limit=10, cursor=bad)
