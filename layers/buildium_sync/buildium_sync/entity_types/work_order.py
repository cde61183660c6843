"""Work orders. Buildium: /workorders. Status, priority and due date are those of the task.

The title is the work order's own, or the title of its task if it has none.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from buildium_sync.domain.entity_model import EntityModel
from buildium_sync.domain.entity_status import STATUS, read_status
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.field_contract import Normalizers
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.normalization import blank_to_none, casefolded
from buildium_sync.domain.outbound_contract import AccountDefault
from buildium_sync.domain.reference_contract import NO_LINKS, BuildiumReference, Links
from buildium_sync.entity_types.fields import money
from buildium_sync.entity_types.fields.money import Money, Number
from buildium_sync.entity_types.fields.references import EntityReference, remote_references, resolve, to_reference
from buildium_sync.entity_types.fields.types import (
    BuildiumId,
    OptionalDate,
    OptionalLine,
    OptionalName,
    OptionalProse,
    at_most,
    read_date,
)
from buildium_sync.entity_types.task import (
    ASSIGNEE,
    PLACE,
    PLACE_REFERENCES,
    UNIT_WITHOUT_PROPERTY,
    TaskPriority,
    TaskStatus,
)
from buildium_sync.errors import FieldError, InvalidFields

_TASK_FIELDS = ("taskStatus", "priority", "dueDate", "assignedToUserId", "propertyId", "unitId")
"""The fields of a new task besides its title."""

_TEXTS = ("workDetails", "vendorNotes", "entryNotes", "invoiceNumber", "chargeableTo")
"""Texts that identify a lost create, besides the vendor, the task and the line items."""


_NEW_STATUS, _NEW_PRIORITY = "New", "Normal"


class LineItem(EntityModel):
    """A line of a work order."""

    glAccountId: BuildiumId | None = None
    quantity: Number
    unitPrice: Money
    memo: OptionalProse = None


class WorkOrderFields(EntityModel):
    """The fields of a work order that a client can set: `taskId`, or `title` and more for a new task."""

    vendorId: EntityReference
    taskId: EntityReference | None = None
    title: OptionalName = None
    taskStatus: TaskStatus | None = None
    priority: TaskPriority | None = None
    dueDate: OptionalDate = None
    assignedToUserId: BuildiumId | None = None
    propertyId: EntityReference | None = None
    unitId: EntityReference | None = None
    entryAllowed: Literal["Unknown", "Yes", "No"] = "Unknown"
    entryNotes: OptionalProse = None
    entryContactIds: list[BuildiumId] = Field(default_factory=list)
    vendorNotes: OptionalProse = None
    workDetails: OptionalProse = None
    invoiceNumber: Annotated[OptionalLine, at_most(50)] = None
    chargeableTo: OptionalLine = None
    lineItems: list[LineItem] = Field(default_factory=list)


class WorkOrder(EntityType):
    """A work order for a vendor."""

    name = "work-order"
    collection = "work-orders"
    path = "/workorders"
    page_path = "/manager/app/tasks/{taskId}/work-order/{id}"  # aval-llc/aval, desktop/providers/buildium.cjs
    event_subjects = frozenset({"WorkOrder"})
    model = WorkOrderFields
    read_only_in_buildium = frozenset(
        {"DueDate", "Priority", "Status", "BillTransactionId", "BillTransactionIds", "Amount"}
    )
    reference_fields: ClassVar[Mapping[str, str]] = {
        "vendorId": "vendor",
        "taskId": "task",
        **PLACE_REFERENCES,
    }
    association_fields = frozenset(PLACE_REFERENCES)
    scope_fields = (*PLACE, "taskId")
    exact_match_fields = ("vendorId",)
    review_fields = ("title", "taskStatus", "priority", "dueDate", "invoiceNumber", "amount", "status")
    identifying_fields = (("vendorId",), ("taskId",), ("title",), *((text,) for text in _TEXTS), ("lineItems",))
    immutable_fields = ("taskId",)
    remote_owned_fields: ClassVar[Mapping[str, Any]] = {"status": STATUS, "amount": float | None}
    canonical: ClassVar[Normalizers] = {
        "entryContactIds": frozenset,
        "lineItems": lambda items: [_item_form(item, money.canonical) for item in items],
        "amount": money.canonical,
    }
    # The entry fields are separate values: notes and contacts are valid with any `entryAllowed`.
    composites = (PLACE,)
    set_fields: ClassVar[Mapping[str, int]] = {"entryContactIds": 0}
    defaults = (ASSIGNEE,)
    create_only: ClassVar[Mapping[str, str]] = {
        "taskId": "cannot be changed: Buildium accepts the task only when the work order is created",
        **dict.fromkeys(_TASK_FIELDS, "belongs to the work order's task: change it at the task"),
    }
    not_removable: ClassVar[Mapping[str, str]] = {
        "title": "cannot be emptied: Buildium then shows the title of the task",
    }
    updated_since_is_date_only = True

    @property
    def default_remote_fields(self) -> Fields:
        """The remote-owned fields of a new work order. Buildium adds up the line items."""
        return {**super().default_remote_fields, "amount": None}

    def validate(self, body: Mapping[str, Any], current: Fields | None = None, *, in_buildium: bool = True) -> Fields:
        """Validate as every type does. A new work order has either a new task or an existing one."""
        fields = super().validate(body, current, in_buildium=in_buildium)
        errors = [] if current is not None and in_buildium else _task_errors(fields)
        if errors:
            raise InvalidFields(errors)
        return fields

    def required_defaults(self, fields: Fields) -> tuple[AccountDefault, ...]:
        """Return the assignee for a new task. An existing task has an assignee."""
        return super().required_defaults(fields) if fields.get("taskId") is None else ()

    def remote_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the vendor, and the task with its unit."""
        task = payload.get("Task") or {}
        place = remote_references("unit", task.get("UnitId")) if _is_rental(task) else ()
        return remote_references("vendor", payload.get("VendorId")) + remote_references("task", task.get("Id")) + place

    def remote_scope_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the unit, or else the task: a work order does not show its property."""
        task = payload.get("Task") or {}
        unit = remote_references("unit", task.get("UnitId")) if _is_rental(task) else ()
        return unit or remote_references("task", task.get("Id"))

    def sent_with_create(self, fields: Fields) -> Fields:
        """Return the fields with the initial status and priority of a new task."""
        if fields.get("taskId") is not None:
            return fields
        begins = {"taskStatus": _NEW_STATUS, "priority": _NEW_PRIORITY}
        return {**fields, **{name: fields.get(name) or value for name, value in begins.items()}}

    def fields_changed_since_create(self, sent: Fields, shown: Fields) -> tuple[str, ...]:
        """Compare as every type does, without the id of a new task and without values of an existing task."""
        follows = ("taskId",) if sent.get("taskId") is None else ("title", *_TASK_FIELDS)
        free = {name for name in follows if sent.get(name) is None}
        return super().fields_changed_since_create(
            sent, {name: value for name, value in shown.items() if name not in free}
        )

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return a WorkOrderPostMessage, with TaskId or with the new Task."""
        task_id = resolve(links, "task", fields.get("taskId"))
        if task_id is not None:
            return {**self.to_update(fields, {}, links), "TaskId": task_id, "Task": None}
        # Without a title of its own, the work order follows the title of its task.
        return {**self.to_update(fields, {}, links), "Title": None, "TaskId": None, "Task": _write_task(fields, links)}

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return a WorkOrderPutMessage. Buildium: its line items replace all others; they have no ids."""
        contacts = fields.get("entryContactIds") or []
        first = (current.get("EntryContact") or {}).get("Id")
        return {
            "Title": _title(fields, current),
            "WorkDetails": fields.get("workDetails"),
            "InvoiceNumber": fields.get("invoiceNumber"),
            "ChargeableTo": fields.get("chargeableTo"),
            "EntryAllowed": fields["entryAllowed"],
            "EntryNotes": fields.get("entryNotes"),
            "VendorId": resolve(links, "vendor", fields["vendorId"]),
            "VendorNotes": fields.get("vendorNotes"),
            "EntryContactId": first if first in contacts else next(iter(contacts), None),
            "EntryContactIds": contacts,
            "LineItems": [_write_item(item) for item in fields.get("lineItems") or ()],
        }

    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Read a WorkOrderMessage. It shows neither the assignee nor the property of the task."""
        task = payload.get("Task") or {}
        return {
            "vendorId": to_reference(links, "vendor", payload.get("VendorId")),
            "taskId": to_reference(links, "task", task.get("Id")),
            "title": _shown_title(payload),
            "taskStatus": _known(payload.get("Status")) or task.get("Status"),
            "priority": _known(payload.get("Priority")) or task.get("Priority"),
            "dueDate": read_date(payload.get("DueDate") or task.get("DueDate")),
            "unitId": to_reference(links if _is_rental(task) else NO_LINKS, "unit", task.get("UnitId")),
            "entryAllowed": payload.get("EntryAllowed") or "Unknown",
            "entryNotes": blank_to_none(payload.get("EntryNotes")),
            "entryContactIds": _contact_ids(payload),
            "vendorNotes": blank_to_none(payload.get("VendorNotes")),
            "workDetails": blank_to_none(payload.get("WorkDetails")),
            "invoiceNumber": blank_to_none(payload.get("InvoiceNumber")),
            "chargeableTo": blank_to_none(payload.get("ChargeableTo")),
            "lineItems": [_read_item(item) for item in payload.get("LineItems") or ()],
            "status": read_status(payload),
            "amount": payload.get("Amount"),
        }

    def natural_key(self, fields: Fields, links: Links) -> dict[str, Any]:
        """Return the vendor, the task, the title, the other texts and the line items."""
        return {
            "vendorId": resolve(links, "vendor", fields["vendorId"]),
            "taskId": resolve(links, "task", fields.get("taskId")),
            "title": fields.get("title"),
            **_identity(fields),
        }

    def is_match(self, payload: Payload, key: Mapping[str, Any]) -> bool:
        """Compare ids and title exactly, and the other texts in any spelling."""
        fields = self.from_buildium(payload, NO_LINKS)
        provided = {name: fields[name] for name in ("taskId", "title") if key[name] is not None}
        found = {"vendorId": fields["vendorId"], **provided, **_identity(fields)}
        return found == {name: key[name] for name in found}


