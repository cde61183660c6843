"""Webhook events update local entities once and cause no echo."""

import json
import random
import time
from datetime import UTC, datetime

import pytest
import requests

from tests.e2e.api import Api, Json, unique
from tests.e2e.buildium import calls_about, rentals_named
from tests.e2e.waiting import eventually
from tests.simulator import RemoteSimulator
from tests.simulator.webhooks import signed_headers

pytestmark = pytest.mark.e2e

PATH = "/api/webhooks/buildium"
FINISHED = ("processed", "ignored", "failed")


@pytest.fixture
def unknown_id() -> int:
    """A Buildium id that no property has."""
    return random.randint(10**8, 10**9)


def flat_event(name: str, **ids: int) -> Json:
    """A Buildium event of this moment."""
    return {
        "EventName": name,
        "EventDateTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}7Z",
        "AccountId": 123456,
        **ids,
    }


def deliver(api: Api, event: Json, secret: str) -> requests.Response:
    """Send an event without an API key, signed with a secret."""
    return send_signed(api, json.dumps(event, separators=(",", ":")).encode(), secret)


def send_signed(api: Api, body: bytes, secret: str) -> requests.Response:
    """Send a raw body, signed with a secret."""
    headers = signed_headers(secret, body, int(time.time()))
    return api.send("POST", PATH, data=body, headers=headers, with_key=False)


def events_of(api: Api, buildium_id: int, *states: str) -> list[Json]:
    """The stored events about one Buildium id."""
    rows = [row for state in states for row in api.rows("/api/buildium/events", "items", status=state, limit="100")]
    return [row for row in rows if row["entityId"] == buildium_id]


def rental_event(api: Api, buildium_id: int, name: str, *states: str) -> Json:
    """The event of this name about a property, once it is in one of the states."""

    def look() -> list[Json]:
        return [event for event in events_of(api, buildium_id, *states) if event["eventName"] == name]

    return eventually(look)[0]


def assert_comment_becomes(api: Api, owner_id: str, comment: str) -> None:
    eventually(lambda: api.get(f"/api/owners/{owner_id}"), lambda seen: seen["comment"] == comment)


class TestBuildiumChanges:
    def test_an_edit_in_buildium_updates_the_local_property(self, api: Api, simulator: RemoteSimulator) -> None:
        created = api.create_property(unique("Ours"))
        renamed = unique("Theirs")
        simulator.edit("rentals", created["buildiumSync"]["buildiumId"], {"Name": renamed})
        path = f"/api/properties/{created['property']['id']}"
        read = eventually(lambda: api.get(path), lambda seen: seen["property"]["name"] == renamed)
        assert read["buildiumSync"] == created["buildiumSync"]
        assert read["property"]["city"] == created["property"]["city"]

    def test_a_property_created_in_buildium_is_created_locally(self, api: Api, simulator: RemoteSimulator) -> None:
        name = unique("Made there")
        address = {"AddressLine1": "1 Pine Way", "City": "Salem", "State": "OR", "PostalCode": "97301"}
        rental = simulator.create("rentals", {"Name": name, "Address": {**address, "Country": "UnitedStates"}})

        def look() -> list[Json]:
            return [row for row in api.rows("/api/properties", "items", limit="100") if row["name"] == name]

        [ours] = eventually(look)
        assert ours["buildiumSync"]["buildiumId"] == rental["Id"]
        assert len(rentals_named(simulator, name)) == 1

    def test_an_echo_makes_no_call_and_no_second_entity(self, api: Api, simulator: RemoteSimulator) -> None:
        name = unique("Echo")
        created = api.create_property(name)
        buildium_id = created["buildiumSync"]["buildiumId"]
        rental_event(api, buildium_id, "Rental.Created", "processed")
        renamed = unique("Echo")
        api.send("PUT", f"/api/properties/{created['property']['id']}", {"name": renamed})
        rental_event(api, buildium_id, "Rental.Updated", "processed")
        listed = [row for row in api.rows("/api/properties", "items", limit="100") if row["name"] in (name, renamed)]
        assert [row["id"] for row in listed] == [created["property"]["id"]]
        # The read and the write of the update, and no call for the webhooks.
        assert [call.method for call in calls_about(simulator, f"/rentals/{buildium_id}")] == ["GET", "PUT"]
        assert len(rentals_named(simulator, renamed)) == 1


class TestSignature:
    def test_a_wrong_signature_is_rejected_and_nothing_is_stored(self, api: Api, unknown_id: int) -> None:
        event = flat_event("Rental.Updated", PropertyId=unknown_id)
        response = deliver(api, event, "not-the-secret")
        assert response.status_code == 401
        assert response.headers["content-type"] == "application/problem+json"
        assert not events_of(api, unknown_id, "received", "published", *FINISHED)

    def test_an_unsigned_webhook_is_rejected(self, api: Api, unknown_id: int) -> None:
        response = api.send("POST", PATH, flat_event("Rental.Updated", PropertyId=unknown_id), with_key=False)
        assert response.status_code == 401


