"""Rules of bills and their lines."""

import pytest

from tests.simulator import Simulator
from tests.simulator.conftest import Caller
from tests.simulator.model import Json
from tests.simulator.payloads import bill, line, rental, work_order

pytestmark = pytest.mark.sends_invalid_requests


@pytest.fixture
def made(call: Caller, home: int, vendor_id: int) -> Json:
    """A bill of two lines."""
    return call.created("/bills", bill(vendor_id, line(home), line(home, Amount=30, Memo="Parts"), Memo="Tap"))


def test_a_bill_response_includes_line_ids_and_ledger_accounts(call: Caller, home: int, made: Json) -> None:
    first, second = made["Lines"]
    assert first["Id"] != second["Id"]
    assert (first["GLAccount"]["Id"], first["GLAccount"]["Name"]) == (301, "Repairs")
    assert (first["AccountingEntity"]["Id"], second["Memo"]) == (home, "Parts")
    assert (made["PaidDate"], made["ApprovalStatus"]) == (None, "NotNeeded")
    assert call("GET", f"/bills/{made['Id']}").json() == made


def test_a_put_keeps_only_the_lines_that_it_names(call: Caller, home: int, vendor_id: int, made: Json) -> None:
    first = made["Lines"][0]["Id"]
    put = call("PUT", f"/bills/{made['Id']}", bill(vendor_id, line(home, Id=first, Amount=99), line(home))).json()
    assert [written["Amount"] for written in put["Lines"]] == [99, 120.5]
    assert put["Lines"][0]["Id"] == first
    assert put["Lines"][1]["Id"] not in [written["Id"] for written in made["Lines"]]
    assert put["Memo"] is None


def test_a_put_rejects_repeated_and_foreign_line_ids(call: Caller, home: int, vendor_id: int, made: Json) -> None:
    other = call.created("/bills", bill(vendor_id, line(home)))["Lines"][0]["Id"]
    first = made["Lines"][0]["Id"]
    path = f"/bills/{made['Id']}"
    assert call.rejected_keys("PUT", path, bill(vendor_id, line(home, Id=other))) == ["Lines[0].Id"]
    twice = bill(vendor_id, line(home, Id=first), line(home, Id=first))
    assert call.rejected_keys("PUT", path, twice) == ["Lines[1].Id"]


def test_a_patch_changes_only_its_own_fields(call: Caller, made: Json) -> None:
    first, second = made["Lines"]
    path = f"/bills/{made['Id']}"
    patched = call("PATCH", path, {"ReferenceNumber": "7", "Lines": [{"Id": second["Id"], "Amount": 31}]}).json()
    assert patched == {**made, "ReferenceNumber": "7", "Lines": [first, {**second, "Amount": 31}]}
    assert call.rejected_keys("PATCH", path, {"Lines": [{"Id": 1, "Amount": 31}]}) == [
        "Lines[2].AccountingEntity",
        "Lines[2].GlAccountId",
    ]
    assert call.rejected_keys("PATCH", path, {"Date": None}) == ["Date"]
    assert call.rejected_keys("PATCH", path, {"WorkOrderId": 1}) == ["WorkOrderId"]


def test_a_lenient_account_lists_only_paid_bills_by_default(call: Caller, buildium: Simulator, made: Json) -> None:
    buildium.entities.strict_bill_lists = False
    assert call.ids("/bills") == call.ids("/bills", vendorid=made["VendorId"]) == []
    assert call.ids("/bills", paidstatus="Unpaid") == [made["Id"]]
    buildium.edit("bills", made["Id"], {"PaidDate": "2026-01-05"})
    assert call.ids("/bills") == call.ids("/bills", paidstatus="Paid", frompaiddate="2026-01-05") == [made["Id"]]
    assert call.ids("/bills", paidstatus="Unpaid") == []


def test_a_strict_account_lists_paid_bills_only_within_a_year(call: Caller, buildium: Simulator, made: Json) -> None:
    assert call.rejected_keys("GET", "/bills", {}) == ["frompaiddate", "topaiddate"]
    assert call.rejected_keys("GET", "/bills?paidstatus=Paid&topaiddate=2026-01-05", {}) == ["frompaiddate"]
    assert call.rejected_keys("GET", "/bills?frompaiddate=2025-01-05&topaiddate=2026-01-06", {}) == ["topaiddate"]
    assert call.ids("/bills", paidstatus="Unpaid") == [made["Id"]]
    buildium.edit("bills", made["Id"], {"PaidDate": "2026-01-05"})
    assert call.ids("/bills", frompaiddate="2025-01-05", topaiddate="2026-01-05") == [made["Id"]]


