"""Rules of rent schedules and renewals, and of every operation of a lease."""

import pytest
import requests

from tests.clocks import VirtualClock
from tests.simulator import Simulator
from tests.simulator.conftest import Caller
from tests.simulator.model import Json
from tests.simulator.payloads import lease, move_out, renewal, rent, rent_schedule, tenant
from tests.simulator.rented_home import RentedHome

pytestmark = pytest.mark.sends_invalid_requests

CHARGE = rent()["Charges"][0]


class TestRentSchedules:
    def test_a_lease_with_rent_has_a_schedule(self, rented: RentedHome) -> None:
        [schedule] = rented.listed("rent")
        [charge] = schedule.pop("Charges")
        assert schedule == {
            "Id": 11001,
            "StartDate": "2026-01-01",
            "EndDate": None,
            "TotalAmount": 1500,
            "RentCycle": "Monthly",
            "BackdateCharges": False,
            "CreatedDateTime": "2026-01-05T09:00:00Z",
            "CreatedByUserId": None,
        }
        assert charge.items() >= {"GLAccountId": 301, "Amount": 1500, "FirstChargeDate": "2026-02-03"}.items()
        assert (charge["PostDaysInAdvance"], charge["DueOnDayOfTheMonth"], charge["Memo"]) == (0, 3, None)

    def test_a_started_schedule_sets_the_rent_of_the_lease(self, rented: RentedHome, clock: VirtualClock) -> None:
        higher = rent_schedule(
            StartDate="2026-01-06", Charges=[{**CHARGE, "Amount": 1600.1}, {**CHARGE, "Amount": 0.2}]
        )
        made = rented.created("rent", higher)
        assert (made["TotalAmount"], rented.listed("rent")[-1]["EndDate"]) == (1600.3, "2026-01-05")
        assert rented.shown()["AccountDetails"]["Rent"] == 1500
        clock.now += 86400
        assert rented.shown()["AccountDetails"]["Rent"] == 1600.3
        assert rented.call("GET", f"{rented.path}/rent/{made['Id']}").json() == made

    def test_a_put_replaces_the_charges_but_not_the_start(self, rented: RentedHome) -> None:
        [schedule] = rented.listed("rent")
        path = f"{rented.path}/rent/{schedule['Id']}"
        put = rented.call("PUT", path, rent_schedule(RentCycle="Weekly", Charges=[{**CHARGE, "Amount": 400}])).json()
        assert (put["RentCycle"], put["TotalAmount"], put["StartDate"]) == ("Weekly", 400, "2026-01-01")
        assert put["Charges"][0]["DueOnDayOfTheMonth"] is None
        assert rented.shown()["AccountDetails"]["Rent"] == 400
        assert rented.call.rejected_keys("PUT", path, rent_schedule(StartDate="2026-01-01")) == ["StartDate"]

    @pytest.mark.parametrize("first", [None, "2026-01-01"])
    def test_the_first_schedule_starts_with_the_lease(self, call: Caller, flat: int, first: str | None) -> None:
        empty = RentedHome(call, call.created("/leases", lease(flat)))
        assert empty.rejected_keys("rent", rent_schedule(StartDate="2026-01-02")) == ["StartDate"]
        assert empty.created("rent", rent_schedule(StartDate=first))["StartDate"] == "2026-01-01"

    @pytest.mark.parametrize(
        ("changes", "key"),
        [
            ({"StartDate": "2026-01-01"}, "StartDate"),
            ({"RentCycle": "OneTime"}, "RentCycle"),
            ({"RentCycle": None}, "RentCycle"),
            ({"BackdateCharges": None}, "BackdateCharges"),
            ({"Charges": []}, "Charges"),
            ({"Charges": [{**CHARGE, "GlAccountId": 9}]}, "Charges[0].GlAccountId"),
            ({"Charges": [{**CHARGE, "NextDueDate": None}]}, "Charges[0].NextDueDate"),
            ({"Charges": [{**CHARGE, "PostDaysInAdvance": 0.5}]}, "Charges[0].PostDaysInAdvance"),
        ],
    )
    def test_an_invalid_schedule_is_rejected(self, rented: RentedHome, changes: Json, key: str) -> None:
        assert rented.rejected_keys("rent", rent_schedule(**changes)) == [key]
        assert len(rented.listed("rent")) == 1


