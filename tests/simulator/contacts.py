"""Addresses and phone numbers, whose shapes differ between requests and responses."""

from typing import Any

from tests.simulator.countries import is_country
from tests.simulator.errors import Problem
from tests.simulator.model import Json
from tests.simulator.states import is_state
from tests.simulator.validation import Check, Scope, name, nested, optional, required, text

LINE = 100
PHONE_TYPES = {"Home": "Home", "Work": "Office", "Mobile": "Cell", "Fax": "Fax"}
ADDRESS_KEYS = ("AddressLine1", "AddressLine2", "AddressLine3", "City", "State", "PostalCode", "Country")


def _check_country(key: str, value: Any, _scope: Scope) -> list[Problem]:
    known = isinstance(value, str) and is_country(value)
    return [] if known else [Problem(key, f"{key} must be the name of a country, such as UnitedStates.")]


def _check_state(key: str, value: Json, scope: Scope) -> list[Problem]:
    if is_state(value["Country"], value.get("State"), strict=scope.strict_states):
        return []
    return [Problem(f"{key}.State", f"{key}.State must be a state or province of {value['Country']}.")]


def country() -> Check:
    """The name of a country as Buildium writes it."""
    return _check_country


def address() -> Check:
    """Buildium: `SaveAddressMessage`."""
    shape = {
        "AddressLine1": required(name(LINE)),
        "AddressLine2": optional(text(LINE)),
        "AddressLine3": optional(text(LINE)),
        "City": optional(text(LINE)),
        "State": optional(text()),
        "PostalCode": required(text(shortest=1)),
        "Country": required(_check_country),
    }
    return nested(shape, also=_check_state)


def phones() -> Check:
    """Buildium: `PhoneNumbersMessage`; 10 to 20 characters each."""
    return nested({kind: optional(text(20, shortest=10)) for kind in PHONE_TYPES})


def read_address(written: Json) -> Json:
    """The address in a response: every key, null without a value."""
    return {key: written.get(key) for key in ADDRESS_KEYS}


def read_phones(written: Json | None) -> list[Json]:
    """The phone numbers in a response: a list with other types."""
    numbers = written or {}
    return [{"Number": numbers[kind], "Type": PHONE_TYPES[kind]} for kind in PHONE_TYPES if numbers.get(kind)]
