"""Entries in the ledgers of leases, as Buildium shows them. Buildium: /generalledger/transactions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from buildium_sync.domain.entity_model import EntityModel
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields, Payload, Query
from buildium_sync.domain.normalization import blank_to_none
from buildium_sync.domain.reference_contract import BuildiumReference, Links
from buildium_sync.entity_types.fields import money
from buildium_sync.entity_types.fields.references import remote_references, to_reference
from buildium_sync.entity_types.fields.types import read_date
from buildium_sync.errors import SyncBlocked

_LEASE = "Lease"
_RENTAL = "Rental"
_POSTED_AS = {
    "Charge": "lease-charge",
    "Payment": "lease-payment",
    "Credit": "lease-credit",
    "ReversePayment": "lease-payment-reversal",
}
"""The type of the local entity that may have posted an entry, by Buildium's type of the transaction."""


class TransactionLine(EntityModel):
    """A line of an entry. `glAccountId` is a Buildium id."""

    glAccountId: int | None = None
    amount: float
    memo: str | None = None
    referenceNumber: str | None = None


class PostedBy(EntityModel):
    """The local entity that posted an entry."""

    entityType: str
    entityId: str


class NoFields(EntityModel):
    """A client can set no field."""


class LeaseTransaction(EntityType):
    """An entry of the ledger of a lease. It is read-only: charges, payments and credits are types of their own.

    `postedBy` is the local entity that posted it, so that a payment that returns is shown with its entity.
    """

    name = "lease-transaction"
    collection = "lease-transactions"
    path = "/generalledger/transactions"
    shown_with = "leaseId"
    is_read_only = True
    needs_gl_accounts = True
    event_subjects = frozenset({"LeaseTransaction"})
    model = NoFields
    balance_field = "leaseId"
    linked_types = tuple(_POSTED_AS.values())
    reference_fields: ClassVar[Mapping[str, str]] = {"leaseId": "lease"}
    scope_fields = ("leaseId",)
    remote_owned_fields: ClassVar[Mapping[str, Any]] = {
        "leaseId": str | int | None,
        "date": str | None,
        "transactionType": str | None,
        "totalAmount": float | None,
        "memo": str | None,
        "checkNumber": str | None,
        "paymentMethod": str | None,
        "lines": list[TransactionLine],
        "transactionId": int | None,
        "postedBy": PostedBy | None,
    }
    exact_match_fields = ("transactionId",)
    review_fields = ("date", "transactionType", "totalAmount")
    identifying_fields = (("date", "transactionType", "totalAmount"),)

    def full_lists(self, today: date) -> Sequence[Query]:
        """Return the one list, which `ListQueries` completes."""
        return ({},)

    def is_relevant(self, payload: Payload) -> bool:
        """Return whether the transaction belongs to a lease. The general ledger has all others too."""
        agreement = payload.get("UnitAgreement") or {}
        return agreement.get("Type") == _LEASE and bool(agreement.get("Id"))

    def remote_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the lease."""
        return remote_references("lease", _lease_id(payload))

    def remote_scope_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the properties of the lines, or else the lease."""
        entities = [line.get("AccountingEntity") or {} for line in (payload.get("Journal") or {}).get("Lines") or ()]
        rentals = [each for each in entities if each.get("AccountingEntityType") == _RENTAL]
        shown = [remote_references("property", each.get("Id")) for each in rentals]
        return tuple(dict.fromkeys(each for references in shown for each in references)) or self.remote_references(
            payload
        )

    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Read a GeneralLedgerTransactionMessage."""
        journal = payload.get("Journal") or {}
        return {
            "leaseId": to_reference(links, "lease", _lease_id(payload)),
            "date": read_date(payload.get("Date")),
            "transactionType": payload.get("TransactionType"),
            "totalAmount": payload.get("TotalAmount"),
            "memo": blank_to_none(journal.get("Memo")),
            "checkNumber": blank_to_none(payload.get("CheckNumber")),
            "paymentMethod": (payload.get("PaymentDetail") or {}).get("PaymentMethod"),
            "lines": [_line(line) for line in journal.get("Lines") or ()],
            "transactionId": payload["Id"],
        }

    def linked_references(self, fields: Mapping[str, Any]) -> tuple[BuildiumReference, ...]:
        """Return the entity that may have posted the entry. It has the entry's Buildium id."""
        kind, transaction_id = _POSTED_AS.get(fields.get("transactionType") or ""), fields.get("transactionId")
        return (BuildiumReference(kind, transaction_id),) if kind and transaction_id else ()

    def agrees_with_linked(self, fields: Fields, linked: Fields) -> bool:
        """Compare date, memo and amounts with the entity that posted the entry. A reversal has only a total."""
        shared = [name for name in ("date", "memo") if name in linked]
        if any(fields.get(name) != linked[name] for name in shared):
            return False
        if "lines" in linked:
            return _amounts(fields["lines"]) == _amounts(linked["lines"])
        posted = linked.get("totalAmount")
        return posted is None or money.canonical(abs(fields["totalAmount"] or 0)) == money.canonical(posted)

    def with_linked_ids(self, fields: Fields, local_ids: Mapping[tuple[str, int], str]) -> Fields:
        """Return the fields with `postedBy`, null for an entry that no local entity posted."""
        found = {
            each.entity_type: local_ids.get((each.entity_type, each.buildium_id))
            for each in self.linked_references(fields)
        }
        posted = [{"entityType": kind, "entityId": local_id} for kind, local_id in found.items() if local_id]
        return {**fields, "postedBy": posted[0] if posted else None}

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Raise SyncBlocked: only Buildium creates these entries."""
        raise SyncBlocked("An entry of the ledger cannot be created. Create a charge, a payment or a credit.")

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Raise SyncBlocked: only Buildium changes these entries."""
        raise SyncBlocked("An entry of the ledger cannot be changed. Change the charge or the payment.")

    def natural_key(self, fields: Fields, links: Links) -> dict[str, Any]:
        """Return the transaction: no entry is recognized by its content."""
        return {"transactionId": fields.get("transactionId")}

    def is_match(self, payload: Payload, key: Mapping[str, Any]) -> bool:
        """Compare the transaction."""
        return bool(payload["Id"] == key["transactionId"])


def _amounts(lines: Sequence[Fields]) -> Counter[tuple[Any, ...]]:
    """Return the amounts by account. A ledger may show what reduces the balance as negative."""
    return Counter((line["glAccountId"], money.canonical(abs(line["amount"] or 0))) for line in lines)


def _lease_id(payload: Payload) -> int | None:
    agreement = payload.get("UnitAgreement") or {}
    return agreement.get("Id") if agreement.get("Type") == _LEASE else None


def _line(line: Payload) -> Fields:
    return {
        "glAccountId": (line.get("GLAccount") or {}).get("Id"),
        "amount": line.get("Amount"),
        "memo": blank_to_none(line.get("Memo")),
        "referenceNumber": blank_to_none(line.get("ReferenceNumber")),
    }
