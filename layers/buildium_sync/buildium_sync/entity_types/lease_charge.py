"""Charges to a tenant. Buildium: /leases/{id}/charges."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.normalization import blank_to_none
from buildium_sync.domain.reference_contract import Links
from buildium_sync.entity_types.fields.references import EntityReference, resolve
from buildium_sync.entity_types.ledger_entry import LedgerEntry, LedgerEntryFields, LedgerLine, ReferenceNumber


class ChargeLine(LedgerLine):
    """A line with an optional reference number."""

    referenceNumber: ReferenceNumber = None


class LeaseChargeFields(LedgerEntryFields):
    """The fields of a charge. `billId` names the bill that the charge passes on."""

    billId: EntityReference | None = None
    lines: Annotated[list[ChargeLine], Field(min_length=1)]


class LeaseCharge(LedgerEntry):
    """A charge: what a tenant owes."""

    name = "lease-charge"
    collection = "lease-charges"
    write_path = "/leases/{parent}/charges"
    transaction_type = "Charge"
    model = LeaseChargeFields
    read_only_in_buildium = LedgerEntry.read_only_in_buildium | {"PaymentMethod"}
    reference_fields: ClassVar[Mapping[str, str]] = {**LedgerEntry.reference_fields, "billId": "bill"}
    create_only: ClassVar[Mapping[str, str]] = {
        **LedgerEntry.create_only,
        "billId": "cannot be changed: Buildium accepts the bill only with a new charge",
    }

    def read_line(self, line: Payload) -> Fields:
        """Read a line with its reference number."""
        return {**super().read_line(line), "referenceNumber": blank_to_none(line.get("ReferenceNumber"))}

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return a LeaseChargePostMessage."""
        return {**self.to_update(fields, {}, links), "BillId": resolve(links, "bill", fields.get("billId"))}

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return a LeaseChargePutMessage. It replaces all lines."""
        return {"Date": fields["date"], "Memo": fields.get("memo"), "Lines": [_line(each) for each in fields["lines"]]}


def _line(line: Mapping[str, Any]) -> Payload:
    return {
        "Amount": line["amount"],
        "GLAccountId": line["glAccountId"],
        "ReferenceNumber": line.get("referenceNumber"),
    }
