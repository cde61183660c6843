"""Deletions in Buildium, of synced entities and of entities with only a Buildium id."""

from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity, sync_summary
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.reconcile.imports.matcher import CandidateMatch, Matcher
from tests.clocks import VirtualClock
from tests.flows.system import PROPERTY, System
from tests.flows.test_types import EVERY_TYPE, PAST_THE_ECHO, Case, known, synced
from tests.simulator import Simulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHOWN = 11.0
"""Seconds after a write from which a 404 proves a deletion."""


def deleted(system: System, kept: StoredEntity) -> bool:
    found = system.records.read(kept.entity_type, kept.entity.ref.entity_id)
    assert (found.entity.deleted_at is not None) is (found.sync.status is Status.DELETED)
    return found.entity.deleted_at is not None


def unit(system: System, property_: StoredEntity) -> StoredEntity:
    address = {
        "addressLine1": "123 Main St",
        "postalCode": "90001",
        "country": "US",
        "city": "Los Angeles",
        "state": "CA",
    }
    return system.create("unit", {"propertyId": property_.entity.ref.entity_id, "unitNumber": "1", **address})


def _bank(number: int) -> dict[str, Any]:
    return {"Name": f"Bank {number}", "BankAccountType": "Checking", "Country": "UnitedStates"}


