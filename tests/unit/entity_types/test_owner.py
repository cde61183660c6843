"""Owners: validation, and mapping to and from Buildium."""

import json
from typing import Any

import pytest

from buildium_sync.domain.reference_contract import NO_LINKS, BuildiumReference, Reference
from buildium_sync.entity_types.owner import Owner
from buildium_sync.errors import InvalidFields, SyncBlocked
from tests.unit.entity_types.strategies import LINKS, OWNER_BODY, shown_owner

OWNER = Owner()
COMPANY_BODY = {**OWNER_BODY, "isCompany": True, "companyName": "Doe Holdings"}


def errors_of(body: dict[str, Any], current: dict[str, Any] | None = None) -> dict[str, str]:
    """The error text of each invalid field."""
    with pytest.raises(InvalidFields) as caught:
        OWNER.validate(body, current)
    return {error.field: error.message for error in caught.value.errors}


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    """The body without some fields."""
    return {name: value for name, value in body.items() if name not in names}


class TestPayloads:
    def test_an_owner_is_mapped_to_a_create_payload(self) -> None:
        assert OWNER.to_create(OWNER.validate({**OWNER_BODY, "dateOfBirth": "1980-02-29"}), LINKS) == {
            "IsCompany": False,
            "FirstName": "Jane",
            "LastName": "Doe",
            "CompanyName": None,
            "DateOfBirth": "1980-02-29",
            "ManagementAgreementStartDate": None,
            "ManagementAgreementEndDate": None,
            "Email": "jane.doe@example.com",
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
            "Comment": None,
            "PropertyIds": [101, 102],
        }


class TestResponses:
    def test_an_owner_response_is_flat_snake_case_with_sync(self) -> None:
        times = {"createdAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-01-02T03:04:06Z", "deletedAt": None}
        shown = OWNER.to_response("o1", OWNER.validate(OWNER_BODY), times)
        assert OWNER.wrap_response(shown, {"success": None}, "ignored") == {
            "id": "o1",
            "contact_id": "o1",
            "is_company": False,
            "first_name": "Jane",
            "last_name": "Doe",
            "company_name": None,
            "primary_email": "jane.doe@example.com",
            "alternate_email": None,
            "primary_phone": "(555) 010-2030",
            "primary_address_line1": "9 Elm Ave",
            "primary_address_line2": None,
            "primary_address_line3": None,
            "primary_city": "Oakland",
            "primary_state": "CA",
            "primary_postal_code": "94601",
            "primary_country": "US",
            "date_of_birth": None,
            "management_agreement_start_date": None,
            "management_agreement_end_date": None,
            "comment": None,
            "property_ids": ["p1", "p2"],
            "status": "Active",
            "displayName": "Jane Doe",
            "created_at": "2026-01-02T03:04:05Z",
            "updated_at": "2026-01-02T03:04:06Z",
            "buildiumSync": {"success": None},
        }

    def test_a_deleted_owner_has_a_deletion_time(self) -> None:
        shown = OWNER.to_response("o1", OWNER.validate(OWNER_BODY), {"deletedAt": "2026-01-02T03:04:05Z"})
        assert shown["deleted_at"] == "2026-01-02T03:04:05Z"


