"""Lookups change in the transaction that records a change of their entity."""

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.clock import format_iso
from buildium_sync.domain.entity import Entity, EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.store.stream_records import EntityChange, StreamChange
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.timeline.recorder import TimelineRecorder
from tests.aws import ACTIVITY
from tests.unit.timeline.stream import NOON, life

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEVEN, EIGHT = EntityRef("unit", "7"), EntityRef("unit", "8")
OWNER = EntityRef("owner", "7")
CREATED = format_iso(NOON)


@pytest.fixture
def observing(dynamodb: "DynamoDBClient") -> TimelineRecorder:
    return TimelineRecorder(TimelineStore(dynamodb, ACTIVITY), lambda: NOON)


def stored(dynamodb: "DynamoDBClient") -> set[tuple[str, str]]:
    """All lookups in the table, each with the entity's id."""
    items = dynamodb.scan(TableName=ACTIVITY)["Items"]
    keys = [(item["pk"]["S"], item["sk"]["S"]) for item in items if item["pk"]["S"].startswith("lookup#")]
    return {(pk.removeprefix("lookup#"), sk.partition("#")[2]) for pk, sk in keys}


def first(ref: EntityRef, *states: Status, **fields: Any) -> list[StreamChange]:
    create, *others = life(ref, *states)
    assert isinstance(create, EntityChange)
    return [EntityChange(None, create.after._replace(fields=fields)), *others]


def edit(before: StreamChange, **fields: Any) -> EntityChange:
    assert isinstance(before.after, Entity)
    later = format_iso(NOON + before.after.version)
    after = before.after._replace(version=before.after.version + 1, updated_at=later, fields=fields)
    return EntityChange(before.after, after)


def test_a_create_is_found_by_its_values(observing: TimelineRecorder, dynamodb: "DynamoDBClient") -> None:
    observing.record([*first(SEVEN, propertyId="p"), *first(EIGHT, propertyId=501)])
    assert stored(dynamodb) == {
        ("unit#propertyId#p", "7"),
        ("unit#propertyId#buildium#501", "8"),
        *itertools.product(("unit#status#Active", "unit#syncStatus#pending", "unit#updated"), ("7", "8")),
    }


def test_lookups_are_in_order_of_creation(observing: TimelineRecorder, dynamodb: "DynamoDBClient") -> None:
    observing.record(first(SEVEN, propertyId="p"))
    items = dynamodb.scan(TableName=ACTIVITY)["Items"]
    keys = {item["sk"]["S"] for item in items if item["pk"]["S"].startswith("lookup#")}
    assert keys == {f"{CREATED}#7"}


@pytest.mark.parametrize("size", [1, 2, 10])
def test_an_edit_replaces_its_lookups(observing: TimelineRecorder, dynamodb: "DynamoDBClient", size: int) -> None:
    create, *syncs = first(SEVEN, Status.SYNCING, Status.SYNCED, propertyId="p")
    second = edit(create, propertyId="q", status="Inactive")
    changes = [create, *syncs, second, edit(second, propertyId=None)]
    for batch in batches(changes, size):
        observing.record(batch)
    assert stored(dynamodb) == {("unit#status#Active", "7"), ("unit#syncStatus#synced", "7"), ("unit#updated", "7")}


def test_transient_statuses_of_a_batch_are_not_stored(observing: TimelineRecorder, written: list[str]) -> None:
    observing.record(first(SEVEN, Status.SYNCING, Status.SYNCED))
    assert [pk for pk in written if "syncStatus" in pk] == ["lookup#unit#syncStatus#synced"]


def test_a_redelivered_batch_changes_no_lookup(observing: TimelineRecorder, dynamodb: "DynamoDBClient") -> None:
    create, *syncs = first(SEVEN, Status.SYNCED, propertyId="p")
    changes = [create, *syncs, edit(create, propertyId="q")]
    observing.record(changes)
    before = stored(dynamodb)
    observing.record(changes[:2])
    observing.record(changes)
    assert stored(dynamodb) == before


def test_an_entity_with_many_references_is_found_by_each(
    observing: TimelineRecorder, dynamodb: "DynamoDBClient"
) -> None:
    many, few = [f"p{number}" for number in range(250)], ["p0"]
    create, *syncs = first(OWNER, propertyIds=many)
    observing.record([create, *syncs])
    assert {pk for pk, _ in stored(dynamodb)} >= {f"owner#propertyId#{each}" for each in many}
    observing.record([edit(create, propertyIds=few)])
    assert {pk for pk, _ in stored(dynamodb) if "propertyId" in pk} == {"owner#propertyId#p0"}


@pytest.fixture
def written(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The partition keys of all puts in transactions."""
    keys: list[str] = []
    real = dynamodb.transact_write_items

    def transact(**request: Any) -> Any:
        keys.extend(action["Put"]["Item"]["pk"]["S"] for action in request["TransactItems"] if "Put" in action)
        return real(**request)

    monkeypatch.setattr(dynamodb, "transact_write_items", transact)
    return keys


def batches(changes: list[StreamChange], size: int) -> Iterable[list[StreamChange]]:
    return (changes[start : start + size] for start in range(0, len(changes), size))
