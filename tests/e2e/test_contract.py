"""The shapes that clients expect, from the deployed API."""

import pytest

from tests.e2e.api import Api, property_body, unique
from tests.e2e.buildium import owners_named, rentals_named
from tests.e2e.waiting import status_becomes
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e

PROPERTY_KEYS = {
    "id", "name", "addressLine1", "city", "state", "postalCode", "country", "rentalSubType", "status", "createdAt",
    "updatedAt",
}  # fmt: skip
OWNER_KEYS = {
    "id", "contact_id", "is_company", "first_name", "last_name", "primary_email", "primary_phone", "displayName",
    "created_at", "updated_at", "buildiumSync",
}  # fmt: skip
STATUS_KEYS = {
    "entityType", "entityId", "buildiumId", "lastSyncedAt", "syncStatus", "errorMessage", "createdAt", "updatedAt",
}  # fmt: skip


def test_a_created_property_is_answered_with_its_outcome(api: Api, simulator: RemoteSimulator) -> None:
    name = unique("Maple Court")
    answer = api.send("POST", "/api/properties", property_body(name))
    body = answer.json()
    [rental] = rentals_named(simulator, name)
    assert answer.status_code == 201
    assert body["message"] == "Property created successfully"
    assert body["property"].keys() >= PROPERTY_KEYS
    assert body["buildiumSync"] == {"success": True, "buildiumId": rental["Id"], "error": None, "status": "synced"}
    assert rental["Address"]["Country"] == "UnitedStates"


def test_a_created_owner_is_answered_flat_and_linked_to_its_property(api: Api, simulator: RemoteSimulator) -> None:
    name = unique("Martin")
    created = api.create_property(unique("Elm House"))
    body = api.create_owner(name, [created["property"]["id"]])
    [owner] = owners_named(simulator, name)
    assert body.keys() >= OWNER_KEYS
    assert (body["first_name"], body["last_name"], body["displayName"]) == ("Ada", name, f"Ada {name}")
    assert body["buildiumSync"] == {"success": True, "buildiumId": owner["Id"], "error": None, "status": "synced"}
    assert owner["PropertyIds"] == [created["buildiumSync"]["buildiumId"]]


def test_reading_answers_in_the_shape_of_the_create(api: Api) -> None:
    created = api.create_property(unique("Oak Row"))
    owner = api.create_owner(unique("Reader"), [created["property"]["id"]])
    read = api.get(f"/api/properties/{created['property']['id']}")
    assert (read["property"], read["buildiumSync"]) == (created["property"], created["buildiumSync"])
    assert api.get(f"/api/owners/{owner['id']}") == owner


def test_a_list_is_read_to_its_end_by_cursors(api: Api) -> None:
    ids = {api.create_property(unique("Listed"), "respond-async")["property"]["id"] for _ in range(3)}
    pages = api.pages("/api/properties", "items", limit="2")
    listed = [row["id"] for page in pages for row in page]
    assert {len(page) for page in pages} <= {0, 1, 2}
    assert len(listed) == len(set(listed))
    assert ids <= set(listed)
    assert all("buildiumSync" in row for page in pages for row in page)


def test_an_update_of_a_property_reaches_buildium(api: Api, simulator: RemoteSimulator) -> None:
    name, renamed = unique("Before"), unique("After")
    created = api.create_property(name)
    buildium_id = created["buildiumSync"]["buildiumId"]
    answer = api.send("PUT", f"/api/properties/{created['property']['id']}", {"name": renamed, "yearBuilt": 1999})
    body = answer.json()
    rental = simulator.get("rentals", buildium_id)
    assert answer.status_code == 200
    assert body["property"] == {
        **created["property"],
        "name": renamed,
        "yearBuilt": 1999,
        "operatingBankAccountId": rental["OperatingBankAccountId"],  # what the account's default was
        "updatedAt": body["property"]["updatedAt"],
    }
    assert body["buildiumSync"] == {"success": True, "buildiumId": buildium_id, "error": None, "status": "synced"}
    assert (rental["Name"], rental["YearBuilt"], rental["Address"]["City"]) == (renamed, 1999, "Portland")
    assert not rentals_named(simulator, name)


def test_an_update_of_an_owner_reaches_buildium(api: Api, simulator: RemoteSimulator) -> None:
    property_id = api.create_property(unique("Birch Lane"))["property"]["id"]
    created = api.create_owner(unique("Lovelace"), [property_id])
    body = api.send("PUT", f"/api/owners/{created['id']}", {"primaryPhone": "503-555-0199", "comment": "Moved"}).json()
    owner = simulator.get("owners", created["buildiumSync"]["buildiumId"])
    assert body.keys() >= OWNER_KEYS
    assert (body["primary_phone"], body["comment"]) == ("503-555-0199", "Moved")
    assert body["buildiumSync"] == created["buildiumSync"]
    assert (owner["Comment"], owner["LastName"]) == ("Moved", created["last_name"])
    assert [phone["Number"] for phone in owner["PhoneNumbers"]] == ["503-555-0199"]


def test_the_sync_status_tells_the_buildium_id(api: Api) -> None:
    created = api.create_property(unique("Status"))
    property_id = created["property"]["id"]
    status = status_becomes(api, "property", property_id, "synced")
    assert status.keys() >= STATUS_KEYS
    assert (status["entityType"], status["entityId"]) == ("property", property_id)
    assert status["buildiumId"] == created["buildiumSync"]["buildiumId"]
    assert status["lastSyncedAt"] is not None
    assert status["errorMessage"] is None
