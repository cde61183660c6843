"""Addresses: flat fields of a local entity, and one nested object in Buildium."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationInfo, field_validator

from buildium_sync.domain.entity_model import EntityModel
from buildium_sync.domain.field_contract import Normalizers
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.normalization import blank_to_none, casefolded
from buildium_sync.entity_types.fields import countries, states

PARTS = ("AddressLine1", "AddressLine2", "AddressLine3", "City", "State", "PostalCode", "Country")
"""Buildium's names. The fields have the same names in camelCase, some after a prefix."""

REQUIRED = ("AddressLine1", "PostalCode", "Country")
"""Buildium requires these parts in a SaveAddressMessage."""

_CANONICAL: Normalizers = {"State": states.canonical, "Country": countries.canonical}


def field_name(part: str, prefix: str = "") -> str:
    """Return the field of a part: `postalCode`, or `primaryPostalCode` with the prefix `primary`."""
    return prefix + part if prefix else part[0].lower() + part[1:]


def names(prefix: str = "") -> tuple[str, ...]:
    """Return the fields of all parts."""
    return tuple(field_name(part, prefix) for part in PARTS)


def canonical(prefix: str = "") -> Normalizers:
    """Return the normalizers of the parts, by field."""
    return {field_name(part, prefix): form for part, form in _CANONICAL.items()}


def check_state(state: str | None, country: str | None) -> str | None:
    """Return the state in the client's spelling. Raises ValueError if Buildium would reject it."""
    name = countries.buildium_name(country) if country else None
    if states.is_checked(name) and (state is None or states.code(state, name) is None):
        raise ValueError(f"must be a state or province of {country}, by code or name")
    return state


def check_part(part: str | None, name: str | None, previous: Mapping[str, Any], prefix: str = "") -> str | None:
    """Return a part of an address that is complete or empty.

    `previous` holds the parts before it, `addressLine1` first. Raises ValueError for a part without addressLine1, and
    for a missing part that Buildium requires with it.
    """
    first, *required = (field_name(each, prefix) for each in REQUIRED)
    if first not in previous:
        return part
    if part and not previous[first]:
        raise ValueError(f"requires {first}: Buildium does not accept an address without it")
    if not part and previous[first] and name in required:
        raise ValueError(f"is required with {first}")
    return part


def check_optional(part: str | None, info: ValidationInfo, prefix: str = "") -> str | None:
    """Return a part of an address that is complete or empty, in the client's spelling. Raises ValueError."""
    part = check_part(part, info.field_name, info.data, prefix)
    is_state = info.field_name == field_name("State", prefix)
    return check_state(part, info.data.get(field_name("Country", prefix))) if is_state else part


class AddressFields(EntityModel):
    """The base of models with a required address: the state must be one of the country."""

    @field_validator("state", "primaryState", check_fields=False)
    @classmethod
    def _state_of_the_country(cls, state: str | None, info: ValidationInfo) -> str | None:
        return check_state(state, info.data.get("country") or info.data.get("primaryCountry"))


class OptionalAddressFields(EntityModel):
    """The base of models whose address is complete or empty."""

    @field_validator(*names(), check_fields=False)
    @classmethod
    def _complete_or_empty(cls, part: str | None, info: ValidationInfo) -> str | None:
        return check_optional(part, info)


def missing_optional_parts(fields: Fields, prefix: str = "") -> tuple[str, ...]:
    """Return the fields of the required parts that an address lacks.

    An empty address lacks none, because Buildium accepts an entity without an address.
    """
    required = (field_name(part, prefix) for part in REQUIRED)
    is_present = any(fields.get(name) for name in names(prefix))
    return tuple(name for name in required if is_present and not fields.get(name))


def write_optional(fields: Fields, prefix: str = "") -> Payload | None:
    """Return the address as Buildium accepts it, or None for an empty one."""
    return write(fields, prefix) if any(fields.get(name) for name in names(prefix)) else None


def read_optional(payload: Payload | None, prefix: str = "") -> Fields:
    """Return the fields of an optional address. Buildium may show only the country of an empty one."""
    fields = read(payload, prefix)
    is_present = any(value for name, value in fields.items() if name != field_name("Country", prefix))
    return fields if is_present else dict.fromkeys(fields)


def write(fields: Fields, prefix: str = "") -> Payload:
    """Return the address as Buildium accepts it (SaveAddressMessage)."""
    payload = {part: fields.get(field_name(part, prefix)) for part in PARTS}
    country = countries.buildium_name(payload["Country"] or "") or payload["Country"]
    state = states.code(payload["State"] or "", country) or payload["State"]
    return {**payload, "State": state, "Country": country}


def read(payload: Payload | None, prefix: str = "") -> Fields:
    """Return the fields of an address that Buildium shows (AddressMessage)."""
    values = {part: blank_to_none((payload or {}).get(part)) for part in PARTS}
    values["Country"] = countries.code_or_name(values["Country"])
    return {field_name(part, prefix): value for part, value in values.items()}


def identity(fields: Fields, prefix: str = "") -> dict[str, Any]:
    """Return the normalized address, as a JSON value. It is equal for two spellings of one address."""
    values = {part: fields.get(field_name(part, prefix)) or "" for part in PARTS}
    return {part: _CANONICAL.get(part, casefolded)(value) for part, value in values.items()}
