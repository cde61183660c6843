"""The common part of the entries that a client posts to the ledger of a lease.

Buildium has no request id and shows no time of creation. After a lost response, the ledger of the lease is searched for
an entry of the same type with equal date, lines and reference that was last changed after the request.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from buildium_sync.domain.entity_model import EntityModel
from buildium_sync.domain.field_contract import Normalizers
from buildium_sync.domain.inbound_contract import RelatedEvent
from buildium_sync.domain.json_types import Fields, Payload, Query
from buildium_sync.domain.normalization import blank_to_none
from buildium_sync.domain.reference_contract import BuildiumReference, Links
from buildium_sync.entity_types.fields import money
from buildium_sync.entity_types.fields.references import EntityReference, remote_references, to_reference
from buildium_sync.entity_types.fields.types import BuildiumId, Date, OptionalLine, at_most, read_date
from buildium_sync.entity_types.lease_operation import LeaseOperation

Amount = Annotated[
    float,
    Field(gt=0, le=1e12, description="Money. At most two decimals, more than zero."),
    AfterValidator(money.check),
]
Memo = Annotated[OptionalLine, at_most(65)]
ReferenceNumber = Annotated[OptionalLine, at_most(30)]

_LEASE_FIXED = "cannot be changed: Buildium keeps an entry in the ledger of one lease"


class LedgerLine(EntityModel):
    """A part of an entry: an amount, and the general ledger account (a Buildium id) that it is recorded in."""

    glAccountId: BuildiumId
    amount: Amount


class LedgerEntryFields(EntityModel):
    """The fields that all entries have."""

    leaseId: EntityReference
    date: Date
    memo: Memo = None


def canonical_lines(lines: Sequence[Fields]) -> Counter[tuple[Any, ...]]:
    """Return a form that is equal for the same lines in another order."""
    return Counter(
        (line["glAccountId"], money.canonical(line["amount"]), line.get("referenceNumber")) for line in lines
    )


class LedgerEntry(LeaseOperation):
    """An entry of the ledger of a lease. Its changes in Buildium arrive as events of `lease-transaction`."""

    path = "/leases/{parent}/transactions"
    requires_idempotency_key = True
    id_space = "lease-transaction"
    detail_path = "/generalledger/transactions/{}"
    read_only_in_buildium = frozenset(
        {
            *("TransactionType", "TransactionTypeEnum", "TotalAmount", "CheckNumber", "LeaseId"),
            *("PayeeTenantId", "Journal", "DepositDetails", "Application"),
        }
    )
    transaction_type: ClassVar[str]
    """The value of Buildium's `transactiontypes`: `Charge`."""
    related_events: ClassVar[Mapping[str, RelatedEvent]] = {"LeaseTransaction": RelatedEvent(is_same_entity=True)}
    canonical: ClassVar[Normalizers] = {"lines": canonical_lines}
    review_fields = ("date", "lines")
    identifying_fields: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("date", "lines"),
        ("date", "referenceNumber"),
        ("lines", "referenceNumber"),
    )
    distinguishing_fields = ("memo",)
    create_only: ClassVar[Mapping[str, str]] = {"leaseId": _LEASE_FIXED}

    def recent_lists(self, today: date) -> Sequence[Query]:
        """Return the list that shows entries of this type. It is not limited by date: a date can be edited."""
        return ({"transactiontypes": self.transaction_type},)

    def remote_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the lease."""
        return remote_references("lease", payload.get("LeaseId"))

    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Read a LeaseTransactionMessage: lease, date, memo and lines."""
        journal = payload.get("Journal") or {}
        lease = payload.get("LeaseId")
        return {
            **({"leaseId": to_reference(links, "lease", lease)} if lease else {}),
            "date": read_date(payload.get("Date")),
            "memo": blank_to_none(journal.get("Memo")),
            "lines": [self.read_line(line) for line in _positive(journal.get("Lines") or ())],
        }

    def read_line(self, line: Payload) -> Fields:
        """Read a JournalLineMessage."""
        return {"glAccountId": (line.get("GLAccount") or {}).get("Id"), "amount": line["Amount"]}

    def fields_changed_since_create(self, sent: Fields, shown: Fields) -> tuple[str, ...]:
        """Return what differs from the create, without the memo, which Buildium may complete."""
        changed = super().fields_changed_since_create(sent, shown)
        return tuple(name for name in changed if name != "memo")


def _positive(lines: Sequence[Payload]) -> list[Payload]:
    """Return the lines with positive amounts. A ledger may show what reduces the balance as negative."""
    if any(line.get("Amount", 0) > 0 for line in lines):
        return list(lines)
    return [{**line, "Amount": -line.get("Amount", 0)} for line in lines]


def shown_reference(payload: Payload) -> Fields:
    """Return the reference number of a transaction, nothing if Buildium shows none.

    Buildium: a transaction has it as `CheckNumber` or in its lines.
    """
    lines = (payload.get("Journal") or {}).get("Lines") or ()
    shown = [payload.get("CheckNumber"), *(line.get("ReferenceNumber") for line in lines)]
    found = next((text for each in shown if (text := blank_to_none(each))), None)
    return {"referenceNumber": found} if found else {}
