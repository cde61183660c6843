"""The app webhook of the deployed stack delivers change events to an application on loopback."""

import pytest

from tests.e2e.api import Api, Json, unique
from tests.e2e.waiting import eventually
from tests.harness.receiver import ReceiverServer
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e

PATH = "/api/webhooks/deliveries"


@pytest.fixture
def server(application: ReceiverServer | None) -> ReceiverServer:
    if application is None:
        pytest.skip("This local cloud has no receiver of the tests.")
    return application


def received(server: ReceiverServer, event_type: str, entity_id: str) -> list[Json]:
    """The received events of one type about an entity."""
    return [each for each in server.events if (each["type"], each.get("entityId")) == (event_type, entity_id)]


def test_an_owner_edited_in_buildium_reaches_the_application(
    api: Api, simulator: RemoteSimulator, server: ReceiverServer
) -> None:
    home = api.create_property(unique("Home"))["property"]["id"]
    owner = api.create_owner(unique("Edited"), [home])
    buildium_id = owner["buildiumSync"]["buildiumId"]
    created = eventually(lambda: received(server, "EntityCreated", owner["id"]))
    assert (created[0]["source"], created[0]["entityType"]) == ("client", "owner")

    simulator.edit("owners", buildium_id, {"Comment": unique("Comment")})
    simulator.send_batch([{"EventType": "OwnerUpdated", "EntityType": "Owner", "EntityId": buildium_id}])

    [updated, *_] = eventually(lambda: received(server, "EntityUpdated", owner["id"]))
    assert updated["changedFields"] == ["comment"]
    assert updated["buildiumId"] == buildium_id
    assert server.rejected == []


def test_a_failed_event_is_retried_until_it_is_delivered(api: Api, server: ReceiverServer) -> None:
    failed = iter([True])
    server.behave = lambda _number: 503 if next(failed, False) else 204
    created = api.create_property(unique("Retried"))["property"]["id"]
    [event, *_] = eventually(lambda: received(server, "EntityCreated", created))

    def delivery() -> Json | None:
        rows = api.rows(PATH, "items", limit="100")
        return next((row for row in rows if row["id"] == event["id"]), None)

    row = eventually(delivery, lambda seen: seen is not None and seen["status"] == "delivered")
    assert row is not None
    assert (row["type"], row["entityId"], row["error"]) == ("EntityCreated", created, None)
    eventually(lambda: [each for each in api.rows(PATH, "items", limit="100") if each["attempts"] > 1])


def test_a_test_event_reaches_the_application_at_once(api: Api, server: ReceiverServer) -> None:
    response = api.send("POST", "/api/webhooks/test")
    assert response.status_code == 200
    delivery = response.json()["delivery"]
    assert (delivery["delivered"], delivery["receiverStatus"]) == (True, 204)
    assert delivery["id"] in server.ids


def test_a_test_event_needs_an_api_key(api: Api) -> None:
    assert api.send("POST", "/api/webhooks/test", with_key=False).status_code == 403
