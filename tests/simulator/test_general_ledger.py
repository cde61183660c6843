"""Entries of leases as general ledger transactions."""

import pytest

from tests.clocks import VirtualClock
from tests.simulator import Simulator
from tests.simulator.conftest import Caller
from tests.simulator.payloads import charge, lease, ledger_line, owner, payment, tenant

pytestmark = pytest.mark.sends_invalid_requests

PATH = "/generalledger/transactions"
JANUARY = {"startdate": "2026-01-01", "enddate": "2026-01-31", "glaccountids": 301}


def test_an_entry_has_one_id_in_both_ledgers(call: Caller, home: int, flat: int, lease_id: int) -> None:
    [entry] = call("POST", f"/leases/{lease_id}/charges", charge(ledger_line(ReferenceNumber="R-7"))).json()
    shown = call("GET", f"{PATH}/{entry['Id']}").json()
    assert shown["UnitAgreement"] == {"Id": lease_id, "Type": "Lease", "Href": None}
    assert (shown["TransactionType"], shown["TotalAmount"], shown["UnitId"]) == ("Charge", 1500.0, flat)
    assert (shown["PaymentDetail"], shown["LastUpdatedDateTime"]) == (None, "2026-01-05T09:00:00Z")
    assert shown["Journal"]["Memo"] == entry["Journal"]["Memo"]
    [line] = shown["Journal"]["Lines"]
    assert (line["GLAccount"]["Id"], line["ReferenceNumber"]) == (301, "R-7")
    assert (line["AccountingEntity"]["Id"], line["AccountingEntity"]["Unit"]["Id"]) == (home, flat)
    assert call("GET", PATH, params=JANUARY).json() == [shown]


def test_a_payment_names_its_method_and_payer(call: Caller, flat: int) -> None:
    made = call.created("/leases", lease(flat, Tenants=[tenant()]))
    payer = made["CurrentTenants"][0]["Id"]
    entry = call.created(f"/leases/{made['Id']}/payments", payment(PayeeUserId=payer))
    detail = call("GET", f"{PATH}/{entry['Id']}").json()["PaymentDetail"]
    assert detail["PaymentMethod"] == "Check"
    assert detail["Payee"] == {"Id": payer, "Name": "Noor Haddad", "Type": "Tenant", "Href": None}


def test_a_list_requires_dates_and_accounts(call: Caller) -> None:
    assert call.rejected_keys("GET", PATH, {}) == ["startdate", "enddate", "glaccountids"]
    assert call("GET", f"{PATH}/99").status_code == 404
    assert call("POST", PATH, {}).headers["Allow"] == "GET"


def test_transactions_are_filtered_by_day_account_and_update(
    call: Caller, buildium: Simulator, clock: VirtualClock, lease_id: int
) -> None:
    income = buildium.create("glaccounts", {"Type": "Income"})["Id"]
    path = f"/leases/{lease_id}/charges"
    [first] = call("POST", path, charge()).json()
    clock.now += 60
    [second] = call("POST", path, charge(ledger_line(GLAccountId=income), Date="2026-01-20")).json()
    assert call.ids(PATH, **JANUARY) == [first["Id"]]
    both = {**JANUARY, "glaccountids": [301, income]}
    assert call.ids(PATH, **both, orderby="Date desc") == [second["Id"], first["Id"]]
    assert call.ids(PATH, **{**both, "enddate": "2026-01-19"}) == [first["Id"]]
    assert call.ids(PATH, **both, lastupdatedfrom="2026-01-05T09:01:00Z") == [second["Id"]]
    buildium.edit("leasetransactions", first["Id"], {"Journal": {"Memo": "New"}})
    assert call.ids(PATH, **both, lastupdatedfrom="2026-01-05T09:01:00Z", orderby="Id") == [first["Id"], second["Id"]]


def test_transactions_are_filtered_by_property_owner_and_unit(
    call: Caller, home: int, flat: int, lease_id: int
) -> None:
    owner_id = call.created("/rentals/owners", owner(home))["Id"]
    [entry] = call("POST", f"/leases/{lease_id}/charges", charge()).json()
    for kind, entity_id in (("Rental", home), ("RentalOwner", owner_id)):
        assert call.ids(PATH, **JANUARY, selectionentitytype=kind, selectionentityid=entity_id) == [entry["Id"]]
    assert call.ids(PATH, **JANUARY, selectionentitytype="Rental", selectionentityunitid=flat) == [entry["Id"]]
    assert call.ids(PATH, **JANUARY, selectionentitytype="Rental", selectionentityid=99) == []
