"""Creates below a lease: tenants, charges, payments and credits reach Buildium exactly once."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from tests.faults.bodies import ALL_COLLECTIONS, body
from tests.faults.calls import CallOutcome
from tests.faults.convergence import converge
from tests.faults.ledger import LEDGER_COLLECTIONS, create_pattern, records
from tests.faults.test_lost_creates import parents
from tests.faults.world import World
from tests.simulator import faults

TYPES = ["tenant", *LEDGER_COLLECTIONS]
EVERY_TYPE = pytest.mark.parametrize("name", TYPES)
EVERY_ENTRY = pytest.mark.parametrize("name", LEDGER_COLLECTIONS)
MOST_MORE_CALLS = 2
SEARCHES = ("/v1/leases/*/transactions*", "/v1/generalledger/transactions/*")
"""The paths of the search for a lost entry."""


def fault(kind: str, **options: Any) -> Callable[[World, str], None]:
    """Return what injects a fault into the next create of a type."""
    return lambda world, name: world.buildium.fault(kind, "POST", create_pattern(name), **options)


def kill(outcome: CallOutcome) -> Callable[[World, str], None]:
    """Return what kills the worker at the next create of a type."""
    return lambda world, name: world.inject(outcome, "POST", f"/v1{create_pattern(name)}")


APPLIED = {
    "timeout": fault(faults.DELAY_AFTER, seconds=40),
    "reset": fault(faults.RESET_AFTER),
    "500": fault(faults.ERROR_AFTER, status=500),
    "503": fault(faults.ERROR_AFTER, status=503),
    "garbage": fault(faults.GARBAGE_AFTER),
    "killed": kill(CallOutcome.KILLED_AFTER),
}
"""Losses of the response to a create that Buildium applied."""
NOT_APPLIED = {
    "reset": fault(faults.RESET_BEFORE),
    "429": fault(faults.STATUS, status=429),
    "500": fault(faults.STATUS, status=500),
    "503": fault(faults.STATUS, status=503),
    "killed": kill(CallOutcome.KILLED_BEFORE),
}
"""Failures of a create that Buildium did not apply."""


def create(world: World, name: str, ids: dict[str, str]) -> EntityRef:
    """Create an entity. All of a type are equal."""
    return world.create(ALL_COLLECTIONS[name], body(name, "Lost", ids))


def assert_one_each(world: World, name: str, refs: list[EntityRef]) -> None:
    """Assert that every entity is synced to one of its own in Buildium, and that there are no others."""
    assert {world.sync_of(ref).status for ref in refs} == {Status.SYNCED}
    assert sorted(world.buildium_id(ref) for ref in refs) == sorted(each.id for each in records(world.buildium, name))


def searches(world: World) -> list[float]:
    """Return the times of the calls that search for a lost entry, in seconds since the epoch."""
    calls = [each for each in world.calls.trace if each[1:3] == ("sync", "GET")]
    return [at for at, _, _, path in calls if any(fnmatchcase(path, pattern) for pattern in SEARCHES)]


def posts(world: World, name: str) -> list[float]:
    """Return the arrival times of the creates of a type, in seconds since the epoch."""
    pattern = f"/v1{create_pattern(name)}"
    return [each.at for each in world.buildium.requests() if each.method == "POST" and fnmatchcase(each.path, pattern)]


class TestLostResponses:
    @pytest.mark.scenario(45, "tenant, charge, payment or credit: response lost after commit")
    @pytest.mark.parametrize("how", APPLIED)
    @EVERY_TYPE
    def test_a_lost_create_is_adopted(self, world: World, name: str, how: str) -> None:
        ids = parents(world)
        APPLIED[how](world, name)

        ref = create(world, name, ids)

        converge(world)
        assert_one_each(world, name, [ref])
        assert len(posts(world, name)) == 1
        assert len(searches(world)) <= MOST_MORE_CALLS

    @pytest.mark.scenario(46, "tenant, charge, payment or credit: create not applied")
    @pytest.mark.parametrize("how", NOT_APPLIED)
    @EVERY_TYPE
    def test_a_create_not_applied_is_sent_again(self, world: World, name: str, how: str) -> None:
        ids = parents(world)
        NOT_APPLIED[how](world, name)

        ref = create(world, name, ids)

        converge(world)
        assert_one_each(world, name, [ref])
        assert len(searches(world)) + len(posts(world, name)) <= 1 + MOST_MORE_CALLS

    @pytest.mark.scenario(47, "tenant, charge, payment or credit: lost create not visible yet")
    @pytest.mark.parametrize("lost", [0.0, 1.0], ids=["webhook comes", "webhook lost"])
    @EVERY_TYPE
    def test_a_create_is_not_repeated_before_it_is_visible(self, world: World, name: str, lost: float) -> None:
        ids = parents(world)
        world.buildium.webhook_sender.loss_probability = lost
        APPLIED["reset"](world, name)
        world.buildium.list_delay = lambda: 29.0

        ref = create(world, name, ids)
        world.run(60)

        converge(world)
        assert_one_each(world, name, [ref])
        assert len(posts(world, name)) == 1

    @pytest.mark.brief
    @pytest.mark.scenario(48, "charge, payment or credit: search only after the visibility delay")
    @pytest.mark.parametrize("how", ["reset", "killed"])
    @EVERY_ENTRY
    def test_the_ledger_is_searched_after_the_visibility_delay(self, world: World, name: str, how: str) -> None:
        ids = parents(world)
        APPLIED[how](world, name)

        ref = create(world, name, ids)
        assert world.timeline.run_until(lambda: bool(posts(world, name)), 60)
        world.run(1)
        until = world.sync_of(ref).create_visible_until

        converge(world)
        assert until > posts(world, name)[0]
        assert min(searches(world)) >= until
        assert_one_each(world, name, [ref])

    @pytest.mark.scenario(49, "tenant, charge, payment or credit: messages delivered twice, response lost")
    @EVERY_TYPE
    def test_redelivered_messages_create_nothing(self, world: World, name: str) -> None:
        ids = parents(world)
        APPLIED["reset"](world, name)
        world.stream.duplicate_probability = 1.0
        for queue in world.queues.values():
            queue.duplicate_probability = 1.0

        ref = create(world, name, ids)
        world.run(120)
        world.stream.deliver_again()
        world.run(120)

        converge(world)
        assert_one_each(world, name, [ref])
        assert len(posts(world, name)) == 1


class TestEqualEntries:
    @pytest.mark.scenario(50, "two or three equal entries, some responses lost")
    @pytest.mark.parametrize(
        "losses",
        [
            ["applied reset", "not applied reset"],
            ["not applied killed", "applied killed"],
            ["applied 503", "not applied 503", "applied timeout"],
            ["applied reset", "applied reset", "applied reset"],
            ["not applied reset", "applied reset"],
        ],
        ids=" then ".join,
    )
    @pytest.mark.parametrize("count", [2, 3])
    @EVERY_ENTRY
    def test_equal_entries_stay_as_many(self, world: World, name: str, count: int, losses: list[str]) -> None:
        ids = parents(world)
        for loss in losses[:count]:
            kind, _, how = loss.rpartition(" ")
            {"applied": APPLIED, "not applied": NOT_APPLIED}[kind][how](world, name)

        refs = [create(world, name, ids) for _ in range(count)]

        converge(world)
        assert_one_each(world, name, refs)
