import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import ConcurrentWrite
from buildium_sync.store.dynamodb import to_attributes
from buildium_sync.store.timeline_checkpoints import MAX_PAGES, CheckpointUpdate, TimelineCheckpoint
from buildium_sync.store.timeline_pages import TimelineStore
from tests.aws import ACTIVITY

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOON = 1_795_348_800
DAY = 86_400
SEVEN, EIGHT = EntityRef("property", "7"), EntityRef("property", "8")


@pytest.fixture
def store(dynamodb: "DynamoDBClient") -> TimelineStore:
    return TimelineStore(dynamodb, ACTIVITY)


def step(before: TimelineCheckpoint, status: Status, *entries: Any) -> CheckpointUpdate:
    after = replace(before, revision=before.revision + 1, status=status)
    return CheckpointUpdate(before, after.with_page(list(entries), NOON) if entries else after)


def items(dynamodb: "DynamoDBClient", pk: str) -> list[dict[str, Any]]:
    response = dynamodb.query(
        TableName=ACTIVITY, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": pk}}
    )
    return [dict(item) for item in response["Items"]]


def test_an_unknown_entity_has_a_new_checkpoint(store: TimelineStore) -> None:
    assert store.checkpoints([SEVEN, SEVEN]) == {SEVEN: TimelineCheckpoint(SEVEN)}
    assert TimelineCheckpoint(SEVEN).is_new


def test_a_commit_updates_checkpoint_page_and_counts(store: TimelineStore) -> None:
    taken = step(TimelineCheckpoint(SEVEN), Status.PENDING, {"kind": "updated_by_client"})
    store.commit([taken], NOON)
    assert store.checkpoints([SEVEN]) == {SEVEN: taken.after}
    assert [page.entries for page in store.pages(SEVEN, NOON)] == [[{"kind": "updated_by_client"}]]
    assert store.counts() == {"property": {"pending": 1}}


def test_counts_follow_the_status_of_an_entity(store: TimelineStore) -> None:
    first = step(TimelineCheckpoint(SEVEN), Status.PENDING)
    store.commit([first], NOON)
    store.commit([step(first.after, Status.SYNCED)], NOON)
    assert store.counts() == {"property": {"pending": 0, "synced": 1}}


def test_entities_of_one_commit_are_counted_together(store: TimelineStore) -> None:
    owner = EntityRef("owner", "3")
    store.commit([step(TimelineCheckpoint(ref), Status.SYNCED) for ref in (SEVEN, EIGHT, owner)], NOON)
    assert store.counts() == {"property": {"synced": 2}, "owner": {"synced": 1}}


def test_an_update_from_a_stale_checkpoint_changes_nothing(store: TimelineStore) -> None:
    first = step(TimelineCheckpoint(SEVEN), Status.PENDING, {"kind": "updated_by_client"})
    store.commit([first], NOON)
    stale = replace(first.after, revision=7)
    for late in (first, *(step(stale, status, {"kind": "picked_up"}) for status in (Status.FAILED, Status.PENDING))):
        with pytest.raises(ConcurrentWrite):
            store.commit([step(TimelineCheckpoint(EIGHT), Status.PENDING), late], NOON)
    assert store.checkpoints([SEVEN, EIGHT]) == {SEVEN: first.after, EIGHT: TimelineCheckpoint(EIGHT)}
    assert store.counts() == {"property": {"pending": 1}}


def test_pages_expire_and_checkpoints_do_not(store: TimelineStore, dynamodb: "DynamoDBClient") -> None:
    first = step(TimelineCheckpoint(SEVEN), Status.PENDING, {"kind": "updated_by_client"})
    store.commit([first], NOON)
    store.commit([step(first.after, Status.PENDING, {"kind": "picked_up"})], NOON)
    kept = {item["sk"]["S"]: item.get("expiresAt", {}).get("N") for item in items(dynamodb, SEVEN.pk)}
    assert kept == {"checkpoint": None, "page#000": str(NOON + 90 * DAY)}


def test_an_interrupted_commit_shows_its_page_once(store: TimelineStore, monkeypatch: pytest.MonkeyPatch) -> None:
    first = step(TimelineCheckpoint(SEVEN), Status.PENDING, {"kind": "updated_by_client"})
    store.commit([first], NOON)
    second = step(first.after, Status.PENDING, {"kind": "picked_up"})
    with monkeypatch.context() as patch:
        patch.setattr(store, "_actions", raising)
        with pytest.raises(ConnectionError):
            store.commit([second], NOON)
    assert [page.entries for page in store.pages(SEVEN, NOON)] == [[{"kind": "updated_by_client"}]]
    store.commit([second], NOON)
    assert [page.entries for page in store.pages(SEVEN, NOON)] == [
        [{"kind": "updated_by_client"}],
        [{"kind": "picked_up"}],
    ]


def raising(_updates: list[CheckpointUpdate]) -> None:
    raise ConnectionError("killed")


