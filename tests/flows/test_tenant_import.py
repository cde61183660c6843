"""The import of many tenants with their leases. `IMPORT_TENANTS` is the number of tenants, two on each lease."""

import os

import pytest

from tests.flows.schedule import Schedule
from tests.flows.system import System
from tests.flows.test_import import writes
from tests.flows.test_poll import ADDRESS, PERSON
from tests.moto_atomicity import make_quick
from tests.simulator import Simulator

COUNT = int(os.environ.get("IMPORT_TENANTS") or 100)
TYPES = ("property", "unit", "lease", "tenant")


def rent_out(buildium: Simulator) -> list[int]:
    """Create tenants on leases as a person does. Returns their Buildium ids."""
    rental = buildium.create("rentals", {"Name": "Maple Court", "Address": ADDRESS})["Id"]
    unit = buildium.create("units", {"PropertyId": rental})["Id"]
    names = [{**PERSON, "LastName": f"Tenant {number}", "Address": ADDRESS} for number in range(COUNT)]
    tenants = [int(buildium.create("tenants", name)["Id"]) for name in names]
    for first, second in zip(tenants[::2], tenants[1::2], strict=True):
        buildium.create("leases", {"UnitId": unit, "Tenants": [{"Id": first}, {"Id": second}]})
    return tenants


def test_a_second_import_of_tenants_writes_nothing(
    system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = Schedule(system, monkeypatch)
    make_quick(system.dynamodb, monkeypatch)
    ids = rent_out(buildium)
    first = schedule.import_all(*TYPES).types
    assert (first["tenant"].done, {each.failed for each in first.values()}) == (COUNT, {0})
    assert len(system.store.local_ids(("tenant", each) for each in ids)) == COUNT

    seen = writes(schedule)
    second = schedule.import_all(*TYPES).types

    assert (second["tenant"].done, {each.failed for each in second.values()}) == (COUNT, {0})
    assert seen == [], "the entities table"
    assert {each.method for each in buildium.requests()} == {"GET"}
