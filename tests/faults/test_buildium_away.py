"""Buildium rejects, throttles or is down: an entity without a fault is only delayed."""

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from tests.faults.bodies import body
from tests.faults.calls import CallOutcome
from tests.faults.convergence import converge
from tests.faults.world import World
from tests.simulator import faults
from tests.simulator.faults import Fault

DAY = 86_400.0


def create_properties(world: World, count: int) -> list[EntityRef]:
    return [world.create("properties", body("property", f"Property {n}", {})) for n in range(count)]


@pytest.mark.scenario(11, "storm of 429")
def test_a_storm_of_429_uses_up_no_attempts(world: World) -> None:
    throttled = Fault(faults.STATUS, status=429)
    world.buildium.fault_plan.draw = lambda _method, _path: throttled if world.rng.random() < 0.9 else None

    refs = create_properties(world, 10)
    world.run(600)

    converge(world)
    assert {world.sync_of(ref).status for ref in refs} == {Status.SYNCED}
    assert not world.queues["dead-letters"].sent


@pytest.mark.scenario(12, "401 and 403")
@pytest.mark.parametrize("status", [401, 403])
def test_rejected_credentials_only_delay_the_syncs(world: World, status: int) -> None:
    world.buildium.fault(faults.STATUS, status=status, times=None)

    refs = create_properties(world, 5)
    world.run(3600)

    assert not world.queues["dead-letters"].sent
    converge(world)
    assert {world.sync_of(ref).status for ref in refs} == {Status.SYNCED}


@pytest.mark.scenario(13, "400, 409, 415 and 422")
@pytest.mark.parametrize("status", [400, 409, 415, 422])
def test_a_rejected_entity_fails_at_once_with_the_reason(world: World, status: int) -> None:
    rejection = {"UserMessage": "No.", "ErrorCode": None, "Errors": [{"Key": "PostalCode", "Value": "is not one"}]}
    world.buildium.fault(faults.STATUS, "POST", "/rentals", status=status, body=rejection)

    reply = world.request("POST", "/api/properties", body("property", "Refused", {}))

    assert reply.status == 201
    world.run(120)
    sync = world.sync_of(reply.ref)
    assert sync.status is Status.FAILED
    assert sync.errors == [{"field": "PostalCode", "message": "is not one"}]
    assert world.buildium.count("POST", "/v1/rentals") == 1
    assert len(world.queues["dead-letters"].sent) == 1
    world.request("POST", "/api/buildium/sync", {})
    converge(world)
    assert world.sync_of(reply.ref).status is Status.SYNCED


@pytest.mark.scenario(14, "Buildium down for 26 hours")
def test_an_outage_of_a_day_loses_nothing(world: World) -> None:
    world.schedule_seconds = 1800.0
    world.buildium.is_down = True
    refs = create_properties(world, 3)
    refs.append(world.create("owners", body("owner", "Waiting", {"property": refs[0].entity_id})))

    world.run(26 * 3600)

    world.schedule_seconds = 60.0
    assert not world.queues["dead-letters"].sent
    converge(world)
    assert {world.sync_of(ref).status for ref in refs} == {Status.SYNCED}


@pytest.mark.scenario(15, "rate limiter's table throttled or unavailable")
@pytest.mark.parametrize("outcome", [CallOutcome.THROTTLED, CallOutcome.UNREACHABLE])
def test_no_call_is_made_without_the_rate_limiters_table(world: World, outcome: CallOutcome) -> None:
    world.outcome_rules.append(
        lambda call: outcome if call.target == "ControlTable" and call.operation != "GetItem" else None
    )
    refs = create_properties(world, 5)

    world.run(600)

    assert not world.buildium.arrivals
    converge(world)
    assert {world.sync_of(ref).status for ref in refs} == {Status.SYNCED}


@pytest.mark.scenario(16, "clocks 2 s apart")
def test_differing_clocks_do_not_break_the_rate_limit(world: World) -> None:
    for function in world.functions.values():
        function.clocks_ahead = (-1.0, 0.0, 1.0)

    for n in range(40):
        world.send("POST", "/api/properties", body("property", f"Clock {n}", {}), {"Prefer": "respond-async"})
    world.run(120)

    converge(world)
    assert world.buildium.count("POST", "/v1/rentals") == 40
