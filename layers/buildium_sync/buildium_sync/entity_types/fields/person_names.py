"""Names of people (first and last) and of companies. Buildium stores them separately."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from buildium_sync.domain.entity_model import EntityModel
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.normalization import blank_to_none
from buildium_sync.entity_types.fields.types import OptionalName
from buildium_sync.errors import FieldError

MAX_LENGTH = 127

_PERSON = {"FirstName": "firstName", "LastName": "lastName"}
_COMPANY = {"CompanyName": "companyName"}

NAMES = (*_PERSON.values(), *_COMPANY.values())
FIELDS = ("isCompany", *NAMES)
"""The fields that identify a person or a company. They form one value: a company name may consist of the others."""


def full_name(fields: Mapping[str, Any]) -> str:
    """Return first and last name in one string, empty if both are missing."""
    return " ".join(filter(None, (fields.get("firstName"), fields.get("lastName"))))


def display_name(fields: Mapping[str, Any]) -> str:
    """Return the name that identifies a person or a company for a reader."""
    company = fields.get("companyName") if fields.get("isCompany") else None
    return company or full_name(fields)


def check_person_name(name: str | None, is_company: bool | None) -> str | None:
    """Return a first or last name. Raises ValueError for a person without one."""
    if name is None and is_company is False:
        raise ValueError("is required for a person (isCompany false)")
    return name


def company_name(name: str | None, is_company: bool | None, substitute: str) -> str | None:
    """Return a company's name, else `substitute`. Raises ValueError if both are missing."""
    if name is not None or not is_company:
        return name
    if not substitute:
        raise ValueError("is required for a company (isCompany true), or else firstName or lastName")
    if len(substitute) > MAX_LENGTH:
        raise ValueError(f"is required: firstName and lastName together exceed {MAX_LENGTH} characters")
    return substitute


class PersonFields(EntityModel):
    """The base of models for people and companies."""

    isCompany: bool = False
    firstName: OptionalName = Field(default=None, validate_default=True)
    lastName: OptionalName = Field(default=None, validate_default=True)
    companyName: OptionalName = Field(default=None, validate_default=True)

    @field_validator("firstName", "lastName")
    @classmethod
    def _name_of_a_person(cls, name: str | None, info: ValidationInfo) -> str | None:
        return check_person_name(name, info.data.get("isCompany"))

    @field_validator("companyName")
    @classmethod
    def _name_of_a_company(cls, name: str | None, info: ValidationInfo) -> str | None:
        return company_name(name, info.data.get("isCompany"), full_name(info.data))


def company_name_of(fields: Mapping[str, Any]) -> str | None:
    """Return the name of a company. First and last name replace a missing company name."""
    return fields.get("companyName") or full_name(fields) or None


def unsupported_changes(provided: Mapping[str, Any], fields: Mapping[str, Any]) -> list[FieldError]:
    """Return an error for each changed name that Buildium does not store: it stores the names of one kind only."""
    is_company = bool(fields["isCompany"])
    if is_company and company_name_of(fields) == full_name(fields):
        return []
    others = _PERSON if is_company else _COMPANY
    kind = "a company (isCompany true)" if is_company else "a person (isCompany false)"
    changed = [name for name in others.values() if name in provided and fields[name] is not None]
    return [FieldError(name, f"cannot be set: Buildium does not store this name for {kind}") for name in changed]


def write(fields: Fields, current: Payload) -> Payload:
    """Return the names as Buildium accepts them. The names of the other kind remain as in `current`."""
    own, other = (_COMPANY, _PERSON) if fields["isCompany"] else (_PERSON, _COMPANY)
    names = {name: fields.get(field) for name, field in own.items()}
    return {**{name: current.get(name) for name in other}, **names}


def read(payload: Payload) -> Fields:
    """Return the names that Buildium shows.

    Buildium shows the names of the other kind empty, so these are left out.
    """
    own, other = (_COMPANY, _PERSON) if payload.get("IsCompany") else (_PERSON, _COMPANY)
    names = {field: blank_to_none(payload.get(name)) for name, field in {**own, **other}.items()}
    return {field: name for field, name in names.items() if name or field in own.values()}
