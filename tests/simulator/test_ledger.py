"""Charges of leases and the ledger that shows them."""

import pytest

from tests.clocks import VirtualClock
from tests.simulator import Simulator
from tests.simulator.conftest import Caller
from tests.simulator.model import Json
from tests.simulator.payloads import bill, charge, lease, ledger_line, line, rental

pytestmark = pytest.mark.sends_invalid_requests


@pytest.fixture
def charges(lease_id: int) -> str:
    """The path of the lease's charges."""
    return f"/leases/{lease_id}/charges"


def charged(call: Caller, charges: str, body: Json) -> Json:
    [entry] = call.created(charges, body)
    assert isinstance(entry, dict)
    return entry


def test_a_charge_responds_with_its_ledger_entry(
    call: Caller, home: int, flat: int, lease_id: int, charges: str
) -> None:
    response = call("POST", charges, charge(ledger_line(0.1, ReferenceNumber="R-7"), ledger_line(0.2)))
    [entry] = response.json()
    assert response.headers["Location"].endswith(f"{charges}/{entry['Id']}")
    assert (entry["LeaseId"], entry["TransactionTypeEnum"], entry["TotalAmount"]) == (lease_id, "Charge", 0.3)
    first = entry["Journal"]["Lines"][0]
    assert (first["GLAccount"]["Name"], first["ReferenceNumber"]) == ("Repairs", "R-7")
    assert (first["PropertyId"], first["UnitId"]) == (home, flat)
    assert call("GET", f"/leases/{lease_id}/transactions/{entry['Id']}").json() == entry
    assert call("GET", f"/leases/{lease_id}/transactions").json() == [entry]


def test_a_charge_is_read_and_listed_below_its_lease(call: Caller, flat: int, charges: str) -> None:
    entry = charged(call, charges, charge())
    read = call("GET", f"{charges}/{entry['Id']}").json()
    assert read == {
        "Id": entry["Id"],
        "Date": "2026-01-05",
        "TotalAmount": 1500.0,
        "Memo": "January rent",
        "BillId": None,
        "Lines": [{"Amount": 1500.0, "GLAccountId": 301}],
    }
    assert call("GET", charges).json() == [read]
    other = call.created("/leases", lease(flat))["Id"]
    assert call("GET", f"/leases/{other}/charges/{entry['Id']}").status_code == 404
    assert call.ids(f"/leases/{other}/charges") == []


def test_a_put_of_a_charge_replaces_all_lines(call: Caller, charges: str) -> None:
    entry = charged(call, charges, charge(ledger_line(1), ledger_line(2)))
    put = call("PUT", f"{charges}/{entry['Id']}", charge(ledger_line(5), Memo=None)).json()
    assert (put["Id"], put["TotalAmount"], put["Journal"]["Memo"]) == (entry["Id"], 5.0, None)
    assert [written["Amount"] for written in put["Journal"]["Lines"]] == [5]


def test_paths_below_an_unknown_lease_do_not_exist(call: Caller) -> None:
    assert call("POST", "/leases/99/charges", charge()).status_code == 404
    assert call("GET", "/leases/99/charges").status_code == 404
    assert call("GET", "/leases/99/transactions/1").status_code == 404
    assert call("GET", "/rentals/99/charges").status_code == 404


def test_a_ledger_path_rejects_other_methods(call: Caller, lease_id: int, charges: str) -> None:
    entry = charged(call, charges, charge())
    assert call("PATCH", f"{charges}/{entry['Id']}", {}).headers["Allow"] == "GET, PUT"
    assert call("POST", f"/leases/{lease_id}/transactions", {}).headers["Allow"] == "GET"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"Date": None}, "Date"),
        ({"Date": "2026-02-30"}, "Date"),
        ({"Memo": "x" * 66}, "Memo"),
        ({"BillId": 99}, "BillId"),
        ({"Lines": []}, "Lines"),
        ({"LeaseId": 7}, "LeaseId"),
        ({"Lines": [ledger_line(GLAccountId=99)]}, "Lines[0].GLAccountId"),
        ({"Lines": [ledger_line(0.001)]}, "Lines[0].Amount"),
        ({"Lines": [ledger_line(ReferenceNumber="x" * 31)]}, "Lines[0].ReferenceNumber"),
    ],
)
def test_an_invalid_charge_is_rejected(call: Caller, charges: str, changes: dict[str, object], key: str) -> None:
    assert call.rejected_keys("POST", charges, {**charge(), **changes}) == [key]


def test_a_charge_names_only_bills_of_its_property(call: Caller, home: int, vendor_id: int, charges: str) -> None:
    elsewhere = call.created("/rentals", rental(Name="Elsewhere"))["Id"]
    foreign = call.created("/bills", bill(vendor_id, line(elsewhere)))["Id"]
    named = call.created("/bills", bill(vendor_id, line(home)))["Id"]
    assert call.rejected_keys("POST", charges, charge(BillId=foreign)) == ["BillId"]
    entry = charged(call, charges, charge(BillId=named))
    charged(call, charges, charge())
    assert call.ids(charges, billids=named) == [entry["Id"]]
    call("PUT", f"{charges}/{entry['Id']}", charge())
    assert call("GET", f"{charges}/{entry['Id']}").json()["BillId"] == named


def test_ledger_lists_are_filtered_and_ordered(call: Caller, lease_id: int, charges: str) -> None:
    first, last = (charged(call, charges, charge(Date=day))["Id"] for day in ("2026-01-05", "2026-02-05"))
    ledger = f"/leases/{lease_id}/transactions"
    assert call.ids(ledger, orderby="Date") == call.ids(charges, orderby="Id") == [first, last]
    assert call.ids(ledger, transactiondatefrom="2026-01-06", transactiontypes=["Charge", "Payment"]) == [last]
    assert call.ids(charges, transactiondateto="2026-01-05") == [first]
    assert call.ids(ledger, transactiontypes="Payment") == []
    assert call.ids(ledger, orderby="Id", limit=1, offset=1) == [last]
    assert call.rejected_keys("GET", f"{ledger}?lastupdatedfrom=2026-01-05T09:00:00Z", {}) == ["lastupdatedfrom"]


def test_faults_apply_to_nested_paths(call: Caller, buildium: Simulator, clock: VirtualClock, charges: str) -> None:
    buildium.fault("error_after", "POST", "/leases/*/charges", status=503)
    assert call("POST", charges, charge()).status_code == 503
    buildium.fault("status", "POST", charges, status=429)
    assert call("POST", charges, charge()).status_code == 429
    buildium.fault("hidden", "POST", charges, seconds=20)
    hidden = charged(call, charges, charge())["Id"]
    assert call("GET", f"{charges}/{hidden}").status_code == 200
    assert hidden not in call.ids(charges)
    clock.now += 20
    assert len(call.ids(charges)) == 2
    assert hidden in call.ids(charges)
