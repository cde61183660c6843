"""The fields of a tenant that a client can set, and the forms of a tax id."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from buildium_sync.domain.normalization import blank_to_none
from buildium_sync.entity_types.fields import address
from buildium_sync.entity_types.fields.references import EntityReference
from buildium_sync.entity_types.fields.types import (
    Country,
    Line,
    Name,
    OptionalDate,
    OptionalEmail,
    OptionalLine,
    OptionalPhone,
    OptionalProse,
)
from buildium_sync.entity_types.tenant_contact import OptionalEmergencyContact

ALTERNATE = "alternate"
"""The prefix of the alternate address."""
MailingPreference = Literal["PrimaryAddress", "AlternateAddress"]
PRIMARY_MAILING: MailingPreference = "PrimaryAddress"
_TAX_ID = re.compile(r"[0-9]{2}-[0-9]{7}|[0-9]{3}-[0-9]{2}-[0-9]{4}|[0-9]{9}")


def _tax_id(text: str | None) -> str | None:
    if text and not _TAX_ID.fullmatch(text):
        raise ValueError("must be a tax ID in the form NN-NNNNNNN, NNN-NN-NNNN or nine digits")
    return text


class TenantFields(address.AddressFields):
    """The fields of a tenant that a client can set. The alternate address is complete or empty."""

    leaseId: EntityReference
    firstName: Name
    lastName: Name
    email: OptionalEmail = None
    alternateEmail: OptionalEmail = None
    primaryPhone: OptionalPhone = None
    primaryAddressLine1: Line
    primaryAddressLine2: OptionalLine = None
    primaryAddressLine3: OptionalLine = None
    primaryCity: OptionalLine = None
    primaryCountry: Country
    primaryState: OptionalLine = Field(default=None, validate_default=True)
    primaryPostalCode: Line
    alternateAddressLine1: OptionalLine = None
    alternateAddressLine2: OptionalLine = None
    alternateAddressLine3: OptionalLine = None
    alternateCity: OptionalLine = None
    alternateCountry: Country | None = Field(default=None, validate_default=True)
    alternateState: OptionalLine = Field(default=None, validate_default=True)
    alternatePostalCode: OptionalLine = Field(default=None, validate_default=True)
    mailingPreference: MailingPreference = PRIMARY_MAILING
    dateOfBirth: OptionalDate = None
    taxId: Annotated[OptionalLine, AfterValidator(_tax_id)] = None
    emergencyContact: OptionalEmergencyContact = None
    comment: OptionalProse = None

    @field_validator(*address.names(ALTERNATE))
    @classmethod
    def _complete_or_empty(cls, part: str | None, info: ValidationInfo) -> str | None:
        return address.check_optional(part, info, ALTERNATE)

    @field_validator("mailingPreference")
    @classmethod
    def _to_an_address(cls, preference: str, info: ValidationInfo) -> str:
        if preference != PRIMARY_MAILING and not info.data.get("alternateAddressLine1", True):
            raise ValueError("requires an alternate address")
        return preference


def is_hidden(tax_id: str | None) -> bool:
    """Return whether Buildium has a tax id that it does not show completely."""
    return bool(blank_to_none(tax_id)) and not _TAX_ID.fullmatch((tax_id or "").strip())


def masked(tax_id: str | None) -> str | None:
    """Return a tax id with only the last four digits, None for none."""
    return f"***-**-{tax_id[-4:]}" if tax_id else None
