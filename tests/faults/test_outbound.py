"""Outbound sync: every change is written exactly once, whatever fails."""

from typing import Any

import pytest

from buildium_sync.domain.sync_status import Status
from tests.faults.bodies import body
from tests.faults.calls import CallOutcome
from tests.faults.convergence import converge
from tests.faults.world import World
from tests.simulator import faults

LOST_RESPONSES: dict[str, dict[str, Any]] = {
    "timeout": {"kind": faults.DELAY_AFTER, "seconds": 40},
    "reset": {"kind": faults.RESET_AFTER},
    "500": {"kind": faults.ERROR_AFTER, "status": 500},
    "503": {"kind": faults.ERROR_AFTER, "status": 503},
    "garbage": {"kind": faults.GARBAGE_AFTER},
}


class TestLostCreates:
    @pytest.mark.scenario(1, "response to a create lost after commit")
    @pytest.mark.parametrize("how", LOST_RESPONSES)
    def test_a_lost_create_is_adopted(self, world: World, how: str) -> None:
        world.buildium.fault(method="POST", path="/rentals", **LOST_RESPONSES[how])

        ref = world.create("properties", body("property", "Lost", {}))

        converge(world)
        assert world.sync_of(ref).status is Status.SYNCED
        assert world.buildium.count("POST", "/v1/rentals") == 1

    @pytest.mark.scenario(6, "two candidates to adopt")
    def test_two_candidates_need_a_review(self, world: World) -> None:
        world.buildium.fault(faults.RESET_AFTER, "POST", "/rentals")
        world.buildium.on_commit("POST", "/v1/rentals", world.redeliver_latest)

        ref = world.create("properties", body("property", "Twin", {}))

        converge(world)
        sync = world.sync_of(ref)
        assert sync.status is Status.NEEDS_REVIEW
        assert len(sync.candidates) == 2
        assert world.buildium.count("POST", "/v1/rentals") == 1
        decision = {"entityType": "property", "entityId": ref.entity_id, "buildiumId": sync.candidates[0]}
        assert world.request("POST", "/api/buildium/review", decision).status == 200
        world.run(30)
        assert world.buildium_id(ref) == sync.candidates[0]

    @pytest.mark.brief
    @pytest.mark.scenario(7, "candidate not visible yet")
    @pytest.mark.parametrize("lost", [0.0, 1.0], ids=["webhook comes", "webhook lost"])
    def test_a_create_is_not_repeated_during_the_visibility_delay(self, world: World, lost: float) -> None:
        world.buildium.webhook_sender.loss_probability = lost
        world.buildium.fault(faults.RESET_AFTER, "POST", "/rentals")
        world.buildium.list_delay = lambda: 29.0

        ref = world.create("properties", body("property", "Hidden", {}))
        world.run(60)

        converge(world)
        assert world.sync_of(ref).status is Status.SYNCED
        assert world.buildium.count("POST", "/v1/rentals") == 1


class TestKilledWorkers:
    @pytest.mark.brief
    @pytest.mark.scenario(2, "killed before the id is saved")
    def test_a_worker_killed_before_saving_the_id_leaves_one_entity(self, world: World) -> None:
        world.inject(CallOutcome.KILLED_AFTER, "POST", "/v1/rentals")

        ref = world.create("properties", body("property", "Killed", {}))

        converge(world)
        assert world.sync_of(ref).status is Status.SYNCED
        assert world.buildium.count("POST", "/v1/rentals") == 1

    @pytest.mark.brief
    @pytest.mark.scenario(3, "killed after the intent, before the call")
    def test_a_worker_killed_before_its_call_leaves_one_entity(self, world: World) -> None:
        world.inject(CallOutcome.KILLED_BEFORE, "POST", "/v1/rentals")

        ref = world.create("properties", body("property", "Killed", {}))

        converge(world)
        assert world.sync_of(ref).status is Status.SYNCED
        assert world.buildium.count("POST", "/v1/rentals") == 1

    @pytest.mark.brief
    @pytest.mark.scenario(5, "two workers on one entity, the slower one with a stale lease")
    def test_a_worker_resuming_after_its_lease_writes_nothing(self, world: World) -> None:
        ref = world.create("properties", body("property", "First", {}))
        world.run(30)
        world.functions["sync"].overtime = 600.0
        world.pause_after(400.0, "sync", after="PUT")

        world.update(ref, {"name": "Second"})
        world.run(300)
        assert world.sync_of(ref).status is Status.SYNCED, "a second worker has claimed it"
        world.buildium.edit("rentals", world.buildium_id(ref), {"Name": "Third"})
        world.run(200)
        world.buildium.edit("rentals", world.buildium_id(ref), {"Name": "Fourth"})

        converge(world)
        assert world.request("GET", world.path(ref)).body["property"]["name"] == "Fourth"