def _task_errors(fields: Fields) -> list[FieldError]:
    if fields["taskId"] is not None:
        reason = "belongs to the task in taskId: omit it, or omit taskId"
        return [FieldError(name, reason) for name in _TASK_FIELDS if fields[name] is not None]
    errors = [] if fields["title"] else [FieldError("title", "is required, or else taskId")]
    if fields["unitId"] is not None and fields["propertyId"] is None:
        errors.append(FieldError("unitId", UNIT_WITHOUT_PROPERTY))
    return errors


def _shown_title(payload: Payload) -> str | None:
    return blank_to_none(payload.get("Title")) or blank_to_none((payload.get("Task") or {}).get("Title"))


def _title(fields: Fields, current: Payload) -> str | None:
    """Return the title to write. An unchanged title is left as it is, so that it may follow the task's title."""
    title: str | None = fields.get("title")
    return current.get("Title") if current and title == _shown_title(current) else title


def _write_task(fields: Fields, links: Links) -> Payload:
    return {
        "Title": fields["title"],
        "DueDate": fields.get("dueDate"),
        "Priority": fields.get("priority") or _NEW_PRIORITY,
        "Status": fields.get("taskStatus") or _NEW_STATUS,
        "PropertyId": resolve(links, "property", fields.get("propertyId")),
        "UnitId": resolve(links, "unit", fields.get("unitId")),
        "AssignedToUserId": fields.get("assignedToUserId"),
    }


