"""How a sync ends, and when the client learns the outcome."""

import pytest

from tests.e2e.account import create_rejected
from tests.e2e.api import AT_ONCE, Api, property_body, unique
from tests.e2e.buildium import creates_of, owners_named, rentals_named
from tests.e2e.waiting import status_becomes
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e

SLOW_SECONDS = 2.0


def test_respond_async_returns_before_the_outcome(api: Api, simulator: RemoteSimulator) -> None:
    name = unique("Slow")
    simulator.fault("latency", "POST", "/rentals", naming=name, seconds=SLOW_SECONDS)
    response = api.send("POST", "/api/properties", property_body(name), headers={"Prefer": AT_ONCE})
    before = rentals_named(simulator, name)
    body = response.json()
    assert (response.status_code, response.headers["preference-applied"]) == (201, AT_ONCE)
    assert body["buildiumSync"] == {"success": None, "buildiumId": None, "error": None, "status": "pending"}
    assert not before
    status = status_becomes(api, "property", body["property"]["id"], "synced")
    assert [rental["Id"] for rental in rentals_named(simulator, name)] == [status["buildiumId"]]


def test_a_waiting_client_gets_the_outcome(api: Api, simulator: RemoteSimulator) -> None:
    name = unique("Awaited")
    simulator.fault("latency", "POST", "/rentals", naming=name, seconds=SLOW_SECONDS)
    headers = {"Prefer": "wait=20"}
    response = api.send("POST", "/api/properties", property_body(name), headers=headers)
    assert response.headers["preference-applied"] == "wait=20"
    assert response.json()["buildiumSync"]["status"] == "synced"


def test_an_owner_is_blocked_until_its_property_is_synced(api: Api, simulator: RemoteSimulator) -> None:
    name, home = unique("Early"), unique("Late")
    property_id = create_rejected(api, simulator, "property", property_body(home), home)
    owner = api.create_owner(name, [property_id])
    assert owner["buildiumSync"]["status"] == "blocked"
    assert owner["buildiumSync"]["success"] is False
    assert property_id in owner["buildiumSync"]["error"]
    assert api.send("POST", "/api/buildium/sync", {"entityType": "property", "entityId": property_id}).ok
    status = status_becomes(api, "owner", owner["id"], "synced")
    assert [found["Id"] for found in owners_named(simulator, name)] == [status["buildiumId"]]


def test_an_owner_without_properties_is_blocked_until_it_has_one(api: Api, simulator: RemoteSimulator) -> None:
    owner = api.create_owner(unique("Landless"), [])
    assert owner["buildiumSync"]["status"] == "blocked"
    assert "propertyIds" in owner["buildiumSync"]["error"]
    property_id = api.create_property(unique("Bought"))["property"]["id"]
    updated = api.send("PUT", f"/api/owners/{owner['id']}", {"propertyIds": [property_id]}).json()
    assert updated["buildiumSync"]["status"] == "synced"


@pytest.mark.parametrize("fault", ["reset_after", "error_after", "garbage_after"])
def test_a_lost_create_is_adopted(api: Api, simulator: RemoteSimulator, fault: str) -> None:
    name = unique("Lost")
    simulator.fault(fault, "POST", "/rentals", naming=name, status=502)
    created = api.create_property(name, AT_ONCE)
    status = status_becomes(api, "property", created["property"]["id"], "synced")
    assert [rental["Id"] for rental in rentals_named(simulator, name)] == [status["buildiumId"]]
    assert len(creates_of(simulator, name)) == 1


def test_a_throttled_create_is_sent_again(api: Api, simulator: RemoteSimulator) -> None:
    name = unique("Unheard")
    simulator.fault("status", "POST", "/rentals", naming=name, status=429)
    created = api.create_property(name)
    assert created["buildiumSync"]["status"] == "synced"
    assert len(rentals_named(simulator, name)) == 1
    assert [exchange.status for exchange in creates_of(simulator, name)] == [429, 201]