def test_bills_are_filtered_by_vendor_and_reference_number(call: Caller, home: int, vendor_id: int) -> None:
    found = call.created("/bills", bill(vendor_id, line(home), ReferenceNumber="INV-7"))["Id"]
    call.created("/bills", bill(vendor_id, line(home), ReferenceNumber="INV-8"))
    assert call.ids("/bills", paidstatus="Unpaid", vendorid=vendor_id, referencenumber="inv-7") == [found]
    assert call.rejected_keys("GET", "/bills?paidstatus=Unpaid&lastupdatedfrom=2026-01-05T09:00:00Z", {}) == [
        "lastupdatedfrom"
    ]


def test_a_bill_gets_its_work_order_only_at_creation(call: Caller, home: int, vendor_id: int) -> None:
    job = call.created("/workorders", work_order(vendor_id))["Id"]
    made = call.created("/bills", bill(vendor_id, line(home), WorkOrderId=job))
    path = f"/bills/{made['Id']}"
    assert call("PUT", path, bill(vendor_id, line(home))).json()["WorkOrderId"] == job
    assert call.rejected_keys("PUT", path, bill(vendor_id, line(home), WorkOrderId=job)) == ["WorkOrderId"]
    assert call("GET", f"/workorders/{job}").json()["BillTransactionIds"] == [made["Id"]]
    assert call.ids("/workorders", isbilled="true") == [job]


def test_a_paid_bill_cannot_be_reduced(call: Caller, home: int, buildium: Simulator, made: Json) -> None:
    buildium.edit("bills", made["Id"], {"PaidDate": "2026-01-05"})
    body = bill(made["VendorId"], line(home, Amount=1))
    assert call.rejected_keys("PUT", f"/bills/{made['Id']}", body) == ["Lines"]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"VendorId": 99}, "VendorId"),
        ({"VendorId": None}, "VendorId"),
        ({"Date": None}, "Date"),
        ({"DueDate": "2026-01-05"}, "DueDate"),
        ({"Lines": []}, "Lines"),
        ({"Memo": "x" * 246}, "Memo"),
        ({"ReferenceNumber": "x" * 41}, "ReferenceNumber"),
        ({"WorkOrderId": 99}, "WorkOrderId"),
        ({"Vendor": 1}, "Vendor"),
    ],
)
def test_an_invalid_bill_is_rejected(
    call: Caller, home: int, vendor_id: int, changes: dict[str, object], key: str
) -> None:
    assert call.rejected_keys("POST", "/bills", {**bill(vendor_id, line(home)), **changes}) == [key]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"GlAccountId": 99}, "GlAccountId"),
        ({"GLAccountId": 301}, "GLAccountId"),
        ({"Amount": None}, "Amount"),
        ({"Id": 7}, "Id"),
        ({"Memo": "x" * 241}, "Memo"),
        ({"Markup": {"Amount": 101, "Type": "Percent"}}, "Markup.Amount"),
        ({"AccountingEntity": {"Id": 99, "AccountingEntityType": "Rental"}}, "AccountingEntity.Id"),
        ({"AccountingEntity": {"Id": 7, "AccountingEntityType": "House"}}, "AccountingEntity.AccountingEntityType"),
    ],
)
def test_an_invalid_line_of_a_new_bill_is_rejected(
    call: Caller, home: int, vendor_id: int, changes: dict[str, object], key: str
) -> None:
    body = bill(vendor_id, line(home, **changes))
    assert call.rejected_keys("POST", "/bills", body) == [f"Lines[0].{key}"]


def test_a_line_accepts_only_a_unit_of_its_property(call: Caller, home: int, flat: int, vendor_id: int) -> None:
    other = call.created("/rentals", rental())["Id"]
    for rental_id, status in ((other, 422), (home, 201)):
        entity = {"Id": rental_id, "AccountingEntityType": "Rental", "UnitId": flat}
        assert call("POST", "/bills", bill(vendor_id, line(rental_id, AccountingEntity=entity))).status_code == status


def test_a_line_may_belong_to_the_company(call: Caller, vendor_id: int) -> None:
    entity = {"Id": 0, "AccountingEntityType": "Company"}
    call.created("/bills", bill(vendor_id, line(0, AccountingEntity=entity)))
