"""A reader of the change feed gets every change once and in order, whatever its writers do."""

import random
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import ChangesExpired, ConcurrentWrite, MalformedRequest
from buildium_sync.store import change_feed
from buildium_sync.store.change_feed import ChangeFeed, FeedCounter, FeedPage
from buildium_sync.store.cursors import encode_cursor
from buildium_sync.store.dynamodb import to_attributes, transact
from buildium_sync.store.timeline_checkpoints import CheckpointUpdate, TimelineCheckpoint
from buildium_sync.store.timeline_pages import TimelineStore
from tests.aws import ACTIVITY
from tests.moto_atomicity import make_atomic

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOON = 1_795_348_800.0
DAY = 86_400


@pytest.fixture
def feed(dynamodb: "DynamoDBClient") -> ChangeFeed:
    return ChangeFeed(dynamodb, ACTIVITY)


@pytest.fixture
def append(dynamodb: "DynamoDBClient", feed: ChangeFeed) -> Any:
    def add(*changes: int, now: float = NOON, entity_type: str = "owner") -> None:
        bodies = [{"id": str(number), "entityType": entity_type} for number in changes]
        transact(dynamodb, feed.appends(feed.counter(), bodies, now))

    return add


def page(feed: ChangeFeed, cursor: str | None = None, **options: Any) -> FeedPage:
    return feed.page(**{"entity_type": None, "limit": 100, "cursor": cursor, "now": NOON, **options})


def numbers(found: FeedPage) -> list[int]:
    return [int(change["id"]) for change in found.changes]


def follow(feed: ChangeFeed, cursor: str | None = None, **options: Any) -> Iterable[int]:
    while True:
        found = page(feed, cursor, **options)
        yield from numbers(found)
        cursor = found.next_cursor
        if not found.has_more:
            return


def test_an_empty_feed_has_a_cursor_for_later_changes(feed: ChangeFeed, append: Any) -> None:
    for empty in (page(feed), feed.latest()):
        assert (empty.changes, empty.has_more) == ([], False)
    cursor = page(feed).next_cursor
    append(1)
    assert numbers(page(feed, cursor)) == [1]


def test_pages_follow_each_other_without_gap(feed: ChangeFeed, append: Any) -> None:
    append(*range(1, 4))
    append(*range(4, 8))
    assert list(follow(feed, limit=2)) == list(range(1, 8))
    assert list(follow(feed, limit=7)) == list(range(1, 8))


def test_the_last_cursor_stays_valid(feed: ChangeFeed, append: Any) -> None:
    append(1, 2)
    cursor = page(feed).next_cursor
    assert page(feed, cursor) == FeedPage([], cursor, has_more=False)
    append(3)
    assert numbers(page(feed, cursor)) == [3]


def test_latest_starts_after_the_newest_change(feed: ChangeFeed, append: Any) -> None:
    append(1, 2)
    cursor = feed.latest().next_cursor
    append(3)
    assert numbers(page(feed, cursor)) == [3]


def test_a_feed_continues_in_the_next_partition(feed: ChangeFeed, append: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_feed, "BUCKET_CHANGES", 10)
    for start in range(1, 40, 3):
        append(*range(start, start + 3))
    assert list(follow(feed, limit=7)) == list(range(1, 40))
    assert list(follow(feed)) == list(range(1, 40))


def test_a_type_is_filtered_within_a_bounded_read(
    feed: ChangeFeed, append: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_feed, "_MAX_READ_CHANGES", 10)
    append(*range(1, 26))
    append(26, entity_type="tenant")
    first = page(feed, entity_type="tenant")
    assert (first.changes, first.has_more) == ([], True)
    assert list(follow(feed, entity_type="tenant")) == [26]
    assert list(follow(feed, entity_type="owner", limit=3)) == list(range(1, 26))


def test_a_page_ends_before_a_missing_number(feed: ChangeFeed, append: Any, dynamodb: "DynamoDBClient") -> None:
    begin = feed.latest().next_cursor
    append(*range(1, 6))
    hidden = dynamodb.delete_item(TableName=ACTIVITY, Key=to_attributes(change_feed._key(3)), ReturnValues="ALL_OLD")[
        "Attributes"
    ]
    found = page(feed, begin)
    assert (numbers(found), found.has_more) == ([1, 2], False)
    dynamodb.put_item(TableName=ACTIVITY, Item=hidden)
    assert numbers(page(feed, found.next_cursor)) == [3, 4, 5]


