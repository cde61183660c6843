"""Charges of a lease. Buildium: /v1/leases/{leaseId}/charges. Writes respond with the ledger entry."""

from dataclasses import replace

from tests.simulator.errors import Problem
from tests.simulator.filters import ids
from tests.simulator.lease_transactions import DATES, LEASE_TRANSACTIONS
from tests.simulator.ledger import (
    CHARGE,
    LONGEST_MEMO,
    LONGEST_REFERENCE,
    entry_read,
    journal_line,
    kind_of,
    lines_of,
    money,
    unit_of,
)
from tests.simulator.model import Json, Record
from tests.simulator.state import State
from tests.simulator.validation import calendar_date, list_of, nested, optional, reference, required, text

LINE = {
    "Amount": required(money()),
    "GLAccountId": required(reference("glaccounts")),
    "ReferenceNumber": optional(text(LONGEST_REFERENCE)),
}
PUT = {
    "Date": required(calendar_date()),
    "Memo": optional(text(LONGEST_MEMO)),
    "Lines": required(list_of(nested(LINE), least=1)),
}
POST = {**PUT, "BillId": optional(reference("bills"))}
BLANK: Json = {"Date": "2026-01-05", "TotalAmount": 0.0, "Memo": None, "BillId": None, "Lines": []}


def _read(body: Json, current: Json | None) -> Json:
    lines = [journal_line(line) for line in body["Lines"]]
    bill_id = current.get("BillId") if current else body.get("BillId")
    return {**entry_read(CHARGE, body, lines, current), "BillId": bill_id}


def _rules(state: State, body: Json, _current: Record | None) -> list[Problem]:
    bill = state.find("bills", body.get("BillId") or 0)
    unit = unit_of(state, body["LeaseId"])
    if bill is None or unit is None:
        return []
    entities = [line["AccountingEntity"] for line in bill.public["Lines"]]
    if any((e["AccountingEntityType"], e["Id"]) == ("Rental", unit.public["PropertyId"]) for e in entities):
        return []
    return [Problem("BillId", "BillId must name a bill with a line of the lease's property.")]


def _computed(_state: State, record: Record) -> Json:
    lines = [{"Amount": line["Amount"], "GLAccountId": line["GLAccount"]["Id"]} for line in lines_of(record)]
    return {"Memo": record.public["Journal"]["Memo"], "BillId": record.public.get("BillId"), "Lines": lines}


LEASE_CHARGES = replace(
    LEASE_TRANSACTIONS,
    path="/leases/{id}/charges",
    blank=BLANK,
    post=POST,
    put=PUT,
    read=_read,
    rules=_rules,
    computed=_computed,
    holds=lambda _state, record: kind_of(record) == CHARGE,
    written_view=LEASE_TRANSACTIONS,
    lists_created=True,
    filters={**DATES, "billids": ids(lambda _state, record: [record.public.get("BillId")])},
)
