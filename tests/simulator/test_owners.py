"""Rules of rental owners."""

import pytest

from tests.simulator import Simulator
from tests.simulator.conftest import Caller
from tests.simulator.payloads import owner

pytestmark = pytest.mark.sends_invalid_requests


def test_an_owner_response_has_different_phone_types(call: Caller, home: int) -> None:
    phones = {"Home": "512 555 0100", "Work": "512 555 0101", "Mobile": "512 555 0102", "Fax": "512 555 0103"}
    made = call.created("/rentals/owners", owner(home, Email="ada@example.com", PhoneNumbers=phones))
    types = {phone["Number"]: phone["Type"] for phone in made["PhoneNumbers"]}
    assert types == {
        "512 555 0100": "Home",
        "512 555 0101": "Office",
        "512 555 0102": "Cell",
        "512 555 0103": "Fax",
    }
    assert (made["Email"], made["PropertyIds"], made["CompanyName"]) == ("ada@example.com", [home], "")
    assert call("GET", f"/rentals/owners/{made['Id']}").json() == made


def test_a_put_replaces_the_owner_but_not_its_tax_information(call: Caller, home: int) -> None:
    tax = {"TaxPayerId": "123-45-6789", "TaxPayerType": "SSN", "TaxPayerName1": "Ada Moreno"}
    made = call.created("/rentals/owners", owner(home, Comment="Call first", TaxInformation=tax))
    put = call("PUT", f"/rentals/owners/{made['Id']}", owner(home, FirstName="Eva")).json()
    assert (put["FirstName"], put["Comment"]) == ("Eva", None)
    assert put["TaxInformation"] == made["TaxInformation"]


def test_a_tax_id_is_masked_in_responses(call: Caller, home: int) -> None:
    tax = {"TaxPayerId": "123-45-6789", "TaxPayerType": "SSN"}
    made = call.created("/rentals/owners", owner(home, TaxInformation=tax))
    assert made["TaxInformation"]["TaxPayerId"] == "***-**-6789"


def test_a_date_of_birth_is_stored_but_never_returned(call: Caller, home: int, buildium: Simulator) -> None:
    made = call.created("/rentals/owners", owner(home, DateOfBirth="1980-02-29"))
    assert "DateOfBirth" not in made
    assert buildium.state()["owners"][0]["_private"] == {"DateOfBirth": "1980-02-29"}
    call("PUT", f"/rentals/owners/{made['Id']}", owner(home))
    assert buildium.state()["owners"][0]["_private"] == {"DateOfBirth": None}


def test_a_company_has_only_a_company_name(call: Caller, home: int) -> None:
    made = call.created("/rentals/owners", owner(home, IsCompany=True, CompanyName="Moreno LLC"))
    assert (made["CompanyName"], made["FirstName"], made["LastName"]) == ("Moreno LLC", "", "")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"PropertyIds": []}, "PropertyIds"),
        ({"PropertyIds": None}, "PropertyIds"),
        ({"PropertyIds": [99]}, "PropertyIds[0]"),
        ({"IsCompany": None}, "IsCompany"),
        ({"IsCompany": "false"}, "IsCompany"),
        ({"IsCompany": True}, "CompanyName"),
        ({"LastName": None}, "LastName"),
        ({"FirstName": "x" * 128}, "FirstName"),
        ({"Address": None}, "Address"),
        ({"Email": "ada"}, "Email"),
        ({"PrimaryEmail": "ada@example.com"}, "PrimaryEmail"),
        ({"DateOfBirth": "1980-02-30"}, "DateOfBirth"),
        ({"PhoneNumbers": {"Home": "555"}}, "PhoneNumbers.Home"),
        ({"PhoneNumbers": {"Cell": "512 555 0100"}}, "PhoneNumbers.Cell"),
        ({"PhoneNumbers": [{"Number": "512 555 0100", "Type": "Cell"}]}, "PhoneNumbers"),
        ({"TaxInformation": {"TaxPayerType": "SSN"}}, "TaxInformation"),
        ({"TaxInformation": {"TaxPayerType": "SSN", "TaxPayerId": "1"}}, "TaxInformation.TaxPayerId"),
    ],
)
def test_an_invalid_owner_is_rejected(call: Caller, home: int, changes: dict[str, object], key: str) -> None:
    assert call.rejected_keys("POST", "/rentals/owners", {**owner(home), **changes}) == [key]


def test_tax_information_is_accepted_only_at_creation(call: Caller, home: int) -> None:
    made = call.created("/rentals/owners", owner(home))
    body = owner(home, TaxInformation=None)
    assert call.rejected_keys("PUT", f"/rentals/owners/{made['Id']}", body) == ["TaxInformation"]
