from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_record import Status
from buildium_sync.errors import Conflict
from buildium_sync.store.dynamodb import to_attributes
from buildium_sync.store.timeline_pages import MOST_ENTITIES, MOST_PAGES, ActivityStore, Marker, Step
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
    after = replace(before, revision=before.revision + 1, status=status)
    return Step(before, after.with_page(list(entries), NOON) if entries else after)


def items(dynamodb: "DynamoDBClient", pk: str) -> list[dict[str, Any]]:
    answer = dynamodb.query(
        TableName=ACTIVITY, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": pk}}
    )
    return [dict(item) for item in answer["Items"]]


def test_an_entity_that_nothing_is_known_of_has_a_new_marker(store: ActivityStore) -> None:
    assert store.markers([SEVEN, SEVEN]) == {SEVEN: Marker(SEVEN)}
    assert Marker(SEVEN).is_new


def test_a_step_moves_the_marker_adds_the_page_and_counts(store: ActivityStore) -> None:
    taken = step(Marker(SEVEN), Status.PENDING, {"kind": "updated_by_client"})
    store.commit([taken])
    assert store.markers([SEVEN]) == {SEVEN: taken.after}
    assert [page.entries for page in store.pages(SEVEN, NOON)] == [[{"kind": "updated_by_client"}]]
    assert store.counts() == {"property": {"pending": 1}}


def test_a_count_follows_an_entity_from_state_to_state(store: ActivityStore) -> None:
    first = step(Marker(SEVEN), Status.PENDING)
    store.commit([first])
    store.commit([step(first.after, Status.SYNCED)])
    assert store.counts() == {"property": {"pending": 0, "synced": 1}}


def test_entities_of_one_commit_are_counted_together(store: ActivityStore) -> None:
    owner = EntityRef("owner", "3")
    store.commit([step(Marker(ref), Status.SYNCED) for ref in (SEVEN, EIGHT, owner)])
    assert store.counts() == {"property": {"synced": 2}, "owner": {"synced": 1}}


def test_a_step_from_an_old_marker_changes_nothing(store: ActivityStore) -> None:
    first = step(Marker(SEVEN), Status.PENDING, {"kind": "updated_by_client"})
    store.commit([first])
    stale = replace(first.after, revision=7)
    for late in (first, *(step(stale, status, {"kind": "picked_up"}) for status in (Status.FAILED, Status.PENDING))):
        with pytest.raises(Conflict):
            store.commit([step(Marker(EIGHT), Status.PENDING), late])
    assert store.markers([SEVEN, EIGHT]) == {SEVEN: first.after, EIGHT: Marker(EIGHT)}
    assert store.counts() == {"property": {"pending": 1}}


def test_pages_expire_and_markers_do_not(store: ActivityStore, dynamodb: "DynamoDBClient") -> None:
    first = step(Marker(SEVEN), Status.PENDING, {"kind": "updated_by_client"})
    store.commit([first])
    store.commit([step(first.after, Status.PENDING, {"kind": "picked_up"})])
    kept = {item["sk"]["S"]: item.get("expiresAt", {}).get("N") for item in items(dynamodb, SEVEN.pk)}
    assert kept == {"checkpoint": None, "page#000": str(NOON + 90 * DAY)}


def test_a_page_that_was_put_aside_before_the_function_was_killed_is_told_once(
    store: ActivityStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = step(Marker(SEVEN), Status.PENDING, {"kind": "updated_by_client"})
    store.commit([first])
    second = step(first.after, Status.PENDING, {"kind": "picked_up"})
    with monkeypatch.context() as patch:
        patch.setattr(store, "_move", raising)
        with pytest.raises(ConnectionError):
            store.commit([second])
    assert [page.entries for page in store.pages(SEVEN, NOON)] == [[{"kind": "updated_by_client"}]]
    store.commit([second])
    assert [page.entries for page in store.pages(SEVEN, NOON)] == [
        [{"kind": "updated_by_client"}],
        [{"kind": "picked_up"}],
    ]


def raising(_step: Step) -> None:
    raise ConnectionError("killed")


def test_a_marker_of_when_each_page_was_an_item_goes_on(store: ActivityStore, dynamodb: "DynamoDBClient") -> None:
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
    store.commit([step(store.markers([SEVEN])[SEVEN], Status.SYNCED, {"kind": "echo_received"})])
    assert [page.entries for page in store.pages(SEVEN, NOON)] == [
        [{"kind": "updated_by_client"}],
        [{"kind": "echo_received"}],
    ]


def test_an_expired_page_is_not_shown_while_the_table_still_has_it(store: ActivityStore) -> None:
    store.commit([step(Marker(SEVEN), Status.PENDING, {"kind": "updated_by_client"})])
    assert store.pages(SEVEN, NOON + 90 * DAY - 1)
    assert not store.pages(SEVEN, NOON + 90 * DAY)


def test_a_timeline_keeps_its_newest_pages_and_never_grows_beyond_them(
    store: ActivityStore, dynamodb: "DynamoDBClient"
) -> None:
    marker = Marker(SEVEN)
    for number in range(MOST_PAGES + 3):
        taken = step(marker, Status.PENDING, {"number": number})
        store.commit([taken])
        marker = taken.after
    assert len(items(dynamodb, SEVEN.pk)) == MOST_PAGES + 1
    assert [page.number for page in store.pages(SEVEN, NOON)] == list(range(2, MOST_PAGES + 3))
    assert [page.entries for page in store.pages(SEVEN, NOON)][-1] == [{"number": MOST_PAGES + 2}]


def test_a_full_commit_is_one_transaction(store: ActivityStore) -> None:
    refs = [EntityRef("property", str(number)) for number in range(MOST_ENTITIES)]
    store.commit([step(Marker(ref), Status.PENDING, {"kind": "updated_by_client"}) for ref in refs])
    assert store.counts() == {"property": {"pending": MOST_ENTITIES}}
