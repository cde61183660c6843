"""The account before a history: two synced leases without entries, and a finished first poll."""

from typing import Any

from buildium_sync.domain.entity import EntityRef
from tests.flows.system import PROPERTY
from tests.money.world import World

UNIT = {"addressLine1": "1 A St", "city": "Reno", "state": "NV", "postalCode": "89501", "country": "US"}
LEASE = {"leaseType": "Fixed", "leaseFromDate": "2026-01-01", "leaseToDate": "2026-12-31"}


def leases_of(world: World) -> dict[int, str]:
    """Create two leases as a client does, and return their local ids by Buildium id."""
    place = _create(world, "properties", PROPERTY)
    units = [_create(world, "units", {**UNIT, "propertyId": place, "unitNumber": f"{n}"}) for n in (1, 2)]
    leases = [_create(world, "leases", {**LEASE, "unitId": unit}) for unit in units]
    while world.step():
        pass
    world.schedule()
    return {_buildium_id(world, lease): lease for lease in leases}


def _create(world: World, collection: str, body: dict[str, Any]) -> str:
    response = world.request("POST", f"/api/{collection}", body)
    assert response is not None
    assert response[0] == 201, response
    [entity] = [each for each in response[1].values() if isinstance(each, dict) and "id" in each]
    return str(entity["id"])


def _buildium_id(world: World, lease: str) -> int:
    found = world.sync_of(EntityRef("lease", lease)).buildium_id
    assert found is not None
    return found
