"""A vendor whose address in Buildium lacks a part that an update requires."""

from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.sync_status import Status
from tests.flows.system import System
from tests.flows.test_types import CASES, PAST_THE_ECHO, known, synced
from tests.simulator import Simulator

WHOLE = {
    "addressLine1": "9 Elm Ave",
    "city": "Oakland",
    "state": "CA",
    "postalCode": "94601",
    "country": "US",
}
NO_ADDRESS = dict.fromkeys((*WHOLE, "addressLine2", "addressLine3"))


def with_address(system: System, buildium: Simulator, address: dict[str, Any]) -> StoredEntity:
    """Return a synced vendor whose address was edited in Buildium."""
    kept = synced(system, CASES["vendor"])
    system.clock.sleep(PAST_THE_ECHO)
    buildium.edit("vendors", known(system, kept), {"Address": address})
    system.inbound.process_event(system.event("Vendor.Updated", "VendorId", known(system, kept)))
    return kept


@pytest.mark.parametrize(
    ("address", "lacking"),
    [
        ({"City": "Oakland", "Country": "UnitedStates"}, "addressLine1, postalCode"),
        ({"AddressLine1": "9 Elm Ave", "Country": "Germany"}, "postalCode"),
        ({"AddressLine1": "9 Elm Ave", "PostalCode": "94601"}, "country"),
        ({"AddressLine2": "Floor 2", "PostalCode": "94601", "Country": "Germany"}, "addressLine1"),
    ],
)
def test_an_update_with_part_of_an_address_is_blocked(
    system: System, buildium: Simulator, address: dict[str, Any], lacking: str
) -> None:
    kept = with_address(system, buildium, address)
    system.update(kept, {"comments": "Nights too."})
    system.work()

    record = system.sync_of(kept)
    assert (record.status, system.calls("PUT"), system.queue.dead_lettered) == (Status.BLOCKED, 0, [])
    assert f"requires {lacking} for an update" in (record.error_message or "")


@pytest.mark.parametrize("completion", [WHOLE, NO_ADDRESS])
def test_a_vendor_with_part_of_an_address_can_be_completed(
    system: System, buildium: Simulator, completion: dict[str, Any]
) -> None:
    kept = with_address(system, buildium, {"City": "Oakland", "Country": "UnitedStates"})
    kept = system.update(kept, {"comments": "Nights too."})
    system.work()
    system.update(kept, completion)
    system.work()

    assert system.sync_of(kept).status is Status.SYNCED
    assert buildium.get("vendors", known(system, kept))["Comments"] == "Nights too."


@pytest.mark.parametrize("address", [None, {"Country": "UnitedStates"}])
def test_a_vendor_without_an_address_is_updated(
    system: System, buildium: Simulator, address: dict[str, Any] | None
) -> None:
    kept = with_address(system, buildium, address or {})
    system.update(kept, {"comments": "Nights too."})
    system.work()

    assert system.sync_of(kept).status is Status.SYNCED
