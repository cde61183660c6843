"""Vendors: validation, and mapping to and from Buildium."""

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.reference_contract import NO_LINKS
from buildium_sync.entity_types.vendor import Vendor
from buildium_sync.errors import InvalidFields, SyncBlocked
from tests.contract.document import validate_request, validate_response
from tests.contract.location import MISSING, find_document
from tests.unit.entity_types.strategies import (
    DATES,
    EMAILS,
    INT32_IDS,
    PHONES,
    SHOWN_ADDRESSES,
    SHOWN_TYPES,
    leaves_no_other_number,
    optional,
    text,
)
from tests.unit.entity_types.test_round_trips import assert_address_kept, assert_same

needs_document = pytest.mark.skipif(find_document() is None, reason=MISSING)

VENDOR = Vendor()
ADDRESS = {"addressLine1": "9 Elm Ave", "city": "Oakland", "state": "CA", "postalCode": "94601", "country": "US"}
BODY: dict[str, Any] = {
    "isCompany": False,
    "firstName": "Pat",
    "lastName": "Plumber",
    "categoryId": 31,
    "primaryEmail": "pat@example.com",
    "primaryPhone": "(555) 010-2030",
    **ADDRESS,
}
COMPANY_BODY: dict[str, Any] = {"isCompany": True, "companyName": "Pipes Ltd", "categoryId": 31}
TAX = {
    "TaxPayerIdType": "SSN",
    "TaxPayerId": "123-45-6789",
    "TaxPayerName1": "Pat Plumber",
    "TaxPayerName2": None,
    "IncludeIn1099": True,
    "Address": None,
}

BODIES = st.builds(
    lambda body, address: {**body, **address},
    st.fixed_dictionaries(
        {"isCompany": st.booleans(), "firstName": text(127), "lastName": text(127), "categoryId": INT32_IDS},
        optional={
            "companyName": optional(text(127)),
            "primaryEmail": optional(EMAILS),
            "alternateEmail": optional(EMAILS),
            "primaryPhone": optional(PHONES),
            "website": st.sampled_from([None, "http://www.example.com", "HTTPS://example.com/a?b=c"]),
            "accountNumber": optional(text(30)),
            "expenseGlAccountId": optional(INT32_IDS),
            "comments": optional(text(65_535)),
        },
    ),
    st.sampled_from([{}, ADDRESS, {"addressLine1": "1 Weg", "postalCode": "10115", "country": "Germany"}]),
)
SHOWN = st.fixed_dictionaries(
    {
        "Id": INT32_IDS,
        "IsCompany": st.booleans(),
        "IsActive": st.booleans(),
        "FirstName": text(127),
        "LastName": text(127),
        "CompanyName": text(127),
        "PrimaryEmail": optional(EMAILS),
        "AlternateEmail": optional(EMAILS),
        "PhoneNumbers": st.lists(
            st.fixed_dictionaries({"Number": PHONES, "Type": st.sampled_from(["Home", "Office", "Cell", "Fax"])}),
            unique_by=lambda phone: phone["Type"],
        ),
        "Website": optional(st.just("http://www.example.com")),
        "Category": st.fixed_dictionaries({"Id": INT32_IDS, "Name": text(20)}),
        "Address": SHOWN_ADDRESSES,
        "VendorInsurance": optional(
            st.fixed_dictionaries(
                {
                    "Provider": optional(text(65)),
                    "PolicyNumber": optional(text(65)),
                    "ExpirationDate": optional(DATES.map(lambda day: f"{day}T00:00:00Z")),
                }
            )
        ),
        "Comments": optional(text(65_535)),
        "AccountNumber": optional(text(30)),
        "ExpenseGLAccountId": optional(INT32_IDS),
        "TaxInformation": st.sampled_from([None, TAX]),
    }
)


def errors_of(body: dict[str, Any], current: dict[str, Any] | None = None) -> dict[str, str]:
    """The error text of each invalid field."""
    with pytest.raises(InvalidFields) as caught:
        VENDOR.validate(body, current)
    return {error.field: error.message for error in caught.value.errors}


