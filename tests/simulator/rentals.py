"""Rental properties. Buildium: /v1/rentals."""

from tests.simulator.contacts import ADDRESS_KEYS, address, read_address
from tests.simulator.entity_type import EntityType, copied
from tests.simulator.errors import Problem
from tests.simulator.filters import active, any_of, contains, ids
from tests.simulator.model import Json, Record
from tests.simulator.state import State
from tests.simulator.times import LAST_UPDATED
from tests.simulator.units import NEW_UNIT, read_unit
from tests.simulator.validation import (
    list_of,
    name,
    nested,
    number,
    one_of,
    optional,
    reference,
    required,
    text,
    whole,
    year_since,
)

RESIDENTIAL = ("CondoTownhome", "MultiFamily", "SingleFamily")
COMMERCIAL = ("Industrial", "Office", "Retail", "ShoppingCenter", "Storage", "ParkingSpace")
SUBTYPES = RESIDENTIAL + COMMERCIAL
MOST_UNITS = 100

PUT = {
    "Name": required(name(127)),
    "StructureDescription": optional(text(65535)),
    "Address": required(address()),
    "RentalSubType": required(one_of(*SUBTYPES)),
    "OperatingBankAccountId": required(reference("bankaccounts")),
    "PropertyManagerId": optional(whole()),
    "Reserve": optional(number()),
    "YearBuilt": optional(year_since(1000)),
}
POST = {
    **PUT,
    "RentalOwnerIds": optional(list_of(reference("owners"))),
    "Units": optional(list_of(nested(NEW_UNIT), most=MOST_UNITS)),
}
BLANK: Json = {
    "Name": "",
    "StructureDescription": None,
    "IsActive": True,
    "OperatingBankAccountId": 1,
    "Reserve": 0.0,
    "Address": None,
    "YearBuilt": None,
    "RentalType": "Residential",
    "RentalSubType": "SingleFamily",
    "RentalManager": None,
}


def _read(body: Json, current: Json | None) -> Json:
    manager = body.get("PropertyManagerId")
    return {
        **copied(body, "Name", "StructureDescription", "OperatingBankAccountId", "YearBuilt", "RentalSubType"),
        "IsActive": current["IsActive"] if current else True,
        "Reserve": body.get("Reserve") or 0.0,
        "Address": read_address(body["Address"]),
        "RentalType": "Residential" if body["RentalSubType"] in RESIDENTIAL else "Commercial",
        "RentalManager": None if manager is None else _manager(manager),
    }


def _manager(manager_id: int) -> Json:
    person: Json = dict.fromkeys(("FirstName", "LastName", "CompanyName", "ProfilePhotoUrl", "Email"))
    return {"Id": manager_id, **person, "IsCompany": False, "PhoneNumbers": []}


def _rules(_state: State, body: Json, _current: Record | None) -> list[Problem]:
    numbers = [unit["UnitNumber"] for unit in body.get("Units") or []]
    if len(set(numbers)) == len(numbers):
        return []
    return [Problem("Units", "Units must have unit numbers that differ.")]


def _after_create(state: State, record: Record, body: Json) -> Record | None:
    _link_owners(state, record.id, body.get("RentalOwnerIds") or [])
    units: list[Json] = body.get("Units") or []
    for unit in units:
        state.insert("units", read_unit({**unit, "PropertyId": record.id}, None))
    return None if units else _default_unit(state, record)


def _default_unit(state: State, record: Record) -> Record:
    where = record.public["Address"] or dict.fromkeys(ADDRESS_KEYS, None)
    unit = {"PropertyId": record.id, "UnitNumber": "1", "Address": where}
    return state.insert("units", read_unit(unit, None))


def _link_owners(state: State, property_id: int, owner_ids: list[int]) -> None:
    for owner in state.all("owners"):
        if owner.id in owner_ids:
            linked = [*owner.public["PropertyIds"], property_id]
            state.update(owner, {**owner.public, "PropertyIds": linked})


def _after_delete(state: State, record: Record) -> None:
    for unit in _units_of(state, record):
        state.remove(unit)
    for owner in state.all("owners"):
        if record.id in owner.public["PropertyIds"]:
            left = [entity_id for entity_id in owner.public["PropertyIds"] if entity_id != record.id]
            state.update(owner, {**owner.public, "PropertyIds": left})


def _inactivate(state: State, record: Record) -> None:
    """Inactivate a property, its units, and its owners without another active property."""
    _set_active(state, record, active=False)
    for owner in _linked_owners(state, record):
        others = [state.find("rentals", property_id) for property_id in owner.public["PropertyIds"]]
        if not any(other is not None and other.public["IsActive"] for other in others):
            _set_active_owner(state, owner, active=False)


def _reactivate(state: State, record: Record) -> None:
    """Reactivate a property, its units, and its inactive owners."""
    _set_active(state, record, active=True)
    for owner in _linked_owners(state, record):
        _set_active_owner(state, owner, active=True)


def _set_active(state: State, record: Record, *, active: bool) -> None:
    if record.public["IsActive"] is active:
        return
    state.update(record, {**record.public, "IsActive": active})
    for unit in _units_of(state, record):
        # The status of a unit is not part of its response, but changing it sends an event.
        state.update(unit, unit.public)


def _set_active_owner(state: State, owner: Record, *, active: bool) -> None:
    if owner.public["IsActive"] is not active:
        state.update(owner, {**owner.public, "IsActive": active})


def _linked_owners(state: State, record: Record) -> list[Record]:
    return [owner for owner in state.all("owners") if record.id in owner.public["PropertyIds"]]


def _units_of(state: State, record: Record) -> list[Record]:
    return state.having("units", "PropertyId", record.id)


def _owners_of(state: State, record: Record) -> list[int]:
    return [owner.id for owner in _linked_owners(state, record)]


def _city_and_state(record: Record) -> list[str | None]:
    where = record.public["Address"] or {}
    return [where.get("City"), where.get("State")]


RENTALS = EntityType(
    name="rentals",
    path="/rentals",
    first_id=1001,
    blank=BLANK,
    post=POST,
    put=PUT,
    read=_read,
    rules=_rules,
    after_create=_after_create,
    after_delete=_after_delete,
    computed=lambda state, record: {"NumberUnits": len(_units_of(state, record))},
    actions={"inactivationrequest": _inactivate, "reactivationrequest": _reactivate},
    event="Rental",
    id_field="PropertyId",
    filters={
        "location": contains(_city_and_state),
        "types": any_of("RentalType", ("Residential", "Commercial")),
        "subtypes": any_of("RentalSubType", SUBTYPES),
        "status": active({"Active": True, "InActive": False}),
        "rentalownerids": ids(_owners_of),
        "propertyids": ids(lambda _state, record: [record.id]),
        **LAST_UPDATED,
    },
)
