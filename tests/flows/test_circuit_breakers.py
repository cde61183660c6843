"""Buildium rejects a key or permission, or is down: few calls, no dead letter, and all syncs finish later."""

import pytest

from buildium_sync.domain.sync_status import Status
from tests.flows.system import PROPERTY, System
from tests.harness.rounds import rounds_while
from tests.simulator import Simulator

MANY = 6


@pytest.mark.parametrize("status", [301, 302, 307, 308, 401, 503])
def test_syncs_wait_while_a_circuit_is_open_and_then_finish(system: System, buildium: Simulator, status: int) -> None:
    system.work()
    buildium.clear_requests()
    buildium.fault("status", path="/rentals", status=status, times=None)
    kept = [system.create("property", {**PROPERTY, "name": f"House {n}"}) for n in range(MANY)]
    began = system.clock()
    for _ in range(8 * MANY):
        system.work_once()

    seconds = system.clock() - began
    assert len(buildium.requests()) <= 20 + seconds / 30
    assert system.queue.dead_lettered == []
    for each in kept:
        record = system.sync_of(each)
        assert record.status is Status.PENDING
        assert str(status) in (record.error_message or "")

    buildium.clear_faults()
    system.work(1000)

    assert {system.sync_of(each).status for each in kept} == {Status.SYNCED}
    assert len(buildium.state()["rentals"]) == MANY


def test_a_missing_permission_stops_no_other_type(system: System, buildium: Simulator) -> None:
    buildium.fault("status", path="/vendors", status=403, times=None)
    vendors = [system.create("vendor", {"isCompany": True, "companyName": f"V{n}", "categoryId": 1}) for n in range(5)]
    for _ in range(15):
        system.work_once()
    buildium.clear_requests()
    house = system.create("property", PROPERTY)
    for _ in rounds_while(lambda: system.sync_of(house).status is not Status.SYNCED):
        system.work_once()

    assert {system.sync_of(vendor).status for vendor in vendors} == {Status.PENDING}
    assert "403" in (system.sync_of(vendors[0]).error_message or "")
