"""The cosigners of a lease. Buildium accepts them in a create only, and shows them with the lease."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.normalization import blank_to_none, casefolded
from buildium_sync.entity_types.fields import address, phones
from buildium_sync.entity_types.fields.types import Country, Name, OptionalEmail, OptionalLine, OptionalPhone


class Cosigner(address.OptionalAddressFields):
    """A person who is liable for the rent besides the tenants. The address is complete or empty."""

    firstName: Name
    lastName: Name
    email: OptionalEmail = None
    alternateEmail: OptionalEmail = None
    phone: OptionalPhone = None
    addressLine1: OptionalLine = None
    addressLine2: OptionalLine = None
    addressLine3: OptionalLine = None
    city: OptionalLine = None
    country: Country | None = Field(default=None, validate_default=True)
    state: OptionalLine = Field(default=None, validate_default=True)
    postalCode: OptionalLine = Field(default=None, validate_default=True)


def canonical(cosigners: Sequence[Fields]) -> Counter[tuple[Any, ...]]:
    """Return a form that is equal for the same cosigners in another order or spelling."""
    return Counter(_content(cosigner) for cosigner in cosigners)


def write(cosigner: Fields) -> Payload:
    """Return a LeaseCosignerPostMessage."""
    return {
        "FirstName": cosigner["firstName"],
        "LastName": cosigner["lastName"],
        "Email": cosigner.get("email"),
        "AlternateEmail": cosigner.get("alternateEmail"),
        "PhoneNumbers": phones.write(cosigner.get("phone"), None, "Mobile"),
        "Address": address.write_optional(cosigner),
    }


def read(payload: Payload) -> Fields:
    """Read a CosignerMessage. Its alternate address and mailing preference are not modelled."""
    return {
        "firstName": blank_to_none(payload.get("FirstName")),
        "lastName": blank_to_none(payload.get("LastName")),
        "email": blank_to_none(payload.get("Email")),
        "alternateEmail": blank_to_none(payload.get("AlternateEmail")),
        "phone": phones.read_primary(payload.get("PhoneNumbers")),
        **address.read_optional(payload.get("Address")),
    }


def _content(cosigner: Fields) -> tuple[Any, ...]:
    phone = cosigner.get("phone")
    return (
        cosigner.get("firstName"),
        cosigner.get("lastName"),
        casefolded(cosigner.get("email")),
        casefolded(cosigner.get("alternateEmail")),
        phones.canonical(phone) if phone else None,
        *address.identity(cosigner).values(),
    )
