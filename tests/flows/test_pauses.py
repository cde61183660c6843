"""A paused direction makes no call and no change, and continues after the resume."""

from typing import TYPE_CHECKING

import pytest

from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import InboundPaused
from buildium_sync.reconcile.drift.selection import RepairSelection
from tests.clocks import VirtualClock
from tests.flows.schedule import Schedule
from tests.flows.system import PROPERTY, System
from tests.flows.test_drift import DriftOf
from tests.harness.rounds import rounds_while
from tests.simulator import Simulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CACHE_SECONDS = 5
PLACE = {"AddressLine1": "1 Main St", "City": "Reno", "State": "NV", "PostalCode": "89501", "Country": "UnitedStates"}


@pytest.fixture
def schedule(system: System, monkeypatch: pytest.MonkeyPatch) -> Schedule:
    return Schedule(system, monkeypatch)


def pause(system: System, direction: str, entity_type: str | None = None) -> None:
    system.api.control.pause(direction, entity_type, "test", by="operator")
    system.clock.sleep(CACHE_SECONDS)


def resume(system: System) -> None:
    system.api.control.resume(None, None, None, by="operator")
    system.clock.sleep(CACHE_SECONDS)


@pytest.mark.parametrize("entity_type", [None, "property"])
def test_a_paused_entity_stays_pending_until_the_sweep(
    system: System, schedule: Schedule, buildium: Simulator, entity_type: str | None
) -> None:
    pause(system, "outbound", entity_type)
    kept = system.create("property", PROPERTY)
    system.work()
    system.clock.sleep(300)
    schedule.reconcile.sweeper().run()
    system.work()
    assert (system.sync_of(kept).status, buildium.requests()) == (Status.PENDING, [])

    resume(system)
    schedule.reconcile.sweeper().run()
    system.work()

    assert system.sync_of(kept).status is Status.SYNCED


@pytest.mark.parametrize("paused_seconds", [0, 59, 119, 600])
def test_what_waited_is_queued_within_three_minutes(
    system: System, schedule: Schedule, buildium: Simulator, paused_seconds: int
) -> None:
    pause(system, "outbound")
    kept = system.create("property", PROPERTY)
    system.work()
    system.clock.sleep(paused_seconds)
    resume(system)
    for _ in range(3):
        system.clock.sleep(60 - CACHE_SECONDS / 3)
        schedule.reconcile.sweeper().run()

    system.work()
    assert system.sync_of(kept).status is Status.SYNCED


@pytest.mark.parametrize("is_update", [False, True], ids=["create", "update"])
def test_a_pause_during_an_attempt_stops_its_write(
    system: System, schedule: Schedule, buildium: Simulator, is_update: bool
) -> None:
    kept = system.create("property", PROPERTY)
    if is_update:
        system.work()
        system.clock.sleep(60)
        system.update(kept, {"name": "Renamed"})
    requests = len(buildium.requests())
    system.during("/v1/", lambda: pause(system, "outbound", "property"), "GET")
    system.work()
    assert {exchange.method for exchange in buildium.requests()[requests:]} == {"GET"}
    waiting = system.sync_of(kept)
    assert (waiting.status, waiting.attempts, waiting.intent_at) == (Status.PENDING, 0, None)

    resume(system)
    system.clock.sleep(600)
    schedule.reconcile.sweeper().run()
    system.work()

    assert system.sync_of(kept).status is Status.SYNCED
    assert [each["Name"] for each in buildium.state()["rentals"]] == [system.fields_of(kept)["name"]]
    assert system.calls("POST") == 1


def test_a_pause_of_one_type_syncs_the_others(system: System) -> None:
    pause(system, "outbound", "owner")
    kept = system.create("property", PROPERTY)
    system.work()

    assert system.sync_of(kept).status is Status.SYNCED


def test_a_dead_letter_redriven_during_a_pause_becomes_pending(system: System, buildium: Simulator) -> None:
    buildium.fault("status", method="POST", path="/rentals", status=422)
    kept = system.create("property", PROPERTY)
    system.work()
    pause(system, "outbound")

    system.queue.redrive()
    system.work()

    assert system.sync_of(kept).status is Status.PENDING


@pytest.mark.parametrize("operation", ["Created", "Updated", "Deleted"])
def test_a_pause_during_the_read_of_an_event_stores_nothing(
    system: System, schedule: Schedule, buildium: Simulator, operation: str
) -> None:
    made = buildium.create("rentals", {"Name": "Remote", "Address": PLACE})["Id"]
    if operation != "Created":
        schedule.import_all("property")
    if operation == "Updated":
        buildium.edit("rentals", made, {"Name": "Renamed"})
    if operation == "Deleted":
        buildium.delete("rentals", made)
    before = [(each.entity.version, each.entity.deleted_at) for each in schedule.kept("property")]
    system.clock.sleep(60)
    event = system.event(f"Rental.{operation}", "PropertyId", made)

    system.during("/v1/", lambda: pause(system, "inbound", "property"), "GET")
    with pytest.raises(InboundPaused):
        system.inbound.process_event(event)
    assert [(each.entity.version, each.entity.deleted_at) for each in schedule.kept("property")] == before

    resume(system)
    system.inbound.process_event(event)
    assert [(each.entity.version, each.entity.deleted_at) for each in schedule.kept("property")] != before