def shown_vendor(written: Payload) -> Payload:
    """The response to a VendorPostMessage."""
    hidden = ("FirstName", "LastName") if written["IsCompany"] else ("CompanyName",)
    numbers = written["PhoneNumbers"]
    phones = [{"Number": numbers[slot], "Type": kind} for slot, kind in SHOWN_TYPES.items() if numbers[slot]]
    renamed = {"CategoryId", "ExpenseGlAccountId"}
    return {
        "Id": 1,
        **{key: value for key, value in written.items() if key not in renamed},
        **dict.fromkeys(hidden, ""),
        "IsActive": True,
        "PhoneNumbers": phones,
        "Category": {"Id": written["CategoryId"]},
        "ExpenseGLAccountId": written["ExpenseGlAccountId"],
    }


class TestPayloads:
    def test_a_vendor_is_mapped_to_a_create_payload(self) -> None:
        fields = VENDOR.validate({**BODY, "expenseGlAccountId": 5, "website": "http://www.example.com"})
        assert VENDOR.to_create(fields, NO_LINKS) == {
            "IsCompany": False,
            "FirstName": "Pat",
            "LastName": "Plumber",
            "CompanyName": None,
            "PrimaryEmail": "pat@example.com",
            "AlternateEmail": None,
            "PhoneNumbers": {"Home": None, "Work": None, "Mobile": "(555) 010-2030", "Fax": None},
            "Address": {
                "AddressLine1": "9 Elm Ave",
                "AddressLine2": None,
                "AddressLine3": None,
                "City": "Oakland",
                "State": "CA",
                "PostalCode": "94601",
                "Country": "UnitedStates",
            },
            "CategoryId": 31,
            "ExpenseGlAccountId": 5,
            "AccountNumber": None,
            "Website": "http://www.example.com",
            "Comments": None,
        }

    @needs_document
    @given(BODIES, SHOWN)
    def test_vendor_payloads_match_the_document(self, body: dict[str, Any], shown: Payload) -> None:
        fields = VENDOR.validate(body)
        validate_request("POST", "/v1/vendors", body=VENDOR.to_create(fields, NO_LINKS))
        assume(leaves_no_other_number(fields, shown))
        validate_request("PUT", "/v1/vendors/7", body=VENDOR.to_update(fields, shown, NO_LINKS))
        validate_response("GET", "/v1/vendors/7", 200, shown)


class TestValidation:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("firstName", ""),
            ("lastName", "x" * 128),
            ("categoryId", "31"),
            ("categoryId", 0),
            ("primaryEmail", "pat"),
            ("primaryPhone", "555-1234"),
            ("website", "www.example.com"),
            ("website", "javascript://x"),
            ("website", "http://"),
            ("website", "http://two words"),
            ("website", "http://" + "x" * 94),
            ("accountNumber", "x" * 31),
            ("accountNumber", "a\0b"),
            ("accountNumber", 7),
            ("expenseGlAccountId", -1),
            ("comments", "x" * 65_536),
            ("country", "Mars"),
            ("state", "Bavaria"),
            ("state", None),
            ("status", "Inactive"),
            ("email", "pat@example.com"),
        ],
    )
    def test_only_the_invalid_field_is_named(self, field: str, value: Any) -> None:
        assert set(errors_of({**BODY, field: value})) == {field}

    @pytest.mark.parametrize(
        ("field", "value"),
        [("accountNumber", "x" * 30), ("website", "http://" + "x" * 93), ("website", None), ("accountNumber", None)],
    )
    def test_a_value_at_the_limit_is_accepted(self, field: str, value: Any) -> None:
        assert VENDOR.validate({**BODY, field: value})[field] == value

    def test_a_company_requires_only_a_name(self) -> None:
        assert set(errors_of({"isCompany": True})) == {"companyName"}
        written = VENDOR.to_create(VENDOR.validate(COMPANY_BODY), NO_LINKS)
        assert (written["CompanyName"], written["Address"]) == ("Pipes Ltd", None)

    def test_a_derived_company_name_follows_its_parts(self) -> None:
        current = VENDOR.validate({**BODY, "isCompany": True})
        assert VENDOR.validate({"lastName": "Roe"}, current)["companyName"] == "Pat Roe"


