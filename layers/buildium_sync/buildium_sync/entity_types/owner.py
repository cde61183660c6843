"""Rental owners. Buildium: /rentals/owners. It sends no webhook events about them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field, ValidationInfo, field_validator

from buildium_sync.domain.entity_status import read_status
from buildium_sync.domain.field_contract import Normalizers
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.normalization import blank_to_none, casefolded
from buildium_sync.domain.reference_contract import BuildiumReference, Links
from buildium_sync.entity_types.fields import address, person_names, phones
from buildium_sync.entity_types.fields.types import (
    Country,
    EntityIds,
    Line,
    OptionalDate,
    OptionalEmail,
    OptionalLine,
    OptionalPhone,
    OptionalProse,
    read_date,
)
from buildium_sync.entity_types.person import PersonType
from buildium_sync.errors import SyncBlocked

_PREFIX = "primary"
_AGREEMENT = ("managementAgreementStartDate", "managementAgreementEndDate")


class OwnerFields(person_names.PersonFields, address.AddressFields):
    """The fields of an owner that a client can set."""

    primaryEmail: OptionalEmail = None
    alternateEmail: OptionalEmail = None
    primaryPhone: OptionalPhone = None
    primaryAddressLine1: Line
    primaryAddressLine2: OptionalLine = None
    primaryAddressLine3: OptionalLine = None
    primaryCity: OptionalLine = None
    primaryCountry: Country
    primaryState: OptionalLine = Field(default=None, validate_default=True)
    primaryPostalCode: Line
    dateOfBirth: OptionalDate = None
    managementAgreementStartDate: OptionalDate = None
    managementAgreementEndDate: OptionalDate = None
    comment: OptionalProse = None
    propertyIds: EntityIds = Field(default_factory=list)

    @field_validator("managementAgreementEndDate")
    @classmethod
    def _end_after_start(cls, end: str | None, info: ValidationInfo) -> str | None:
        start = info.data.get("managementAgreementStartDate")
        if start and end and end < start:
            raise ValueError("must not be before managementAgreementStartDate")
        return end


def _snake_case(name: str) -> str:
    return re.sub("[A-Z]", lambda capital: "_" + capital[0].lower(), name)


_RESPONSE_ONLY = frozenset({"contact_id", "displayName", "created_at", "updated_at", "deleted_at"})
_RESPONSE_ALIASES = {_snake_case(name): name for name in OwnerFields.model_fields}


class Owner(PersonType):
    """An owner of rental properties: a person or a company.

    Tax information is not modelled: Buildium accepts it in a create only, and shows it masked.
    """

    name = "owner"
    collection = "owners"
    path = "/rentals/owners"
    event_subjects = frozenset({"Owner", "RentalOwner"})
    model = OwnerFields
    read_only_in_buildium = frozenset({"IsActive", "TaxInformation"})
    reference_fields: ClassVar[Mapping[str, str]] = {"propertyIds": "property"}
    scope_fields = ("propertyIds",)
    needs_every_property = False
    address_prefix = _PREFIX
    identifying_fields = (
        person_names.NAMES,
        ("primaryEmail",),
        ("alternateEmail",),
        ("primaryPhone",),
        address.names(_PREFIX),
    )
    review_fields = (
        *person_names.FIELDS,
        *address.names(_PREFIX),
        *_AGREEMENT,
        "status",
    )
    not_removable: ClassVar[Mapping[str, str]] = {
        "dateOfBirth": "cannot be removed: Buildium does not return it; remove it in Buildium"
    }
    canonical: ClassVar[Normalizers] = {
        **address.canonical(_PREFIX),
        "primaryPhone": phones.canonical,
        "primaryEmail": casefolded,
        "alternateEmail": casefolded,
        "propertyIds": frozenset,
    }
    composites = (person_names.FIELDS, address.names(_PREFIX), _AGREEMENT)
    set_fields: ClassVar[Mapping[str, int]] = {"propertyIds": 1}
    external_id_name = "external_id"

    def provided(self, body: Mapping[str, Any]) -> Fields:
        """Return the fields that a body sets. The names of `to_response` are accepted too."""
        return super().provided(
            {_RESPONSE_ALIASES.get(name, name): body[name] for name in body if name not in _RESPONSE_ONLY}
        )

    def to_response(self, entity_id: str, fields: Fields, times: Mapping[str, str | None]) -> dict[str, Any]:
        """Return the owner in the snake_case that its clients expect, except for `displayName`."""
        deleted = {"deleted_at": times["deletedAt"]} if times.get("deletedAt") else {}
        return {
            "id": entity_id,
            "contact_id": entity_id,
            **{_snake_case(name): fields.get(name) for name in self.field_names},
            "displayName": person_names.display_name(fields),
            "created_at": times.get("createdAt"),
            "updated_at": times.get("updatedAt"),
            **deleted,
        }

    def wrap_response(self, representation: dict[str, Any], sync: dict[str, Any], message: str) -> dict[str, Any]:
        """Return the owner itself, flat, with its sync. It has no place for a message."""
        return {**representation, "buildiumSync": sync}

    def remote_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the properties that Buildium shows for the owner."""
        return tuple(BuildiumReference("property", property_id) for property_id in payload.get("PropertyIds") or ())

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return a RentalOwnerPostMessage."""
        return self.to_update(fields, {}, links)

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return a RentalOwnerPutMessage. Buildium: an owner has at least one property.

        Raises SyncBlocked without properties, and where `phones.write` does.
        """
        property_ids = _property_ids(fields, current.get("PropertyIds") or (), links)
        if not property_ids:
            raise SyncBlocked("Buildium requires at least one property for an owner: add one to propertyIds.")
        shown, default_slot = current.get("PhoneNumbers"), "Work" if fields["isCompany"] else "Mobile"
        return {
            "IsCompany": fields["isCompany"],
            **person_names.write(fields, current),
            **_date_of_birth(fields),
            "ManagementAgreementStartDate": fields.get("managementAgreementStartDate"),
            "ManagementAgreementEndDate": fields.get("managementAgreementEndDate"),
            "Email": fields.get("primaryEmail"),
            "AlternateEmail": fields.get("alternateEmail"),
            "PhoneNumbers": phones.write(fields.get("primaryPhone"), shown, default_slot),
            "Address": address.write(fields, _PREFIX),
            "Comment": fields.get("comment"),
            "PropertyIds": property_ids,
        }

    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Read a RentalOwnerMessage. It shows no date of birth. Properties that are not linked are left out."""
        local_ids = [links.local_id(each.entity_type, each.buildium_id) for each in self.remote_references(payload)]
        return {
            "isCompany": bool(payload.get("IsCompany")),
            **person_names.read(payload),
            "primaryEmail": blank_to_none(payload.get("Email")),
            "alternateEmail": blank_to_none(payload.get("AlternateEmail")),
            "primaryPhone": phones.read_primary(payload.get("PhoneNumbers")),
            **address.read(payload.get("Address"), _PREFIX),
            "managementAgreementStartDate": read_date(payload.get("ManagementAgreementStartDate")),
            "managementAgreementEndDate": read_date(payload.get("ManagementAgreementEndDate")),
            "comment": blank_to_none(payload.get("Comment")),
            "propertyIds": [entity_id for entity_id in local_ids if entity_id is not None],
            "status": read_status(payload),
        }


def _property_ids(fields: Fields, current: Sequence[int], links: Links) -> list[int]:
    """Return the owner's properties, and those of `current` that are not linked; the ones of `current` first."""
    linked_ids = [links.buildium_id("property", entity_id) for entity_id in fields["propertyIds"]]
    kept = [each for each in current if each in linked_ids or links.local_id("property", each) is None]
    return kept + [buildium_id for buildium_id in linked_ids if buildium_id not in kept]


def _date_of_birth(fields: Fields) -> Payload:
    """Return the date only if there is a local one. Buildium may have one that it does not show."""
    date_of_birth = fields.get("dateOfBirth")
    return {"DateOfBirth": date_of_birth} if date_of_birth else {}
