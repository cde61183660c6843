"""Properties: validation, and mapping to and from Buildium."""

from typing import Any

import pytest

from buildium_sync.domain.reference_contract import NO_LINKS
from buildium_sync.entity_types.property import Property
from buildium_sync.errors import InvalidFields
from tests.unit.entity_types.strategies import PROPERTY_BODY, shown_property

PROPERTY = Property()


def errors_of(body: dict[str, Any], current: dict[str, Any] | None = None) -> dict[str, str]:
    """The error text of each invalid field."""
    with pytest.raises(InvalidFields) as caught:
        PROPERTY.validate(body, current)
    return {error.field: error.message for error in caught.value.errors}


class TestPayloads:
    def test_a_property_is_mapped_to_a_create_payload(self) -> None:
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


class TestResponses:
    def test_a_property_response_is_camel_case_with_the_clients_spelling(self) -> None:
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

    def test_a_deleted_property_has_a_deletion_time(self) -> None:
        shown = PROPERTY.to_response("p1", PROPERTY.validate(PROPERTY_BODY), {"deletedAt": "2026-01-02T03:04:05Z"})
        assert shown["deletedAt"] == "2026-01-02T03:04:05Z"

    def test_the_response_wraps_the_property_by_type_name(self) -> None:
        sync = {"success": True}
        assert PROPERTY.wrap_response({"id": "p1"}, sync, "Property created successfully") == {
            "message": "Property created successfully",
            "property": {"id": "p1"},
            "buildiumSync": sync,
        }
        assert PROPERTY.wrap_response({"id": "p1"}, sync, "") == {"property": {"id": "p1"}, "buildiumSync": sync}


class TestValidation:
    def test_every_missing_required_field_is_named(self) -> None:
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
    def test_only_the_invalid_field_is_named(self, field: str, value: Any) -> None:
        assert set(errors_of({**PROPERTY_BODY, field: value})) == {field}

    def test_a_length_error_counts_characters(self) -> None:
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
    def test_a_value_at_the_limit_is_accepted(self, field: str, value: Any) -> None:
        assert PROPERTY.validate({**PROPERTY_BODY, field: value})[field] == value

    def test_empty_optional_strings_are_none_and_null_reserve_is_zero(self) -> None:
        fields = PROPERTY.validate({**PROPERTY_BODY, "addressLine2": " ", "reserve": None})
        assert (fields["addressLine2"], fields["reserve"]) == (None, 0.0)

    def test_a_country_without_known_states_requires_no_state(self) -> None:
        assert PROPERTY.validate({**PROPERTY_BODY, "country": "DE", "state": None})["state"] is None


class TestUpdate:
    def test_an_update_is_merged_with_the_stored_fields(self) -> None:
        current = PROPERTY.validate({**PROPERTY_BODY, "yearBuilt": 1950})
        assert PROPERTY.validate({"name": "Sunrise"}, current) == {**current, "name": "Sunrise"}

    def test_a_country_update_is_validated_with_the_stored_state(self) -> None:
        assert set(errors_of({"country": "Canada"}, PROPERTY.validate(PROPERTY_BODY))) == {"state"}

    def test_an_api_response_is_accepted_as_an_update(self) -> None:
        current = PROPERTY.validate(PROPERTY_BODY)
        shown = PROPERTY.to_response("p1", current, {"createdAt": "2026-01-02T03:04:05Z"})
        assert PROPERTY.validate(shown, current) == current


class TestBankAccountOfAProperty:
    def test_an_update_without_a_bank_account_keeps_buildiums(self) -> None:
        fields = PROPERTY.validate(PROPERTY_BODY)
        written = PROPERTY.to_update(fields, {"OperatingBankAccountId": 10407}, NO_LINKS)
        assert written["OperatingBankAccountId"] == 10407

    def test_a_missing_bank_account_error_names_field_and_setting(self) -> None:
        (default,) = PROPERTY.defaults
        assert default.field in PROPERTY.field_names
        assert "operatingBankAccountId" in default.missing
        assert "BUILDIUM_OPERATING_BANK_ACCOUNT_ID" in default.missing


class TestBuildiumProperties:
    def test_a_property_is_read_from_buildiums_response_names(self) -> None:
        fields = PROPERTY.from_buildium(
            {"Id": 7, "Name": "Sunset", "IsActive": False, "RentalManager": {"Id": 3}, "Reserve": 5}, NO_LINKS
        )
        assert (fields["propertyManagerId"], fields["status"], fields["reserve"]) == (3, "Inactive", 5.0)

    def test_unknown_buildium_values_are_tolerated(self) -> None:
        shown = {"Name": "X", "RentalSubType": "Treehouse", "Address": {"Country": "Atlantis"}, "Novelty": 1}
        fields = PROPERTY.from_buildium(shown, NO_LINKS)
        assert (fields["rentalSubType"], fields["country"]) == ("Treehouse", "Atlantis")

    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [("US", "United States", True), ("US", "CA", False), (None, "US", False), (None, None, True)],
    )
    def test_two_spellings_of_a_country_are_the_same(self, one: Any, other: Any, same: bool) -> None:
        assert PROPERTY.values_equal("country", one, other) is same


class TestNaturalKey:
    @pytest.mark.parametrize(
        "change",
        [
            {"name": "sunset apartments"},
            {"name": "Sunset Apartments II"},
            {"addressLine2": "B"},
            {"postalCode": "94103"},
        ],
    )
    def test_a_property_with_a_different_natural_key_is_no_match(self, change: dict[str, Any]) -> None:
        key = PROPERTY.natural_key(PROPERTY.validate(PROPERTY_BODY), NO_LINKS)
        other = PROPERTY.to_create(PROPERTY.validate({**PROPERTY_BODY, **change}), NO_LINKS)
        assert not PROPERTY.is_match(shown_property(other), key)

    def test_a_property_matches_any_spelling_of_its_address(self) -> None:
        key = PROPERTY.natural_key(PROPERTY.validate(PROPERTY_BODY), NO_LINKS)
        change = {
            "city": "SAN FRANCISCO",
            "state": "California",
            "country": "USA",
            "addressLine1": "123  main st",
        }
        other = PROPERTY.to_create(PROPERTY.validate({**PROPERTY_BODY, **change}), NO_LINKS)
        assert PROPERTY.is_match({**shown_property(other), "Name": " Sunset Apartments "}, key)

    def test_a_property_without_an_address_matches_nothing(self) -> None:
        key = PROPERTY.natural_key(PROPERTY.validate(PROPERTY_BODY), NO_LINKS)
        assert not PROPERTY.is_match({"Id": 1, "Name": "Sunset Apartments", "Address": None}, key)
