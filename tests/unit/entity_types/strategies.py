"""Client bodies and Buildium responses, as examples and Hypothesis strategies."""

import unicodedata
from typing import Any

from hypothesis import strategies as st

from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.reference_contract import Links
from buildium_sync.entity_types.fields import countries

PROPERTY_BODY: dict[str, Any] = {
    "name": "Sunset Apartments",
    "addressLine1": "123 Main St",
    "city": "San Francisco",
    "state": "CA",
    "postalCode": "94102",
    "country": "US",
    "rentalSubType": "MultiFamily",
}
OWNER_BODY: dict[str, Any] = {
    "isCompany": False,
    "firstName": "Jane",
    "lastName": "Doe",
    "primaryEmail": "jane.doe@example.com",
    "primaryPhone": "(555) 010-2030",
    "primaryAddressLine1": "9 Elm Ave",
    "primaryCity": "Oakland",
    "primaryState": "CA",
    "primaryPostalCode": "94601",
    "primaryCountry": "US",
    "propertyIds": ["p1", "p2"],
}
LINKS = Links(
    {("property", "p1"): 101, ("property", "p2"): 102},
    {("property", 101): "p1", ("property", 102): "p2"},
)
SUB_TYPES = (
    "CondoTownhome",
    "MultiFamily",
    "SingleFamily",
    "Industrial",
    "Office",
    "Retail",
    "ShoppingCenter",
    "Storage",
    "ParkingSpace",
)
ADDRESS_PARTS = ("AddressLine1", "AddressLine2", "AddressLine3", "City", "State", "PostalCode", "Country")
SHOWN_TYPES = {"Home": "Home", "Work": "Office", "Mobile": "Cell", "Fax": "Fax"}
#: Invisible characters of visible categories.
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
_PLACES = (
    ("US", "CA"),
    ("usa", "california"),
    ("United States", "New York"),
    ("UnitedStates", "dc"),
    ("CA", "QC"),
    ("Canada", "Québec"),
    ("DE", None),
    ("Côte d'Ivoire", "Abidjan"),
    ("GBR", "Kent"),
    ("Jan Mayen", None),
)


def text(most: int) -> st.SearchStrategy[str]:
    """Strings that are valid for a required field of `most` characters: each has a visible one."""
    characters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=_FILLERS)
    return st.text(characters, min_size=1, max_size=min(most, 20)).map(str.strip).filter(_has_visible_character)


