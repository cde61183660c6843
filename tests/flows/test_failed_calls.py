"""A failed Buildium call is stored with the entity that it was made for."""

from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import BuildiumError
from buildium_sync.store.dynamodb import Item
from buildium_sync.store.failed_call_items import FailedCallStore
from tests.aws import ACTIVITY
from tests.flows.system import PROPERTY, System
from tests.simulator import Simulator


def failed_calls(system: System, ref: EntityRef | None) -> list[Item]:
    """Return the stored calls for an entity, or for no entity."""
    return FailedCallStore(system.dynamodb, ACTIVITY, system.clock).page(ref, limit=10, cursor=None)[0]


def test_a_rejected_write_is_stored_with_its_entity(system: System, buildium: Simulator) -> None:
    buildium.fault("status", method="POST", path="/rentals", status=422, body={"UserMessage": "The name is taken."})
    kept = system.create("property", PROPERTY)
    system.work()
    [call] = failed_calls(system, kept.entity.ref)
    assert (call["method"], call["path"], call["status"]) == ("POST", "/rentals", 422)
    assert PROPERTY["name"] in call["requestBody"]
    assert call["responseBody"] == '{"UserMessage":"The name is taken."}'


def test_a_failed_read_for_an_event_is_stored_with_its_entity(system: System, buildium: Simulator) -> None:
    kept = system.create("property", PROPERTY)
    system.work()
    system.clock.sleep(60)
    buildium_id = system.sync_of(kept).buildium_id
    buildium.fault("status", method="GET", path=f"/rentals/{buildium_id}", status=500)
    with pytest.raises(BuildiumError):
        system.inbound.process_event(system.event("Rental.Updated", "PropertyId", buildium_id))
    assert [call["status"] for call in failed_calls(system, kept.entity.ref)] == [500]


def test_a_call_without_an_entity_is_stored_separately(system: System, buildium: Simulator) -> None:
    buildium.fault("status", method="GET", path="/rentals/77", status=500)
    with pytest.raises(BuildiumError):
        system.inbound.process_event(system.event("Rental.Updated", "PropertyId", 77))
    assert [call["path"] for call in failed_calls(system, None)] == ["/rentals/77"]


def test_a_sync_continues_if_its_failed_call_cannot_be_stored(
    system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any) -> None:
        raise ConnectTimeoutError(endpoint_url="dynamodb")

    monkeypatch.setattr(FailedCallStore, "add", fail)
    buildium.fault("status", method="POST", path="/rentals", status=422)
    kept = system.create("property", PROPERTY)
    system.work()
    assert system.sync_of(kept).status is Status.FAILED