def test_a_change_that_is_being_written_is_no_expired_one(
    feed: ChangeFeed, append: Any, dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    append(1)
    cursor = page(feed).next_cursor
    append(2)
    dynamodb.delete_item(TableName=ACTIVITY, Key=to_attributes(change_feed._key(2)))
    with pytest.raises(ChangesExpired):
        page(feed, cursor)

    def conflict(**_: Any) -> None:
        raise dynamodb.exceptions.TransactionCanceledException({"Error": {"Code": "c"}}, "TransactGetItems")

    monkeypatch.setattr(dynamodb, "transact_get_items", conflict)
    assert page(feed, cursor) == FeedPage([], cursor, has_more=False)


def test_a_moved_counter_rejects_the_changes_of_a_late_writer(
    feed: ChangeFeed, append: Any, dynamodb: "DynamoDBClient"
) -> None:
    for read in (FeedCounter(), FeedCounter(1, NOON)):
        late = feed.appends(read, [{"id": "9", "entityType": "owner"}], NOON)
        append(read.last + 1)
        with pytest.raises(ConcurrentWrite) as error:
            transact(dynamodb, late)
        assert error.value.failed == {0}
    assert list(follow(feed)) == [1, 2]


def test_the_oldest_kept_change_begins_the_feed(feed: ChangeFeed, append: Any) -> None:
    for day in range(100):
        append(day + 1, now=NOON - (99 - day) * DAY)
    assert next(iter(follow(feed))) == 11
    assert numbers(page(feed, limit=3)) == [11, 12, 13]
    assert next(iter(follow(feed, now=NOON + 80 * DAY))) == 91
    assert numbers(page(feed, now=NOON + 90 * DAY)) == []


def test_the_cursor_of_an_expired_change_is_gone(feed: ChangeFeed, append: Any, dynamodb: "DynamoDBClient") -> None:
    append(1, 2, now=NOON)
    first = page(feed, limit=1).next_cursor
    assert numbers(page(feed, first, now=NOON + 90 * DAY - 1)) == [2]
    with pytest.raises(ChangesExpired):
        page(feed, first, now=NOON + 90 * DAY)
    for number in (1, 2):
        dynamodb.delete_item(TableName=ACTIVITY, Key=to_attributes(change_feed._key(number)))
    with pytest.raises(ChangesExpired):
        page(feed, first, now=NOON + 95 * DAY)
    append(3, now=NOON + 95 * DAY)
    assert list(follow(feed, now=NOON + 95 * DAY)) == [3]


def test_the_cursor_after_the_newest_change_never_expires(feed: ChangeFeed, append: Any) -> None:
    append(1)
    cursor = page(feed).next_cursor
    append(2, now=NOON + 200 * DAY)
    assert numbers(page(feed, cursor, now=NOON + 200 * DAY)) == [2]


def test_a_cursor_of_a_newer_table_is_gone(feed: ChangeFeed, append: Any) -> None:
    append(1)
    with pytest.raises(ChangesExpired):
        page(feed, change_feed._encode(2))


@pytest.mark.parametrize("after", ["1", "x" * 13, "-000000000001", 1])
def test_a_cursor_of_another_list_is_rejected(feed: ChangeFeed, after: Any) -> None:
    for cursor in (encode_cursor({"pk": "feed", "after": after}), encode_cursor({"pk": "owner#1", "after": "0" * 13})):
        with pytest.raises(MalformedRequest):
            page(feed, cursor)


def test_a_clock_that_is_behind_records_no_earlier_time(feed: ChangeFeed, append: Any) -> None:
    append(1, now=NOON + 60)
    append(2, now=NOON)
    assert feed.counter() == FeedCounter(2, NOON + 60)


def test_changes_are_deleted_after_they_expire(append: Any, dynamodb: "DynamoDBClient") -> None:
    append(1)
    [item] = dynamodb.query(
        TableName=ACTIVITY,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "feed#0"}},
    )["Items"]
    assert item["expiresAt"]["N"] == str(int(NOON) + 93 * DAY)


class Unisolated:
    """A client whose queries show some items only of the last transaction, as DynamoDB's may while it is written."""

    def __init__(self, client: "DynamoDBClient", dice: random.Random) -> None:
        self._client = client
        self._dice = dice
        self._lock = threading.Lock()
        self._newest: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> Any:
        with self._lock:
            response = self._client.transact_write_items(**request)
            items = [action["Put"]["Item"] for action in request["TransactItems"] if "Put" in action]
            self._newest = {item["sk"]["S"] for item in items if item["pk"]["S"].startswith("feed#")}
            return response

    def query(self, **request: Any) -> Any:
        with self._lock:
            response = self._client.query(**request)
            hidden = {sk for sk in self._newest if self._dice.random() < 0.5}
            response["Items"] = [item for item in response["Items"] if item["sk"]["S"] not in hidden]
            return response

    def transact_get_items(self, **request: Any) -> Any:
        with self._lock:
            if self._dice.random() < 0.5:
                error: Any = {"Error": {"Code": "TransactionCanceledException"}}
                raise self._client.exceptions.TransactionCanceledException(error, "TransactGetItems")
            return self._client.transact_get_items(**request)


@pytest.mark.parametrize("seed", range(3))
def test_a_reader_sees_no_gap_while_shards_write(
    dynamodb: "DynamoDBClient", seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_atomic(dynamodb, monkeypatch)
    client: Any = Unisolated(dynamodb, random.Random(seed))
    feed, rounds, is_over = ChangeFeed(client, ACTIVITY), 20, threading.Event()
    seen: list[str] = []
    expected = {shard: [f"{shard}-{n}-{part}" for n in range(rounds) for part in "abc"] for shard in "xy"}

    def write(shard: str) -> None:
        store, checkpoint = TimelineStore(client, ACTIVITY), TimelineCheckpoint(EntityRef("owner", shard))
        for number in range(rounds):
            after = replace(checkpoint, version=number + 1, status=Status.PENDING)
            changes = [{"id": f"{shard}-{number}-{part}", "entityType": "owner"} for part in "abc"]
            store.commit([CheckpointUpdate(checkpoint, after, changes=changes)], NOON)
            checkpoint = after

    def read() -> None:
        cursor, is_complete = None, False
        while not is_complete:
            was_over = is_over.is_set()
            found = page(feed, cursor, limit=5)
            seen.extend(change["id"] for change in found.changes)
            cursor = found.next_cursor
            is_complete = was_over and len(seen) >= 2 * 3 * rounds

    with ThreadPoolExecutor() as pool:
        reader = pool.submit(read)
        for writer in [pool.submit(write, shard) for shard in "xy"]:
            writer.result(timeout=60)
        is_over.set()
        reader.result(timeout=60)
    assert {shard: [each for each in seen if each[0] == shard] for shard in "xy"} == expected
