"""Rules of lists: pages, order and filters."""

import pytest

from tests.clocks import VirtualClock
from tests.simulator import Simulator
from tests.simulator.conftest import Caller
from tests.simulator.entity_type import EntityType
from tests.simulator.payloads import address, owner, rental
from tests.simulator.registry import ENTITY_TYPES, VIEWS

pytestmark = pytest.mark.sends_invalid_requests


def ids(call: Caller, path: str, **parameters: object) -> list[int]:
    """The ids in a list, in its order."""
    response = call("GET", path, params=parameters)
    assert response.status_code == 200, response.text
    return [row["Id"] for row in response.json()]


def test_a_page_has_50_rows_by_default_at_most_1000(call: Caller, buildium: Simulator) -> None:
    for _ in range(60):
        buildium.create("owners")
    response = call("GET", "/rentals/owners", params={"orderby": "Id"})
    assert (len(response.json()), response.headers["X-Total-Count"]) == (50, "60")
    assert ids(call, "/rentals/owners", orderby="Id", offset=50) == list(range(3051, 3061))
    assert len(ids(call, "/rentals/owners", limit=1000)) == 60


@pytest.mark.parametrize(
    "parameter",
    [
        {"limit": 1001},
        {"limit": 0},
        {"limit": "x"},
        {"offset": -1},
        {"orderby": "Colour"},
        {"orderby": "Id down"},
        {"status": "active"},
        {"propertyids": "1,2"},
        {"lastupdatedfrom": "2026-01-05"},
        {"lastUpdatedFrom": "2026-01-05T09:00:00Z"},
    ],
)
def test_an_invalid_list_parameter_is_rejected(call: Caller, parameter: dict[str, object]) -> None:
    response = call("GET", "/rentals", params=parameter)
    assert response.status_code == 422
    assert response.json()["Errors"][0]["Key"] == next(iter(parameter))


def test_rows_are_sorted_by_several_fields_ignoring_case(call: Caller, buildium: Simulator) -> None:
    for name in ("b", "A", "B", "a"):
        buildium.create("rentals", {"Name": name})
    assert ids(call, "/rentals", orderby="name desc,ID asc") == [1001, 1003, 1002, 1004]


def test_a_list_defaults_to_newest_change_first(call: Caller, buildium: Simulator, clock: VirtualClock) -> None:
    for _ in range(3):
        buildium.create("rentals")
    clock.now += 1
    buildium.edit("rentals", 1002, {"Name": "Edited"})
    assert ids(call, "/rentals") == [1002, 1003, 1001]


READABLE = [
    kind
    for kind in (*ENTITY_TYPES.values(), *VIEWS)
    if kind.is_listed and kind.is_readable and not kind.required_filters
]


@pytest.mark.parametrize("entity_type", READABLE, ids=lambda entity_type: entity_type.path)
def test_every_type_is_read_and_listed_in_any_order(call: Caller, buildium: Simulator, entity_type: EntityType) -> None:
    parent_id = buildium.create(entity_type.parent)["Id"] if entity_type.parent else None
    path = entity_type.path.format(id=parent_id)
    made = buildium.create(entity_type.name, entity_type.placed({}, parent_id))
    read = call("GET", f"{path}/{made[entity_type.path_key or entity_type.key]}").json()
    for key in entity_type.sortable():
        parameters = {"orderby": f"{key} desc", **dict.fromkeys(entity_type.list_defaults, "Unpaid")}
        assert read in call("GET", path, params=parameters).json()


def test_location_filters_by_part_of_city_or_state(call: Caller) -> None:
    call.created("/rentals", rental())
    call.created("/rentals", rental(Address=address(City="New Austin", State="CA")))
    assert ids(call, "/rentals", location="austin", orderby="Id") == [1001, 1002]
    assert ids(call, "/rentals", location="tx") == [1001]
    assert ids(call, "/rentals", location="main street") == []


def test_ownername_filters_by_part_of_person_or_company_name(call: Caller) -> None:
    home = call.created("/rentals", rental())["Id"]
    call.created("/rentals/owners", owner(home))
    call.created("/rentals/owners", owner(home, IsCompany=True, CompanyName="Ada Moreno Homes LLC"))
    assert ids(call, "/rentals/owners", ownername="ada moreno", orderby="Id") == [3001, 3002]
    assert ids(call, "/rentals/owners", ownername="homes") == [3002]


def test_owners_and_units_are_filtered_by_property(call: Caller) -> None:
    first, second, third = (call.created("/rentals", rental())["Id"] for _ in range(3))
    call.created("/rentals/owners", owner(first))
    call.created("/rentals/owners", owner(second, third))
    assert ids(call, "/rentals/owners", propertyids=[first, third], orderby="Id") == [3001, 3002]
    assert ids(call, "/rentals/units", propertyids=second) == [2002]
    assert ids(call, "/rentals", rentalownerids=3002, orderby="Id") == [second, third]


def test_property_and_owner_status_filters_differ_in_spelling(call: Caller, buildium: Simulator) -> None:
    buildium.create("rentals", {"IsActive": False})
    buildium.create("owners", {"IsActive": False})
    assert ids(call, "/rentals", status="InActive") == [1001]
    assert ids(call, "/rentals/owners", status="Inactive") == [3001]
    assert ids(call, "/rentals/owners", status="Active") == []


def test_bank_accounts_are_filtered_by_status_and_name(call: Caller, buildium: Simulator) -> None:
    buildium.create("bankaccounts", {"Name": "Escrow", "IsActive": False})
    assert ids(call, "/bankaccounts", bankaccountstatus="Active") == [1]
    assert ids(call, "/bankaccounts", bankname="escr") == [2]


def test_lastupdatedfrom_has_a_resolution_of_one_second(call: Caller, buildium: Simulator, clock: VirtualClock) -> None:
    buildium.create("rentals")
    clock.now += 1.5
    buildium.create("rentals")
    assert ids(call, "/rentals", lastupdatedfrom="2026-01-05T09:00:00Z") == [1002, 1001]
    assert ids(call, "/rentals", lastupdatedfrom="2026-01-05T09:00:01Z") == [1002]
    assert ids(call, "/rentals", lastupdatedto="2026-01-05T09:00:01Z") == [1002, 1001]
    assert ids(call, "/rentals", lastupdatedto="2026-01-05T09:00:00Z") == [1001]
    assert ids(call, "/rentals", lastupdatedfrom="2026-01-05T09:00:02Z") == []
