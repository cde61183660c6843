"""The route of the change feed."""

import time
from typing import Any

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.store import change_feed
from buildium_sync.store.stream_records import EntityChange
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.timeline.recorder import TimelineRecorder
from tests.aws import ACTIVITY
from tests.functions.api import PROPERTY_ID, Api
from tests.unit.timeline.stream import life

REF = EntityRef("property", PROPERTY_ID)


def record(api: Api, ref: EntityRef, *states: Status, age_seconds: float = 0) -> None:
    store = TimelineStore(api.dynamodb, ACTIVITY)
    TimelineRecorder(store, lambda: time.time() - age_seconds).record(life(ref, *states))


def changes(api: Api, **query: str) -> dict[str, Any]:
    response = api.get("/api/changes", **query)
    assert response.status == 200
    return response.body


def types(page: dict[str, Any]) -> list[str]:
    return [item["type"] for item in page["items"]]


def test_changes_are_returned_in_order_with_values(api: Api) -> None:
    record(api, REF, Status.FAILED, Status.SYNCED)
    page = changes(api)
    assert types(page) == ["EntityCreated", "SyncFailed", "SyncSucceeded"]
    created = page["items"][0]
    assert created["changes"] == {"name": {"old": None, "new": "a"}}
    assert created["changedFields"] == ["name"]
    assert (created["entityType"], created["entityId"], created["source"]) == ("property", PROPERTY_ID, "client")
    assert (created["version"], created["syncStatus"], page["hasMore"]) == (1, "pending", False)


def test_a_client_follows_the_changes_by_cursor(api: Api) -> None:
    record(api, REF, Status.FAILED)
    first = changes(api, limit="1")
    second = changes(api, limit="1", cursor=first["nextCursor"])
    assert (types(first), types(second)) == (["EntityCreated"], ["SyncFailed"])
    assert changes(api, cursor=second["nextCursor"])["items"] == []
    record(api, EntityRef("owner", "8"))
    later = changes(api, cursor=second["nextCursor"])
    assert [item["entityType"] for item in later["items"]] == ["owner"]


def test_changes_are_limited_to_one_entity_type(api: Api) -> None:
    record(api, EntityRef("owner", "8"))
    record(api, REF)
    page = api.file("changes").body
    assert [item["entityId"] for item in page["items"]] == [PROPERTY_ID]


def test_the_cursor_latest_returns_only_later_changes(api: Api) -> None:
    record(api, REF)
    latest = changes(api, cursor="latest")
    assert (latest["items"], latest["hasMore"]) == ([], False)
    record(api, EntityRef("owner", "8"))
    assert [item["entityId"] for item in changes(api, cursor=latest["nextCursor"])["items"]] == ["8"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"cursor": "eyJwayI6ICJ4In0="}, 400),
        ({"cursor": "Latest"}, 400),
        ({"limit": "0"}, 400),
        ({"limit": "101"}, 400),
        ({"entity": "owner"}, 400),
        ({"entityType": "garage"}, 404),
        ({"entityType": "garage", "cursor": "latest"}, 404),
    ],
)
def test_an_invalid_request_for_changes_returns_a_problem(api: Api, query: dict[str, str], status: int) -> None:
    response = api.get("/api/changes", **query)
    assert (response.status, response.headers["Content-Type"]) == (status, "application/problem+json")


def test_an_expired_cursor_explains_how_to_resynchronise(api: Api) -> None:
    record(api, REF, Status.FAILED, age_seconds=change_feed.RETENTION_SECONDS)
    expired = change_feed._encode(1)
    response = api.get("/api/changes", cursor=expired)
    assert (response.status, response.body["title"]) == (410, "Gone")
    assert "cursor=latest" in response.body["detail"]
    assert changes(api)["items"] == []


def test_the_change_feed_rejects_other_methods(api: Api) -> None:
    response = api.request("POST", "/api/changes", {})
    assert (response.status, response.headers["Allow"]) == (405, "GET")


def test_a_large_change_is_truncated(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    [created, synced] = life(REF)
    assert isinstance(created, EntityChange)
    created.after.fields.update({"name": "x" * 30_000, "city": "y" * 3000})
    TimelineRecorder(TimelineStore(api.dynamodb, ACTIVITY), time.time).record([created, synced])
    [item] = changes(api)["items"]
    assert item["changes"]["name"]["new"] == {"truncated": "x" * 2048, "bytes": 30_000}
    assert item["changes"]["city"] == {"old": None, "new": "y" * 3000}
