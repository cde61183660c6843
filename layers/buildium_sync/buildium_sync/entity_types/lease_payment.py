"""Payments of tenants. Buildium: /leases/{id}/payments."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.reference_contract import BuildiumReference, Links
from buildium_sync.entity_types.fields.references import EntityReference, remote_references, resolve, to_reference
from buildium_sync.entity_types.ledger_entry import (
    LedgerEntry,
    LedgerEntryFields,
    LedgerLine,
    ReferenceNumber,
    shown_reference,
)

PaymentMethod = Literal[
    "Check", "Cash", "MoneyOrder", "CashierCheck", "DirectDeposit", "CreditCard", "ElectronicPayment"
]
_PAYMENT_METHODS = frozenset(get_args(PaymentMethod))


class LeasePaymentFields(LedgerEntryFields):
    """The fields of a payment. `payeeTenantId` is the tenant who pays: Buildium calls it the payee."""

    paymentMethod: PaymentMethod
    payeeTenantId: EntityReference | None = None
    referenceNumber: ReferenceNumber = None
    sendEmailReceipt: bool = False
    lines: Annotated[list[LedgerLine], Field(min_length=1)]


class LeasePayment(LedgerEntry):
    """A payment. It is never deleted, only reversed."""

    name = "lease-payment"
    collection = "lease-payments"
    write_path = "/leases/{parent}/payments"
    transaction_type = "Payment"
    model = LeasePaymentFields
    reference_fields: ClassVar[Mapping[str, str]] = {**LedgerEntry.reference_fields, "payeeTenantId": "tenant"}
    create_only: ClassVar[Mapping[str, str]] = {
        **LedgerEntry.create_only,
        "sendEmailReceipt": "cannot be changed: the receipt is sent when the payment is created",
    }
    not_removable: ClassVar[Mapping[str, str]] = {
        "referenceNumber": "cannot be removed: Buildium may not show it; remove it in Buildium",
        "payeeTenantId": "cannot be removed: name another tenant, or remove it in Buildium",
    }

    def remote_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the lease and the paying tenant."""
        return super().remote_references(payload) + remote_references("tenant", payload.get("PayeeTenantId"))

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return a LeaseLedgerPaymentPostMessage."""
        return {**self.to_update(fields, {}, links), "SendEmailReceipt": fields["sendEmailReceipt"]}

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return a LeaseLedgerPaymentPutMessage. It replaces all lines."""
        return {
            "Date": fields["date"],
            "PaymentMethod": fields["paymentMethod"],
            "PayeeUserId": resolve(links, "tenant", fields.get("payeeTenantId")),
            "Memo": fields.get("memo"),
            "ReferenceNumber": fields.get("referenceNumber"),
            "Lines": [{"Amount": each["amount"], "GLAccountId": each["glAccountId"]} for each in fields["lines"]],
        }

    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Read a LeaseTransactionMessage. What it does not show is absent: method, tenant and reference may be."""
        method, tenant = payload.get("PaymentMethod"), payload.get("PayeeTenantId")
        return {
            **super().from_buildium(payload, links),
            **({"paymentMethod": method} if method in _PAYMENT_METHODS else {}),
            **({"payeeTenantId": to_reference(links, "tenant", tenant)} if tenant else {}),
            **shown_reference(payload),
        }
