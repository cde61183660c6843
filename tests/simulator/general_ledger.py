"""Entries of all leases as general ledger transactions, read-only. Buildium: /v1/generalledger/transactions.

An entry has one id here and below its lease. The simulator has no other transactions, such as those of bills.
"""

from dataclasses import replace

from tests.simulator.entity_type import copied, utc
from tests.simulator.filters import ENTITY_TYPES, ids
from tests.simulator.lease_payments import PROCESSED_METHODS
from tests.simulator.lease_transactions import LEASE_TRANSACTIONS
from tests.simulator.ledger import lines_of, unit_of
from tests.simulator.model import Json, Record
from tests.simulator.places import owned_place_filters
from tests.simulator.state import State
from tests.simulator.times import LAST_UPDATED, since, until

# Buildium shows the methods of processed payments under other names here.
METHODS = dict(zip(PROCESSED_METHODS, ("ElectronicPayment", "CreditCard", "RetailCash"), strict=True))
BLANK: Json = {
    "Date": "2026-01-05",
    "TransactionType": "Charge",
    "TotalAmount": 0.0,
    "CheckNumber": None,
    "UnitAgreement": None,
    "UnitId": None,
    "UnitNumber": None,
    "PaymentDetail": None,
    "DepositDetails": None,
    "Application": None,
    "Journal": None,
    "LastUpdatedDateTime": None,
}


def _computed(state: State, record: Record) -> Json:
    entry, unit = record.public, unit_of(state, record.public["LeaseId"])
    journal = LEASE_TRANSACTIONS.computed(state, record)["Journal"]
    return {
        "UnitAgreement": {"Id": entry["LeaseId"], "Type": "Lease", "Href": None},
        "UnitId": unit.id if unit else None,
        "UnitNumber": unit.public["UnitNumber"] if unit else None,
        "PaymentDetail": _payment_detail(state, entry) if entry["PaymentMethod"] else None,
        "DepositDetails": None,
        "Application": None,
        "Journal": {**journal, "Lines": [_line(line) for line in journal["Lines"]]},
        "LastUpdatedDateTime": utc(record.updated_at),
    }


def _line(line: Json) -> Json:
    unit = None if line["UnitId"] is None else {"Id": line["UnitId"], "Href": None}
    place = {"Id": line["PropertyId"], "AccountingEntityType": "Rental", "Href": None, "Unit": unit}
    shown = copied(line, "GLAccount", "Amount", "IsCashPosting", "ReferenceNumber", "Memo")
    return {**shown, "AccountingEntity": place}


def _payment_detail(state: State, entry: Json) -> Json:
    method, tenant_id = entry["PaymentMethod"], entry["PayeeTenantId"]
    return {
        "PaymentMethod": METHODS.get(method, method),
        "Payee": None if tenant_id is None else _payee(state, tenant_id),
        "IsInternalTransaction": method in PROCESSED_METHODS,
        "InternalTransactionStatus": None,
    }


def _payee(state: State, tenant_id: int) -> Json:
    tenant = state.find("tenants", tenant_id)
    name = f"{tenant.public['FirstName']} {tenant.public['LastName']}" if tenant else None
    return {"Id": tenant_id, "Name": name, "Type": "Tenant", "Href": None}


def _property_id(state: State, record: Record) -> int | None:
    unit = unit_of(state, record.public["LeaseId"])
    return unit.public["PropertyId"] if unit else None


def _unit_ids(state: State, record: Record) -> list[int]:
    unit = unit_of(state, record.public["LeaseId"])
    return [unit.id] if unit else []


GENERAL_LEDGER = replace(
    LEASE_TRANSACTIONS,
    path="/generalledger/transactions",
    parent="",
    parent_key="",
    blank=BLANK,
    computed=_computed,
    required_filters=("startdate", "enddate", "glaccountids"),
    filters={
        **owned_place_filters("selectionentitytype", "selectionentityid", ENTITY_TYPES, _property_id),
        "selectionentityunitid": replace(ids(_unit_ids), needs="selectionentitytype"),
        "startdate": since(lambda _state, record: record.public["Date"]),
        "enddate": until(lambda _state, record: record.public["Date"]),
        "glaccountids": ids(lambda _state, record: [line["GLAccount"]["Id"] for line in lines_of(record)]),
        **LAST_UPDATED,
    },
)
