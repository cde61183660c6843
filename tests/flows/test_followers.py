"""Work orders show fields of their task, and leases the number of their unit. They follow a change at once."""

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.entity import Origin
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from tests.flows.system import System
from tests.flows.test_types import CASES
from tests.simulator import Simulator

PAST_THE_ECHO = 60.0
CHANGES = [
    ("title", "Fix the roof"),
    ("taskStatus", "InProgress"),
    ("priority", "High"),
    ("dueDate", "2030-01-01"),
]


@pytest.fixture
def vendor(system: System) -> StoredEntity:
    return system.create("vendor", {"isCompany": True, "companyName": "Pipes Ltd"})


@pytest.fixture
def task(system: System, vendor: StoredEntity) -> StoredEntity:
    made = system.create("task", {"title": "Fix the tap"})
    system.work()
    return made


def order(system: System, vendor: StoredEntity, task: StoredEntity) -> StoredEntity:
    """A synced work order of a synced task."""
    ids = {"vendorId": vendor.entity.ref.entity_id, "taskId": task.entity.ref.entity_id}
    made = system.create("work-order", ids)
    system.work()
    system.clock.sleep(PAST_THE_ECHO)
    system.buildium.clear_requests()
    return made


@pytest.mark.parametrize(("field", "value"), CHANGES)
def test_a_work_order_follows_a_local_change_of_its_task(
    field: str, value: str, system: System, vendor: StoredEntity, task: StoredEntity
) -> None:
    orders = [order(system, vendor, task) for _ in range(2)]

    system.update(task, {field: value})
    system.work()

    assert [system.fields_of(each)[field] for each in orders] == [value, value]
    assert [system.sync_of(each).status for each in (task, *orders)] == [Status.SYNCED] * 3
    assert system.records.read(by_name("work-order"), orders[0].entity.ref.entity_id).entity.origin is Origin.BUILDIUM


def test_a_work_order_follows_the_task_that_buildium_created(
    system: System, buildium: Simulator, vendor: StoredEntity
) -> None:
    made = system.create("work-order", {"vendorId": vendor.entity.ref.entity_id, "title": "Fix the tap"})
    system.work()
    [shown] = buildium.state()["tasks"]
    assert system.inbound.process_event(system.event("Task.Created", "TaskId", shown["Id"])) is EventStatus.PROCESSED
    local_id = system.store.local_ids([("task", shown["Id"])])["task", shown["Id"]]
    system.clock.sleep(PAST_THE_ECHO)

    system.update(system.records.read(by_name("task"), local_id), {"title": "Fix the roof"})
    system.work()

    assert system.fields_of(made)["title"] == "Fix the roof"


def test_a_work_order_of_another_task_is_unchanged(system: System, vendor: StoredEntity, task: StoredEntity) -> None:
    other = system.create("task", {"title": "Other"})
    beside = order(system, vendor, other)
    order(system, vendor, task)

    system.update(task, {"title": "Fix the roof"})
    system.work()

    assert system.fields_of(beside)["title"] == "Other"


def test_a_change_irrelevant_to_work_orders_does_not_list_them(
    system: System, buildium: Simulator, vendor: StoredEntity, task: StoredEntity
) -> None:
    order(system, vendor, task)
    staff = buildium.create("users", {"UserTypes": ["Staff"]})["Id"]

    system.update(task, {"assignedToUserId": staff})
    system.work()

    assert system.calls("PUT") == 1
    assert system.calls("GET", "/v1/workorders") == 0


def test_a_changed_task_without_work_orders_costs_no_extra_call(system: System, task: StoredEntity) -> None:
    system.clock.sleep(PAST_THE_ECHO)
    system.buildium.clear_requests()

    system.update(task, {"title": "Fix the roof"})
    system.work()

    assert (system.calls("GET", "/v1/workorders"), system.calls("PUT")) == (0, 1)


def test_a_new_task_does_not_list_work_orders(system: System, vendor: StoredEntity, task: StoredEntity) -> None:
    order(system, vendor, task)

    system.create("task", {"title": "New"})
    system.work()

    assert system.calls("GET", "/v1/workorders") == 0


@pytest.mark.parametrize("status", [500, 503, 403])
def test_a_task_syncs_once_when_work_orders_cannot_be_listed(
    status: int, system: System, buildium: Simulator, vendor: StoredEntity, task: StoredEntity
) -> None:
    made = order(system, vendor, task)
    buildium.fault("status", "GET", "/workorders", status=status)

    system.update(task, {"title": "Fix the roof"})
    system.work()

    assert system.sync_of(task).status is Status.SYNCED
    assert system.calls("PUT") == 1
    if status != 403:
        assert system.fields_of(made)["title"] == "Fix the roof"


def test_a_work_order_being_written_follows_its_task_later(
    system: System, buildium: Simulator, vendor: StoredEntity, task: StoredEntity
) -> None:
    made = order(system, vendor, task)
    system.update(made, {"vendorNotes": "Ring twice"})

    def change() -> None:
        system.update(task, {"taskStatus": "InProgress"})

    system.during("/v1/workorders", change, "PUT")
    system.work()

    fields = system.fields_of(made)
    assert (fields["taskStatus"], fields["vendorNotes"]) == ("InProgress", "Ring twice")


@pytest.fixture
def lease(system: System) -> dict[str, StoredEntity]:
    """A synced lease with what it needs, by type, past the echoes of their creates."""
    entities: dict[str, StoredEntity] = {}
    for name in (*CASES["lease"].needs, "lease"):
        entities[name] = system.create(name, CASES[name].body(entities))
    system.work()
    system.clock.sleep(PAST_THE_ECHO)
    return entities


def test_a_lease_follows_a_local_rename_of_its_unit(system: System, lease: dict[str, StoredEntity]) -> None:
    system.update(lease["unit"], {"unitNumber": "12B"})
    system.work()

    assert system.fields_of(lease["lease"])["unitNumber"] == "12B"
    assert [system.sync_of(lease[name]).status for name in ("unit", "lease")] == [Status.SYNCED] * 2


def test_a_lease_follows_a_rename_of_its_unit_in_buildium(
    system: System, buildium: Simulator, lease: dict[str, StoredEntity]
) -> None:
    unit = system.sync_of(lease["unit"]).buildium_id
    buildium.edit("units", unit or 0, {"UnitNumber": "12B"})
    system.inbound.process_event(system.event("RentalUnit.Updated", "UnitId", unit))

    assert system.fields_of(lease["lease"])["unitNumber"] == "12B"


def test_a_work_order_follows_its_task_in_buildium(
    system: System, buildium: Simulator, vendor: StoredEntity, task: StoredEntity
) -> None:
    made = order(system, vendor, task)
    shown = system.sync_of(task).buildium_id
    buildium.edit("tasks", shown or 0, {"Title": "Fix the roof"})
    system.inbound.process_event(system.event("Task.Updated", "TaskId", shown))

    assert system.fields_of(made)["title"] == "Fix the roof"


def test_a_unit_that_keeps_its_number_lists_no_leases(
    system: System, buildium: Simulator, lease: dict[str, StoredEntity]
) -> None:
    buildium.clear_requests()
    system.update(lease["unit"], {"description": "Painted"})
    system.work()

    assert (system.calls("PUT"), system.calls("GET", "/v1/leases")) == (1, 0)