def _has_visible_character(text: str) -> bool:
    return any(unicodedata.category(character)[0] in "LNPS" for character in text)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values of the strategy, or None."""
    return st.none() | strategy


INT32_IDS = st.integers(1, 2**31 - 1)
AMOUNTS = st.decimals(-1_000_000, 1_000_000, places=2).map(float)
PHONES = st.text("0123456789 ()-+", min_size=8, max_size=17).map(lambda tail: f"5{tail}7")
EMAILS = st.text("abcXYZ019.", min_size=1, max_size=12).map(lambda name: f"{name}@example.com")
DATES = st.dates().map(lambda day: day.isoformat())


def _property_body(place: tuple[str, str | None], rest: dict[str, Any]) -> dict[str, Any]:
    return {**rest, "country": place[0], "state": place[1]}


PROPERTY_BODIES = st.builds(
    _property_body,
    st.sampled_from(_PLACES),
    st.fixed_dictionaries(
        {
            "name": text(127),
            "addressLine1": text(100),
            "postalCode": text(100),
            "rentalSubType": st.sampled_from(SUB_TYPES),
            "operatingBankAccountId": INT32_IDS,
        },
        optional={
            "structureDescription": optional(text(65535)),
            "addressLine2": optional(text(100)),
            "addressLine3": optional(text(100)),
            "city": optional(text(100)),
            "propertyManagerId": optional(INT32_IDS),
            "reserve": optional(AMOUNTS),
            "yearBuilt": optional(st.integers(1000, 2026)),
        },
    ),
)


def _owner_body(place: tuple[str, str | None], rest: dict[str, Any]) -> dict[str, Any]:
    return {**rest, "primaryCountry": place[0], "primaryState": place[1]}


OWNER_BODIES = st.builds(
    _owner_body,
    st.sampled_from(_PLACES),
    st.fixed_dictionaries(
        {
            "isCompany": st.booleans(),
            "firstName": text(127),
            "lastName": text(127),
            "primaryAddressLine1": text(100),
            "primaryPostalCode": text(100),
            "propertyIds": st.sampled_from([["p1"], ["p2"], ["p1", "p2"], ["p2", "p1"]]),
        },
        optional={
            "companyName": optional(text(127)),
            "primaryEmail": optional(EMAILS),
            "alternateEmail": optional(EMAILS),
            "primaryPhone": optional(PHONES),
            "primaryAddressLine2": optional(text(100)),
            "primaryCity": optional(text(100)),
            "dateOfBirth": optional(DATES),
            "managementAgreementStartDate": optional(DATES),
            "comment": optional(text(65535)),
        },
    ),
)

SHOWN_ADDRESSES = st.fixed_dictionaries(
    {
        "AddressLine1": text(100),
        "AddressLine2": optional(text(100)),
        "AddressLine3": st.sampled_from([None, "", "Third line"]),
        "City": optional(text(100)),
        "State": st.sampled_from(["CA", "Ontario", "quebec", "Kent", None]),
        "PostalCode": text(100),
        "Country": st.sampled_from(sorted(countries.BUILDIUM_NAMES)),
    }
)
SHOWN_PROPERTIES = st.fixed_dictionaries(
    {
        "Id": INT32_IDS,
        "Name": text(127),
        "StructureDescription": optional(text(65535)),
        "NumberUnits": st.integers(0, 100),
        "IsActive": st.booleans(),
        "OperatingBankAccountId": INT32_IDS,
        "Reserve": AMOUNTS,
        "Address": SHOWN_ADDRESSES,
        "YearBuilt": optional(st.integers(1000, 2026)),
        "RentalType": st.sampled_from(["Residential", "Commercial"]),
        "RentalSubType": st.sampled_from(SUB_TYPES),
        "RentalManager": optional(st.fixed_dictionaries({"Id": INT32_IDS, "FirstName": text(127)})),
    }
)
SHOWN_OWNERS = st.fixed_dictionaries(
    {
        "Id": INT32_IDS,
        "IsCompany": st.booleans(),
        "IsActive": st.booleans(),
        "FirstName": text(127),
        "LastName": text(127),
        "CompanyName": text(127),
        "PhoneNumbers": st.lists(
            st.fixed_dictionaries({"Number": PHONES, "Type": st.sampled_from(["Home", "Office", "Cell", "Fax"])}),
            unique_by=lambda phone: phone["Type"],
        ),
        "Email": optional(EMAILS),
        "AlternateEmail": optional(EMAILS),
        "Comment": optional(text(65535)),
        "Address": SHOWN_ADDRESSES,
        "ManagementAgreementStartDate": optional(DATES),
        "ManagementAgreementEndDate": optional(DATES),
        "PropertyIds": st.lists(st.sampled_from([101, 102, 555, 777]), min_size=1, unique=True),
        "TaxInformation": st.just({"TaxPayerIdType": "SSN", "TaxPayerId": "*****1234"}),
    }
)


def shown_property(written: Payload) -> Payload:
    """The response to a RentalPropertyPostMessage."""
    manager = written.get("PropertyManagerId")
    same = ("Name", "StructureDescription", "Address", "RentalSubType", "OperatingBankAccountId", "YearBuilt")
    return {
        "Id": 1,
        **{key: written.get(key) for key in same},
        "IsActive": True,
        "Reserve": written.get("Reserve") or 0.0,
        "RentalManager": None if manager is None else {"Id": manager},
    }


def shown_owner(written: Payload) -> Payload:
    """The response to a RentalOwnerPostMessage."""
    hidden = ("FirstName", "LastName") if written["IsCompany"] else ("CompanyName",)
    numbers = written["PhoneNumbers"]
    phones = [{"Number": numbers[slot], "Type": kind} for slot, kind in SHOWN_TYPES.items() if numbers[slot]]
    shown = {key: value for key, value in written.items() if key != "DateOfBirth"}
    return {"Id": 1, **shown, **dict.fromkeys(hidden, ""), "IsActive": True, "PhoneNumbers": phones}


def leaves_no_other_number(fields: dict[str, Any], shown: Payload) -> bool:
    """Return whether an update keeps a primary number, or removes the only one that Buildium shows."""
    return bool(fields["primaryPhone"]) or sum(phone["Type"] != "Fax" for phone in shown["PhoneNumbers"]) < 2
