"""A soft-deleted entity that Buildium still has is restored."""

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.sync_status import Status
from tests.flows.schedule import Schedule
from tests.flows.system import PROPERTY, System
from tests.flows.test_drift import DriftOf
from tests.simulator import Simulator


@pytest.fixture
def deleted(system: System) -> StoredEntity:
    """A property that is deleted here, although Buildium has it."""
    stored = system.create("property", PROPERTY)
    system.work()
    system.clock.sleep(60)
    system.inbound.mark_deleted(stored.entity_type, stored.entity.ref)
    return current(system, stored)


def current(system: System, stored: StoredEntity) -> StoredEntity:
    return system.records.read(stored.entity_type, stored.entity.ref.entity_id)


def process(system: System, stored: StoredEntity) -> EventStatus:
    return system.inbound.process_event(system.event("Rental.Updated", "PropertyId", stored.sync.buildium_id or 0))


def test_an_event_restores_a_deleted_entity(system: System, buildium: Simulator, deleted: StoredEntity) -> None:
    buildium.edit("rentals", deleted.sync.buildium_id or 0, {"Name": "Sunset"})

    assert process(system, deleted) is EventStatus.PROCESSED

    restored = current(system, deleted)
    assert (restored.entity.deleted_at, restored.sync.status) == (None, Status.SYNCED)
    assert (restored.entity.fields["name"], restored.entity.fields["status"]) == ("Sunset", "Active")
    assert (restored.sync.error_code, restored.entity.version) == (None, deleted.entity.version + 1)


def test_an_import_restores_a_deleted_entity(
    system: System, deleted: StoredEntity, monkeypatch: pytest.MonkeyPatch
) -> None:
    Schedule(system, monkeypatch).import_all("property")

    assert current(system, deleted).entity.deleted_at is None


def test_a_repair_restores_a_deleted_entity(
    system: System, deleted: StoredEntity, monkeypatch: pytest.MonkeyPatch
) -> None:
    drift = DriftOf(Schedule(system, monkeypatch))
    [entry] = drift.compare("property")["items"]
    assert (entry["kind"], entry["writes"][0]["action"]) == ("remoteOnly", "create")
    drift.repair()

    assert current(system, deleted).entity.deleted_at is None


def test_a_restored_entity_accepts_and_syncs_changes(
    system: System, buildium: Simulator, deleted: StoredEntity
) -> None:
    process(system, deleted)
    system.update(current(system, deleted), {**PROPERTY, "name": "Sunrise"})
    system.work()

    [remote] = buildium.state()["rentals"]
    assert remote["Name"] == "Sunrise"


def test_an_entity_that_buildium_lacks_stays_deleted(
    system: System, buildium: Simulator, deleted: StoredEntity
) -> None:
    buildium.delete("rentals", deleted.sync.buildium_id or 0)

    assert process(system, deleted) is EventStatus.IGNORED
    assert current(system, deleted).entity.deleted_at is not None
