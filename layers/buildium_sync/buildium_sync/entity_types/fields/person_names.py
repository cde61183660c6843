"""Names of people (first and last) and of companies, which Buildium keeps apart."""

from collections.abc import Mapping
from typing import Any

from buildium_sync.domain.entity_type import Fields, Payload
from buildium_sync.domain.normalization import blank_to_none
from buildium_sync.errors import FieldError

MAX_LENGTH = 127

_PERSON = {"FirstName": "firstName", "LastName": "lastName"}
_COMPANY = {"CompanyName": "companyName"}

NAMES = (*_PERSON.values(), *_COMPANY.values())
"""The names of a person or a company."""
FIELDS = ("isCompany", *NAMES)
"""Our names of what identifies a person or company: one value, as parts of two names are the name of a third."""


def full_name(fields: Mapping[str, Any]) -> str:
    """Return first and last name as one text, empty when there is neither."""
    return " ".join(filter(None, (fields.get("firstName"), fields.get("lastName"))))


def display_name(fields: Mapping[str, Any]) -> str:
    """Return the name that a reader knows the person or company by."""
    company = fields.get("companyName") if fields.get("isCompany") else None
    return company or full_name(fields)


def check_person_name(name: str | None, is_company: bool | None) -> str | None:
    """Return a first or last name. Raises ValueError for a person without one."""
    if name is None and is_company is False:
        raise ValueError("is required for a person (isCompany false)")
    return name


def company_name(name: str | None, is_company: bool | None, substitute: str) -> str | None:
    """Return a company's name, else `substitute`. Raises ValueError when both are missing."""
    if name is not None or not is_company:
        return name
    if not substitute:
        raise ValueError("is required for a company (isCompany true), or else firstName or lastName")
    if len(substitute) > MAX_LENGTH:
        raise ValueError(f"is required: firstName and lastName together exceed {MAX_LENGTH} characters")
    return substitute


def company_name_of(fields: Mapping[str, Any]) -> str | None:
    """Return the company name of validated fields of a company; one without has first and last name in its place."""
    return fields.get("companyName") or full_name(fields) or None


def unstorable(given: Mapping[str, Any], fields: Mapping[str, Any]) -> list[FieldError]:
    """Return an error for each changed name that an update cannot store: Buildium keeps those of one kind only."""
    is_company = bool(fields["isCompany"])
    if is_company and company_name_of(fields) == full_name(fields):
        return []
    others = _PERSON if is_company else _COMPANY
    kind = "a company (isCompany true)" if is_company else "a person (isCompany false)"
    changed = [name for name in others.values() if name in given and fields[name] is not None]
    return [FieldError(name, f"cannot be set: Buildium does not store this name for {kind}") for name in changed]


def write(fields: Fields, current: Payload) -> Payload:
    """Return the names as Buildium takes them; those of the other kind stay as they are in `current`."""
    own, other = (_COMPANY, _PERSON) if fields["isCompany"] else (_PERSON, _COMPANY)
    names = {name: fields.get(field) for name, field in own.items()}
    return {**{name: current.get(name) for name in other}, **names}


def read(payload: Payload) -> Fields:
    """Return the names that Buildium shows.

    Buildium: those of the other kind are shown empty, which says nothing about ours.
    """
    own, other = (_COMPANY, _PERSON) if payload.get("IsCompany") else (_PERSON, _COMPANY)
    texts = {field: blank_to_none(payload.get(name)) for name, field in {**own, **other}.items()}
    return {field: text for field, text in texts.items() if text or field in own.values()}
