"""GET /api/webhooks/deliveries: the deliveries to the application, newest first, and the state of its receiver."""

from buildium_sync.clock import format_iso
from buildium_sync.domain.app_webhook import Outcome
from buildium_sync.store.app_webhook_deliveries import DeliveryStore
from buildium_sync.store.app_webhook_state import ReceiverStateStore
from tests.aws import ACTIVITY, CONTROL
from tests.flows.app_webhook import change_event
from tests.functions.api import Api

START = 1_795_356_000.0
WORKING = {"status": "working", "failingSince": None, "pausedAt": None, "error": None}
FAILED = Outcome(503, "HTTP status 503")


def deliver(api: Api, number: int, outcome: Outcome) -> None:
    """Record a delivery, one second later for each number."""
    store = DeliveryStore(api.dynamodb, ACTIVITY, lambda: START + number)
    store.record(change_event(number, START + number), outcome, counts=True)


def test_without_deliveries_the_list_is_empty(api: Api) -> None:
    assert api.file("deliveries-list").body == {"items": [], "nextCursor": None, "receiver": WORKING}


def test_deliveries_are_listed_newest_first_in_pages(api: Api) -> None:
    for number in range(3):
        deliver(api, number, Outcome(204, None))
    first = api.get("/api/webhooks/deliveries", limit="2").body
    assert [item["id"] for item in first["items"]] == ["event-2", "event-1"]
    last = api.get("/api/webhooks/deliveries", limit="2", cursor=first["nextCursor"]).body
    assert [item["id"] for item in last["items"]] == ["event-0"]
    assert last["nextCursor"] is None


def test_a_delivery_has_its_attempts_and_error(api: Api) -> None:
    deliver(api, 1, FAILED)
    deliver(api, 1, FAILED)
    [item] = api.get("/api/webhooks/deliveries").body["items"]
    assert item == {
        "id": "event-1",
        "type": "EntityUpdated",
        "entityType": "owner",
        "entityId": "owner-1",
        "at": format_iso(START + 1),
        "status": "retrying",
        "attempts": 2,
        "error": "HTTP status 503",
        "attemptedAt": format_iso(START + 1),
    }


def test_the_state_of_the_receiver_is_shown(api: Api) -> None:
    states = ReceiverStateStore(api.dynamodb, CONTROL)
    states.record_failure(START, "HTTP status 503")
    failing = {**WORKING, "status": "failing", "failingSince": format_iso(START), "error": "HTTP status 503"}
    assert api.get("/api/webhooks/deliveries").body["receiver"] == failing
    states.pause(START + 1, START + 2, "HTTP status 503")
    paused = {**failing, "status": "paused", "pausedAt": format_iso(START + 1)}
    assert api.get("/api/webhooks/deliveries").body["receiver"] == paused
    states.clear()
    assert api.get("/api/webhooks/deliveries").body["receiver"] == WORKING


def test_a_cursor_of_another_list_is_rejected(api: Api) -> None:
    assert api.get("/api/webhooks/deliveries", cursor="eyJwayI6ICJvdGhlciJ9").status == 400


def test_only_get_is_allowed(api: Api) -> None:
    assert api.request("POST", "/api/webhooks/deliveries").status == 405
