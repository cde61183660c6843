"""What leases owe."""

import pytest

from tests.clocks import VirtualClock
from tests.simulator import Simulator
from tests.simulator.conftest import Caller
from tests.simulator.model import Json
from tests.simulator.payloads import charge, lease, ledger_line, owner, payment

pytestmark = pytest.mark.sends_invalid_requests

PATH = "/leases/outstandingbalances"
TODAY = "2026-01-05"


def charged(call: Caller, lease_id: int, amount: float, day: str = TODAY) -> None:
    call("POST", f"/leases/{lease_id}/charges", charge(ledger_line(amount), Date=day)).raise_for_status()


def paid(call: Caller, lease_id: int, amount: float, day: str = TODAY) -> int:
    entry_id: int = call.created(f"/leases/{lease_id}/payments", payment(ledger_line(amount), Date=day))["Id"]
    return entry_id


def balances(call: Caller, **parameters: object) -> list[Json]:
    response = call("GET", PATH, params=parameters)
    assert response.status_code == 200, response.text
    rows: list[Json] = response.json()
    return rows


def test_only_leases_that_owe_are_listed(call: Caller, home: int, flat: int, lease_id: int) -> None:
    assert balances(call) == []
    charged(call, lease_id, 0.1)
    charged(call, lease_id, 0.2)
    [row] = balances(call)
    assert (row["LeaseId"], row["PropertyId"], row["UnitId"]) == (lease_id, home, flat)
    assert (row["TotalBalance"], row["Balances"]) == (0.3, [{"GlAccountId": 301, "TotalBalance": 0.3}])
    paid(call, lease_id, 0.3)
    assert balances(call) == []
    paid(call, lease_id, 5)
    assert balances(call) == []


def test_payments_settle_the_oldest_charges_first(call: Caller, lease_id: int) -> None:
    for day in ("2025-10-06", "2025-10-07", "2025-11-06", "2025-12-06"):
        charged(call, lease_id, 100, day)
    paid(call, lease_id, 150)
    [row] = balances(call)
    assert (row["BalanceOver90Days"], row["Balance61To90Days"]) == (0.0, 50.0)
    assert (row["Balance31To60Days"], row["Balance0To30Days"], row["TotalBalance"]) == (100.0, 100.0, 250.0)


def test_entries_of_later_days_do_not_count_yet(call: Caller, clock: VirtualClock, lease_id: int) -> None:
    charged(call, lease_id, 100, "2026-01-06")
    assert balances(call) == []
    clock.now += 24 * 60 * 60
    assert balances(call)[0]["TotalBalance"] == 100.0


def test_a_reversed_payment_is_owed_again(call: Caller, buildium: Simulator, lease_id: int) -> None:
    charged(call, lease_id, 100)
    payment_id = paid(call, lease_id, 100)
    buildium.deposit(payment_id)
    buildium.reverse(payment_id, TODAY)
    assert balances(call)[0]["TotalBalance"] == 100.0


def test_a_hidden_entry_does_not_count_yet(
    call: Caller, buildium: Simulator, clock: VirtualClock, lease_id: int
) -> None:
    buildium.fault("hidden", "POST", "/leases/*", seconds=20)
    charged(call, lease_id, 100)
    assert balances(call) == []
    clock.now += 20
    assert balances(call)[0]["TotalBalance"] == 100.0


def test_balances_are_filtered(call: Caller, buildium: Simulator, home: int, flat: int, lease_id: int) -> None:
    other = call.created("/leases", lease(flat, LeaseFromDate="2026-02-01"))["Id"]
    owner_id = call.created("/rentals/owners", owner(home))["Id"]
    charged(call, lease_id, 100)
    charged(call, other, 100, "2025-12-01")
    buildium.edit("leases", other, {"IsEvictionPending": True})

    def found(**parameters: object) -> list[int]:
        return [row["LeaseId"] for row in balances(call, orderby="LeaseId", **parameters)]

    assert found() == found(entitytype="Rental", entityid=home) == [lease_id, other]
    assert found(entitytype="RentalOwner", entityid=owner_id) == found(pastdueemail="NoEmailAddress")
    assert found(leaseids=[other, 99]) == found(leasestatuses=["Future"]) == [other]
    assert found(balanceduration="Balance31to60Days") == found(evictionstatus="EvictionPending") == [other]
    assert found(balanceduration="Balance0to30Days", evictionstatus="NotEvictionPending") == [lease_id]
    assert found(entitytype="Rental", entityid=99) == found(pastdueemail="Sent") == []
    assert call.rejected_keys("GET", f"{PATH}?minimum=5", {}) == ["minimum"]
    assert call("GET", f"{PATH}/{lease_id}").status_code == 404
