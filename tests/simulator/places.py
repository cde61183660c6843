"""The property and unit that a payload refers to."""

from tests.simulator.errors import Problem
from tests.simulator.model import Json
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