class TestMessages:
    @pytest.mark.brief
    @pytest.mark.scenario(4, "stream batch delivered again, whole")
    def test_a_redelivered_batch_makes_no_call(self, world: World) -> None:
        refs = [world.create("properties", body("property", f"Again {n}", {})) for n in range(5)]
        world.run(60)

        world.stream.duplicate_probability = 0.5
        for ref in refs:
            world.update(ref, {"city": "Fresno"})
        world.run(60)
        world.stream.duplicate_probability = 0.0
        written = world.buildium.count("PUT"), world.buildium.count("GET", "/v1/rentals/1???")
        world.stream.deliver_again()

        world.run(60)
        assert (world.buildium.count("PUT"), world.buildium.count("GET", "/v1/rentals/1???")) == written == (5, 5)
        converge(world)
        assert world.buildium.count("POST", "/v1/rentals") == 5

    @pytest.mark.scenario(8, "older version after newer")
    def test_an_older_version_after_a_newer_one_changes_nothing(self, world: World) -> None:
        ref = world.create("properties", body("property", "Old", {}))
        world.run(30)
        world.update(ref, {"name": "New"})
        world.run(30)
        written = world.buildium.count("PUT")

        world.stream.deliver_again()
        world.run(60)

        assert world.buildium.count("PUT") == written
        converge(world)
        assert world.buildium.get("rentals", world.buildium_id(ref))["Name"] == "New"

    @pytest.mark.scenario(10, "poison record in a batch")
    def test_a_poison_record_holds_up_no_other(self, world: World) -> None:
        poisoned = world.create("properties", body("property", "Poison", {}))
        world.outcome_rules.append(
            lambda call: CallOutcome.UNREACHABLE if poisoned.pk in str(call.parameters) else None
        )

        others = [world.create("properties", body("property", f"Good {n}", {})) for n in range(8)]

        world.run(240)
        assert {world.sync_of(ref).status for ref in others} == {Status.SYNCED}
        assert world.queues["dead-letters"].sent, "the stream's own dead letter"
        converge(world)
        assert world.sync_of(poisoned).status is Status.SYNCED


class TestEdits:
    @pytest.mark.scenario(9, "ten edits in a second")
    def test_ten_edits_in_a_second_cost_two_calls_at_most(self, world: World) -> None:
        ref = world.create("properties", body("property", "Edited", {}))
        world.run(30)

        for n in range(10):
            world.send("PUT", world.path(ref), {"name": f"Edit {n}"}, {"Prefer": "respond-async"})
            world.run(0.1)

        world.run(60)
        assert 1 <= world.buildium.count("PUT") <= 2
        converge(world)

    @pytest.mark.scenario(31, "delete during a pending create")
    @pytest.mark.parametrize("late", [(0.0, 0.01), (5.0, 9.0)], ids=["webhook first", "response first"])
    def test_an_entity_deleted_during_its_create_stays_deleted(self, world: World, late: tuple[float, float]) -> None:
        world.buildium.webhook_sender.late = late
        world.buildium.on_commit("POST", "/v1/rentals", lambda made: world.buildium.delete("rentals", made["Id"]))

        ref = world.create("properties", body("property", "Deleted", {}))

        converge(world)
        assert world.buildium.count("POST", "/v1/rentals") == 1
        assert world.request("GET", world.path(ref)).body["property"]["deletedAt"] is not None

    @pytest.mark.scenario(33, "the waiting client goes away")
    def test_a_sync_completes_without_a_waiting_client(self, world: World) -> None:
        reply = world.send("POST", "/api/properties", body("property", "Left", {}), {"Prefer": "wait=20"})
        world.buildium.on_commit("POST", "/v1/rentals", lambda _made: world.functions["api"].kill())

        world.run(30)

        assert reply.status == 502
        [kept] = world.request("GET", "/api/properties").body["items"]
        assert kept["buildiumSync"]["status"] == "synced"
        converge(world)

    @pytest.mark.parametrize("method", ["POST", "PUT"])
    def test_a_slow_call_delays_only_its_own_entity(self, world: World, method: str) -> None:
        slow = world.create("properties", body("property", "Slow", {}))
        if method == "PUT":
            world.run(10)
        path = "/rentals" if method == "POST" else "/rentals/*"
        world.buildium.fault(faults.DELAY_AFTER, method, path, seconds=18, naming="Slow")
        if method == "PUT":
            world.request("PUT", world.path(slow), {"name": "Slow and renamed"})
        others = [world.create("properties", body("property", f"Quick {n}", {})) for n in range(7)]

        world.run(12)

        assert {world.sync_of(ref).status for ref in others} == {Status.SYNCED}
        assert world.sync_of(slow).status is Status.SYNCING
        converge(world)
        assert world.sync_of(slow).status is Status.SYNCED
        assert world.buildium.count("POST", "/v1/rentals") == 8
