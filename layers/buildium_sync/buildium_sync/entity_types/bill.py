"""Bills. Buildium: /bills. It does not show when a bill was changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationInfo, field_validator

from buildium_sync.domain.entity_model import EntityModel
from buildium_sync.domain.entity_status import STATUS, read_status
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.field_contract import Normalizers
from buildium_sync.domain.inbound_contract import RelatedEvent
from buildium_sync.domain.json_types import Fields, Payload, Query
from buildium_sync.domain.normalization import blank_to_none, casefolded
from buildium_sync.domain.outbound_contract import AccountDefault
from buildium_sync.domain.reference_contract import NO_LINKS, BuildiumReference, Links, Reference
from buildium_sync.domain.scope_contract import ScopeReference
from buildium_sync.entity_types import bill_lines
from buildium_sync.entity_types.bill_lines import BillLine
from buildium_sync.entity_types.fields.references import EntityReference, remote_references, resolve, to_reference
from buildium_sync.entity_types.fields.types import (
    BuildiumId,
    Date,
    OptionalLine,
    OptionalProse,
    at_most,
    read_date,
)

_UNPAID: Query = {"paidstatus": "Unpaid"}
_WINDOW = timedelta(days=364)
"""Buildium: some accounts allow at most 365 days between the paid dates of a list, and require the dates."""
_WINDOWS = 20
"""Windows of a year each. Bills that were paid earlier are not read from lists."""
_DAYS_AHEAD = timedelta(days=31)
"""Days after today in the newest window: a payment may have a future date."""


class BillFields(EntityModel):
    """The fields of a bill that a client can set. `glAccountId` applies to lines without their own."""

    date: Date
    dueDate: Date
    vendorId: EntityReference
    workOrderId: EntityReference | None = None
    referenceNumber: Annotated[OptionalLine, at_most(40)] = None
    memo: Annotated[OptionalProse, at_most(245)] = None
    glAccountId: BuildiumId | None = None
    lines: Annotated[list[BillLine], Field(min_length=1)]

    @field_validator("dueDate")
    @classmethod
    def _due_after_date(cls, due: str, info: ValidationInfo) -> str:
        date = info.data.get("date")
        if date and due < date:
            raise ValueError("must not be before date")
        return due

    @field_validator("lines")
    @classmethod
    def _each_line_once(cls, lines: list[BillLine]) -> list[BillLine]:
        ids = [line.id for line in lines if line.id is not None]
        if len(set(ids)) < len(ids):
            raise ValueError("must not contain duplicate lines")
        return lines


class Bill(EntityType):
    """A bill of a vendor."""

    name = "bill"
    collection = "bills"
    path = "/bills"
    event_subjects = frozenset({"Bill"})
    related_events: ClassVar[Mapping[str, RelatedEvent]] = {"Bill.Payment": RelatedEvent("BillIds")}
    model = BillFields
    read_only_in_buildium = frozenset({"PaidDate", "WorkOrderId", "ApprovalStatus"})
    reference_fields: ClassVar[Mapping[str, str]] = {"vendorId": "vendor", "workOrderId": "work-order"}
    scope_fields = ("workOrderId",)
    exact_match_fields = ("vendorId", "date")
    review_fields = ("referenceNumber", "date", "dueDate", "memo", "paidDate", "approvalStatus", "status")
    identifying_fields = (("vendorId",), ("referenceNumber",), ("date", "dueDate"), ("memo",), ("lines",))
    immutable_fields = ("workOrderId",)
    remote_owned_fields: ClassVar[Mapping[str, Any]] = {
        "status": STATUS,
        "paidDate": str | None,
        "approvalStatus": str | None,
    }
    canonical: ClassVar[Normalizers] = {"lines": bill_lines.canonical}
    composites = (("date", "dueDate"),)
    defaults = (
        AccountDefault(
            field="glAccountId",
            setting="gl_account_id",
            path="/glaccounts",
            query={"accounttypes": "Expense"},
            missing="Buildium requires a general ledger account for every bill line. Set glAccountId of each line "
            "or of the bill, or the setting BUILDIUM_GL_ACCOUNT_ID.",
        ),
    )
    create_only: ClassVar[Mapping[str, str]] = {
        "workOrderId": "cannot be changed: Buildium accepts the work order only when the bill is created",
    }
    updated_since_param = None

    @property
    def default_remote_fields(self) -> Fields:
        """The remote-owned fields of a new bill."""
        return {**super().default_remote_fields, "paidDate": None, "approvalStatus": None}

    def validate(self, body: Mapping[str, Any], current: Fields | None = None, *, in_buildium: bool = True) -> Fields:
        """Validate as every type does. Lines that come without their Buildium ids keep them."""
        fields = super().validate(body, current, in_buildium=in_buildium)
        known = (current or {}).get("lines") or []
        return {**fields, "lines": bill_lines.with_ids(fields["lines"], known)}

    def required_defaults(self, fields: Fields) -> tuple[AccountDefault, ...]:
        """Return the default account if a line has none."""
        missing = any(line["glAccountId"] is None for line in fields["lines"])
        return super().required_defaults(fields) if missing else ()

    def with_required_defaults(
        self, fields: Fields, current: Payload, links: Links, value_of: Callable[[AccountDefault], Any]
    ) -> Fields:
        """Return the fields with the default account for new lines without one."""
        missing = bill_lines.without_account(fields, current.get("Lines") or (), links)
        if not missing:
            return fields
        account = {default.field: value_of(default) for default in self.defaults}
        lines = [{**line, **account} if index in missing else line for index, line in enumerate(fields["lines"])]
        return {**fields, "lines": lines}

    def full_lists(self, today: date) -> Sequence[Query]:
        """Return the list of unpaid bills and the windows of paid ones, the newest first.

        Buildium: accounts differ. Some list no bills without paid dates; the others list only the paid ones with them.
        Unpaid bills are read first. A bill that is paid during the reading is then in the first list or in a window.
        """
        return (_UNPAID, *_paid_windows(today, _WINDOWS))

    def recent_lists(self, today: date) -> Sequence[Query]:
        """Return the list of unpaid bills and the newest window of paid ones."""
        return (_UNPAID, *_paid_windows(today, 1))

    def local_references(self, fields: Fields) -> tuple[Reference, ...]:
        """Return the vendor, the work order, and the properties and units of the lines."""
        return super().local_references(fields) + bill_lines.references(fields.get("lines") or ())

    def references_by_buildium_id(self, fields: Mapping[str, Any]) -> tuple[BuildiumReference, ...]:
        """Return the same references, as far as they are Buildium ids."""
        return super().references_by_buildium_id(fields) + bill_lines.references_by_buildium_id(fields.get("lines"))

    def with_local_ids(self, fields: Fields, local_ids: Mapping[tuple[str, int], str]) -> Fields:
        """Return the fields with local ids, also in the lines."""
        localized = super().with_local_ids(fields, local_ids)
        lines = {"lines": bill_lines.with_local_ids(fields["lines"], local_ids)} if "lines" in fields else {}
        return {**localized, **lines}

    def remote_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the references in a BillMessage."""
        work_order = remote_references("work-order", payload.get("WorkOrderId"))
        lines = bill_lines.buildium_references(payload.get("Lines") or ())
        return remote_references("vendor", payload.get("VendorId")) + work_order + lines

    def scope_references(self, fields: Fields) -> tuple[ScopeReference, ...]:
        """Return the properties, units and associations of the lines, and the work order."""
        return bill_lines.scope_references(fields.get("lines") or ()) + super().scope_references(fields)

    def remote_scope_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the properties and associations of the lines, or else the work order."""
        return bill_lines.remote_scope_references(payload.get("Lines") or ()) or super().remote_scope_references(
            payload
        )

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return a BillPostMessage."""
        return {
            **_write(fields, links),
            "WorkOrderId": resolve(links, "work-order", fields.get("workOrderId")),
            "Lines": bill_lines.write(fields, links),
        }

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return a BillPutMessage. Its lines have their ids; a line without an id is new.

        New lines have their accounts already: see `with_required_defaults`.
        """
        return {**_write(fields, links), "Lines": bill_lines.rewrite(fields, current.get("Lines") or (), links)}

    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Read a BillMessage. It does not have the local account for new lines."""
        return {
            "date": read_date(payload.get("Date")),
            "dueDate": read_date(payload.get("DueDate")),
            "vendorId": to_reference(links, "vendor", payload.get("VendorId")),
            "workOrderId": to_reference(links, "work-order", payload.get("WorkOrderId")),
            "referenceNumber": blank_to_none(payload.get("ReferenceNumber")),
            "memo": blank_to_none(payload.get("Memo")),
            "lines": [bill_lines.read(line, links) for line in payload.get("Lines") or ()],
            "status": read_status(payload),
            "paidDate": read_date(payload.get("PaidDate")),
            "approvalStatus": payload.get("ApprovalStatus"),
        }

    def sent_with_create(self, fields: Fields) -> Fields:
        """Return the fields with the account of each line."""
        account = fields.get("glAccountId")
        return {
            **fields,
            "lines": [{**line, "glAccountId": line["glAccountId"] or account} for line in fields["lines"]],
        }

    def results_from_write(self, field: str, local: Any, remote: Any) -> bool:
        """Compare as every type does. Buildium adds an id and an account to a new line."""
        if field != "lines":
            return super().results_from_write(field, local, remote)
        return bill_lines.are_as_sent(local or (), remote or ())

    def natural_key(self, fields: Fields, links: Links) -> dict[str, Any]:
        """Return vendor, reference number, dates, memo and lines."""
        return {
            "vendorId": resolve(links, "vendor", fields["vendorId"]),
            "referenceNumber": fields.get("referenceNumber"),
            **_identity(fields, links),
        }

    def is_match(self, payload: Payload, key: Mapping[str, Any]) -> bool:
        """Compare the whole key. It has no accounts of lines, because a create may use the default."""
        fields = self.from_buildium(payload, NO_LINKS)
        exact = {name: fields[name] for name in ("vendorId", "referenceNumber")}
        return {**exact, **_identity(fields, NO_LINKS)} == dict(key)


def _paid_windows(today: date, count: int) -> Iterator[Query]:
    last = today + _DAYS_AHEAD
    for _ in range(count):
        first = last - _WINDOW
        yield {"frompaiddate": first.isoformat(), "topaiddate": last.isoformat()}
        last = first - timedelta(days=1)


def _write(fields: Fields, links: Links) -> Payload:
    return {
        "Date": fields["date"],
        "DueDate": fields["dueDate"],
        "Memo": fields.get("memo"),
        "VendorId": resolve(links, "vendor", fields["vendorId"]),
        "ReferenceNumber": fields.get("referenceNumber"),
    }


def _identity(fields: Fields, links: Links) -> dict[str, Any]:
    return {
        "date": fields["date"],
        "dueDate": fields["dueDate"],
        "memo": casefolded(fields.get("memo")),
        "lines": bill_lines.identity(fields["lines"], links),
    }