def _write_item(item: Fields) -> Payload:
    return {
        "GlAccountId": item.get("glAccountId"),
        "Quantity": item["quantity"],
        "UnitPrice": item["unitPrice"],
        "Memo": item.get("memo"),
    }


def _read_item(item: Payload) -> Fields:
    return {
        "glAccountId": item.get("GlAccountId") or None,
        "quantity": float(item.get("Quantity") or 0),
        "unitPrice": float(item.get("UnitPrice") or 0),
        "memo": blank_to_none(item.get("Memo")),
    }


def _item_form(item: Fields, price: Callable[[float], Any]) -> Fields:
    """Return a line item with a normalized price."""
    return {**item, "unitPrice": price(item["unitPrice"])}


def _contact_ids(payload: Payload) -> list[int]:
    """Return the contacts of a work order. Buildium: the older EntryContact shows one of them."""
    first = payload.get("EntryContact")
    contacts = payload.get("EntryContacts") or ([first] if first else [])
    return [contact["Id"] for contact in contacts if contact.get("Id")]


def _identity(fields: Fields) -> dict[str, Any]:
    items = [_item_form(item, money.in_cents) for item in fields.get("lineItems") or ()]
    return {**{name: casefolded(fields.get(name)) for name in _TEXTS}, "lineItems": items}


def _known(value: str | None) -> str | None:
    """Return a status or a priority. Buildium shows `Unknown` for none."""
    return None if value == "Unknown" else value


def _is_rental(task: Payload) -> bool:
    """Return whether a task is about a rental. The Buildium id of an association's unit may equal that of a unit."""
    return (task.get("UnitAgreement") or {}).get("Type") != "OwnershipAccount"
