"""Rules of tasks and to-do requests."""

import pytest

from tests.clocks import VirtualClock
from tests.simulator import Simulator
from tests.simulator.conftest import Caller
from tests.simulator.payloads import rental, task

pytestmark = pytest.mark.sends_invalid_requests

TO_DOS = "/tasks/todorequests"


def test_the_seeded_account_has_an_active_staff_user(call: Caller) -> None:
    assert call.ids("/users", usertypes="Staff", status="Active") == [201]


def test_a_to_do_is_a_task_with_fewer_keys(call: Caller, home: int, flat: int, buildium: Simulator) -> None:
    response = call("POST", TO_DOS, task(Description="It drips", PropertyId=home, UnitId=flat, CategoryId=401))
    made = response.json()
    assert response.headers["Location"] == f"{buildium.base_url}{TO_DOS}/{made['Id']}"
    assert (made["Description"], made["Property"]["Id"], made["UnitId"]) == ("It drips", home, flat)
    assert made["Category"]["Name"] == "Maintenance"
    assert made["CreatedDateTime"] == made["LastUpdatedDateTime"] == "2026-01-05T09:00:00Z"
    shown = call("GET", f"/tasks/{made['Id']}").json()
    assert shown == {**made, "TaskType": "Todo", "UnitAgreement": None, "RequestedByUserEntity": None}
    assert call("GET", f"{TO_DOS}/{made['Id']}").json() == made


def test_tasks_of_other_kinds_are_readable_only_at_tasks(call: Caller, buildium: Simulator) -> None:
    made = buildium.create("tasks", {"TaskType": "ResidentRequest", "Title": "No heat"})
    assert call("GET", f"/tasks/{made['Id']}").json() == made
    assert call.ids("/tasks") == call.ids("/tasks", type="ResidentRequest") == [made["Id"]]
    assert call.ids(TO_DOS) == call.ids("/tasks", type="Todo") == []
    assert call("GET", f"{TO_DOS}/{made['Id']}").status_code == 404
    assert call("PUT", f"{TO_DOS}/{made['Id']}", task()).status_code == 404


def test_a_put_accepts_message_but_rejects_description(call: Caller, buildium: Simulator, clock: VirtualClock) -> None:
    made = call.created(TO_DOS, task(Description="It drips", DueDate="2026-01-09"))
    path = f"{TO_DOS}/{made['Id']}"
    clock.now += 60
    put = call("PUT", path, task(TaskStatus="Completed", Message="New washer")).json()
    assert (put["TaskStatus"], put["Description"], put["DueDate"]) == ("Completed", "It drips", None)
    assert put["LastUpdatedDateTime"] == "2026-01-05T09:01:00Z"
    assert buildium.state()["tasks"][0]["_private"] == {"Message": "New washer"}
    assert call.rejected_keys("PUT", path, task(Description="x")) == ["Description"]
    assert call.rejected_keys("POST", TO_DOS, task(Message="x")) == ["Message"]


@pytest.mark.parametrize(("method", "path"), [("POST", "/tasks"), ("PUT", "/tasks/5001")])
def test_tasks_are_writable_only_as_to_dos(call: Caller, method: str, path: str) -> None:
    call.created(TO_DOS, task())
    assert call(method, path, task()).status_code == 405


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"Title": ""}, "Title"),
        ({"Title": "x" * 128}, "Title"),
        ({"AssignedToUserId": None}, "AssignedToUserId"),
        ({"AssignedToUserId": 99}, "AssignedToUserId"),
        ({"TaskStatus": "Done"}, "TaskStatus"),
        ({"Priority": "Urgent"}, "Priority"),
        ({"PropertyId": 99}, "PropertyId"),
        ({"UnitId": 99}, "UnitId"),
        ({"CategoryId": 99}, "CategoryId"),
        ({"SubCategoryId": 451}, "SubCategoryId"),
        ({"DueDate": "01/09/2026"}, "DueDate"),
        ({"TaskType": "Todo"}, "TaskType"),
    ],
)
def test_an_invalid_to_do_is_rejected(call: Caller, changes: dict[str, object], key: str) -> None:
    assert call.rejected_keys("POST", TO_DOS, task(**changes)) == [key]


def test_a_to_do_requires_an_active_property_and_its_unit(
    call: Caller, home: int, flat: int, buildium: Simulator
) -> None:
    other = call.created("/rentals", rental())["Id"]
    assert call.rejected_keys("POST", TO_DOS, task(PropertyId=other, UnitId=flat)) == ["UnitId"]
    assert call.rejected_keys("POST", TO_DOS, task(UnitId=flat)) == ["UnitId"]
    buildium.edit("rentals", home, {"IsActive": False})
    assert call.rejected_keys("POST", TO_DOS, task(PropertyId=home)) == ["PropertyId"]


def test_a_to_do_must_be_assigned_to_staff(call: Caller, buildium: Simulator) -> None:
    user = buildium.create("users", {"UserTypes": ["Vendor"]})["Id"]
    assert call.rejected_keys("POST", TO_DOS, task(AssignedToUserId=user)) == ["AssignedToUserId"]


def test_tasks_are_filtered_by_title_and_entity(call: Caller, home: int) -> None:
    first = call.created(TO_DOS, task(PropertyId=home))["Id"]
    call.created(TO_DOS, task(Title="Paint"))
    for path in ("/tasks", TO_DOS):
        assert call.ids(path, tasktitle="TAP", statuses=["New", "Closed"]) == [first]
        assert call.ids(path, entitytype="Rental", entityid=home) == [first]
        assert call("GET", f"{path}?entityid={home}").status_code == 422


def test_lastupdatedfrom_has_a_resolution_of_one_day(call: Caller, clock: VirtualClock) -> None:
    first = call.created(TO_DOS, task())["Id"]
    clock.now += 86_400
    second = call.created(TO_DOS, task())["Id"]
    assert call.ids("/tasks", lastupdatedfrom="2026-01-05", orderby="Id") == [first, second]
    assert call.ids("/tasks", lastupdatedfrom="2026-01-06") == [second]
    assert call.ids("/tasks", lastupdatedto="2026-01-05") == [first]
    assert call("GET", "/tasks?lastupdatedfrom=2026-01-05T00:00:00Z").status_code == 422
