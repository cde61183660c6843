"""Work orders contain fields of their task: a local change of the task updates them at once."""

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.entity import Origin
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.store.events import EventStatus
from tests.flows.system import System
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
