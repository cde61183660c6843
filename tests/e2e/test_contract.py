"""Reads, lists and updates of the deployed API. The shapes of the brief are in test_brief."""

import pytest

from tests.e2e.api import Api, unique
from tests.e2e.buildium import rentals_named
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e

OWNER_KEYS = {
    "id", "contact_id", "is_company", "first_name", "last_name", "primary_email", "primary_phone", "displayName",
    "created_at", "updated_at", "buildiumSync",
}  # fmt: skip


def test_a_read_has_the_shape_of_the_create(api: Api) -> None:
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
    response = api.send("PUT", f"/api/properties/{created['property']['id']}", {"name": renamed, "yearBuilt": 1999})
    body = response.json()
    rental = simulator.get("rentals", buildium_id)
    assert response.status_code == 200
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
