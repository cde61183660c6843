from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.errors import Conflict
from buildium_sync.store.activity import MOST_ENTITIES, MOST_PAGES, ActivityStore, Marker, Step
from buildium_sync.store.records import EntityRef, Status
from tests.aws import ACTIVITY

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOON = 1_795_348_800
DAY = 86_400
SEVEN, EIGHT = EntityRef("property", "7"), EntityRef("property", "8")


@pytest.fixture
def store(dynamodb: "DynamoDBClient") -> ActivityStore:
    return ActivityStore(dynamodb, ACTIVITY)


def step(before: Marker, status: Status, *entries: Any) -> Step:
    after = replace(before, revision=before.revision + 1, status=status, pages=before.pages + bool(entries))
    return Step(before, after, entries)


def items(dynamodb: "DynamoDBClient", pk: str) -> list[dict[str, Any]]:
    answer = dynamodb.query(
        TableName=ACTIVITY, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": pk}}
    )
    return [dict(item) for item in answer["Items"]]


def test_an_entity_that_nothing_is_known_of_has_a_new_marker(store: ActivityStore) -> None:
    assert store.markers([SEVEN, SEVEN]) == {SEVEN: Marker(SEVEN)}
    assert Marker(SEVEN).is_new


def test_a_step_moves_the_marker_adds_the_page_and_counts(store: ActivityStore) -> None:
    taken = step(Marker(SEVEN), Status.PENDING, {"kind": "written"})
    store.commit([taken], NOON)
    assert store.markers([SEVEN]) == {SEVEN: taken.after}
    assert [page.entries for page in store.pages(SEVEN, NOON)] == [[{"kind": "written"}]]
    assert store.counts() == {"property": {"pending": 1}}


def test_a_count_follows_an_entity_from_state_to_state(store: ActivityStore) -> None:
    first = step(Marker(SEVEN), Status.PENDING)
    store.commit([first], NOON)
    store.commit([step(first.after, Status.SYNCED)], NOON)
    assert store.counts() == {"property": {"pending": 0, "synced": 1}}


def test_entities_of_one_commit_are_counted_together(store: ActivityStore) -> None:
    owner = EntityRef("owner", "3")
    store.commit([step(Marker(ref), Status.SYNCED) for ref in (SEVEN, EIGHT, owner)], NOON)
    assert store.counts() == {"property": {"synced": 2}, "owner": {"synced": 1}}


def test_a_step_from_an_old_marker_changes_nothing(store: ActivityStore) -> None:
    first = step(Marker(SEVEN), Status.PENDING, {"kind": "written"})
    store.commit([first], NOON)
    for late in (first, step(replace(first.after, revision=7), Status.FAILED, {"kind": "seen"})):
        with pytest.raises(Conflict):
            store.commit([step(Marker(EIGHT), Status.PENDING), late], NOON)
    assert store.markers([SEVEN, EIGHT]) == {SEVEN: first.after, EIGHT: Marker(EIGHT)}
    assert store.counts() == {"property": {"pending": 1}}


def test_pages_expire_and_markers_do_not(store: ActivityStore, dynamodb: "DynamoDBClient") -> None:
    store.commit([step(Marker(SEVEN), Status.PENDING, {"kind": "written"})], NOON)
    kept = {item["sk"]["S"]: item.get("expiresAt", {}).get("N") for item in items(dynamodb, SEVEN.pk)}
    assert kept == {"marker": None, "page#000": str(NOON + 90 * DAY)}


def test_an_expired_page_is_not_shown_while_the_table_still_has_it(store: ActivityStore) -> None:
    store.commit([step(Marker(SEVEN), Status.PENDING, {"kind": "written"})], NOON)
    assert store.pages(SEVEN, NOON + 90 * DAY - 1)
    assert not store.pages(SEVEN, NOON + 90 * DAY)


def test_a_timeline_keeps_its_newest_pages_and_never_grows_beyond_them(
    store: ActivityStore, dynamodb: "DynamoDBClient"
) -> None:
    marker = Marker(SEVEN)
    for number in range(MOST_PAGES + 3):
        taken = step(marker, Status.PENDING, {"number": number})
        store.commit([taken], NOON)
        marker = taken.after
    assert len(items(dynamodb, SEVEN.pk)) == MOST_PAGES + 1
    assert [page.number for page in store.pages(SEVEN, NOON)] == list(range(3, MOST_PAGES + 3))
    assert [page.entries for page in store.pages(SEVEN, NOON)][-1] == [{"number": MOST_PAGES + 2}]


def test_a_full_commit_is_one_transaction(store: ActivityStore) -> None:
    refs = [EntityRef("property", str(number)) for number in range(MOST_ENTITIES)]
    store.commit([step(Marker(ref), Status.PENDING, {"kind": "written"}) for ref in refs], NOON)
    assert store.counts() == {"property": {"pending": MOST_ENTITIES}}