class TestAddress:
    def test_an_address_must_be_complete_or_absent(self) -> None:
        assert set(errors_of({**COMPANY_BODY, "addressLine1": "9 Elm Ave"})) == {"country", "postalCode"}
        parts = {"city": "Oakland", "state": "CA", "postalCode": "94601", "country": "US"}
        assert set(errors_of({**COMPANY_BODY, **parts})) == set(parts)

    def test_an_address_can_be_removed(self) -> None:
        fields = VENDOR.validate(dict.fromkeys(ADDRESS), VENDOR.validate(BODY))
        assert VENDOR.to_update(fields, {"Address": {"City": "Oakland"}}, NO_LINKS)["Address"] is None

    @pytest.mark.parametrize(
        ("part", "lacking"),
        [
            ({}, ()),
            (ADDRESS, ()),
            ({"city": "Oakland"}, ("addressLine1", "postalCode", "country")),
            ({"addressLine1": "9 Elm Ave", "country": "DE"}, ("postalCode",)),
        ],
    )
    def test_a_partial_address_reports_its_missing_parts(self, part: dict[str, str], lacking: tuple[str, ...]) -> None:
        assert VENDOR.missing_required({**VENDOR.validate(COMPANY_BODY), **part}) == lacking

    def test_a_country_alone_is_not_an_address(self) -> None:
        shown = {"AddressLine1": "", "City": "", "PostalCode": "", "Country": "UnitedStates"}
        fields = VENDOR.from_buildium({"Address": shown}, NO_LINKS)
        assert fields["country"] is None
        assert VENDOR.validate({"comments": "x"}, {**VENDOR.validate(COMPANY_BODY), "country": fields["country"]})

    def test_a_partial_buildium_address_is_not_dropped(self) -> None:
        shown = {"City": "Oakland", "Country": "UnitedStates"}
        fields = {**VENDOR.validate(COMPANY_BODY), **VENDOR.from_buildium({"Address": shown}, NO_LINKS)}
        assert VENDOR.to_update(fields, {"Address": shown}, NO_LINKS)["Address"]["City"] == "Oakland"


class TestCategory:
    def test_a_missing_category_error_names_field_and_setting(self) -> None:
        (default,) = VENDOR.defaults
        assert (default.field, default.setting, default.path) == (
            "categoryId",
            "vendor_category_id",
            "/vendors/categories",
        )
        assert "BUILDIUM_VENDOR_CATEGORY_ID" in default.missing

    def test_an_update_without_a_category_keeps_buildiums(self) -> None:
        fields = VENDOR.validate({**BODY, "categoryId": None})
        assert VENDOR.to_update(fields, {"Category": {"Id": 31}}, NO_LINKS)["CategoryId"] == 31


