"""Balances of leases, from the simulated ledger to the API."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from buildium_sync.composition.event_processor import EventProcessorComposition

import pytest

from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.clock import format_iso
from tests.flows.schedule import EVERY, TIME, Schedule
from tests.flows.system import System
from tests.simulator import Simulator
from tests.simulator.payloads import ledger_entry

ADDRESS = {"AddressLine1": "1 A St", "City": "Reno", "State": "NV", "PostalCode": "89501", "Country": "UnitedStates"}
PATH = "/v1/leases/outstandingbalances"


@pytest.fixture
def schedule(system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch) -> Schedule:
    return Schedule(system, monkeypatch)


@pytest.fixture
def lease_id(schedule: Schedule, buildium: Simulator) -> int:
    """The Buildium id of a lease that is also local."""
    rental = buildium.create("rentals", {"Name": "Elm House", "Address": ADDRESS})["Id"]
    unit = buildium.create("units", {"PropertyId": rental, "UnitNumber": "9", "Address": ADDRESS})["Id"]
    made = int(buildium.create("leases", {"UnitId": unit, "LeaseType": "AtWill", "LeaseFromDate": "2020-01-01"})["Id"])
    schedule.poll()
    assert schedule.of("lease", made).sync.buildium_id == made
    return made


def poll_balances(schedule: Schedule) -> None:
    """Run the poll of balances when it is due."""
    schedule.clock.sleep(EVERY)
    schedule.deadline = schedule.clock() + TIME
    schedule.reconcile.balance_poller(schedule.time_left).run()


def add_entry(schedule: Schedule, lease_id: int, kind: str, *amounts: float, days_ago: int = 0) -> None:
    """Add an entry to the simulated ledger, as a person in Buildium does."""
    day = datetime.fromtimestamp(schedule.clock(), UTC).date() - timedelta(days_ago)
    entry = ledger_entry(lease_id, kind, *amounts, Date=day.isoformat())
    schedule.system.buildium.create("leasetransactions", entry)


def balance(schedule: Schedule, lease_id: int) -> dict[str, Any]:
    return schedule.system.api.balances.read(schedule.of("lease", lease_id).entity.ref.entity_id)


def test_a_charge_is_in_the_balance_after_a_poll(schedule: Schedule, lease_id: int) -> None:
    poll_balances(schedule)
    assert balance(schedule, lease_id)["total"] == 0.0

    add_entry(schedule, lease_id, "Charge", 0.1, 0.2)
    add_entry(schedule, lease_id, "Charge", 1200.05, days_ago=45)
    poll_balances(schedule)

    found = balance(schedule, lease_id)
    assert (found["total"], found["asOf"]) == (1200.35, format_iso(schedule.clock()))
    assert found["aging"] == {"days0To30": 0.3, "days31To60": 1200.05, "days61To90": 0.0, "over90Days": 0.0}


def test_a_paid_lease_owes_nothing_after_a_poll(schedule: Schedule, lease_id: int) -> None:
    add_entry(schedule, lease_id, "Charge", 99.99)
    poll_balances(schedule)
    add_entry(schedule, lease_id, "Payment", 99.99)
    poll_balances(schedule)

    assert balance(schedule, lease_id)["total"] == 0.0
    assert schedule.system.api.balances.page(Decimal("0.01"), limit=10, cursor=None)["items"] == []


def test_a_refresh_after_an_event_makes_one_call(schedule: Schedule, lease_id: int, buildium: Simulator) -> None:
    poll_balances(schedule)
    schedule.clock.sleep(1)
    add_entry(schedule, lease_id, "Charge", 50.25)
    events = EventProcessorComposition.current()
    refresher = events.balance_refresher(events.client(lambda: TIME, Priority.INTERACTIVE))
    buildium.clear_requests()

    refresher.refresh([lease_id])

    assert schedule.system.calls("GET") == schedule.system.calls("GET", PATH) == 1
    assert balance(schedule, lease_id)["total"] == 50.25


def test_a_retried_poll_of_balances_replaces_balances_read_before_it(
    schedule: Schedule, lease_id: int, buildium: Simulator
) -> None:
    buildium.fault("status", "GET", "/leases/outstandingbalances", status=403)
    poll_balances(schedule)
    schedule.clock.sleep(1)
    add_entry(schedule, lease_id, "Charge", 50.25)
    events = EventProcessorComposition.current()
    events.balance_refresher(events.client(lambda: TIME, Priority.INTERACTIVE)).refresh([lease_id])
    assert balance(schedule, lease_id)["total"] == 50.25
    add_entry(schedule, lease_id, "Payment", 50.25)

    poll_balances(schedule)

    found = balance(schedule, lease_id)
    assert (found["total"], found["asOf"]) == (0.0, format_iso(schedule.clock()))


def test_a_failed_poll_of_balances_stops_no_other_poll(schedule: Schedule, lease_id: int, buildium: Simulator) -> None:
    add_entry(schedule, lease_id, "Charge", 10)
    poll_balances(schedule)
    before = balance(schedule, lease_id)
    buildium.fault("status", "GET", "/leases/outstandingbalances", status=403)
    add_entry(schedule, lease_id, "Charge", 20)
    poll_balances(schedule)

    assert balance(schedule, lease_id) == before
    buildium.edit("leases", lease_id, {"LeaseToDate": "2027-05-31", "LeaseType": "Fixed"})
    schedule.poll_later()
    assert schedule.of("lease", lease_id).entity.fields["leaseToDate"] == "2027-05-31"
