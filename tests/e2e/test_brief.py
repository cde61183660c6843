"""The product's brief, word for word: its requests, responses, webhooks and settings against the deployed stack."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest

from tests.e2e.account import CASES, create_rejected, read
from tests.e2e.api import PATIENTLY, Api, Json, property_body, unique
from tests.e2e.test_webhooks import deliver
from tests.e2e.waiting import eventually, status_becomes
from tests.simulator import RemoteSimulator
from tests.template.template import template
from tools.local_cloud.environment import setting_names
from tools.local_cloud.state import Stack

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

pytestmark = pytest.mark.e2e

TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")
PROPERTY = {
    "name": "Sample Property",
    "addressLine1": "123 Main St",
    "city": "New York",
    "state": "NY",
    "postalCode": "10001",
    "country": "US",
    "rentalSubType": "Office",
    "status": "Active",
}
OWNER = {
    "isCompany": False,
    "firstName": "John",
    "lastName": "Doe",
    "primaryEmail": "john.doe@example.com",
    "primaryPhone": "+1-555-0123",
    "primaryAddressLine1": "456 Oak Ave",
    "primaryCity": "New York",
    "primaryState": "NY",
    "primaryPostalCode": "10002",
    "primaryCountry": "US",
}
OWNER_SHOWN = {
    "is_company": False,
    "first_name": "John",
    "last_name": "Doe",
    "primary_email": "john.doe@example.com",
    "primary_phone": "+1-555-0123",
    "displayName": "John Doe",
}
STATUS_KEYS = {
    "entityType", "entityId", "buildiumId", "lastSyncedAt", "syncStatus", "errorMessage", "createdAt", "updatedAt",
}  # fmt: skip
STATES = ("received", "published", "processed", "ignored", "failed")
NAMED = {
    "property": "Property",
    "unit": "Unit",
    "owner": "Owner",
    "vendor": "Vendor",
    "task": "Task",
    "bill": "Bill",
    "bank-account": "BankAccount",
    "lease": "Lease",
}
"""The brief's names of the types in its webhooks, by local type."""
SETTINGS = {
    "BUILDIUM_BASE_URL": "https://api.buildium.com/v1",
    "BUILDIUM_SYNC_ENABLED": "true",
    "BUILDIUM_RETRY_ATTEMPTS": "3",
    "BUILDIUM_RETRY_DELAY": "1000",
    "BUILDIUM_TIMEOUT": "30000",
}
SECRETS = ("BUILDIUM_API_KEY", "BUILDIUM_WEBHOOK_SECRET")


@pytest.fixture
def without_flat_events(simulator: RemoteSimulator) -> Iterator[None]:
    """Buildium sends no events, so that the brief's is the only one."""
    simulator.configure_webhooks(enabled=False)
    yield
    simulator.configure_webhooks(enabled=True)


def batch_event(event_type: str, entity_type: str, entity_id: int, data: Any = None) -> Json:
    """An event of a batch, with the brief's keys."""
    return {
        "Id": f"event-{uuid4().hex}",
        "EventType": event_type,
        "EntityId": entity_id,
        "EntityType": entity_type,
        "EventDate": "2025-01-15T10:30:00Z",
        "Data": data or {},
    }


def stored(api: Api, event_id: str, *states: str) -> list[Json]:
    """The newest stored events with an id, in these states or in any."""
    pages = [api.get("/api/buildium/events", status=state, limit="100") for state in states or STATES]
    # An event whose state changes between two pages is on both.
    rows = {row["eventId"]: row for page in pages for row in page["items"] if row["ids"].get("Id") == event_id}
    return list(rows.values())


def processed(api: Api, event_id: str) -> Json:
    """Wait until an event is processed, and return it."""
    return eventually(lambda: stored(api, event_id, "processed"))[0]


def assert_time(text: str) -> None:
    assert TIME.fullmatch(text)
    assert datetime.fromisoformat(text).tzinfo == UTC


