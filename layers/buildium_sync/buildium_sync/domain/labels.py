"""The name and the address by which a person recognizes an entity. Pure."""

from collections.abc import Mapping
from typing import Any

_NAMES = ("name", "title", "unitNumber", "companyName")
_LINE = "addressline1"
_PLACE = ("City", "State", "PostalCode")


def name_of(fields: Mapping[str, Any]) -> str | None:
    """Return the name of an entity: of a company, of a person, or the first of its other names."""
    company = fields.get("companyName") if fields.get("isCompany") else None
    person = " ".join(filter(None, (fields.get("firstName"), fields.get("lastName"))))
    return company or person or next(filter(None, map(fields.get, _NAMES)), None)


def address_of(fields: Mapping[str, Any]) -> str | None:
    """Return the first address of an entity in one line, None without a street."""
    street = next((name for name, value in fields.items() if name.lower().endswith(_LINE) and value), None)
    if street is None:
        return None
    prefix = street[: -len(_LINE)]
    place = (fields.get(f"{prefix}{part}" if prefix else part[0].lower() + part[1:]) for part in _PLACE)
    return ", ".join(filter(None, (fields[street], *place)))