class TestRenewals:
    def test_a_renewal_starts_after_the_lease_with_its_rent(self, rented: RentedHome) -> None:
        made = rented.created("renewals", renewal(TenantIds=rented.tenants[:1], Rent=rent(Cycle="Quarterly")))
        schedule = rented.listed("rent")[0]
        assert (schedule["StartDate"], schedule["RentCycle"]) == ("2027-01-01", "Quarterly")
        assert made == {
            "Id": 12001,
            "LeaseStatus": "Future",
            "LeaseFromDate": "2027-01-01",
            "LeaseToDate": "2027-12-31",
            "LeaseType": "Fixed",
            "Rent": 1500,
            "RentId": schedule["Id"],
            "TenantIds": rented.tenants[:1],
        }
        assert rented.listed("renewals") == [made]
        assert [person["Id"] for person in rented.shown()["Tenants"]] == rented.tenants
        assert rented.call("GET", f"{rented.path}/renewals/{made['Id']}").json() == made

    def test_a_renewal_creates_its_new_tenants_and_cosigners(self, rented: RentedHome) -> None:
        body = renewal(Tenants=[tenant(FirstName="Ada")], Cosigners=[{"FirstName": "Eva", "LastName": "Lind"}])
        [tenant_id] = rented.created("renewals", body)["TenantIds"]
        assert rented.call("GET", f"/leases/tenants/{tenant_id}").json()["FirstName"] == "Ada"
        shown = rented.shown()
        assert [person["Id"] for person in shown["Tenants"]] == [*rented.tenants, tenant_id]
        assert [person["FirstName"] for person in shown["Cosigners"]] == ["Eva"]

    def test_a_second_renewal_conflicts_until_the_first_starts(self, rented: RentedHome, clock: VirtualClock) -> None:
        body = renewal(TenantIds=rented.tenants)
        rented.created("renewals", body)
        path = f"{rented.path}/renewals"
        assert rented.call("POST", path, {**body, "LeaseToDate": "2028-12-31"}).status_code == 409
        clock.now += 365 * 86400
        assert rented.created("renewals", {**body, "LeaseToDate": "2028-12-31"})["LeaseFromDate"] == "2028-01-01"

    @pytest.mark.parametrize(
        ("changes", "key"),
        [
            ({"TenantIds": None}, "TenantIds"),
            ({"TenantIds": [99]}, "TenantIds[0]"),
            ({"Tenants": [tenant(LastName=None)]}, "Tenants[0].LastName"),
            ({"LeaseToDate": None}, "LeaseToDate"),
            ({"LeaseToDate": "2027-01-01"}, "LeaseToDate"),
            ({"LeaseType": "AtWill"}, "LeaseToDate"),
            ({"Rent": None}, "Rent"),
            ({"SendWelcomeEmail": None}, "SendWelcomeEmail"),
            ({"LeaseFromDate": "2027-01-01"}, "LeaseFromDate"),
            ({"RecurringChargesToStop": [1]}, "RecurringChargesToStop[0]"),
            ({"RecurringChargesToCreate": [{}]}, "RecurringChargesToCreate[0].GLAccountId"),
        ],
    )
    def test_an_invalid_renewal_is_rejected(self, rented: RentedHome, changes: Json, key: str) -> None:
        body = {**renewal(TenantIds=rented.tenants), **changes}
        assert key in rented.rejected_keys("renewals", body)
        assert rented.listed("renewals") == []


@pytest.mark.parametrize(
    ("name", "body"),
    [("rent", rent_schedule(StartDate="2026-02-01")), ("renewals", renewal()), ("moveouts", move_out(0))],
)
class TestEveryOperation:
    def test_a_lost_create_happens_once(self, rented: RentedHome, buildium: Simulator, name: str, body: Json) -> None:
        before = len(rented.listed(name))
        buildium.fault("reset_after", "POST", f"/leases/*/{name}")
        with pytest.raises(requests.ConnectionError):
            rented.call("POST", f"{rented.path}/{name}", named(body, rented))
        assert len(rented.listed(name)) == before + 1

    def test_a_hidden_create_is_listed_later(
        self, rented: RentedHome, buildium: Simulator, clock: VirtualClock, name: str, body: Json
    ) -> None:
        before = rented.listed(name)
        buildium.fault("hidden", "POST", f"/leases/*/{name}", seconds=30)
        made = rented.created(name, named(body, rented))
        assert len(rented.listed(name)) == len(before)
        clock.now += 30
        assert made in rented.listed(name)

    def test_an_operation_belongs_to_one_lease(
        self, rented: RentedHome, call: Caller, flat: int, name: str, body: Json
    ) -> None:
        made = rented.created(name, named(body, rented))
        other = call.created("/leases", lease(flat))["Id"]
        entity_id = made["TenantId"] if name == "moveouts" else made["Id"]
        assert call("GET", f"{rented.path}/{name}/{entity_id}").json() == made
        assert call("GET", f"/leases/{other}/{name}").json() == []
        assert call("GET", f"/leases/{other}/{name}/{entity_id}").status_code == 404

    def test_an_unknown_lease_is_not_found(self, rented: RentedHome, name: str, body: Json) -> None:
        path = f"/leases/99/{name}"
        assert rented.call("GET", path).status_code == 404
        assert rented.call("POST", path, named(body, rented)).status_code == 404


def named(body: Json, rented: RentedHome) -> Json:
    """The payload with the tenants of the lease."""
    if "TenantId" in body:
        return {**body, "TenantId": rented.tenants[0]}
    return {**body, "TenantIds": rented.tenants} if "LeaseType" in body else body
