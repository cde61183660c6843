"""Properties: what a client may say, and what Buildium hears."""

from typing import Any

import pytest

from buildium_sync.domain.entity_type import NO_LINKS
from buildium_sync.entity_types.property import Property
from buildium_sync.errors import InvalidFields
from tests.unit.entity_types.strategies import PROPERTY_BODY, shown_property

PROPERTY = Property()


def errors_of(body: dict[str, Any], current: dict[str, Any] | None = None) -> dict[str, str]:
    """The message of each field at fault."""
    with pytest.raises(InvalidFields) as caught:
        PROPERTY.validate(body, current)
    return {error.field: error.message for error in caught.value.errors}


def test_the_message_that_creates_a_property() -> None:
    fields = PROPERTY.validate({**PROPERTY_BODY, "operatingBankAccountId": 10407})
    assert PROPERTY.to_create(fields, NO_LINKS) == {
        "Name": "Sunset Apartments",
        "StructureDescription": None,
        "Address": {
            "AddressLine1": "123 Main St",
            "AddressLine2": None,
            "AddressLine3": None,
            "City": "San Francisco",
            "State": "CA",
            "PostalCode": "94102",
            "Country": "UnitedStates",
        },
        "RentalSubType": "MultiFamily",
        "OperatingBankAccountId": 10407,
        "PropertyManagerId": None,
        "Reserve": 0.0,
        "YearBuilt": None,
    }


def test_a_property_is_shown_in_camel_case_with_the_clients_own_spelling() -> None:
    times = {"createdAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-01-02T03:04:06Z", "deletedAt": None}
    shown = PROPERTY.to_response("p1", PROPERTY.validate(PROPERTY_BODY), times)
    assert shown == {
        "id": "p1",
        **PROPERTY_BODY,
        "structureDescription": None,
        "addressLine2": None,
        "addressLine3": None,
        "operatingBankAccountId": None,
        "propertyManagerId": None,
        "reserve": 0.0,
        "yearBuilt": None,
        "status": "Active",
        "createdAt": "2026-01-02T03:04:05Z",
        "updatedAt": "2026-01-02T03:04:06Z",
    }


def test_a_deleted_property_is_shown_with_the_time_of_its_deletion() -> None:
    shown = PROPERTY.to_response("p1", PROPERTY.validate(PROPERTY_BODY), {"deletedAt": "2026-01-02T03:04:05Z"})
    assert shown["deletedAt"] == "2026-01-02T03:04:05Z"


def test_the_answer_holds_the_property_under_its_name() -> None:
    sync = {"success": True}
    assert PROPERTY.wrap_response({"id": "p1"}, sync, "Property created successfully") == {
        "message": "Property created successfully",
        "property": {"id": "p1"},
        "buildiumSync": sync,
    }
    assert PROPERTY.wrap_response({"id": "p1"}, sync, "") == {"property": {"id": "p1"}, "buildiumSync": sync}


def test_every_missing_field_is_named() -> None:
    assert set(errors_of({})) == {"name", "addressLine1", "postalCode", "country", "rentalSubType"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", None),
        ("name", 7),
        ("name", "x" * 128),
        ("name", "a\0b"),
        ("name", "\ud800"),
        ("name", ["x"]),
        ("structureDescription", "x" * 65_536),
        ("addressLine1", "x" * 101),
        ("addressLine2", "x" * 101),
        ("city", "x" * 101),
        ("postalCode", ""),
        ("country", "Mars"),
        ("country", None),
        ("state", "XX"),
        ("state", None),
        ("state", ""),
        ("rentalSubType", "Castle"),
        ("rentalSubType", "multifamily"),
        ("operatingBankAccountId", "7"),
        ("operatingBankAccountId", 7.0),
        ("operatingBankAccountId", True),
        ("operatingBankAccountId", 0),
        ("operatingBankAccountId", 2**31),
        ("propertyManagerId", -1),
        ("reserve", "100"),
        ("reserve", True),
        ("reserve", float("nan")),
        ("reserve", float("inf")),
        ("reserve", 10**400),
        ("yearBuilt", 999),
        ("yearBuilt", 10_000),
        ("yearBuilt", 10**400),
        ("Name", "Sunset"),
        ("address_line1", "x"),
        ("status", "Archived"),
        ("status", ""),
        ("status", True),
    ],
)
def test_a_field_at_fault_is_named_and_no_other(field: str, value: Any) -> None:
    assert set(errors_of({**PROPERTY_BODY, field: value})) == {field}


