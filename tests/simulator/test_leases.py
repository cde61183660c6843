"""Rules of leases and their tenants."""

import pytest

from tests.clocks import VirtualClock
from tests.simulator import Simulator
from tests.simulator.conftest import Caller
from tests.simulator.payloads import lease, lease_update, rent, tenant

pytestmark = pytest.mark.sends_invalid_requests


def test_a_lease_response_includes_property_times_and_tenants(call: Caller, home: int, flat: int) -> None:
    written = lease(
        flat,
        Tenants=[tenant(), tenant(FirstName="Ada", TaxId="123456789")],
        Cosigners=[{"FirstName": "Eva", "LastName": "Lind"}],
        Rent=rent(),
        SecurityDeposit={"DueDate": "2026-01-01", "Amount": 900},
    )
    made = call.created("/leases", written)
    assert (made["PropertyId"], made["UnitNumber"]) == (home, "1")
    assert made["CreatedDateTime"] == made["LastUpdatedDateTime"] == "2026-01-05T09:00:00Z"
    assert made["AccountDetails"] == {"SecurityDeposit": 900, "Rent": 1500}
    assert [person["FirstName"] for person in made["CurrentTenants"]] == ["Noor", "Ada"]
    assert (made["CurrentNumberOfOccupants"], made["PaymentDueDay"], made["TermType"]) == (2, 3, "Standard")
    assert made["Cosigners"][0]["FirstName"] == "Eva"
    assert call("GET", f"/leases/{made['Id']}").json() == made
    assert call.ids("/leases/tenants", propertyids=home, orderby="Id") == [t["Id"] for t in made["Tenants"]]


def test_leases_do_not_share_tenants(call: Caller, flat: int) -> None:
    made = call.created("/leases", lease(flat, Tenants=[tenant()]))
    known = made["Tenants"][0]["Id"]
    assert call.created("/leases", lease(flat))["Tenants"] == []
    again = call.created("/leases", lease(flat, TenantIds=[known]))
    assert [person["Id"] for person in again["CurrentTenants"]] == [known]


def test_a_put_changes_dates_and_keeps_tenants_and_rent(call: Caller, flat: int, clock: VirtualClock) -> None:
    made = call.created("/leases", lease(flat, Tenants=[tenant()], Rent=rent()))
    clock.now += 60
    body = lease_update(flat, LeaseToDate="2027-06-30", IsEvictionPending=True)
    put = call("PUT", f"/leases/{made['Id']}", body).json()
    changed = {
        "LeaseToDate": "2027-06-30",
        "IsEvictionPending": True,
        "LastUpdatedDateTime": "2026-01-05T09:01:00Z",
    }
    assert put == {**made, **changed}


@pytest.mark.parametrize("key", ["Tenants", "TenantIds", "Cosigners", "Rent", "SendWelcomeEmail", "PropertyId"])
def test_a_put_rejects_fields_outside_its_schema(call: Caller, flat: int, key: str) -> None:
    made = call.created("/leases", lease(flat))
    assert call.rejected_keys("PUT", f"/leases/{made['Id']}", lease_update(flat, **{key: None})) == [key]


def test_a_put_requires_the_eviction_flag(call: Caller, flat: int) -> None:
    made = call.created("/leases", lease(flat))
    body = lease_update(flat, IsEvictionPending=None)
    assert call.rejected_keys("PUT", f"/leases/{made['Id']}", body) == ["IsEvictionPending"]


def test_a_lease_at_will_has_no_end(call: Caller, flat: int) -> None:
    assert call.rejected_keys("POST", "/leases", lease(flat, LeaseType="AtWill")) == ["LeaseToDate"]
    made = call.created("/leases", lease(flat, LeaseType="AtWill", LeaseToDate=None))
    assert made["TermType"] == "MonthToMonth"
    body = lease_update(flat, LeaseType="AtWill")
    assert call.rejected_keys("PUT", f"/leases/{made['Id']}", body) == ["LeaseToDate"]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"UnitId": 99}, "UnitId"),
        ({"UnitId": None}, "UnitId"),
        ({"LeaseType": "None"}, "LeaseType"),
        ({"LeaseFromDate": None}, "LeaseFromDate"),
        ({"LeaseToDate": None}, "LeaseToDate"),
        ({"LeaseToDate": "2025-12-31"}, "LeaseToDate"),
        ({"SendWelcomeEmail": None}, "SendWelcomeEmail"),
        ({"IsEvictionPending": False}, "IsEvictionPending"),
        ({"Tenants": [tenant()] * 6}, "Tenants"),
        ({"Tenants": [tenant(Address=None)]}, "Tenants[0].Address"),
        ({"Tenants": [tenant(TaxId="1")]}, "Tenants[0].TaxId"),
        ({"TenantIds": [99]}, "TenantIds[0]"),
        ({"ApplicantIds": [99]}, "ApplicantIds[0]"),
        ({"Rent": rent(Cycle="Hourly")}, "Rent.Cycle"),
        ({"Rent": rent(Charges=[{"Amount": 1, "NextDueDate": "2026-02-01"}])}, "Rent.Charges[0].GlAccountId"),
        ({"ProratedFirstMonthRent": 100}, "ProratedFirstMonthRent"),
        ({"ProratedLastMonthRent": 100}, "ProratedLastMonthRent"),
    ],
)
def test_an_invalid_lease_is_rejected(call: Caller, flat: int, changes: dict[str, object], key: str) -> None:
    assert call.rejected_keys("POST", "/leases", {**lease(flat), **changes}) == [key]