def test_observe_only_reads_everything_and_writes_nothing(
    dynamodb: "DynamoDBClient", buildium: Simulator, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = System(monkeypatch, dynamodb, buildium, clock, BUILDIUM_START_MODE="observe-only")
    schedule = Schedule(system, monkeypatch)
    buildium.create("rentals", {"Name": "Remote", "Address": PLACE})
    kept = system.create("property", PROPERTY)
    system.work()
    schedule.import_all("property")

    assert (system.calls("POST"), system.calls("PUT")) == (0, 0)
    assert "Remote" in [each.entity.fields["name"] for each in schedule.kept("property")]
    resume(system)
    system.clock.sleep(300)
    schedule.reconcile.sweeper().run()
    system.work()
    assert system.sync_of(kept).status is Status.SYNCED


@pytest.mark.parametrize("entity_type", [None, "property"])
def test_a_poll_of_a_paused_type_keeps_its_cursor(
    system: System, schedule: Schedule, buildium: Simulator, entity_type: str | None
) -> None:
    schedule.poll()
    before = schedule.polled("property").cursor
    made = buildium.create("rentals", {"Name": "Remote", "Address": PLACE})
    pause(system, "inbound", entity_type)

    schedule.poll_later()

    assert (schedule.polled("property").cursor, schedule.kept("property")) == (before, [])
    resume(system)
    schedule.poll_later()
    assert schedule.of("property", made["Id"]).entity.fields["name"] == "Remote"


def test_a_pause_during_a_poll_keeps_its_position(system: System, schedule: Schedule, buildium: Simulator) -> None:
    schedule.poll()
    made = [buildium.create("rentals", {"Name": f"Remote {n}", "Address": PLACE})["Id"] for n in range(3)]
    system.clock.sleep(300)
    system.during("/v1/rentals", lambda: pause(system, "inbound"))
    schedule.poll()
    assert schedule.kept("property") == []

    resume(system)
    schedule.poll()

    assert {each.sync.buildium_id for each in schedule.kept("property")} == set(made)


def test_an_import_waits_during_a_pause(system: System, schedule: Schedule, buildium: Simulator) -> None:
    buildium.create("rentals", {"Name": "Remote", "Address": PLACE})
    pause(system, "inbound", "property")
    schedule.begin_import("property")
    schedule.work_once()

    assert schedule.kept("property") == []
    assert "paused" in (schedule.imports.current().paused_reason or "")
    resume(system)
    for _ in rounds_while(lambda: schedule.woken):
        schedule.work_once()
    assert [each.entity.fields["name"] for each in schedule.kept("property")] == ["Remote"]
    assert schedule.imports.current().paused_reason is None


def test_a_repair_continues_after_a_pause_in_its_middle(
    system: System, schedule: Schedule, buildium: Simulator
) -> None:
    made = [buildium.create("rentals", {"Name": f"Remote {n}", "Address": PLACE})["Id"] for n in range(3)]
    schedule.import_all("bank-account", "property")
    for buildium_id in made:
        buildium.edit("rentals", buildium_id, {"Name": f"Edited {buildium_id}"})
    drift = DriftOf(schedule)
    drift.compare("property")
    system.during(f"/v1/rentals/{made[1]}", lambda: pause(system, "inbound", "property"))
    drift.drifts.repair(None, RepairSelection())
    drift.run_slice_of_repair()
    names = {each.sync.buildium_id: each.entity.fields["name"] for each in schedule.kept("property")}
    assert sum(name.startswith("Edited") for name in names.values()) < len(made)

    resume(system)
    drift.run_repair()

    names = {each.sync.buildium_id: each.entity.fields["name"] for each in schedule.kept("property")}
    assert names == {buildium_id: f"Edited {buildium_id}" for buildium_id in made}
    assert drift.compare("property")["items"] == []


def test_a_paused_repair_deletes_nothing(system: System, schedule: Schedule, buildium: Simulator) -> None:
    made = buildium.create("rentals", {"Name": "Remote", "Address": PLACE})["Id"]
    schedule.import_all("bank-account", "property")
    buildium.delete("rentals", made)
    drift = DriftOf(schedule)
    drift.compare("property")
    pause(system, "inbound", "property")
    drift.drifts.repair(None, RepairSelection())
    drift.run_slice_of_repair()
    assert schedule.of("property", made).entity.deleted_at is None

    resume(system)
    drift.run_repair()

    assert schedule.of("property", made).entity.deleted_at is not None


def test_balances_wait_while_leases_are_paused(system: System, schedule: Schedule, buildium: Simulator) -> None:
    pause(system, "inbound", "lease")

    assert schedule.reconcile.balance_poller(schedule.time_left).run() == 0
    assert buildium.requests() == []
