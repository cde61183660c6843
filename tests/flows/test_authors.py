"""Each version of an entity names its author or the way by which it came from Buildium."""

import pytest

from buildium_sync.api.client_request import Author
from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.entity import ChangeSource, Entity, Origin
from buildium_sync.entity_types.registry import by_name
from tests.flows.schedule import Schedule
from tests.flows.system import PROPERTY, System
from tests.flows.test_history import receive_event, rental_id
from tests.flows.test_poll import ADDRESS
from tests.simulator import Simulator


@pytest.fixture
def synced(system: System, buildium: Simulator) -> StoredEntity:
    kept = system.create("property", {**PROPERTY, "operatingBankAccountId": 1})
    system.work()
    system.clock.sleep(60)
    return kept


def now(system: System, kept: StoredEntity) -> Entity:
    return system.records.read(kept.entity_type, kept.entity.ref.entity_id).entity


def test_a_client_write_stores_the_clients_api_key_id(system: System, synced: StoredEntity) -> None:
    entity_id = synced.entity.ref.entity_id
    system.records.update(by_name("property"), entity_id, {"name": "One"}, Author("c", "key-1"))
    assert (now(system, synced).api_key_id, now(system, synced).via) == ("key-1", None)
    system.records.update(by_name("property"), entity_id, {"name": "Two"}, Author("c", "key-2"))
    assert now(system, synced).api_key_id == "key-2"


def test_a_webhook_change_stores_its_source_and_no_client(
    system: System, buildium: Simulator, synced: StoredEntity
) -> None:
    system.records.update(by_name("property"), synced.entity.ref.entity_id, {"name": "One"}, Author("c", "key-1"))
    buildium.edit("rentals", rental_id(system, synced), {"StructureDescription": "Brick"})
    receive_event(system, synced)
    entity = now(system, synced)
    assert (entity.origin, entity.via, entity.api_key_id) == (Origin.BUILDIUM, ChangeSource.WEBHOOK, None)


def test_a_change_found_during_an_update_has_the_source_sync(
    system: System, buildium: Simulator, synced: StoredEntity
) -> None:
    buildium.edit("rentals", rental_id(system, synced), {"StructureDescription": "Brick"})
    system.update(synced, {"name": "One"})
    system.work()
    assert (now(system, synced).origin, now(system, synced).via) == (Origin.BUILDIUM, ChangeSource.SYNC)


@pytest.mark.parametrize("via", [ChangeSource.POLL, ChangeSource.IMPORT])
def test_a_polled_or_imported_change_stores_its_source(
    system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch, via: ChangeSource
) -> None:
    schedule = Schedule(system, monkeypatch)

    def bring() -> None:
        if via is ChangeSource.POLL:
            schedule.poll_later()
        else:
            schedule.import_all("property")

    buildium.create("rentals", {"Address": ADDRESS})
    bring()
    assert {kept.entity.via for kept in schedule.kept("property")} == {via}
    buildium_id = schedule.kept("property")[0].sync.buildium_id
    assert buildium_id is not None
    system.clock.sleep(60)
    buildium.edit("rentals", buildium_id, {"Name": "Edited there"})
    system.clock.sleep(60)
    bring()
    assert schedule.of("property", buildium_id).entity.via is via
