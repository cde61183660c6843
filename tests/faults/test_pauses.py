"""An operator pauses a direction under load: the pause is effective within ten seconds, and loses nothing."""

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from tests.faults.bodies import body
from tests.faults.convergence import WRITES, converge
from tests.faults.invariants import local_entities
from tests.faults.world import World

EFFECTIVE_SECONDS = 10.0
EDITS = 8
PLACE = {"AddressLine1": "1 Main St", "City": "Reno", "State": "NV", "PostalCode": "89501", "Country": "UnitedStates"}


def control(world: World, action: str, **body: str) -> None:
    assert world.request("POST", f"/api/buildium/{action}", body).status == 200


def load(world: World, refs: list[EntityRef], remote: list[int], begin: int) -> None:
    """Edit both sides, and create on both sides, over half a minute."""
    for n in range(begin, begin + EDITS):
        world.send("PUT", world.path(refs[n % len(refs)]), {"name": f"Local {n}"}, {"Prefer": "respond-async"})
        world.buildium.edit("rentals", remote[n % len(remote)], {"Name": f"Remote {n}"})
        if n % 4 == 0:
            world.send("POST", "/api/properties", body("property", f"New {n}", {}), {"Prefer": "respond-async"})
            world.buildium.create("rentals", {"Name": f"New remote {n}", "Address": PLACE})
        world.run(2.0)


def writes(world: World) -> int:
    return sum(world.buildium.count(method) for method in WRITES)


def begin(world: World) -> tuple[list[EntityRef], list[int]]:
    refs = [world.create("properties", body("property", f"Property {n}", {})) for n in range(3)]
    remote = [world.buildium.create("rentals", {"Name": f"Remote {n}", "Address": PLACE})["Id"] for n in range(3)]
    world.run(120)
    assert {world.sync_of(ref).status for ref in refs} == {Status.SYNCED}
    return refs, remote


@pytest.mark.brief
@pytest.mark.parametrize("scope", [{}, {"entityType": "property"}], ids=["all", "type"])
@pytest.mark.parametrize("direction", ["outbound", "inbound"])
def test_a_pause_under_load_loses_nothing(world: World, direction: str, scope: dict[str, str]) -> None:
    refs, remote = begin(world)
    load(world, refs, remote, 0)
    control(world, "pause", direction=direction, reason="test", **scope)
    load(world, refs, remote, EDITS)
    world.run(300)
    load(world, refs, remote, 2 * EDITS)

    control(world, "resume", direction=direction)

    converge(world)
    assert {world.sync_of(ref).status for ref in refs} == {Status.SYNCED}
    assert not world.queues["dead-letters"].sent
    known = {
        each.sync.buildium_id: each.entity.fields["name"]
        for each in local_entities(world).values()
        if each.entity.ref.entity_type == "property"
    }
    rentals = {each.id: each.public["Name"] for each in world.buildium.entities.state.all("rentals")}
    assert known == rentals


@pytest.mark.brief
def test_an_outbound_pause_is_effective_within_ten_seconds(world: World) -> None:
    refs, remote = begin(world)
    load(world, refs, remote, 0)
    control(world, "pause", direction="outbound", reason="test")
    world.run(EFFECTIVE_SECONDS)
    written = writes(world)

    load(world, refs, remote, EDITS)
    world.run(300)

    assert writes(world) == written
    assert {world.sync_of(ref).status for ref in refs} == {Status.PENDING}
    control(world, "resume", direction="outbound")
    converge(world)


@pytest.mark.brief
def test_an_inbound_pause_is_effective_within_ten_seconds(world: World) -> None:
    refs, remote = begin(world)
    load(world, refs, remote, 0)
    control(world, "pause", direction="inbound", reason="test")
    world.run(EFFECTIVE_SECONDS)
    before = inbound_versions(world, remote)

    load(world, [refs[0]], remote, EDITS)
    world.run(300)

    assert inbound_versions(world, remote) == before
    control(world, "resume", direction="inbound")
    converge(world)
    assert inbound_versions(world, remote) != before


def inbound_versions(world: World, remote: list[int]) -> dict[int | None, int]:
    """Return the versions of the entities that only Buildium changes."""
    kept = local_entities(world).values()
    return {
        each.sync.buildium_id: each.entity.version
        for each in kept
        if each.sync.buildium_id in remote and each.entity.ref.entity_type == "property"
    }
