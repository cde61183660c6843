"""Units: validation, mapping to and from Buildium, and the auto-created unit."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.reference_contract import NO_LINKS, BuildiumReference, Reference
from buildium_sync.entity_types.property import Property
from buildium_sync.entity_types.unit import Unit
from buildium_sync.errors import InvalidFields
from tests.contract.document import validate_request, validate_response
from tests.contract.location import MISSING, find_document
from tests.unit.entity_types.strategies import INT32_IDS, LINKS, SHOWN_ADDRESSES, optional, text
from tests.unit.entity_types.test_round_trips import assert_address_kept, assert_same

needs_document = pytest.mark.skipif(find_document() is None, reason=MISSING)

UNIT = Unit()
BODY: dict[str, Any] = {
    "propertyId": "p1",
    "unitNumber": "2A",
    "addressLine1": "123 Main St",
    "city": "San Francisco",
    "state": "CA",
    "postalCode": "94102",
    "country": "US",
}
ADDRESS = {
    "AddressLine1": "123 Main St",
    "AddressLine2": None,
    "AddressLine3": None,
    "City": "San Francisco",
    "State": "CA",
    "PostalCode": "94102",
    "Country": "UnitedStates",
}
BEDROOMS = (
    "Studio",
    "OneBed",
    "TwoBed",
    "ThreeBed",
    "FourBed",
    "FiveBed",
    "SixBed",
    "SevenBed",
    "EightBed",
    "NineBedPlus",
)
BATHROOMS = (
    "OneBath",
    "OnePointFiveBath",
    "TwoBath",
    "TwoPointFiveBath",
    "ThreeBath",
    "ThreePointFiveBath",
    "FourBath",
    "FourPointFiveBath",
    "FiveBath",
    "FivePlusBath",
)
RENTS = st.decimals(0, 1_000_000, places=2).map(float)

BODIES = st.fixed_dictionaries(
    {
        "propertyId": st.sampled_from(["p1", "p2", 555]),
        "unitNumber": text(30),
        "addressLine1": text(100),
        "postalCode": text(100),
        "state": st.sampled_from(["CA", "new york"]),
        "country": st.sampled_from(["US", "United States"]),
    },
    optional={
        "addressLine2": optional(text(100)),
        "city": optional(text(100)),
        "unitSize": optional(st.integers(0, 2**31 - 1)),
        "marketRent": optional(RENTS),
        "description": optional(text(65_535)),
        "unitBedrooms": st.sampled_from([*BEDROOMS, *range(1, 9), "NotSet", None]),
        "unitBathrooms": st.sampled_from([*BATHROOMS, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, "NotSet", None]),
    },
)
SHOWN = st.fixed_dictionaries(
    {
        "Id": INT32_IDS,
        "PropertyId": st.sampled_from([101, 102, 555]),
        "BuildingName": optional(text(100)),
        "UnitNumber": text(30),
        "Description": optional(text(65_535)),
        "MarketRent": optional(RENTS),
        "Address": SHOWN_ADDRESSES,
        "UnitBedrooms": optional(st.sampled_from(BEDROOMS)),
        "UnitBathrooms": optional(st.sampled_from(BATHROOMS)),
        "UnitSize": optional(st.integers(0, 2**31 - 1)),
        "IsUnitListed": st.booleans(),
        "IsUnitOccupied": st.booleans(),
    }
)


def errors_of(body: dict[str, Any], current: dict[str, Any] | None = None) -> dict[str, str]:
    """The error text of each invalid field."""
    with pytest.raises(InvalidFields) as caught:
        UNIT.validate(body, current)
    return {error.field: error.message for error in caught.value.errors}


def shown_unit(written: Payload) -> Payload:
    """The response to a RentalUnitsPostMessage."""
    return {"Id": 1, **written, "BuildingName": "", "IsUnitListed": False, "IsUnitOccupied": False}


class TestPayloads:
    def test_a_unit_is_mapped_to_a_create_payload(self) -> None:
        fields = UNIT.validate({**BODY, "marketRent": 1850, "unitBedrooms": 2, "unitBathrooms": "OnePointFiveBath"})
        assert UNIT.to_create(fields, LINKS) == {
            "PropertyId": 101,
            "UnitNumber": "2A",
            "UnitSize": None,
            "MarketRent": 1850.0,
            "Address": ADDRESS,
            "UnitBedrooms": "TwoBed",
            "UnitBathrooms": "OnePointFiveBath",
            "Description": None,
        }

    def test_the_update_payload_of_a_unit_omits_the_property(self) -> None:
        fields = UNIT.validate(BODY)
        created = UNIT.to_create(fields, LINKS)
        assert UNIT.to_update(fields, {}, LINKS) == {key: created[key] for key in created if key != "PropertyId"}

    @needs_document
    @given(BODIES, SHOWN)
    def test_unit_payloads_match_the_document(self, body: dict[str, Any], shown: Payload) -> None:
        fields = UNIT.validate(body)
        validate_request("POST", "/v1/rentals/units", body=UNIT.to_create(fields, LINKS))
        validate_request("PUT", "/v1/rentals/units/7", body=UNIT.to_update(fields, shown, LINKS))
        validate_response("GET", "/v1/rentals/units/7", 200, shown)


class TestValidation:
    def test_every_missing_required_field_is_named(self) -> None:
        assert set(errors_of({})) == {"propertyId", "unitNumber", "addressLine1", "postalCode", "country"}

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("propertyId", None),
            ("propertyId", ""),
            ("propertyId", 0),
            ("propertyId", True),
            ("unitNumber", ""),
            ("unitNumber", 2),
            ("unitNumber", "x" * 31),
            ("unitSize", -1),
            ("unitSize", 12.5),
            ("unitSize", 2**31),
            ("marketRent", -1),
            ("marketRent", "1850"),
            ("marketRent", float("nan")),
            ("marketRent", 10**400),
            ("description", "x" * 65_536),
            ("state", "Bavaria"),
            ("country", "Mars"),
            ("unitBedrooms", "twobed"),
            ("unitBedrooms", 0),
            ("unitBedrooms", 9),
            ("unitBedrooms", True),
            ("unitBedrooms", "2"),
            ("unitBedrooms", [2]),
            ("unitBathrooms", 1.25),
            ("unitBathrooms", 6),
            ("unitBathrooms", "TwoBed"),
            ("status", "Inactive"),
            ("buildingName", "A"),
        ],
    )
    def test_only_the_invalid_field_is_named(self, field: str, value: Any) -> None:
        assert set(errors_of({**BODY, field: value})) == {field}

    @pytest.mark.parametrize(
        ("field", "value", "kept"),
        [
            ("unitNumber", "x" * 30, "x" * 30),
            ("unitSize", 0, 0),
            ("unitBedrooms", 1, "OneBed"),
            ("unitBedrooms", 8.0, "EightBed"),
            ("unitBedrooms", "NineBedPlus", "NineBedPlus"),
            ("unitBedrooms", "NotSet", None),
            ("unitBathrooms", 4.5, "FourPointFiveBath"),
            ("unitBathrooms", 5, "FiveBath"),
            ("unitBathrooms", None, None),
            ("propertyId", 555, 555),
        ],
    )
    def test_equivalent_values_are_normalized(self, field: str, value: Any, kept: Any) -> None:
        assert UNIT.validate({**BODY, field: value})[field] == kept

    def test_a_unit_cannot_be_moved_to_another_property(self) -> None:
        current = UNIT.validate(BODY)
        assert "cannot move" in errors_of({"propertyId": "p2"}, current)["propertyId"]
        assert UNIT.validate({"propertyId": "p1", "unitNumber": "3"}, current)["unitNumber"] == "3"


class TestPropertyOfAUnit:
    def test_a_unit_depends_only_on_a_local_property(self) -> None:
        assert UNIT.local_references(UNIT.validate(BODY)) == (Reference("propertyId", "property", "p1"),)
        by_number = UNIT.validate({**BODY, "propertyId": 555})
        assert UNIT.local_references(by_number) == ()
        assert UNIT.to_create(by_number, NO_LINKS)["PropertyId"] == 555

    def test_a_unit_shows_the_local_or_buildium_property_id(self) -> None:
        assert UNIT.remote_references({"PropertyId": 101}) == (BuildiumReference("property", 101),)
        assert UNIT.from_buildium({"PropertyId": 101}, LINKS)["propertyId"] == "p1"
        assert UNIT.from_buildium({"PropertyId": 555}, LINKS)["propertyId"] == 555


class TestBuildiumUnits:
    def test_a_sparse_or_unknown_buildium_unit_is_read(self) -> None:
        fields = UNIT.from_buildium({"Id": 7, "UnitBedrooms": "TenBed", "UnitBathrooms": "NotSet"}, NO_LINKS)
        assert (fields["unitBedrooms"], fields["unitBathrooms"]) == ("TenBed", None)

    @pytest.mark.parametrize(
        ("shown", "read"), [({}, {}), ({"IsActive": None}, {}), ({"IsActive": False}, {"status": "Inactive"})]
    )
    def test_a_unit_has_a_status_only_if_buildium_shows_it(self, shown: dict[str, Any], read: dict[str, Any]) -> None:
        fields = UNIT.from_buildium({"Id": 7, **shown}, NO_LINKS)
        assert {name: value for name, value in fields.items() if name == "status"} == read

    def test_a_zero_rent_differs_from_no_rent(self) -> None:
        shown = [UNIT.from_buildium({"MarketRent": rent}, NO_LINKS)["marketRent"] for rent in (0, None)]
        assert shown == [0.0, None]

    @given(BODIES)
    def test_a_unit_round_trip_keeps_its_fields(self, body: dict[str, Any]) -> None:
        fields = UNIT.validate(body)
        shown = shown_unit(UNIT.to_create(fields, LINKS))
        assert_same(UNIT, fields, UNIT.from_buildium(shown, LINKS))
        assert UNIT.is_match(shown, UNIT.natural_key(fields, LINKS))

    @given(SHOWN)
    def test_an_update_of_a_unit_keeps_buildiums_values(self, shown: Payload) -> None:
        written = UNIT.to_update(UNIT.from_buildium(shown, LINKS), shown, LINKS)
        assert_address_kept(written.pop("Address"), shown["Address"])
        assert written == {key: shown[key] for key in written}


class TestNaturalKey:
    def test_a_unit_is_matched_by_property_and_number(self) -> None:
        key = json.loads(json.dumps(UNIT.natural_key(UNIT.validate(BODY), LINKS)))
        assert UNIT.is_match({"PropertyId": 101, "UnitNumber": " 2A"}, key)

    @pytest.mark.parametrize("change", [{"UnitNumber": "2"}, {"UnitNumber": "2A1"}, {"PropertyId": 102}])
    def test_a_unit_with_a_different_natural_key_is_no_match(self, change: Payload) -> None:
        key = UNIT.natural_key(UNIT.validate(BODY), LINKS)
        assert not UNIT.is_match({"PropertyId": 101, "UnitNumber": "2A", **change}, key)


class TestAutoCreatedUnit:
    def test_a_unit_may_be_auto_created_with_its_property(self) -> None:
        assert UNIT.auto_created_by_field == "propertyId"

    @pytest.mark.parametrize(
        "link",
        [
            "https://api.buildium.com/v1/rentals/units/42",
            "/v1/rentals/units/42",
            '<https://api.buildium.com/v1/rentals/units/42>; rel="unit"',
            (
                "<https://api.buildium.com/v1/rentals/7>; rel=self, "
                "<https://api.buildium.com/v1/rentals/units/42>; rel=unit"
            ),
            "https://api.buildium.com/v1/rentals/units/42?expand=none",
        ],
    )
    @pytest.mark.parametrize("name", ["Link", "link"])
    def test_the_auto_created_unit_is_read_from_the_link_header(self, name: str, link: str) -> None:
        assert Property().auto_created_entities({"Location": "/v1/rentals/7", name: link}) == (
            BuildiumReference("unit", 42),
        )

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Link": ""},
            {"Link": "/v1/rentals/7"},
            {"Link": "/v1/rentals/units/42/images"},
            {"Location": "/v1/rentals/units/42"},
        ],
    )
    def test_no_unit_is_auto_created_without_a_link_header(self, headers: dict[str, str]) -> None:
        assert Property().auto_created_entities(headers) == ()