class TestResponses:
    @pytest.mark.parametrize("token", [{}, {"X-CSRF-Token": "a token"}], ids=["without a token", "with a token"])
    def test_the_property_request_of_the_brief_gets_the_documented_response(
        self, api: Api, simulator: RemoteSimulator, token: dict[str, str]
    ) -> None:
        response = api.send("POST", "/api/properties", PROPERTY, headers={"Prefer": PATIENTLY, **token})
        body = response.json()
        shown, sync = body["property"], body["buildiumSync"]

        assert response.status_code == 201, response.text
        assert list(body) == ["message", "property", "buildiumSync"]
        assert body["message"] == "Property created successfully"
        assert {name: shown[name] for name in PROPERTY} == PROPERTY
        assert isinstance(shown["id"], str)
        assert_time(shown["createdAt"])
        assert_time(shown["updatedAt"])
        assert sync == {"success": True, "buildiumId": sync["buildiumId"], "error": None, "status": "synced"}
        rental = simulator.get("rentals", sync["buildiumId"])
        assert (rental["Name"], rental["Address"]["Country"]) == (PROPERTY["name"], "UnitedStates")

    def test_the_owner_request_of_the_brief_gets_the_documented_response(self, api: Api) -> None:
        response = api.send("POST", "/api/owners", OWNER, headers={"Prefer": PATIENTLY})
        body = response.json()

        assert response.status_code == 201, response.text
        assert {name: body[name] for name in OWNER_SHOWN} == OWNER_SHOWN
        assert all(isinstance(body[name], str) for name in ("id", "contact_id"))
        assert_time(body["created_at"])
        assert_time(body["updated_at"])
        # The local operation succeeds; Buildium accepts no owner without a property, and the response has the reason.
        assert (body["buildiumSync"]["success"], body["buildiumSync"]["buildiumId"]) == (False, None)
        assert "propertyIds" in body["buildiumSync"]["error"]


class TestOwnerOfAProperty:
    def test_the_owner_of_a_property_is_synced(self, api: Api, simulator: RemoteSimulator) -> None:
        home = api.create_property(unique("Home"))
        request = {**OWNER, "propertyIds": [home["property"]["id"]]}
        body = api.send("POST", "/api/owners", request, headers={"Prefer": PATIENTLY}).json()
        sync = body["buildiumSync"]
        owner = simulator.get("owners", sync["buildiumId"])

        assert {name: body[name] for name in OWNER_SHOWN} == OWNER_SHOWN
        assert sync == {"success": True, "buildiumId": owner["Id"], "error": None, "status": "synced"}
        assert owner["PropertyIds"] == [home["buildiumSync"]["buildiumId"]]
        assert (owner["FirstName"], owner["LastName"], owner["Email"]) == ("John", "Doe", "john.doe@example.com")
        assert [phone["Number"] for phone in owner["PhoneNumbers"]] == ["+1-555-0123"]


class TestSyncStatus:
    def test_a_sync_status_has_the_keys_of_the_brief(self, api: Api) -> None:
        created = api.create_property(unique("One"))
        body = api.get("/api/buildium/sync", entityType="property", entityId=created["property"]["id"])
        status = body["syncStatus"]

        assert (list(body), status.keys() >= STATUS_KEYS) == (["syncStatus"], True)
        assert (status["entityType"], status["entityId"]) == ("property", created["property"]["id"])
        assert (status["buildiumId"], status["syncStatus"]) == (created["buildiumSync"]["buildiumId"], "synced")
        assert status["errorMessage"] is None
        for name in ("lastSyncedAt", "createdAt", "updatedAt"):
            assert_time(status[name])

    def test_the_status_of_an_unknown_sync_is_not_found(self, api: Api) -> None:
        response = api.send("GET", "/api/buildium/sync", query={"entityType": "property", "entityId": "123"})

        assert response.status_code == 404


class TestFailedSyncs:
    def test_a_failed_sync_is_listed_and_retried_by_its_type(self, api: Api, simulator: RemoteSimulator) -> None:
        name = unique("Refused")
        failed = create_rejected(api, simulator, "property", property_body(name), name)
        vendor = unique("Refused")
        other = create_rejected(api, simulator, "vendor", {"isCompany": True, "companyName": vendor}, vendor)
        listed = {row["entityId"]: row for row in api.rows("/api/buildium/sync", "failedSyncs")}
        row = listed[failed]

        assert row.keys() >= STATUS_KEYS
        assert {key: row[key] for key in ("entityType", "buildiumId", "lastSyncedAt", "syncStatus")} == {
            "entityType": "property", "buildiumId": None, "lastSyncedAt": None, "syncStatus": "failed",
        }  # fmt: skip
        assert row["errorMessage"]
        assert other in listed

        response = api.send("POST", "/api/buildium/sync", {"entityType": "property"})
        body = response.json()
        assert (response.status_code, body["success"], body["errors"]) == (200, True, [])
        assert body["retried"] >= 1
        status_becomes(api, "property", failed, "synced")
        assert api.sync_status("vendor", other)["syncStatus"] == "failed", "another type is not retried"

        api.send("POST", "/api/buildium/sync", {"entityType": "vendor", "entityId": other})
        status_becomes(api, "vendor", other, "synced")

    def test_a_failed_sync_keeps_the_local_write_and_its_error(self, api: Api, simulator: RemoteSimulator) -> None:
        name = unique("Refused")
        simulator.fault("status", method="POST", path="/rentals", naming=name, status=422)
        body = api.create_property(name)
        sync = body["buildiumSync"]

        assert (sync["success"], sync["buildiumId"]) == (False, None)
        assert sync["error"] == api.sync_status("property", body["property"]["id"])["errorMessage"]
        assert api.get(f"/api/properties/{body['property']['id']}")["property"]["name"] == name


