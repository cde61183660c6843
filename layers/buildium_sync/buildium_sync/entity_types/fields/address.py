"""Addresses: flat fields on our side, one nested message on Buildium's."""

from collections.abc import Mapping
from typing import Any

from buildium_sync.domain.entity_type import Fields, Normalizers, Payload
from buildium_sync.domain.normalization import blank_to_none, casefolded
from buildium_sync.entity_types.fields import countries, states

PARTS = ("AddressLine1", "AddressLine2", "AddressLine3", "City", "State", "PostalCode", "Country")
"""Buildium's names; ours are the same in camelCase, behind a prefix where an entity has one."""

REQUIRED = ("AddressLine1", "PostalCode", "Country")
"""Buildium: required in a SaveAddressMessage."""

_CANONICAL: Normalizers = {"State": states.canonical, "Country": countries.canonical}


def field_name(part: str, prefix: str = "") -> str:
    """Return our name of a part: `postalCode`, or `primaryPostalCode` with the prefix `primary`."""
    return prefix + part if prefix else part[0].lower() + part[1:]


def names(prefix: str = "") -> tuple[str, ...]:
    """Return our names of all parts."""
    return tuple(field_name(part, prefix) for part in PARTS)


def canonical(prefix: str = "") -> Normalizers:
    """Return how the parts of an address are compared, by our names of them."""
    return {field_name(part, prefix): form for part, form in _CANONICAL.items()}


def check_state(state: str | None, country: str | None) -> str | None:
    """Return the state, in the client's spelling. Raises ValueError when Buildium would not have it."""
    name = countries.buildium_name(country) if country else None
    if states.is_checked(name) and (state is None or states.code(state, name) is None):
        raise ValueError(f"must be a state or province of {country}, by code or name")
    return state


def check_part(part: str | None, name: str | None, given: Mapping[str, Any]) -> str | None:
    """Return a part of an address that is whole or empty; `given` holds the parts before it, `addressLine1` first.

    Raises ValueError for a part without addressLine1, and for a missing one that Buildium requires with it.
    """
    if "addressLine1" not in given:
        return part
    if part and not given["addressLine1"]:
        raise ValueError("requires addressLine1: Buildium does not accept an address without it")
    if not part and given["addressLine1"] and name in ("country", "postalCode"):
        raise ValueError("is required with addressLine1")
    return part


def lacking_optional(fields: Fields) -> tuple[str, ...]:
    """Return the names of the parts that Buildium requires of an address and that this one lacks.

    An address whose parts are all empty lacks none: Buildium takes the entity without it.
    """
    is_there = any(fields.get(name) for name in names())
    return tuple(name for name in map(field_name, REQUIRED) if is_there and not fields.get(name))


def write_optional(fields: Fields) -> Payload | None:
    """Return the address as Buildium takes it, or None where all parts are empty."""
    return write(fields) if any(fields.get(name) for name in names()) else None


def read_optional(payload: Payload | None) -> Fields:
    """Return the fields of an address that may be empty. Buildium: an empty one may be shown with a country alone."""
    fields = read(payload)
    is_there = any(text for name, text in fields.items() if name != "country")
    return fields if is_there else dict.fromkeys(fields)


def write(fields: Fields, prefix: str = "") -> Payload:
    """Return the address as Buildium takes it (SaveAddressMessage)."""
    payload = {part: fields.get(field_name(part, prefix)) for part in PARTS}
    country = countries.buildium_name(payload["Country"] or "") or payload["Country"]
    state = states.code(payload["State"] or "", country) or payload["State"]
    return {**payload, "State": state, "Country": country}


def read(payload: Payload | None, prefix: str = "") -> Fields:
    """Return the fields of an address as Buildium shows it (AddressMessage)."""
    texts = {part: blank_to_none((payload or {}).get(part)) for part in PARTS}
    texts["Country"] = countries.code_or_name(texts["Country"])
    return {field_name(part, prefix): text for part, text in texts.items()}


def identity(fields: Fields, prefix: str = "") -> dict[str, Any]:
    """Return the address in a form that is equal for two spellings of the same one, in JSON's types."""
    texts = {part: fields.get(field_name(part, prefix)) or "" for part in PARTS}
    return {part: _CANONICAL.get(part, casefolded)(text) for part, text in texts.items()}
