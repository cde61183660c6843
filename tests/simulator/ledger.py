"""Entries of a lease's ledger: their lines, amounts and payloads. Amounts are counted in integer cents."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tests.simulator.entity_type import copied
from tests.simulator.errors import Problem
from tests.simulator.model import Json, Record
from tests.simulator.state import State
from tests.simulator.validation import Check, Scope, number

NAME = "leasetransactions"
LONGEST_MEMO = 65
LONGEST_REFERENCE = 30
CHARGE = "Charge"
PAYMENT = "Payment"
CREDIT = "Credit"
REVERSAL = "ReversePayment"


def money() -> Check:
    """A JSON number with at most two decimals.

    Buildium states no rule about more decimals. They are rejected here so that a client's rounding error is visible.
    """

    def check(key: str, value: Any, scope: Scope) -> list[Problem]:
        problems = number()(key, value, scope)
        if problems or Decimal(str(value)) * 100 % 1 == 0:
            return problems
        return [Problem(key, f"{key} must have at most two decimals.")]

    return check


def cents(amount: float) -> int:
    """An amount of at most two decimals, in cents."""
    return int(Decimal(str(amount)) * 100)


def dollars(amount_cents: int) -> float:
    """An amount in cents as the number of a response."""
    return float(Decimal(amount_cents) / 100)


def total_cents(lines: Iterable[Json]) -> int:
    """The sum of lines that have an `Amount`."""
    return sum(cents(line["Amount"]) for line in lines)


def journal_line(line: Json, account_key: str = "GLAccountId", **more: Any) -> Json:
    """A line of a payload as a journal line."""
    return {"GLAccount": {"Id": line[account_key]}, **copied(line, "Amount", "ReferenceNumber"), **more}


def entry_read(kind: str, body: Json, lines: list[Json], current: Json | None) -> Json:
    """The fields that every payload of an entry sets: lease, date, type, memo and lines."""
    return {
        **(current or {"CheckNumber": None, "PayeeTenantId": None, "PaymentMethod": None}),
        **copied(body, "LeaseId", "Date"),
        "TransactionTypeEnum": kind,
        "Journal": {"Memo": body.get("Memo"), "Lines": lines},
    }


def kind_of(record: Record) -> str:
    """The value of `TransactionTypeEnum`."""
    kind: str = record.public["TransactionTypeEnum"]
    return kind


def lines_of(record: Record) -> list[Json]:
    """The journal lines of an entry."""
    lines: list[Json] = record.public["Journal"]["Lines"]
    return lines


def unit_of(state: State, lease_id: int) -> Record | None:
    """The unit of a lease, None if either was deleted."""
    lease = state.find("leases", lease_id)
    return state.find("units", lease.public["UnitId"]) if lease else None


def ledger_of(state: State) -> dict[int, list[Json]]:
    """Every entry by lease and in creation order, in cents, also entries that lists do not show yet."""
    found: dict[int, list[Json]] = {}
    for record in state.all(NAME):
        found.setdefault(record.public["LeaseId"], []).append(_in_cents(record))
    return found


def _in_cents(record: Record) -> Json:
    lines = [
        {"GLAccountId": line["GLAccount"]["Id"], "Cents": cents(line["Amount"]), **copied(line, "ReferenceNumber")}
        for line in lines_of(record)
    ]
    return {
        "Id": record.id,
        "Type": kind_of(record),
        **copied(record.public, "Date", "PaymentMethod", "PayeeTenantId"),
        "Memo": record.public["Journal"]["Memo"],
        "Cents": total_cents(lines_of(record)),
        "Lines": lines,
    }
