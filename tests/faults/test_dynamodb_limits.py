"""Limits of DynamoDB and SQS lose and duplicate nothing, while several shards deliver batches at the same time."""

import pytest

from buildium_sync.domain.sync_status import Status
from tests.faults.bodies import body
from tests.faults.convergence import converge
from tests.faults.world import World

PROPERTIES = 12
LIST = "/api/properties"


def create_and_change(world: World) -> None:
    """Create properties, and change all of them on both sides while their syncs run."""
    refs = [world.create("properties", body("property", f"House {number}", {})) for number in range(PROPERTIES)]
    world.run(20)
    for ref in refs:
        world.update(ref, {"city": "Fresno"})
        world.run(1)
    world.run(30)
    for ref in refs:
        if world.sync_of(ref).status is Status.SYNCED:
            world.buildium.edit("rentals", world.buildium_id(ref), {"Address": {"City": "Salem"}})
    world.run(120)


def assert_each_was_created_once(world: World) -> None:
    converge(world)
    assert world.buildium.count("POST", "/v1/rentals") == PROPERTIES


@pytest.mark.brief
@pytest.mark.scenario(54, "transactions conflict")
def test_conflicting_transactions_are_repeated(world: World) -> None:
    world.limits.conflicts = 0.2
    create_and_change(world)
    assert world.limits.applied["conflicts"] > PROPERTIES
    assert_each_was_created_once(world)


@pytest.mark.scenario(55, "BatchGetItem returns UnprocessedKeys")
def test_unprocessed_keys_are_read_later(world: World) -> None:
    world.limits.unprocessed = 0.8
    create_and_change(world)
    assert world.limits.applied["unprocessed"]
    assert_each_was_created_once(world)
    complete = world.request("GET", LIST).body
    world.limits.unprocessed = 1.0
    assert world.request("GET", LIST).body == complete


@pytest.mark.scenario(56, "indexes are minutes behind")
def test_a_late_index_delays_nothing_for_good(world: World) -> None:
    world.limits.index_lag_seconds = 180
    create_and_change(world)
    assert world.limits.applied["index lag"]
    assert_each_was_created_once(world)


@pytest.mark.scenario(57, "messages and batches are delivered again and again")
def test_duplicate_deliveries_change_nothing(world: World) -> None:
    world.stream.duplicate_probability = 0.5
    for queue in world.queues.values():
        queue.duplicate_probability = 0.5
    create_and_change(world)
    assert_each_was_created_once(world)


@pytest.mark.brief
@pytest.mark.scenario(58, "four shards, and all limits together")
def test_many_shards_and_all_limits_lose_nothing(world: World) -> None:
    world.stream.use_shards(4)
    world.limits.conflicts, world.limits.unprocessed, world.limits.index_lag_seconds = 0.1, 0.5, 60
    world.stream.duplicate_probability = 0.5
    create_and_change(world)
    assert world.stream.most_concurrent > 2
    assert_each_was_created_once(world)