class TestValidation:
    def test_every_missing_required_field_is_named(self) -> None:
        address = {"primaryAddressLine1", "primaryPostalCode", "primaryCountry"}
        assert set(errors_of({})) == {"firstName", "lastName"} | address

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("isCompany", "false"),
            ("isCompany", 0),
            ("firstName", None),
            ("firstName", " "),
            ("lastName", ""),
            ("lastName", "x" * 128),
            ("companyName", "x" * 128),
            ("primaryEmail", "jane"),
            ("primaryEmail", "jane@example"),
            ("primaryEmail", "jane doe@example.com"),
            ("alternateEmail", "@example.com"),
            ("primaryPhone", "555-1234"),
            ("primaryPhone", "5" * 21),
            ("primaryPhone", "call me maybe"),
            ("primaryPhone", 5_550_102_030),
            ("primaryAddressLine1", ""),
            ("primaryCountry", "Mars"),
            ("primaryState", "Bavaria"),
            ("primaryPostalCode", None),
            ("dateOfBirth", "19800229"),
            ("dateOfBirth", "1981-02-29"),
            ("dateOfBirth", "2024-01-01T00:00:00Z"),
            ("managementAgreementStartDate", 20240101),
            ("comment", "x" * 65_536),
            ("propertyIds", "p1"),
            ("propertyIds", ["p1", "p1"]),
            ("FirstName", "Jane"),
        ],
    )
    def test_only_the_invalid_field_is_named(self, field: str, value: Any) -> None:
        assert set(errors_of({**OWNER_BODY, field: value})) == {field}

    @pytest.mark.parametrize("entity_id", [7, None, "", "x" * 101])
    def test_an_invalid_property_id_is_named_with_its_index(self, entity_id: Any) -> None:
        assert set(errors_of({**OWNER_BODY, "propertyIds": ["p1", entity_id]})) == {"propertyIds.1"}

    def test_an_agreement_does_not_end_before_it_starts(self) -> None:
        dates = {"managementAgreementStartDate": "2026-02-01", "managementAgreementEndDate": "2026-01-31"}
        assert set(errors_of({**OWNER_BODY, **dates})) == {"managementAgreementEndDate"}
        one_day = dict.fromkeys(dates, "2026-02-01")
        assert OWNER.validate({**OWNER_BODY, **one_day})["managementAgreementEndDate"] == "2026-02-01"


class TestNames:
    def test_an_owner_is_a_person_by_default(self) -> None:
        assert OWNER.validate(without(OWNER_BODY, "isCompany"))["isCompany"] is False

    def test_a_company_requires_a_name(self) -> None:
        nameless = {**without(OWNER_BODY, "firstName", "lastName"), "isCompany": True}
        assert set(errors_of(nameless)) == {"companyName"}
        assert OWNER.validate({**nameless, "lastName": "Doe Ltd"})["companyName"] == "Doe Ltd"

    def test_first_and_last_name_become_the_company_name(self) -> None:
        fields = OWNER.validate({**OWNER_BODY, "isCompany": True})
        written = OWNER.to_create(fields, LINKS)
        assert (written["CompanyName"], written["FirstName"], written["LastName"]) == ("Jane Doe", None, None)
        assert written["PhoneNumbers"]["Work"] == OWNER_BODY["primaryPhone"]

    def test_a_derived_company_name_must_not_be_too_long(self) -> None:
        long = {"isCompany": True, "firstName": "x" * 100, "lastName": "y" * 100}
        assert set(errors_of({**OWNER_BODY, **long})) == {"companyName"}

    def test_a_derived_company_name_follows_its_parts(self) -> None:
        current = OWNER.validate({**OWNER_BODY, "isCompany": True})
        assert OWNER.validate({"lastName": "Roe"}, current)["companyName"] == "Jane Roe"

    def test_an_explicit_company_name_is_kept(self) -> None:
        current = OWNER.validate(COMPANY_BODY)
        assert OWNER.validate({"lastName": "Roe"}, current, in_buildium=False)["companyName"] == "Doe Holdings"
        assert OWNER.validate({"companyName": "Roe Ltd"}, current)["companyName"] == "Roe Ltd"

    @pytest.mark.parametrize(("body", "name"), [(OWNER_BODY, "Jane Doe"), (COMPANY_BODY, "Doe Holdings")])
    def test_the_display_name_is_the_person_or_company_name(self, body: dict[str, Any], name: str) -> None:
        assert OWNER.to_response("o1", OWNER.validate(body), {})["displayName"] == name

    def test_fields_that_buildium_hides_for_companies_are_not_read(self) -> None:
        fields = OWNER.validate(COMPANY_BODY)
        shown = OWNER.from_buildium(shown_owner(OWNER.to_create(fields, LINKS)), LINKS)
        assert not {"firstName", "lastName", "dateOfBirth"} & shown.keys()


