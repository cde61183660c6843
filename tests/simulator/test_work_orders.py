"""Rules of work orders."""

import pytest

from tests.clocks import VirtualClock
from tests.simulator import Simulator
from tests.simulator.conftest import Caller
from tests.simulator.payloads import rental, task, work_order, work_order_task

pytestmark = pytest.mark.sends_invalid_requests


def test_a_work_order_creates_its_task(call: Caller, home: int, flat: int, vendor_id: int) -> None:
    about = work_order_task(DueDate="2026-01-09", PropertyId=home, UnitId=flat)
    made = call.created("/workorders", work_order(vendor_id, Task=about))
    assert (made["Title"], made["DueDate"], made["Priority"], made["Status"]) == (
        "Fix the tap",
        "2026-01-09",
        "Normal",
        "New",
    )
    task = call("GET", f"/tasks/{made['Task']['Id']}").json()
    assert (task["TaskType"], task["Title"], task["Property"]["Id"], task["UnitId"]) == (
        "Todo",
        "Fix the tap",
        home,
        flat,
    )
    assert call("GET", f"/workorders/{made['Id']}").json() == made


def test_a_work_order_shows_the_fields_of_its_task(call: Caller, vendor_id: int, buildium: Simulator) -> None:
    task_id = call.created("/tasks/todorequests", task())["Id"]
    made = call.created("/workorders", work_order(vendor_id, TaskId=task_id))
    assert (made["Task"]["Id"], made["Title"], made["Status"]) == (task_id, "Fix the tap", "New")
    buildium.edit("tasks", task_id, {"TaskStatus": "Completed"})
    assert call("GET", f"/workorders/{made['Id']}").json()["Status"] == "Completed"


def test_a_put_replaces_the_work_order_but_not_its_task(call: Caller, vendor_id: int) -> None:
    lines = [{"Quantity": 2, "UnitPrice": 10.5, "GlAccountId": 301}, {"Quantity": 1, "UnitPrice": 4}]
    written = work_order(vendor_id, Task=work_order_task(), WorkDetails="New washer", LineItems=lines)
    made = call.created("/workorders", written)
    assert made["Amount"] == 25
    path = f"/workorders/{made['Id']}"
    put = call("PUT", path, work_order(vendor_id, EntryAllowed="Yes")).json()
    assert (put["EntryAllowed"], put["WorkDetails"], put["LineItems"], put["Amount"]) == ("Yes", None, [], 0)
    assert put["Task"] == made["Task"]


@pytest.mark.parametrize("key", ["Task", "TaskId", "DueDate", "Status", "Priority"])
def test_a_put_rejects_task_fields(call: Caller, vendor_id: int, key: str) -> None:
    made = call.created("/workorders", work_order(vendor_id))
    assert call.rejected_keys("PUT", f"/workorders/{made['Id']}", work_order(vendor_id, **{key: None})) == [key]


def test_a_work_order_without_a_title_shows_its_tasks_title(call: Caller, vendor_id: int, buildium: Simulator) -> None:
    made = call.created("/workorders", work_order(vendor_id, Title="Tap, kitchen", Task=work_order_task()))
    assert (made["Title"], made["Task"]["Title"]) == ("Tap, kitchen", "Fix the tap")
    path = f"/workorders/{made['Id']}"
    assert call("PUT", path, work_order(vendor_id, Title="Tub")).json()["Title"] == "Tub"
    assert call.ids("/workorders", title="tub") == [made["Id"]]

    assert call("PUT", path, work_order(vendor_id)).json()["Title"] == "Fix the tap"
    buildium.edit("tasks", made["Task"]["Id"], {"Title": "Fix both taps"})
    assert call("GET", path).json()["Title"] == "Fix both taps"


def test_entry_contacts_refer_to_existing_people(call: Caller, vendor_id: int) -> None:
    made = call.created("/workorders", work_order(vendor_id, EntryContactIds=[201]))
    assert made["EntryContact"] == {"Id": 201, "Resources": [{"Type": "Staff", "Href": None}]}
    assert made["EntryContacts"] == [made["EntryContact"]]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"VendorId": 99}, "VendorId"),
        ({"VendorId": None}, "VendorId"),
        ({"EntryAllowed": None}, "EntryAllowed"),
        ({"EntryAllowed": "Maybe"}, "EntryAllowed"),
        ({"TaskId": 99}, "TaskId"),
        ({"Title": "x" * 128}, "Title"),
        ({"InvoiceNumber": "x" * 51}, "InvoiceNumber"),
        ({"ChargeableTo": "x" * 101}, "ChargeableTo"),
        ({"EntryContactIds": [99]}, "EntryContactIds[0]"),
        ({"LineItems": [{"Quantity": 1}]}, "LineItems[0].UnitPrice"),
        ({"LineItems": [{"Quantity": 1, "UnitPrice": 1, "GlAccountId": 9}]}, "LineItems[0].GlAccountId"),
        ({"Task": work_order_task(Title="")}, "Task.Title"),
        ({"Task": work_order_task(AssignedToUserId=99)}, "Task.AssignedToUserId"),
        ({"Task": work_order_task(TaskStatus="New")}, "Task.TaskStatus"),
    ],
)
def test_an_invalid_work_order_is_rejected(call: Caller, vendor_id: int, changes: dict[str, object], key: str) -> None:
    assert call.rejected_keys("POST", "/workorders", {**work_order(vendor_id), **changes}) == [key]


def test_a_work_order_has_exactly_one_task(call: Caller, vendor_id: int, flat: int) -> None:
    task_id = call.created("/tasks/todorequests", task())["Id"]
    both = work_order(vendor_id, TaskId=task_id, Task=work_order_task())
    assert call.rejected_keys("POST", "/workorders", both) == ["Task"]
    elsewhere = work_order_task(PropertyId=call.created("/rentals", rental())["Id"], UnitId=flat)
    assert call.rejected_keys("POST", "/workorders", work_order(vendor_id, Task=elsewhere)) == ["Task.UnitId"]


def test_work_orders_are_filtered_by_title_vendor_and_task(call: Caller, vendor_id: int) -> None:
    made = call.created("/workorders", work_order(vendor_id, Task=work_order_task()))
    other = call.created("/workorders", work_order(vendor_id))["Id"]
    assert call.ids("/workorders", title="tap", vendorids=vendor_id) == [made["Id"]]
    assert call.ids("/workorders", taskids=made["Task"]["Id"], statuses="New") == [made["Id"]]
    assert call.ids("/workorders", vendorids=[vendor_id, 99], orderby="Id") == [made["Id"], other]
    assert call.ids("/workorders", amountfrom=0.5) == []


def test_lastupdatedfrom_has_a_resolution_of_one_day(call: Caller, vendor_id: int, clock: VirtualClock) -> None:
    first = call.created("/workorders", work_order(vendor_id))["Id"]
    clock.now += 86_400
    second = call.created("/workorders", work_order(vendor_id))["Id"]
    assert call.ids("/workorders", lastupdatedfrom="2026-01-05", orderby="Id") == [first, second]
    assert call.ids("/workorders", lastupdatedfrom="2026-01-06") == [second]
    assert call("GET", "/workorders?lastupdatedfrom=2026-01-05T00:00:00Z").status_code == 422