def test_a_length_is_told_in_characters() -> None:
    assert errors_of({**PROPERTY_BODY, "name": "", "city": "x" * 101}) == {
        "name": "String should have at least 1 character",
        "city": "String should have at most 100 characters",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 127),
        ("addressLine1", "x" * 100),
        ("structureDescription", "Two\nlines"),
        ("structureDescription", "x" * 65_535),
        ("yearBuilt", 1000),
        ("operatingBankAccountId", 2**31 - 1),
        ("reserve", 1250.5),
        ("state", "california"),
        ("country", "united states"),
    ],
)
def test_a_value_at_the_limit_is_kept_as_it_is(field: str, value: Any) -> None:
    assert PROPERTY.validate({**PROPERTY_BODY, field: value})[field] == value


def test_an_empty_optional_text_is_none_and_a_null_reserve_is_zero() -> None:
    fields = PROPERTY.validate({**PROPERTY_BODY, "addressLine2": " ", "reserve": None})
    assert (fields["addressLine2"], fields["reserve"]) == (None, 0.0)


def test_a_country_without_checked_states_needs_none() -> None:
    assert PROPERTY.validate({**PROPERTY_BODY, "country": "DE", "state": None})["state"] is None


def test_an_update_is_laid_over_what_is_there() -> None:
    current = PROPERTY.validate({**PROPERTY_BODY, "yearBuilt": 1950})
    assert PROPERTY.validate({"name": "Sunrise"}, current) == {**current, "name": "Sunrise"}


def test_an_update_of_the_country_alone_is_checked_with_the_state_that_is_there() -> None:
    assert set(errors_of({"country": "Canada"}, PROPERTY.validate(PROPERTY_BODY))) == {"state"}


def test_an_answer_of_ours_may_be_sent_back() -> None:
    current = PROPERTY.validate(PROPERTY_BODY)
    shown = PROPERTY.to_response("p1", current, {"createdAt": "2026-01-02T03:04:05Z"})
    assert PROPERTY.validate(shown, current) == current


def test_without_a_bank_account_of_ours_an_update_keeps_buildiums() -> None:
    fields = PROPERTY.validate(PROPERTY_BODY)
    written = PROPERTY.to_update(fields, {"OperatingBankAccountId": 10407}, NO_LINKS)
    assert written["OperatingBankAccountId"] == 10407


def test_the_message_about_a_missing_bank_account_says_what_to_set() -> None:
    (default,) = PROPERTY.defaults
    assert default.field in PROPERTY.field_names
    assert "operatingBankAccountId" in default.missing
    assert "BUILDIUM_OPERATING_BANK_ACCOUNT_ID" in default.missing


def test_a_property_is_read_with_what_a_write_has_elsewhere() -> None:
    fields = PROPERTY.from_buildium(
        {"Id": 7, "Name": "Sunset", "IsActive": False, "RentalManager": {"Id": 3}, "Reserve": 5}, NO_LINKS
    )
    assert (fields["propertyManagerId"], fields["status"], fields["reserve"]) == (3, "Inactive", 5.0)


def test_values_that_are_new_in_buildium_are_no_reason_to_fail() -> None:
    shown = {"Name": "X", "RentalSubType": "Treehouse", "Address": {"Country": "Atlantis"}, "Novelty": 1}
    fields = PROPERTY.from_buildium(shown, NO_LINKS)
    assert (fields["rentalSubType"], fields["country"]) == ("Treehouse", "Atlantis")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("US", "United States", True), ("US", "CA", False), (None, "US", False), (None, None, True)],
)
def test_two_spellings_of_a_country_are_the_same(one: Any, other: Any, same: bool) -> None:
    assert PROPERTY.values_equal("country", one, other) is same


@pytest.mark.parametrize(
    "change",
    [
        {"name": "sunset apartments"},
        {"name": "Sunset Apartments II"},
        {"addressLine2": "B"},
        {"postalCode": "94103"},
    ],
)
def test_a_property_with_another_name_or_address_is_another(change: dict[str, Any]) -> None:
    key = PROPERTY.natural_key(PROPERTY.validate(PROPERTY_BODY), NO_LINKS)
    other = PROPERTY.to_create(PROPERTY.validate({**PROPERTY_BODY, **change}), NO_LINKS)
    assert not PROPERTY.is_match(shown_property(other), key)


def test_a_property_is_found_however_its_address_is_spelled() -> None:
    key = PROPERTY.natural_key(PROPERTY.validate(PROPERTY_BODY), NO_LINKS)
    change = {
        "city": "SAN FRANCISCO",
        "state": "California",
        "country": "USA",
        "addressLine1": "123  main st",
    }
    other = PROPERTY.to_create(PROPERTY.validate({**PROPERTY_BODY, **change}), NO_LINKS)
    assert PROPERTY.is_match({**shown_property(other), "Name": " Sunset Apartments "}, key)


def test_a_property_without_an_address_matches_nothing() -> None:
    key = PROPERTY.natural_key(PROPERTY.validate(PROPERTY_BODY), NO_LINKS)
    assert not PROPERTY.is_match({"Id": 1, "Name": "Sunset Apartments", "Address": None}, key)
