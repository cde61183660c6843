"""Units of rental properties. Buildium: /v1/rentals/units."""

from tests.simulator.contacts import address, read_address
from tests.simulator.entity_type import EntityType, copied
from tests.simulator.errors import Problem
from tests.simulator.filters import ids
from tests.simulator.model import Json, Record
from tests.simulator.state import State
from tests.simulator.times import LAST_UPDATED
from tests.simulator.validation import name, number, one_of, optional, reference, required, text, whole

BEDROOMS = (
    "NotSet",
    "Studio",
    "OneBed",
    "TwoBed",
    "ThreeBed",
    "FourBed",
    "FiveBed",
    "SixBed",
    "SevenBed",
    "EightBed",
    "NineBedPlus",
)
BATHROOMS = (
    "NotSet",
    "OneBath",
    "OnePointFiveBath",
    "TwoBath",
    "TwoPointFiveBath",
    "ThreeBath",
    "ThreePointFiveBath",
    "FourBath",
    "FourPointFiveBath",
    "FiveBath",
    "FivePlusBath",
)
WRITTEN_AS_READ = ("UnitNumber", "Description", "MarketRent", "UnitBedrooms", "UnitBathrooms", "UnitSize")

NEW_UNIT = {
    "UnitNumber": required(name(30)),
    "UnitSize": optional(whole()),
    "MarketRent": optional(number()),
    "Address": required(address()),
    "UnitBedrooms": optional(one_of(*BEDROOMS)),
    "UnitBathrooms": optional(one_of(*BATHROOMS)),
    "Description": optional(text(65535)),
}
BLANK: Json = {
    "PropertyId": 0,
    **dict.fromkeys(WRITTEN_AS_READ, None),
    "Address": None,
    "IsUnitListed": False,
    "IsUnitOccupied": False,
}


def read_unit(body: Json, current: Json | None) -> Json:
    """The response of a unit after such a payload; a PUT cannot change the property."""
    return {
        "PropertyId": current["PropertyId"] if current else body["PropertyId"],
        **copied(body, *WRITTEN_AS_READ),
        "Address": read_address(body["Address"]),
        "IsUnitListed": False,
        "IsUnitOccupied": False,
    }


def _rules(state: State, body: Json, current: Record | None) -> list[Problem]:
    property_id = current.public["PropertyId"] if current else body["PropertyId"]
    others = [unit for unit in state.all("units") if current is None or unit.id != current.id]
    taken = {unit.public["UnitNumber"] for unit in others if unit.public["PropertyId"] == property_id}
    if body["UnitNumber"] not in taken:
        return []
    return [Problem("UnitNumber", "UnitNumber is taken by another unit of the property.")]


def _building_name(state: State, record: Record) -> Json:
    rental = state.find("rentals", record.public["PropertyId"])
    return {"BuildingName": rental.public["Name"] if rental else None}


UNITS = EntityType(
    name="units",
    path="/rentals/units",
    first_id=2001,
    blank=BLANK,
    post={**NEW_UNIT, "PropertyId": required(reference("rentals"))},
    put=NEW_UNIT,
    read=read_unit,
    rules=_rules,
    computed=_building_name,
    event="RentalUnit",
    id_field="UnitId",
    filters={"propertyids": ids(lambda _state, record: [record.public["PropertyId"]]), **LAST_UPDATED},
)
