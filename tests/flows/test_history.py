"""Every overwritten value is in the entity's history, from both sides."""

from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.change_record import to_response
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import ConcurrentWrite
from buildium_sync.store.writes import Writes
from tests.flows.system import PROPERTY, System
from tests.flows.test_outbound import RENAMED
from tests.simulator import Simulator

PAST_THE_ECHO = 60.0


@pytest.fixture
def synced(system: System, buildium: Simulator) -> StoredEntity:
    """A synced property, with no expected echo."""
    kept = system.create("property", {**PROPERTY, "operatingBankAccountId": 1})
    system.work()
    system.clock.sleep(PAST_THE_ECHO)
    return kept


def rental_id(system: System, kept: StoredEntity) -> int:
    buildium_id = system.sync_of(kept).buildium_id
    assert buildium_id is not None
    return buildium_id


def receive_event(system: System, kept: StoredEntity, name: str = "Rental.Updated") -> None:
    """Apply the webhook event of an edit in Buildium."""
    system.clock.sleep(1)
    system.inbound.process_event(system.event(name, "PropertyId", rental_id(system, kept)))


def history(system: System, kept: StoredEntity) -> list[dict[str, Any]]:
    entries, _ = system.records.history(kept.entity_type, kept.entity.ref.entity_id, limit=100, cursor=None)
    return [to_response(entry, None) for entry in entries]


def test_a_create_has_no_change_history(system: System, buildium: Simulator, synced: StoredEntity) -> None:
    assert history(system, synced) == []


def test_a_clients_update_keeps_the_old_value(system: System, buildium: Simulator, synced: StoredEntity) -> None:
    updated = system.update(synced, RENAMED)
    system.work()

    change = {"name": {"old": PROPERTY["name"], "new": RENAMED["name"]}}
    assert history(system, synced) == [
        {
            "at": updated.entity.updated_at,
            "origin": "api",
            "apiKeyId": None,
            "operator": None,
            "version": 2,
            "changes": change,
            "conflict": [],
        }
    ]


def test_an_update_without_changes_has_no_history(system: System, buildium: Simulator, synced: StoredEntity) -> None:
    system.update(synced, {"name": PROPERTY["name"]})

    assert history(system, synced) == []


def test_an_edit_in_buildium_keeps_the_old_local_value(
    system: System, buildium: Simulator, synced: StoredEntity
) -> None:
    buildium.edit("rentals", rental_id(system, synced), {"Name": "Edited there"})
    receive_event(system, synced)

    [entry] = history(system, synced)
    assert (entry["origin"], entry["version"]) == ("buildium", 2)
    assert entry["changes"] == {"name": {"old": PROPERTY["name"], "new": "Edited there"}}


def test_a_change_found_during_an_update_is_in_the_history(
    system: System, buildium: Simulator, synced: StoredEntity
) -> None:
    buildium.edit("rentals", rental_id(system, synced), {"StructureDescription": "Brick"})
    system.update(synced, RENAMED)
    system.work()

    newest, older = history(system, synced)
    assert (newest["origin"], newest["version"], older["origin"]) == ("buildium", 3, "api")
    assert newest["changes"] == {"structureDescription": {"old": None, "new": "Brick"}}


def test_a_deletion_is_in_the_history_with_its_changes(
    system: System, buildium: Simulator, synced: StoredEntity
) -> None:
    buildium.delete("rentals", rental_id(system, synced))
    receive_event(system, synced, "Rental.Deleted")

    [entry] = history(system, synced)
    assert (entry["origin"], entry["changes"]["status"]) == ("buildium", {"old": "Active", "new": "Inactive"})
    assert entry["changes"]["deletedAt"]["old"] is None


def test_the_history_is_newest_first(system: System, buildium: Simulator, synced: StoredEntity) -> None:
    kept = synced
    for name in ("One", "Two", "Three"):
        system.clock.sleep(1)
        kept = system.update(kept, {"name": name})

    assert [entry["changes"]["name"]["new"] for entry in history(system, synced)] == ["Three", "Two", "One"]


def test_an_update_and_its_history_entry_are_written_atomically(
    system: System, buildium: Simulator, synced: StoredEntity, monkeypatch: pytest.MonkeyPatch
) -> None:
    def impossible(changes: Writes, _entry: object) -> Any:
        return changes.put_link(EntityRef("property", "another"), rental_id(system, synced))

    monkeypatch.setattr(Writes, "put_history", impossible)
    with pytest.raises(ConcurrentWrite):
        system.update(synced, RENAMED)

    assert system.fields_of(synced)["name"] == PROPERTY["name"]
    assert system.sync_of(synced).status is Status.SYNCED


def test_a_bank_accounts_numbers_are_not_in_its_history(system: System, buildium: Simulator) -> None:
    account = {"name": "Operating", "bankAccountType": "Checking", "country": "US"}
    kept = system.create("bank-account", {**account, "accountNumber": "123456789", "routingNumber": "021000021"})
    system.work()
    system.update(kept, {"accountNumber": "987654321"})

    entries = history(system, kept)
    assert entries[0]["changes"]["accountNumber"] == "changed"
    assert not [number for number in ("123456789", "987654321", "021000021") if number in str(entries)]