class TestBuildiumVendors:
    def test_a_vendor_is_read_from_buildiums_response_names(self) -> None:
        shown = {"Category": {"Id": 31}, "ExpenseGLAccountId": 5, "PrimaryEmail": "a@example.com", "IsActive": False}
        fields = VENDOR.from_buildium(shown, NO_LINKS)
        found = [fields[name] for name in ("categoryId", "expenseGlAccountId", "primaryEmail", "status")]
        assert found == [31, 5, "a@example.com", "Inactive"]

    def test_a_sparse_buildium_vendor_is_read(self) -> None:
        fields = VENDOR.from_buildium({"Id": 7, "Category": None}, NO_LINKS)
        assert fields["categoryId"] is None

    def test_an_update_keeps_buildiums_insurance(self) -> None:
        shown = {"Provider": "Acme", "PolicyNumber": "P-1", "ExpirationDate": "2027-01-31T00:00:00Z"}
        written = VENDOR.to_update(VENDOR.validate(BODY), {"VendorInsurance": shown}, NO_LINKS)
        assert written["VendorInsurance"] == {**shown, "ExpirationDate": "2027-01-31"}

    @given(BODIES)
    def test_a_vendor_round_trip_keeps_its_fields(self, body: dict[str, Any]) -> None:
        fields = VENDOR.validate(body)
        shown = shown_vendor(VENDOR.to_create(fields, NO_LINKS))
        assert_same(VENDOR, fields, VENDOR.from_buildium(shown, NO_LINKS))
        assert VENDOR.is_match(shown, VENDOR.natural_key(fields, NO_LINKS))

    @given(SHOWN)
    def test_an_update_of_a_vendor_keeps_buildiums_values(self, shown: Payload) -> None:
        written = VENDOR.to_update(VENDOR.from_buildium(shown, NO_LINKS), shown, NO_LINKS)
        assert_address_kept(written.pop("Address"), shown["Address"])
        assert sorted(phone["Number"] for phone in shown["PhoneNumbers"]) == sorted(
            filter(None, written.pop("PhoneNumbers").values())
        )
        assert written.pop("CategoryId") == shown["Category"]["Id"]
        assert written.pop("ExpenseGlAccountId") == shown["ExpenseGLAccountId"]
        tax, insurance = written.pop("TaxInformation", None), written.pop("VendorInsurance", None)
        assert (tax and tax["TaxPayerId"]) == (shown["TaxInformation"] and shown["TaxInformation"]["TaxPayerId"])
        assert (insurance and insurance["PolicyNumber"]) == (
            shown["VendorInsurance"] and shown["VendorInsurance"]["PolicyNumber"]
        )
        assert written == {key: shown[key] for key in written}


class TestTaxInformation:
    def test_tax_information_passes_through_but_is_not_stored(self) -> None:
        shown = {"IsCompany": False, "TaxInformation": TAX}
        assert "6789" not in json.dumps(VENDOR.from_buildium(shown, NO_LINKS))
        assert VENDOR.to_update(VENDOR.validate(BODY), shown, NO_LINKS)["TaxInformation"] == {
            "TaxPayerId": "123-45-6789",
            "TaxPayerType": "SSN",
            "TaxPayerName1": "Pat Plumber",
            "TaxPayerName2": None,
            "IncludeIn1099": True,
            "Address": None,
        }

    @pytest.mark.parametrize("number", ["***-**-6789", "XXX-XX-6789", "6789", "123456789", "12-3456789"])
    def test_an_incomplete_tax_id_blocks_the_update(self, number: str) -> None:
        shown = {"TaxInformation": {**TAX, "TaxPayerId": number}}
        with pytest.raises(SyncBlocked, match="tax ID"):
            VENDOR.to_update(VENDOR.validate(BODY), shown, NO_LINKS)

    def test_tax_information_without_an_id_passes_through_with_its_address(self) -> None:
        where = {"AddressLine1": "9 Elm Ave", "PostalCode": "94601", "Country": "UnitedStates"}
        shown = {"TaxInformation": {"TaxPayerIdType": "EIN", "IncludeIn1099": False, "Address": where}}
        written = VENDOR.to_update(VENDOR.validate(BODY), shown, NO_LINKS)["TaxInformation"]
        assert (written["TaxPayerId"], written["TaxPayerType"], written["IncludeIn1099"]) == (None, None, False)
        assert {part: written["Address"][part] for part in where} == where


class TestNaturalKey:
    @pytest.mark.parametrize(
        "change",
        [
            {"firstName": "pat"},
            {"lastName": "Plumbers"},
            {"primaryEmail": None},
            {"addressLine1": "10 Elm Ave"},
            {"postalCode": "94602"},
            {"isCompany": True},
        ],
    )
    def test_a_vendor_with_a_different_natural_key_is_no_match(self, change: dict[str, Any]) -> None:
        key = json.loads(json.dumps(VENDOR.natural_key(VENDOR.validate(BODY), NO_LINKS)))
        made = VENDOR.to_create(VENDOR.validate(BODY), NO_LINKS)
        other = VENDOR.to_create(VENDOR.validate({**BODY, **change}), NO_LINKS)
        assert VENDOR.is_match(shown_vendor(made), key)
        assert not VENDOR.is_match(shown_vendor(other), key)
