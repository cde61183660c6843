"""To-do tasks. Buildium: /tasks lists and reads tasks of every kind, /tasks/todorequests writes to-dos."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ValidationInfo, field_validator

from buildium_sync.domain.entity_model import EntityModel
from buildium_sync.domain.entity_status import STATUS, read_status
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.normalization import blank_to_none, casefolded
from buildium_sync.domain.outbound_contract import AccountDefault, Followers
from buildium_sync.domain.reference_contract import NO_LINKS, BuildiumReference, Links
from buildium_sync.domain.scope_contract import ASSOCIATION
from buildium_sync.entity_types.fields.references import EntityReference, remote_references, resolve, to_reference
from buildium_sync.entity_types.fields.types import (
    BuildiumId,
    Name,
    OptionalDate,
    OptionalProse,
    at_most,
    read_date,
)
from buildium_sync.errors import FieldError, InvalidFields

TaskStatus = Literal["New", "InProgress", "Completed", "Deferred", "Closed"]
TaskPriority = Literal["Low", "Normal", "High"]

_TO_DO = "Todo"

PLACE = ("propertyId", "unitId")
UNIT_WITHOUT_PROPERTY = "requires propertyId too"
"""Buildium requires the property together with a unit."""

ASSIGNEE = AccountDefault(
    field="assignedToUserId",
    setting="task_assignee_id",
    path="/users",
    query={"usertypes": "Staff", "status": "Active"},
    missing="Buildium requires an assignee for a task, and this account has no staff user or more than one. "
    "Set assignedToUserId or the setting BUILDIUM_TASK_ASSIGNEE_ID.",
)
PLACE_REFERENCES: Mapping[str, str] = {"propertyId": "property", "unitId": "unit"}


class TaskFields(EntityModel):
    """The fields of a to-do that a client can set."""

    title: Name
    description: Annotated[OptionalProse, at_most(65_500)] = None
    taskStatus: TaskStatus = "New"
    priority: TaskPriority = "Normal"
    assignedToUserId: BuildiumId | None = None
    dueDate: OptionalDate = None
    propertyId: EntityReference | None = None
    unitId: EntityReference | None = None
    categoryId: BuildiumId | None = None
    subCategoryId: BuildiumId | None = None

    @field_validator("unitId")
    @classmethod
    def _unit_of_the_property(cls, unit: str | int | None, info: ValidationInfo) -> str | int | None:
        if unit is not None and info.data.get("propertyId", unit) is None:
            raise ValueError(UNIT_WITHOUT_PROPERTY)
        return unit


class Task(EntityType):
    """A task. One of another kind, such as a resident's request, can be edited in Buildium only."""

    name = "task"
    collection = "tasks"
    path = "/tasks"
    page_path = "/manager/app/tasks/{id}/task-summary"  # aval-llc/aval, desktop/providers/buildium.cjs
    write_path = "/tasks/todorequests"
    event_subjects = frozenset({"Task"})
    followed_fields = frozenset({"title", "taskStatus", "priority", "dueDate", "unitId"})
    model = TaskFields
    read_only_in_buildium = frozenset({"TaskType", "Description"})
    reference_fields: ClassVar[Mapping[str, str]] = PLACE_REFERENCES
    association_fields = frozenset(PLACE_REFERENCES)
    scope_fields = PLACE
    exact_match_fields = ("title",)
    review_fields = ("title", "taskType", "taskStatus", "priority", "dueDate", "status")
    identifying_fields = (("title",), ("description",), ("dueDate",), ("propertyId",), ("unitId",))
    immutable_fields = ("taskType",)
    filled_by_buildium = frozenset({"categoryId", "subCategoryId"})
    remote_owned_fields: ClassVar[Mapping[str, Any]] = {"status": STATUS, "taskType": str}
    # Buildium: a unit belongs to its property, and a sub-category to its category.
    composites = (PLACE, ("categoryId", "subCategoryId"))
    create_only: ClassVar[Mapping[str, str]] = {
        "description": "cannot be changed: Buildium accepts it only in a create and adds later texts to the history",
    }
    not_removable: ClassVar[Mapping[str, str]] = {
        "assignedToUserId": "cannot be removed: Buildium requires a staff user for every task"
    }
    defaults = (ASSIGNEE,)
    updated_since_is_date_only = True

    @property
    def default_remote_fields(self) -> Fields:
        """The remote-owned fields of a to-do, the only kind that is created here."""
        return {**super().default_remote_fields, "taskType": _TO_DO}

    def validate(self, body: Mapping[str, Any], current: Fields | None = None, *, in_buildium: bool = True) -> Fields:
        """Validate as every type does. A task that is not a to-do accepts no changes."""
        if current is None or current["taskType"] == _TO_DO:
            return super().validate(body, current, in_buildium=in_buildium)
        reason = f"cannot be changed here: edit a task of the type {current['taskType']} in Buildium"
        if changed := [
            name for name, value in self.provided(body).items() if not self.values_equal(name, value, current.get(name))
        ]:
            raise InvalidFields([FieldError(name, reason) for name in changed])
        return current

    def followers(self, buildium_id: int, fields: Fields) -> tuple[Followers, ...]:
        """Return the task's work orders. They show its title, status, priority, due date and unit."""
        return (Followers("work-order", "/workorders", {"taskids": str(buildium_id)}, optional=True),)

    def remote_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the rental property and its unit. Associations have no local entities."""
        if _is_association(payload):
            return ()
        place = payload.get("Property") or {}
        return remote_references("property", place.get("Id")) + remote_references("unit", payload.get("UnitId"))

    def remote_scope_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the rental property or the association."""
        kind = ASSOCIATION if _is_association(payload) else "property"
        return remote_references(kind, (payload.get("Property") or {}).get("Id"))

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return a ToDoTaskPostMessage."""
        return {**_write(fields, {}, links), "Description": fields.get("description")}

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return a ToDoTaskPutMessage.

        Buildium adds its Message to the task's history. So it is sent only with a changed description; otherwise each
        update would repeat the description in the history.
        """
        description = fields.get("description")
        new_text = None if description == blank_to_none(current.get("Description")) else description
        return {**_write(fields, current, links), "Message": new_text}

    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Read a ToDoTaskMessage, or an AllTasksMessage with its nested category and property."""
        known = NO_LINKS if _is_association(payload) else links
        place, category = payload.get("Property") or {}, payload.get("Category") or {}
        return {
            "title": blank_to_none(payload.get("Title")),
            "description": blank_to_none(payload.get("Description")),
            "taskStatus": payload.get("TaskStatus"),
            "priority": payload.get("Priority"),
            "assignedToUserId": payload.get("AssignedToUserId") or None,
            "dueDate": read_date(payload.get("DueDate")),
            "propertyId": to_reference(known, "property", place.get("Id")),
            "unitId": to_reference(known, "unit", payload.get("UnitId")),
            "categoryId": category.get("Id") or None,
            "subCategoryId": (category.get("SubCategory") or {}).get("Id") or None,
            "status": read_status(payload),
            "taskType": payload.get("TaskType") or _TO_DO,
        }

    def natural_key(self, fields: Fields, links: Links) -> dict[str, Any]:
        """Return a client's fields of a new to-do without its status, which staff change soon."""
        return {
            "title": fields["title"],
            "description": casefolded(fields.get("description")),
            "dueDate": fields.get("dueDate"),
            "propertyId": resolve(links, "property", fields.get("propertyId")),
            "unitId": resolve(links, "unit", fields.get("unitId")),
        }

    def is_match(self, payload: Payload, key: Mapping[str, Any]) -> bool:
        """Compare the title exactly and the description in any spelling."""
        fields = self.from_buildium(payload, NO_LINKS)
        found = {**fields, "description": casefolded(fields["description"])}
        return found["taskType"] == _TO_DO and all(found[name] == value for name, value in key.items())


def _write(fields: Fields, current: Payload, links: Links) -> Payload:
    """Return the common part of create and update. An assignee cannot be removed: None keeps the current one."""
    return {
        "Title": fields["title"],
        "CategoryId": fields.get("categoryId"),
        "SubCategoryId": fields.get("subCategoryId"),
        "PropertyId": resolve(links, "property", fields.get("propertyId")),
        "UnitId": resolve(links, "unit", fields.get("unitId")),
        "AssignedToUserId": fields.get("assignedToUserId") or current.get("AssignedToUserId"),
        "TaskStatus": fields["taskStatus"],
        "Priority": fields["priority"],
        "DueDate": fields.get("dueDate"),
    }


def _is_association(payload: Payload) -> bool:
    """Return whether a task is about an association. Its Buildium id may equal that of a property."""
    return (payload.get("Property") or {}).get("Type") == "Association"
