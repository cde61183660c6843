"""The inbound sync, end to end in one process."""

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import RetryLater
from buildium_sync.store.queues import SyncMessage
from tests.flows.system import PROPERTY, System
from tests.flows.test_outbound import LEASE, RENAMED
from tests.simulator import Simulator

PAST_THE_ECHO = 60.0


@pytest.fixture
def synced(system: System, buildium: Simulator) -> StoredEntity:
    """A synced property, with no expected echo."""
    kept = system.create("property", PROPERTY)
    system.work()
    system.clock.sleep(PAST_THE_ECHO)
    buildium.clear_requests()
    return kept


def rental_id(system: System, kept: StoredEntity) -> int:
    buildium_id = system.sync_of(kept).buildium_id
    assert buildium_id is not None
    return buildium_id


def properties(system: System) -> list[StoredEntity]:
    return system.records.page(by_name("property"), limit=100, cursor=None)[0]


def waits_for_the_lease(outcome: object) -> bool:
    """Return whether an event waits until the lease of a worker that may have died has expired."""
    return isinstance(outcome, RetryLater) and outcome.deadline_in is not None and 0 < outcome.deadline_in <= LEASE


def rental_and_unit(buildium: Simulator) -> tuple[int, int]:
    """Create a property and its unit in Buildium, and return their ids."""
    address = {"AddressLine1": "1 A St", "City": "Reno", "State": "NV", "PostalCode": "89501"}
    place = {**address, "Country": "UnitedStates"}
    rental = buildium.create("rentals", {"Name": "Theirs", "Address": place})["Id"]
    return rental, buildium.create("units", {"PropertyId": rental, "UnitNumber": "9", "Address": place})["Id"]


def unit_of(system: System, buildium_id: int) -> Entity:
    """Return the local unit of a Buildium id."""
    local_id = system.store.local_ids([("unit", buildium_id)])["unit", buildium_id]
    loaded = system.store.load(EntityRef("unit", local_id))
    assert loaded is not None
    return loaded.entity


