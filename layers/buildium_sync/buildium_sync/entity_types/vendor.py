"""Vendors. Buildium: /vendors."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from buildium_sync.domain.entity_status import read_status
from buildium_sync.domain.field_contract import Normalizers
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.normalization import blank_to_none, casefolded
from buildium_sync.domain.outbound_contract import AccountDefault
from buildium_sync.domain.reference_contract import Links
from buildium_sync.entity_types import vendor_pass_through
from buildium_sync.entity_types.fields import address, person_names, phones
from buildium_sync.entity_types.fields.types import (
    BuildiumId,
    Country,
    OptionalEmail,
    OptionalLine,
    OptionalPhone,
    OptionalProse,
)
from buildium_sync.entity_types.person import PersonType

_ADDRESS = address.names()
_ACCOUNT_NUMBER_MAX = 30


def _website(text: str | None) -> str | None:
    scheme, separator, rest = (text or "").partition("://")
    if text and (scheme.lower() not in ("http", "https") or not separator or not rest or len(text.split()) > 1):
        raise ValueError("must be a URL that begins with http:// or https://")
    return text


def _account_number(text: str | None) -> str | None:
    if text and len(text) > _ACCOUNT_NUMBER_MAX:
        raise ValueError(f"must have at most {_ACCOUNT_NUMBER_MAX} characters")
    return text


class VendorFields(person_names.PersonFields, address.OptionalAddressFields):
    """The fields of a vendor that a client can set. The address is complete or empty."""

    categoryId: BuildiumId | None = None
    primaryEmail: OptionalEmail = None
    alternateEmail: OptionalEmail = None
    primaryPhone: OptionalPhone = None
    addressLine1: OptionalLine = None
    addressLine2: OptionalLine = None
    addressLine3: OptionalLine = None
    city: OptionalLine = None
    country: Country | None = Field(default=None, validate_default=True)
    state: OptionalLine = Field(default=None, validate_default=True)
    postalCode: OptionalLine = Field(default=None, validate_default=True)
    website: Annotated[OptionalLine, AfterValidator(_website)] = None
    accountNumber: Annotated[OptionalLine, AfterValidator(_account_number)] = None
    expenseGlAccountId: BuildiumId | None = None
    comments: OptionalProse = None


class Vendor(PersonType):
    """A vendor: a person or a company. Insurance and tax information remain as they are in Buildium."""

    name = "vendor"
    collection = "vendors"
    path = "/vendors"
    event_subjects = frozenset({"Vendor"})
    model = VendorFields
    identifying_fields = (
        person_names.NAMES,
        ("primaryEmail",),
        ("alternateEmail",),
        ("primaryPhone",),
        _ADDRESS,
        ("website",),
        ("accountNumber",),
    )
    read_only_in_buildium = frozenset({"IsActive", "ExpenseGLAccountId", "TaxInformation.TaxPayerIdType"})
    review_fields = (*person_names.FIELDS, *_ADDRESS, "website", "status")
    canonical: ClassVar[Normalizers] = {
        **address.canonical(),
        "primaryPhone": phones.canonical,
        "primaryEmail": casefolded,
        "alternateEmail": casefolded,
    }
    composites = (person_names.FIELDS, _ADDRESS)
    not_removable: ClassVar[Mapping[str, str]] = {
        "categoryId": "cannot be removed: Buildium requires a category for every vendor"
    }
    defaults = (
        AccountDefault(
            field="categoryId",
            setting="vendor_category_id",
            path="/vendors/categories",
            query={},
            missing="Buildium requires a category for a vendor, and this account has none or more than one. "
            "Set categoryId of the vendor or the setting BUILDIUM_VENDOR_CATEGORY_ID.",
        ),
    )

    def missing_required(self, fields: Fields) -> tuple[str, ...]:
        """Return the empty required fields, and the missing parts of an incomplete address."""
        return (*super().missing_required(fields), *address.missing_optional_parts(fields))

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return a VendorPostMessage."""
        return self.to_update(fields, {}, links)

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return a VendorPutMessage. A category cannot be removed: None keeps the current one.

        Raises SyncBlocked if the PUT would erase a tax id, and where `phones.write` does.
        """
        shown, default_slot = current.get("PhoneNumbers"), "Work" if fields["isCompany"] else "Mobile"
        return {
            "IsCompany": fields["isCompany"],
            **person_names.write(fields, current),
            "PrimaryEmail": fields.get("primaryEmail"),
            "AlternateEmail": fields.get("alternateEmail"),
            "PhoneNumbers": phones.write(fields.get("primaryPhone"), shown, default_slot),
            "Address": address.write_optional(fields),
            "CategoryId": fields.get("categoryId") or _category_id(current),
            "ExpenseGlAccountId": fields.get("expenseGlAccountId"),
            "AccountNumber": fields.get("accountNumber"),
            "Website": fields.get("website"),
            "Comments": fields.get("comments"),
            **vendor_pass_through.write(current),
        }

    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Read a VendorMessage. It shows CategoryId as Category.Id, and spells ExpenseGLAccountId differently."""
        return {
            "isCompany": bool(payload.get("IsCompany")),
            **person_names.read(payload),
            "categoryId": _category_id(payload),
            "primaryEmail": blank_to_none(payload.get("PrimaryEmail")),
            "alternateEmail": blank_to_none(payload.get("AlternateEmail")),
            "primaryPhone": phones.read_primary(payload.get("PhoneNumbers")),
            **address.read_optional(payload.get("Address")),
            "website": blank_to_none(payload.get("Website")),
            "accountNumber": blank_to_none(payload.get("AccountNumber")),
            "expenseGlAccountId": payload.get("ExpenseGLAccountId") or None,
            "comments": blank_to_none(payload.get("Comments")),
            "status": read_status(payload),
        }


def _category_id(payload: Payload) -> int | None:
    return (payload.get("Category") or {}).get("Id") or None
