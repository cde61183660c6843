"""The property and unit that a payload refers to."""

from collections.abc import Iterable
from dataclasses import replace

from tests.simulator.errors import Problem
from tests.simulator.filters import Filter, Found, any_found, ids
from tests.simulator.model import Json, Record
from tests.simulator.state import State


def check_place(state: State, body: Json, prefix: str = "") -> list[Problem]:
    """A task's property must be active, and its unit must belong to that property."""
    rental = state.find("rentals", body.get("PropertyId") or 0)
    if rental and not rental.public["IsActive"]:
        return [Problem(f"{prefix}PropertyId", f"{prefix}PropertyId must name an active property.")]
    return check_unit(state, body.get("UnitId"), body.get("PropertyId"), f"{prefix}UnitId")


def check_unit(state: State, unit_id: int | None, property_id: int | None, key: str) -> list[Problem]:
    """A unit, if given, must belong to the property."""
    unit = state.find("units", unit_id or 0)
    if unit is None or unit.public["PropertyId"] == property_id:
        return []
    return [Problem(key, f"{key} must name a unit of the property.")]


def owned_place_filters(kind_name: str, id_name: str, kinds: Iterable[str], property_id: Found) -> dict[str, Filter]:
    """A filter by the kind of an entity, and one by its id: the record's property, or an owner of it."""

    def owner_ids(state: State, record: Record) -> list[int]:
        found = property_id(state, record)
        return [owner.id for owner in state.all("owners") if found in owner.public["PropertyIds"]]

    def kinds_of(state: State, record: Record) -> list[str]:
        return ["Rental", *(["RentalOwner"] if owner_ids(state, record) else [])]

    either = ids(lambda state, record: [property_id(state, record), *owner_ids(state, record)])
    return {kind_name: any_found(kinds_of, kinds), id_name: replace(either, needs=kind_name)}
