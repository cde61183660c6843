"""Entities are found by their ids, and by the beginnings of their names, e-mail addresses and streets."""

import time
from dataclasses import replace
from typing import Any

import pytest

from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.store.timeline_pages import TimelineStore
from tests.aws import ACTIVITY
from tests.functions.api import CREATED, Api
from tools.rebuild_lookups import LookupRebuilder

OWNER: dict[str, Any] = {
    "isCompany": False,
    "firstName": "Zoë",
    "lastName": "Müller Ortega",
    "primaryEmail": "Zoe.M@Example.com",
    "primaryAddressLine1": "12 Élysée Road",
}


def store(
    api: Api, ref: EntityRef, buildium_id: int | None = None, external_id: str | None = None, **fields: Any
) -> None:
    """Store an entity with its search terms."""
    entity = Entity(ref, 1, fields, Origin.API, CREATED, CREATED, "earlier", external_id=external_id)
    record = SyncRecord(ref, 1, Status.SYNCED, CREATED, CREATED, "earlier", requested_at=CREATED)
    writes = api.store.writes
    links = [writes.put_link(ref, buildium_id)] if buildium_id else []
    externals = [writes.put_external_id(ref, external_id)] if external_id else []
    api.store.write(
        writes.put_entity(entity), writes.put_sync(replace(record, buildium_id=buildium_id)), *links, *externals
    )
    rebuild(api, ref.entity_type)


def rebuild(api: Api, entity_type: str) -> None:
    timelines = TimelineStore(api.dynamodb, ACTIVITY, time.sleep)
    LookupRebuilder(api.store, timelines).rebuild_page(by_name(entity_type), None)


def found(api: Api, text: str) -> list[tuple[str, str]]:
    items = api.get("/api/search", q=text).body["items"]
    return [(each["entityId"], each["matched"]) for each in items]


@pytest.fixture
def entities(api: Api) -> Api:
    store(api, EntityRef("owner", "o-1"), buildium_id=77, external_id="EXT-9", **OWNER)
    store(api, EntityRef("property", "p-1"), buildium_id=501, name="Elm House", addressLine1="9 Oak Ave")
    store(api, EntityRef("property", "p-2"), name="Elmwood", addressLine1="10 Elm St", status="Active")
    store(api, EntityRef("tenant", "t-1"), firstName="Kim", lastName="Lee", taxId="987-65-4321")
    return api


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("o-1", [("o-1", "localId")]),
        ("501", [("p-1", "buildiumId")]),
        ("EXT-9", [("o-1", "externalId")]),
        ("zoe", [("o-1", "term")]),
        ("ZOË MULL", [("o-1", "term")]),
        ("ortega", [("o-1", "term")]),
        ("zoe.m@ex", [("o-1", "term")]),
        ("12 elysee", [("o-1", "term")]),
        ("Élysée", [("o-1", "term")]),
        ("elm", [("p-1", "term"), ("p-2", "term")]),
        ("elm h", [("p-1", "term")]),
        ("oak  ave", [("p-1", "term")]),
        ("lm house", []),
    ],
)
def test_an_entity_is_found_by_its_ids_and_terms(text: str, expected: list[tuple[str, str]], entities: Api) -> None:
    assert sorted(found(entities, text)) == expected


def test_a_secret_field_finds_nothing(entities: Api) -> None:
    assert found(entities, "987-65-4321") == []
    assert b"987-65" not in str(entities.dynamodb.scan(TableName=ACTIVITY)["Items"]).encode()


def test_a_result_has_what_identifies_the_entity(entities: Api) -> None:
    [result] = entities.get("/api/search", q="501").body["items"]

    assert (result["name"], result["address"], result["buildiumId"], result["syncStatus"]) == (
        "Elm House",
        "9 Oak Ave",
        501,
        "synced",
    )


def test_an_outdated_term_finds_nothing(entities: Api) -> None:
    ref = EntityRef("property", "p-1")
    loaded = entities.store.load(ref)
    assert loaded
    renamed = loaded.entity._replace(version=2, fields={**loaded.entity.fields, "name": "Birch"})
    writes = entities.store.writes
    entities.store.write(writes.put_entity(renamed), writes.put_sync(loaded.sync.edited(2, "later", 1.0)))
    assert found(entities, "elm h") == []

    rebuild(entities, "property")
    assert found(entities, "birch") == [("p-1", "term")]


@pytest.mark.parametrize("query", [{}, {"q": "e"}, {"q": " "}, {"q": "elm", "limit": "5"}])
def test_a_search_needs_two_characters(query: dict[str, str], api: Api) -> None:
    assert api.get("/api/search", **query).status == 400


def test_a_single_digit_is_a_buildium_id(api: Api) -> None:
    assert found(api, "7") == []


def test_a_long_list_is_cut(api: Api) -> None:
    for number in range(21):
        ref = EntityRef("property", f"p-{number}")
        entity = Entity(ref, 1, {"name": f"Same {number}"}, Origin.API, CREATED, CREATED, "earlier")
        record = SyncRecord(ref, 1, Status.SYNCED, CREATED, CREATED, "earlier", requested_at=CREATED)
        api.store.write(api.store.writes.put_entity(entity), api.store.writes.put_sync(record))
    rebuild(api, "property")
    response = api.get("/api/search", q="same").body

    assert (len(response["items"]), response["hasMore"]) == (20, True)
