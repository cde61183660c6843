"""Payments of a lease. Buildium: /v1/leases/{leaseId}/payments, without a list or a read."""

from dataclasses import replace

from tests.simulator.errors import Problem
from tests.simulator.lease_transactions import LEASE_TRANSACTIONS
from tests.simulator.ledger import (
    LONGEST_MEMO,
    LONGEST_REFERENCE,
    PAYMENT,
    entry_read,
    journal_line,
    kind_of,
    lines_of,
    money,
    total_cents,
)
from tests.simulator.model import Json, Record
from tests.simulator.state import State
from tests.simulator.validation import (
    boolean,
    calendar_date,
    list_of,
    nested,
    one_of,
    optional,
    reference,
    required,
    text,
)

CHECK = "Check"
METHODS = (CHECK, "Cash", "MoneyOrder", "CashierCheck", "DirectDeposit", "CreditCard", "ElectronicPayment")
PROCESSED_METHODS = ("BuildiumEFT", "BuildiumCC", "RetailCash")
FIXED_WHEN_PROCESSED = ("PaymentMethod", "Date", "Memo", "TotalAmount")

LINE = {"Amount": required(money()), "GLAccountId": required(reference("glaccounts"))}
PAID = {
    "Date": required(calendar_date()),
    "PayeeUserId": optional(reference("tenants")),
    "Memo": optional(text(LONGEST_MEMO)),
    "ReferenceNumber": optional(text(LONGEST_REFERENCE)),
    "Lines": required(list_of(nested(LINE), least=1)),
}
POST = {**PAID, "PaymentMethod": required(one_of(*METHODS)), "SendEmailReceipt": required(boolean())}
PUT = {**PAID, "PaymentMethod": required(one_of(*METHODS, *PROCESSED_METHODS))}


def _read(body: Json, current: Json | None) -> Json:
    number, method = body.get("ReferenceNumber"), body["PaymentMethod"]
    lines = [journal_line({**line, "ReferenceNumber": number}, IsCashPosting=True) for line in body["Lines"]]
    return {
        **entry_read(PAYMENT, body, lines, current),
        "PaymentMethod": method,
        "PayeeTenantId": body.get("PayeeUserId"),
        "CheckNumber": number if method == CHECK else None,
    }


def _rules(state: State, body: Json, current: Record | None) -> list[Problem]:
    problems = _payee_problems(state, body)
    return problems + _change_problems(body, current) if current else problems


def _payee_problems(state: State, body: Json) -> list[Problem]:
    lease, payee_id = state.find("leases", body["LeaseId"]), body.get("PayeeUserId")
    tenants = lease.public["Tenants"] if lease else []
    if payee_id is None or payee_id in [tenant["Id"] for tenant in tenants]:
        return []
    return [Problem("PayeeUserId", "PayeeUserId must name a tenant of the lease.")]


def _change_problems(body: Json, current: Record) -> list[Problem]:
    accounts = [line["GLAccountId"] for line in body["Lines"]]
    if len(set(accounts)) < len(accounts):
        return [Problem("Lines", "Lines must each have a ledger account of their own.")]
    if current.public["PaymentMethod"] not in PROCESSED_METHODS:
        return []
    before = _fixed_values(current.public, lines_of(current), current.public["Journal"]["Memo"])
    after = _fixed_values(body, body["Lines"], body.get("Memo"))
    return [
        Problem(key, f"{key} of a processed payment cannot be changed.")
        for key in FIXED_WHEN_PROCESSED
        if before[key] != after[key]
    ]


def _fixed_values(payment: Json, lines: list[Json], memo: str | None) -> Json:
    return {
        "PaymentMethod": payment["PaymentMethod"],
        "Date": payment["Date"],
        "Memo": memo,
        "TotalAmount": total_cents(lines),
    }


LEASE_PAYMENTS = replace(
    LEASE_TRANSACTIONS,
    path="/leases/{id}/payments",
    post=POST,
    put=PUT,
    read=_read,
    rules=_rules,
    holds=lambda _state, record: kind_of(record) == PAYMENT,
    is_listed=False,
    is_readable=False,
    written_view=LEASE_TRANSACTIONS,
)
