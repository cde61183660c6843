"""Rules of move-outs of tenants."""

import pytest

from tests.clocks import VirtualClock
from tests.simulator import Simulator
from tests.simulator.conftest import Caller, Receiver
from tests.simulator.payloads import lease, move_out, tenant
from tests.simulator.rented_home import RentedHome

pytestmark = pytest.mark.sends_invalid_requests


def test_a_move_out_is_read_by_tenant_and_lease(rented: RentedHome) -> None:
    first, second = rented.tenants
    made = rented.created("moveouts", move_out(first, MoveOutDate="2026-01-05", NoticeGivenDate="2026-01-02"))
    assert made == {"TenantId": first, "MoveOutDate": "2026-01-05", "NoticeGivenDate": "2026-01-02"}
    assert rented.listed("moveouts") == [made]
    assert rented.call("GET", f"{rented.path}/moveouts/{first}").json() == made
    assert rented.call("GET", f"{rented.path}/moveouts/{second}").status_code == 404
    shown = rented.shown()
    assert (shown["MoveOutData"], [person["Id"] for person in shown["CurrentTenants"]]) == ([made], [second])
    assert [person["Status"] for person in shown["Tenants"]] == ["MovedOut", "Current"]


def test_a_deleted_move_out_keeps_the_tenant(rented: RentedHome, clock: VirtualClock) -> None:
    path = f"{rented.path}/moveouts/{rented.tenants[0]}"
    rented.created("moveouts", move_out(rented.tenants[0], MoveOutDate="2026-01-05"))
    clock.now += 60
    response = rented.call("DELETE", path)
    assert (response.status_code, response.content) == (204, b"")
    assert [rented.call(method, path).status_code for method in ("DELETE", "GET")] == [404, 404]
    shown = rented.shown()
    assert (shown["MoveOutData"], shown["CurrentNumberOfOccupants"]) == ([], 2)
    assert shown["LastUpdatedDateTime"] == "2026-01-05T09:01:00Z"


def test_one_tenant_moves_out_of_two_leases(rented: RentedHome, call: Caller, flat: int) -> None:
    other = RentedHome(call, call.created("/leases", lease(flat, TenantIds=rented.tenants)))
    for home, day in ((rented, "2026-01-31"), (other, "2026-03-31")):
        home.created("moveouts", move_out(rented.tenants[0], MoveOutDate=day))
    assert [home.listed("moveouts")[0]["MoveOutDate"] for home in (rented, other)] == ["2026-01-31", "2026-03-31"]


def test_an_invalid_move_out_is_rejected(rented: RentedHome, call: Caller, flat: int) -> None:
    stranger = call.created("/leases", lease(flat, Tenants=[tenant()]))["Tenants"][0]["Id"]
    for tenant_id in (99, stranger):
        assert rented.rejected_keys("moveouts", move_out(tenant_id)) == ["TenantId"]
    assert rented.rejected_keys("moveouts", move_out(rented.tenants[0], MoveOutDate=None)) == ["MoveOutDate"]
    rented.created("moveouts", move_out(rented.tenants[0]))
    assert rented.rejected_keys("moveouts", move_out(rented.tenants[0])) == ["TenantId"]


def test_only_the_creation_of_a_move_out_sends_an_event(
    rented: RentedHome, buildium: Simulator, receiver: Receiver
) -> None:
    buildium.configure_webhooks(url=receiver.url)
    tenant_id = rented.tenants[0]
    rented.created("moveouts", move_out(tenant_id))
    rented.call("DELETE", f"{rented.path}/moveouts/{tenant_id}")
    event = buildium.move_out(rented.lease["Id"], tenant_id, "2026-01-31")
    assert buildium.wait_for_webhooks()
    sent = [delivery.body for delivery in buildium.deliveries()]
    assert [one["EventName"] for one in sent[-2:]] == ["Lease.MoveOut.Created"] * 2
    assert event == sent[-1]
    assert sent[-2].items() >= {"LeaseId": rented.lease["Id"], "TenantId": tenant_id}.items()
    assert set(sent[-2]) == {"EventName", "EventDateTime", "AccountId", "LeaseId", "TenantId"}
