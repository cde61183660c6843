"""Properties. Buildium: /rentals."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from buildium_sync.domain.entity_status import ACTIVE, INACTIVE, WritableStatus, read_status
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.field_contract import Normalizers
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.normalization import blank_to_none
from buildium_sync.domain.outbound_contract import AccountDefault, Followers
from buildium_sync.domain.reference_contract import NO_LINKS, BuildiumReference, Links
from buildium_sync.entity_types.fields import address, money
from buildium_sync.entity_types.fields.money import Money
from buildium_sync.entity_types.fields.types import BuildiumId, Country, Line, Name, OptionalLine, OptionalProse, Year

_UNIT = re.compile(r"/rentals/units/([0-9]+)(?![0-9/])")


class PropertyFields(address.AddressFields):
    """The fields of a property that a client can set."""

    name: Name
    structureDescription: OptionalProse = None
    addressLine1: Line
    addressLine2: OptionalLine = None
    addressLine3: OptionalLine = None
    city: OptionalLine = None
    country: Country
    state: OptionalLine = Field(default=None, validate_default=True)
    postalCode: Line
    rentalSubType: Literal[
        "CondoTownhome",
        "MultiFamily",
        "SingleFamily",
        "Industrial",
        "Office",
        "Retail",
        "ShoppingCenter",
        "Storage",
        "ParkingSpace",
    ]
    operatingBankAccountId: BuildiumId | None = None
    propertyManagerId: BuildiumId | None = None
    reserve: Money = 0.0
    yearBuilt: Year | None = None
    status: WritableStatus = ACTIVE


class Property(EntityType):
    """A rental property.

    Buildium: its owners name it, and its units are separate entities. So its payloads have neither.
    """

    name = "property"
    collection = "properties"
    path = "/rentals"
    event_subjects = frozenset({"Rental", "Property"})
    followed_fields = frozenset({"status"})
    is_scope_root = True
    model = PropertyFields
    read_only_in_buildium = frozenset({"NumberUnits", "IsActive", "RentalType"})
    exact_match_fields = ("name",)
    review_fields = ("name", *address.names(), "rentalSubType", "yearBuilt", "status")
    identifying_fields = (("name",), address.names())
    auto_created_types = ("unit",)
    not_removable: ClassVar[Mapping[str, str]] = {
        "operatingBankAccountId": "cannot be removed: Buildium requires a bank account for every property"
    }
    canonical: ClassVar[Normalizers] = {**address.canonical(), "reserve": money.canonical}
    composites = (address.names(),)
    remote_owned_fields: ClassVar[Mapping[str, Any]] = {}
    status_requests: ClassVar[Mapping[str, str]] = {ACTIVE: "reactivationrequest", INACTIVE: "inactivationrequest"}
    defaults = (
        AccountDefault(
            field="operatingBankAccountId",
            setting="operating_bank_account_id",
            path="/bankaccounts",
            query={"bankaccountstatus": "Active"},
            missing="Buildium requires a bank account for a property, and this account has none or more than one. "
            "Set operatingBankAccountId of the property or the setting BUILDIUM_OPERATING_BANK_ACCOUNT_ID.",
        ),
    )

    def auto_created_entities(self, headers: Mapping[str, str]) -> tuple[BuildiumReference, ...]:
        """Return the unit that Buildium creates for a property without units. The `Link` header names it.

        The header may be a plain URL or a link of RFC 8288.
        """
        links = [value for name, value in headers.items() if name.lower() == "link"]
        found = dict.fromkeys(_UNIT.findall(", ".join(links)))
        return tuple(BuildiumReference("unit", int(unit_id)) for unit_id in found)

    def auto_created_query(self, buildium_id: int) -> tuple[str, str, Mapping[str, str]]:
        """Return the list of the property's units."""
        return "unit", "/rentals/units", {"propertyids": str(buildium_id)}

    def followers(self, buildium_id: int, fields: Fields) -> tuple[Followers, ...]:
        """Return the property's units and owners. Buildium: an owner is active while one of its properties is."""
        query = {"propertyids": str(buildium_id)}
        return Followers("unit", "/rentals/units", query), Followers("owner", "/rentals/owners", query)

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return a RentalPropertyPostMessage. It has no Units, so Buildium creates one unit automatically."""
        return self.to_update(fields, {}, links)

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return a RentalPropertyPutMessage. A bank account cannot be removed: None keeps the current one."""
        bank_account = fields.get("operatingBankAccountId")
        return {
            "Name": fields["name"],
            "StructureDescription": fields.get("structureDescription"),
            "Address": address.write(fields),
            "RentalSubType": fields["rentalSubType"],
            "OperatingBankAccountId": bank_account or current.get("OperatingBankAccountId"),
            "PropertyManagerId": fields.get("propertyManagerId"),
            "Reserve": fields.get("reserve"),
            "YearBuilt": fields.get("yearBuilt"),
        }

    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Read a RentalMessage, which shows PropertyManagerId as RentalManager.Id."""
        return {
            "name": blank_to_none(payload.get("Name")),
            "structureDescription": blank_to_none(payload.get("StructureDescription")),
            **address.read(payload.get("Address")),
            "rentalSubType": payload.get("RentalSubType"),
            "operatingBankAccountId": payload.get("OperatingBankAccountId") or None,
            "propertyManagerId": (payload.get("RentalManager") or {}).get("Id"),
            "reserve": float(payload.get("Reserve") or 0),
            "yearBuilt": payload.get("YearBuilt") or None,
            "status": read_status(payload),
        }

    def natural_key(self, fields: Fields, links: Links) -> dict[str, Any]:
        """Return name and address."""
        return {"name": fields.get("name"), "address": address.identity(fields)}

    def is_match(self, payload: Payload, key: Mapping[str, Any]) -> bool:
        """Compare the name exactly and the address in any spelling."""
        fields = self.from_buildium(payload, NO_LINKS)
        return (fields["name"], address.identity(fields)) == (key["name"], key["address"])
