"""The terms of a lease that only Buildium changes, from Buildium to the API."""

from typing import Any

import pytest

from tests.flows.ledger_bodies import INCOME, income_account
from tests.flows.schedule import Schedule
from tests.flows.system import System
from tests.flows.test_drift import DriftOf
from tests.flows.test_related_events import receive_event
from tests.flows.test_tenants import NEW, START, lease, shown
from tests.flows.test_types import known
from tests.simulator import Simulator

RENT: dict[str, Any] = {
    "cycle": "Monthly",
    "charges": [{"amount": 1500.5, "glAccountId": INCOME, "nextDueDate": "2020-02-05"}],
}
DEPOSIT: dict[str, Any] = {"amount": 900.0, "dueDate": START}


def test_a_created_lease_shows_its_terms_in_buildium(system: System, buildium: Simulator) -> None:
    income_account(buildium)
    home = lease(system, tenants=[NEW], rent=RENT, securityDeposit=DEPOSIT)
    system.work()
    fields = shown(system, home)
    assert (fields["currentRent"], fields["currentSecurityDeposit"], fields["paymentDueDay"]) == (1500.5, 900.0, 5)
    assert (fields["termType"], fields["currentNumberOfOccupants"]) == ("Standard", 1)
    assert (fields["rent"]["cycle"], fields["securityDeposit"]) == ("Monthly", DEPOSIT)


def test_a_change_of_the_terms_in_buildium_arrives(system: System, buildium: Simulator) -> None:
    home = lease(system)
    system.work()
    buildium.edit("leases", known(system, home), {"AccountDetails": {"Rent": 1600.25, "SecurityDeposit": None}})
    receive_event(system, "Lease.Updated", LeaseId=known(system, home))
    system.work()
    assert (shown(system, home)["currentRent"], shown(system, home)["currentSecurityDeposit"]) == (1600.25, None)


def test_fields_that_buildium_never_shows_are_not_compared(
    system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    income_account(buildium)
    homes = [lease(system, rent=RENT, securityDeposit=DEPOSIT) for _ in range(2)]
    system.work()
    buildium.edit("leases", known(system, homes[0]), {"AccountDetails": {"SecurityDeposit": 5.0}})
    report = DriftOf(Schedule(system, monkeypatch)).compare("lease")
    [entry] = report["items"]
    assert [each["field"] for each in entry["fields"]] == ["currentSecurityDeposit"]
    for names in (entry["notCompared"], report["drift"]["types"]["lease"]["notCompared"]):
        assert {"rent", "securityDeposit", "sendWelcomeEmail"} <= set(names)
        assert not {"currentRent", "leaseFromDate", "tenantIds"} & set(names)