def test_a_checkpoint_of_the_older_page_format_continues(store: TimelineStore, dynamodb: "DynamoDBClient") -> None:
    marker = {"pk": SEVEN.pk, "sk": "checkpoint", "version": 1, "revision": 2, "status": "synced", "pages": 1}
    page = {
        "pk": SEVEN.pk,
        "sk": "page#000",
        "number": 0,
        "entries": [{"kind": "updated_by_client"}],
        "expiresAt": NOON + DAY,
    }
    for item in (marker, page):
        dynamodb.put_item(TableName=ACTIVITY, Item=to_attributes(item))
    store.commit([step(store.checkpoints([SEVEN])[SEVEN], Status.SYNCED, {"kind": "echo_received"})], NOON)
    assert [page.entries for page in store.pages(SEVEN, NOON)] == [
        [{"kind": "updated_by_client"}],
        [{"kind": "echo_received"}],
    ]


def test_an_expired_page_is_hidden_before_its_deletion(store: TimelineStore) -> None:
    store.commit([step(TimelineCheckpoint(SEVEN), Status.PENDING, {"kind": "updated_by_client"})], NOON)
    assert store.pages(SEVEN, NOON + 90 * DAY - 1)
    assert not store.pages(SEVEN, NOON + 90 * DAY)


def test_a_timeline_keeps_only_its_newest_pages(store: TimelineStore, dynamodb: "DynamoDBClient") -> None:
    marker = TimelineCheckpoint(SEVEN)
    for number in range(MAX_PAGES + 3):
        taken = step(marker, Status.PENDING, {"number": number})
        store.commit([taken], NOON)
        marker = taken.after
    assert len(items(dynamodb, SEVEN.pk)) == MAX_PAGES + 1
    assert [page.number for page in store.pages(SEVEN, NOON)] == list(range(2, MAX_PAGES + 3))
    assert [page.entries for page in store.pages(SEVEN, NOON)][-1] == [{"number": MAX_PAGES + 2}]


def written(dynamodb: "DynamoDBClient") -> list[int]:
    """Return a list that receives the number of actions of each transaction."""
    sizes: list[int] = []

    def count(params: dict[str, Any], **_: Any) -> None:
        sizes.append(len(json.loads(params["body"])["TransactItems"]))

    dynamodb.meta.events.register("before-call.dynamodb.TransactWriteItems", count)
    return sizes


def put(number: int, *, sk: str = "a", text: str = "") -> Any:
    item = to_attributes({"pk": f"lookup#{number}", "sk": sk, "text": text})
    return {"Put": {"TableName": ACTIVITY, "Item": item}}


def many(count: int, *writes: Any) -> list[CheckpointUpdate]:
    refs = [EntityRef("property", str(number)) for number in range(count)]
    updates = [step(TimelineCheckpoint(ref), Status.PENDING, {"kind": "updated_by_client"}) for ref in refs]
    return [update._replace(writes=writes) for update in updates]


def test_updates_are_packed_into_full_transactions(store: TimelineStore, dynamodb: "DynamoDBClient") -> None:
    sizes = written(dynamodb)
    store.commit(many(150), NOON)
    assert sizes == [100, 52]
    assert store.counts() == {"property": {"pending": 150}}


def test_an_updates_writes_are_stored_with_it(store: TimelineStore, dynamodb: "DynamoDBClient") -> None:
    [update] = many(1, put(1), put(2))
    store.commit([update], NOON)
    assert items(dynamodb, "lookup#1")
    assert items(dynamodb, "lookup#2")
    again = update._replace(writes=(put(3),))
    with pytest.raises(ConcurrentWrite):
        store.commit([again], NOON)
    assert not items(dynamodb, "lookup#3")


def test_an_update_of_many_writes_is_stored_completely(store: TimelineStore, dynamodb: "DynamoDBClient") -> None:
    sizes = written(dynamodb)
    store.commit(many(1, *(put(number) for number in range(250))), NOON)
    assert max(sizes) <= 100
    assert all(items(dynamodb, f"lookup#{number}") for number in range(250))
    assert store.counts() == {"property": {"pending": 1}}


def test_a_stale_update_of_many_writes_stores_nothing(store: TimelineStore, dynamodb: "DynamoDBClient") -> None:
    store.commit(many(1), NOON)
    with pytest.raises(ConcurrentWrite):
        store.commit(many(1, *(put(number) for number in range(250))), NOON)
    assert not any(items(dynamodb, f"lookup#{number}") for number in range(250))


def test_a_transaction_has_less_than_4_megabytes(store: TimelineStore, dynamodb: "DynamoDBClient") -> None:
    bodies: list[int] = []
    dynamodb.meta.events.register(
        "before-call.dynamodb.TransactWriteItems", lambda params, **_: bodies.append(len(params["body"]))
    )
    store.commit([update._replace(writes=(put(n, text="x" * 300_000),)) for n, update in enumerate(many(20))], NOON)
    assert len(bodies) == 2
    assert max(bodies) < 4_000_000
