"""Rental units. Buildium: /rentals/units. It creates a unit automatically for a property without units."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, StringConstraints

from buildium_sync.domain.entity_status import read_status
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.field_contract import Normalizers
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.normalization import blank_to_none
from buildium_sync.domain.outbound_contract import Followers
from buildium_sync.domain.reference_contract import BuildiumReference, Links
from buildium_sync.entity_types.fields import address, money, references
from buildium_sync.entity_types.fields.money import Money
from buildium_sync.entity_types.fields.references import EntityReference
from buildium_sync.entity_types.fields.types import Country, Line, OptionalLine, OptionalProse

_BEDROOMS = {
    "Studio": None,
    "OneBed": 1,
    "TwoBed": 2,
    "ThreeBed": 3,
    "FourBed": 4,
    "FiveBed": 5,
    "SixBed": 6,
    "SevenBed": 7,
    "EightBed": 8,
    "NineBedPlus": None,
}
_BATHROOMS = {
    "OneBath": 1,
    "OnePointFiveBath": 1.5,
    "TwoBath": 2,
    "TwoPointFiveBath": 2.5,
    "ThreeBath": 3,
    "ThreePointFiveBath": 3.5,
    "FourBath": 4,
    "FourPointFiveBath": 4.5,
    "FiveBath": 5,
    "FivePlusBath": None,
}
"""Buildium's names, and the number with the same meaning if there is exactly one."""

_NOT_SET = "NotSet"


def _name_or_number(names: Mapping[str, float | None]) -> BeforeValidator:
    """Return a validator that accepts a name or its number, and returns the name."""
    by_number = {number: name for name, number in names.items() if number is not None}

    def check(value: Any) -> str | None:
        if value in (None, _NOT_SET):
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        name = by_number.get(value) if is_number else value
        if not isinstance(name, str) or name not in names:
            numbers = ", ".join(f"{number:g}" for number in by_number)
            raise ValueError(f"must be one of {', '.join(names)}, or a number: {numbers}")
        return name

    return BeforeValidator(check)


class UnitFields(address.AddressFields):
    """The fields of a unit that a client can set."""

    propertyId: EntityReference
    unitNumber: Annotated[Line, StringConstraints(max_length=30)]
    unitSize: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    marketRent: Annotated[Money, Field(ge=0)] | None = None
    description: OptionalProse = None
    addressLine1: Line
    addressLine2: OptionalLine = None
    addressLine3: OptionalLine = None
    city: OptionalLine = None
    country: Country
    state: OptionalLine = Field(default=None, validate_default=True)
    postalCode: Line
    unitBedrooms: Annotated[str | None, _name_or_number(_BEDROOMS)] = None
    unitBathrooms: Annotated[str | None, _name_or_number(_BATHROOMS)] = None


class Unit(EntityType):
    """A unit of a rental property. Buildium derives from other entities whether it is listed or occupied."""

    name = "unit"
    collection = "units"
    path = "/rentals/units"
    # muunkky/buildium-hubspot-integration, prototype/index.js
    page_path = "/manager/app/properties/{propertyId}/units/{id}/summary"
    event_subjects = frozenset({"RentalUnit", "Unit"})
    model = UnitFields
    read_only_in_buildium = frozenset({"PropertyId", "BuildingName", "IsUnitListed", "IsUnitOccupied"})
    reference_fields: ClassVar[Mapping[str, str]] = {"propertyId": "property"}
    scope_fields = ("propertyId",)
    exact_match_fields = ("propertyId", "unitNumber")
    review_fields = ("unitNumber", *address.names(), "unitBedrooms", "unitBathrooms", "unitSize", "marketRent")
    identifying_fields = (("propertyId",), ("unitNumber",), address.names())
    immutable_fields = ("propertyId",)
    canonical: ClassVar[Normalizers] = {**address.canonical(), "marketRent": money.canonical}
    composites = (address.names(),)
    status_source_field = "propertyId"
    create_only: ClassVar[Mapping[str, str]] = {
        "propertyId": "cannot be changed: Buildium cannot move a unit to another property"
    }
    auto_created_by_field = "propertyId"
    followed_fields = frozenset({"unitNumber"})

    def followers(self, buildium_id: int, fields: Fields) -> tuple[Followers, ...]:
        """Return the leases with the new number. They show it, and a rename does not count as a change of a lease."""
        return (Followers("lease", "/leases", {"unitnumber": fields["unitNumber"]}, optional=True),)

    def remote_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the property of the unit."""
        return references.remote_references("property", payload.get("PropertyId"))

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return a RentalUnitsPostMessage."""
        property_id = references.resolve(links, "property", fields["propertyId"])
        return {"PropertyId": property_id, **self.to_update(fields, {}, links)}

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return a RentalUnitPutMessage. It has no PropertyId."""
        return {
            "UnitNumber": fields["unitNumber"],
            "UnitSize": fields.get("unitSize"),
            "MarketRent": fields.get("marketRent"),
            "Address": address.write(fields),
            "UnitBedrooms": fields.get("unitBedrooms"),
            "UnitBathrooms": fields.get("unitBathrooms"),
            "Description": fields.get("description"),
        }

    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Read a RentalUnitMessage. It shows no status: a unit's status changes with that of its property."""
        return {
            "propertyId": references.to_reference(links, "property", payload.get("PropertyId")),
            "unitNumber": blank_to_none(payload.get("UnitNumber")),
            "unitSize": payload.get("UnitSize"),
            "marketRent": _amount(payload.get("MarketRent")),
            "description": blank_to_none(payload.get("Description")),
            **address.read(payload.get("Address")),
            "unitBedrooms": _none_if_not_set(payload.get("UnitBedrooms")),
            "unitBathrooms": _none_if_not_set(payload.get("UnitBathrooms")),
            **({} if payload.get("IsActive") is None else {"status": read_status(payload)}),
        }

    def natural_key(self, fields: Fields, links: Links) -> dict[str, Any]:
        """Return the property's Buildium id and the unit number, which is unique within a property."""
        return {
            "propertyId": references.resolve(links, "property", fields["propertyId"]),
            "unitNumber": fields["unitNumber"],
        }

    def is_match(self, payload: Payload, key: Mapping[str, Any]) -> bool:
        """Compare both values exactly."""
        number = blank_to_none(payload.get("UnitNumber"))
        return (payload.get("PropertyId"), number) == (key["propertyId"], key["unitNumber"])


def _amount(value: float | None) -> float | None:
    return None if value is None else float(value)


def _none_if_not_set(value: str | None) -> str | None:
    return None if value == _NOT_SET else value
