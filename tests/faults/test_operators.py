"""Redrives, retries and repeated requests, all at the same time."""

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from tests.faults.bodies import COLLECTIONS, body
from tests.faults.convergence import converge
from tests.faults.invariants import ACCOUNT_NUMBER, TAX_ID
from tests.faults.world import World
from tests.simulator import faults


def rejected(world: World, count: int) -> list[EntityRef]:
    """Entities that Buildium rejected once and would accept now."""
    world.buildium.fault(faults.STATUS, "POST", "/rentals", status=422, times=count)
    refs = [world.create("properties", body("property", f"Refused {n}", {})) for n in range(count)]
    world.run(60)
    assert {world.sync_of(ref).status for ref in refs} == {Status.FAILED}
    return refs


@pytest.mark.brief
@pytest.mark.scenario(30, "redrive run twice at once")
def test_two_redrives_at_once_make_one_attempt(world: World) -> None:
    refs = rejected(world, 3)
    dead_letters = list(world.queues["dead-letters"].messages.values())

    for dead_letter in dead_letters:
        world.queues["retry"].send(dead_letter.body)
        world.queues["retry"].send(dead_letter.body)
    world.send("POST", "/api/buildium/sync", {})
    world.send("POST", "/api/buildium/sync", {})
    world.run(60)

    assert {world.sync_of(ref).status for ref in refs} == {Status.SYNCED}
    converge(world)
    assert world.buildium.count("POST", "/v1/rentals") == 6


@pytest.mark.scenario(32, "retry route called 100 times")
def test_a_hundred_retries_make_few_attempts(world: World) -> None:
    [ref] = rejected(world, 1)
    world.buildium.fault(faults.STATUS, "POST", "/rentals", status=422)

    for _ in range(100):
        world.send("POST", "/api/buildium/sync", {"entityType": "property", "entityId": ref.entity_id})
    world.run(60)

    attempts = world.buildium.count("POST", "/v1/rentals")
    assert world.sync_of(ref).status in (Status.SYNCED, Status.FAILED)
    # A retry that arrives after a failed attempt starts the next one.
    assert attempts <= 3
    world.request("POST", "/api/buildium/sync", {})
    converge(world)


@pytest.mark.scenario(35, "tax ids, account numbers and keys")
def test_no_secret_is_logged_queued_or_published(world: World) -> None:
    quoted = {"UserMessage": f"{ACCOUNT_NUMBER} is taken", "Errors": [{"Key": "TaxId", "Value": f"{TAX_ID} is not"}]}
    world.buildium.fault(faults.STATUS, "POST", "/bankaccounts", status=422, body=quoted)
    world.buildium.fault(faults.STATUS, "POST", "/vendors", status=500, body=quoted)
    world.buildium.fault(faults.GARBAGE_AFTER, "POST", "/rentals")
    ids: dict[str, str] = {}
    for name, collection in COLLECTIONS.items():
        ids[name] = world.create(collection, {**body(name, f"Secret {name}", ids)}).entity_id
    world.request("POST", "/api/owners", {**body("owner", "Rejected", ids), "taxId": TAX_ID, "lastName": 7})
    event = {"EventType": "Vendor.Created", "EntityType": "Vendor", "EntityId": 1, "Data": {"TaxId": TAX_ID}}
    world.buildium.webhook_sender.deliver(world.buildium.events.batch([event]), 1.0)
    world.run(300)

    world.request("POST", "/api/buildium/sync", {})
    converge(world)
    assert world.queues["dead-letters"].sent
    assert "Sync attempt failed" in world.log.getvalue(), "the log is looked at"
