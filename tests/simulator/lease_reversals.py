"""Reversals of deposited payments. Buildium: /v1/leases/{leaseId}/reversepayments.

A non-sufficient-funds charge becomes a charge of the lease. The bank's fee is an expense of the property and no part
of the lease's ledger, so the simulator does not store it.
"""

from dataclasses import replace

from tests.simulator.errors import Problem
from tests.simulator.gl_accounts import account_problems
from tests.simulator.lease_transactions import LEASE_TRANSACTIONS
from tests.simulator.ledger import CHARGE, NAME, PAYMENT, REVERSAL, entry_read, journal_line, kind_of, lines_of, money
from tests.simulator.model import Json, Record
from tests.simulator.state import State
from tests.simulator.validation import calendar_date, nested, optional, reference, required, whole

PAYMENT_KEY = "PaymentTransactionId"
FEE = {"GLAccountId": required(reference("glaccounts")), "TotalAmount": required(money())}
FEE_KINDS = {"NSFCharge": "Income", "BankFee": "Expense"}
POST = {
    "EntryDate": required(calendar_date()),
    PAYMENT_KEY: required(whole()),
    **dict.fromkeys(FEE_KINDS, optional(nested(FEE))),
}


def _read(body: Json, _current: Json | None) -> Json:
    written = {"LeaseId": body["LeaseId"], "Date": body["EntryDate"]}
    return {**entry_read(REVERSAL, written, [], None), PAYMENT_KEY: body[PAYMENT_KEY]}


def _settle(state: State, public: Json) -> Json:
    payment = state.find(NAME, public[PAYMENT_KEY])
    if payment:
        journal = {**public["Journal"], "Lines": lines_of(payment)}
        shared = {key: payment.public[key] for key in ("PayeeTenantId", "PaymentMethod", "CheckNumber")}
        public = {**public, **shared, "Journal": journal}
    return LEASE_TRANSACTIONS.settle(state, public)


def _rules(state: State, body: Json, _current: Record | None) -> list[Problem]:
    problems = _payment_problems(state, body)
    for key, kind in FEE_KINDS.items():
        if body.get(key):
            problems += account_problems(state, body[key]["GLAccountId"], f"{key}.GLAccountId", kind)
    return problems


def _payment_problems(state: State, body: Json) -> list[Problem]:
    payment = state.find(NAME, body[PAYMENT_KEY])
    if payment is None or payment.public["LeaseId"] != body["LeaseId"] or kind_of(payment) != PAYMENT:
        return [Problem(PAYMENT_KEY, f"{PAYMENT_KEY} must name a payment of the lease.")]
    if not is_deposited(payment):
        return [Problem(PAYMENT_KEY, f"{PAYMENT_KEY} must name a deposited payment.")]
    if is_reversed(state, payment):
        return [Problem(PAYMENT_KEY, f"{PAYMENT_KEY} names a payment that was reversed.")]
    return []


def deposit(payment: Record) -> None:
    """Mark a payment deposited. Buildium reports no change of the payment."""
    payment.public["IsDeposited"] = True


def is_deposited(payment: Record) -> bool:
    """Whether a payment was deposited."""
    return bool(payment.public.get("IsDeposited"))


def is_reversed(state: State, payment: Record) -> bool:
    """Whether an entry of the same lease reverses the payment."""
    entries = state.having(NAME, "LeaseId", payment.public["LeaseId"])
    return payment.id in [entry.public.get(PAYMENT_KEY) for entry in entries]


def _charge_tenant(state: State, record: Record, body: Json) -> None:
    fee = body.get("NSFCharge")
    if fee:
        line = journal_line({"GLAccountId": fee["GLAccountId"], "Amount": fee["TotalAmount"]})
        charged = entry_read(CHARGE, record.public, [line], None)
        state.insert(NAME, LEASE_TRANSACTIONS.settle(state, charged))


LEASE_REVERSALS = replace(
    LEASE_TRANSACTIONS,
    path="/leases/{id}/reversepayments",
    post=POST,
    read=_read,
    rules=_rules,
    settle=_settle,
    after_create=_charge_tenant,
    is_listed=False,
    is_readable=False,
    written_view=LEASE_TRANSACTIONS,
)
