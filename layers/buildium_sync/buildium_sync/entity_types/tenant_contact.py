"""The emergency contact of a tenant."""

from typing import Annotated, Any

from pydantic import AfterValidator

from buildium_sync.domain.entity_model import EntityModel
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.normalization import blank_to_none, casefolded
from buildium_sync.entity_types.fields import phones
from buildium_sync.entity_types.fields.types import OptionalEmail, OptionalLine, OptionalPhone

_PARTS = {
    "name": "Name",
    "relationshipDescription": "RelationshipDescription",
    "phone": "Phone",
    "email": "Email",
}
"""Buildium's names, by field."""


class EmergencyContact(EntityModel):
    """The person to call in an emergency."""

    name: OptionalLine = None
    relationshipDescription: OptionalLine = None
    phone: OptionalPhone = None
    email: OptionalEmail = None


def _empty_is_none(contact: EmergencyContact | None) -> EmergencyContact | None:
    return contact if contact and any(getattr(contact, part) for part in _PARTS) else None


OptionalEmergencyContact = Annotated[EmergencyContact | None, AfterValidator(_empty_is_none)]


def canonical(contact: Fields) -> tuple[Any, ...]:
    """Return a form that is equal for two spellings of one contact."""
    return (
        contact.get("name"),
        contact.get("relationshipDescription"),
        phones.canonical(contact.get("phone") or ""),
        casefolded(contact.get("email")),
    )


def write(contact: Fields | None) -> Payload | None:
    """Return a SaveEmergencyContactMessage, None without a contact."""
    return {name: contact.get(part) for part, name in _PARTS.items()} if contact else None


def read(shown: Payload | None) -> Fields | None:
    """Read an EmergencyContactMessage. An empty one is no contact."""
    contact = {part: blank_to_none((shown or {}).get(name)) for part, name in _PARTS.items()}
    return contact if any(contact.values()) else None
