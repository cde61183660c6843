"""Work orders. Buildium: /v1/workorders. Date, status and priority are those of their task.

An order without a title has the task's.
"""

from tests.simulator.entity_type import EntityType, copied
from tests.simulator.errors import Problem
from tests.simulator.filters import about_rentals, amounts, any_found, contains_found, ids, one_id, yes_or_no
from tests.simulator.model import Json, Record
from tests.simulator.places import check_place
from tests.simulator.state import State
from tests.simulator.tasks import KINDS, PRIORITIES, STATUSES, property_of, read_to_do
from tests.simulator.times import LAST_UPDATED_DAY, days
from tests.simulator.users import check_staff
from tests.simulator.validation import (
    calendar_date,
    list_of,
    name,
    nested,
    number,
    one_of,
    optional,
    reference,
    required,
    text,
)

CONTACTS = {"users": "Staff", "tenants": "RentalTenant", "owners": "RentalOwner"}

LINE = {
    "GlAccountId": optional(reference("glaccounts")),
    "Quantity": required(number()),
    "Memo": optional(text()),
    "UnitPrice": required(number()),
}
PUT = {
    "Title": optional(text(127)),
    "WorkDetails": optional(text(65535)),
    "InvoiceNumber": optional(text(50)),
    "ChargeableTo": optional(text(100)),
    "EntryAllowed": required(one_of("Unknown", "Yes", "No")),
    "EntryNotes": optional(text(65535)),
    "VendorId": required(reference("vendors")),
    "VendorNotes": optional(text(65535)),
    "EntryContactId": optional(reference(*CONTACTS)),
    "EntryContactIds": optional(list_of(reference(*CONTACTS))),
    "LineItems": optional(list_of(nested(LINE))),
}
NEW_TASK = {
    "Title": required(name(127)),
    "DueDate": optional(calendar_date()),
    "Priority": required(one_of(*PRIORITIES)),
    "Status": required(one_of(*STATUSES)),
    "PropertyId": optional(reference("rentals")),
    "UnitId": optional(reference("units")),
    "AssignedToUserId": required(reference("users")),
}
POST = {**PUT, "TaskId": optional(reference("tasks")), "Task": optional(nested(NEW_TASK))}
WRITTEN_AS_READ = (
    "Title",
    "WorkDetails",
    "InvoiceNumber",
    "ChargeableTo",
    "EntryAllowed",
    "EntryNotes",
    "VendorId",
    "VendorNotes",
)
BLANK: Json = {
    "Task": None,
    **dict.fromkeys(WRITTEN_AS_READ, None),
    "EntryAllowed": "Unknown",
    "VendorId": 0,
    "EntryContacts": [],
    "LineItems": [],
}


def _read(body: Json, current: Json | None) -> Json:
    task_id = body.get("TaskId")
    return {
        "Task": current["Task"] if current else task_id and {"Id": task_id},
        **copied(body, *WRITTEN_AS_READ),
        "EntryContacts": [{"Id": contact_id} for contact_id in _contact_ids(body)],
        "LineItems": [copied(line, *LINE) for line in body.get("LineItems") or []],
    }


def _contact_ids(body: Json) -> list[int]:
    one = body.get("EntryContactId")
    return list(dict.fromkeys(([] if one is None else [one]) + (body.get("EntryContactIds") or [])))


def _rules(state: State, body: Json, _current: Record | None) -> list[Problem]:
    task = body.get("Task")
    if task is None:
        return []
    if body.get("TaskId") is not None:
        return [Problem("Task", "Task and TaskId cannot be given together.")]
    return check_place(state, task, "Task.") + check_staff(state, task["AssignedToUserId"], "Task.AssignedToUserId")


def _after_create(state: State, record: Record, body: Json) -> None:
    task = body.get("Task")
    if task:
        made = state.insert("tasks", read_to_do({**task, "TaskStatus": task["Status"]}, None))
        record.public["Task"] = {"Id": made.id}


