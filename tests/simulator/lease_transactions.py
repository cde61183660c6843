"""Every entry of a lease's ledger, read-only. Buildium: /v1/leases/{leaseId}/transactions.

Charges, payments, credits and reversals are views of these entries and share their ids.
"""

from tests.simulator.entity_type import EntityType, looked_up
from tests.simulator.filters import any_of
from tests.simulator.gl_accounts import BLANK as GL_ACCOUNT
from tests.simulator.ledger import CHARGE, NAME, PAYMENT, dollars, lines_of, total_cents, unit_of
from tests.simulator.model import Json, Record
from tests.simulator.state import State
from tests.simulator.times import days

KINDS = (
    "Bill",
    "Check",
    CHARGE,
    PAYMENT,
    "Credit",
    "Refund",
    "ApplyDeposit",
    "ElectronicFundsTransfer",
    "Other",
    "Deposit",
    "GeneralJournalEntry",
    "OwnerContribution",
    "ReversePayment",
    "ReverseElectronicFundsTransfer",
    "VendorCredit",
    "RentalApplicationFeePayment",
    "ReverseRentalApplicationFeePayment",
    "ReverseOwnerContribution",
    "VendorRefund",
    "UnreversedPayment",
    "UnreversedElectronicFundsTransfer",
    "UnreversedOwnerContribution",
    "UnreversedRentalApplicationFeePayment",
    "ReversedEftRefund",
    "CreditCardPurchase",
    "CreditCardPayment",
)
BLANK: Json = {
    "Date": "2026-01-05",
    "TransactionType": CHARGE,
    "TransactionTypeEnum": CHARGE,
    "TotalAmount": 0.0,
    "CheckNumber": None,
    "LeaseId": 0,
    "PayeeTenantId": None,
    "PaymentMethod": None,
    "Journal": {"Memo": None, "Lines": []},
}
BLANK_LINE: Json = {"IsCashPosting": False, "ReferenceNumber": None, "Memo": None}
DATES = days("transactiondate", lambda _state, record: record.public["Date"])


def _settle(state: State, public: Json) -> Json:
    unit = unit_of(state, public["LeaseId"])
    place = {"PropertyId": unit.public["PropertyId"] if unit else 0, "UnitId": unit.id if unit else None}
    journal = public["Journal"]
    lines = [{**BLANK_LINE, **line, **place} for line in journal["Lines"]]
    return {
        **public,
        "TransactionType": public["TransactionTypeEnum"],
        "TotalAmount": dollars(total_cents(lines)),
        "Journal": {**journal, "Lines": lines},
    }


def _computed(state: State, record: Record) -> Json:
    lines = [
        {**line, "GLAccount": looked_up(state, "glaccounts", line["GLAccount"]["Id"], *GL_ACCOUNT)}
        for line in lines_of(record)
    ]
    return {"Journal": {**record.public["Journal"], "Lines": lines}}


LEASE_TRANSACTIONS = EntityType(
    name=NAME,
    path="/leases/{id}/transactions",
    parent="leases",
    parent_key="LeaseId",
    first_id=11001,
    blank=BLANK,
    settle=_settle,
    computed=_computed,
    event="LeaseTransaction",
    id_field="TransactionId",
    event_keys=("TransactionType",),
    filters={"transactiontypes": any_of("TransactionTypeEnum", KINDS), **DATES},
)
