"""Reversals of deposited payments. Buildium: /leases/{id}/reversepayments."""

from collections.abc import Mapping
from typing import Any, ClassVar

from buildium_sync.domain.entity_model import EntityModel
from buildium_sync.domain.field_contract import Normalizers
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.reference_contract import Links
from buildium_sync.entity_types.fields import money
from buildium_sync.entity_types.fields.references import EntityReference, resolve, to_reference
from buildium_sync.entity_types.fields.types import BuildiumId, Date, read_date
from buildium_sync.entity_types.ledger_entry import Amount, LedgerEntry
from buildium_sync.entity_types.nested_types import NESTED_ROUTES
from buildium_sync.errors import FieldError, InvalidFields, SyncBlocked

_OF_THE_PAYMENT = ("paymentId", "leaseId", "totalAmount")
_FIXED = "cannot be changed: it is that of the payment"
_NO_UPDATE = "cannot be changed: Buildium does not accept changes of a reversal; edit it in Buildium"


class ReversalFee(EntityModel):
    """A fee for a reversed payment, and the general ledger account (a Buildium id) that it is recorded in."""

    glAccountId: BuildiumId
    totalAmount: Amount


class LeasePaymentReversalFields(EntityModel):
    """The fields of a reversal. `leaseId` and `totalAmount` are those of a local payment."""

    paymentId: EntityReference
    leaseId: EntityReference
    date: Date
    totalAmount: Amount | None = None
    nsfCharge: ReversalFee | None = None
    bankFee: ReversalFee | None = None


class LeasePaymentReversal(LedgerEntry):
    """A reversal: the only way to undo a payment. A payment has at most one."""

    name = "lease-payment-reversal"
    collection = "lease-payment-reversals"
    write_path = "/leases/{parent}/reversepayments"
    transaction_type = "ReversePayment"
    model = LeasePaymentReversalFields
    requires_idempotency_key = False
    nested_route = NESTED_ROUTES["lease-payment-reversal"]
    unique_field = "paymentId"
    copied_fields = frozenset({"leaseId", "totalAmount"})
    reference_fields: ClassVar[Mapping[str, str]] = {**LedgerEntry.reference_fields, "paymentId": "lease-payment"}
    canonical: ClassVar[Normalizers] = {"totalAmount": money.canonical}
    review_fields = ("date", "totalAmount")
    identifying_fields = (("date",), ("totalAmount",))
    immutable_fields = ("totalAmount",)
    filled_by_buildium = frozenset({"totalAmount"})
    create_only: ClassVar[Mapping[str, str]] = dict.fromkeys(LeasePaymentReversalFields.model_fields, _NO_UPDATE)

    def validate(self, body: Mapping[str, Any], current: Fields | None = None, *, in_buildium: bool = True) -> Fields:
        """Validate as every type does, and keep what comes from the payment, also before a create is sent."""
        fields = super().validate(body, current, in_buildium=in_buildium)
        changed = [each for each in _OF_THE_PAYMENT if current and fields[each] != current.get(each)]
        if changed:
            raise InvalidFields([FieldError(each, _FIXED) for each in changed])
        return fields

    def copy_fields(self, source: Fields) -> Fields:
        """Return the lease and the total of a payment."""
        total = money.total(line["amount"] for line in source["lines"])
        return {"leaseId": source["leaseId"], "totalAmount": money.in_cents(float(total))}

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return a LeaseLedgerReversePaymentPostMessage."""
        return {
            "EntryDate": fields["date"],
            "PaymentTransactionId": resolve(links, "lease-payment", fields["paymentId"]),
            "NSFCharge": _fee(fields.get("nsfCharge")),
            "BankFee": _fee(fields.get("bankFee")),
        }

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Raise SyncBlocked: Buildium has no such request, and the API accepts no change."""
        raise SyncBlocked(f"A reversal {_NO_UPDATE}.")

    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Read a LeaseTransactionMessage. It shows neither the payment nor the fees."""
        lease, total = payload.get("LeaseId"), payload.get("TotalAmount")
        return {
            **({"leaseId": to_reference(links, "lease", lease)} if lease else {}),
            "date": read_date(payload.get("Date")),
            **({"totalAmount": abs(total)} if total else {}),
        }


def _fee(fee: Fields | None) -> Payload | None:
    return {"GLAccountId": fee["glAccountId"], "TotalAmount": fee["totalAmount"]} if fee else None