class TestEdits:
    def test_an_edit_in_buildium_updates_the_local_entity(
        self, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        buildium.edit("rentals", rental_id(system, synced), {"Name": "Edited there"})

        status = system.inbound.process_event(system.event("Rental.Updated", "PropertyId", rental_id(system, synced)))

        kept = system.records.read(synced.entity_type, synced.entity.ref.entity_id)
        assert (status, kept.entity.fields["name"]) == (EventStatus.PROCESSED, "Edited there")
        assert (kept.entity.origin, kept.sync.status, kept.sync.is_synced) == (Origin.BUILDIUM, Status.SYNCED, True)

    def test_an_inbound_change_is_not_sent_back(
        self, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        buildium.edit("rentals", rental_id(system, synced), {"Name": "Edited there"})
        system.inbound.process_event(system.event("Rental.Updated", "PropertyId", rental_id(system, synced)))
        buildium.clear_requests()

        system.queue.send(SyncMessage.of(system.sync_of(synced)))
        system.work()

        assert buildium.requests() == []

    def test_a_buildium_edit_is_merged_with_a_pending_local_edit(
        self, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        system.update(synced, RENAMED)
        buildium.edit("rentals", rental_id(system, synced), {"StructureDescription": "Brick"})
        system.inbound.process_event(system.event("Rental.Updated", "PropertyId", rental_id(system, synced)))
        assert not system.sync_of(synced).is_synced
        system.work()

        rental = buildium.get("rentals", rental_id(system, synced))
        fields = system.fields_of(synced)
        assert (rental["Name"], rental["StructureDescription"]) == (RENAMED["name"], "Brick")
        assert (fields["name"], fields["structureDescription"]) == (RENAMED["name"], "Brick")

    def test_an_event_waits_for_a_running_update(
        self, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        system.update(synced, RENAMED)

        def overtaking() -> EventStatus:
            return system.inbound.process_event(system.event("Rental.Updated", "PropertyId", rental_id(system, synced)))

        outcome = system.during("/v1/rentals", overtaking)
        system.work()
        assert waits_for_the_lease(outcome[0])
        assert system.sync_of(synced).is_synced


class TestEchoes:
    @pytest.mark.parametrize(("name", "write"), [("Rental.Created", None), ("Rental.Updated", RENAMED)])
    def test_the_echo_of_a_write_makes_no_call(
        self, name: str, write: dict[str, str] | None, system: System, buildium: Simulator
    ) -> None:
        kept = system.create("property", PROPERTY)
        system.work()
        if write:
            system.update(kept, write)
            system.work()
        buildium.clear_requests()

        status = system.inbound.process_event(system.event(name, "PropertyId", rental_id(system, kept)))

        assert (status, buildium.requests()) == (EventStatus.PROCESSED, [])
        assert len(properties(system)) == 1

    def test_a_buildium_edit_right_after_a_write_is_read(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", PROPERTY)
        system.work()
        system.update(kept, RENAMED)
        system.work()
        buildium.edit("rentals", rental_id(system, kept), {"StructureDescription": "Brick"})

        for _ in ("our own", "the other's"):
            system.inbound.process_event(system.event("Rental.Updated", "PropertyId", rental_id(system, kept)))

        assert system.fields_of(kept)["structureDescription"] == "Brick"


class TestCreates:
    def test_an_event_before_the_create_response_makes_no_second_entity(
        self, system: System, buildium: Simulator
    ) -> None:
        kept = system.create("property", PROPERTY)

        def overtaking() -> EventStatus:
            return system.inbound.process_event(
                system.event("Rental.Created", "PropertyId", buildium.state()["rentals"][0]["Id"])
            )

        outcome = system.during("/v1/rentals", overtaking, "POST")
        system.work()
        assert waits_for_the_lease(outcome[0])
        event = system.event("Rental.Created", "PropertyId", rental_id(system, kept))

        assert system.inbound.process_event(event) is EventStatus.PROCESSED
        assert [each.entity.ref for each in properties(system)] == [kept.entity.ref]
        assert system.calls("GET", "/v1/rentals/") == 0

    def test_a_candidate_of_a_lost_create_is_not_created_locally(self, system: System, buildium: Simulator) -> None:
        buildium.fault("reset_after", method="POST", path="/rentals")
        kept = system.create("property", PROPERTY)
        system.work_once()
        system.clock.sleep(LEASE)

        event = system.event("Rental.Created", "PropertyId", buildium.state()["rentals"][0]["Id"])
        assert system.inbound.process_event(event) is EventStatus.IGNORED
        system.work()

        assert [each.entity.ref for each in properties(system)] == [kept.entity.ref]

    def test_a_buildium_entity_is_created_locally_once(self, system: System, buildium: Simulator) -> None:
        rental = buildium.create("rentals", {"Name": "Theirs"})

        for _ in range(3):
            system.inbound.process_event(system.event("Rental.Created", "PropertyId", rental["Id"]))

        [kept] = properties(system)
        assert (kept.entity.fields["name"], kept.sync.buildium_id, kept.sync.status) == (
            "Theirs",
            rental["Id"],
            Status.SYNCED,
        )

    def test_an_updated_event_before_the_created_event_creates_the_entity(
        self, system: System, buildium: Simulator
    ) -> None:
        rental = buildium.create("rentals", {"Name": "Theirs"})

        system.inbound.process_event(system.event("Rental.Updated", "PropertyId", rental["Id"]))
        system.inbound.process_event(system.event("Rental.Created", "PropertyId", rental["Id"]))

        assert len(properties(system)) == 1


class TestDeletedAndIgnored:
    def test_an_entity_deleted_in_buildium_stays_soft_deleted(
        self, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        buildium_id = rental_id(system, synced)
        buildium.delete("rentals", buildium_id)

        system.inbound.process_event(system.event("Rental.Deleted", "PropertyId", buildium_id))
        late = system.inbound.process_event(system.event("Rental.Updated", "PropertyId", buildium_id))

        kept = system.records.read(synced.entity_type, synced.entity.ref.entity_id)
        assert kept.entity.deleted_at is not None
        assert (kept.entity.fields["status"], late) == ("Inactive", EventStatus.IGNORED)
        assert kept.entity.fields["name"] == PROPERTY["name"]

    @pytest.mark.parametrize(
        ("name", "id_field"),
        [
            ("Listing.Updated", "UnitId"),
            ("Rental.MeterReading.Updated", "PropertyId"),
            ("Rental.Exploded", "PropertyId"),
            ("Something.New", "SomethingId"),
        ],
    )
    def test_an_unsupported_event_is_ignored(
        self, name: str, id_field: str, system: System, buildium: Simulator, synced: StoredEntity
    ) -> None:
        event = system.event(name, id_field, rental_id(system, synced))

        assert system.inbound.process_event(event) is EventStatus.IGNORED
        assert buildium.requests() == []


class TestReferences:
    def test_an_early_event_waits_for_the_referenced_entity(self, system: System, buildium: Simulator) -> None:
        rental, unit = rental_and_unit(buildium)
        early = system.event("RentalUnit.Created", "UnitId", unit)
        with pytest.raises(RetryLater):
            system.inbound.process_event(early, deferrals=0)

        system.inbound.process_event(system.event("Rental.Created", "PropertyId", rental), deferrals=0)
        system.inbound.process_event(early, deferrals=1)
        [ours] = properties(system)
        assert unit_of(system, unit).fields["propertyId"] == ours.entity.ref.entity_id

    def test_an_event_waits_five_times_for_a_referenced_entity(self, system: System, buildium: Simulator) -> None:
        rental, unit = rental_and_unit(buildium)
        early = system.event("RentalUnit.Created", "UnitId", unit)
        waits = []
        for deferrals in range(5):
            with pytest.raises(RetryLater) as busy:
                system.inbound.process_event(early, deferrals=deferrals)
            waits.append(busy.value.retry_after)

        system.inbound.process_event(early, deferrals=5)
        assert (waits, unit_of(system, unit).fields["propertyId"]) == ([2, 4, 8, 16, 32], rental)

    def test_a_work_orders_event_waits_for_its_auto_created_task(self, system: System, buildium: Simulator) -> None:
        vendor = system.create("vendor", {"isCompany": True, "companyName": "Pipes Ltd"})
        order = system.create("work-order", {"vendorId": vendor.entity.ref.entity_id, "title": "Fix the tap"})
        system.work()
        [task] = buildium.state()["tasks"]
        own = system.event("WorkOrder.Created", "WorkOrderId", system.sync_of(order).buildium_id)
        with pytest.raises(RetryLater):
            system.inbound.process_event(own, deferrals=0)

        system.inbound.process_event(system.event("Task.Created", "TaskId", task["Id"]), deferrals=0)
        system.inbound.process_event(own, deferrals=1)
        assert system.fields_of(order)["taskId"] == system.store.local_ids([("task", task["Id"])])["task", task["Id"]]