class TestDelivery:
    def test_an_event_delivered_twice_is_stored_once(self, api: Api, webhook_secret: str, unknown_id: int) -> None:
        event = flat_event("Rental.Updated", PropertyId=unknown_id)
        first, second = (deliver(api, event, webhook_secret) for _ in range(2))
        assert (first.status_code, first.json()) == (200, {"received": 1, "new": 1})
        assert (second.status_code, second.json()) == (200, {"received": 1, "new": 0})
        eventually(lambda: events_of(api, unknown_id, *FINISHED))
        assert len(events_of(api, unknown_id, "received", "published", *FINISHED)) == 1

    def test_every_event_of_a_batch_is_processed(self, api: Api, simulator: RemoteSimulator) -> None:
        home = api.create_property(unique("Home"))
        owners = [api.create_owner(unique("Batch"), [home["property"]["id"]]) for _ in range(2)]
        buildium_ids = [owner["buildiumSync"]["buildiumId"] for owner in owners]
        comments = [unique("Comment") for _ in owners]
        # Owners have no flat events: only the batch form has them.
        for buildium_id, comment in zip(buildium_ids, comments, strict=True):
            simulator.edit("owners", buildium_id, {"Comment": comment})
        batch = [{"EventType": "OwnerUpdated", "EntityType": "Owner", "EntityId": each} for each in buildium_ids]
        assert simulator.send_batch(batch).responses == [200]
        for owner, comment in zip(owners, comments, strict=True):
            assert_comment_becomes(api, owner["id"], comment)

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (b"[]", "a JSON array"),
            (b"null", "a JSON null"),
            (b'{"Events":null}', "Events is not a list"),
            (b"\xef\xbb\xbf{}", "byte order mark"),
            (b'{"a":' * 30 + b"1" + b"}" * 30, "nested"),
        ],
    )
    def test_a_signed_body_of_any_shape_is_acknowledged_and_ignored(
        self, api: Api, webhook_secret: str, body: bytes, reason: str
    ) -> None:
        assert send_signed(api, body, webhook_secret).status_code == 200

        def look() -> list[Json]:
            rows = api.rows("/api/buildium/events", "items", status="ignored", limit="100")
            return [row for row in rows if row["eventName"] == "" and reason in row["error"]]

        assert eventually(look)

    def test_an_unknown_event_is_acknowledged_and_ignored(self, api: Api, webhook_secret: str) -> None:
        event = flat_event("Castle.Besieged", CastleId=7)
        assert deliver(api, event, webhook_secret).status_code == 200

        def look() -> list[Json]:
            rows = api.rows("/api/buildium/events", "items", status="ignored", limit="100")
            return [row for row in rows if row["eventDateTime"] == event["EventDateTime"]]

        [ignored] = eventually(look)
        assert ignored["eventName"] == "Castle.Besieged"


class TestFailedEvents:
    def test_a_failed_event_is_listed_and_can_be_retried(self, api: Api, simulator: RemoteSimulator) -> None:
        created = api.create_property(unique("Unread"))
        buildium_id, renamed = created["buildiumSync"]["buildiumId"], unique("Read")
        rental_event(api, buildium_id, "Rental.Created", "processed")
        simulator.fault("status", "GET", f"/rentals/{buildium_id}", status=400)
        simulator.edit("rentals", buildium_id, {"Name": renamed})
        failed = rental_event(api, buildium_id, "Rental.Updated", "failed")
        assert failed["error"]
        response = api.send("POST", f"/api/buildium/events/{failed['eventId']}/retry")
        assert (response.status_code, response.json()["event"]["eventId"]) == (202, failed["eventId"])
        path = f"/api/properties/{created['property']['id']}"
        eventually(lambda: api.get(path), lambda seen: seen["property"]["name"] == renamed)
        processed = rental_event(api, buildium_id, "Rental.Updated", "processed")
        assert processed["eventId"] == failed["eventId"]
        assert not processed["error"]

    def test_a_500_of_an_events_read_is_retried_within_seconds(self, api: Api, simulator: RemoteSimulator) -> None:
        created = api.create_property(unique("Unread"))
        buildium_id, renamed = created["buildiumSync"]["buildiumId"], unique("Read")
        rental_event(api, buildium_id, "Rental.Created", "processed")
        simulator.fault("status", "GET", f"/rentals/{buildium_id}", status=500)
        simulator.edit("rentals", buildium_id, {"Name": renamed})

        rental_event(api, buildium_id, "Rental.Updated", "processed")
        assert api.get(f"/api/properties/{created['property']['id']}")["property"]["name"] == renamed

    def test_a_retry_of_an_unknown_event_is_not_found(self, api: Api) -> None:
        assert api.send("POST", "/api/buildium/events/unknown/retry").status_code == 404
