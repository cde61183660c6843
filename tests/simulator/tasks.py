"""Tasks, and to-do requests, the only kind that can be written.

Buildium: /v1/tasks lists and reads every kind; /v1/tasks/todorequests creates and changes to-dos.
"""

from tests.simulator.entity_type import EntityType, copied
from tests.simulator.errors import Problem
from tests.simulator.filters import about_rentals, any_of, contains, one_id
from tests.simulator.model import Json, Record
from tests.simulator.places import check_place
from tests.simulator.state import State
from tests.simulator.task_categories import check_subcategory, subcategory
from tests.simulator.times import LAST_UPDATED_DAY, days
from tests.simulator.users import check_staff
from tests.simulator.validation import calendar_date, name, one_of, optional, reference, required, text, whole

TO_DO = "Todo"
KINDS = ("ContactRequest", "ResidentRequest", TO_DO, "RentalOwnerRequest")
STATUSES = ("New", "InProgress", "Completed", "Deferred", "Closed")
PRIORITIES = ("Low", "Normal", "High")

TASK = {
    "Title": required(name(127)),
    "CategoryId": optional(reference("taskcategories")),
    "SubCategoryId": optional(whole()),
    "PropertyId": optional(reference("rentals")),
    "UnitId": optional(reference("units")),
    "AssignedToUserId": required(reference("users")),
    "TaskStatus": required(one_of(*STATUSES)),
    "Priority": required(one_of(*PRIORITIES)),
    "DueDate": optional(calendar_date()),
}
WRITTEN_AS_READ = ("Title", "UnitId", "AssignedToUserId", "TaskStatus", "Priority", "DueDate")
TO_DO_BLANK: Json = {
    "Category": None,
    "Title": "",
    "Description": None,
    "Property": None,
    "UnitId": None,
    "AssignedToUserId": 201,
    "TaskStatus": "New",
    "Priority": "Normal",
    "DueDate": None,
}
BLANK: Json = {"TaskType": TO_DO, **TO_DO_BLANK, "UnitAgreement": None, "RequestedByUserEntity": None}


def read_to_do(body: Json, current: Json | None) -> Json:
    """The response of a to-do after such a payload. `Message` is a note and does not change the description."""
    property_id, category_id = body.get("PropertyId"), body.get("CategoryId")
    return {
        **(current or BLANK),
        **copied(body, *WRITTEN_AS_READ),
        "Description": current["Description"] if current else body.get("Description"),
        "Property": None if property_id is None else {"Id": property_id, "Type": "Rental", "Href": None},
        "Category": None if category_id is None else _category(category_id, body.get("SubCategoryId")),
    }


def _category(category_id: int, subcategory_id: int | None) -> Json:
    return {"Id": category_id, "SubCategory": None if subcategory_id is None else {"Id": subcategory_id}}


def _computed(state: State, record: Record) -> Json:
    named: Json | None = record.public["Category"]
    category = state.find("taskcategories", named["Id"]) if named else None
    if named is None or category is None:
        return {}
    part = named.get("SubCategory")
    return {
        "Category": {
            "Id": category.id,
            "Name": category.public["Name"],
            "Href": None,
            "SubCategory": part and subcategory(category, part["Id"]),
        }
    }


def _rules(state: State, body: Json, _current: Record | None) -> list[Problem]:
    staff = check_staff(state, body["AssignedToUserId"], "AssignedToUserId")
    return check_place(state, body) + check_subcategory(state, body) + staff


def property_of(record: Record) -> int | None:
    """The id of a task's property."""
    where: Json | None = record.public["Property"]
    return where["Id"] if where else None


FILTERS = {
    **about_rentals(lambda _state, record: [property_of(record)]),
    "statuses": any_of("TaskStatus", STATUSES),
    "unitid": one_id(lambda _state, record: record.public["UnitId"]),
    **LAST_UPDATED_DAY,
    **days("duedate", lambda _state, record: record.public["DueDate"]),
    "taskcategoryid": one_id(lambda _state, record: (record.public["Category"] or {}).get("Id")),
    "priorities": any_of("Priority", PRIORITIES),
    "assignedtoid": one_id(lambda _state, record: record.public["AssignedToUserId"]),
    "tasktitle": contains(lambda record: [record.public["Title"]]),
}
TASKS = EntityType(
    name="tasks",
    path="/tasks",
    first_id=5001,
    blank=BLANK,
    computed=_computed,
    timed=True,
    event="Task",
    id_field="TaskId",
    event_keys=("TaskType",),
    filters={
        **FILTERS,
        "type": any_of("TaskType", KINDS),
        "unitagreementid": one_id(lambda _state, record: (record.public["UnitAgreement"] or {}).get("Id")),
    },
)
TO_DO_REQUESTS = EntityType(
    name="tasks",
    path="/tasks/todorequests",
    first_id=TASKS.first_id,
    blank=TO_DO_BLANK,
    post={**TASK, "Description": optional(text(65500))},
    put={**TASK, "Message": optional(text(65500))},
    read=read_to_do,
    private=("Message",),
    rules=_rules,
    computed=_computed,
    timed=True,
    holds=lambda _state, record: record.public["TaskType"] == TO_DO,
    filters=FILTERS,
)