def test_a_lease_has_at_most_five_tenants_in_all_lists(call: Caller, flat: int) -> None:
    made = call.created("/leases", lease(flat, Tenants=[tenant()] * 5))
    body = lease(flat, Tenants=[tenant()], TenantIds=[person["Id"] for person in made["Tenants"]])
    assert call.rejected_keys("POST", "/leases", body) == ["Tenants"]


def test_a_lease_without_rent_shows_empty_account_details(call: Caller, flat: int) -> None:
    made = call.created("/leases", lease(flat))
    assert made["AccountDetails"] == {"SecurityDeposit": None, "Rent": None}
    assert (made["CurrentNumberOfOccupants"], made["MoveOutData"], made["RenewalOfferStatus"]) == (0, [], None)


def test_a_person_edits_account_and_renewal_data(call: Caller, buildium: Simulator, flat: int) -> None:
    made = call.created("/leases", lease(flat))
    edit = {"RenewalOfferStatus": "Sent", "PaymentDueDay": 15}
    shown = buildium.edit("leases", made["Id"], {**edit, "AccountDetails": {"Rent": 1600.5}})
    assert shown.items() >= edit.items()
    assert shown["AccountDetails"] == {"SecurityDeposit": None, "Rent": 1600.5}
    assert call("GET", f"/leases/{made['Id']}").json() == shown


@pytest.mark.parametrize(
    ("first", "last", "status", "occupants"),
    [
        ("2026-01-05", "2026-12-31", "Active", 1),
        ("2026-01-06", "2026-12-31", "Future", 0),
        ("2025-01-01", "2026-01-04", "Past", 0),
    ],
)
def test_a_lease_status_follows_from_its_dates(
    call: Caller, flat: int, first: str, last: str, status: str, occupants: int
) -> None:
    made = call.created("/leases", lease(flat, LeaseFromDate=first, LeaseToDate=last, Tenants=[tenant()]))
    assert (made["LeaseStatus"], made["CurrentNumberOfOccupants"], len(made["Tenants"])) == (status, occupants, 1)
    assert call.ids("/leases", leasestatuses=status) == [made["Id"]]


def test_leases_are_filtered_by_property_and_creation_time(
    call: Caller, buildium: Simulator, home: int, flat: int, clock: VirtualClock
) -> None:
    first = call.created("/leases", lease(flat))["Id"]
    clock.now += 5
    second = call.created("/leases", lease(flat))["Id"]
    for written in ("2026-01-05T09:00:05Z", "2026-01-05 09:00:05"):
        assert call.ids("/leases", propertyids=home, createddatetimefrom=written) == [second]
    assert call.ids("/leases", propertyids=home + 1) == []
    clock.now += 5
    buildium.edit("leases", first, {"IsEvictionPending": True})
    assert call.ids("/leases", lastupdatedfrom="2026-01-05T09:00:10Z") == [first]
    assert call.ids("/leases", createddatetimefrom="2026-01-05T09:00:10Z") == []
    assert call.ids("/leases", orderby="LastUpdatedDateTime desc") == [first, second]


@pytest.mark.parametrize(("first", "last"), [("0001-01-01", "9999-12-31"), ("9999-12-30", "9999-12-31")])
def test_a_lease_accepts_the_earliest_and_latest_dates(call: Caller, flat: int, first: str, last: str) -> None:
    made = call.created("/leases", lease(flat, LeaseFromDate=first, LeaseToDate=last))
    listed = call.ids("/leases", leasedatefrom=first, leasedateto=last)
    assert (made["LeaseFromDate"], made["LeaseToDate"], listed) == (first, last, [made["Id"]])
