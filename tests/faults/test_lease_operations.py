"""Creates below a lease: tenants, ledger entries and operations reach Buildium exactly once."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from tests.faults.bodies import ALL_COLLECTIONS, body
from tests.faults.calls import CallOutcome
from tests.faults.convergence import converge
from tests.faults.lease_operations import (
    BUILDIUM_TYPES,
    ENTRY_COLLECTIONS,
    KINDS,
    OPERATION_COLLECTIONS,
    create_pattern,
    records,
)
from tests.faults.test_lost_creates import deposit, parents
from tests.faults.world import World
from tests.flows.ledger_bodies import REVERSAL
from tests.simulator import faults
from tests.simulator.lease_reversals import PAYMENT_KEY

EVERY_TYPE = pytest.mark.parametrize("name", ["tenant", *OPERATION_COLLECTIONS])
EVERY_OPERATION = pytest.mark.parametrize("name", OPERATION_COLLECTIONS)
EVERY_ENTRY = pytest.mark.parametrize("name", ENTRY_COLLECTIONS)
MOST_MORE_CALLS = 2
SEARCHES = (
    *(f"/v1/leases/*/{each}*" for each in ("transactions", "rent", "renewals", "moveouts")),
    "/v1/generalledger/transactions/*",
)
"""The paths of the search for a lost create."""


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
RESPONSE_LOSSES = [how for how in APPLIED if how != "killed"]
"""Losses that concern one create. A killed worker may hold several."""
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
    assert sorted(world.buildium_id(ref) for ref in refs) == sorted(records(world.buildium, name))


def searches(world: World) -> list[float]:
    """Return the times of the calls that search for a lost create, in seconds since the epoch."""
    calls = [each for each in world.calls.trace if each[1:3] == ("sync", "GET")]
    return [at for at, _, _, path in calls if any(fnmatchcase(path, pattern) for pattern in SEARCHES)]


def posts(world: World, name: str) -> list[float]:
    """Return the arrival times of the creates of a type, in seconds since the epoch."""
    pattern = f"/v1{create_pattern(name)}"
    return [each.at for each in world.buildium.requests() if each.method == "POST" and fnmatchcase(each.path, pattern)]


def post_by_person(world: World, name: str, ids: dict[str, str]) -> int:
    """Have a person post an entry that equals the body of a create. Returns its Buildium id."""
    sent, lease = body(name, "Lost", ids), EntityRef("lease", ids["lease"])
    lines = [{"GLAccount": {"Id": line["glAccountId"]}, "Amount": line["amount"]} for line in sent["lines"]]
    entry = {
        "LeaseId": world.buildium_id(lease),
        "TransactionTypeEnum": KINDS[name],
        "Date": sent["date"],
        "PaymentMethod": sent.get("paymentMethod"),
        "Journal": {"Memo": sent["memo"], "Lines": lines},
    }
    return int(world.buildium.create(BUILDIUM_TYPES[name], entry)["Id"])


def two_payments(world: World) -> list[dict[str, str]]:
    """Create two equal deposited payments, and return the ids that a reversal of each refers to."""
    ids = parents(world)
    payments = [create(world, "lease-payment", ids) for _ in range(2)]
    world.run(20)
    for payment in payments:
        deposit(world, payment)
    return [{**ids, "lease-payment": payment.entity_id} for payment in payments]


class TestLostResponses:
    @pytest.mark.scenario(45, "tenant, ledger entry or lease operation: response lost after commit")
    @pytest.mark.parametrize("how", APPLIED)
    @EVERY_TYPE
    def test_a_lost_create_is_adopted(self, world: World, name: str, how: str) -> None:
        ids = parents(world, name)
        APPLIED[how](world, name)

        ref = create(world, name, ids)

        converge(world)
        assert_one_each(world, name, [ref])
        assert len(posts(world, name)) == 1
        assert len(searches(world)) <= MOST_MORE_CALLS

    @pytest.mark.scenario(46, "tenant, ledger entry or lease operation: create not applied")
    @pytest.mark.parametrize("how", NOT_APPLIED)
    @EVERY_TYPE
    def test_a_create_not_applied_is_sent_again(self, world: World, name: str, how: str) -> None:
        ids = parents(world, name)
        NOT_APPLIED[how](world, name)

        ref = create(world, name, ids)

        converge(world)
        assert_one_each(world, name, [ref])
        assert len(searches(world)) + len(posts(world, name)) <= 1 + MOST_MORE_CALLS

    @pytest.mark.scenario(47, "tenant, ledger entry or lease operation: lost create not visible yet")
    @pytest.mark.parametrize("lost", [0.0, 1.0], ids=["webhook comes", "webhook lost"])
    @EVERY_TYPE
    def test_a_create_is_not_repeated_before_it_is_visible(self, world: World, name: str, lost: float) -> None:
        ids = parents(world, name)
        world.buildium.webhook_sender.loss_probability = lost
        APPLIED["reset"](world, name)
        world.buildium.list_delay = lambda: 29.0

        ref = create(world, name, ids)
        world.run(60)

        converge(world)
        assert_one_each(world, name, [ref])
        assert len(posts(world, name)) == 1

    @pytest.mark.brief
    @pytest.mark.scenario(48, "ledger entry or lease operation: search only after the visibility delay")
    @pytest.mark.parametrize("how", ["reset", "killed"])
    @EVERY_OPERATION
    def test_the_lease_is_searched_after_the_visibility_delay(self, world: World, name: str, how: str) -> None:
        ids = parents(world, name)
        APPLIED[how](world, name)

        ref = create(world, name, ids)
        assert world.timeline.run_until(lambda: bool(posts(world, name)), 60)
        world.run(1)
        until = world.sync_of(ref).create_visible_until

        converge(world)
        assert until > posts(world, name)[0]
        assert min(searches(world)) >= until
        assert_one_each(world, name, [ref])

    @pytest.mark.scenario(49, "tenant, ledger entry or lease operation: messages delivered twice, response lost")
    @EVERY_TYPE
    def test_redelivered_messages_create_nothing(self, world: World, name: str) -> None:
        ids = parents(world, name)
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
        ids = parents(world, name)
        for loss in losses[:count]:
            kind, _, how = loss.rpartition(" ")
            {"applied": APPLIED, "not applied": NOT_APPLIED}[kind][how](world, name)

        refs = [create(world, name, ids) for _ in range(count)]

        converge(world)
        assert_one_each(world, name, refs)

    @pytest.mark.scenario(51, "equal ledger entry of a person, create not applied")
    @pytest.mark.parametrize(
        ("known", "age"),
        # A person may post an entry within the tolerated delay of Buildium's clock.
        [("by webhook", 60), ("by poll", 400), ("unknown", 400)],
    )
    @EVERY_ENTRY
    def test_a_persons_earlier_equal_entry_is_not_adopted(
        self, world: World, name: str, known: str, age: float
    ) -> None:
        ids = parents(world)
        world.buildium.webhook_sender.loss_probability = 0.0 if known == "by webhook" else 1.0
        world.schedule_runs = known != "unknown"
        earlier = post_by_person(world, name, ids)
        world.run(age)
        NOT_APPLIED["reset"](world, name)

        ref = create(world, name, ids)

        converge(world)
        assert world.sync_of(ref).status is Status.SYNCED
        assert sorted(records(world.buildium, name)) == [earlier, world.buildium_id(ref)]


class TestEqualReversals:
    @pytest.mark.scenario(52, "equal reversals of two payments, all applied, all responses lost")
    @pytest.mark.parametrize("how", RESPONSE_LOSSES)
    def test_applied_reversals_are_not_sent_again(self, world: World, how: str) -> None:
        payments = two_payments(world)
        for _ in payments:
            APPLIED[how](world, REVERSAL)

        refs = [create(world, REVERSAL, each) for each in payments]

        converge(world)
        made = records(world.buildium, REVERSAL)
        assert len(made) == len(posts(world, REVERSAL)) == len(payments)
        for sync in map(world.sync_of, refs):
            assert sync.status is Status.SYNCED or set(sync.candidates) <= made.keys()

    @pytest.mark.scenario(53, "equal reversals of two payments, one applied, all responses lost")
    @pytest.mark.parametrize("how", ["reset", "503"])
    @pytest.mark.parametrize("kinds", [(APPLIED, NOT_APPLIED), (NOT_APPLIED, APPLIED)], ids=["first", "second"])
    def test_no_reversal_of_another_payment_is_adopted(
        self, world: World, kinds: tuple[dict[str, Any], ...], how: str
    ) -> None:
        payments = two_payments(world)
        for kind in kinds:
            kind[how](world, REVERSAL)

        refs = [create(world, REVERSAL, each) for each in payments]

        converge(world)
        made = records(world.buildium, REVERSAL)
        for ref, ids in zip(refs, payments, strict=True):
            sync = world.sync_of(ref)
            if sync.status is Status.NEEDS_REVIEW:
                assert set(sync.candidates) <= made.keys()
                continue
            payment = world.buildium_id(EntityRef("lease-payment", ids["lease-payment"]))
            assert made[sync.buildium_id or 0].public[PAYMENT_KEY] == payment
