import re
from typing import Any

import pytest

from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.review_candidates import MAX_CANDIDATES, candidate_details, candidate_fields
from buildium_sync.entity_types.property import Property
from buildium_sync.entity_types.registry import all_types, by_name

THEIRS: dict[str, Any] = {
    "Id": 501,
    "Name": "Maple Court",
    "StructureDescription": "Brick, by the river",
    "Address": {"AddressLine1": "12 Maple Street", "City": "Austin", "State": "TX", "Country": "UnitedStates"},
    "RentalSubType": "SingleFamily",
    "OperatingBankAccountId": 1,
    "IsActive": True,
}
OURS = {
    "name": "Maple Court",
    "addressLine1": "12 Maple Street",
    "city": "Austin",
    "state": "Texas",
    "country": "United States",
    "rentalSubType": "MultiFamily",
    "status": "Active",
}
REACHES = re.compile("phone|email|birth|tax|routing|comment|notes|description|details|tenant|contact", re.IGNORECASE)
"""Contact fields and free text."""


def test_a_candidates_identifying_fields_are_stored_under_local_names() -> None:
    assert candidate_fields(Property(), THEIRS) == {
        "name": "Maple Court",
        "addressLine1": "12 Maple Street",
        "city": "Austin",
        "state": "TX",
        "country": "US",
        "rentalSubType": "SingleFamily",
        "status": "Active",
    }


def test_candidate_details_name_fields_that_differ_in_meaning() -> None:
    kept = candidate_details(
        Property(), OURS, {501: candidate_fields(Property(), THEIRS), 502: {"name": "Maple Court", "yearBuilt": 1990}}
    )

    assert [each["buildiumId"] for each in kept] == [501, 502]
    assert kept[0]["differingFields"] == ["rentalSubType"], "spellings of a state and a country are no difference"
    assert {"yearBuilt", "city"} <= set(kept[1]["differingFields"]), "what one side lacks is one"


def test_only_the_first_ten_candidates_are_stored() -> None:
    kept = candidate_details(Property(), OURS, {number: {"name": "Maple Court"} for number in range(1, 100)})

    assert [each["buildiumId"] for each in kept] == list(range(1, MAX_CANDIDATES + 1))


def test_a_long_string_is_truncated_and_compared_truncated() -> None:
    long = candidate_fields(Property(), {**THEIRS, "Name": "x" * 5000})

    assert len(long["name"]) == 127
    assert "name" not in candidate_details(Property(), {**OURS, "name": "x" * 4000}, {501: long})[0]["differingFields"]


def test_a_bank_account_candidate_shows_only_the_number_ending() -> None:
    message = {
        "Id": 7,
        "Name": "Rent",
        "AccountNumber": "000123456789",
        "AccountNumberUnmasked": "000123456789",
        "RoutingNumber": "111000025",
    }

    assert candidate_fields(by_name("bank-account"), message) == {
        "name": "Rent",
        "accountNumberEnding": "6789",
        "status": "Active",
    }


@pytest.mark.parametrize("entity_type", all_types(), ids=lambda each: each.name)
def test_identifying_fields_exclude_contact_and_account_data(entity_type: EntityType) -> None:
    kept = set(entity_type.review_fields)

    assert kept, "an operator could not distinguish the candidates"
    assert kept <= set(entity_type.field_names)
    assert not kept & entity_type.secret_fields
    assert not [name for name in kept if REACHES.search(name)]
    assert not kept & {"accountNumber"}
    references = [name for name in kept if name.endswith(("Id", "Ids"))]
    assert not references, "Buildium's ids of them are not ours"
