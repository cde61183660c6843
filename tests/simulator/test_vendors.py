"""Rules of vendors."""

import pytest

from tests.clocks import VirtualClock
from tests.simulator import Simulator
from tests.simulator.conftest import Caller
from tests.simulator.payloads import address, vendor

pytestmark = pytest.mark.sends_invalid_requests

TAX = {"TaxPayerId": "123-45-6789", "TaxPayerType": "SSN"}


def test_the_seeded_account_has_a_vendor_category(call: Caller) -> None:
    [category] = call("GET", "/vendors/categories").json()
    assert call("GET", f"/vendors/categories/{category['Id']}").json() == category


def test_a_vendor_response_has_its_own_field_names(call: Caller) -> None:
    written = vendor(
        PrimaryEmail="rosa@example.com",
        ExpenseGlAccountId=301,
        Website="http://www.example.com",
        Address=address(),
        PhoneNumbers={"Work": "512 555 0101"},
        VendorInsurance={"Provider": "Acme", "ExpirationDate": "2026-12-31"},
        TaxInformation=TAX,
    )
    made = call.created("/vendors", written)
    assert (made["PrimaryEmail"], made["ExpenseGLAccountId"]) == ("rosa@example.com", 301)
    assert made["Category"] == {"Id": 101, "Name": "Contractors"}
    assert made["PhoneNumbers"] == [{"Number": "512 555 0101", "Type": "Office"}]
    assert made["VendorInsurance"]["ExpirationDate"] == "2026-12-31T00:00:00Z"
    assert made["TaxInformation"]["TaxPayerIdType"] == "SSN"
    assert call("GET", f"/vendors/{made['Id']}").json() == made


def test_a_put_sets_omitted_fields_to_null(call: Caller) -> None:
    made = call.created("/vendors", vendor(Comments="Knows the house", TaxInformation=TAX))
    put = call("PUT", f"/vendors/{made['Id']}", vendor(FirstName="Ros")).json()
    assert (put["FirstName"], put["Comments"], put["TaxInformation"]) == ("Ros", None, None)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"IsCompany": None}, "IsCompany"),
        ({"IsCompany": True}, "CompanyName"),
        ({"LastName": None}, "LastName"),
        ({"LastName": "x" * 128}, "LastName"),
        ({"CategoryId": None}, "CategoryId"),
        ({"CategoryId": 99}, "CategoryId"),
        ({"ExpenseGlAccountId": 99}, "ExpenseGlAccountId"),
        ({"ExpenseGLAccountId": 301}, "ExpenseGLAccountId"),
        ({"Email": "rosa@example.com"}, "Email"),
        ({"Website": "www.example.com"}, "Website"),
        ({"AccountNumber": "x" * 31}, "AccountNumber"),
        ({"VendorInsurance": {"Provider": "x" * 66}}, "VendorInsurance.Provider"),
        ({"TaxInformation": {"TaxPayerId": "1", "TaxPayerType": "EIN"}}, "TaxInformation.TaxPayerId"),
        ({"TaxInformation": {**TAX, "IncludeIn1099": True}}, "TaxInformation.IncludeIn1099"),
    ],
)
def test_an_invalid_vendor_is_rejected(call: Caller, changes: dict[str, object], key: str) -> None:
    assert call.rejected_keys("POST", "/vendors", vendor(**changes)) == [key]


def test_a_put_of_tax_information_requires_the_1099_flag(call: Caller, vendor_id: int) -> None:
    path = f"/vendors/{vendor_id}"
    assert call.rejected_keys("PUT", path, vendor(TaxInformation=TAX)) == ["TaxInformation.IncludeIn1099"]
    put = call("PUT", path, vendor(TaxInformation={**TAX, "IncludeIn1099": True}))
    assert put.json()["TaxInformation"]["IncludeIn1099"] is True


def test_vendors_are_filtered_by_name_and_update_time(call: Caller, buildium: Simulator, clock: VirtualClock) -> None:
    first = call.created("/vendors", vendor())["Id"]
    clock.now += 5
    second = call.created("/vendors", vendor(IsCompany=True, CompanyName="Rosa Lind Repairs"))["Id"]
    assert call.ids("/vendors", name="rosa lind", orderby="Id") == [first, second]
    assert call.ids("/vendors", name="repairs") == [second]
    assert call.ids("/vendors", lastupdatedfrom="2026-01-05T09:00:05Z") == [second]
    clock.now += 1
    buildium.edit("vendors", first, {"Comments": "Edited by hand"})
    assert call.ids("/vendors", lastupdatedfrom="2026-01-05T09:00:06Z") == [first]