class TestEvents:
    @pytest.mark.parametrize("operation", ["Created", "Updated"])
    @pytest.mark.parametrize("entity_type", NAMED)
    def test_each_event_type_of_the_brief_updates_the_entity(
        self,
        api: Api,
        simulator: RemoteSimulator,
        account: dict[str, str],
        webhook_secret: str,
        without_flat_events: None,
        entity_type: str,
        operation: str,
    ) -> None:
        case, name = CASES[entity_type], NAMED[entity_type]
        buildium_id = api.sync_status(entity_type, account[entity_type])["buildiumId"]
        value = f"2027-0{1 + (operation == 'Created')}-28" if entity_type == "lease" else unique(operation)
        [key] = case.edit
        simulator.edit(case.plural, buildium_id, {key: value})
        event = batch_event(f"{name}{operation}", name, buildium_id, {key: value})

        response = deliver(api, {"Events": [event]}, webhook_secret)

        assert (response.status_code, response.json()) == (200, {"received": 1, "new": 1})
        eventually(lambda: read(api, entity_type, account[entity_type]), lambda seen: seen[case.field] == value)
        del event["Data"]
        assert processed(api, event["Id"])["payload"] == event

    def test_one_failed_event_of_a_batch_stops_no_other(
        self, api: Api, simulator: RemoteSimulator, webhook_secret: str, without_flat_events: None
    ) -> None:
        made = [api.create_property(unique("Batch")) for _ in range(2)]
        bad, good = (body["buildiumSync"]["buildiumId"] for body in made)
        renamed = unique("Renamed")
        for buildium_id in (bad, good):
            simulator.edit("rentals", buildium_id, {"Name": renamed})
        simulator.fault("status", "GET", f"/rentals/{bad}", times=None, status=500)
        events = [batch_event("PropertyUpdated", "Property", buildium_id) for buildium_id in (bad, good)]

        assert deliver(api, {"Events": events}, webhook_secret).json() == {"received": 2, "new": 2}

        assert [len(eventually(partial(stored, api, each["Id"]))) for each in events] == [1, 1]
        processed(api, events[1]["Id"])
        [failed] = eventually(lambda: stored(api, events[0]["Id"]))
        assert failed["status"] != "processed"
        simulator.clear_faults()
        assert api.send("POST", f"/api/buildium/events/{failed['eventId']}/retry").status_code == 202
        for body in made:
            eventually(partial(read, api, "property", body["property"]["id"]), lambda seen: seen["name"] == renamed)
        assert processed(api, events[0]["Id"])["error"] is None


class TestDeployment:
    def test_the_stack_accepts_every_setting_of_the_brief(self) -> None:
        defaults = {
            name: str(template()["Parameters"][parameter]["Default"]) for name, parameter in setting_names().items()
        }

        assert {name: defaults[name] for name in SETTINGS} == SETTINGS
        assert defaults.keys() >= set(SECRETS)

    def test_the_sync_is_deployed_with_the_settings_of_the_brief(
        self, lambda_client: "LambdaClient", resources: dict[str, str]
    ) -> None:
        found = lambda_client.get_function_configuration(FunctionName=resources["SyncFunction"])

        assert found["Environment"]["Variables"].keys() >= SETTINGS.keys()

    def test_every_client_has_a_rate_limit(self, aws: boto3.Session, stack: Stack) -> None:
        plans = aws.client("apigateway", endpoint_url=stack.endpoint).get_usage_plans()["items"]

        assert {(plan["throttle"]["rateLimit"], plan["throttle"]["burstLimit"]) for plan in plans} == {(200.0, 400)}