def _task(state: State, record: Record) -> Record | None:
    task = record.public["Task"]
    return state.find("tasks", task["Id"]) if task else None


def _of_task(state: State, record: Record, key: str) -> object:
    task = _task(state, record)
    return task.public[key] if task else None


def _bill_ids(state: State, record: Record) -> list[int]:
    return [bill.id for bill in state.all("bills") if bill.public["WorkOrderId"] == record.id]


def _amount(_state: State, record: Record) -> float:
    return float(sum(line["Quantity"] * line["UnitPrice"] for line in record.public["LineItems"]))


def _contact(state: State, contact_id: int) -> Json:
    kinds = [kind for type_name, kind in CONTACTS.items() if state.exists(type_name, contact_id)]
    return {"Id": contact_id, "Resources": [{"Type": kind, "Href": None} for kind in kinds]}


def _computed(state: State, record: Record) -> Json:
    bills = _bill_ids(state, record)
    contacts = [_contact(state, contact["Id"]) for contact in record.public["EntryContacts"]]
    return {
        **_computed_of_task(_task(state, record)),
        "Title": _title(state, record),
        "EntryContact": contacts[0] if contacts else None,
        "EntryContacts": contacts,
        "BillTransactionId": bills[0] if bills else None,
        "BillTransactionIds": bills,
        "Amount": _amount(state, record),
    }


def _computed_of_task(task: Record | None) -> Json:
    if task is None:
        return {"Task": None, **dict.fromkeys(("DueDate", "Priority", "Status"))}
    shared = copied(task.public, "DueDate", "Priority")
    known = {**copied(task.public, "Title", "UnitId", "UnitAgreement"), "Type": task.public["TaskType"]}
    status = {"Status": task.public["TaskStatus"]}
    return {"Task": {"Id": task.id, **known, **shared, **status}, **shared, **status}


def _title(state: State, record: Record) -> object:
    return record.public["Title"] or _of_task(state, record, "Title")


def _rentals_of(state: State, record: Record) -> list[int | None]:
    task = _task(state, record)
    return [property_of(task)] if task else []


def _category_of(state: State, record: Record) -> int | None:
    task = _task(state, record)
    return (task.public["Category"] or {}).get("Id") if task else None


def _agreement_of(state: State, record: Record) -> int | None:
    task = _task(state, record)
    return (task.public["UnitAgreement"] or {}).get("Id") if task else None


WORK_ORDERS = EntityType(
    name="workorders",
    path="/workorders",
    first_id=8001,
    blank=BLANK,
    post=POST,
    put=PUT,
    read=_read,
    rules=_rules,
    after_create=_after_create,
    computed=_computed,
    event="WorkOrder",
    id_field="WorkOrderId",
    filters={
        **about_rentals(_rentals_of),
        "statuses": any_found(lambda state, record: [_of_task(state, record, "TaskStatus")], STATUSES),
        "type": any_found(lambda state, record: [_of_task(state, record, "TaskType")], KINDS),
        "unitid": one_id(lambda state, record: _of_task(state, record, "UnitId")),
        "unitagreementid": one_id(_agreement_of),
        **LAST_UPDATED_DAY,
        **days("duedate", lambda state, record: _of_task(state, record, "DueDate")),
        "taskcategoryid": one_id(_category_of),
        "priorities": any_found(lambda state, record: [_of_task(state, record, "Priority")], PRIORITIES),
        "assignedtoid": one_id(lambda state, record: _of_task(state, record, "AssignedToUserId")),
        "vendorids": ids(lambda _state, record: [record.public["VendorId"]]),
        **amounts(_amount),
        "isbilled": yes_or_no(_bill_ids),
        "title": contains_found(lambda state, record: [_title(state, record)]),
        "taskids": ids(lambda _state, record: [(record.public["Task"] or {}).get("Id")]),
    },
)