class TestPropertiesOfAnOwner:
    def test_an_owner_without_properties_is_blocked(self) -> None:
        with pytest.raises(SyncBlocked, match="propertyIds"):
            OWNER.to_create(OWNER.validate(without(OWNER_BODY, "propertyIds")), LINKS)
        OWNER.to_create(OWNER.validate(OWNER_BODY), LINKS)

    def test_an_owner_references_each_of_its_properties(self) -> None:
        assert OWNER.local_references(OWNER.validate(OWNER_BODY)) == (
            Reference("propertyIds", "property", "p1"),
            Reference("propertyIds", "property", "p2"),
        )
        assert OWNER.remote_references({"PropertyIds": [101, 555]}) == (
            BuildiumReference("property", 101),
            BuildiumReference("property", 555),
        )
        assert OWNER.remote_references({"PropertyIds": None}) == ()

    def test_an_update_keeps_properties_that_are_not_linked(self) -> None:
        fields = OWNER.validate({**OWNER_BODY, "propertyIds": ["p2"]})
        assert OWNER.to_update(fields, {"PropertyIds": [555, 101]}, LINKS)["PropertyIds"] == [555, 102]

    def test_properties_that_are_not_linked_are_not_read(self) -> None:
        assert OWNER.from_buildium({"PropertyIds": [555, 102]}, LINKS)["propertyIds"] == ["p2"]

    def test_the_order_of_properties_does_not_matter(self) -> None:
        assert OWNER.values_equal("propertyIds", ["p1", "p2"], ["p2", "p1"])
        assert not OWNER.values_equal("propertyIds", ["p1"], ["p1", "p2"])


class TestNaturalKey:
    @pytest.mark.parametrize(
        "change",
        [
            {"firstName": "jane"},
            {"lastName": "Doe-Roe"},
            {"primaryEmail": "j@example.com"},
            {"primaryEmail": None},
            {"primaryAddressLine1": "10 Elm Ave"},
            {"primaryPostalCode": "94602"},
            {"isCompany": True},
        ],
    )
    def test_an_owner_with_a_different_natural_key_is_no_match(self, change: dict[str, Any]) -> None:
        key = OWNER.natural_key(OWNER.validate(OWNER_BODY), LINKS)
        other = OWNER.to_create(OWNER.validate({**OWNER_BODY, **change}), LINKS)
        assert not OWNER.is_match(shown_owner(other), key)

    def test_a_natural_key_survives_json_serialization(self) -> None:
        fields = OWNER.validate(OWNER_BODY)
        key = json.loads(json.dumps(OWNER.natural_key(fields, LINKS)))
        assert OWNER.is_match(shown_owner(OWNER.to_create(fields, LINKS)), key)


class TestBuildiumOwners:
    def test_an_unknown_date_of_birth_is_not_written(self) -> None:
        assert "DateOfBirth" not in OWNER.to_update(OWNER.validate(OWNER_BODY), {}, LINKS)

    def test_tax_information_is_neither_read_nor_written(self) -> None:
        shown = {"IsCompany": False, "TaxInformation": {"TaxPayerId": "*****6789"}, "PropertyIds": [101]}
        assert "6789" not in json.dumps(OWNER.from_buildium(shown, LINKS))
        assert "TaxInformation" not in OWNER.to_update(OWNER.validate(OWNER_BODY), shown, LINKS)

    def test_a_sparse_buildium_owner_is_read(self) -> None:
        fields = OWNER.from_buildium({"Id": 7}, NO_LINKS)
        assert fields["propertyIds"] == []
        assert OWNER.to_response("o1", fields, {})["displayName"] == ""


class TestUpdate:
    def test_an_api_response_is_accepted_as_an_update(self) -> None:
        fields = OWNER.validate(OWNER_BODY)
        answered = OWNER.wrap_response(OWNER.to_response("7", fields, {}), {"success": True}, "")
        assert OWNER.validate({**answered, "last_name": "Roe"}, fields) == {**fields, "lastName": "Roe"}

    def test_an_invalid_stored_buildium_value_does_not_block_updates(self) -> None:
        fields = {**OWNER.validate(OWNER_BODY), "primaryState": "Elsewhere", "primaryPhone": "911"}
        changed = OWNER.validate({"lastName": "Roe"}, fields)
        assert changed == {**fields, "lastName": "Roe"}

    @pytest.mark.parametrize("change", [{"primaryPhone": "112"}, {"lastName": ""}, {"primaryCountry": "Atlantis"}])
    def test_changed_fields_are_still_validated(self, change: dict[str, Any]) -> None:
        fields = {**OWNER.validate(OWNER_BODY), "primaryPhone": "911"}
        with pytest.raises(InvalidFields) as caught:
            OWNER.validate(change, fields)
        assert {error.field for error in caught.value.errors} == set(change)