class TestDeletedEntity:
    @EVERY_TYPE
    def test_an_entity_deleted_in_buildium_reports_deleted(
        self, case: Case, system: System, buildium: Simulator
    ) -> None:
        kept = synced(system, case)
        system.clock.sleep(PAST_THE_ECHO)
        buildium.delete(case.remote, known(system, kept))

        system.inbound.process_event(system.event(f"{case.subject}.Deleted", case.id_field, known(system, kept)))

        record = system.sync_of(kept)
        shown = sync_summary(record)
        assert deleted(system, kept)
        assert (shown["status"], shown["success"], shown["buildiumId"]) == ("deleted", False, record.buildium_id)
        assert "deleted in Buildium" in shown["error"]
        assert record.last_synced_at is not None
        assert [
            each.ref for each in system.store.list_by_status(Status.DELETED, case.name, limit=9, cursor=None)[0]
        ] == [record.ref]
        assert [each.ref for each in system.store.list_by_status(Status.DELETED, None, limit=9, cursor=None)[0]] == [
            record.ref
        ]
        assert system.retry.retry_one(record.ref).count == 0

    @EVERY_TYPE
    def test_an_update_of_a_deleted_entity_reports_deleted(
        self, case: Case, system: System, buildium: Simulator
    ) -> None:
        kept = synced(system, case)
        system.clock.sleep(SHOWN)
        buildium.delete(case.remote, known(system, kept))

        system.update(kept, case.local_changed)
        system.work()

        assert deleted(system, kept)
        assert system.queue.dead_lettered == []
        assert system.store.load(kept.entity.ref).entity.fields["status"] == "Inactive"  # type: ignore[union-attr]

    def test_an_entity_deleted_between_read_and_write_reports_deleted(
        self, system: System, buildium: Simulator
    ) -> None:
        kept = system.create("property", PROPERTY)
        system.work()
        system.clock.sleep(SHOWN)
        system.update(kept, {"name": "Sunrise"})
        system.during("/v1/rentals", lambda: buildium.delete("rentals", known(system, kept)), "GET")

        system.work()

        assert deleted(system, kept)

    def test_a_deletion_applies_to_an_edit_made_during_it(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", PROPERTY)
        system.work()
        system.clock.sleep(SHOWN)
        buildium.delete("rentals", known(system, kept))
        changed = system.update(kept, {"name": "Sunrise"})
        system.during("/v1/rentals", lambda: system.update(changed, {"name": "Sunset"}))

        system.work()

        assert deleted(system, kept)
        assert system.fields_of(kept)["name"] == "Sunset"


class TestNotFound:
    def test_a_404_for_an_existing_entity_fails_its_sync(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", PROPERTY)
        system.work()
        system.clock.sleep(SHOWN)
        buildium.fault("status", method="PUT", path="/rentals/*", status=404)

        system.update(kept, {"name": "Sunrise"})
        system.work()

        assert system.sync_of(kept).status is Status.FAILED
        assert not deleted(system, kept)

    def test_a_404_right_after_a_write_deletes_nothing(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", PROPERTY)
        system.work()
        system.clock.sleep(2)
        buildium.fault("status", method="GET", path="/rentals/*", status=404, times=2)

        system.update(kept, {"name": "Sunrise"})
        system.work()

        assert system.sync_of(kept).status is Status.SYNCED
        assert buildium.get("rentals", known(system, kept))["Name"] == "Sunrise"

    def test_a_404_for_every_path_reports_a_wrong_base_url(self, system: System, buildium: Simulator) -> None:
        kept = system.create("property", PROPERTY)
        system.work()
        system.clock.sleep(SHOWN)
        buildium.fault("status", path="*", status=404, times=None)

        system.update(kept, {"name": "Sunrise"})
        system.work_once()

        record = system.sync_of(kept)
        assert (record.status, record.attempts) == (Status.PENDING, 0)
        assert "BUILDIUM_BASE_URL" in (record.error_message or "")


class TestDeletedAutoCreatedUnit:
    @pytest.mark.parametrize("heard", [True, False], ids=["webhook", "no webhook"])
    def test_the_first_unit_replaces_a_deleted_auto_created_unit(
        self, system: System, buildium: Simulator, heard: bool
    ) -> None:
        property_ = system.create("property", PROPERTY)
        system.work()
        [auto] = buildium.state()["units"]
        buildium.delete("units", auto["Id"])
        if heard:
            assert (
                system.inbound.process_event(system.event("RentalUnit.Deleted", "UnitId", auto["Id"]))
                is EventStatus.IGNORED
            )
            assert system.store.auto_created_unit(property_.entity.ref, "unit") is None

        kept = unit(system, property_)
        system.work()

        [created] = buildium.state()["units"]
        assert created["Id"] != auto["Id"]
        assert (system.sync_of(kept).status, system.sync_of(kept).buildium_id) == (Status.SYNCED, created["Id"])
        assert system.store.local_ids([("unit", auto["Id"])]) == {}
        assert system.queue.dead_lettered == []

    def test_a_false_deleted_event_keeps_the_auto_created_unit(self, system: System, buildium: Simulator) -> None:
        property_ = system.create("property", PROPERTY)
        system.work()
        [auto] = buildium.state()["units"]

        system.inbound.process_event(system.event("RentalUnit.Deleted", "UnitId", auto["Id"]))

        kept = unit(system, property_)
        system.work()
        assert system.sync_of(kept).buildium_id == auto["Id"]

    def test_a_unit_is_created_if_its_claimed_unit_is_deleted(self, system: System, buildium: Simulator) -> None:
        property_ = system.create("property", PROPERTY)
        system.work()
        [auto] = buildium.state()["units"]
        kept = unit(system, property_)
        # The first attempt claims the auto-created unit during an outage.
        buildium.fault("status", method="GET", path="/rentals/units/*", status=503)
        system.work_once()
        assert system.sync_of(kept).buildium_id == auto["Id"]
        buildium.delete("units", auto["Id"])

        system.inbound.process_event(system.event("RentalUnit.Deleted", "UnitId", auto["Id"]))
        assert system.sync_of(kept).buildium_id is None
        system.work()

        assert not deleted(system, kept)
        assert [each["Id"] for each in buildium.state()["units"]] == [system.sync_of(kept).buildium_id]


class TestDeletedMatchesAndDefaults:
    def test_an_entity_is_created_if_its_import_match_is_deleted(
        self, system: System, buildium: Simulator, clock: VirtualClock
    ) -> None:
        kept = system.create("property", PROPERTY)
        system.queue.clear()
        address = {"AddressLine1": "123 Main St", "City": "Los Angeles", "State": "CA", "PostalCode": "90001"}
        rental = buildium.create(
            "rentals", {"Name": PROPERTY["name"], "Address": {**address, "Country": "UnitedStates"}}
        )
        matching = Matcher(system.store, system.queue, clock, system.inbound._scope)
        matching.resolve(by_name("property"), [CandidateMatch(kept.entity.ref.entity_id, rental["Id"])])
        assert system.sync_of(kept).buildium_id == rental["Id"]
        buildium.delete("rentals", rental["Id"])

        system.work()

        assert system.sync_of(kept).status is Status.SYNCED
        assert [each["Id"] for each in buildium.state()["rentals"]] == [system.sync_of(kept).buildium_id]

    @pytest.mark.parametrize("others", [0, 1, 2])
    def test_a_deleted_default_is_read_again(
        self, dynamodb: "DynamoDBClient", system: System, buildium: Simulator, others: int
    ) -> None:
        system.create("property", PROPERTY)
        system.work()
        [bank] = buildium.state()["bankaccounts"]
        made = [buildium.create("bankaccounts", _bank(n))["Id"] for n in range(others)]
        buildium.delete("bankaccounts", bank["Id"])

        kept = system.create("property", {**PROPERTY, "name": "Second"})
        system.work()

        record = system.sync_of(kept)
        assert record.status is (Status.SYNCED if others == 1 else Status.BLOCKED), record.error_message
        if others == 1:
            [rental] = [each for each in buildium.state()["rentals"] if each["Name"] == "Second"]
            assert rental["OperatingBankAccountId"] == made[0]

    def test_a_rejected_create_with_a_default_is_sent_once(self, system: System, buildium: Simulator) -> None:
        system.create("property", PROPERTY)
        system.work()
        buildium.clear_requests()
        buildium.fault("status", method="POST", path="/rentals", status=422, times=None)

        kept = system.create("property", {**PROPERTY, "name": "Second"})
        system.work()

        assert system.sync_of(kept).status is Status.FAILED
        assert system.calls("POST") == 1
