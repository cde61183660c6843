"""Webhooks: which events are sent, how they are signed, and how rejected ones are retried."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator

import pytest

from tests.clocks import VirtualClock
from tests.simulator import Simulator
from tests.simulator.conftest import Caller, Receiver
from tests.simulator.model import Json
from tests.simulator.payloads import lease, owner, rental, task, tenant, work_order, work_order_task


@pytest.fixture
def buildium(clock: VirtualClock, receiver: Receiver) -> Iterator[Simulator]:
    """A simulator that sends its webhooks to the receiver, without waiting between attempts."""
    with Simulator(rate_limit=0, clock=clock, webhook_url=receiver.url, webhook_secret="s1") as simulator:
        simulator.configure_webhooks(retry_seconds=0)
        yield simulator


def events(buildium: Simulator, receiver: Receiver) -> list[Json]:
    """The received events, once all have arrived."""
    assert buildium.wait_for_webhooks()
    return [json.loads(request.body) for request in receiver.got]


def names(buildium: Simulator, receiver: Receiver) -> list[str]:
    """The names of the events."""
    return [event["EventName"] for event in events(buildium, receiver)]


def test_a_new_property_and_its_default_unit_send_events(call: Caller, buildium: Simulator, receiver: Receiver) -> None:
    call.created("/rentals", rental())
    first, second = events(buildium, receiver)
    assert first == {
        "EventName": "Rental.Created",
        "EventDateTime": "2026-01-05T09:00:00.0000000Z",
        "AccountId": 123456,
        "PropertyId": 1001,
    }
    assert (second["EventName"], second["UnitId"]) == ("RentalUnit.Created", 2001)


def test_no_two_events_have_the_same_time(call: Caller, buildium: Simulator, receiver: Receiver) -> None:
    for _ in range(3):
        call.created("/rentals", rental())
    times = [event["EventDateTime"] for event in events(buildium, receiver)]
    assert len(set(times)) == 6
    assert all(re.fullmatch(r"2026-01-05T09:00:00\.\d{7}Z", time) for time in times)


def test_the_signature_is_over_timestamp_and_raw_body(call: Caller, buildium: Simulator, receiver: Receiver) -> None:
    call.created("/rentals", rental())
    buildium.wait_for_webhooks()
    request = receiver.got[0]
    signed = request.header("buildium-webhook-timestamp").encode() + b"." + request.body
    expected = base64.b64encode(hmac.new(b"s1", signed, hashlib.sha256).digest()).decode()
    assert request.header("buildium-webhook-signature") == expected
    assert request.body == json.dumps(json.loads(request.body), separators=(",", ":")).encode()


def test_owners_have_no_events(call: Caller, buildium: Simulator, receiver: Receiver) -> None:
    home = call.created("/rentals", rental())["Id"]
    made = call.created("/rentals/owners", owner(home))
    call("PUT", f"/rentals/owners/{made['Id']}", owner(home))
    assert names(buildium, receiver) == ["Rental.Created", "RentalUnit.Created"]


def test_edits_by_a_person_send_events(buildium: Simulator, receiver: Receiver) -> None:
    made = buildium.create("rentals", {"Name": "By hand"})
    buildium.edit("rentals", made["Id"], {"Name": "Edited"})
    buildium.delete("rentals", made["Id"])
    assert names(buildium, receiver) == [
        "Rental.Created",
        "RentalUnit.Created",
        "Rental.Updated",
        "RentalUnit.Deleted",
        "Rental.Deleted",
    ]


@pytest.mark.parametrize(
    ("type_name", "fields", "event", "said"),
    [
        ("rentals", {"Name": "x"}, "Rental", "PropertyId"),
        ("units", {"Description": "x"}, "RentalUnit", "UnitId"),
        ("vendors", {"Comments": "x"}, "Vendor", "VendorId"),
        ("tasks", {"Title": "x"}, "Task", "TaskId"),
        ("bills", {"Memo": "x"}, "Bill", "BillId"),
        ("bankaccounts", {"Description": "x"}, "BankAccount", "BankAccountId"),
        ("leases", {"IsEvictionPending": True}, "Lease", "LeaseId"),
        ("tenants", {"Comment": "x"}, "LeaseTenant", "TenantId"),
        ("workorders", {"WorkDetails": "x"}, "WorkOrder", "WorkOrderId"),
    ],
)
def test_every_type_with_events_reports_create_update_and_delete(
    buildium: Simulator, receiver: Receiver, type_name: str, fields: Json, event: str, said: str
) -> None:
    made = buildium.create(type_name)
    edited = buildium.edit(type_name, made["Id"], fields)
    buildium.delete(type_name, made["Id"])
    assert edited.items() >= fields.items()
    received = [one for one in events(buildium, receiver) if one["EventName"].partition(".")[0] == event]
    assert [one["EventName"] for one in received] == [f"{event}.{done}" for done in ("Created", "Updated", "Deleted")]
    assert {one[said] for one in received} == {made["Id"]}


def test_task_events_carry_the_task_type(call: Caller, buildium: Simulator, receiver: Receiver) -> None:
    call.created("/tasks/todorequests", task())
    made = buildium.create("tasks", {"TaskType": "ContactRequest"})
    buildium.delete("tasks", made["Id"])
    received = [(event["EventName"], event["TaskType"]) for event in events(buildium, receiver)]
    assert received == [
        ("Task.Created", "Todo"),
        ("Task.Created", "ContactRequest"),
        ("Task.Deleted", "ContactRequest"),
    ]


def test_entities_created_along_send_events(
    call: Caller, buildium: Simulator, flat: int, vendor_id: int, receiver: Receiver
) -> None:
    events(buildium, receiver)
    receiver.got.clear()
    call.created("/leases", lease(flat, Tenants=[tenant()]))
    call.created("/workorders", work_order(vendor_id, Task=work_order_task()))
    assert names(buildium, receiver) == [
        "Lease.Created",
        "LeaseTenant.Created",
        "WorkOrder.Created",
        "Task.Created",
    ]


def test_events_may_arrive_before_the_response(call: Caller, buildium: Simulator, receiver: Receiver) -> None:
    buildium.configure_webhooks(before_response=True)
    call.created("/rentals", rental())
    assert len(receiver.got) == 2


def test_events_can_be_disabled(call: Caller, buildium: Simulator, receiver: Receiver) -> None:
    buildium.configure_webhooks(enabled=False)
    call.created("/rentals", rental())
    assert events(buildium, receiver) == []
    assert [delivery.outcome for delivery in buildium.deliveries()] == ["dropped"] * 2


def test_a_rejected_event_fails_after_its_last_attempt(buildium: Simulator, receiver: Receiver) -> None:
    receiver.status = 500
    delivery = buildium.send_event({"EventName": "Rental.Updated"})
    assert (delivery.outcome, delivery.responses) == ("failed", [500, 500, 500])
    stats = buildium.stats()["webhooks"]
    assert (stats["failed"], stats["rejected_attempts"], stats["failures_in_a_row"]) == (1, 3, 1)


def test_a_closed_port_counts_as_a_failure(buildium: Simulator) -> None:
    buildium.configure_webhooks(url="http://127.0.0.1:9/")
    assert buildium.send_event({"EventName": "Rental.Updated"}).responses == [0, 0, 0]


def test_twenty_consecutive_failures_suspend_the_subscription(buildium: Simulator, receiver: Receiver) -> None:
    receiver.status = 500
    buildium.configure_webhooks(attempts=1)
    for _ in range(20):
        buildium.send_event({"EventName": "Rental.Updated"})
    receiver.status = 200
    assert buildium.send_event({"EventName": "Rental.Updated"}).outcome == "dropped"
    buildium.configure_webhooks()
    assert buildium.send_event({"EventName": "Rental.Updated"}).outcome == "delivered"


def test_each_event_of_a_batch_has_an_id_and_date(buildium: Simulator, receiver: Receiver) -> None:
    event = {"EventType": "property.updated", "EntityType": "property", "EntityId": 7}
    assert buildium.send_batch([event, event]).outcome == "delivered"
    (body,) = events(buildium, receiver)
    assert [{**sent, "Id": "", "EventDate": ""} for sent in body["Events"]] == [
        {**event, "Id": "", "EventDate": "", "Data": {}}
    ] * 2
    assert body["Events"][0]["Id"] != body["Events"][1]["Id"]
